//! The data set folder that is served: pictures, classes, and which pictures are held back.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use fs_err as fs;
use lacuna_data::class::{Class, ClassSet, default_color};
use lacuna_data::dataset::reading;
use lacuna_data::dataset::split::{Fold, Split, SplitConfig, SplitError, TestPart, Unit};
use lacuna_data::image::{decode_size, is_picture_name, refuse_dicom};
use lacuna_data::random;
use lacuna_data::{Case, DataError, Dataset};
use rand::RngExt;

use crate::ServeConfig;
use crate::label_studio;
use crate::lock;
use crate::log::Log;
use crate::problem::Problem;

/// The split that the app trains and verifies with.
pub(crate) const SPLIT: &str = "default";
/// Shares of pictures that are held back from training: for verification, and for choosing the model.
const TEST_SHARE: f64 = 0.2;
const VALIDATION_SHARE: f64 = 0.15;
/// With fewer pictures all are learnt from.
const FEWEST_TO_SPLIT: usize = 8;
/// Folders of a data set that hold no pictures.
const OTHER_FOLDERS: [&str; 9] = [
    "annotations",
    "truth",
    "splits",
    "models",
    "verifications",
    "predictions",
    "runs",
    label_studio::FOLDER,
    reading::FOLDER,
];

/// What is served. The data set is missing until a first class is named.
pub(crate) struct Project {
    pub(crate) config: ServeConfig,
    dataset: RwLock<Option<Arc<Dataset>>>,
    /// One at a time changes the data set's description.
    changing: Mutex<()>,
    log: Log,
}

impl Project {
    /// Opens the folder's data set, or makes one of its photos if classes are given.
    pub(crate) fn open(config: ServeConfig, log: Log) -> Result<Self, Problem> {
        let is_dataset = config.folder.join("dataset.toml").exists();
        let project = Self { config, dataset: RwLock::new(None), changing: Mutex::new(()), log };
        if is_dataset {
            let dataset = Dataset::open(&project.config.folder)?;
            keep_split(&dataset)?;
            project.put(dataset);
        } else if !project.config.classes.is_empty() {
            project.make(project.config.classes.clone())?;
        }
        Ok(project)
    }

    /// The data set.
    pub(crate) fn dataset(&self) -> Result<Arc<Dataset>, Problem> {
        self.find().ok_or_else(Problem::no_classes)
    }

    /// The data set, once there is one.
    pub(crate) fn find(&self) -> Option<Arc<Dataset>> {
        self.dataset.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        lock(&self.changing)
    }

