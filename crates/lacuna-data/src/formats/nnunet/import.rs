//! nnU-Net's label maps into a data set.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{BACKGROUND, IGNORE, IMPORT};
use crate::BinaryMask;
use crate::annotation::Unpainted;
use crate::annotation::mask_file::read_values;
use crate::dataset::Dataset;
use crate::formats::import::{Draft, Import, Origin, Picture, labels_of};
use crate::formats::labels::{Labels, Meaning};
use crate::formats::painting::Painting;
use crate::formats::picture_folder::{Found, PictureFolder, file_stem, files_with};
use crate::formats::text_file::{read_json, wrong};
use crate::formats::{
    Format, ImportError, ImportReport, ImportRequest, Importer, OptionError, OptionValues, Problem,
    Progress,
};

/// Reads label maps of nnU-Net. The path is the raw data set, or a folder of predictions; in both is a
/// `dataset.json`.
#[derive(Clone, Debug)]
pub struct NnunetImport {
    /// What to import.
    pub request: ImportRequest,
    /// Whether a model made the label maps.
    pub suggested: bool,
}

#[derive(Deserialize)]
struct DatasetJson {
    labels: BTreeMap<String, Values>,
    file_ending: String,
}

/// One value, or the values that make up a region.
#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(u16),
    Several(Vec<u16>),
}

impl Values {
    fn all(&self) -> &[u16] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Several(values) => values,
        }
    }
}

impl NnunetImport {
    /// From what is asked of any format.
    ///
    /// # Errors
    /// If an option has a value that it does not take.
    pub fn from_request(
        request: ImportRequest,
        options: &OptionValues,
    ) -> Result<Self, OptionError> {
        let suggested = options.one_of("as", &[("painted", false), ("suggested", true)])?;
        Ok(Self { request, suggested })
    }
}

impl Importer for NnunetImport {
    fn format(&self) -> &'static Format {
        &IMPORT
    }

    fn import(
        &self,
        dataset: &mut Dataset,
        progress: Progress<'_>,
    ) -> Result<ImportReport, ImportError> {
        let about = self.request.path.join("dataset.json");
        let json: DatasetJson = read_json(&about)?;
        if !json.file_ending.eq_ignore_ascii_case(".png") {
            let reason =
                format!("label maps in `{}` files are not read, only PNG", json.file_ending);
            return Err(wrong(&about, reason).into());
        }
        let names: BTreeSet<String> = json.labels.keys().cloned().collect();
        let defaults = [(BACKGROUND, Meaning::Background), (IGNORE, Meaning::Unknown)];
        let (labels, mut problems) = labels_of(&self.request, dataset, &names, &defaults)?;
        let import = Import {
            format: &IMPORT,
            request: &self.request,
            unpainted: self.request.unpainted.unwrap_or(Unpainted::Background),
            spoken: labels.classes_of(&names),
            is_exact: false,
        };
        let drafts = self.drafts(&mut problems)?;
        let paint = |draft: &Draft<()>, painting: &mut Painting| {
            draft
                .files
                .first()
                .map_or(Ok(()), |path| self.paint(path, &json, &labels, painting))?;
            Ok(Origin::default())
        };
        import.run(dataset, drafts, problems, &paint, progress)
    }
}

impl NnunetImport {
    /// One draft a label map, and one for each picture of a raw data set that has none.
    fn drafts(&self, problems: &mut Vec<Problem>) -> Result<Vec<Draft<()>>, ImportError> {
        let root = &self.request.path;
        let is_raw = root.join("labelsTr").is_dir();
        let folder = |name: &str| if is_raw { root.join(name) } else { root.clone() };
        let images = self.request.images.clone().unwrap_or_else(|| folder("imagesTr"));
        let pictures = PictureFolder::open(&images)?;
        let mut drafts = Vec::new();
        for label_map in files_with(&folder("labelsTr"), "png")? {
            match picture_of(&pictures, &label_map) {
                Ok(found) => drafts.push(Draft {
                    name: found.name,
                    picture: Picture::File(found.path),
                    files: vec![label_map],
                    stated: None,
                    said: (),
                }),
                Err(problem) => problems.push(problem),
            }
        }
        Ok(drafts)
    }

    fn paint(
        &self,
        path: &Path,
        json: &DatasetJson,
        labels: &Labels,
        painting: &mut Painting,
    ) -> Result<(), Problem> {
        let size = painting.size();
        let pixels = read_values(path, Some(size))
            .map_err(|error| Problem::new(error.to_string(), error.hint()))?;
        let known: BTreeSet<u16> = json.labels.values().flat_map(Values::all).copied().collect();
        if let Some(at) = pixels.values.iter().position(|value| !known.contains(value)) {
            let (x, y) = pixels.place(at);
            let value = pixels.values[at];
            return Err(wrong(path, format!("value {value} at column {x}, row {y} is no label")));
        }
        painting.is_unseen = self.suggested;
        for (name, values) in &json.labels {
            let meaning = labels.checked(name);
            let set = pixels.values.iter().map(|value| values.all().contains(value)).collect();
            let Ok(set) = BinaryMask::new(size, set) else { continue };
            match meaning {
                // that a pixel is of no class is what a label map says where it says nothing else
                Meaning::Background if self.suggested => {}
                _ if self.suggested => painting.suggest(meaning, &set),
                _ => painting.label(meaning, &set),
            }
        }
        Ok(())
    }
}

/// The picture of a label map: `CASE_0000.png`, or `CASE` with any extension.
fn picture_of(pictures: &PictureFolder, label_map: &Path) -> Result<Found, Problem> {
    let stem = file_stem(label_map);
    match pictures.find_stem(label_map, &format!("{stem}_0000")) {
        Ok(found) => Ok(Found { name: PathBuf::from(format!("{stem}.png")), ..found }),
        Err(_) => pictures.find_stem(label_map, &stem),
    }
}
