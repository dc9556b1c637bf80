//! How often the intervals of the point survey cover the truth, by simulation.
//!
//! Every regime is a made-up model on made-up patients whose truth is complete. A draw asks 300 points
//! and compares the estimate with the truth: on the same pictures for `interval`, on all the patients
//! from whom those of the draw were taken for `group_interval`. Prints a table (`-- --nocapture`).

#![expect(clippy::unwrap_used, reason = "a failure of the library must fail the test")]

use lacuna_metrics::verification::{
    Answer, ClassEstimate, ClassPixels, DrawnPoint, Estimate, PointBudget, PointSample, Strata,
    Stratum, StratumCounts, Survey,
};
use lacuna_metrics::{BootstrapSettings, Confusion, Interval};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const DRAWS: usize = 250;
/// Patients from whom a draw takes some.
const POOL: usize = 400;
const PIXELS: usize = 20_000;
/// What is promised of a 95 % interval.
const PROMISED: f64 = 0.93;

/// A model and the patients it meets.
#[derive(Clone, Copy)]
struct Regime {
    name: &'static str,
    groups: usize,
    pictures_per_group: usize,
    /// Share of positive pixels.
    prevalence: f64,
    /// By how much the logits of positives and negatives differ; their variance is the same number,
    /// so that the probabilities are calibrated.
    separation: f64,
    /// Standard deviation between patients of the logarithm of prevalence and of separation.
    spread: f64,
    /// Factor on the logits: over 1, the model is surer than it should be.
    confidence: f64,
    /// Share of patients of whom four fifths of the positives are missed, and things found that are
    /// not there, all with certainty.
    failing: f64,
    /// Share of positives that are annotated, the surest first, and half as much of the negatives.
    annotated: f64,
    /// Share of answers that are "cannot tell".
    unsure: f64,
}

const PLAIN: Regime = Regime {
    name: "good model",
    groups: 20,
    pictures_per_group: 2,
    prevalence: 0.15,
    separation: 12.0,
    spread: 0.2,
    confidence: 1.0,
    failing: 0.0,
    annotated: 0.0,
    unsure: 0.0,
};

const REGIMES: [Regime; 11] = [
    PLAIN,
    Regime { name: "bad model", separation: 2.2, ..PLAIN },
    Regime { name: "rare class, 0.5 %", prevalence: 0.005, ..PLAIN },
    Regime { name: "clustered errors", failing: 0.2, ..PLAIN },
    Regime { name: "overconfident", separation: 4.0, confidence: 5.0, ..PLAIN },
    Regime { name: "8 unlike groups", groups: 8, separation: 5.0, spread: 0.6, ..PLAIN },
    Regime { name: "5 groups", groups: 5, spread: 0.3, ..PLAIN },
    Regime { name: "100 groups", groups: 100, pictures_per_group: 1, spread: 0.4, ..PLAIN },
    Regime { name: "half annotated", annotated: 0.5, separation: 6.0, ..PLAIN },
    Regime { name: "10 % cannot tell", unsure: 0.1, separation: 6.0, ..PLAIN },
    Regime { name: "never wrong", separation: 400.0, ..PLAIN },
];

/// A picture by stratum: the first `positives` pixels of each are of the class. Which ones does not
/// matter to a simple random sample.
#[derive(Clone)]
struct Picture {
    counts: StratumCounts,
    positives: Vec<u64>,
}

struct Random(ChaCha8Rng);

impl Random {
    fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

impl Regime {
    fn patient(&self, strata: &Strata, random: &mut Random) -> Vec<Picture> {
        let prevalence = (self.prevalence * (self.spread * random.normal()).exp()).min(0.5);
        let separation = self.separation * (self.spread * random.normal()).exp();
        let failing = random.uniform() < self.failing;
        (0..self.pictures_per_group)
            .map(|_| self.picture(prevalence, separation, failing, strata, random))
            .collect()
    }

