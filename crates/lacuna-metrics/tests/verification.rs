//! The point survey: against NumPy (`refs/verification`), and against the truth where every sample of
//! a small population can be listed.

#![expect(clippy::unwrap_used, reason = "a malformed reference file must fail the test")]

use lacuna_metrics::verification::{
    Answer, ClassEstimate, ClassPixels, DrawnPoint, Estimate, PointBudget, PointSample, Strata,
    StratumCounts, Survey,
};
use lacuna_metrics::{BootstrapSettings, Confusion, Interval};
use proptest::prelude::*;
use serde_json::Value;

const SETTINGS: BootstrapSettings = BootstrapSettings { resamples: 2000, level: 0.95, seed: 0 };

fn references(name: &str) -> Vec<Value> {
    let text = include_str!("../../../refs/verification/verification.json");
    let references: Value = serde_json::from_str(text).unwrap();
    references[name].as_array().unwrap().clone()
}

fn counts(pixels: Vec<u64>) -> StratumCounts {
    StratumCounts { probability_sum: vec![0.0; pixels.len()], pixels }
}

fn record(survey: &mut Survey, stratum: usize, answer: Answer, times: u64) {
    for rank in 0..times {
        survey.record(&DrawnPoint { picture: 0, stratum, rank }, answer).unwrap();
    }
}

/// One picture whose bands have the pixels and answers of a reference case.
fn survey_of(case: &Value) -> Survey {
    let bands = case["bands"].as_array().unwrap();
    let negative = bands.iter().filter(|band| band["predicted"] == false).count();
    let edges: Vec<f32> = (1..bands.len()).map(|i| i as f32 / bands.len() as f32).collect();
    let strata = Strata::new(edges[negative - 1], &edges).unwrap();
    let number = |value: &Value| value.as_u64().unwrap();
    let mut pixels: Vec<u64> = bands.iter().map(|band| number(&band["pixels"])).collect();
    pixels.extend(case["known"].as_array().unwrap().iter().map(number));
    let mut survey = Survey::new::<u8>(&strata, &[counts(pixels)], None).unwrap();
    for (stratum, band) in bands.iter().enumerate() {
        for (key, answer) in [("yes", Answer::Yes), ("no", Answer::No), ("unsure", Answer::Unsure)]
        {
            record(&mut survey, stratum, answer, number(&band[key]));
        }
    }
    survey
}

fn measures(estimate: &ClassEstimate) -> [Estimate; 3] {
    [estimate.dice, estimate.precision, estimate.recall]
}

#[test]
fn values_and_intervals_of_numpy() {
    let settings = BootstrapSettings { resamples: 40_000, ..SETTINGS };
    for case in references("cases") {
        let estimate = survey_of(&case).estimate(&settings).unwrap();
        for (index, measure) in measures(&estimate).iter().enumerate() {
            let expected = case["value"][index].as_f64().unwrap();
            assert!((measure.value.unwrap() - expected).abs() < 1e-12, "{case} {index}");
            let ends =
                [("interval", measure.interval), ("unsure_interval", measure.unsure_interval)];
            for (name, interval) in ends {
                let Interval { lo, hi } = interval.unwrap();
                for (end, value) in [lo, hi].into_iter().enumerate() {
                    let expected = case[name][index][end].as_f64().unwrap();
                    assert!((value - expected).abs() < 5e-3, "{case} {name} {index}: {value}");
                }
            }
        }
    }
}

#[test]
fn a_small_stratum_has_about_the_hypergeometric_limits() {
    for case in references("finite_populations") {
        let [pixels, asked, yes] =
            ["pixels", "asked", "yes"].map(|key| case[key].as_u64().unwrap());
        let strata = Strata::new(0.5, &[]).unwrap();
        let picture = counts(vec![0, pixels, 0, 0, 0, 0]);
        let mut survey = Survey::new::<u8>(&strata, &[picture], None).unwrap();
        record(&mut survey, 1, Answer::Yes, yes);
        record(&mut survey, 1, Answer::No, asked - yes);
        let Interval { lo, hi } = survey.estimate(&SETTINGS).unwrap().precision.interval.unwrap();
        let [low, high] = [0, 1].map(|end| case["limits"][end].as_f64().unwrap());
        let (lo, hi) = (lo * pixels as f64, hi * pixels as f64);
        println!("{asked} of {pixels}, {yes} yes: {lo:.1}..{hi:.1}, exact {low}..{high}");
        // never clearly inside the exact limits, and not much outside
        assert!(lo < low + 1.5 && lo > low - 4.0, "{case}: {lo}");
        assert!(hi > high - 1.5 && hi < high + 4.0, "{case}: {hi}");
    }
}

