//! Training, prediction and evaluation: what happens between a data set and a run folder.
//!
//! A [`TrainConfig`] says how to train; a [`RunDir`] holds everything a run leaves behind; the trainer tells
//! what happens as [`TrainEvent`]s, and [`Observer`]s write them down (event log, metrics table, TensorBoard)
//! or show them. The trainer knows no observer, and no observer knows the trainer.

pub mod active;
pub mod agreement;
pub mod bench;
pub mod cases;
pub mod checkpoint;
pub mod config;
pub mod detection;
pub mod evaluate;
pub mod event;
pub mod explain;
pub mod interrupt;
pub mod observer;
pub mod plan;
pub mod predict;
pub mod profile;
pub mod protocol;
pub mod run_dir;
pub mod schedule;
pub mod summary;
pub mod trainer;
pub mod training;
pub mod verification;

/// Where published encoder weights are kept on this machine.
pub mod encoder_weights {
    pub use crate::trainer::encoder::{EncoderError, imagenet_file, weights_cache};
}

pub use config::{ConfigError, RawConfig, TrainConfig};
pub use event::TrainEvent;
pub use interrupt::Interrupt;
pub use observer::{Observer, ObserverError, Observers};
pub use run_dir::{RunDir, RunDirError};
pub use schedule::Schedule;
pub use summary::Summary;
