//! LTG-IDB, the labial teeth and gingiva image database: frontal photos `proc_N`, and label maps of the same
//! name with 0 unknown, 1 gum, 2 teeth.
//!
//! Some people were photographed twice. The pairs that are known become groups; every other photo is a group
//! of its own, as far as anybody knows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::import::{Draft, Import, Origin, Picture, labels_of};
use super::labels::{Labels, Meaning};
use super::painting::Painting;
use super::picture_folder::{PictureFolder, file_stem, files_with};
use super::text_file::wrong;
use super::{
    Format, ImportError, ImportReport, ImportRequest, Importer, OptionError, OptionValues, Problem,
    Progress, UnpaintedRule,
};
use crate::annotation::mask_file::read_values;
use crate::annotation::{BinaryMask, Unpainted};
use crate::dataset::Dataset;

/// What is read.
pub static IMPORT: Format = Format {
    name: "ltg-idb",
    about: "LTG-IDB: photos with label maps in `masks` or `proxy_masks` (0 unknown, 1 gum, 2 teeth)",
    unpainted: Some(UnpaintedRule::Unknown),
    options: &[],
};

/// Photos of one person, by number.
const PAIRS: [[u32; 2]; 5] = [[74, 82], [49, 58], [52, 75], [47, 76], [53, 56]];
/// What the values from 1 are called.
const LABELS: [&str; 2] = ["gum", "teeth"];
/// Author of masks that a program made.
const PROXY: &str = "colour threshold, no expert";

/// Reads a folder of LTG-IDB.
#[derive(Clone, Debug)]
pub struct LtgIdbImport {
    /// What to import; the path is the folder.
    pub request: ImportRequest,
}

impl LtgIdbImport {
    /// From what is asked of any format.
    ///
    /// # Errors
    /// None so far.
    pub fn from_request(request: ImportRequest, _: &OptionValues) -> Result<Self, OptionError> {
        Ok(Self { request })
    }

    /// The first of some folders that is there, else the path itself.
    fn folder(&self, names: &[&str]) -> PathBuf {
        let root = &self.request.path;
        let found = names.iter().map(|name| root.join(name)).find(|folder| folder.is_dir());
        found.unwrap_or_else(|| root.clone())
    }

    /// One draft a photo; without a label map nothing is said about it.
    fn drafts(&self, masks: &Path) -> Result<(Vec<Draft<()>>, Vec<Problem>), ImportError> {
        let own = self.request.images.clone();
        let photos = PictureFolder::open(&own.unwrap_or_else(|| self.folder(&["images", "tiff"])))?;
        let mut bare: BTreeSet<PathBuf> = photos.all().into_iter().collect();
        let (mut drafts, mut problems) = (Vec::new(), Vec::new());
        for mask in files_with(masks, "png")? {
            match photos.find_stem(&mask, &file_stem(&mask)) {
                Ok(found) => {
                    bare.remove(&found.name);
                    drafts.push(Draft {
                        name: found.name,
                        picture: Picture::File(found.path),
                        files: vec![mask],
                        stated: None,
                        said: (),
                    });
                }
                Err(problem) => problems.push(problem),
            }
        }
        for name in bare {
            let path = photos.root().join(&name);
            let picture = Picture::File(path);
            drafts.push(Draft { name, picture, files: Vec::new(), stated: None, said: () });
        }
        Ok((drafts, problems))
    }
}

impl Importer for LtgIdbImport {
    fn format(&self) -> &'static Format {
        &IMPORT
    }

    fn import(
        &self,
        dataset: &mut Dataset,
        progress: Progress<'_>,
    ) -> Result<ImportReport, ImportError> {
        let masks = self.folder(&["masks", "proxy_masks"]);
        if masks == self.request.path {
            let reason = "there is neither `masks` nor `proxy_masks` in it";
            return Err(wrong(&masks, reason).into());
        }
        let names = LABELS.iter().map(|label| (*label).to_owned()).collect();
        let (labels, mut problems) = labels_of(&self.request, dataset, &names, &[])?;
        let (drafts, more) = self.drafts(&masks)?;
        problems.extend(more);
        let import = Import {
            format: &IMPORT,
            request: &self.request,
            unpainted: self.request.unpainted.unwrap_or(Unpainted::Unknown),
            spoken: labels.classes_of(&names),
            is_exact: false,
        };
        let author = masks.ends_with("proxy_masks").then(|| PROXY.to_owned());
        let paint = |draft: &Draft<()>, painting: &mut Painting| {
            draft.files.first().map_or(Ok(()), |path| paint(path, &labels, painting))?;
            let group = Some(group_of(&file_stem(&draft.name)));
            Ok(Origin { author: author.clone(), group, provenance: None })
        };
        import.run(dataset, drafts, problems, &paint, progress)
    }
}

