//! Scores of hand-made pictures, and the whole way with a network that has learned nothing.

use std::sync::Arc;

use lacuna_data::annotation::{Role, Shape};
use lacuna_data::augment::{
    Augmentation, Fill, Normalization, Placement, ReducedCase, Resize, SampleConfig, Sampling,
};
use lacuna_data::class::{Class, default_color};
use lacuna_data::{
    Annotation, BinaryMask, Case, ClassSet, Dataset, Evidence, Image, Region, Size, Ternary,
};
use lacuna_metrics::{Confusion, DiceBounds, PartialConfusion};
use lacuna_nn::{Activation, Architecture, UnetConfig, engine};
use proptest::prelude::*;

use super::picture::{Picture, Reference};
use super::result::{CaseMetrics, Distances, Unit};
use super::score::exclusive_groups;
use super::summarize::{mean_of_bounds, notes, summarize};
use super::threshold::Chooser;
use super::*;
use crate::checkpoint::{Checkpoint, NetworkInfo, Progress, VERSION};
use crate::predict::{PredictOptions, Prediction, Predictor};

use Ternary::{Negative as N, Positive as P, Unknown as U};

/// gum and teeth, mutually exclusive.
fn classes() -> ClassSet {
    let class = |i, name: &str| Class { name: name.to_owned(), color: default_color(i) };
    let group = vec!["gum".to_owned(), "teeth".to_owned()];
    ClassSet::new(vec![class(0, "gum"), class(1, "teeth")], &[group], &[]).unwrap()
}

fn annotation(size: Size, gum: &[Ternary], teeth: &[Ternary]) -> Annotation {
    let mut annotation = Annotation::unknown(size, 2);
    annotation.masks[0].values_mut().copy_from_slice(gum);
    annotation.masks[1].values_mut().copy_from_slice(teeth);
    annotation
}

fn scene(annotation: &Annotation, probabilities: Vec<f32>) -> Scene {
    let size = annotation.masks[0].size();
    let evidence = Evidence::collect(annotation, &classes());
    Scene::new(Prediction::from_planes(size, probabilities), evidence, None)
}

fn mask(size: Size, set: &[usize]) -> BinaryMask {
    let mut mask = BinaryMask::empty(size);
    for pixel in set {
        mask.values_mut()[*pixel] = true;
    }
    mask
}

/// Six pixels in a row. Gum is painted on 0 and 1, teeth on 2; nothing was said of 3 to 5.
/// In truth gum is 0, 1 and 3, teeth 2 and 4.
fn picture() -> Picture {
    let size = Size::new(6, 1);
    let annotation = annotation(size, &[P, P, U, U, U, U], &[U, U, P, U, U, U]);
    let gum = [0.9, 0.4, 0.6, 0.7, 0.2, 0.1];
    let teeth = [0.1, 0.1, 0.9, 0.1, 0.8, 0.6];
    let truth = vec![mask(size, &[0, 1, 3]), mask(size, &[2, 4])];
    let scene = scene(&annotation, [gum, teeth].concat());
    scene.into_picture(Some(truth), None).unwrap()
}

fn case(id: &str, group: Option<&str>) -> Case {
    Case::new(id, format!("images/{id}.png")).with_group(group.map(ToOwned::to_owned))
}

const PIXELS: Distances = Distances { unit: Unit::Pixel, nsd_tolerance: 1.0 };

fn scorer<'a>(classes: &'a ClassSet, options: &'a EvaluateOptions) -> Scorer<'a> {
    let thresholds = match &options.thresholds[..] {
        [] => vec![ThresholdSet::fixed(classes, 0.5)],
        sets => sets.to_vec(),
    };
    Scorer::with(classes, options, thresholds, PIXELS)
}

/// Scores of pictures under one set of thresholds.
fn scored(pictures: &[(Case, Picture)]) -> ThresholdResult {
    let (classes, options) = (classes(), EvaluateOptions::default());
    let scorer = scorer(&classes, &options);
    let mut tally = Tally::new(&scorer).unwrap();
    for (case, picture) in pictures {
        tally.add(&scorer, case, picture).unwrap();
    }
    summarize(tally.sets.remove(0), &scorer.thresholds[0], &scorer).unwrap()
}

