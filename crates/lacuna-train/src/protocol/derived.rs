//! The data sets that cells learn from: the given one, with complete masks, or with a quarter erased.
//!
//! Each is a data set folder of its own, so that every cell is an ordinary run that can be looked at, evaluated and
//! explained. Pictures are linked where the file system can, else copied.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fs_err as fs;
use lacuna_data::annotation::TernaryMask;
use lacuna_data::dataset::split::{Fold, Split, Unit};
use lacuna_data::json_file::{read_json, write_json};
use lacuna_data::simulate::{
    Outline, SimulateConfig, SimulationRecord, add_neither, redraw_outline,
};
use lacuna_data::supervision::erase::{Erased, erase};
use lacuna_data::{Annotation, BinaryMask, Case, Dataset, Ternary};
use serde::{Deserialize, Serialize};

use super::ProtocolError;
use super::approach::Source;
use super::config::ProtocolConfig;
use crate::interrupt::Interrupt;

const ERASURE: &str = "erasure.json";
const VERSION: u32 = 1;

/// Which annotations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct DerivedData {
    /// From where.
    pub(super) source: Source,
    /// In which repetition a quarter is erased, if it is.
    pub(super) masked: Option<usize>,
}

/// What was erased, by case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Erasure {
    /// Format version.
    pub version: u32,
    /// The class names, in the order of the shares.
    pub classes: Vec<String>,
    /// By case.
    pub cases: BTreeMap<String, Erased>,
}

impl DerivedData {
    /// The given annotations; every cell is tested on these.
    pub(super) const PAINTED: Self = Self { source: Source::Painted, masked: None };

    pub(super) fn folder(self, folder: &Path) -> PathBuf {
        let source = self.source.as_str();
        let name = match self.masked {
            None => source.to_owned(),
            Some(repetition) => format!("{source}-masked-r{repetition}"),
        };
        folder.join("data").join(name)
    }

    /// What was erased; `None` if nothing was.
    pub(super) fn erasure(self, folder: &Path) -> Result<Option<Erasure>, ProtocolError> {
        Ok(read_json(&self.folder(folder).join(ERASURE), VERSION)?)
    }

    /// Opens the data set, making it first where it is missing: all of it or nothing.
    pub(super) fn open_or_make(
        self,
        source: &Dataset,
        protocol: &ProtocolConfig,
        folder: &Path,
        interrupt: &Interrupt,
    ) -> Result<Dataset, ProtocolError> {
        let target = self.folder(folder);
        if !target.exists() {
            self.make(source, protocol, &target, interrupt)?;
        }
        Ok(Dataset::open(&target)?)
    }

    fn make(
        self,
        source: &Dataset,
        protocol: &ProtocolConfig,
        target: &Path,
        interrupt: &Interrupt,
    ) -> Result<(), ProtocolError> {
        let staging = target.with_file_name(format!(".making-{}", std::process::id()));
        let io = |error| ProtocolError::io(target, error);
        if staging.exists() {
            fs::remove_dir_all(&staging).map_err(io)?;
        }
        let made = self.fill(source, protocol, &staging, interrupt);
        // another program may have made it meanwhile; it made the same
        let moved = made.and_then(|()| match fs::rename(&staging, target) {
            Err(error) if !target.exists() => Err(io(error)),
            _ => Ok(()),
        });
        if staging.exists() {
            let _ = fs::remove_dir_all(&staging);
        }
        moved
    }

    fn fill(
        self,
        source: &Dataset,
        protocol: &ProtocolConfig,
        staging: &Path,
        interrupt: &Interrupt,
    ) -> Result<(), ProtocolError> {
        let mut dataset = Dataset::create(staging, source.name(), source.classes().clone())?;
        let untouched: BTreeSet<String> = match self.masked {
            Some(repetition) => protocol.fold(source, repetition)?.0.test.into_iter().collect(),
            None => BTreeSet::new(),
        };
        let mut erasure =
            Erasure { version: VERSION, classes: source.classes().names(), ..Erasure::default() };
        for case in source.cases() {
            if interrupt.is_raised() {
                return Err(ProtocolError::Interrupted);
            }
            link(&source.image_path(case), &dataset.image_path(case))?;
            let mut annotation = self.annotation(source, case, protocol.seed)?;
            if let Some(repetition) = self.masked.filter(|_| !untouched.contains(&case.id)) {
                let erased = erase(&mut annotation, protocol.seed, repetition as u64, &case.id);
                erasure.cases.insert(case.id.clone(), erased);
            }
            dataset.save_annotation(case, &annotation)?;
            link_truth(source, &dataset, case)?;
        }
        dataset.add_cases(source.cases().to_vec())?;
        if self == Self::PAINTED {
            link_record(source, &dataset)?;
        }
        if self.masked.is_some() {
            write_json(&staging.join(ERASURE), &erasure)?;
        }
        Ok(())
    }

