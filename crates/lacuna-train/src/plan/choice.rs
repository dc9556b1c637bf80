//! The decisions, from what was found and what a step costs.

use std::time::Duration;

use lacuna_data::Size;

use super::survey::{SIDES, Survey};
use super::{Cost, Plan, PlanError, Reason, minutes};
use crate::config::{RawConfig, RawSize, SamplingName, TrainConfig};

/// Paint that has to survive; below it the audit warns.
const SURVIVAL: f64 = 0.9;
/// Steps that a network needs to be of use at all.
const FEWEST_STEPS: usize = 300;
/// Steps below which smaller pictures are better, if their paint survives.
const ENOUGH_STEPS: usize = 1000;
/// Steps after which more time is better spent on larger pictures, or saved.
const MOST_STEPS: usize = 4000;
/// Steps of an epoch at least: a handful of pictures is seen several times before it is validated.
const STEPS_OF_AN_EPOCH: usize = 8;
/// Share of the time for what is not a step or a validation: reading, checkpoints, and the mistakes of timing.
const RESERVE: f64 = 0.15;
/// Side of a patch.
const PATCH: usize = 256;

/// Decides, most important first: what the pictures look like to the network, then how long it trains.
pub(super) fn choose(
    given: &RawConfig,
    config: &TrainConfig,
    survey: Survey,
    budget: Duration,
    cost: &mut dyn FnMut(Size, usize) -> Result<Cost, PlanError>,
) -> Result<Plan, PlanError> {
    let seconds = budget.as_secs_f64() * (1.0 - RESERVE);
    let mut choice = Choice { given, config, survey: &survey, seconds, reasons: Vec::new() };
    let batch = choice.batch();
    let mut view = choice.view();
    let mut length = choice.length(view, cost(view.size, batch)?, batch);
    while let Some((smaller, wanted)) = choice.smaller(view)
        && length.steps < wanted
    {
        let (side, steps) = (view.size.width, length.steps);
        let why = format!(
            "{side} × {side} pixels would leave time for {steps} steps only; {wanted} are wanted"
        );
        choice.reasons.push(Reason { key: "", value: String::new(), why });
        view = smaller;
        length = choice.length(view, cost(view.size, batch)?, batch);
    }
    choice.explain_view(view);
    choice.explain_length(length, batch);
    let Choice { reasons, .. } = choice;
    let settings = settings(given, view, length, batch);
    let budget_seconds = budget.as_secs_f64();
    let total = length.epoch_seconds * length.epochs as f64 / (1.0 - RESERVE);
    Ok(Plan { budget_seconds, seconds: total, survey, reasons, settings })
}

/// What the network sees of a picture.
#[derive(Clone, Copy)]
struct View {
    size: Size,
    /// Pixels of a patch per pixel of the picture, if it sees patches.
    patch_scale: Option<f64>,
}

/// How long it trains.
#[derive(Clone, Copy)]
struct Length {
    steps_per_epoch: usize,
    epochs: usize,
    steps: usize,
    epoch_seconds: f64,
}

struct Choice<'a> {
    given: &'a RawConfig,
    config: &'a TrainConfig,
    survey: &'a Survey,
    /// For steps and validation.
    seconds: f64,
    reasons: Vec<Reason>,
}

