//! Protocols and the data sets of their cells, on drawn mouths.

use std::collections::BTreeMap;
use std::path::Path;

use lacuna_data::dataset::Case;
use lacuna_data::simulate::{SimulateConfig, simulate};
use lacuna_data::synthetic::{CLASSES, MouthConfig, generate};
use lacuna_data::{Class, ClassSet, Dataset, Size, Ternary};

use super::derived::DerivedData;
use super::*;
use crate::config::RawConfig;
use crate::interrupt::Interrupt;

const CASES: usize = 10;

fn mouths(folder: &Path) -> Dataset {
    let names = CLASSES.map(str::to_owned);
    let class = |name: &String| Class { name: name.clone(), color: [200, 30, 90] };
    let classes = ClassSet::new(names.iter().map(class).collect(), &[names.to_vec()], &[]).unwrap();
    let mut dataset = Dataset::create(folder, "mouths", classes).unwrap();
    for index in 0..CASES {
        let mouth = generate(&MouthConfig::new(Size::new(40, 40)), 3, index as u64).unwrap();
        let (id, image) = (format!("m{index}"), format!("images/m{index}.png"));
        mouth.image.save_png(&folder.join(&image)).unwrap();
        let case = Case::new(&id, image).with_group(Some(format!("g{index}")));
        dataset.add_case(case.clone()).unwrap();
        let config = SimulateConfig::default();
        let said =
            simulate(&mouth.truth, &mouth.image, dataset.classes(), &config, 3, &id).unwrap();
        dataset.save_annotation(&case, &said.annotation).unwrap();
        dataset.save_truth(&case, &mouth.truth).unwrap();
    }
    dataset
}

fn protocol(dataset: &Dataset, recipe: &str) -> Result<ProtocolConfig, ProtocolError> {
    let recipe = RawConfig::parse(recipe).unwrap();
    ProtocolConfig::new(dataset, ProtocolChoices { seed: 4, recipe, ..ProtocolChoices::default() })
}

#[test]
fn a_folder_belongs_to_one_protocol() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = mouths(&folder.path().join("ds"));
    let results = folder.path().join("results");
    let first = protocol(&dataset, "preset = \"quick\"\nloss.dice = 1.0").unwrap();
    first.save(&results).unwrap();
    assert_eq!(ProtocolConfig::read(&results).unwrap(), Some(first.clone()));
    first.save(&results).unwrap();
    let other = protocol(&dataset, "preset = \"quick\"\nepochs = 3").unwrap();
    let refused = other.save(&results).unwrap_err();
    assert!(refused.to_string().ends_with("another protocol: other recipe"), "{refused}");
    assert!(refused.hint().is_some());
    let own = protocol(&dataset, "seed = 1").unwrap_err();
    assert!(matches!(own, ProtocolError::OwnSetting { key: "seed" }));
}

#[test]
fn the_recipe_decides_how_cases_are_tested() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = mouths(&folder.path().join("ds"));
    let quick = protocol(&dataset, "preset = \"quick\"").unwrap();
    assert_eq!((quick.design, quick.validation), (Design::Folds(5), 0.1));
    // every case is tested once in five repetitions
    let mut tested = BTreeMap::new();
    for repetition in 0..5 {
        let (fold, grouped) = quick.fold(&dataset, repetition).unwrap();
        assert!(grouped);
        assert!(!fold.validation.is_empty());
        fold.test.into_iter().for_each(|id| *tested.entry(id).or_insert(0) += 1);
    }
    assert_eq!((tested.len(), tested.into_values().max()), (CASES, Some(1)));
    // the sixth repetition divides anew
    assert_ne!(quick.fold(&dataset, 5).unwrap().0, quick.fold(&dataset, 0).unwrap().0);
    let paper = protocol(&dataset, "preset = \"paper\"").unwrap();
    assert_eq!((paper.design, paper.validation), (Design::Share(0.2), 0.0));
    let (fold, _) = paper.fold(&dataset, 1).unwrap();
    assert_eq!((fold.train.len(), fold.validation.len(), fold.test.len()), (8, 0, 2));
}

