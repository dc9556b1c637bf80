//! The processor, the instruction set used, and the most it can do.

use lacuna_nn::cpu::{self, Isa};
use lacuna_nn::engine;
use serde::Serialize;

use super::BenchError;

/// Measurements of the peak, of which the best counts.
const ROUNDS: usize = 20;

/// The processor and what it was measured to do at most.
#[derive(Clone, Debug, Serialize)]
pub struct Cpu {
    /// The instruction set used.
    pub isa: &'static str,
    /// Threads.
    pub threads: usize,
    /// Single-precision operations a second of all threads together, measured.
    pub operations_per_second: f64,
    #[serde(skip)]
    choice: Isa,
}

impl Cpu {
    /// Measures the processor with the instruction set of that name, or its best.
    ///
    /// # Errors
    /// When there is no such instruction set, or this processor lacks it.
    pub fn measure(name: Option<&str>) -> Result<Self, BenchError> {
        let choice = match name {
            None => Isa::best(),
            Some(name) => by_name(name)?,
        };
        Ok(Self {
            isa: choice.name(),
            threads: engine::threads(),
            operations_per_second: choice.with(|| cpu::peak(ROUNDS))?,
            choice,
        })
    }

    /// Calls `work` with this instruction set.
    ///
    /// # Errors
    /// When this processor lacks it.
    pub fn with<R>(&self, work: impl FnOnce() -> R) -> Result<R, BenchError> {
        Ok(self.choice.with(work)?)
    }
}

fn by_name(name: &str) -> Result<Isa, BenchError> {
    let known = Isa::ALL.into_iter().find(|isa| isa.key() == name);
    known.ok_or_else(|| BenchError::UnknownIsa { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instruction_sets_go_by_their_keys() {
        for isa in Isa::ALL {
            assert_eq!(by_name(isa.key()).unwrap(), isa);
        }
        let unknown = by_name("sse9").unwrap_err().to_string();
        assert!(Isa::ALL.iter().all(|isa| unknown.contains(isa.key())), "{unknown}");
        let cpu = Cpu::measure(Some("portable")).unwrap();
        assert!(cpu.operations_per_second > 0.0);
        assert_eq!(cpu.with(|| 3).unwrap(), 3);
    }
}