#[test]
fn every_definition_counts_its_own_pixels() {
    let result = scored(&[(case("a", None), picture())]);
    let row = |definition, class| result.metric_per_case[0].get(definition, class).unwrap().clone();
    let confusion = |tp, fp, fn_, tn| Confusion { tp, fp, fn_, tn };
    let table = [
        // known: gum painted on 0 and 1, excluded on 2; found on 0, missed on 1, wrong on 2;
        // of the unknown, 3 is predicted and 4 and 5 are not
        (Definition::KnownPixels, "gum", confusion(1, 1, 1, 0), (1, 2), Some(0.5)),
        // teeth: painted and found on 2, excluded on 0 and 1; 4 and 5 are predicted
        (Definition::KnownPixels, "teeth", confusion(1, 0, 0, 2), (2, 1), Some(1.0)),
        // the paper: 3 counts against gum, 4 and 5 against teeth
        (Definition::UnpaintedNegative, "gum", confusion(1, 2, 1, 2), (0, 0), Some(0.4)),
        (Definition::UnpaintedNegative, "teeth", confusion(1, 2, 0, 3), (0, 0), Some(0.5)),
        // complete masks: 3 is gum, 4 is teeth, 5 is neither
        (Definition::AllPixels, "gum", confusion(2, 1, 1, 2), (0, 0), Some(4.0 / 6.0)),
        (Definition::AllPixels, "teeth", confusion(2, 1, 0, 3), (0, 0), Some(0.8)),
    ];
    for (definition, class, known, (unknown_positive, unknown_negative), dice) in table {
        let row = row(definition, class);
        let counts = PartialConfusion { known, unknown_positive, unknown_negative };
        assert_eq!((row.counts, row.dice), (counts, dice), "{definition} {class}");
        assert_eq!(row.dice_bounds.is_some(), definition == Definition::KnownPixels);
        assert_eq!(row.coverage, Some(known.total() as f64 / 6.0));
    }
    // gum: worst, 3 is wrong and 4, 5 are missed, 2/(3 + 2 + 2); best, 3 is right and 4, 5 are none
    let bounds = row(Definition::KnownPixels, "gum").dice_bounds.unwrap();
    assert_eq!((bounds.lower, bounds.upper), (2.0 / 7.0, 4.0 / 6.0));
}

#[test]
fn exclusive_classes_share_their_unknown_pixels() {
    let bounds = scored(&[(case("a", None), picture())]);
    let foreground = bounds.definition(Definition::KnownPixels).unwrap().foreground_mean;
    let joint = foreground.dice_bounds.unwrap();
    // best: each class gets what only it claims: gum 4/6, teeth 6/6
    let per_case = joint.per_case.unwrap();
    assert!((per_case.upper - f64::midpoint(4.0 / 6.0, 1.0)).abs() < 1e-12);
    // worst: 4 and 5 can be gum (which does not claim them), 3 can be teeth: 2/7 and 2/(4 + 1)
    assert!((per_case.lower - f64::midpoint(2.0 / 7.0, 2.0 / 5.0)).abs() < 1e-12);
    // one case: pooled is the same
    assert_eq!(joint.pooled, joint.per_case);
    let all = bounds.mean_dice(Definition::AllPixels).unwrap();
    assert!(per_case.lower <= all && all <= per_case.upper);
}

#[test]
fn a_class_in_no_case_is_left_out_and_counted() {
    let size = Size::new(2, 1);
    let empty = annotation(size, &[N, N], &[N, N]);
    let nothing = scene(&empty, vec![0.0; 4]).into_picture(None, None).unwrap();
    let result = scored(&[(case("a", None), picture()), (case("b", None), nothing)]);
    let known = result.definition(Definition::KnownPixels).unwrap();
    let gum = known.class("gum").unwrap();
    assert_eq!((gum.dice.n, gum.dice.left_out, gum.dice.mean), (1, 1, Some(0.5)));
    assert_eq!(gum.pooled.counts.known.total(), 5);
    assert_eq!((known.cases, result.definition(Definition::AllPixels).unwrap().cases), (2, 1));
    // the interval is over the case that has a Dice
    assert_eq!(gum.dice_interval.unwrap().n_cases, 1);
    assert_eq!(known.foreground_mean.dice.mean, Some(0.75));
}

