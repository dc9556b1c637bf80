//! `lacuna weights`: published encoder weights, and other people's weight files.

mod checksum;
mod convert;
mod fetch;

pub(crate) use fetch::Unreachable;

use std::path::{Path, PathBuf};

use anyhow::Result;
use lacuna_nn::weights::{ENCODER_WEIGHTS_RESNET18, PublishedWeights};
use lacuna_report::{Cell, Column, Table};
use lacuna_train::encoder_weights::weights_cache;
use serde::Serialize;

use crate::cli::{PublishedArg, WeightsAction, WeightsArgs};
use crate::exit_status::ExitStatus;
use crate::printer::Printer;

/// Lists, fetches or converts.
pub(crate) fn run(arguments: &WeightsArgs, printer: &Printer) -> Result<ExitStatus> {
    match &arguments.action {
        WeightsAction::List => list(printer),
        WeightsAction::Fetch(arguments) => fetch::run(arguments, printer),
        WeightsAction::Convert(arguments) => convert::run(arguments, printer),
    }
}

/// Every published weight file with the name it is asked for by.
const PUBLISHED: [(&str, PublishedWeights); 1] = [("resnet18", ENCODER_WEIGHTS_RESNET18)];

fn published(name: PublishedArg) -> PublishedWeights {
    match name {
        PublishedArg::Resnet18 => ENCODER_WEIGHTS_RESNET18,
    }
}

/// Whether a published file is on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// There, with the right checksum.
    Ready,
    /// Not there.
    Absent,
    /// There, but not the published file.
    Damaged,
}

/// A published weight file and where it would lie here.
#[derive(Serialize)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) state: State,
    pub(super) path: PathBuf,
    url: &'static str,
    sha256: &'static str,
    bytes: u64,
}

/// All published weight files. Reads those that are there.
pub(super) fn entries() -> Result<Vec<Entry>> {
    let cache = weights_cache()?;
    let entry = |(name, weights): (&'static str, PublishedWeights)| {
        let path = cache.join(weights.file_name);
        let PublishedWeights { url, sha256, bytes, .. } = weights;
        Ok(Entry { name, state: state(&path, sha256)?, path, url, sha256, bytes })
    };
    PUBLISHED.into_iter().map(entry).collect()
}

fn state(path: &Path, sha256: &str) -> Result<State> {
    if !path.is_file() {
        return Ok(State::Absent);
    }
    Ok(if checksum::of_file(path)? == sha256 { State::Ready } else { State::Damaged })
}

fn list(printer: &Printer) -> Result<ExitStatus> {
    let entries = entries()?;
    printer.result(&entries, || {
        let columns = vec![Column::text("name"), Column::text("state"), Column::number("MB")];
        let mut table = Table::new("Published encoder weights", columns);
        for entry in &entries {
            let megabytes = Cell::number(entry.bytes as f64 / 1e6, 1);
            table.row(vec![Cell::text(entry.name), Cell::text(entry.state.words()), megabytes]);
        }
        let places =
            entries.iter().map(|entry| format!("{}: {}\n", entry.name, entry.path.display()));
        format!("{}\n{}", table.to_text(), places.collect::<String>())
    })?;
    if entries.iter().any(|entry| entry.state != State::Ready) {
        printer.hint("get them with `lacuna weights fetch NAME`");
    }
    Ok(ExitStatus::Done)
}

impl State {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Ready => "on this machine",
            Self::Absent => "not on this machine",
            Self::Damaged => "damaged: fetch it again",
        }
    }
}
