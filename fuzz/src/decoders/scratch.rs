//! A folder with an input, and a data set to import it into.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use lacuna_data::annotation::Unpainted;
use lacuna_data::formats::{BoxUse, ImportError, ImportFormat, ImportRequest, Label, LabelMap};
use lacuna_data::{Class, ClassSet, Dataset, Image, Size};
use tempfile::TempDir;

/// The size of every picture; small, so that a run is fast.
pub(crate) const SIZE: Size = Size::new(48, 32);

/// Kept from run to run: making folders costs more than most inputs.
pub(crate) struct Scratch {
    folder: TempDir,
    picture: Vec<u8>,
    dataset: Dataset,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::new());
}

/// Lends this thread's folder, without any input in it.
pub(crate) fn with(work: impl FnOnce(&mut Scratch)) {
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.clear();
        work(scratch);
    });
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("p.png");
        Image::filled(SIZE, [90; 3]).save_png(&path).expect("a picture");
        let picture = fs::read(&path).expect("the picture");
        let dataset = new_dataset(folder.path());
        Self { folder, picture, dataset }
    }

    fn clear(&self) {
        let input = self.input();
        if input.exists() {
            fs::remove_dir_all(&input).expect("an input to remove");
        }
        fs::create_dir(&input).expect("a folder");
    }

    /// The folder of the input.
    pub(crate) fn input(&self) -> PathBuf {
        self.folder.path().join("in")
    }

    /// Writes a file of the input.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.input().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, bytes).expect("a file");
        path
    }

    /// Writes pictures of the input.
    pub(crate) fn pictures(&self, names: &[&str]) {
        for name in names {
            self.write(name, &self.picture);
        }
    }

    /// The classes of the data set.
    pub(crate) fn classes(&self) -> &ClassSet {
        self.dataset.classes()
    }

    /// Imports a file or folder of the input, with its pictures in `images` if they are named.
    pub(crate) fn import(
        &mut self,
        format: &str,
        path: &str,
        images: Option<&str>,
        options: &[(&str, &str)],
    ) {
        let request = self.request(path, images);
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let importer = ImportFormat::named(format)
            .expect("a format")
            .importer(request, options.iter().map(owned).collect())
            .expect("options that it takes");
        match importer.import(&mut self.dataset, &|_, _| ()) {
            Ok(_) => self.check_imported(),
            Err(error) => self.check_refused(&error),
        }
    }

    fn request(&self, path: &str, images: Option<&str>) -> ImportRequest {
        let mut request = ImportRequest::new(self.input().join(path));
        request.images = images.map(|images| self.input().join(images));
        request.unpainted = Some(Unpainted::Background);
        request.boxes = BoxUse::Regions;
        if format_has_labels(path) {
            request.labels = labels();
        }
        request
    }

    /// Everything that was imported can be read, also by the next who opens the data set.
    fn check_imported(&mut self) {
        let dir = self.dataset.dir().to_owned();
        let dataset = Dataset::open(&dir).expect("a data set that can be opened");
        assert!(!dataset.cases().is_empty(), "an import of nothing");
        for case in dataset.cases() {
            dataset.load_image(case).expect("an imported picture");
            dataset.load_annotation(case).expect("an imported annotation");
        }
        fs::remove_dir_all(&dir).expect("a data set to remove");
        self.dataset = new_dataset(self.folder.path());
    }

    /// A refused import has written nothing, and says where the trouble is.
    fn check_refused(&self, error: &ImportError) {
        assert!(self.dataset.cases().is_empty(), "cases of a refused import");
        let mut left = names_in(self.dataset.dir());
        left.extend(names_in(&self.dataset.dir().join("images")));
        left.retain(|name| !["cases.csv", "dataset.toml", "images"].contains(&name.as_str()));
        assert!(left.is_empty(), "a refused import left {left:?}");
        let message = error.to_string();
        assert!(message.contains('`'), "no file is named: {message}");
    }
}

/// Labels of masks are numbers, which have meanings of their own.
fn format_has_labels(path: &str) -> bool {
    path != "masks"
}

fn labels() -> LabelMap {
    let map = [
        ("lip", Label::Neither),
        ("glare", Label::Unknown),
        ("mouth", Label::Region),
        ("region", Label::Region),
        ("other", Label::Skip),
    ];
    let labels = map.map(|(name, label)| (name.to_owned(), label));
    LabelMap { labels: labels.into(), skip_others: true }
}

fn new_dataset(folder: &Path) -> Dataset {
    let class = |name: &str| Class { name: name.to_owned(), color: [9, 8, 7] };
    let groups = [vec!["gum".to_owned(), "teeth".to_owned()]];
    let parts = [("caries".to_owned(), "teeth".to_owned())];
    let classes = ClassSet::new(["gum", "teeth", "caries"].map(class).to_vec(), &groups, &parts);
    let classes = classes.expect("classes that fit together");
    Dataset::create(&folder.join("set"), "fuzz", classes).expect("a data set")
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().display().to_string()).collect()
}