#[test]
fn bounds_of_a_mean_leave_out_what_may_be_undefined() {
    let bounds = |lower, upper, may_be_undefined| DiceBounds { lower, upper, may_be_undefined };
    let table = [
        (vec![], None),
        (vec![bounds(0.25, 0.75, false)], Some(bounds(0.25, 0.75, false))),
        // the second is a 0 in the worst completion and left out in the best
        (vec![bounds(0.5, 0.75, false), bounds(0.0, 0.0, true)], Some(bounds(0.25, 0.75, false))),
        (vec![bounds(0.0, 0.0, true)], Some(bounds(0.0, 0.0, true))),
    ];
    for (cases, expected) in table {
        assert_eq!(mean_of_bounds(cases.iter().copied()), expected, "{cases:?}");
    }
}

#[test]
fn a_class_in_two_exclusive_groups_is_counted_once() {
    let names = ["a", "b", "c", "d"];
    let class = |name: &&str| Class { name: (*name).to_owned(), color: [0; 3] };
    let group = |names: [&str; 2]| names.map(ToOwned::to_owned).to_vec();
    let list = names.iter().map(class).collect();
    let classes = ClassSet::new(list, &[group(["a", "b"]), group(["b", "c"])], &[]).unwrap();
    assert_eq!(exclusive_groups(&classes), [vec![0, 1], vec![2], vec![3]]);
}

#[test]
fn distances_follow_the_spacing() {
    let size = Size::new(1, 8);
    let all = [P, N, N, N, N, N, N, N];
    let annotation = annotation(size, &all, &[N; 8]);
    // one pixel, four rows below
    let mut probabilities = vec![0.0; 16];
    probabilities[4] = 1.0;
    let table = [(None, 4.0, 0.0), (Some([0.25, 9.0]), 1.0, 1.0)];
    for (spacing, hd95, nsd) in table {
        let picture =
            scene(&annotation, probabilities.clone()).into_picture(None, spacing).unwrap();
        let (classes, mut options) = (classes(), EvaluateOptions::default());
        options.nsd_tolerance = 1.0;
        let scorer = scorer(&classes, &options);
        let (rows, _) = scorer.score(&picture, &scorer.thresholds[0]).unwrap();
        assert_eq!((rows[0].hd95, rows[0].nsd), (Some(hd95), Some(nsd)), "{spacing:?}");
        options.surfaces = false;
        let scorer = Scorer::with(&classes, &options, vec![], PIXELS);
        let (rows, _) = scorer.score(&picture, &ThresholdSet::fixed(&classes, 0.5)).unwrap();
        assert_eq!((rows[0].hd95, rows[0].nsd), (None, None));
    }
}

#[test]
fn padding_is_no_part_of_the_picture() {
    // a picture of 8 × 4 in a frame of 4 × 4: two rows of it, between two of padding
    let (source, frame) = (Size::new(8, 4), Size::new(4, 4));
    let mut said = annotation(source, &[U; 32], &[U; 32]);
    said.masks[0].values_mut()[..16].fill(P);
    let placement = Placement::new(source, frame, Resize::Pad);
    let evidence = Evidence::collect(&said, &classes());
    let image = Image::filled(source, [0; 3]);
    let reduced = ReducedCase::new(image, evidence, placement.scale());
    let config = SampleConfig {
        frame,
        sampling: Sampling::Resize(Resize::Pad),
        augmentation: Augmentation::NONE,
        normalization: Normalization::IMAGENET,
        fill: Fill::Mean,
    };
    let truth = vec![mask(source, &(0..20).collect::<Vec<_>>()), BinaryMask::empty(source)];
    // the plane counts its pixels
    let plane: Vec<f32> = (0..32).map(|i| i as f32 / 32.0).collect();
    let prediction = Prediction::from_planes(frame, plane);
    let scene = Scene::new(prediction, config.view_evidence(&reduced), Some(placement));
    let picture = scene.into_picture(Some(truth), Some([1.0, 3.0])).unwrap();
    assert_eq!(picture.prediction.size(), Size::new(4, 2));
    assert_eq!(picture.prediction.plane(1)[0], 20.0 / 32.0);
    assert_eq!((picture.grid.width(), picture.grid.height()), (4, 2));
    // two source pixels make one of the frame
    assert_eq!(picture.grid.spacing(), [2.0, 6.0]);
    let known = &picture.references[&Definition::KnownPixels][0];
    let upper = [true, true, true, true, false, false, false, false];
    assert_eq!(*known, Reference { positive: upper.to_vec(), known: Some(upper.to_vec()) });
    // the pixel nearest to a centre on a corner is the one to the lower right: rows 1 and 3
    let all = &picture.references[&Definition::AllPixels][0];
    assert_eq!(all.positive, upper);
}

