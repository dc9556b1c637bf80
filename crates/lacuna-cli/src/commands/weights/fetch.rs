//! `lacuna weights fetch`: from the publisher's address, or from a file brought from elsewhere.
//!
//! The file gets its name only after its SHA-256 is known to be the published one.

use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use fs_err as fs;
use lacuna_data::atomic_file::write_atomic;
use lacuna_nn::weights::PublishedWeights;
use lacuna_train::Interrupt;
use lacuna_train::encoder_weights::weights_cache;
use serde::Serialize;

use super::checksum::{Hashing, Watched};
use super::{State, published, state};
use crate::cli::FetchArgs;
use crate::error_report::InputError;
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;

/// How long to wait for a connection, and for the start of an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was fetched.
#[derive(Serialize)]
struct Fetched<'a> {
    path: &'a Path,
    sha256: &'a str,
    bytes: u64,
}

/// Gets the file unless it is there already.
pub(super) fn run(arguments: &FetchArgs, printer: &Printer) -> Result<ExitStatus> {
    let weights = published(arguments.name);
    let path = weights_cache()?.join(weights.file_name);
    let interrupt = interrupt::listen(printer)?;
    if state(&path, weights.sha256)? == State::Ready {
        printer.message("these weights are on this machine already");
    } else {
        let source = match &arguments.from {
            Some(file) => from_file(file, &weights)?,
            None => from_publisher(&weights, &path, printer)?,
        };
        match store(source, &weights, &path, printer, &interrupt) {
            Err(_) if interrupt.is_raised() => return Ok(ExitStatus::Interrupted),
            other => other?,
        }
    }
    let fetched = Fetched { path: &path, sha256: weights.sha256, bytes: weights.bytes };
    printer.result(&fetched, || path.display().to_string())?;
    printer.hint("train with them: `lacuna train --encoder-weights imagenet …`");
    Ok(ExitStatus::Done)
}

fn from_file(file: &Path, weights: &PublishedWeights) -> Result<Box<dyn Read>> {
    let length = fs::metadata(file)?.len();
    if length != weights.bytes {
        let message = format!(
            "`{}` has {length} bytes, the published file has {}",
            file.display(),
            weights.bytes
        );
        return Err(InputError::new(message)
            .with_hint(format!("download {} again", weights.url))
            .into());
    }
    Ok(Box::new(fs::File::open(file)?))
}

fn from_publisher(
    weights: &PublishedWeights,
    path: &Path,
    printer: &Printer,
) -> Result<Box<dyn Read>> {
    printer.message(&format!("fetching {}", weights.url));
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .build()
        .into();
    let answer = agent.get(weights.url).call().map_err(|error| Unreachable {
        url: weights.url,
        hint: by_hand(weights, path),
        source: error,
    })?;
    Ok(Box::new(answer.into_body().into_reader()))
}

/// Copies the bytes to `path`: all of them and the right ones, or none.
fn store(
    source: Box<dyn Read>,
    weights: &PublishedWeights,
    path: &Path,
    printer: &Printer,
    interrupt: &Interrupt,
) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let kilobytes = |bytes: u64| bytes.div_ceil(1000) as usize;
    let progress = printer.progress("kilobytes", kilobytes(weights.bytes));
    let watch = |bytes: u64| {
        progress.set(kilobytes(bytes), kilobytes(weights.bytes));
        match (interrupt.is_raised(), bytes > weights.bytes) {
            (true, _) => Err(io::Error::other("interrupted")),
            (_, true) => Err(io::Error::other("the file is longer than the published one")),
            _ => Ok(()),
        }
    };
    let mut source = Watched::new(source, watch);
    let written = write_atomic(path, |file| {
        let mut hashing = Hashing::new(file);
        io::copy(&mut source, &mut hashing)?;
        let (sha256, bytes) = hashing.finish();
        if sha256 == weights.sha256 {
            return Ok(());
        }
        let reason = format!("{bytes} bytes with SHA-256 {sha256} are not the published file");
        Err(io::Error::new(io::ErrorKind::InvalidData, reason))
    });
    written
        .map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => anyhow::Error::new(
                InputError::new(error.to_string()).with_hint(by_hand(weights, path)),
            ),
            _ => anyhow::Error::new(error),
        })
        .context("the weights could not be fetched")
}

/// What to do without a network.
fn by_hand(weights: &PublishedWeights, path: &Path) -> String {
    format!(
        "on a machine with network, download {} and put it at `{}`, or give it to `lacuna weights fetch --from FILE`; \
         training also works without: `--encoder-weights none`",
        weights.url,
        path.display()
    )
}

/// The publisher did not answer as hoped.
#[derive(Debug, thiserror::Error)]
#[error("cannot fetch {url}")]
pub(crate) struct Unreachable {
    url: &'static str,
    hint: String,
    source: ureq::Error,
}

impl Unreachable {
    /// What the user can do about it.
    pub(crate) fn hint(&self) -> &str {
        &self.hint
    }
}
