//! LabelMe's files into a data set.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{BACKGROUND, File, IGNORE, IMPORT, LabelledShape};
use crate::annotation::mask_file::values_of;
use crate::annotation::{BinaryMask, Shape};
use crate::dataset::Dataset;
use crate::formats::import::{Draft, Import, Origin, Picture, labels_of};
use crate::formats::labels::{Labels, Meaning};
use crate::formats::painting::Painting;
use crate::formats::picture_folder::{PictureFolder, files_with};
use crate::formats::text_file::{read_json, wrong};
use crate::formats::{
    Format, ImportError, ImportReport, ImportRequest, Importer, OptionError, OptionValues, Problem,
    Progress, rings,
};
use crate::image::Size;

/// Reads LabelMe's files; the path is a folder of them, or one.
#[derive(Clone, Debug)]
pub struct LabelmeImport {
    /// What to import.
    pub request: ImportRequest,
}

impl LabelmeImport {
    /// From what is asked of any format.
    ///
    /// # Errors
    /// None so far.
    pub fn from_request(request: ImportRequest, _: &OptionValues) -> Result<Self, OptionError> {
        Ok(Self { request })
    }
}

impl Importer for LabelmeImport {
    fn format(&self) -> &'static Format {
        &IMPORT
    }

    fn import(
        &self,
        dataset: &mut Dataset,
        progress: Progress<'_>,
    ) -> Result<ImportReport, ImportError> {
        let unpainted = self.request.stated_unpainted(&IMPORT)?;
        let path = &self.request.path;
        let files = if path.is_dir() { files_with(path, "json")? } else { vec![path.clone()] };
        let pictures = PictureFolder::open(&self.request.picture_root())?;
        let (mut drafts, mut problems) = (Vec::new(), Vec::new());
        for path in files {
            match draft(&path, &pictures) {
                Ok(draft) => drafts.push(draft),
                Err(problem) => problems.push(problem),
            }
        }
        let shapes = drafts.iter().flat_map(|draft| &draft.said);
        let used: BTreeSet<String> =
            shapes.filter(|s| !is_thin(s)).map(|shape| shape.label.clone()).collect();
        let defaults = [(IGNORE, Meaning::Unknown), (BACKGROUND, Meaning::Background)];
        let (labels, more) = labels_of(&self.request, dataset, &used, &defaults)?;
        problems.extend(more);
        let spoken = labels.classes_of(&used);
        let import =
            Import { format: &IMPORT, request: &self.request, unpainted, spoken, is_exact: false };
        let paint = |draft: &Draft<Vec<LabelledShape>>, painting: &mut Painting| {
            let path = draft.files.first().map_or(path.as_path(), PathBuf::as_path);
            for (i, shape) in draft.said.iter().enumerate() {
                let number = i + 1;
                self.take(shape, &labels, painting)
                    .map_err(|reason| wrong(path, format!("shape {number}: {reason}")))?;
            }
            Ok(Origin::default())
        };
        import.run(dataset, drafts, problems, &paint, progress)
    }
}

/// LabelMe writes where the picture lay on somebody's disk, so only its name counts.
fn draft(path: &Path, pictures: &PictureFolder) -> Result<Draft<Vec<LabelledShape>>, Problem> {
    let file: File = read_json(path)?;
    let name = file.image_path.rsplit(['/', '\\']).next().unwrap_or_default();
    let found = pictures.find(path, name)?;
    Ok(Draft {
        name: found.name,
        picture: Picture::File(found.path),
        files: vec![path.to_owned()],
        stated: file.width.zip(file.height).map(|(width, height)| Size::new(width, height)),
        said: file.shapes,
    })
}

/// Lines and points have no area.
fn is_thin(shape: &LabelledShape) -> bool {
    matches!(shape.shape_type.as_deref(), Some("line" | "linestrip" | "point" | "points"))
}

impl LabelmeImport {
    fn take(
        &self,
        shape: &LabelledShape,
        labels: &Labels,
        painting: &mut Painting,
    ) -> Result<(), String> {
        let by = (None, &IMPORT);
        let meaning = labels.checked(&shape.label);
        let points = shape.points.as_slice();
        match (shape.shape_type.as_deref().unwrap_or("polygon"), points) {
            ("polygon", _) => self.request.take_outline(painting, meaning, points, by),
            ("rectangle", &[a, b]) => {
                self.request.take_box(painting, meaning, &rectangle(a, b), by)
            }
            ("circle", &[centre, edge]) => {
                let radius = (edge[0] - centre[0]).hypot(edge[1] - centre[1]);
                let ring = rings::ellipse(centre, [radius, radius], 0.0);
                self.request.take_outline(painting, meaning, &ring, by)
            }
            ("mask", &[first, last]) => {
                let mask = mask(shape, [first, last], painting.size())?;
                match meaning {
                    Meaning::Skip => painting.skip("shapes of skipped labels"),
                    Meaning::Region => painting.skip("masks of regions"),
                    _ => painting.label(meaning, &mask),
                }
                Ok(())
            }
            _ if is_thin(shape) => {
                painting.skip("lines and points");
                Ok(())
            }
            (kind, points) => Err(format!("a {kind} of {} points", points.len())),
        }
    }
}

/// From two opposite corners.
fn rectangle(a: [f64; 2], b: [f64; 2]) -> Shape {
    Shape::Box {
        x: a[0].min(b[0]),
        y: a[1].min(b[1]),
        width: (a[0] - b[0]).abs(),
        height: (a[1] - b[1]).abs(),
        rotation: 0.0,
    }
}

/// A bitmap at its place: its corners are the first and the last pixel.
fn mask(shape: &LabelledShape, corners: [[f64; 2]; 2], size: Size) -> Result<BinaryMask, String> {
    let place = |value: f64, limit: usize| {
        let fits = value.fract() == 0.0 && value >= 0.0 && value < limit as f64;
        fits.then_some(value as usize).ok_or("a mask that is not within the picture")
    };
    let [first, last] = corners;
    let (left, top) = (place(first[0], size.width)?, place(first[1], size.height)?);
    let (right, bottom) = (place(last[0], size.width)?, place(last[1], size.height)?);
    if right < left || bottom < top {
        return Err("a mask whose last pixel comes before its first".to_owned());
    }
    let own = Size::new(right - left + 1, bottom - top + 1);
    let text = shape.mask.as_deref().ok_or("a mask without pixels")?;
    let png =
        STANDARD.decode(text).map_err(|error| format!("a mask that is no Base64: {error}"))?;
    let pixels = values_of(&png, Path::new("mask"), Some(own)).map_err(|e| e.to_string())?;
    let mut mask = BinaryMask::empty(size);
    for (i, _) in pixels.values.iter().enumerate().filter(|(_, value)| **value > 0) {
        let (x, y) = pixels.place(i);
        mask.values_mut()[(top + y) * size.width + left + x] = true;
    }
    Ok(mask)
}
