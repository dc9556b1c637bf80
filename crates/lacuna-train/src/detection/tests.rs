//! Whole trainings on drawn rectangles.

use std::path::Path;
use std::sync::Arc;

use lacuna_data::annotation::{Annotation, Region, Role, Shape};
use lacuna_data::class::{Class, default_color};
use lacuna_data::dataset::split::{Fold, Split, Unit};
use lacuna_data::{BinaryMask, Case, ClassSet, Dataset, Image, Size, random};
use rand::RngExt;

use super::prediction::{self, Plan, PredictionOptions};
use super::{BoxedCases, DetectError, DetectorConfig, DetectorInfo, training};
use crate::config::EncoderWeights;
use crate::event::TrainEvent;
use crate::interrupt::Interrupt;
use crate::observer::Observers;
use crate::run_dir::RunDir;

const SIZE: Size = Size { width: 56, height: 40 };

fn region(role: Role, [x1, y1, x2, y2]: [f64; 4]) -> Region {
    Region {
        shape: Shape::Box { x: x1, y: y1, width: x2 - x1, height: y2 - y1, rotation: 0.0 },
        author: "a colleague".to_owned(),
        role,
        origin: "test".to_owned(),
        score: (role == Role::Model).then_some(0.5),
        model_version: None,
        time: None,
    }
}

/// A bright rectangle on dark noise.
fn draw(index: u64) -> (Image, [f64; 4]) {
    let mut rng = random::stream(7, "rectangle", &[index]);
    let mut side = |least: usize, most: usize| rng.random_range(least..most);
    let (x, y, width, height) = (side(2, 16), side(2, 10), side(20, 36), side(14, 26));
    let mut image = Image::filled(SIZE, [0; 3]);
    for (column, row) in (0..SIZE.width).flat_map(|x| (0..SIZE.height).map(move |y| (x, y))) {
        let inside = (x..x + width).contains(&column) && (y..y + height).contains(&row);
        let noise = rng.random_range(0..60);
        image.set_pixel(column, row, if inside { [200, 150, noise + 90] } else { [noise; 3] });
    }
    (image, [x, y, x + width, y + height].map(|side| side as f64))
}

/// `count` pictures, two of each group; the last quarter validates.
fn dataset(folder: &Path, count: usize) -> Arc<Dataset> {
    let class = Class { name: "thing".to_owned(), color: default_color(0) };
    let classes = ClassSet::new(vec![class], &[], &[]).unwrap();
    let mut dataset = Dataset::create(folder, "rectangles", classes).unwrap();
    let id = |index: usize| format!("r{index:02}");
    for index in 0..count {
        let (image, corners) = draw(index as u64);
        let group = format!("g{}", index / 2);
        let case = dataset.add_image(&id(index), &image, Some(&group)).unwrap();
        let mut annotation = Annotation::unknown(SIZE, 1);
        annotation.regions = vec![region(Role::NonExpert, corners)];
        dataset.save_annotation(&case, &annotation).unwrap();
        let mut truth = BinaryMask::empty(SIZE);
        annotation.regions[0].shape.fill(&mut truth);
        dataset.save_truth(&case, &[truth]).unwrap();
    }
    let trained = count * 3 / 4 / 2 * 2;
    let fold = Fold {
        train: (0..trained).map(id).collect(),
        validation: (trained..count).map(id).collect(),
        test: Vec::new(),
    };
    Split::of_fold(0, Unit::Group, true, fold).save(&dataset, "default").unwrap();
    Arc::new(dataset)
}

fn config(data: &Path, epochs: usize) -> DetectorConfig {
    DetectorConfig {
        data: data.to_owned(),
        encoder_weights: EncoderWeights::None,
        short_side: 32,
        box_batch_size_per_image: 64,
        epochs,
        seed: 5,
        ..DetectorConfig::default()
    }
}

fn nobody() -> impl Fn(&TrainEvent) -> Result<(), crate::ObserverError> + Send + 'static {
    |_: &TrainEvent| Ok(())
}

