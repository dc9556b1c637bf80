//! How much better a later model is than the one that a sample was drawn for, from the same answers.
//!
//! The truth of a point does not depend on the model, so the answers serve both. The unknown pixels are divided once
//! more: each stratum by what the later model says (post-stratification). The answered points of such a cell are a simple
//! random sample of it, and both models' predicted pixels are known exactly. With T the number of positives,
//!
//! > gain = 2 TP_after / (P_after + T) − 2 TP_before / (P_before + T)
//!
//! Where both models say the same, an answer moves both terms, so that the interval is far narrower than that of the
//! difference of two verifications: it is the pixels on which they disagree that matter.

use super::interval::{Unsure, open_share, stream_of};
use super::stratum::{ClassPixels, Strata};
use super::survey::{Answer, AnswerCounts};
use super::table::{Band, Range};
use crate::aggregate::percentile;
use crate::bootstrap::{BootstrapSettings, Interval};
use crate::error::{MetricError, check_length};
use serde::{Deserialize, Serialize};

/// Names the stream of random numbers.
const STREAM: u64 = 2;

/// What two models say of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pair {
    before: bool,
    after: bool,
}

/// The pixels of a class in all held-back pictures by what two models say, and the answers.
#[derive(Debug, Clone, PartialEq)]
pub struct GainSurvey {
    strata: Strata,
    /// Unknown pixels and answers by band, those that the later model predicts negative first.
    cells: Vec<[Cell; 2]>,
    /// Annotated pixels by annotation (negative first), earlier and later prediction.
    known: [[[u64; 2]; 2]; 2],
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Cell {
    pixels: u64,
    answers: AnswerCounts,
}

/// How much better the later model is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// Pooled Dice of the model that the sample was drawn for.
    pub before: Option<f64>,
    /// Pooled Dice of the later one.
    pub after: Option<f64>,
    /// Their difference; `None` if either is undefined, or if it needs a cell of which nothing was answered.
    pub gain: Option<f64>,
    /// The interval of the difference for **these pictures**, as [`Estimate::interval`](super::Estimate::interval).
    pub interval: Option<Interval>,
    /// The same whatever the truth of the pixels is of which the person cannot tell.
    pub unsure_interval: Option<Interval>,
    /// Share of the unknown pixels of which the models say different things.
    pub changed: f64,
}

impl GainSurvey {
    /// A survey without pictures, divided as the sample was.
    pub fn new(strata: &Strata) -> Self {
        let cells = vec![[Cell::default(); 2]; strata.bands()];
        Self { strata: strata.clone(), cells, known: [[[0; 2]; 2]; 2] }
    }

    /// Counts a picture: the pixels as the sample's model sees them, and the later model's probabilities.
    pub fn add_picture(&mut self, picture: ClassPixels, after: &[f32]) -> Result<(), MetricError> {
        let ClassPixels { probabilities, annotation } = picture;
        check_length("the annotation", annotation.len(), probabilities.len())?;
        check_length("the later model's probabilities", after.len(), probabilities.len())?;
        let pixels = probabilities.iter().zip(annotation).zip(after);
        for ((&before, &annotated), &after) in pixels {
            match annotated {
                None => self.cell(before, after).pixels += 1,
                Some(positive) => {
                    let Pair { before, after } = self.pair(before, after);
                    self.known[usize::from(positive)][usize::from(before)][usize::from(after)] += 1;
                }
            }
        }
        Ok(())
    }

    /// Counts the answer to a point of which nobody had said anything, once.
    pub fn record(&mut self, before: f32, after: f32, answer: Answer) {
        self.cell(before, after).answers.add(answer);
    }

    /// The gain from the answers so far. Same answers and settings give the same bits.
    pub fn estimate(&self, settings: &BootstrapSettings) -> Result<Gain, MetricError> {
        settings.check()?;
        let value = self.value();
        let gain = value.and_then(|positives| self.gain(&positives));
        let dice =
            |at: fn(&Self, &Positives) -> Option<f64>| value.and_then(|value| at(self, &value));
        Ok(Gain {
            before: dice(|survey, positives| survey.dice(positives, |pair| pair.before)),
            after: dice(|survey, positives| survey.dice(positives, |pair| pair.after)),
            gain,
            interval: self.interval(settings, Unsure::LeftOut),
            unsure_interval: self.interval(settings, Unsure::Anything),
            changed: self.changed(),
        })
    }