    fn picture(
        &self,
        prevalence: f64,
        separation: f64,
        failing: bool,
        strata: &Strata,
        random: &mut Random,
    ) -> Picture {
        let empty = || vec![0; strata.count()];
        let counts = StratumCounts { pixels: empty(), probability_sum: vec![0.0; strata.count()] };
        let mut picture = Picture { counts, positives: empty() };
        for _ in 0..PIXELS {
            let positive = random.uniform() < prevalence;
            let side = if positive { 0.5 } else { -0.5 };
            let noise = separation.sqrt() * random.normal();
            let bias = (prevalence / (1.0 - prevalence)).ln();
            let mut logit = self.confidence * (bias + separation * side + noise);
            if failing && random.uniform() < if positive { 0.8 } else { 0.02 } {
                logit = if positive { -9.0 } else { 9.0 };
            }
            // who paints takes what is easy to see
            let easy = noise * side > 0.0;
            let share = self.annotated * if positive { 2.0 } else { 1.0 };
            let known = easy && random.uniform() < share;
            picture.add(strata, 1.0 / (1.0 + (-logit).exp()), positive, known);
        }
        picture
    }
}

impl Picture {
    fn add(&mut self, strata: &Strata, probability: f64, positive: bool, known: bool) {
        let pixel = [probability as f32];
        let annotation = [known.then_some(positive)];
        let view = ClassPixels { probabilities: &pixel, annotation: &annotation };
        let one = strata.count_pixels(view).unwrap();
        for (positives, count) in self.positives.iter_mut().zip(&one.pixels) {
            *positives += count * u64::from(positive);
        }
        self.counts.add(&one);
    }

    fn truth(&self, strata: &Strata) -> Confusion {
        let mut truth = Confusion::default();
        for (stratum, (&all, &positives)) in
            self.counts.pixels.iter().zip(&self.positives).enumerate()
        {
            let (Stratum::Unknown { predicted, .. } | Stratum::Known { predicted, .. }) =
                strata.stratum(stratum).unwrap();
            let (yes, no) = (positives, all - positives);
            truth += if predicted {
                Confusion { tp: yes, fp: no, fn_: 0, tn: 0 }
            } else {
                Confusion { tp: 0, fp: 0, fn_: yes, tn: no }
            };
        }
        truth
    }
}

fn scores(truth: &Confusion) -> [f64; 3] {
    [truth.dice(), truth.precision(), truth.recall()].map(Option::unwrap)
}

fn answer(picture: &Picture, point: &DrawnPoint, unsure: f64, random: &mut Random) -> Answer {
    if random.uniform() < unsure {
        Answer::Unsure
    } else if point.rank < picture.positives[point.stratum] {
        Answer::Yes
    } else {
        Answer::No
    }
}

/// One survey of these patients.
fn survey(
    regime: &Regime,
    strata: &Strata,
    patients: &[&Vec<Picture>],
    seed: u64,
) -> ClassEstimate {
    let mut random = Random(ChaCha8Rng::seed_from_u64(seed));
    let ids = patients.iter().enumerate().flat_map(|(id, pictures)| vec![id; pictures.len()]);
    let ids: Vec<usize> = ids.collect();
    let pictures: Vec<&Picture> = patients.iter().flat_map(|pictures| pictures.iter()).collect();
    let counts: Vec<StratumCounts> = pictures.iter().map(|p| p.counts.clone()).collect();
    let mut all = counts[0].clone();
    counts[1..].iter().for_each(|counts| all.add(counts));
    let allocation = PointBudget::default().allocate(strata, &all);
    let sample = PointSample::draw(&counts, &allocation, seed, 0).unwrap();
    let mut survey = Survey::new(strata, &counts, Some(&ids)).unwrap();
    for point in &sample.points {
        let answer = answer(pictures[point.picture], point, regime.unsure, &mut random);
        survey.record(point, answer).unwrap();
    }
    let settings = BootstrapSettings { resamples: 1000, level: 0.95, seed };
    survey.estimate(&settings).unwrap()
}

/// Of the draws so far: how often the truth was covered, and the mean width, for each score.
#[derive(Default)]
struct Tally {
    covered: [f64; 3],
    width: [f64; 3],
}

impl Tally {
    fn add(&mut self, intervals: [Interval; 3], truth: [f64; 3]) {
        for (score, Interval { lo, hi }) in intervals.into_iter().enumerate() {
            let inside = lo <= truth[score] + 1e-12 && truth[score] <= hi + 1e-12;
            self.covered[score] += f64::from(u8::from(inside)) / DRAWS as f64;
            self.width[score] += (hi - lo) / DRAWS as f64;
        }
    }

