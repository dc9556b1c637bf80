//! Data sets and fixtures for the tests of the formats.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use fs_err as fs;
use proptest::prelude::*;

use crate::annotation::{
    Annotation, BinaryMask, Provenance, Region, Role, Shape, Ternary, TernaryMask, Unpainted,
};
use crate::class::{Class, ClassSet};
use crate::dataset::Dataset;
use crate::image::{Image, Size};

/// The folder of real data sets; without one, the test lists itself as skipped.
pub(super) fn real_data(test: &str) -> Option<PathBuf> {
    let data = std::env::var_os("LACUNA_DATA").map(PathBuf::from);
    if data.is_none() {
        eprintln!("skipped: {test}: LACUNA_DATA is not set");
        if let Some(list) = std::env::var_os("LACUNA_SKIPPED_TESTS") {
            let mut list = fs::OpenOptions::new().create(true).append(true).open(list).unwrap();
            list.write_all(format!("{test}\n").as_bytes()).unwrap();
        }
    }
    data
}

/// A committed file under `refs/formats`.
pub(super) fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../refs/formats").join(name)
}

/// An empty data set of these classes in a temporary folder.
pub(super) struct Scratch {
    pub(super) folder: tempfile::TempDir,
    pub(super) dataset: Dataset,
}

impl Scratch {
    pub(super) fn new(classes: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let class = |name: &&str| Class { name: (*name).to_owned(), color: [9, 8, 7] };
        let classes = ClassSet::new(classes.iter().map(class).collect(), &[], &[]).unwrap();
        let dataset = Dataset::create(&folder.path().join("ds"), "d", classes).unwrap();
        Self { folder, dataset }
    }

    /// A path beside the data set.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Adds a case about which `said` is said.
    pub(super) fn case(&mut self, id: &str, said: &Annotation) {
        let image = Image::filled(said.masks[0].size(), [7; 3]);
        let case = self.dataset.add_image(id, &image, None).unwrap();
        self.dataset.save_annotation(&case, said).unwrap();
    }

    /// A case's masks, one string a class: `?` unknown, `-` negative, `+` positive; rows after another.
    pub(super) fn drawn(&self, id: &str) -> Vec<String> {
        drawn(&self.said(id))
    }

    pub(super) fn said(&self, id: &str) -> Annotation {
        self.dataset.load_annotation(self.dataset.case(id).unwrap()).unwrap()
    }

    /// Writes a file beside the data set.
    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes a picture of one colour beside the data set.
    pub(super) fn picture(&self, name: &str, width: usize, height: usize) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        Image::filled(Size::new(width, height), [9; 3]).save_png(&path).unwrap();
    }

    /// Everything in the data set folder, to see that nothing changed.
    pub(super) fn listing(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut open = vec![self.dataset.dir().to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.push((path.clone(), fs::read(path).unwrap()));
                }
            }
        }
        found.sort();
        found
    }
}

pub(super) fn drawn(said: &Annotation) -> Vec<String> {
    let letter = |state: &Ternary| ['?', '-', '+'][*state as usize];
    said.masks.iter().map(|mask| mask.values().iter().map(letter).collect()).collect()
}

/// An annotation of two classes that uses everything an annotation can hold.
pub(super) fn any_annotation() -> impl Strategy<Value = Annotation> {
    let size = (1usize..24, 1usize..12);
    size.prop_flat_map(|(width, height)| {
        let area = width * height;
        let state = prop::sample::select(vec![
            Ternary::Unknown,
            Ternary::Unknown,
            Ternary::Negative,
            Ternary::Positive,
        ]);
        let runs = prop::collection::vec((state, 1usize..9), area);
        (Just(Size::new(width, height)), runs.clone(), runs, any::<u64>(), any_regions())
    })
    .prop_map(|(size, gum, teeth, seed, regions)| {
        let masks = vec![mask(size, &gum), mask(size, &teeth)];
        let suggested = vec![suggested(&masks[0], seed), None];
        Annotation { masks, suggested, regions, provenance: provenance() }
    })
}

fn mask(size: Size, runs: &[(Ternary, usize)]) -> TernaryMask {
    let states = runs.iter().flat_map(|(state, length)| vec![*state; *length]);
    TernaryMask::new(size, states.take(size.area()).collect()).unwrap()
}

fn suggested(mask: &TernaryMask, seed: u64) -> Option<BinaryMask> {
    let states = mask.values().iter().enumerate();
    let is_set =
        |(i, state): (usize, &Ternary)| *state != Ternary::Unknown && seed >> (i % 64) & 1 == 1;
    let found = BinaryMask::new(mask.size(), states.map(is_set).collect()).unwrap();
    Some(found).filter(|mask| mask.count() > 0)
}

fn provenance() -> Vec<Provenance> {
    let entry = |class: &str, unpainted| Provenance {
        class: class.to_owned(),
        source: "app".to_owned(),
        author: Some("Dr Ü".to_owned()),
        unpainted,
    };
    vec![entry("gum", Unpainted::Unknown), entry("teeth", Unpainted::Background)]
}

fn any_regions() -> impl Strategy<Value = Vec<Region>> {
    // eighths: JSON gives them back to the last bit
    let number = (8..72).prop_map(|eighths| f64::from(eighths) / 8.0);
    let point = (number.clone(), number.clone()).prop_map(|(x, y)| [x, y]);
    let polygon = prop::collection::vec(point, 3..6).prop_map(Shape::Polygon);
    let rectangle = (number.clone(), number.clone(), number.clone(), number, -90..90).prop_map(
        |(x, y, width, height, degrees)| Shape::Box {
            x,
            y,
            width,
            height,
            rotation: f64::from(degrees),
        },
    );
    let region = prop_oneof![polygon, rectangle].prop_map(|shape| Region {
        shape,
        author: "N. N.".to_owned(),
        role: Role::NonExpert,
        origin: "app".to_owned(),
        score: Some(0.5),
        model_version: None,
        time: Some("2026-01-02T03:04:05Z".to_owned()),
    });
    prop::collection::vec(region, 0..3)
}
