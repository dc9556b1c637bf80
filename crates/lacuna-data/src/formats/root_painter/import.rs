//! RootPainter's annotations into a data set.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{IMPORT, rgba};
use crate::annotation::{BinaryMask, Unpainted};
use crate::class::ClassSet;
use crate::dataset::Dataset;
use crate::formats::import::{Draft, Import, Origin, Picture};
use crate::formats::painting::Painting;
use crate::formats::picture_folder::{PictureFolder, file_stem};
use crate::formats::text_file::wrong;
use crate::formats::{
    Format, ImportError, ImportReport, ImportRequest, Importer, OptionError, OptionValues, Problem,
    Progress,
};

/// Reads a folder of annotations and those below it (`train`, `val`, or one of each class).
#[derive(Clone, Debug)]
pub struct RootPainterImport {
    /// What to import; pictures come from its `images`.
    pub request: ImportRequest,
    /// The class of annotations that no folder names.
    pub class: Option<String>,
}

impl RootPainterImport {
    /// From what is asked of any format.
    ///
    /// # Errors
    /// If there is no folder of pictures.
    pub fn from_request(
        request: ImportRequest,
        options: &OptionValues,
    ) -> Result<Self, OptionError> {
        if request.images.is_none() {
            let what = "the folder of the pictures";
            return Err(OptionError::Missing { format: IMPORT.name, what });
        }
        Ok(Self { request, class: options.optional("class").map(str::to_owned) })
    }
}

/// Annotation files with the class that each is about.
type Masks = Vec<(usize, PathBuf)>;

impl Importer for RootPainterImport {
    fn format(&self) -> &'static Format {
        &IMPORT
    }

    fn import(
        &self,
        dataset: &mut Dataset,
        progress: Progress<'_>,
    ) -> Result<ImportReport, ImportError> {
        let mut problems = Vec::new();
        let masks = self.masks(dataset.classes(), &mut problems)?;
        let spoken: BTreeSet<usize> = masks.values().flatten().map(|(class, _)| *class).collect();
        let pictures = PictureFolder::open(&self.request.picture_root())?;
        let mut drafts = Vec::new();
        for (stem, masks) in masks {
            let file = masks.first().map_or(Path::new(&stem), |(_, path)| path);
            match pictures.find_stem(file, &stem) {
                Ok(found) => drafts.push(Draft {
                    name: found.name,
                    picture: Picture::File(found.path),
                    files: masks.iter().map(|(_, path)| path.clone()).collect(),
                    stated: None,
                    said: masks,
                }),
                Err(problem) => problems.push(problem),
            }
        }
        let import = Import {
            format: &IMPORT,
            request: &self.request,
            unpainted: self.request.unpainted.unwrap_or(Unpainted::Unknown),
            spoken,
            is_exact: true,
        };
        let paint = |draft: &Draft<Masks>, painting: &mut Painting| {
            for (class, path) in &draft.said {
                paint(path, *class, painting)?;
            }
            Ok(Origin::default())
        };
        import.run(dataset, drafts, problems, &paint, progress)
    }
}

impl RootPainterImport {
    /// The annotation files by the stem they share with the picture.
    fn masks(
        &self,
        classes: &ClassSet,
        problems: &mut Vec<Problem>,
    ) -> Result<BTreeMap<String, Masks>, ImportError> {
        let default = match (&self.class, classes.len()) {
            (Some(name), _) => Some(classes.index(name)?),
            (None, 1) => Some(0),
            _ => None,
        };
        let root = &self.request.path;
        let mut masks: BTreeMap<String, Masks> = BTreeMap::new();
        for relative in PictureFolder::open(root)?.all() {
            let path = root.join(&relative);
            let mut folders = relative.parent().into_iter().flat_map(Path::components);
            let named =
                folders.find_map(|part| classes.index(&part.as_os_str().to_string_lossy()).ok());
            match named.or(default) {
                Some(class) => {
                    masks.entry(file_stem(&path)).or_default().push((class, path));
                }
                None => problems.push(Problem {
                    hint: Some("name the class, or put the file into a folder of its name".into()),
                    ..wrong(&path, "of which class is it?")
                }),
            }
        }
        for pair in masks.values_mut().flat_map(|masks| {
            masks.sort();
            masks.windows(2)
        }) {
            if pair[0].0 == pair[1].0 {
                let reason = format!("the same picture and class as `{}`", pair[0].1.display());
                problems.push(wrong(&pair[1].1, reason));
            }
        }
        Ok(masks)
    }
}

/// As RootPainter's trainer reads it: what has red is foreground, what has green background.
fn paint(path: &Path, class: usize, painting: &mut Painting) -> Result<(), Problem> {
    let pixels = rgba::read(path, painting.size())?;
    let mut masks = [BinaryMask::empty(painting.size()), BinaryMask::empty(painting.size())];
    for (i, [red, green, _, alpha]) in pixels.into_iter().enumerate() {
        if alpha == 0 {
            continue;
        }
        if red > 0 && green > 0 {
            let width = painting.size().width;
            let (x, y) = (i % width, i / width);
            return Err(wrong(path, format!("red and green at column {x}, row {y}")));
        }
        masks[0].values_mut()[i] = red > 0;
        masks[1].values_mut()[i] = green > 0;
    }
    painting.positive(class, &masks[0]);
    painting.negative(class, &masks[1]);
    Ok(())
}
