//! Predictions as files: indexed masks, masks by class, probabilities.
//!
//! ```text
//! STEM.png                     indexed mask: 0 none, i + 1 the i-th class
//! STEM.CLASS.png               two-state mask of one class
//! STEM.CLASS.probability.png   16-bit grey, 65535 = 1
//! STEM.probability.npy         float32 [classes, height, width]
//! ```

mod npy;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use lacuna_data::annotation::mask_file::{MaskFileError, write_binary};
use lacuna_data::atomic_file::write_atomic;
use lacuna_data::image::{ImageError, save_gray16_png};
use lacuna_data::{Case, ClassSet, Dataset, Size};

use super::Prediction;

/// What is written beside the indexed mask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputOptions {
    /// Whether every class gets a mask of its own too.
    pub per_class: bool,
    /// Whether and how probabilities are written.
    pub probabilities: Option<ProbabilityFormat>,
}

/// A file format for probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbabilityFormat {
    /// One 16-bit grey PNG a class, in steps of 1/65535.
    Png16,
    /// One NumPy file of all classes, exact.
    Npy,
}

/// A picture to be predicted, and what its files will be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The picture's file.
    pub source: PathBuf,
    /// What its output files' names begin with.
    pub stem: String,
}

impl Picture {
    /// A picture file; its outputs are called after it.
    pub fn of_file(path: &Path) -> Self {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Self { source: path.to_owned(), stem }
    }

    /// The picture of a case; its outputs are called after the case.
    pub fn of_case(dataset: &Dataset, case: &Case) -> Self {
        Self { source: dataset.image_path(case), stem: case.id.clone() }
    }
}

/// Why predictions cannot be written. Every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriterError {
    /// Two pictures' outputs have one name.
    #[error(
        "`{}` and `{}` would both be written to `{file}`",
        first.display(),
        second.display()
    )]
    Collision {
        /// A picture.
        first: PathBuf,
        /// Another.
        second: PathBuf,
        /// The name both would get.
        file: String,
    },
    /// An output would take a picture's place.
    #[error("the mask `{}` would overwrite a picture", path.display())]
    OverwritesPicture {
        /// The picture.
        path: PathBuf,
    },
    /// One threshold a class is needed.
    #[error("{thresholds} thresholds for {classes} classes")]
    Thresholds {
        /// Thresholds given.
        thresholds: usize,
        /// Classes there are.
        classes: usize,
    },
    /// A prediction of another number of classes.
    #[error("`{}`: a prediction of {found} values for {classes} classes of {size} pixels", picture.display())]
    Shape {
        /// The picture.
        picture: PathBuf,
        /// Values there are.
        found: usize,
        /// Classes there should be.
        classes: usize,
        /// Size of the prediction.
        size: Size,
    },
    /// A file or folder cannot be written.
    #[error("could not write `{}`", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A mask cannot be written.
    #[error(transparent)]
    Mask(#[from] MaskFileError),
    /// A probability map cannot be written.
    #[error(transparent)]
    Image(#[from] ImageError),
}

impl WriterError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Collision { .. } => {
                Some("rename one of the pictures, or predict them into different folders")
            }
            Self::OverwritesPicture { .. } => Some("choose another folder for the masks"),
            _ => None,
        }
    }
}

/// What was written for one picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The files.
    pub files: Vec<PathBuf>,
    /// Pixels that several classes claim: the indexed mask holds only one of them.
    pub contested: usize,
}

/// Writes the predictions of a known list of pictures into one folder.
#[derive(Clone, Debug)]
pub struct PredictionWriter {
    dir: PathBuf,
    classes: ClassSet,
    thresholds: Vec<f64>,
    options: OutputOptions,
}

