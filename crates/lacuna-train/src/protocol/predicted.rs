//! What finished cells of the first repetition predict for the first test pictures, for figures: these stay when weights
//! do not.

use std::path::{Path, PathBuf};

use lacuna_data::annotation::mask_file::{read_binary, write_binary};
use lacuna_data::{BinaryMask, Case, ClassSet, DataError, Dataset};

use super::ProtocolError;
use super::cell::Cell;
use crate::evaluate::EvaluateError;
use crate::predict::Predictor;

/// Pictures that are kept.
const PICTURES: usize = 3;
/// A pixel is of a class where its probability is at least this.
const THRESHOLD: f32 = 0.5;

fn predictions(cell: Cell, folder: &Path) -> PathBuf {
    cell.evaluation_folder(folder).join("predictions")
}

/// Writes the masks of the first test cases.
pub(super) fn save(
    cell: Cell,
    folder: &Path,
    predictor: &Predictor,
    dataset: &Dataset,
    test: &[String],
) -> Result<(), ProtocolError> {
    for id in test.iter().take(PICTURES) {
        save_case(&predictions(cell, folder).join(id), predictor, dataset, dataset.case(id)?)?;
    }
    Ok(())
}

fn save_case(
    folder: &Path,
    predictor: &Predictor,
    dataset: &Dataset,
    case: &Case,
) -> Result<(), ProtocolError> {
    std::fs::create_dir_all(folder).map_err(|e| ProtocolError::io(folder, e))?;
    let image = dataset.load_image(case)?;
    let prediction = predictor
        .predict(&image)
        .map_err(|source| EvaluateError::Predict { id: case.id.clone(), source })?;
    for (class, name) in dataset.classes().names().iter().enumerate() {
        let path = folder.join(format!("{name}.png"));
        write_binary(&path, &prediction.mask(class, THRESHOLD)).map_err(DataError::from)?;
    }
    Ok(())
}

/// The cases a cell has predictions of, sorted.
pub fn cases(cell: Cell, folder: &Path) -> Result<Vec<String>, ProtocolError> {
    let folder = predictions(cell, folder);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let io = |source| ProtocolError::io(&folder, source);
    let mut ids = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(io)? {
        ids.push(entry.map_err(io)?.file_name().to_string_lossy().into_owned());
    }
    ids.sort();
    Ok(ids)
}

/// What a cell predicts for one of them, one mask a class.
pub fn masks(
    cell: Cell,
    folder: &Path,
    id: &str,
    classes: &ClassSet,
) -> Result<Vec<BinaryMask>, ProtocolError> {
    let folder = predictions(cell, folder).join(id);
    let read = |name: String| read_binary(&folder.join(format!("{name}.png")), None);
    let masks = classes.names().into_iter().map(read).collect::<Result<Vec<_>, _>>();
    Ok(masks.map_err(DataError::from)?)
}