fn bytes(run: &Path, file: &str) -> Vec<u8> {
    fs_err::read(run.join(file)).unwrap()
}

#[test]
fn an_interrupted_training_resumes_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("ds");
    dataset(&data, 6);
    let [through, stopped] = ["through", "stopped"].map(|name| folder.path().join(name));
    let interrupt = Interrupt::new();
    let finished =
        training::start(config(&data, 2), &through, false, nobody(), &interrupt).unwrap();
    let summary = finished.summary.unwrap();
    assert_eq!((summary.training_pictures, summary.training_boxes, summary.epochs), (4, 4, 2));
    assert!(summary.validation.unwrap().ap.is_some());
    // stopped within the second epoch
    let flag = interrupt.clone();
    let stop = move |event: &TrainEvent| {
        if matches!(event, TrainEvent::Step { epoch: 2, step: 1, .. }) {
            flag.raise();
        }
        Ok(())
    };
    let stopped_early =
        training::start(config(&data, 2), &stopped, false, stop, &interrupt).unwrap();
    assert!(stopped_early.summary.is_none());
    drop(stopped_early);
    training::resume(&stopped, None, nobody(), &Interrupt::new()).unwrap();
    for file in [
        "checkpoints/last.safetensors",
        "metrics.csv",
        "summary.json",
        "config.toml",
        "detector.json",
    ] {
        assert!(bytes(&through, file) == bytes(&stopped, file), "{file} differs");
    }
    // other boxes are another training
    let dataset = Dataset::open(&data).unwrap();
    let case = dataset.case("r00").unwrap();
    let moved = vec![region(Role::NonExpert, [1.0, 1.0, 30.0, 30.0])];
    dataset.save_regions(case, moved, &dataset.lock().unwrap()).unwrap();
    let error = training::resume(&stopped, None, nobody(), &Interrupt::new()).err().unwrap();
    assert!(matches!(error, DetectError::Changed { .. }), "{error}");
}

#[test]
fn nothing_is_written_when_boxes_do_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let (data, run) = (folder.path().join("ds"), folder.path().join("run"));
    let dataset = dataset(&data, 4);
    let case = dataset.case("r01").unwrap();
    let start = |change: fn(&mut DetectorConfig)| {
        let mut config = config(&data, 1);
        change(&mut config);
        let started = training::start(config, &run, false, nobody(), &Interrupt::new());
        let error = started.err().unwrap();
        assert!(!run.exists());
        assert!(
            error.hint().is_some() || matches!(error, DetectError::OutOfRange { .. }),
            "{error}"
        );
        error.to_string()
    };
    let draw = |corners| {
        let regions = vec![region(Role::NonExpert, corners)];
        dataset.save_regions(case, regions, &dataset.lock().unwrap()).unwrap();
    };
    assert!(start(|config| config.epochs = 0).contains("--epochs is 0"));
    draw([40.0, 10.0, 70.0, 30.0]);
    assert!(
        start(|_| {}).contains("case `r01`: box 1 (40, 10 to 70, 30) reaches out of the picture")
    );
    draw([40.0, 10.0, 40.25, 30.0]);
    assert!(start(|_| {}).contains("encloses less than a pixel"));
    draw([10.0, 10.0, 40.0, 30.0]);
    let error = start(|config| config.roles = vec![Role::Expert]);
    assert!(error.contains("none of the 2 training cases of split `default`"), "{error}");
}