impl Choice<'_> {
    fn batch(&self) -> usize {
        if self.given.batch_size.is_some() {
            return self.config.batch_size;
        }
        // batch statistics need two pictures
        self.config.batch_size.min(self.survey.cases.max(2))
    }

    /// The square that loses nothing of a usual picture; patches where the largest loses paint.
    fn view(&self) -> View {
        let size = self.config.image_size;
        if self.given.image_size.is_some() || self.given.sampling.is_some() {
            let patch = self.config.sampling == SamplingName::Patch;
            return View { size, patch_scale: patch.then_some(self.config.patch_scale) };
        }
        let side = natural(self.survey.longer_side());
        if self.survives(side) {
            return View { size: Size::new(side, side), patch_scale: None };
        }
        let survives = |(_, share): &&(f64, f64)| *share >= SURVIVAL;
        let scale = self.survey.patch_survival.iter().find(survives).map_or(1.0, |(s, _)| *s);
        View { size: Size::new(PATCH, PATCH), patch_scale: Some(scale) }
    }

    fn survives(&self, side: usize) -> bool {
        self.survey.survival.iter().any(|(s, share)| *s == side && *share >= SURVIVAL)
    }

    /// The next smaller input, and the steps below which it is better; of patches and of what the user has set there is
    /// none.
    fn smaller(&self, view: View) -> Option<(View, usize)> {
        let fixed = self.given.image_size.is_some() || view.patch_scale.is_some();
        let side = SIDES.into_iter().rfind(|side| !fixed && *side < view.size.width)?;
        let wanted = if self.survives(side) { ENOUGH_STEPS } else { FEWEST_STEPS };
        Some((View { size: Size::new(side, side), ..view }, wanted))
    }

    fn length(&self, view: View, cost: Cost, batch: usize) -> Length {
        let images = batch * self.config.accumulate;
        let once = self.survey.cases.div_ceil(images);
        let steps_per_epoch = match (self.config.steps_per_epoch, view.patch_scale) {
            (Some(steps), _) => steps,
            (None, None) => once.max(STEPS_OF_AN_EPOCH),
            (None, Some(scale)) => (once * self.patches(view.size, scale)).max(STEPS_OF_AN_EPOCH),
        };
        let tiles = view.patch_scale.map_or(1, |scale| self.patches(view.size, scale));
        let validation = (self.survey.validation * tiles) as f64 * cost.infer;
        let epoch_seconds = (steps_per_epoch * images) as f64 * cost.train + validation;
        let most = MOST_STEPS.div_ceil(steps_per_epoch);
        let affordable = (self.seconds / epoch_seconds) as usize;
        let epochs = match self.given.epochs {
            Some(_) => self.config.epochs,
            None => affordable.clamp(1, most.max(1)),
        };
        Length { steps_per_epoch, epochs, steps: epochs * steps_per_epoch, epoch_seconds }
    }

    /// Patches that cover a usual picture.
    fn patches(&self, size: Size, scale: f64) -> usize {
        let along =
            |length: usize, patch: usize| (length as f64 * scale / patch as f64).ceil() as usize;
        let Size { width, height } = self.survey.median_size;
        (along(width, size.width) * along(height, size.height)).max(1)
    }

    fn explain_view(&mut self, view: View) {
        if self.given.image_size.is_some() || self.given.sampling.is_some() {
            return;
        }
        let Size { width, height } = self.survey.median_size;
        let percent = |share: f64| format!("{:.0} %", 100.0 * share);
        let side = view.size.width;
        match view.patch_scale {
            None => {
                let found = self.survey.survival.iter().find(|(s, _)| *s == side);
                let share = percent(found.map_or(1.0, |(_, share)| *share));
                let why = format!(
                    "pictures are about {width} × {height}; at this size {share} of the paint survives"
                );
                self.because("image_size", &side, why);
            }
            Some(scale) => {
                let largest = self.survey.survival.last().copied().unwrap_or((side, 0.0));
                let why = format!(
                    "whole pictures of about {width} × {height} would keep {} of the paint even at {} pixels",
                    percent(largest.1),
                    largest.0
                );
                self.because("sampling", &"\"patch\"", why);
                let found = self.survey.patch_survival.iter().find(|(s, _)| *s == scale);
                let share = percent(found.map_or(1.0, |(_, share)| *share));
                self.because("patch_scale", &scale, format!("{share} of the paint survives"));
                self.because("image_size", &side, "side of a patch".to_owned());
            }
        }
    }

    fn explain_length(&mut self, length: Length, batch: usize) {
        let Length { steps_per_epoch, epochs, steps, epoch_seconds } = length;
        if self.given.batch_size.is_none() {
            let cases = self.survey.cases;
            self.because("batch_size", &batch, format!("there are {cases} training pictures"));
        }
        if self.given.epochs.is_none() {
            let mut why = format!(
                "an epoch of {steps_per_epoch} steps takes about {} here: {steps} steps",
                minutes(epoch_seconds)
            );
            if steps < FEWEST_STEPS {
                why.push_str(", fewer than a network needs: allow more time");
            } else if steps + steps_per_epoch > MOST_STEPS {
                why.push_str("; more have not been found to help");
            }
            self.because("epochs", &epochs, why);
        }
    }

    fn because(&mut self, key: &'static str, value: &dyn std::fmt::Display, why: String) {
        self.reasons.push(Reason { key, value: value.to_string(), why });
    }
}

/// The side that loses nothing of a picture of that length.
fn natural(length: usize) -> usize {
    SIDES.into_iter().find(|side| *side >= length).unwrap_or(SIDES[SIDES.len() - 1])
}