    fn pair(&self, before: f32, after: f32) -> Pair {
        let is_predicted = |probability: f32| probability >= self.strata.threshold();
        Pair { before: is_predicted(before), after: is_predicted(after) }
    }

    fn cell(&mut self, before: f32, after: f32) -> &mut Cell {
        let Pair { after, .. } = self.pair(before, after);
        &mut self.cells[self.strata.index_of(before, None)][usize::from(after)]
    }

    /// The cells that have pixels, with what the models say there.
    fn filled(&self) -> impl Iterator<Item = (Pair, &Cell)> {
        let pair = |band: usize, after: usize| Pair {
            before: self.strata.is_predicted(band),
            after: after == 1,
        };
        let of_band = move |(band, cells): (usize, &'_ [Cell; 2])| {
            [0, 1].map(|after| (pair(band, after), band, after, cells[after].pixels))
        };
        let filled = self.cells.iter().enumerate().flat_map(of_band);
        filled
            .filter(|(.., pixels)| *pixels > 0)
            .map(|(pair, band, after, _)| (pair, &self.cells[band][after]))
    }

    fn changed(&self) -> f64 {
        let pixels = |is_counted: fn(Pair) -> bool| -> u64 {
            self.filled().filter(|(pair, _)| is_counted(*pair)).map(|(_, cell)| cell.pixels).sum()
        };
        let all = pixels(|_| true).max(1);
        pixels(|pair| pair.before != pair.after) as f64 / all as f64
    }

    /// Positives of each kind of cell as the answers say. Points were allocated by the earlier model, so that a small
    /// cell may have none: it is taken to be like the rest of its band. `None` if nothing definite was answered there.
    fn value(&self) -> Option<Positives> {
        let mut positives = Positives::default();
        for (pair, cell) in self.filled() {
            let AnswerCounts { yes, no, .. } = match cell.answers {
                AnswerCounts { yes: 0, no: 0, .. } => self.answers_beside(cell),
                answers => answers,
            };
            if yes + no == 0 {
                return None;
            }
            *positives.of(pair) += cell.pixels as f64 * yes as f64 / (yes + no) as f64;
        }
        Some(positives)
    }

    /// All answers in the band of a cell.
    fn answers_beside(&self, cell: &Cell) -> AnswerCounts {
        let mut answers = AnswerCounts::default();
        let is_its = |band: &&[Cell; 2]| band.iter().any(|one| std::ptr::eq(one, cell));
        for cell in self.cells.iter().filter(is_its).flatten() {
            answers.merge(&cell.answers);
        }
        answers
    }

    /// What the answers leave open, by Monte Carlo as for one model's scores.
    fn interval(&self, settings: &BootstrapSettings, unsure: Unsure) -> Option<Interval> {
        let mut rng = stream_of(settings.seed, STREAM);
        let (mut lows, mut highs) = (Vec::new(), Vec::new());
        for _ in 0..settings.resamples {
            let mut ranges = [[Range::default(); 2]; 2];
            for (pair, cell) in self.filled() {
                let band = cell.band(pair.before, unsure);
                let left = band.pixels - band.yes - band.no - band.unsure;
                let share = open_share(&band, left / band.pixels, &mut rng);
                let range = &mut ranges[usize::from(pair.before)][usize::from(pair.after)];
                range.low += band.yes + left * share.low;
                range.high += band.yes + band.unsure + left * share.high;
            }
            let (low, high) = self.ends(&ranges);
            lows.push(low?);
            highs.push(high?);
        }
        let tail = (1.0 - settings.level) / 2.0;
        let end = |mut values: Vec<f64>, share: f64| {
            values.sort_by(f64::total_cmp);
            percentile(&values, share)
        };
        Some(Interval { lo: end(lows, tail)?, hi: end(highs, 1.0 - tail)? })
    }

    /// The smallest and the largest gain.
    ///
    /// It rises with positives that only the later model finds and falls with those that only the earlier one found. In
    /// those on which both agree it may rise and fall again: with one of `neither` and `both` at an end, its extremes
    /// over the other are at the ends or where it is level. (Where it is level in both, the models are equally good and
    /// it is 0 throughout.)
    fn ends(&self, ranges: &[[Range; 2]; 2]) -> (Option<f64>, Option<f64>) {
        let [[neither, only_after], [only_before, both]] = *ranges;
        let extreme = |only_before: f64, only_after: f64, pick: fn(f64, f64) -> f64| {
            let at = |neither, both| Positives { neither, only_after, only_before, both };
            let mut found = self.gain(&at(neither.low, both.low))?;
            for one in [neither.low, neither.high] {
                let edge = |other| at(one, other);
                found = self.extreme_over(edge, both, found, pick)?;
            }
            for one in [both.low, both.high] {
                let edge = |other| at(other, one);
                found = self.extreme_over(edge, neither, found, pick)?;
            }
            Some(found)
        };
        let low = extreme(only_before.high, only_after.low, f64::min);
        (low, extreme(only_before.low, only_after.high, f64::max))
    }