#[test]
fn unsure_answers_by_hand() {
    let strata = Strata::new(0.5, &[]).unwrap();
    let mut survey =
        Survey::new::<u8>(&strata, &[counts(vec![1000, 100, 0, 0, 0, 0])], None).unwrap();
    record(&mut survey, 0, Answer::No, 8);
    record(&mut survey, 0, Answer::Unsure, 2);
    record(&mut survey, 1, Answer::Yes, 6);
    record(&mut survey, 1, Answer::No, 2);
    record(&mut survey, 1, Answer::Unsure, 2);
    let estimate = survey.estimate(&SETTINGS).unwrap();
    let precision = estimate.precision;
    assert_eq!(precision.value, Some(0.75));
    assert_eq!(precision.unsure_range, Some(Interval { lo: 0.6, hi: 0.8 }));
    // against: 60 found, 200 missed; in favour: 80 found, none missed
    assert_eq!(estimate.recall.unsure_range, Some(Interval { lo: 60.0 / 260.0, hi: 1.0 }));
    let dice = estimate.dice.unsure_range.unwrap();
    assert!((dice.lo - 120.0 / 360.0).abs() < 1e-12 && (dice.hi - 160.0 / 180.0).abs() < 1e-12);
    assert!((estimate.unsure_share.unwrap() - 0.2).abs() < 1e-12);
    for measure in measures(&estimate) {
        let (narrow, wide) = (measure.interval.unwrap(), measure.unsure_interval.unwrap());
        assert!(wide.lo <= narrow.lo && narrow.hi <= wide.hi);
        assert_eq!(measure.group_interval, None, "one picture is no sample of pictures");
    }
    assert_eq!((estimate.n_groups, estimate.grouped), (1, false));
}

#[test]
fn answers_that_all_agree_do_not_give_a_sure_result() {
    let strata = Strata::new(0.5, &[]).unwrap();
    let pictures = vec![counts(vec![90_000, 10_000, 0, 0, 0, 0]); 6];
    let mut survey = Survey::new::<u8>(&strata, &pictures, None).unwrap();
    for picture in 0..6 {
        for rank in 0..25 {
            let point = |stratum| DrawnPoint { picture, stratum, rank };
            survey.record(&point(0), Answer::No).unwrap();
            survey.record(&point(1), Answer::Yes).unwrap();
        }
    }
    let estimate = survey.estimate(&SETTINGS).unwrap();
    for measure in measures(&estimate) {
        assert_eq!(measure.value, Some(1.0));
        for interval in [measure.interval, measure.group_interval] {
            let Interval { lo, hi } = interval.unwrap();
            assert!(lo < 0.98 && hi == 1.0, "{lo} {hi}");
        }
    }
    // Clopper–Pearson for 150 of 150
    let lo = estimate.precision.interval.unwrap().lo;
    assert!((lo - 0.025_f64.powf(1.0 / 150.0)).abs() < 3e-3, "{lo}");
}

#[test]
fn what_was_not_answered_is_not_made_up() {
    let strata = Strata::new(0.5, &[0.8]).unwrap();
    let new = |pixels| Survey::new::<u8>(&strata, &[counts(pixels)], None).unwrap();
    // nothing answered: nothing known
    let nothing = new(vec![900, 50, 50, 0, 0, 0, 0]).estimate(&SETTINGS).unwrap();
    for measure in measures(&nothing) {
        let Interval { lo, hi } = measure.interval.unwrap();
        assert!(measure.value.is_none() && lo < 1e-6 && hi > 1.0 - 1e-6, "{lo} {hi}");
    }
    assert_eq!((nothing.unsure_share, nothing.agreement), (None, None));
    // one side answered: its precision; the band without answers takes its neighbour's share
    let mut half = new(vec![900, 50, 50, 0, 0, 0, 0]);
    record(&mut half, 1, Answer::Yes, 4);
    record(&mut half, 1, Answer::No, 1);
    let half = half.estimate(&SETTINGS).unwrap();
    let values = measures(&half).map(|measure| measure.value);
    assert_eq!(values, [None, Some(0.8), None]);
    assert!(half.precision.interval.unwrap().lo < 0.4, "half the predicted pixels are open");
    // nothing predicted and nothing there: undefined, as for complete masks
    let mut empty = new(vec![30, 0, 0, 0, 0, 0, 0]);
    record(&mut empty, 0, Answer::No, 30);
    for measure in measures(&empty.estimate(&SETTINGS).unwrap()) {
        assert_eq!(measure, Estimate::default());
    }
    // nothing predicted, but something there
    let mut missed = new(vec![30, 0, 0, 0, 0, 0, 0]);
    record(&mut missed, 0, Answer::Yes, 2);
    let missed = missed.estimate(&SETTINGS).unwrap();
    assert_eq!((missed.dice.value, missed.recall.value), (Some(0.0), Some(0.0)));
    assert_eq!(missed.recall.interval, Some(Interval { lo: 0.0, hi: 0.0 }));
    assert_eq!(missed.precision, Estimate::default());
}

