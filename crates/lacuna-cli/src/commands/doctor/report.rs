//! All that was found, as JSON and in words.

use lacuna_nn::engine;
use serde::Serialize;

use super::folder::Folder;
use super::machine::{Memory, Processor};
use crate::commands::weights::{self, State};

/// Below this much free memory training is likely to fail.
const LITTLE_MEMORY: u64 = 2 << 30;

/// What the doctor found.
#[derive(Serialize)]
pub(super) struct Report {
    version: &'static str,
    system: &'static str,
    architecture: &'static str,
    processor: Processor,
    threads: usize,
    memory: Option<Memory>,
    devices: Vec<Device>,
    weights: Vec<weights::Entry>,
    weights_problem: Option<String>,
    environment: Vec<[String; 2]>,
    folder: Folder,
}

/// A kind of device.
#[derive(Serialize)]
struct Device {
    kind: &'static str,
    built_in: bool,
    count: usize,
}

/// Something that might get in the way.
pub(super) struct Finding {
    pub(super) message: String,
    pub(super) hint: String,
}

impl Report {
    pub(super) fn collect() -> Self {
        let (weights, weights_problem) = match weights::entries() {
            Ok(entries) => (entries, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            system: std::env::consts::OS,
            architecture: std::env::consts::ARCH,
            processor: Processor::look(),
            threads: engine::threads(),
            memory: Memory::look(),
            devices: engine::device_kinds().iter().map(Device::of).collect(),
            weights,
            weights_problem,
            environment: environment(),
            folder: Folder::look(),
        }
    }

    /// One line a fact.
    pub(super) fn text(&self) -> String {
        let mut lines = vec![
            ("lacuna", format!("{} on {} ({})", self.version, self.system, self.architecture)),
            ("processor", self.processor.model.clone().unwrap_or_else(unknown)),
            ("features", list(&self.processor.features)),
            ("cores", format!("{}, working with {} threads", self.processor.cores, self.threads)),
            ("memory", self.memory.as_ref().map_or_else(unknown, Memory::words)),
        ];
        lines.extend(self.devices.iter().map(|device| ("device", device.words())));
        lines.extend(self.weights.iter().map(|entry| ("weights", weight_words(entry))));
        lines.extend(
            self.environment.iter().map(|[name, value]| ("environment", format!("{name}={value}"))),
        );
        lines.push(("folder", self.folder.path.clone().unwrap_or_else(unknown)));
        lines.iter().map(|(head, text)| format!("{head:<12} {text}\n")).collect()
    }

    /// What might get in the way, and what to do about it.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let processor = self.slow_processor();
        let memory = self.memory.as_ref().and_then(Memory::finding);
        let weights =
            self.weights.iter().find(|entry| entry.state != State::Ready).map(|entry| Finding {
                message: format!("encoder weights `{}`: {}", entry.name, entry.state.words()),
                hint: format!(
                    "`lacuna weights fetch {}`, or train with `--encoder-weights none`",
                    entry.name
                ),
            });
        let cache = self.weights_problem.as_ref().map(|problem| Finding {
            message: problem.clone(),
            hint: "set LACUNA_CACHE to a folder for downloaded weights".to_owned(),
        });
        let folder = self.folder.problem.as_ref().map(|problem| Finding {
            message: format!("nothing can be written in this folder: {problem}"),
            hint: "go to a folder of yours, or name one with `--output-dir`".to_owned(),
        });
        [processor, memory, weights, cache, folder].into_iter().flatten().collect()
    }

    fn slow_processor(&self) -> Option<Finding> {
        let is_old = self.architecture == "x86_64" && !self.processor.features.contains(&"avx2");
        is_old.then(|| Finding {
            message: "the processor has no AVX2: training will be several times slower".to_owned(),
            hint: "use a newer machine for training, or a smaller `--image-size`".to_owned(),
        })
    }
}

impl Device {
    fn of(kind: &engine::DeviceKind) -> Self {
        Self { kind: kind.name, built_in: kind.built_in, count: kind.count }
    }

    fn words(&self) -> String {
        match (self.built_in, self.count) {
            (false, _) => format!("{}: not built in (`--features {}`)", self.kind, self.kind),
            (true, 0) => format!("{}: built in, none found", self.kind),
            (true, count) => format!("{}: {count}", self.kind),
        }
    }
}

impl Memory {
    fn words(&self) -> String {
        let gigabytes = |bytes: u64| format!("{:.1} GB", bytes as f64 / 1e9);
        let free =
            self.available.map_or(String::new(), |bytes| format!(", {} free", gigabytes(bytes)));
        format!("{}{free}", gigabytes(self.total))
    }

    fn finding(&self) -> Option<Finding> {
        let is_little = self.available.unwrap_or(self.total) < LITTLE_MEMORY;
        is_little.then(|| Finding {
            message: format!("little memory: {}", self.words()),
            hint: "close other programs, or use a smaller `--batch-size` and `--image-size`"
                .to_owned(),
        })
    }
}

fn weight_words(entry: &weights::Entry) -> String {
    format!("{}: {} ({})", entry.name, entry.state.words(), entry.path.display())
}

/// The variables that change what this program does, sorted.
fn environment() -> Vec<[String; 2]> {
    let ours = |name: &str| {
        name.starts_with("LACUNA_") || matches!(name, "NO_COLOR" | "RAYON_NUM_THREADS")
    };
    let mut found: Vec<[String; 2]> = std::env::vars_os()
        .map(|(name, value)| [name, value].map(|text| text.to_string_lossy().into_owned()))
        .filter(|[name, _]| ours(name))
        .collect();
    found.sort();
    found
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "none known".to_owned() } else { names.join(" ") }
}

fn unknown() -> String {
    "unknown".to_owned()
}
