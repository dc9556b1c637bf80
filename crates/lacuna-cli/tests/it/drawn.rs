//! Drawn mouths to train on, and runs trained on them.

use std::path::Path;

use lacuna_data::dataset::Case;
use lacuna_data::dataset::split::{Fold, Split, Unit};
use lacuna_data::simulate::{SimulateConfig, simulate};
use lacuna_data::synthetic::{CLASSES, MouthConfig, generate};
use lacuna_data::{Class, ClassSet, Dataset, Size};

use crate::program::lacuna;

/// Eight partially painted mouths: four to train on, two to validate, two to test.
pub(crate) fn mouths(folder: &Path) {
    let names = CLASSES.map(str::to_owned);
    let class = |name: &String| Class { name: name.clone(), color: [200, 30, 90] };
    let classes = ClassSet::new(names.iter().map(class).collect(), &[names.to_vec()], &[]).unwrap();
    let mut dataset = Dataset::create(folder, "mouths", classes).unwrap();
    for index in 0..8 {
        let mouth = generate(&MouthConfig::new(Size::new(40, 40)), 3, index).unwrap();
        let (id, image) = (format!("m{index}"), format!("images/m{index}.png"));
        mouth.image.save_png(&folder.join(&image)).unwrap();
        let case = Case::new(&id, image);
        dataset.add_case(case.clone()).unwrap();
        let config = SimulateConfig { neither: 2, ..SimulateConfig::default() };
        let said =
            simulate(&mouth.truth, &mouth.image, dataset.classes(), &config, 3, &id).unwrap();
        dataset.save_annotation(&case, &said.annotation).unwrap();
        dataset.save_truth(&case, &mouth.truth).unwrap();
    }
    let ids = |range: std::ops::Range<usize>| range.map(|i| format!("m{i}")).collect();
    let fold = Fold { train: ids(0..4), validation: ids(4..6), test: ids(6..8) };
    Split::of_fold(0, Unit::Image, false, fold).save(&dataset, "default").unwrap();
}

/// How the tests train: from scratch, in seconds.
pub(crate) const RECIPE: [&str; 12] = [
    "--policy",
    "fusion+box",
    "--image-size",
    "32",
    "--encoder-weights",
    "none",
    "--encoder-depth",
    "5",
    "--batch-size",
    "2",
    "--seed",
    "5",
];

/// Trains the run `run` on the data set `ds` of `folder`.
pub(crate) fn train(folder: &Path, run: &str, epochs: &str) {
    let mut arguments = vec!["train", "--data", "ds", "--output-dir", run, "--epochs", epochs];
    arguments.extend(RECIPE);
    lacuna(folder, &arguments).ended(0);
}

/// A file of a run.
pub(crate) fn bytes(folder: &Path, run: &str, file: &str) -> Vec<u8> {
    fs_err::read(folder.join(run).join(file)).unwrap()
}