/// What the user has not set.
fn settings(given: &RawConfig, view: View, length: Length, batch: usize) -> RawConfig {
    let side = RawSize::Square(view.size.width as i64);
    let mut settings = RawConfig {
        batch_size: Some(batch as i64),
        epochs: Some(length.epochs as i64),
        steps_per_epoch: Some(length.steps_per_epoch as i64),
        ..RawConfig::default()
    };
    if given.image_size.is_none() && given.sampling.is_none() {
        settings.image_size = Some(side);
        settings.sampling =
            Some(if view.patch_scale.is_some() { "patch" } else { "resize" }.into());
        settings.patch_scale = view.patch_scale;
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(side: usize, survival: f64) -> Survey {
        Survey {
            cases: 80,
            validation: 10,
            median_size: Size::new(side, side / 2),
            survival: SIDES.map(|s| (s, if s >= side { 1.0 } else { survival })).to_vec(),
            patch_survival: vec![(0.25, 0.5), (0.5, 0.95), (1.0, 1.0)],
        }
    }

    /// A picture of 128² costs 10 ms to train on and 2 ms to predict.
    fn plan(given: &str, survey: Survey, seconds: u64) -> Plan {
        let given = RawConfig::parse(given).unwrap();
        let config = given.clone().check().unwrap();
        let mut cost = |size: Size, _: usize| {
            let unit = size.area() as f64 / (128.0 * 128.0);
            Ok(Cost { train: 0.01 * unit, infer: 0.002 * unit })
        };
        choose(&given, &config, survey, Duration::from_secs(seconds), &mut cost).unwrap()
    }

    fn checked(plan: &Plan) -> TrainConfig {
        plan.settings.clone().check().unwrap()
    }

    #[test]
    fn small_pictures_are_taken_whole_and_long_enough() {
        let plan = plan("", survey(120, 0.95), 60);
        let config = checked(&plan);
        // 128² leaves time for 620 steps; 96² has .5625 of the cost: an epoch in .46 s, 51 s to spend
        assert_eq!((config.image_size.width, config.sampling), (96, SamplingName::Resize));
        assert_eq!((config.epochs, config.steps_per_epoch, config.batch_size), (110, Some(10), 8));
        assert!((plan.seconds - 60.0).abs() < 1.0, "{}", plan.seconds);
        assert!(plan.to_toml().unwrap().contains("# image_size = 96: pictures are about 120 × 60"));
        assert_eq!(RawConfig::parse(&plan.to_toml().unwrap()).unwrap(), plan.settings);
    }

    #[test]
    fn fine_paint_wants_large_pictures_and_a_short_time_small_ones() {
        let fine = checked(&plan("", survey(250, 0.3), 600));
        assert_eq!(fine.image_size.width, 256);
        let hurried = plan("", survey(250, 0.3), 60);
        assert_eq!(checked(&hurried).image_size.width, 160);
        assert!(hurried.reasons[0].why.contains("would leave time for"), "{:?}", hurried.reasons);
    }

    #[test]
    fn pictures_that_no_size_can_hold_are_cut_into_patches() {
        let plan = plan("", survey(4000, 0.2), 3600);
        let config = checked(&plan);
        assert_eq!((config.sampling, config.patch_scale), (SamplingName::Patch, 0.5));
        assert_eq!(config.image_size, Size::new(PATCH, PATCH));
        // 2000 × 1000 at that scale: 8 × 4 patches a picture, 10 batches once
        assert_eq!(config.steps_per_epoch, Some(320));
    }

    #[test]
    fn what_the_user_sets_stays() {
        let given = "image_size = 96\nbatch_size = 3\nepochs = 7";
        let plan = plan(given, survey(4000, 0.2), 60);
        let config =
            RawConfig::parse(given).unwrap().combine(plan.settings.clone()).check().unwrap();
        assert_eq!((config.image_size.width, config.batch_size, config.epochs), (96, 3, 7));
        assert!(plan.reasons.is_empty(), "{:?}", plan.reasons);
    }

    #[test]
    fn a_time_that_is_too_short_is_called_that() {
        let plan = plan("", survey(120, 0.95), 2);
        assert!(plan.reasons.iter().any(|reason| reason.why.contains("allow more time")));
        assert_eq!(checked(&plan).image_size.width, 64);
    }
}