#[test]
fn rules_are_spelled_as_on_the_command_line() {
    for rule in [ThresholdRule::Fixed(0.5), ThresholdRule::ElkanNoto, ThresholdRule::Validation] {
        assert_eq!(rule.to_string().parse(), Ok(rule));
        let json = serde_json::to_string(&rule).unwrap();
        assert_eq!(serde_json::from_str::<ThresholdRule>(&json).unwrap(), rule);
    }
    assert_eq!(".5".parse(), Ok(ThresholdRule::Fixed(0.5)));
    for text in ["", "otsu", "1.5", "-0.1", "NaN", "inf"] {
        let error = text.parse::<ThresholdRule>().unwrap_err().to_string();
        assert!(error.contains("elkan-noto"), "{error}");
    }
}

fn chosen(rule: ThresholdRule, scenes: &[Scene]) -> ThresholdSet {
    let mut chooser = Chooser::new(&classes(), &[rule]);
    for scene in scenes {
        chooser.add(scene).unwrap();
    }
    chooser.choose(rule, &classes())
}

#[test]
fn thresholds_come_from_painted_validation_pixels() {
    let size = Size::new(4, 1);
    // gum: painted at .5 and .25, and once where teeth are painted too: a conflict counts for none
    let said = annotation(size, &[P, P, U, P], &[U, U, U, P]);
    let scenes = [scene(&said, vec![0.5, 0.25, 0.9, 1.0, 0.0, 0.1, 0.2, 0.3])];
    let set = chosen(ThresholdRule::ElkanNoto, &scenes);
    assert_eq!(set.classes[0].threshold, 0.1875);
    assert!(set.classes[0].note.contains("0.3750 on 2 painted"), "{}", set.classes[0].note);
    // teeth have no painted pixel that is not a conflict
    assert_eq!((set.classes[1].threshold, set.classes[1].fallback), (0.5, true));
    assert!(set.has_fallback());
    // validation: gum has no known negatives, teeth no known positives
    let set = chosen(ThresholdRule::Validation, &scenes);
    for (class, what) in set.classes.iter().zip(["negatives", "positives"]) {
        assert!(class.fallback && class.note.contains(what) && class.note.contains("0.5"));
    }
    // with both, the threshold parts them
    let both = annotation(size, &[P, P, U, N], &[U, U, P, P]);
    let scenes = [scene(&both, vec![0.3, 0.2, 0.1, 0.15, 0.0, 0.1, 0.7, 0.8])];
    let set = chosen(ThresholdRule::Validation, &scenes);
    assert!((0.15..0.2).contains(&set.classes[0].threshold));
    assert_eq!((set.classes[1].threshold, set.classes[1].fallback), (0.5, false));
}

#[test]
fn nothing_painted_is_said_and_not_hidden() {
    let size = Size::new(2, 1);
    let unknown = annotation(size, &[U, U], &[U, U]);
    let (names, options) = (classes(), EvaluateOptions::default());
    let scorer = scorer(&names, &options);
    let mut tally = Tally::new(&scorer).unwrap();
    for (id, group) in [("a", Some("p1")), ("b", Some("p1")), ("c", Some("p2"))] {
        let picture = scene(&unknown, vec![0.9; 4]).into_picture(None, None).unwrap();
        tally.add(&scorer, &case(id, group), &picture).unwrap();
    }
    let ranking = tally.ranking(&names);
    let result = summarize(tally.sets.remove(0), &scorer.thresholds[0], &scorer).unwrap();
    let gum = result.definition(Definition::KnownPixels).unwrap().class("gum").unwrap().clone();
    assert_eq!((gum.dice.mean, gum.coverage), (None, Some(0.0)));
    let bounds = gum.dice_bounds.unwrap().pooled.unwrap();
    assert_eq!((bounds.lower, bounds.upper), (0.0, 1.0));
    assert_eq!(ranking[0].average_precision, None);
    let notes = notes(&scorer, &[result], &ranking).join("\n");
    assert!(notes.contains("a selected sample"), "{notes}");
    assert!(notes.contains("2 groups: under 10, differences get no p-value"), "{notes}");
    assert!(notes.contains("class teeth: nothing is known"), "{notes}");
    assert!(notes.contains("distances are in pixels"), "{notes}");
}

