//! What a simulated data set says of how it was painted: `simulation.json` in its folder.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{PaintReport, SimulateConfig, Simulated};
use crate::class::ClassSet;
use crate::json_file::{JsonFileError, read_json, write_json};
use crate::supervision::erase::Area;

const VERSION: u32 = 1;

/// A whole simulation: its settings and what came of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulationRecord {
    /// Format version.
    pub version: u32,
    /// Version of the program.
    pub lacuna_version: String,
    /// Seed of every random choice.
    pub seed: u64,
    /// How it was painted.
    pub config: SimulateConfig,
    /// Each class over all cases, in order.
    pub classes: Vec<ClassTotal>,
    /// Every case, in the order of the data set.
    pub cases: Vec<CaseRecord>,
}

/// One case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRecord {
    /// Its id.
    pub id: String,
    /// What was painted of each class.
    pub classes: Vec<PaintReport>,
    /// Pixels under *neither* strokes.
    pub neither: usize,
    /// The area that was erased or left out.
    pub area: Option<Area>,
    /// Whether a region was drawn.
    pub has_region: bool,
}

/// One class over all cases, in pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassTotal {
    /// The class.
    pub class: String,
    /// Pixels of the class in the truth.
    pub truth: usize,
    /// How many of them were painted.
    pub painted: usize,
    /// Pixels painted that are not of the class.
    pub stray: usize,
    /// Smallest and largest share painted of a case in which the class is.
    pub share_range: Option<[f64; 2]>,
}

impl CaseRecord {
    /// What was simulated for the case `id`.
    pub fn new(id: &str, simulated: Simulated) -> Self {
        Self {
            id: id.to_owned(),
            has_region: !simulated.annotation.regions.is_empty(),
            classes: simulated.classes,
            neither: simulated.neither,
            area: simulated.area,
        }
    }
}

impl SimulationRecord {
    /// The name of its file in the data set's folder.
    pub const FILE: &'static str = "simulation.json";

    /// Puts the cases together.
    pub fn new(
        seed: u64,
        config: &SimulateConfig,
        classes: &ClassSet,
        cases: Vec<CaseRecord>,
    ) -> Self {
        let names = classes.names().into_iter().enumerate();
        let classes = names.map(|(index, class)| ClassTotal::new(class, index, &cases)).collect();
        let lacuna_version = env!("CARGO_PKG_VERSION").to_owned();
        Self { version: VERSION, lacuna_version, seed, config: config.clone(), classes, cases }
    }

    /// Reads the record of the data set in `folder`; `None` if it has none, because it was not simulated.
    ///
    /// # Errors
    /// If the file cannot be read or is of another version.
    pub fn load(folder: &Path) -> Result<Option<Self>, JsonFileError> {
        read_json(&folder.join(Self::FILE), VERSION)
    }

    /// Writes it into the data set's folder.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), JsonFileError> {
        write_json(&folder.join(Self::FILE), self)
    }
}

impl ClassTotal {
    fn new(class: String, index: usize, cases: &[CaseRecord]) -> Self {
        let sum =
            |of: fn(&PaintReport) -> usize| cases.iter().map(|case| of(&case.classes[index])).sum();
        let shares = cases.iter().filter_map(|case| case.classes[index].share);
        let share_range = shares.fold(None, |range: Option<[f64; 2]>, share| {
            let [least, most] = range.unwrap_or([share; 2]);
            Some([least.min(share), most.max(share)])
        });
        Self {
            class,
            truth: sum(|paint| paint.truth),
            painted: sum(|paint| paint.painted),
            stray: sum(|paint| paint.stray),
            share_range,
        }
    }

    /// `painted / truth`; `None` where the class is nowhere.
    pub fn share(&self) -> Option<f64> {
        (self.truth > 0).then(|| self.painted as f64 / self.truth as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Class;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(SimulationRecord::load(folder.path()).unwrap(), None);
        let class = |name: &str| Class { name: name.to_owned(), color: [1, 2, 3] };
        let classes = ClassSet::new(vec![class("gum"), class("tooth")], &[], &[]).unwrap();
        let paint = |class: &str, truth: usize, painted| PaintReport {
            class: class.to_owned(),
            truth,
            painted,
            share: (truth > 0).then(|| painted as f64 / truth as f64),
            stray: 1,
        };
        let case = |id: &str, gum| CaseRecord {
            id: id.to_owned(),
            classes: vec![paint("gum", 10, gum), paint("tooth", 0, 0)],
            neither: 0,
            area: Some(Area::Centre),
            has_region: true,
        };
        let cases = vec![case("a", 3), case("b", 6)];
        let record = SimulationRecord::new(4, &SimulateConfig::default(), &classes, cases);
        let [gum, tooth] = &record.classes[..] else { panic!("two classes") };
        assert_eq!((gum.share(), gum.share_range, gum.stray), (Some(0.45), Some([0.3, 0.6]), 2));
        assert_eq!((tooth.share(), tooth.share_range), (None, None));
        record.save(folder.path()).unwrap();
        assert_eq!(SimulationRecord::load(folder.path()).unwrap(), Some(record));
    }
}