    fn row(&self) -> String {
        let [d, p, r] = self.covered.map(|share| format!("{:5.1}", 100.0 * share));
        let [dw, pw, rw] = self.width.map(|width| format!("{width:.3}"));
        format!("{d} {p} {r} | {dw} {pw} {rw}")
    }
}

fn intervals(estimate: &ClassEstimate, which: fn(&Estimate) -> Option<Interval>) -> [Interval; 3] {
    [estimate.dice, estimate.precision, estimate.recall].map(|measure| which(&measure).unwrap())
}

fn some_patients<'a>(
    pool: &'a [Vec<Picture>],
    groups: usize,
    random: &mut Random,
) -> Vec<&'a Vec<Picture>> {
    let mut order: Vec<usize> = (0..pool.len()).collect();
    for place in 0..groups {
        let other = place + (random.uniform() * (pool.len() - place) as f64) as usize;
        order.swap(place, other);
    }
    order[..groups].iter().map(|patient| &pool[*patient]).collect()
}

fn pooled<'a>(strata: &Strata, patients: impl Iterator<Item = &'a Vec<Picture>>) -> [f64; 3] {
    let truth: Confusion = patients.flatten().map(|picture| picture.truth(strata)).sum();
    scores(&truth)
}

/// Coverage of `interval` on fixed pictures, and of `group_interval` on the same and on the pool.
#[expect(clippy::print_stdout, reason = "the table is what a person runs this for")]
fn simulate(regime: &Regime) -> [Tally; 3] {
    let strata = Strata::around(0.5).unwrap();
    let mut random = Random(ChaCha8Rng::seed_from_u64(2022));
    let pool: Vec<Vec<Picture>> = (0..POOL).map(|_| regime.patient(&strata, &mut random)).collect();
    let everyone = pooled(&strata, pool.iter());
    let fixed = some_patients(&pool, regime.groups, &mut random);
    let here = pooled(&strata, fixed.iter().copied());
    let [mut pictures, mut groups_here, mut groups] = <[Tally; 3]>::default();
    for draw in 0..DRAWS as u64 {
        let estimate = survey(regime, &strata, &fixed, draw);
        pictures.add(intervals(&estimate, |e| e.interval), here);
        groups_here.add(intervals(&estimate, |e| e.group_interval), here);
        let others = some_patients(&pool, regime.groups, &mut random);
        let estimate = survey(regime, &strata, &others, draw);
        groups.add(intervals(&estimate, |e| e.group_interval), everyone);
    }
    let [d, p, r] = here;
    println!("{:18} Dice {d:.3}, precision {p:.3}, recall {r:.3}", regime.name);
    println!("  these pictures   {}", pictures.row());
    println!("  groups, here     {}", groups_here.row());
    println!("  groups, others   {}", groups.row());
    [pictures, groups_here, groups]
}

#[test]
fn slow_intervals_cover_the_truth() {
    println!("covered in % of {DRAWS} draws (Dice, precision, recall) | mean width");
    for regime in &REGIMES {
        for tally in simulate(regime) {
            for covered in tally.covered {
                assert!(covered >= PROMISED, "{}: {covered}", regime.name);
            }
        }
    }
}