#[test]
fn cases_without_a_group_are_not_called_patients() {
    let pictures = [(case("a", Some("p1")), picture()), (case("b", None), picture())];
    let result = scored(&pictures);
    let interval = result.definitions[0].mean[0].dice_interval.unwrap();
    assert_eq!((interval.grouped, interval.n_groups), (false, 2));
    let (classes, options) = (classes(), EvaluateOptions::default());
    let notes = notes(&scorer(&classes, &options), &[result], &[]).join("\n");
    assert!(notes.contains("not grouped by patient (1 of 2 cases have no group)"), "{notes}");
}

proptest! {
    /// Whatever part of the truth was painted, the Dice on all pixels lies within the bounds.
    #[test]
    fn the_truth_lies_within_the_bounds(
        pixels in prop::collection::vec((0u8..3, any::<bool>(), 0.0f32..=1.0, 0.0f32..=1.0), 24),
    ) {
        let size = Size::new(8, 1);
        let cases: Vec<(Case, Picture)> = pixels
            .chunks(8)
            .enumerate()
            .map(|(index, pixels)| {
                let truth = |class: u8| -> Vec<usize> {
                    (0..8).filter(|i| pixels[*i].0 == class + 1).collect()
                };
                let painted = |class: u8| -> Vec<Ternary> {
                    let said = |(of, painted, ..): &(u8, bool, f32, f32)| {
                        if *painted && *of == class + 1 { P } else { U }
                    };
                    pixels.iter().map(said).collect()
                };
                let gum = pixels.iter().map(|p| p.2);
                let teeth = pixels.iter().map(|p| p.3);
                let said = annotation(size, &painted(0), &painted(1));
                let truth = vec![mask(size, &truth(0)), mask(size, &truth(1))];
                let scene = scene(&said, gum.chain(teeth).collect());
                let picture = scene.into_picture(Some(truth), None).unwrap();
                (case(&index.to_string(), None), picture)
            })
            .collect();
        let result = scored(&cases);
        let within = |bounds: Option<DiceBounds>, dice: Option<f64>| match (bounds, dice) {
            (Some(b), Some(dice)) => b.lower - 1e-12 <= dice && dice <= b.upper + 1e-12,
            (bounds, dice) => dice.is_none() && bounds.is_none_or(|b| b.may_be_undefined),
        };
        let known = result.definition(Definition::KnownPixels).unwrap();
        let all = result.definition(Definition::AllPixels).unwrap();
        for (known, all) in known.mean.iter().zip(&all.mean) {
            let bounds = known.dice_bounds.unwrap();
            prop_assert!(within(bounds.per_case, all.dice.mean));
            prop_assert!(within(bounds.pooled, all.pooled.dice));
        }
        let joint = known.foreground_mean.dice_bounds.unwrap();
        let mean = all.foreground_mean.dice_per_case.map(|mean| mean.mean);
        prop_assert!(within(joint.per_case, mean));
        prop_assert!(within(joint.pooled, all.foreground_mean.pooled_dice.mean));
    }
}

/// Three cases of three patients, a strip of gum painted in each, complete masks in two.
fn dataset(dir: &std::path::Path) -> Arc<Dataset> {
    let mut dataset = Dataset::create(dir, "mouths", classes()).unwrap();
    let size = Size::new(40, 24);
    for (index, id) in ["a", "b", "c"].into_iter().enumerate() {
        let mut image = Image::filled(size, [200, 90, 90]);
        (0..40).for_each(|x| image.set_pixel(x, index, [250; 3]));
        let case = dataset.add_image(id, &image, Some(&format!("p{index}"))).unwrap();
        let mut annotation = Annotation::unknown(size, 2);
        annotation.masks[0].values_mut()[..200].fill(P);
        annotation.masks[1].values_mut()[400..500].fill(P);
        annotation.regions.push(Region {
            shape: Shape::Box { x: 2.0, y: 0.0, width: 36.0, height: 20.0, rotation: 0.0 },
            author: "a".to_owned(),
            role: Role::NonExpert,
            origin: "test".to_owned(),
            score: None,
            model_version: None,
            time: None,
        });
        dataset.save_annotation(&case, &annotation).unwrap();
        if index > 0 {
            let gum = mask(size, &(0..300).collect::<Vec<_>>());
            let teeth = mask(size, &(400..600).collect::<Vec<_>>());
            dataset.save_truth(&case, &[gum, teeth]).unwrap();
        }
    }
    Arc::new(dataset)
}