    fn annotation(
        self,
        source: &Dataset,
        case: &Case,
        seed: u64,
    ) -> Result<Annotation, ProtocolError> {
        if self.source == Source::Complete {
            return complete(source, case);
        }
        let mut annotation = source.load_annotation(case)?;
        if self.source.needs_truth() {
            let (truth, image) = (truth(source, case)?, source.load_image(case)?);
            let config = helpers();
            match self.source {
                Source::Polygon => {
                    redraw_outline(&mut annotation, &truth, &image, &config, seed, &case.id);
                }
                _ => {
                    add_neither(&mut annotation, &truth, &image, &config, seed, &case.id);
                }
            }
        }
        Ok(annotation)
    }
}

/// The people who draw polygons and *neither* strokes: five strokes a picture; polygons 8 ± 8 % outside.
fn helpers() -> SimulateConfig {
    SimulateConfig {
        outline: Outline::Polygon,
        neither: 5,
        box_margin: 0.0,
        box_margin_share: 0.08,
        box_jitter_share: 0.08,
        ..SimulateConfig::default()
    }
}

/// Writes the split of a repetition into a derived data set.
pub(super) fn save_split(
    dataset: &Dataset,
    name: &str,
    seed: u64,
    (fold, grouped): (Fold, bool),
) -> Result<(), ProtocolError> {
    Ok(Split::of_fold(seed, Unit::Group, grouped, fold).save(dataset, name)?)
}

/// Every pixel painted yes or no, as the complete masks say.
fn complete(source: &Dataset, case: &Case) -> Result<Annotation, ProtocolError> {
    let truth = truth(source, case)?;
    let size = source.image_size(case)?;
    let mut annotation = Annotation::unknown(size, truth.len());
    for (painted, mask) in annotation.masks.iter_mut().zip(&truth) {
        paint_all(painted, mask.values());
    }
    Ok(annotation)
}

fn truth(source: &Dataset, case: &Case) -> Result<Vec<BinaryMask>, ProtocolError> {
    let truth = source.load_truth(case)?;
    truth.ok_or_else(|| ProtocolError::NoTruth { id: case.id.clone() })
}

fn paint_all(painted: &mut TernaryMask, truth: &[bool]) {
    for (value, is_there) in painted.values_mut().iter_mut().zip(truth) {
        *value = if *is_there { Ternary::Positive } else { Ternary::Negative };
    }
}

fn link_truth(source: &Dataset, dataset: &Dataset, case: &Case) -> Result<(), ProtocolError> {
    let (from, to) = (source.truth_folder(case), dataset.truth_folder(case));
    if !from.is_dir() {
        return Ok(());
    }
    for class in source.classes().names() {
        let file = format!("{class}.png");
        if from.join(&file).exists() {
            link(&from.join(&file), &to.join(&file))?;
        }
    }
    Ok(())
}

/// How the pictures were painted, if that was simulated: the grid stays readable when the data set has moved.
fn link_record(source: &Dataset, dataset: &Dataset) -> Result<(), ProtocolError> {
    let record = source.dir().join(SimulationRecord::FILE);
    if record.exists() {
        link(&record, &dataset.dir().join(SimulationRecord::FILE))?;
    }
    Ok(())
}

/// A second name for the file, or a copy of it.
fn link(from: &Path, to: &Path) -> Result<(), ProtocolError> {
    let io = |error| ProtocolError::io(to, error);
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(io)?;
    }
    if fs::hard_link(from, to).is_err() {
        fs::copy(from, to).map_err(io)?;
    }
    Ok(())
}