    fn put(&self, dataset: Dataset) {
        *self.dataset.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(dataset));
    }

    /// The data set and one of its cases.
    pub(crate) fn case(&self, id: &str) -> Result<(Arc<Dataset>, Case), Problem> {
        let dataset = self.dataset()?;
        let case = dataset.case(id)?.clone();
        Ok((dataset, case))
    }

    /// Adds a class; the first one makes the data set.
    pub(crate) fn add_class(&self, name: &str, color: Option<[u8; 3]>) -> Result<(), Problem> {
        let _alone = self.changing();
        let Some(dataset) = self.find() else {
            let color = color.unwrap_or_else(|| default_color(0));
            return self.make(vec![Class { name: name.to_owned(), color }]);
        };
        let mut dataset = Dataset::clone(&dataset);
        dataset.add_class(name, color)?;
        self.put(dataset);
        Ok(())
    }

    /// Makes the folder's photos a data set with these classes.
    pub(crate) fn make_of(&self, classes: Vec<Class>) -> Result<(), Problem> {
        let _alone = self.changing();
        match self.find() {
            None => self.make(classes),
            Some(_) => Ok(()),
        }
    }

    /// Declares which classes exclude each other.
    pub(crate) fn set_exclusive(&self, groups: &[Vec<String>]) -> Result<(), Problem> {
        let _alone = self.changing();
        let mut dataset = Dataset::clone(&*self.dataset()?);
        dataset.set_exclusive(groups)?;
        self.put(dataset);
        Ok(())
    }

    /// Gives a class another colour.
    pub(crate) fn set_color(&self, name: &str, color: [u8; 3]) -> Result<(), Problem> {
        let _alone = self.changing();
        let mut dataset = Dataset::clone(&*self.dataset()?);
        dataset.set_color(name, color)?;
        self.put(dataset);
        Ok(())
    }

    /// Tells the folder from others.
    pub(crate) fn id(&self) -> String {
        let folder = &self.config.folder;
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        blake3::hash(folder.as_os_str().as_encoded_bytes()).to_hex()[..12].to_owned()
    }

    /// Adds a picture under a name like the one given. Nothing that lies in the folder is replaced.
    pub(crate) fn add_picture(&self, name: &str, bytes: &[u8]) -> Result<Case, Problem> {
        let _alone = self.changing();
        let mut dataset = Dataset::clone(&*self.dataset()?);
        if !is_picture_name(Path::new(name)) {
            return Err(Problem::invalid(format!("`{name}` is not the name of a picture"))
                .with_hint("add JPEG, PNG, TIFF, WebP or BMP files"));
        }
        let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
        let extension = Path::new(name).extension().unwrap_or_default().to_string_lossy();
        let id = free_id(&dataset, &clean(&stem));
        let case = Case::new(&id, format!("images/{id}.{}", extension.to_lowercase()));
        let path = dataset.image_path(&case);
        write_new(&path, bytes).map_err(|e| Problem::failed(&e))?;
        let added = readable(&dataset, &case).and_then(|()| Ok(dataset.add_case(case.clone())?));
        if let Err(problem) = added {
            // made just now, and no part of the data set
            let _ = fs::remove_file(&path);
            return Err(problem);
        }
        keep_split(&dataset)?;
        self.put(dataset);
        Ok(case)
    }

    /// Makes the folder's photos, where they lie, into a data set. Those that cannot be read are left out, and the log
    /// says so.
    fn make(&self, classes: Vec<Class>) -> Result<(), Problem> {
        let folder = &self.config.folder;
        let classes = ClassSet::new(classes, &self.config.exclusive, &[])?;
        let name = folder.file_name().map_or("photos".into(), |name| name.to_string_lossy());
        let mut cases: Vec<Case> = Vec::new();
        for photo in photos(folder)? {
            let stem = photo.file_stem().unwrap_or_default().to_string_lossy();
            let taken =
                |id: &str| cases.iter().any(|case| case.id.to_lowercase() == id.to_lowercase());
            let case = Case::new(free_name(&clean(&stem), taken), &photo);
            let path = folder.join(&photo);
            let readable = refuse_dicom(&path).and_then(|()| decode_size(&path));
            match case.check().and_then(|()| Ok(readable.map(drop)?)) {
                Ok(()) => cases.push(case),
                Err(error) => self.log.say(format!("{} is left out: {error}", photo.display())),
            }
        }
        let mut dataset = Dataset::create(folder, &name, classes)?;
        dataset.add_cases(cases)?;
        keep_split(&dataset)?;
        self.put(dataset);
        Ok(())
    }
}

/// What the split uses every picture of the data set for. A picture that was added since the data set was taken is not
/// among them.
pub(crate) fn fold_of(dataset: &Dataset) -> Result<Fold, Problem> {
    if dataset.cases().is_empty() {
        return Ok(Fold::default());
    }
    Ok(Split::load_present(dataset, SPLIT)?.fold(0)?.clone())
}

/// Writes a file that is not there yet.
fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A picture that cannot be read is refused before it is part of the data set.
fn readable(dataset: &Dataset, case: &Case) -> Result<(), Problem> {
    let refuse = |error: DataError| {
        let problem = Problem::invalid(error.to_string());
        error.hint().map(|hint| problem.clone().with_hint(hint)).unwrap_or(problem)
    };
    dataset.load_image(case).map(drop).map_err(refuse)
}