impl PredictionWriter {
    /// Checks all names before any work is done, then makes the folder.
    pub fn new(
        dir: &Path,
        classes: &ClassSet,
        thresholds: &[f64],
        options: OutputOptions,
        pictures: &[Picture],
    ) -> Result<Self, WriterError> {
        if thresholds.len() != classes.len() {
            let (thresholds, classes) = (thresholds.len(), classes.len());
            return Err(WriterError::Thresholds { thresholds, classes });
        }
        let writer = Self {
            dir: dir.to_owned(),
            classes: classes.clone(),
            thresholds: thresholds.to_vec(),
            options,
        };
        writer.check_collisions(pictures)?;
        fs_err::create_dir_all(dir).map_err(|e| io_error(dir, e))?;
        writer.check_pictures_are_safe(pictures)?;
        Ok(writer)
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes one picture's prediction.
    pub fn write(
        &self,
        picture: &Picture,
        prediction: &Prediction,
    ) -> Result<Written, WriterError> {
        self.check_shape(picture, prediction)?;
        let indexed = indexed(prediction, &self.thresholds);
        let path = self.dir.join(indexed_name(&picture.stem));
        write_indexed(&path, &indexed, &self.classes).map_err(|e| io_error(&path, e))?;
        let mut files = vec![path];
        for (class, name) in self.classes.names().iter().enumerate() {
            if self.options.per_class {
                let path = self.dir.join(class_name(&picture.stem, name));
                write_binary(&path, &prediction.mask(class, self.thresholds[class] as f32))?;
                files.push(path);
            }
            if self.options.probabilities == Some(ProbabilityFormat::Png16) {
                let path = self.dir.join(probability_name(&picture.stem, name));
                let levels = levels(prediction.plane(class));
                save_gray16_png(&path, prediction.size(), &levels)?;
                files.push(path);
            }
        }
        if self.options.probabilities == Some(ProbabilityFormat::Npy) {
            let path = self.dir.join(npy_name(&picture.stem));
            let Size { width, height } = prediction.size();
            let shape = [self.classes.len(), height, width];
            npy::write(&path, shape, prediction.probabilities()).map_err(|e| io_error(&path, e))?;
            files.push(path);
        }
        Ok(Written { files, contested: indexed.contested })
    }

    /// The names of all files of one picture.
    fn names(&self, stem: &str) -> Vec<String> {
        let mut names = vec![indexed_name(stem)];
        for class in self.classes.names() {
            if self.options.per_class {
                names.push(class_name(stem, &class));
            }
            if self.options.probabilities == Some(ProbabilityFormat::Png16) {
                names.push(probability_name(stem, &class));
            }
        }
        if self.options.probabilities == Some(ProbabilityFormat::Npy) {
            names.push(npy_name(stem));
        }
        names
    }

    /// Names that differ only in upper and lower case are one file on some disks.
    fn check_collisions(&self, pictures: &[Picture]) -> Result<(), WriterError> {
        let mut taken: BTreeMap<String, &Picture> = BTreeMap::new();
        for picture in pictures {
            for file in self.names(&picture.stem) {
                if let Some(other) = taken.insert(file.to_lowercase(), picture) {
                    let (first, second) = (other.source.clone(), picture.source.clone());
                    return Err(WriterError::Collision { first, second, file });
                }
            }
        }
        Ok(())
    }

    fn check_pictures_are_safe(&self, pictures: &[Picture]) -> Result<(), WriterError> {
        let dir = self.dir.canonicalize().map_err(|e| io_error(&self.dir, e))?;
        let written: BTreeSet<PathBuf> = pictures
            .iter()
            .flat_map(|picture| self.names(&picture.stem))
            .map(|name| dir.join(name))
            .collect();
        let source = |picture: &&Picture| picture.source.canonicalize().ok();
        match pictures.iter().find(|p| source(p).is_some_and(|path| written.contains(&path))) {
            Some(picture) => Err(WriterError::OverwritesPicture { path: picture.source.clone() }),
            None => Ok(()),
        }
    }

    fn check_shape(&self, picture: &Picture, prediction: &Prediction) -> Result<(), WriterError> {
        let (found, size) = (prediction.probabilities().len(), prediction.size());
        let classes = self.classes.len();
        if found == classes * size.area() {
            return Ok(());
        }
        let picture = picture.source.clone();
        Err(WriterError::Shape { picture, found, classes, size })
    }
}

/// A mask that gives every pixel to one class at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedMask {
    /// Width and height.
    pub size: Size,
    /// 0 for no class, i + 1 for the i-th, row by row.
    pub indices: Vec<u8>,
    /// Pixels that several classes claim.
    pub contested: usize,
}

/// Gives every pixel to the class whose probability exceeds its threshold by most; of equal ones to
/// the first.
pub fn indexed(prediction: &Prediction, thresholds: &[f64]) -> IndexedMask {
    let size = prediction.size();
    let mut best = vec![f32::NEG_INFINITY; size.area()];
    let mut indices = vec![0_u8; size.area()];
    let mut claims = vec![0_u8; size.area()];
    for (class, threshold) in thresholds.iter().enumerate() {
        let threshold = *threshold as f32;
        for (pixel, probability) in prediction.plane(class).iter().enumerate() {
            let margin = probability - threshold;
            if margin < 0.0 {
                continue;
            }
            claims[pixel] += 1;
            if margin > best[pixel] {
                best[pixel] = margin;
                indices[pixel] = class as u8 + 1;
            }
        }
    }
    let contested = claims.iter().filter(|claims| **claims > 1).count();
    IndexedMask { size, indices, contested }
}

/// Probabilities in steps of 1/65535.
fn levels(plane: &[f32]) -> Vec<u16> {
    plane.iter().map(|p| (f64::from(*p) * f64::from(u16::MAX)).round() as u16).collect()
}

/// A palette PNG in the classes' colours.
fn write_indexed(path: &Path, mask: &IndexedMask, classes: &ClassSet) -> io::Result<()> {
    let colors = classes.classes().iter().flat_map(|class| class.color);
    let palette: Vec<u8> = [0, 0, 0].into_iter().chain(colors).collect();
    write_atomic(path, |writer| {
        let (width, height) = (mask.size.width as u32, mask.size.height as u32);
        let mut encoder = png::Encoder::new(writer, width, height);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(palette);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&mask.indices)?;
        Ok(writer.finish()?)
    })
}