fn untrained(path: &std::path::Path, class_set: &ClassSet) -> Predictor {
    let network = UnetConfig {
        architecture: Architecture::UnetResnet18,
        encoder_depth: 3,
        classes: class_set.len(),
    };
    let device = engine::device("cpu").unwrap();
    let info = NetworkInfo {
        version: VERSION,
        classes: class_set.classes().to_vec(),
        exclusive: Vec::new(),
        part_of: Vec::new(),
        network,
        activation: Activation::Sigmoid,
        image_size: Size::new(32, 32),
        resize: Resize::Pad,
        patch_scale: None,
        normalization: Normalization::IMAGENET,
        black_border: false,
        training_cases: Vec::new(),
        dataset: "f00d".to_owned(),
        progress: Progress { epochs: 3, ..Progress::default() },
    };
    let model = network.init(7, &device).unwrap().state_dict();
    Checkpoint { model, training: None, optimizer: None, info }.save(path).unwrap();
    Predictor::from_checkpoint(path, "cpu", PredictOptions::default()).unwrap()
}

fn options(scored_at: ScoredAt, thresholds: Vec<ThresholdSet>) -> EvaluateOptions {
    EvaluateOptions { scored_at, thresholds, ..EvaluateOptions::default() }
}

#[test]
fn a_run_is_evaluated_in_one_pass_and_twice_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(&folder.path().join("ds"));
    let predictor = untrained(&folder.path().join("best.safetensors"), &classes());
    let ids = ["b", "a", "c"].map(ToOwned::to_owned);
    let cases = Cases::new(&dataset, &ids).unwrap();
    let interrupt = Interrupt::new();
    for scored_at in [ScoredAt::Native, ScoredAt::Frame] {
        let rules =
            [ThresholdRule::Fixed(0.25), ThresholdRule::ElkanNoto, ThresholdRule::Validation];
        let mut seen = Vec::new();
        let mut note = |done, total| seen.push((done, total));
        let sets = choose_thresholds(&predictor, &cases, &rules, scored_at, &mut note, &interrupt);
        let options = options(scored_at, sets.unwrap());
        let run = |note: &mut dyn FnMut(usize, usize)| {
            evaluate(&predictor, &cases, &options, note, &interrupt).unwrap()
        };
        let evaluation = run(&mut note);
        assert_eq!(seen, [(1, 3), (2, 3), (3, 3), (1, 3), (2, 3), (3, 3)]);
        assert_eq!(run(&mut |_, _| {}), evaluation);
        check_files(&evaluation, folder.path());

        assert_eq!(evaluation.results.len(), 3);
        assert_eq!((evaluation.cases, evaluation.epochs), (3, 3));
        assert_eq!(evaluation.frame.is_some(), scored_at == ScoredAt::Frame);
        let result = evaluation.result(ThresholdRule::ElkanNoto).unwrap();
        assert!(result.thresholds.iter().all(|class| !class.fallback));
        assert!(result.thresholds.iter().all(|class| class.threshold > 0.0));
        let all = result.definition(Definition::AllPixels).unwrap();
        assert_eq!(all.cases, 2);
        let of_truth = evaluation.notes.iter().any(|note| note.contains("2 of 3 cases"));
        assert!(of_truth, "{:?}", evaluation.notes);
        // the picture fills 32 × 19.2 of the frame; the twenty rows it touches are scored
        let pixels = if scored_at == ScoredAt::Native { 40 * 24 } else { 32 * 20 };
        let counts = result.metric_per_case[0].metrics[0].counts;
        assert_eq!(counts.coverage().total, pixels);
    }
}