#[test]
fn answers_about_annotated_pixels_measure_agreement_only() {
    let strata = Strata::new(0.5, &[]).unwrap();
    let mut survey =
        Survey::new::<u8>(&strata, &[counts(vec![0, 0, 60, 20, 20, 100])], None).unwrap();
    let before = survey.estimate(&SETTINGS).unwrap();
    let table = [
        // annotated positive: yes agrees
        (2, Answer::Yes, 3),
        (4, Answer::No, 1),
        (4, Answer::Yes, 1),
        // annotated negative: no agrees
        (3, Answer::No, 2),
        (5, Answer::No, 4),
        (5, Answer::Unsure, 1),
    ];
    for (stratum, answer, times) in table {
        record(&mut survey, stratum, answer, times);
    }
    let after = survey.estimate(&SETTINGS).unwrap();
    let agreement = after.agreement.unwrap();
    assert_eq!((agreement.agree, agreement.disagree, agreement.unsure), (10, 1, 1));
    assert_eq!(agreement.share, Some((60.0 + 20.0 + 10.0 + 100.0) / 200.0));
    assert_eq!(measures(&before), measures(&after));
    // everything is annotated: the scores of the confusion, without error
    let known = Confusion { tp: 60, fp: 20, fn_: 20, tn: 100 };
    for (measure, expected) in
        measures(&after).iter().zip([known.dice(), known.precision(), known.recall()])
    {
        let exact = expected.unwrap();
        assert_eq!(measure.value, expected);
        assert_eq!(measure.interval, Some(Interval { lo: exact, hi: exact }));
    }
    assert_eq!(after.answers.asked(), 0);
}

/// A population that fits on a line: (predicted, positive) of each pixel.
type Population = Vec<(bool, bool)>;

fn estimated_counts(population: &Population, drawn: &[usize]) -> (f64, f64) {
    let strata = Strata::new(0.5, &[]).unwrap();
    let size = |side| population.iter().filter(|pixel| pixel.0 == side).count() as u64;
    let pictures = [counts(vec![size(false), size(true), 0, 0, 0, 0])];
    let mut survey = Survey::new::<u8>(&strata, &pictures, None).unwrap();
    for &pixel in drawn {
        let (predicted, positive) = population[pixel];
        let point = DrawnPoint { picture: 0, stratum: usize::from(predicted), rank: 0 };
        survey.record(&point, if positive { Answer::Yes } else { Answer::No }).unwrap();
    }
    let settings = BootstrapSettings { resamples: 1, ..SETTINGS };
    let estimate = survey.estimate(&settings).unwrap();
    let tp = estimate.precision.value.unwrap() * size(true) as f64;
    // Dice = 2 tp / (p + tp + fn), solved for fn
    let fn_ = if tp > 0.0 {
        2.0 * tp / estimate.dice.value.unwrap() - size(true) as f64 - tp
    } else {
        f64::NAN
    };
    (tp, fn_)
}

/// All ways to take `n` of `from`.
fn choices(from: &[usize], n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let with_first = |first: usize| {
        let rest = choices(&from[first + 1..], n - 1).into_iter();
        rest.map(move |mut chosen| {
            chosen.push(from[first]);
            chosen
        })
    };
    (0..from.len()).flat_map(with_first).collect()
}

#[test]
fn over_all_samples_the_estimate_is_right_on_average() {
    // 4 of 5 predicted pixels are right; 2 of 7 others are missed
    let population: Population = [(true, 4, 5), (false, 2, 7)]
        .into_iter()
        .flat_map(|(side, positives, all)| (0..all).map(move |i| (side, i < positives)))
        .collect();
    let (mut tp, mut fn_, mut samples) = (0.0, 0.0, 0.0);
    for predicted in choices(&[0, 1, 2, 3, 4], 2) {
        for other in choices(&[5, 6, 7, 8, 9, 10, 11], 3) {
            let estimate = estimated_counts(&population, &[&predicted[..], &other[..]].concat());
            tp += estimate.0;
            fn_ += estimate.1;
            samples += 1.0;
        }
    }
    assert_eq!(samples, 350.0);
    assert!((tp / samples - 4.0).abs() < 1e-9 && (fn_ / samples - 2.0).abs() < 1e-9);
}

