//! The cases of one part of a split, as the loader wants them.

use std::sync::Arc;

use lacuna_data::batch::CaseSource;
use lacuna_data::dataset::{Case, DataError, Dataset};
use lacuna_data::{Evidence, Image};

/// Some cases of a data set, read on demand.
#[derive(Clone)]
pub struct Cases {
    dataset: Arc<Dataset>,
    list: Vec<Case>,
    box_trust: f64,
}

impl Cases {
    /// The cases with these ids, in this order.
    pub fn new<'a>(
        dataset: &Arc<Dataset>,
        ids: impl IntoIterator<Item = &'a String>,
    ) -> Result<Self, DataError> {
        let list = ids.into_iter().map(|id| dataset.case(id).cloned()).collect::<Result<_, _>>()?;
        Ok(Self { dataset: Arc::clone(dataset), list, box_trust: 0.0 })
    }

    /// The same cases without the regions of models whose score is below `box_trust`.
    #[must_use]
    pub fn trusting(self, box_trust: f64) -> Self {
        Self { box_trust, ..self }
    }

    /// The data set.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// The cases in order.
    pub fn as_slice(&self) -> &[Case] {
        &self.list
    }
}

impl CaseSource for Cases {
    type Error = DataError;

    fn len(&self) -> usize {
        self.list.len()
    }

    fn read(&self, index: usize) -> Result<(Image, Evidence), DataError> {
        let case = &self.list[index];
        let image = self.dataset.load_image(case)?;
        let annotation = self.dataset.load_annotation(case)?.trusting(self.box_trust);
        Ok((image, Evidence::collect(&annotation, self.dataset.classes())))
    }
}