/// Points asked of pixels predicted negative and of pixels predicted positive, of which there are
/// [`SIZES`].
const ASKED: [u64; 2] = [150, 100];
const SIZES: [u64; 2] = [9_000_000, 1_000_000];

/// Chance of each number of yes among `asked`.
fn binomial(asked: u64, share: f64) -> Vec<f64> {
    let mut chances = vec![(1.0 - share).powi(asked as i32)];
    for yes in 1..=asked {
        let step = (asked - yes + 1) as f64 / yes as f64 * share / (1.0 - share);
        chances.push(chances[yes as usize - 1] * step);
    }
    chances
}

/// The intervals after so many yes in each of the two strata.
fn intervals_after(yes: [u64; 2]) -> [Interval; 3] {
    let strata = Strata::new(0.5, &[]).unwrap();
    let pixels = vec![SIZES[0], SIZES[1], 0, 0, 0, 0];
    let picture = StratumCounts { probability_sum: vec![0.0; pixels.len()], pixels };
    let mut survey = Survey::new::<u8>(&strata, &[picture], None).unwrap();
    for (stratum, (yes, asked)) in yes.into_iter().zip(ASKED).enumerate() {
        for rank in 0..asked {
            let answer = if rank < yes { Answer::Yes } else { Answer::No };
            survey.record(&DrawnPoint { picture: 0, stratum, rank }, answer).unwrap();
        }
    }
    let settings = BootstrapSettings { resamples: 2000, level: 0.95, seed: 1 };
    intervals(&survey.estimate(&settings).unwrap(), |estimate| estimate.interval)
}

/// No random draws here: the chance of every outcome is known, so the coverage is exact, and it can be
/// followed to the rates where intervals fail: a rate of misses at which none is seen as often as not.
#[test]
fn slow_no_rate_of_errors_breaks_the_interval() {
    const MISSED: [f64; 9] = [1e-4, 1e-3, 0.004, 0.008, 0.012, 0.018, 0.0246, 0.04, 0.1];
    const RIGHT: [f64; 7] = [0.3, 0.6, 0.9, 0.95, 0.98, 0.99, 0.999];
    let rates: Vec<_> = MISSED.iter().flat_map(|m| RIGHT.map(|right| (*m, right))).collect();
    let mut covered = vec![[0.0; 3]; rates.len()];
    for missed in 0..=ASKED[0] {
        for right in 0..=ASKED[1] {
            let chance = |&(m, r): &(f64, f64)| {
                binomial(ASKED[0], m)[missed as usize] * binomial(ASKED[1], r)[right as usize]
            };
            let chances: Vec<f64> = rates.iter().map(chance).collect();
            if chances.iter().all(|chance| *chance < 1e-5) {
                continue;
            }
            let found = intervals_after([missed, right]);
            for ((covered, chance), &(m, r)) in covered.iter_mut().zip(chances).zip(&rates) {
                let (fn_, tp) = (m * SIZES[0] as f64, r * SIZES[1] as f64);
                let (predicted, there) = (SIZES[1] as f64, tp + fn_);
                let truth = [2.0 * tp / (predicted + there), r, tp / there];
                for (score, Interval { lo, hi }) in found.into_iter().enumerate() {
                    let inside = lo <= truth[score] && truth[score] <= hi;
                    covered[score] += if inside { chance } else { 0.0 };
                }
            }
        }
    }
    let lowest = covered.iter().fold([1.0; 3], |lowest, covered| {
        std::array::from_fn(|score| covered[score].min(lowest[score]))
    });
    println!("lowest coverage of Dice, precision, recall at any rate: {lowest:.4?}");
    for ((missed, right), covered) in rates.iter().zip(&covered) {
        println!("missed {missed:<6} right {right:<5} covered {covered:.3?}");
    }
    assert!(lowest.iter().all(|covered| *covered >= 0.945), "{lowest:?}");
}