/// The pictures of a folder and its sub-folders, relative to it, sorted.
fn photos(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(relative) = folders.pop() {
        let entries = fs::read_dir(folder.join(&relative)).map_err(|e| Problem::failed(&e))?;
        for entry in entries {
            let entry = entry.map_err(|e| Problem::failed(&e))?;
            let name = entry.file_name();
            let path = relative.join(&name);
            let hidden = name.to_string_lossy().starts_with('.');
            let other = OTHER_FOLDERS.iter().any(|folder| path == Path::new(folder));
            let kind = entry.file_type().map_err(|e| Problem::failed(&e))?;
            if kind.is_dir() && !hidden && !other {
                folders.push(path);
            } else if kind.is_file() && is_picture_name(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// An id without the characters that a file name cannot hold.
fn clean(stem: &str) -> String {
    let plain = |c: char| if c.is_control() || r#"/\:*?"<>|"#.contains(c) { '-' } else { c };
    let text: String = stem.chars().map(plain).take(100).collect();
    let text = text.trim_matches(['.', ' ']).to_owned();
    if text.is_empty() { "photo".to_owned() } else { text }
}

/// An id that no case has, and under which nothing lies in the folder.
fn free_id(dataset: &Dataset, stem: &str) -> String {
    let lower: Vec<_> = dataset.cases().iter().map(|case| case.id.to_lowercase()).collect();
    let names = fs::read_dir(dataset.dir().join("images")).into_iter().flatten().flatten();
    let stem_of =
        |name: PathBuf| name.file_stem().map(|stem| stem.to_string_lossy().to_lowercase());
    let files: Vec<_> = names.filter_map(|entry| stem_of(entry.path())).collect();
    free_name(stem, |id| {
        let lower_id = id.to_lowercase();
        let case = Case::new(id, "");
        let folders = [
            dataset.annotation_folder(&case),
            dataset.readings_folder(&case),
            dataset.truth_folder(&case),
        ];
        lower.contains(&lower_id) || files.contains(&lower_id) || folders.iter().any(|f| f.exists())
    })
}

/// `stem`, or the first of `stem-2`, `stem-3`, … that is not taken.
fn free_name(stem: &str, taken: impl Fn(&str) -> bool) -> String {
    let names = std::iter::once(stem.to_owned()).chain((2..).map(|n| format!("{stem}-{n}")));
    names.into_iter().find(|name| !taken(name)).unwrap_or_else(|| stem.to_owned())
}

/// Draws the split if there is none, gives every picture that it does not know a part, and forgets those that are gone.
/// Pictures once held back stay so: what the model was judged by must not be learnt from later.
fn keep_split(dataset: &Dataset) -> Result<(), SplitError> {
    if dataset.cases().is_empty() {
        return Ok(());
    }
    let mut split = match Split::load_present(dataset, SPLIT) {
        Ok(split) => split,
        Err(SplitError::Missing { .. }) => return draw(dataset).save(dataset, SPLIT),
        Err(error) => return Err(error),
    };
    let Some(fold) = split.folds.first_mut() else { return Ok(()) };
    let new: Vec<Case> = fold
        .unused(dataset.cases())
        .into_iter()
        .filter_map(|id| dataset.case(id).ok().cloned())
        .collect();
    if new.is_empty() && Split::load(dataset, SPLIT).is_ok() {
        return Ok(());
    }
    for case in new {
        place(fold, dataset, case);
    }
    for part in [&mut fold.train, &mut fold.validation, &mut fold.test] {
        part.sort();
    }
    split.save(dataset, SPLIT)
}

fn draw(dataset: &Dataset) -> Split {
    let config = SplitConfig {
        seed: 0,
        by: Unit::Group,
        test: TestPart::Share(TEST_SHARE),
        validation: VALIDATION_SHARE,
    };
    let enough = dataset.cases().len() >= FEWEST_TO_SPLIT;
    let drawn = enough.then(|| Split::draw(dataset.cases(), &config));
    drawn.and_then(Result::ok).unwrap_or_else(|| {
        let train = dataset.cases().iter().map(|case| case.id.clone()).collect();
        Split::of_fold(0, Unit::Group, false, Fold { train, ..Fold::default() })
    })
}

/// A picture goes where its group is; a new group's part is drawn by its name.
fn place(fold: &mut Fold, dataset: &Dataset, case: Case) {
    let of_group = |ids: &[String]| {
        case.group.is_some()
            && ids.iter().any(|id| dataset.case(id).is_ok_and(|other| other.group == case.group))
    };
    let known = [of_group(&fold.train), of_group(&fold.validation), of_group(&fold.test)];
    let name = case.group.as_ref().unwrap_or(&case.id);
    let chance: f64 = random::stream(0, "split-added", &[random::key_of(name)]).random();
    let total = fold.train.len() + fold.validation.len() + fold.test.len();
    let part = match known {
        [true, ..] => &mut fold.train,
        [_, true, _] => &mut fold.validation,
        [_, _, true] => &mut fold.test,
        _ if total < FEWEST_TO_SPLIT => &mut fold.train,
        _ if chance < TEST_SHARE => &mut fold.test,
        _ if chance < TEST_SHARE + VALIDATION_SHARE => &mut fold.validation,
        _ => &mut fold.train,
    };
    part.push(case.id);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_stream::EventStream;

    fn photo() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 3, 2);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().and_then(|mut png| png.write_image_data(&[90; 18])).unwrap();
        bytes
    }

    #[test]
    fn who_took_the_data_set_before_a_picture_was_added_still_reads_its_split() {
        let folder = tempfile::tempdir().unwrap();
        let config = ServeConfig {
            folder: folder.path().to_owned(),
            port: None,
            author: "tester".to_owned(),
            is_expert: true,
            image_size: 32,
            classes: vec![Class { name: "tooth".to_owned(), color: [200, 30, 90] }],
            exclusive: Vec::new(),
            is_demo: false,
            team: None,
            metrics: None,
            label_studio: None,
        };
        let project = Project::open(config, Log::new(EventStream::new("start"))).unwrap();
        project.add_picture("first.png", &photo()).unwrap();
        let before = project.dataset().unwrap();
        project.add_picture("second.png", &photo()).unwrap();
        assert_eq!(fold_of(&before).unwrap().train, ["first"]);
        assert_eq!(fold_of(&project.dataset().unwrap()).unwrap().train, ["first", "second"]);
    }
}