#[test]
fn seen_pictures_are_known_in_any_data_set() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(&folder.path().join("ds"), 8);
    let ids = |range: std::ops::Range<usize>| range.map(|i| format!("r{i:02}")).collect::<Vec<_>>();
    let boxed = |range| BoxedCases::read(&dataset, &ids(range), &[Role::NonExpert]).unwrap();
    // r03 belongs to the group of r02
    let info = DetectorInfo::new(&boxed(0..3), &boxed(6..8)).unwrap();
    let seen = |dataset: &Dataset| {
        info.seen(dataset, dataset.cases()).unwrap().into_keys().collect::<Vec<_>>()
    };
    assert_eq!(seen(&dataset), ids(0..4));
    // the same picture under another name
    let other = folder.path().join("other");
    let mut copy = Dataset::create(&other, "copy", dataset.classes().clone()).unwrap();
    for (new, old) in [("x", "r01"), ("y", "r05")] {
        let from = dataset.image_path(dataset.case(old).unwrap());
        fs_err::copy(from, other.join(format!("images/{new}.png"))).unwrap();
        copy.add_case(Case::new(new, format!("images/{new}.png"))).unwrap();
    }
    assert_eq!(seen(&copy), ["x"]);
}

#[test]
fn boxes_of_people_are_never_touched() {
    let folder = tempfile::tempdir().unwrap();
    let (data, run) = (folder.path().join("ds"), folder.path().join("run"));
    let dataset = dataset(&data, 6);
    training::start(config(&data, 1), &run, false, nobody(), &Interrupt::new()).unwrap();
    let run = RunDir::open_detector(&run).unwrap();
    let case = dataset.case("r05").unwrap();
    let people = dataset.load_annotation(case).unwrap().regions;
    let regions = [&people[..], &[region(Role::Model, [0.0, 0.0, 9.0, 9.0])]].concat();
    dataset.save_regions(case, regions, &dataset.lock().unwrap()).unwrap();
    let options = PredictionOptions {
        baseline: None,
        margin: Some(0.1),
        score_threshold: 0.0,
        most: Some(1),
        device: None,
    };
    let watch = |_: &str| Observers::new();
    let interrupt = Interrupt::new();
    let predict = |folds: Option<usize>| {
        let plan = Plan::new(&run, &dataset, dataset.cases(), folds).unwrap();
        let mut done = 0;
        let found = prediction::predict(
            &run,
            &dataset,
            &plan,
            &options,
            &watch,
            &interrupt,
            &mut |count| done = count,
        );
        let cases = found.unwrap().cases;
        assert_eq!((done, cases.len()), (plan.pictures(), plan.pictures()));
        (plan, cases)
    };
    let (plan, cases) = predict(None);
    assert_eq!(plan.skipped(), ["r00", "r01", "r02", "r03"]);
    let written = prediction::write(&dataset, &cases).unwrap();
    assert_eq!((written.regions + written.without, written.replaced, written.overruled), (2, 1, 2));
    let after = dataset.load_annotation(case).unwrap().regions;
    assert_eq!(after[0], people[0]);
    assert!(after[1..].iter().all(|region| region.origin == prediction::ORIGIN));
    // out of fold: each of the groups by a detector that did not see it
    let (plan, cases) = predict(Some(2));
    assert_eq!((plan.direct(), plan.folds()), (2, vec![(2, 2), (2, 2)]));
    assert_eq!(cases.len(), 6);
    for fold in ["1-of-2", "2-of-2"] {
        let path = run.path().join("folds").join(fold);
        let info = DetectorInfo::load(&RunDir::open_detector(&path).unwrap()).unwrap();
        let predicted = cases.iter().filter(|case| case.version.contains(fold));
        let groups: Vec<_> = info.training.iter().map(|picture| picture.group.clone()).collect();
        for case in predicted {
            assert!(!groups.contains(&dataset.case(&case.id).unwrap().group), "{case:?}");
        }
    }
}

/// Learns what it is made for.
#[test]
fn slow_a_detector_finds_rectangles() {
    let folder = tempfile::tempdir().unwrap();
    let (data, run) = (folder.path().join("ds"), folder.path().join("run"));
    dataset(&data, 32);
    let config = DetectorConfig { lr: 0.01, ..config(&data, 12) };
    let finished = training::start(config, &run, false, nobody(), &Interrupt::new()).unwrap();
    let judgement = finished.summary.unwrap().validation.unwrap();
    assert!(judgement.ap50 > Some(0.8), "{judgement:?}");
    assert!(judgement.margin.is_some(), "{judgement:?}");
}
