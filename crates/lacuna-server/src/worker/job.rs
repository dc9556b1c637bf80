//! How far a training has come.

use std::time::{Duration, Instant, SystemTime};

use lacuna_train::event::TrainEvent;
use lacuna_train::observer::rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

/// Steps are told at most this often.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// A training, as the app shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Job {
    /// Version the model will have.
    pub(crate) version: u32,
    pub(crate) started: String,
    /// Pictures trained on.
    pub(crate) cases: usize,
    pub(crate) epoch: usize,
    pub(crate) epochs: usize,
    /// Steps done and to do, in all.
    pub(crate) step: usize,
    pub(crate) steps: usize,
    /// Of each epoch until now; null where it does not exist.
    pub(crate) losses: Vec<Option<f64>>,
    /// On known validation pixels.
    pub(crate) dice: Vec<Option<f64>>,
    #[schema(required)]
    pub(crate) seconds_left: Option<f64>,
    #[serde(skip)]
    begun: Begun,
}

/// When the time began to count, and at which step.
#[derive(Clone, Debug)]
struct Begun {
    time: Instant,
    step: usize,
    told: Instant,
}

impl Job {
    pub(super) fn new(version: u32, cases: usize, epochs: usize, steps_per_epoch: usize) -> Self {
        Self {
            version,
            started: rfc3339(SystemTime::now()),
            cases,
            epoch: 0,
            epochs,
            step: 0,
            steps: epochs * steps_per_epoch,
            losses: Vec::new(),
            dice: Vec::new(),
            seconds_left: None,
            begun: Begun { time: Instant::now(), step: 0, told: Instant::now() },
        }
    }

    /// The same after so many steps.
    pub(super) fn at(mut self, step: usize) -> Self {
        let each = (self.steps / self.epochs.max(1)).max(1);
        (self.step, self.epoch) = (step, (step / each + 1).min(self.epochs));
        self
    }

    /// The time left is measured anew.
    pub(super) fn resume(&mut self) {
        self.begun = Begun { time: Instant::now(), step: self.step, told: Instant::now() };
    }

    /// Takes note of an event; whether it is worth telling.
    pub(super) fn watch(&mut self, event: &TrainEvent) -> bool {
        match event {
            TrainEvent::EpochStarted { epoch, epochs, steps } => {
                (self.epoch, self.epochs, self.steps) = (*epoch, *epochs, epochs * steps);
                self.losses.truncate(epoch - 1);
                self.dice.truncate(epoch - 1);
                true
            }
            TrainEvent::Step { epoch, step, steps, .. } => {
                self.step = (epoch - 1) * steps + step;
                self.seconds_left = self.left();
                let due = self.begun.told.elapsed() >= TELL_EVERY;
                if due {
                    self.begun.told = Instant::now();
                }
                due
            }
            TrainEvent::EpochFinished(epoch) => {
                self.losses.push(epoch.train_loss);
                self.dice.push(epoch.metrics.get("val/dice/mean").copied().flatten());
                true
            }
            _ => false,
        }
    }

    fn left(&self) -> Option<f64> {
        let done = self.step.checked_sub(self.begun.step).filter(|done| *done > 0)?;
        let each = self.begun.time.elapsed().as_secs_f64() / done as f64;
        Some(each * self.steps.saturating_sub(self.step) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_over_epochs() {
        let mut job = Job::new(1, 5, 3, 10);
        assert!(job.watch(&TrainEvent::EpochStarted { epoch: 2, epochs: 3, steps: 10 }));
        let step =
            TrainEvent::Step { epoch: 2, step: 4, steps: 10, loss: None, lr: 0.1, skipped: true };
        job.watch(&step);
        assert_eq!((job.step, job.steps, job.epoch), (14, 30, 2));
        assert!(job.seconds_left.is_some_and(|left| left >= 0.0));
        let stopped = Job::new(1, 5, 3, 10).at(14);
        assert_eq!((stopped.step, stopped.epoch), (14, 2));
        job.resume();
        assert_eq!(job.left(), None, "after a stop there is nothing to measure yet");
    }
}