    /// The extreme of `found` and the gain along an edge; `None` if a Dice is undefined there.
    fn extreme_over(
        &self,
        edge: impl Fn(f64) -> Positives,
        range: Range,
        found: f64,
        pick: fn(f64, f64) -> f64,
    ) -> Option<f64> {
        let level = self.level_at(&edge, range.low).map(|x| x.clamp(range.low, range.high));
        [Some(range.low), Some(range.high), level]
            .into_iter()
            .flatten()
            .try_fold(found, |found, x| Some(pick(found, self.gain(&edge(x))?)))
    }

    /// Where the gain is level along an edge on which each further positive adds the same to both models: with
    /// gain = 2 (a₀ + s x) / (A + x) − 2 (b₀ + s x) / (B + x), at √a (B + x) = √b (A + x), where a = |s A − a₀| and
    /// b = |s B − b₀| do not depend on x.
    fn level_at(&self, edge: &impl Fn(f64) -> Positives, start: f64) -> Option<f64> {
        let here = edge(start);
        let is_both = edge(start + 1.0).both > here.both;
        let side = |says: fn(Pair) -> bool| {
            let (tp, whole) = self.overlap(&here, says);
            let root = if is_both { whole - tp } else { tp };
            (root.max(0.0).sqrt(), whole)
        };
        let (after, before) = (side(|pair| pair.after), side(|pair| pair.before));
        let slope = before.0 - after.0;
        let step = (after.0 * before.1 - before.0 * after.1) / slope;
        (slope != 0.0 && step.is_finite()).then_some(start + step)
    }

    fn gain(&self, positives: &Positives) -> Option<f64> {
        let after = self.dice(positives, |pair| pair.after)?;
        Some(after - self.dice(positives, |pair| pair.before)?)
    }

    /// Pooled Dice of the model that `says` picks out of a pair.
    fn dice(&self, positives: &Positives, says: fn(Pair) -> bool) -> Option<f64> {
        let (tp, whole) = self.overlap(positives, says);
        (whole > 0.0).then(|| 2.0 * tp / whole)
    }

    /// True positives of that model, and the sum of predicted and positive pixels.
    fn overlap(&self, positives: &Positives, says: fn(Pair) -> bool) -> (f64, f64) {
        let pairs = [false, true].map(|before| [false, true].map(|after| Pair { before, after }));
        let (mut tp, mut predicted, mut truth) = (0.0, 0.0, 0.0);
        for pair in pairs.into_iter().flatten() {
            let known = |positive: usize| {
                self.known[positive][usize::from(pair.before)][usize::from(pair.after)] as f64
            };
            let there = known(1) + positives.at(pair);
            truth += there;
            if says(pair) {
                tp += there;
                predicted += known(0) + known(1) + self.unknown_pixels(pair);
            }
        }
        (tp, predicted + truth)
    }

    fn unknown_pixels(&self, wanted: Pair) -> f64 {
        let of_pair = self.filled().filter(|(pair, _)| *pair == wanted);
        of_pair.map(|(_, cell)| cell.pixels as f64).sum()
    }
}

impl Cell {
    /// Its pixels and answers as a band.
    fn band(&self, predicted: bool, unsure: Unsure) -> Band {
        let AnswerCounts { yes, no, unsure: cannot_tell } = self.answers;
        let [pixels, yes, no, cannot_tell] =
            [self.pixels, yes, no, cannot_tell].map(|count| count as f64);
        Band { predicted, pixels, yes, no, unsure: cannot_tell }.with(unsure)
    }
}

/// Positive pixels among the unknown by which model finds them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Positives {
    neither: f64,
    only_after: f64,
    only_before: f64,
    both: f64,
}

impl Positives {
    fn of(&mut self, pair: Pair) -> &mut f64 {
        match (pair.before, pair.after) {
            (false, false) => &mut self.neither,
            (false, true) => &mut self.only_after,
            (true, false) => &mut self.only_before,
            (true, true) => &mut self.both,
        }
    }