fn check_files(evaluation: &Evaluation, folder: &std::path::Path) {
    let (summary, table) = (folder.join("summary.json"), folder.join("per_case.csv"));
    evaluation.save(&summary).unwrap();
    let first = fs_err::read(&summary).unwrap();
    let loaded = Evaluation::load(&summary).unwrap();
    assert_eq!(loaded.notes, evaluation.notes);
    assert_eq!(loaded.results.len(), evaluation.results.len());
    evaluation.save(&summary).unwrap();
    assert_eq!(fs_err::read(&summary).unwrap(), first);
    evaluation.save_per_case(&table).unwrap();
    let text = fs_err::read_to_string(&table).unwrap();
    // 3 sets × 2 classes × (3 cases × 2 definitions + 2 with complete masks)
    assert_eq!(text.lines().count(), 1 + 3 * 2 * (3 * 2 + 2));
    assert!(text.lines().nth(1).unwrap().starts_with("b,p1,gum,0.25,0.25,known-pixels,"));
    let missing = Evaluation::load(&folder.join("none.json")).unwrap_err().to_string();
    assert!(missing.contains("none.json"), "{missing}");
}

#[test]
fn what_cannot_be_evaluated_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(&folder.path().join("ds"));
    let path = folder.path().join("best.safetensors");
    let predictor = untrained(&path, &classes());
    let cases = Cases::new(&dataset, &["a".to_owned()]).unwrap();
    let run = |predictor: &Predictor, cases: &Cases, options: &EvaluateOptions| {
        evaluate(predictor, cases, options, &mut |_, _| {}, &Interrupt::new()).unwrap_err()
    };
    let native = options(ScoredAt::Native, vec![]);
    let none = Cases::new(&dataset, &[]).unwrap();
    let error = run(&predictor, &none, &native);
    assert!(error.to_string().contains("no test cases") && error.hint().is_some(), "{error}");
    let other = ClassSet::new(vec![classes().classes()[0].clone()], &[], &[]).unwrap();
    let misfit = untrained(&path, &other);
    let error = run(&misfit, &cases, &native);
    assert!(error.to_string().contains("predicts the classes gum, but"), "{error}");
    let short = options(ScoredAt::Native, vec![ThresholdSet::fixed(&other, 0.5)]);
    assert!(matches!(run(&predictor, &cases, &short), EvaluateError::ThresholdClasses { .. }));
    let beyond = options(ScoredAt::Native, vec![ThresholdSet::fixed(&classes(), f64::NAN)]);
    assert!(matches!(run(&predictor, &cases, &beyond), EvaluateError::ThresholdRange { .. }));
    let interrupt = Interrupt::new();
    interrupt.raise();
    let stopped = evaluate(&predictor, &cases, &native, &mut |_, _| {}, &interrupt);
    assert!(matches!(stopped, Err(EvaluateError::Interrupted)));
    fs_err::write(dataset.image_path(&cases.as_slice()[0]), "no picture").unwrap();
    let error = run(&predictor, &cases, &native);
    assert!(error.to_string().contains("a.png"), "{error}");
}

#[test]
fn worst_and_best_never_overlap() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(&folder.path().join("ds"));
    let predictor = untrained(&folder.path().join("best.safetensors"), &classes());
    let cases = Cases::new(&dataset, &["a".to_owned()]).unwrap();
    let native = options(ScoredAt::Native, vec![]);
    let mut evaluation =
        evaluate(&predictor, &cases, &native, &mut |_, _| {}, &Interrupt::new()).unwrap();
    let pattern = evaluation.results[0].metric_per_case[0].clone();
    let with = |(id, dice): (&str, Option<f64>)| {
        let mut case = CaseMetrics { case: id.to_owned(), ..pattern.clone() };
        case.metrics.iter_mut().for_each(|row| row.dice = dice);
        case
    };
    let dice = [("a", Some(0.5)), ("b", None), ("c", Some(0.1)), ("d", Some(0.9))];
    evaluation.results[0].metric_per_case = dice.into_iter().map(with).collect();
    let names = |cases: Vec<(String, f64)>| -> Vec<String> {
        cases.into_iter().map(|(case, _)| case).collect()
    };
    for (n, worst, best) in [(1, vec!["c"], vec!["d"]), (5, vec!["c", "a"], vec!["d"])] {
        let found = evaluation.worst_and_best("gum", n);
        assert_eq!(found.definition, Definition::KnownPixels);
        assert_eq!((names(found.worst), names(found.best)), (to_owned(worst), to_owned(best)));
    }
    assert!(evaluation.worst_and_best("caries", 3).worst.is_empty());
}

fn to_owned(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(ToOwned::to_owned).collect()
}
