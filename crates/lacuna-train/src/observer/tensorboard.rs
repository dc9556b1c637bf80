//! TensorBoard event files: scalars over optimiser steps, and pictures on request.
//!
//! The x axis of every scalar is the number of optimiser steps of the whole run, so that the curves of one
//! run lie above each other and a resumed run can say from which step on the old file no longer counts.

mod message;
mod record;

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use lacuna_data::Size;
use prost::Message;

use super::{Observer, ObserverError};
use crate::event::{EpochFinished, TrainEvent};
use message::{Event, Image, SessionLog, Summary, Value, event, value};

const FILE_VERSION: &str = "brain.Event:2";

/// Writes an `events.out.tfevents.…` file.
#[derive(Debug)]
pub struct TensorBoard {
    file: File,
    path: PathBuf,
    steps_per_epoch: usize,
}

impl TensorBoard {
    /// A new file in `folder`.
    pub fn create(folder: &Path) -> Result<Self, ObserverError> {
        let (file, path) = new_file(folder)?;
        let mut board = Self { file, path, steps_per_epoch: 0 };
        board.write(0, event::What::FileVersion(FILE_VERSION.to_owned()))?;
        Ok(board)
    }

    /// A new file in `folder` after which points of older files at `step` or later no longer count, as
    /// `SummaryWriter(purge_step=step)` in PyTorch; `step` is the first optimiser step that is written here.
    pub fn resume(folder: &Path, step: u64) -> Result<Self, ObserverError> {
        let mut board = Self::create(folder)?;
        board.write(step, event::What::SessionLog(SessionLog::start()))?;
        Ok(board)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a picture, given as the bytes of a PNG file of that size.
    pub fn picture(
        &mut self,
        tag: &str,
        step: u64,
        size: Size,
        png: &[u8],
    ) -> Result<(), ObserverError> {
        let image = Image {
            height: size.height as i32,
            width: size.width as i32,
            colorspace: Image::RGB,
            encoded_image_string: png.to_vec(),
        };
        let value = Value { tag: tag.to_owned(), value: Some(value::Value::Image(image)) };
        self.write(step, event::What::Summary(Summary { value: vec![value] }))
    }

    /// Adds numbers at one step; those that are `None` are left out.
    pub fn scalars(
        &mut self,
        step: u64,
        scalars: impl IntoIterator<Item = (String, Option<f64>)>,
    ) -> Result<(), ObserverError> {
        let value = scalars.into_iter().filter_map(|(tag, number)| {
            Some(Value { tag, value: Some(value::Value::SimpleValue(number? as f32)) })
        });
        let summary = Summary { value: value.collect() };
        if summary.value.is_empty() {
            return Ok(());
        }
        self.write(step, event::What::Summary(summary))
    }

    fn write(&mut self, step: u64, what: event::What) -> Result<(), ObserverError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let event = Event { wall_time: now.as_secs_f64(), step: step as i64, what: Some(what) };
        // One write for the whole record: TensorBoard waits for the end of one that is cut off.
        self.file
            .write_all(&record::framed(&event.encode_to_vec()))
            .map_err(ObserverError::write(&self.path))
    }

    fn epoch(&mut self, epoch: &EpochFinished) -> Result<(), ObserverError> {
        let step = epoch.epoch * self.steps_per_epoch;
        let own = [
            ("train/epoch_loss".to_owned(), epoch.train_loss),
            ("images_per_second".to_owned(), Some(epoch.images_per_second)),
        ];
        let metrics = epoch.metrics.iter().map(|(name, value)| (name.clone(), *value));
        self.scalars(step as u64, own.into_iter().chain(metrics))
    }
}

impl Observer for TensorBoard {
    fn on(&mut self, event: &TrainEvent) -> Result<(), ObserverError> {
        match event {
            TrainEvent::EpochStarted { steps, .. } => {
                self.steps_per_epoch = *steps;
                Ok(())
            }
            TrainEvent::Step { epoch, step, steps, loss, lr, .. } => {
                // A run resumed within an epoch may not announce it again.
                self.steps_per_epoch = *steps;
                let step = epoch.saturating_sub(1) * steps + step;
                let scalars = [("train/loss", *loss), ("lr", Some(*lr))];
                self.scalars(step as u64, scalars.map(|(tag, value)| (tag.to_owned(), value)))
            }
            TrainEvent::EpochFinished(epoch) => self.epoch(epoch),
            _ => Ok(()),
        }
    }
}

/// A file of the name TensorBoard looks for, which no other writer has.
fn new_file(folder: &Path) -> Result<(File, PathBuf), ObserverError> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let stem = format!("events.out.tfevents.{seconds}.{}.{}", host(), std::process::id());
    let mut number = 0_usize;
    loop {
        let path = folder.join(format!("{stem}.{number}"));
        match File::create_new(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            result => return result.map_err(ObserverError::write(&path)).map(|file| (file, path)),
        }
    }
}

/// The machine's name, as far as a file name may have it.
fn host() -> String {
    let named = std::env::var("HOSTNAME").or_else(|_| std::fs::read_to_string("/etc/hostname"));
    let kept = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
    let name: String = named.unwrap_or_default().chars().filter(kept).take(64).collect();
    if name.is_empty() { "localhost".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::examples;

    fn messages(path: &Path) -> Vec<Event> {
        let bytes = std::fs::read(path).unwrap();
        record::tests::read(&bytes).iter().map(|data| Event::decode(&data[..]).unwrap()).collect()
    }

    #[test]
    fn scalars_have_the_step_of_the_whole_run() {
        let folder = tempfile::tempdir().unwrap();
        let mut board = TensorBoard::create(folder.path()).unwrap();
        for event in examples() {
            board.on(&event).unwrap();
        }
        let name = board.path().file_name().unwrap().to_str().unwrap().to_owned();
        assert!(name.starts_with("events.out.tfevents."), "{name}");
        let read = messages(board.path());
        assert_eq!(read[0].what, Some(event::What::FileVersion("brain.Event:2".into())));
        let scalars = read[1..].iter().flat_map(|event| {
            let Some(event::What::Summary(summary)) = &event.what else { unreachable!() };
            summary.value.iter().map(|value| (event.step, value.tag.clone()))
        });
        let expected = [
            (1, "train/loss"),
            (1, "lr"),
            (2, "lr"), // the skipped step has no loss
            (2, "train/epoch_loss"),
            (2, "images_per_second"),
            (2, "val/coverage"),
            (2, "val/dice/gum"),
            (2, "val/dice/mean"),
        ];
        assert!(scalars.eq(expected.map(|(step, tag)| (step, tag.to_owned()))));
    }

    #[test]
    fn a_resumed_run_has_its_own_file_that_ends_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let first = TensorBoard::create(folder.path()).unwrap();
        let second = TensorBoard::resume(folder.path(), 7).unwrap();
        assert_ne!(first.path(), second.path());
        let read = messages(second.path());
        assert_eq!(read[1].step, 7);
        assert_eq!(read[1].what, Some(event::What::SessionLog(SessionLog::start())));
    }

    #[test]
    fn an_unwritable_folder_is_named() {
        let error = TensorBoard::create(Path::new("/no/such/folder")).unwrap_err();
        assert!(error.to_string().contains("/no/such/folder/events.out.tfevents."), "{error}");
    }
}
