//! Processor and memory, as far as the system tells without asking for more rights.

use std::path::Path;

use serde::Serialize;

/// The processor.
#[derive(Debug, Serialize)]
pub(super) struct Processor {
    pub(super) model: Option<String>,
    /// Of those that matter to the speed of training.
    pub(super) features: Vec<&'static str>,
    pub(super) cores: usize,
}

/// Main memory, in bytes.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Memory {
    pub(super) total: u64,
    pub(super) available: Option<u64>,
}

impl Processor {
    pub(super) fn look() -> Self {
        let text = read(Path::new("/proc/cpuinfo"));
        Self {
            model: text.as_deref().and_then(model_name),
            features: features(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

impl Memory {
    /// `None` where the system has no `/proc/meminfo`.
    pub(super) fn look() -> Option<Self> {
        parse_memory(&read(Path::new("/proc/meminfo"))?)
    }
}

fn read(path: &Path) -> Option<String> {
    fs_err::read_to_string(path).ok()
}

fn model_name(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn parse_memory(meminfo: &str) -> Option<Memory> {
    let bytes = |key: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        kibibytes.checked_mul(1024)
    };
    Some(Memory { total: bytes("MemTotal")?, available: bytes("MemAvailable") })
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    let table = [
        ("sse4.1", std::is_x86_feature_detected!("sse4.1")),
        ("avx", std::is_x86_feature_detected!("avx")),
        ("avx2", std::is_x86_feature_detected!("avx2")),
        ("fma", std::is_x86_feature_detected!("fma")),
        ("avx512f", std::is_x86_feature_detected!("avx512f")),
        ("avx512bw", std::is_x86_feature_detected!("avx512bw")),
        ("avx512vnni", std::is_x86_feature_detected!("avx512vnni")),
    ];
    table.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect()
}

#[cfg(target_arch = "aarch64")]
fn features() -> Vec<&'static str> {
    let table = [
        ("neon", std::arch::is_aarch64_feature_detected!("neon")),
        ("dotprod", std::arch::is_aarch64_feature_detected!("dotprod")),
        ("sve", std::arch::is_aarch64_feature_detected!("sve")),
    ];
    table.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_says_is_understood_and_anything_else_is_unknown() {
        let text = "MemTotal:       2048 kB\nMemFree: 5 kB\nMemAvailable:   1024 kB\n";
        let memory = Memory { total: 2048 * 1024, available: Some(1024 * 1024) };
        assert_eq!(parse_memory(text), Some(memory));
        for text in ["", "MemTotal: many kB\n", "MemTotal: 99999999999999999999 kB\n"] {
            assert_eq!(parse_memory(text), None, "{text}");
        }
        assert_eq!(model_name("processor: 0\nmodel name\t: A B\n").as_deref(), Some("A B"));
        assert_eq!(model_name("Hardware : x\n"), None);
    }
}
