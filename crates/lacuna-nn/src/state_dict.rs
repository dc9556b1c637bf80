//! Named weights on the host, and what happened when they were put into a network.

use std::collections::BTreeMap;
use std::fmt;

/// Tensors by name, in name order.
pub type StateDict = BTreeMap<String, StateTensor>;

/// A tensor on the host.
#[derive(Debug, Clone, PartialEq)]
pub struct StateTensor {
    /// Sizes, slowest axis first; empty for a scalar.
    pub shape: Vec<usize>,
    /// Values in row-major order.
    pub data: Vec<f32>,
}

impl StateTensor {
    /// A tensor of rank 1.
    pub fn vector(data: Vec<f32>) -> Self {
        Self { shape: vec![data.len()], data }
    }
}

/// A tensor whose shape in the file is not the network's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MisShaped {
    /// Its name.
    pub name: String,
    /// Shape in the network.
    pub expected: Vec<usize>,
    /// Shape in the file.
    pub found: Vec<usize>,
}

/// What [`crate::Unet::load_state_dict`] did, each list in name order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Put into the network.
    pub loaded: Vec<String>,
    /// In the network only: kept as they were.
    pub missing: Vec<String>,
    /// In the file only: not used.
    pub unexpected: Vec<String>,
    /// In both with different shapes: kept as they were.
    pub mis_shaped: Vec<MisShaped>,
}

impl LoadReport {
    /// Whether every tensor of the network was loaded and nothing was left over.
    pub fn is_exact(&self) -> bool {
        self.is_complete() && self.unexpected.is_empty()
    }

    /// Whether every tensor of the network was loaded.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.mis_shaped.is_empty()
    }

    /// Names of `state` that no tensor of the network has; also brings the lists into name order.
    pub(crate) fn note_unused(&mut self, state: &StateDict) {
        self.loaded.sort();
        self.missing.sort();
        self.mis_shaped.sort_by(|a, b| a.name.cmp(&b.name));
        let known = |name: &String| {
            self.loaded.binary_search(name).is_ok()
                || self.mis_shaped.iter().any(|tensor| tensor.name == *name)
        };
        self.unexpected = state.keys().filter(|name| !known(name)).cloned().collect();
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tensors loaded", self.loaded.len())?;
        write_list(f, "missing", &self.missing)?;
        write_list(f, "unexpected", &self.unexpected)?;
        let shapes = |tensor: &MisShaped| {
            let MisShaped { name, expected, found } = tensor;
            format!("{name} (expected {expected:?}, found {found:?})")
        };
        write_list(f, "mis-shaped", &self.mis_shaped.iter().map(shapes).collect::<Vec<_>>())
    }
}

/// At most ten names, so that a message stays readable; the rest as a count.
fn write_list(f: &mut fmt::Formatter<'_>, title: &str, names: &[String]) -> fmt::Result {
    const SHOWN: usize = 10;
    if names.is_empty() {
        return Ok(());
    }
    write!(f, "; {} {title}: {}", names.len(), names[..names.len().min(SHOWN)].join(", "))?;
    if names.len() > SHOWN {
        write!(f, " and {} more", names.len() - SHOWN)?;
    }
    Ok(())
}
