//! What a picture's annotation is for whoever asks: the one that everybody shares, or what one person says who reads the
//! picture without seeing what others say.

use std::sync::Arc;

use lacuna_data::{Case, Dataset};

use crate::problem::Problem;
use crate::project::Project;

/// One annotation of a picture.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sheet {
    pub(crate) case: String,
    /// The number of the reader; the annotation that everybody shares has none.
    pub(crate) reader: Option<usize>,
}

impl Sheet {
    /// The annotation that training sees.
    pub(crate) fn shared(case: &str) -> Self {
        Self { case: case.to_owned(), reader: None }
    }

    /// What one reader says.
    pub(crate) fn of(case: &str, reader: usize) -> Self {
        Self { case: case.to_owned(), reader: Some(reader) }
    }

    /// The case, and a data set in which this is what is said about it.
    pub(crate) fn find(&self, project: &Project) -> Result<(Arc<Dataset>, Case), Problem> {
        let (dataset, case) = project.case(&self.case)?;
        let dataset = match self.reader {
            Some(number) => Arc::new(dataset.as_read_by(&case, number)),
            None => dataset,
        };
        Ok((dataset, case))
    }
}