/// The lower number of a known pair, else the photo itself.
fn group_of(stem: &str) -> String {
    let number = stem.strip_prefix("proc_").and_then(|number| number.parse().ok());
    let pair = PAIRS.iter().find(|pair| number.is_some_and(|number| pair.contains(&number)));
    pair.map_or_else(|| stem.to_owned(), |[first, _]| format!("proc_{first}"))
}

fn paint(path: &Path, labels: &Labels, painting: &mut Painting) -> Result<(), Problem> {
    let pixels = read_values(path, Some(painting.size()))
        .map_err(|error| Problem::new(error.to_string(), error.hint()))?;
    if let Some(at) = pixels.values.iter().position(|value| usize::from(*value) > LABELS.len()) {
        let (x, y) = pixels.place(at);
        let value = pixels.values[at];
        return Err(wrong(path, format!("value {value} at column {x}, row {y} is no label")));
    }
    for (label, value) in LABELS.iter().zip(1..) {
        let is_value = pixels.values.iter().map(|found| *found == value).collect();
        let Ok(mask) = BinaryMask::new(painting.size(), is_value) else { continue };
        let meaning: Meaning = labels.checked(label);
        painting.label(meaning, &mask);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotation::Ternary;
    use crate::annotation::mask_file::write_values;
    use crate::formats::test_data::{Scratch, real_data};
    use crate::image::Size;

    const QUIET: &(dyn Fn(usize, usize) + Sync) = &|_, _| ();

    fn scratch(values: &[u8]) -> Scratch {
        let scratch = Scratch::new(&["gum", "teeth", "lip"]);
        for name in ["proc_74", "proc_82", "proc_1"] {
            scratch.picture(&format!("in/images/{name}.png"), 3, 1);
        }
        std::fs::create_dir(scratch.path("in/masks")).unwrap();
        let path = scratch.path("in/masks/proc_82.png");
        write_values(&path, Size::new(values.len(), 1), values, None).unwrap();
        scratch
    }

    fn import(scratch: &mut Scratch) -> Result<ImportReport, String> {
        let importer = LtgIdbImport { request: ImportRequest::new(scratch.path("in")) };
        importer.import(&mut scratch.dataset, QUIET).map_err(|error| error.to_string())
    }

    #[test]
    fn known_pairs_are_one_group_and_zero_is_unknown() {
        let mut scratch = scratch(&[0, 1, 2]);
        let report = import(&mut scratch).unwrap();
        assert_eq!(scratch.drawn("proc_82"), ["?+?", "??+", "???"]);
        let groups: Vec<_> =
            report.cases.iter().map(|case| case.group.as_deref().unwrap()).collect();
        assert_eq!(groups, ["proc_1", "proc_74", "proc_74"]);
        assert_eq!(report.without_masks(), ["proc_1", "proc_74"]);
    }

    #[test]
    fn wrong_files_are_refused_by_name() {
        let mut wrong_value = scratch(&[0, 1, 3]);
        assert!(
            import(&mut wrong_value).unwrap_err().contains("proc_82.png`: value 3 at column 2")
        );
        let mut wrong_size = scratch(&[0, 1]);
        assert!(import(&mut wrong_size).unwrap_err().contains("is 2×1 pixels, expected 3×1"));
        let mut no_masks = scratch(&[0, 1, 2]);
        std::fs::remove_dir_all(no_masks.path("in/masks")).unwrap();
        assert!(import(&mut no_masks).unwrap_err().contains("neither `masks` nor"));
    }

    #[test]
    fn the_photos_at_hand_are_read() {
        let Some(data) = real_data("the_photos_at_hand_are_read") else { return };
        let mut scratch = Scratch::new(&["gum", "teeth"]);
        let importer = LtgIdbImport { request: ImportRequest::new(data.join("ltg_idb")) };
        let report = importer.import(&mut scratch.dataset, QUIET).unwrap();
        assert_eq!(report.cases.len(), 33);
        let said = scratch.said("proc_69");
        assert!(said.masks.iter().all(|mask| mask.count(Ternary::Positive) > 1000));
        assert_eq!(said.provenance[0].author.as_deref(), Some(PROXY));
    }
}
