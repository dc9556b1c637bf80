//! The picture of a case that shows what is known about every pixel, and why.

use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;
use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_data::{Case, Dataset, Evidence};
use lacuna_report::{PixelState, audit_figure, encode_png};

/// Writes `ID.png` into `dir`, which is made if it does not exist.
pub(super) fn write(dataset: &Dataset, case: &Case, evidence: &Evidence, dir: &Path) -> Result<()> {
    fs::create_dir_all(dir)?;
    let image = dataset.load_image(case)?;
    let states: Vec<Vec<PixelState>> = (0..evidence.classes())
        .map(|class| evidence.plane(class).iter().map(|bits| PixelState::of(*bits)).collect())
        .collect();
    let draw = || {
        let figure = audit_figure(&case.id, &image, dataset.classes(), &states)?;
        encode_png(&figure.to_image()?)
    };
    let bytes = draw().with_context(|| format!("case `{}` cannot be drawn", case.id))?;
    Ok(write_atomic_bytes(&dir.join(format!("{}.png", case.id)), &bytes)?)
}