fn indexed_name(stem: &str) -> String {
    format!("{stem}.png")
}

fn class_name(stem: &str, class: &str) -> String {
    format!("{stem}.{class}.png")
}

fn probability_name(stem: &str, class: &str) -> String {
    format!("{stem}.{class}.probability.png")
}

fn npy_name(stem: &str) -> String {
    format!("{stem}.probability.npy")
}

fn io_error(path: &Path, source: io::Error) -> WriterError {
    WriterError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use lacuna_data::annotation::mask_file::{read_binary, read_values};
    use lacuna_data::class::{Class, default_color};

    use super::*;

    fn classes() -> ClassSet {
        let class = |i, name: &str| Class { name: name.to_owned(), color: default_color(i) };
        ClassSet::new(vec![class(0, "gum"), class(1, "teeth")], &[], &[]).unwrap()
    }

    fn prediction() -> Prediction {
        let gum = [0.9, 0.6, 0.5, 0.1];
        let teeth = [0.2, 0.5, 0.1, 1.0];
        Prediction::from_planes(Size::new(2, 2), [gum, teeth].concat())
    }

    fn writer(dir: &Path, options: OutputOptions, files: &[&Path]) -> Result<(), WriterError> {
        let pictures: Vec<Picture> = files.iter().map(|file| Picture::of_file(file)).collect();
        PredictionWriter::new(dir, &classes(), &[0.5; 2], options, &pictures).map(|_| ())
    }

    #[test]
    fn the_larger_margin_wins() {
        let table = [
            // both thresholds ½: the second pixel is .1 over for gum, 0 over for teeth
            ([0.5, 0.5], [1, 1, 1, 2], 1),
            // the margins turn with the thresholds
            ([0.55, 0.25], [1, 2, 0, 2], 1),
            // equal margins: the first class
            ([0.6, 0.5], [1, 1, 0, 2], 1),
            ([1.0, 1.0], [0, 0, 0, 2], 0),
        ];
        for (thresholds, indices, contested) in table {
            let mask = indexed(&prediction(), &thresholds);
            assert_eq!(
                (&mask.indices[..], mask.contested),
                (&indices[..], contested),
                "{thresholds:?}"
            );
        }
    }

    #[test]
    fn every_file_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("masks");
        let picture = Picture::of_file(&folder.path().join("a.jpg"));
        for format in [ProbabilityFormat::Png16, ProbabilityFormat::Npy] {
            let options = OutputOptions { per_class: true, probabilities: Some(format) };
            let pictures = std::slice::from_ref(&picture);
            let writer =
                PredictionWriter::new(&dir, &classes(), &[0.5; 2], options, pictures).unwrap();
            let written = writer.write(&picture, &prediction()).unwrap();
            let names: Vec<String> = written
                .files
                .iter()
                .map(|file| file.file_name().unwrap().to_string_lossy().into_owned())
                .collect();
            assert_eq!(names, writer.names("a"));
            assert_eq!(written.contested, 1);
        }
        let values = |name: &str| read_values(&dir.join(name), None).unwrap().values;
        assert_eq!(values("a.png"), [1, 1, 1, 2]);
        assert_eq!(values("a.teeth.probability.png"), [13107, 32768, 6554, 65535]);
        let teeth = read_binary(&dir.join("a.teeth.png"), None).unwrap();
        assert_eq!(teeth.values(), [false, true, false, true]);
        let shown = lacuna_data::Image::open(&dir.join("a.png")).unwrap().image;
        assert_eq!(shown.pixel(1, 1), default_color(1));
    }

    #[test]
    fn names_are_checked_before_any_work() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let none = OutputOptions::default();
        let per_class = OutputOptions { per_class: true, probabilities: None };
        let out = path("out");
        // one stem, two pictures
        let (jpeg, png) = (path("a.jpg"), path("a.png"));
        let error = writer(&out, none, &[&jpeg, &png]).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("a.jpg") && text.contains("a.png`") && error.hint().is_some());
        // upper and lower case
        assert!(writer(&out, none, &[&path("b/A.jpg"), &jpeg]).is_err());
        // a class's mask of one is the mask of the other
        let other = path("a.gum.jpg");
        assert!(writer(&out, none, &[&jpeg, &other]).is_ok());
        assert!(writer(&out, per_class, &[&jpeg, &other]).is_err());
        // the mask of a picture would take the picture's place
        fs_err::write(&png, "picture").unwrap();
        let error = writer(folder.path(), none, &[&png]).unwrap_err();
        assert!(matches!(error, WriterError::OverwritesPicture { .. }), "{error}");
        assert!(writer(&out, none, &[&png]).is_ok());
        assert!(writer(&png, none, &[&jpeg]).unwrap_err().to_string().contains("a.png"));
    }
}