    fn at(&self, pair: Pair) -> f64 {
        let mut positives = *self;
        *positives.of(pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confusion::Confusion;
    use crate::random::below;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    const N: usize = 20_000;

    /// The class is where `x < 8000`; the earlier model is off by `before` pixels on either side in turns, the later one
    /// by `after`; the first tenth is annotated.
    struct World {
        before: Vec<f32>,
        after: Vec<f32>,
        annotation: Vec<Option<bool>>,
    }

    fn is_there(pixel: usize) -> bool {
        pixel % N < 8_000
    }

    fn world(before: usize, after: usize) -> World {
        let model = |error: usize, sharpness: f32| {
            move |pixel: usize| {
                let x = pixel as f32 - (8_000 + error) as f32;
                1.0 / (1.0 + (x / sharpness).exp())
            }
        };
        World {
            before: (0..N).map(model(before, 400.0)).collect(),
            after: (0..N).map(model(after, 300.0)).collect(),
            annotation: (0..N).map(|pixel| (pixel % 10 == 0).then(|| is_there(pixel))).collect(),
        }
    }

    fn dice(probabilities: &[f32]) -> f64 {
        let mut confusion = Confusion::default();
        for (pixel, p) in probabilities.iter().enumerate() {
            confusion.add_pixel(*p >= 0.5, is_there(pixel));
        }
        confusion.dice().unwrap()
    }

    fn surveyed(world: &World, points: usize, seed: u64) -> GainSurvey {
        let strata = Strata::around(0.5).unwrap();
        let mut survey = GainSurvey::new(&strata);
        let picture = ClassPixels { probabilities: &world.before, annotation: &world.annotation };
        survey.add_picture(picture, &world.after).unwrap();
        // as many points in every stratum, without repetition
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for band in 0..strata.bands() {
            let is_of = |pixel: &usize| {
                world.annotation[*pixel].is_none()
                    && strata.index_of(world.before[*pixel], None) == band
            };
            let mut pixels: Vec<_> = (0..N).filter(is_of).collect();
            for _ in 0..points.min(pixels.len()) {
                let place = below(&mut rng, pixels.len() as u64) as usize;
                let pixel = pixels.swap_remove(place);
                let answer = if is_there(pixel) { Answer::Yes } else { Answer::No };
                survey.record(world.before[pixel], world.after[pixel], answer);
            }
        }
        survey
    }

    #[test]
    fn with_every_pixel_answered_the_gain_is_exact() {
        let world = world(900, 200);
        let settings = BootstrapSettings::default();
        let found = surveyed(&world, N, 0).estimate(&settings).unwrap();
        let (before, after) = (dice(&world.before), dice(&world.after));
        assert!((found.before.unwrap() - before).abs() < 1e-12);
        assert!((found.after.unwrap() - after).abs() < 1e-12);
        assert!((found.gain.unwrap() - (after - before)).abs() < 1e-12);
        let interval = found.interval.unwrap();
        assert!((interval.hi - interval.lo).abs() < 1e-9, "{interval:?}");
        assert!((found.changed - 700.0 / 20_000.0).abs() < 1e-3);
    }

    #[test]
    fn intervals_cover_the_gain_and_narrow_with_agreement() {
        let settings = BootstrapSettings { resamples: 400, ..BootstrapSettings::default() };
        for (before, after) in [(900, 200), (300, 280), (100, 600)] {
            let world = world(before, after);
            let truth = dice(&world.after) - dice(&world.before);
            let mut covered = 0;
            for seed in 0..60 {
                let found = surveyed(&world, 40, seed).estimate(&settings).unwrap();
                let interval = found.interval.unwrap();
                covered += usize::from(interval.lo <= truth && truth <= interval.hi);
            }
            assert!(covered >= 56, "{before} {after}: {covered} of 60");
        }
        let width = |after: usize| {
            let found = surveyed(&world(300, after), 40, 1).estimate(&settings).unwrap();
            let Interval { lo, hi } = found.interval.unwrap();
            hi - lo
        };
        assert!(width(290) < 0.3 * width(900), "{} {}", width(290), width(900));
    }

    /// Counts and answers of one cell: band and later prediction.
    fn fill(survey: &mut GainSurvey, band: usize, after: bool, pixels: u64, answers: AnswerCounts) {
        survey.cells[band][usize::from(after)] = Cell { pixels, answers };
    }

    const fn answers(yes: u64, no: u64, unsure: u64) -> AnswerCounts {
        AnswerCounts { yes, no, unsure }
    }

    /// A rare class: both models find a thousand pixels of it, the later one a thousand more among seven thousand.
    #[test]
    fn what_neither_model_finds_of_a_rare_class_may_make_the_gain_larger_or_smaller() {
        let mut survey = GainSurvey::new(&Strata::new(0.5, &[]).unwrap());
        fill(&mut survey, 1, true, 1_000, answers(1_000, 0, 0));
        fill(&mut survey, 0, true, 7_000, answers(1_000, 6_000, 0));
        fill(&mut survey, 0, false, 20_000_000, answers(0, 60, 0));
        let truth = |neither| {
            let positives =
                Positives { neither, only_after: 1_000.0, only_before: 0.0, both: 1_000.0 };
            survey.gain(&positives).unwrap()
        };
        let interval = survey.estimate(&BootstrapSettings::default()).unwrap().interval.unwrap();
        // over a grid of truths that sixty answers of "no" do not exclude
        for neither in (0..400).map(|n| f64::from(n) * 1_000.0) {
            let gain = truth(neither);
            assert!(interval.lo <= gain && gain <= interval.hi, "{neither}: {gain} {interval:?}");
        }
        assert!(truth(13_900.0) > truth(0.0).max(truth(400_000.0)), "the largest is in between");
    }

    #[test]
    fn what_nobody_can_tell_may_be_anything() {
        let mut survey = GainSurvey::new(&Strata::new(0.5, &[]).unwrap());
        fill(&mut survey, 1, true, 90_000, answers(90_000, 0, 0));
        fill(&mut survey, 0, true, 10_000, answers(20, 30, 50));
        let found = survey.estimate(&BootstrapSettings::default()).unwrap();
        let (left_out, anything) = (found.interval.unwrap(), found.unsure_interval.unwrap());
        // with all the unsure taken as yes, 70 % of the changed pixels are right
        let yes = Positives { neither: 0.0, only_after: 7_000.0, only_before: 0.0, both: 90_000.0 };
        let gain = survey.gain(&yes).unwrap();
        assert!(left_out.hi < gain && gain < anything.hi, "{left_out:?} {gain} {anything:?}");
        assert!(anything.lo < left_out.lo);
    }

    #[test]
    fn a_cell_without_answers_is_taken_to_be_like_its_band() {
        let mut survey = GainSurvey::new(&Strata::new(0.5, &[]).unwrap());
        fill(&mut survey, 1, true, 900, answers(9, 1, 0));
        fill(&mut survey, 1, false, 100, answers(0, 0, 0));
        let positives = survey.value().unwrap();
        assert!(
            (positives.only_before - 90.0).abs() < 1e-9 && (positives.both - 810.0).abs() < 1e-9
        );
        fill(&mut survey, 0, false, 50, answers(0, 0, 3));
        assert_eq!(survey.value(), None, "nothing definite in that band");
    }

    #[test]
    fn without_answers_everything_is_open_and_without_a_change_nothing_is() {
        let settings = BootstrapSettings::default();
        let silent = surveyed(&world(900, 200), 0, 0).estimate(&settings).unwrap();
        assert_eq!((silent.gain, silent.before), (None, None));
        let open = silent.interval.unwrap();
        // at best the later model is wholly right, and the 700 pixels that only the earlier one predicts are wrong
        let best = 1.0 - 2.0 * 8_200.0 / (8_900.0 + 8_200.0);
        assert!(open.lo < -0.1 && (open.hi - best).abs() < 1e-3, "{open:?}");
        let mut same = world(300, 300);
        same.after.clone_from(&same.before);
        let found = surveyed(&same, 5, 0).estimate(&settings).unwrap();
        assert_eq!(found.interval, Some(Interval { lo: 0.0, hi: 0.0 }));
        assert_eq!(found.unsure_interval, found.interval);
        assert_eq!((found.gain, found.changed), (Some(0.0), 0.0));
    }

    #[test]
    fn pictures_must_fit_and_a_class_that_is_nowhere_has_no_gain() {
        let strata = Strata::around(0.5).unwrap();
        let mut survey = GainSurvey::new(&strata);
        let picture = ClassPixels { probabilities: &[0.1], annotation: &[Some(false)] };
        assert!(survey.add_picture(picture, &[0.1, 0.2]).is_err());
        survey.add_picture(picture, &[0.2]).unwrap();
        let found = survey.estimate(&BootstrapSettings::default()).unwrap();
        assert_eq!((found.gain, found.interval), (None, None));
    }
}
