//! Cases kept in memory in reduced form, within a bound.

use std::sync::{Arc, PoisonError, RwLock};

use crate::augment::{ReducedCase, SampleConfig};
use crate::image::Image;
use crate::supervision::Evidence;

/// Where pictures and evidence come from.
pub trait CaseSource: Send + Sync {
    /// What can go wrong when reading.
    type Error: Send + 'static;

    /// Number of cases.
    fn len(&self) -> usize;

    /// Whether there is no case.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads a case's picture and evidence, both of the same size.
    fn read(&self, index: usize) -> Result<(Image, Evidence), Self::Error>;
}

/// Reads cases through a [`CaseSource`], reduces them for a frame and keeps as many as fit.
///
/// A case that no longer fits is read anew each time; which cases are kept changes speed only.
pub struct CaseCache<S: CaseSource> {
    source: S,
    sample: SampleConfig,
    budget: usize,
    kept: RwLock<Kept>,
}

struct Kept {
    cases: Vec<Option<Arc<ReducedCase>>>,
    bytes: usize,
}

impl<S: CaseSource> CaseCache<S> {
    /// A cache for such samples that holds at most `budget` bytes.
    pub fn new(source: S, sample: SampleConfig, budget: usize) -> Self {
        let kept = Kept { cases: vec![None; source.len()], bytes: 0 };
        Self { source, sample, budget, kept: RwLock::new(kept) }
    }

    /// Number of cases.
    pub fn len(&self) -> usize {
        self.source.len()
    }

    /// Whether there is no case.
    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    /// The source behind the cache.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// A case, reduced for the frame.
    pub fn get(&self, index: usize) -> Result<Arc<ReducedCase>, S::Error> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(case) = &kept.cases[index] {
            return Ok(Arc::clone(case));
        }
        drop(kept);
        let _span = tracing::debug_span!("read_case").entered();
        let (image, evidence) = self.source.read(index)?;
        let case = Arc::new(self.sample.reduce(image, evidence));
        self.keep(index, &case);
        Ok(case)
    }

    fn keep(&self, index: usize, case: &Arc<ReducedCase>) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.cases[index].is_none() && kept.bytes + case.bytes() <= self.budget {
            kept.bytes += case.bytes();
            kept.cases[index] = Some(Arc::clone(case));
        }
    }
}