#[test]
fn cells_differ_in_what_the_protocol_says_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = mouths(&folder.path().join("ds"));
    let protocol = protocol(&dataset, "encoder_weights = \"imagenet\"\nlr = 0.5").unwrap();
    let config = |approach| {
        let cell = Cell { repetition: 2, condition: Condition::Original, approach };
        cell.train_config(&protocol, Path::new("ds")).unwrap()
    };
    let (trained, scratch) = (config(Approach::FusionBox), config(Approach::FusionBoxScratch));
    assert_eq!((trained.seed, trained.split.as_str(), trained.lr), (6, "repetition-2", 0.5));
    assert_eq!(trained.policy, scratch.policy);
    assert_ne!(trained.encoder_weights, scratch.encoder_weights);
    assert_eq!(scratch.encoder_weights, crate::config::EncoderWeights::None);
}

#[test]
fn data_sets_are_derived_as_the_protocol_says() {
    let folder = tempfile::tempdir().unwrap();
    let source = mouths(&folder.path().join("ds"));
    let protocol = protocol(&source, "preset = \"quick\"").unwrap();
    let out = folder.path().join("results");
    let open =
        |key: DerivedData| key.open_or_make(&source, &protocol, &out, &Interrupt::new()).unwrap();
    let complete = open(DerivedData { source: approach::Source::Complete, masked: None });
    let masked = open(DerivedData { source: approach::Source::Painted, masked: Some(1) });
    let test = protocol.fold(&source, 1).unwrap().0.test;
    let mut erased = 0;
    for case in source.cases() {
        let truth = source.load_truth(case).unwrap().unwrap();
        for (painted, truth) in complete.load_annotation(case).unwrap().masks.iter().zip(&truth) {
            let is_true = |(value, is_there): (&Ternary, &bool)| {
                *value == if *is_there { Ternary::Positive } else { Ternary::Negative }
            };
            assert!(painted.values().iter().zip(truth.values()).all(is_true));
        }
        let (before, after) =
            (source.load_annotation(case).unwrap(), masked.load_annotation(case).unwrap());
        assert_eq!(before.regions, after.regions);
        if test.contains(&case.id) {
            assert_eq!(before.masks, after.masks);
        } else {
            erased += usize::from(before.masks != after.masks);
        }
        let picture = |dataset: &Dataset| std::fs::read(dataset.image_path(case)).unwrap();
        assert_eq!(picture(&source), picture(&masked));
        assert_eq!(masked.load_truth(case).unwrap(), Some(truth));
    }
    assert!(erased > CASES / 2, "{erased}");
    let shares = DerivedData { source: approach::Source::Painted, masked: Some(1) };
    let shares = shares.erasure(&out).unwrap().unwrap();
    assert_eq!(shares.cases.len(), CASES - test.len());
}

#[test]
fn the_arms_beyond_the_paper_say_a_little_more() {
    let folder = tempfile::tempdir().unwrap();
    let source = mouths(&folder.path().join("ds"));
    let protocol = protocol(&source, "preset = \"quick\"").unwrap();
    let out = folder.path().join("results");
    let open = |source_of| {
        let key = DerivedData { source: source_of, masked: None };
        key.open_or_make(&source, &protocol, &out, &Interrupt::new()).unwrap()
    };
    let (polygon, neither) = (open(Source::Polygon), open(Source::Neither));
    for case in source.cases() {
        let [before, with_polygon, with_neither] =
            [&source, &polygon, &neither].map(|dataset| dataset.load_annotation(case).unwrap());
        assert_eq!(before.masks, with_polygon.masks);
        let [region] = &with_polygon.regions[..] else { panic!("not one region") };
        assert!(matches!(region.shape, lacuna_data::annotation::Shape::Polygon(_)));
        assert_eq!(before.regions, with_neither.regions);
        let negative = |annotation: &lacuna_data::Annotation| {
            annotation.masks.iter().map(|mask| mask.count(Ternary::Negative)).min().unwrap()
        };
        assert!(negative(&with_neither) > negative(&before), "{}", case.id);
    }
}

#[test]
fn an_interrupted_derivation_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let source = mouths(&folder.path().join("ds"));
    let protocol = protocol(&source, "preset = \"quick\"").unwrap();
    let out = folder.path().join("results");
    let interrupt = Interrupt::new();
    interrupt.raise();
    let stopped = DerivedData::PAINTED.open_or_make(&source, &protocol, &out, &interrupt);
    assert!(matches!(stopped, Err(ProtocolError::Interrupted)));
    assert_eq!(std::fs::read_dir(out.join("data")).unwrap().count(), 0);
}