fn picture() -> impl Strategy<Value = Vec<(f32, bool, bool)>> {
    prop::collection::vec((0.0_f32..=1.0, any::<bool>(), any::<bool>()), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_census_gives_the_exact_scores(pictures in prop::collection::vec(picture(), 1..5)) {
        let strata = Strata::around(0.5).unwrap();
        let mut truth = Confusion::default();
        let columns: Vec<(Vec<f32>, Vec<Option<bool>>)> = pictures
            .iter()
            .map(|pixels| pixels.iter().map(|&(p, positive, known)| (p, known.then_some(positive))).unzip())
            .collect();
        let view = |picture: usize| {
            let (probabilities, annotation) = &columns[picture];
            ClassPixels { probabilities, annotation }
        };
        let counted: Vec<_> =
            (0..pictures.len()).map(|picture| strata.count_pixels(view(picture)).unwrap()).collect();
        let mut all = counted[0].clone();
        counted[1..].iter().for_each(|counts| all.add(counts));
        let allocation = PointBudget { points: 1000, checks: 0 }.allocate(&strata, &all);
        let sample = PointSample::draw(&counted, &allocation, 5, 0).unwrap();
        let mut survey = Survey::new::<u8>(&strata, &counted, None).unwrap();
        for (picture, pixels) in pictures.iter().enumerate() {
            for (turn, pixel) in sample.locate(&strata, picture, view(picture)).unwrap() {
                let answer = if pixels[pixel].1 { Answer::Yes } else { Answer::No };
                survey.record(&sample.points[turn], answer).unwrap();
            }
            for pixel in pixels {
                truth.add_pixel(pixel.0 >= 0.5, pixel.1);
            }
        }
        let estimate = survey.estimate(&SETTINGS).unwrap();
        let exact = [truth.dice(), truth.precision(), truth.recall()];
        for (measure, exact) in measures(&estimate).iter().zip(exact) {
            prop_assert_eq!(measure.value.is_some(), exact.is_some());
            if let (Some(value), Some(exact)) = (measure.value, exact) {
                prop_assert!((value - exact).abs() < 1e-12);
                let Interval { lo, hi } = measure.interval.unwrap();
                prop_assert!((lo - exact).abs() < 1e-12 && (hi - exact).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_interval_holds_the_value_and_the_bounds_are_in_order(
        answers in prop::collection::vec((0_u64..12, 0_u64..12, 0_u64..6), 4), extra in 1_u64..5000, seed: u64,
    ) {
        let strata = Strata::new(0.5, &[0.1, 0.9]).unwrap();
        let mut pixels: Vec<u64> = answers.iter().map(|(y, n, u)| y + n + u + extra).collect();
        pixels.extend([0; 4]);
        let mut survey = Survey::new::<u8>(&strata, &[counts(pixels)], None).unwrap();
        for (stratum, &(yes, no, unsure)) in answers.iter().enumerate() {
            record(&mut survey, stratum, Answer::Yes, yes);
            record(&mut survey, stratum, Answer::No, no);
            record(&mut survey, stratum, Answer::Unsure, unsure);
        }
        let settings = BootstrapSettings { seed, resamples: 500, level: 0.95 };
        let estimate = survey.estimate(&settings).unwrap();
        for measure in measures(&estimate) {
            let (narrow, wide) = (measure.interval.unwrap(), measure.unsure_interval.unwrap());
            prop_assert!(0.0 <= wide.lo && wide.hi <= 1.0);
            // two runs of random numbers: a little slack
            prop_assert!(wide.lo <= narrow.lo + 0.05 && narrow.hi <= wide.hi + 0.05);
            if let (Some(value), Some(range)) = (measure.value, measure.unsure_range) {
                prop_assert!(narrow.lo <= value && value <= narrow.hi, "{:?}", measure);
                prop_assert!(range.lo <= value + 1e-12 && value <= range.hi + 1e-12, "{:?}", measure);
            }
        }
        prop_assert_eq!(estimate, survey.estimate(&settings).unwrap());
    }
}
