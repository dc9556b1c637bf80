//! Progress as plain lines, for logs, pipes and tests: one line an epoch, and whatever is unusual.

use std::fmt::Write as _;
use std::io::Write;

use lacuna_nn::Precision;

use super::{Observer, ObserverError};
use crate::event::{DetectorStarted, EpochFinished, RunStarted, TrainEvent};

/// Writes a line for every event that is worth one.
#[derive(Debug)]
pub struct Lines<W>(W);

impl<W: Write> Lines<W> {
    /// Writes to `writer`.
    pub fn new(writer: W) -> Self {
        Self(writer)
    }
}

impl<W: Write> Observer for Lines<W> {
    fn on(&mut self, event: &TrainEvent) -> Result<(), ObserverError> {
        line(event).map_or(Ok(()), |line| {
            let written = writeln!(self.0, "{line}").and_then(|()| self.0.flush());
            written.map_err(ObserverError::Print)
        })
    }
}

/// The event as one line (two with a hint) without its end, if it is worth one.
pub fn line(event: &TrainEvent) -> Option<String> {
    match event {
        TrainEvent::RunStarted(started) => Some(run_started(started)),
        TrainEvent::DetectorStarted(started) => Some(detector_started(started)),
        TrainEvent::EpochFinished(epoch) => Some(epoch_finished(epoch)),
        TrainEvent::Warning { message, hint: None } => Some(format!("warning: {message}")),
        TrainEvent::Warning { message, hint: Some(hint) } => {
            Some(format!("warning: {message}\nhint: {hint}"))
        }
        TrainEvent::EarlyStopped { epoch, best_epoch, patience } => Some(format!(
            "stopped early after epoch {epoch}: no better than epoch {best_epoch} for {patience} epochs"
        )),
        TrainEvent::Interrupted { epoch, step } => {
            Some(format!("interrupted in epoch {epoch} after step {step}; go on with `--resume`"))
        }
        TrainEvent::RunFinished { epochs, best_epoch, best_metric, seconds } => {
            let best = best_epoch
                .zip(*best_metric)
                .map(|(epoch, metric)| format!(", best {metric:.3} in epoch {epoch}"));
            let best = best.unwrap_or_default();
            Some(format!("finished {epochs} epochs in {}{best}", duration(*seconds)))
        }
        TrainEvent::EpochStarted { .. }
        | TrainEvent::Step { .. }
        | TrainEvent::Validation(_)
        | TrainEvent::CheckpointSaved { .. } => None,
    }
}

fn run_started(started: &RunStarted) -> String {
    let RunStarted { run, config, classes, cases, parameters, device, threads, .. } = started;
    let [height, width] = config.image_size;
    let millions = *parameters as f64 / 1e6;
    let precision = match config.precision {
        Precision::F32 => "",
        Precision::Bf16 => " in bf16",
    };
    let resumed = started.resumed_after;
    let resumed = resumed.map(|epoch| format!(", resumed after epoch {epoch}")).unwrap_or_default();
    format!(
        "run {run}: {} for {}, {} train / {} validation / {} test, {height}×{width} px, \
         {millions:.2} M parameters, {device} with {threads} threads{precision}{resumed}",
        config.policy,
        classes.join(" and "),
        cases.train,
        cases.validation,
        cases.test,
    )
}

fn detector_started(started: &DetectorStarted) -> String {
    let DetectorStarted { run, train, validation, boxes, short_side, device, threads, .. } =
        started;
    let millions = started.parameters as f64 / 1e6;
    let resumed = started.resumed_after;
    let resumed = resumed.map(|epoch| format!(", resumed after epoch {epoch}")).unwrap_or_default();
    format!(
        "run {run}: detector, {train} pictures with {boxes} boxes / {validation} validation, \
         shorter side {short_side} px, {millions:.2} M parameters, {device} with {threads} threads{resumed}"
    )
}

fn epoch_finished(finished: &EpochFinished) -> String {
    let EpochFinished { epoch, epochs, train_loss, lr, metrics, skipped_batches, .. } = finished;
    let width = epochs.to_string().len();
    let loss = train_loss.map_or("-".to_owned(), |loss| format!("{loss:.4}"));
    let mut text = format!("epoch {epoch:>width$}/{epochs}  loss {loss}  lr {lr:.2e}");
    for (name, value) in metrics {
        let name = name.strip_prefix("val/").unwrap_or(name);
        let value = value.map_or("-".to_owned(), |value| format!("{value:.3}"));
        // Writing to a string cannot fail.
        let _ = write!(text, "  {name} {value}");
    }
    if *skipped_batches > 0 {
        let _ = write!(text, "  batches without evidence: {skipped_batches}");
    }
    let (speed, time) = (finished.images_per_second, duration(finished.seconds));
    let _ = write!(text, "  {speed:.1} images/s  {time}");
    text
}

/// Seconds as a person reads them: `3.5 s`, `2 min 05 s`, `1 h 02 min`.
fn duration(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3_600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3_600, whole / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::examples;

    #[test]
    fn a_run_reads_like_this() {
        let mut out = Vec::new();
        let mut lines = Lines::new(&mut out);
        for event in examples() {
            lines.on(&event).unwrap();
        }
        let expected = "\
run run: fusion+box for gum and teeth, 16 train / 4 validation / 4 test, 128×160 px, 14.33 M parameters, cpu with 2 threads
epoch 1/2  loss 0.7500  lr 1.00e-2  coverage 0.375  dice/gum 0.625  dice/mean 0.625  dice/teeth -  batches without evidence: 1  4.2 images/s  3.5 s
warning: class `gum` has no negatives
stopped early after epoch 2: no better than epoch 1 for 1 epochs
interrupted in epoch 2 after step 1; go on with `--resume`
finished 2 epochs in 12.5 s, best 0.625 in epoch 1
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_detector_begins_like_this() {
        let started = DetectorStarted {
            run: "boxes".into(),
            train: 40,
            validation: 10,
            boxes: 41,
            short_side: 320,
            parameters: 18_900_000,
            device: "cpu".into(),
            threads: 2,
            resumed_after: Some(3),
        };
        let text = line(&TrainEvent::DetectorStarted(started)).unwrap();
        assert_eq!(
            text,
            "run boxes: detector, 40 pictures with 41 boxes / 10 validation, shorter side 320 px, \
             18.90 M parameters, cpu with 2 threads, resumed after epoch 3"
        );
    }

    #[test]
    fn durations_are_rounded_for_people() {
        let table = [
            (0.04, "0.0 s"),
            (59.4, "59.4 s"),
            (59.6, "1 min 00 s"),
            (125.0, "2 min 05 s"),
            (3_720.0, "1 h 02 min"),
        ];
        for (seconds, expected) in table {
            assert_eq!(duration(seconds), expected);
        }
    }
}
