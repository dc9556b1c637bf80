//! How fast this machine trains and predicts: whole steps, on made-up pictures, as a training makes them.

mod cpu;
mod memory;

pub use cpu::Cpu;

use std::time::Instant;

use lacuna_data::Size;
use lacuna_nn::engine::{self, Device};
use lacuna_nn::{
    Activation, Denominator, Gradients, Loss, LossConfig, LossError, Optimizer, OptimizerConfig,
    OptimizerError, Precision, Unet, UnetConfig, UnetError,
};
use serde::Serialize;

use crate::interrupt::Interrupt;
use crate::predict::Network;

/// A training step costs about three forward passes: forward, input gradients, weight gradients.
const PASSES_OF_A_STEP: f64 = 3.0;
/// Operations of a multiply-add.
const OPERATIONS: f64 = 2.0;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// Forward, loss, backward and update.
    Train,
    /// The forward pass of a trained network.
    Infer,
}

/// One thing to measure.
#[derive(Clone, Debug)]
pub struct BenchConfig {
    /// What is measured.
    pub work: Work,
    /// The network.
    pub network: UnetConfig,
    /// Size of its input.
    pub image_size: Size,
    /// Pictures a step.
    pub batch_size: usize,
    /// Steps that are measured, after one that is not.
    pub steps: usize,
    /// Device.
    pub device: String,
    /// Number format of the convolutions; only the CPU has others than f32.
    pub precision: Precision,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The network.
    #[error(transparent)]
    Network(#[from] UnetError),
    /// Its input.
    #[error("image size {size} must be divisible by {divisor}")]
    Size {
        /// The size.
        size: Size,
        /// What both sides must be multiples of.
        divisor: usize,
    },
    /// The device has no such number format.
    #[error("precision {} is only for the CPU, not for `{device}`", precision.name())]
    Precision {
        /// The number format.
        precision: Precision,
        /// The device.
        device: String,
    },
    /// Nothing to do.
    #[error("a measurement needs at least one picture and one step")]
    Nothing,
    /// The device.
    #[error(transparent)]
    Device(#[from] engine::DeviceError),
    /// The loss.
    #[error(transparent)]
    Loss(#[from] LossError),
    /// The optimizer.
    #[error(transparent)]
    Optimizer(#[from] OptimizerError),
    /// The device did not deliver its values.
    #[error("the device failed: {reason}")]
    Failed {
        /// What it said.
        reason: String,
    },
    /// No instruction set of that name.
    #[error(
        "unknown instruction set `{name}`: known are portable, avx2, avx512, avx512-bf16 and amx"
    )]
    UnknownIsa {
        /// The name as given.
        name: String,
    },
    /// An instruction set that this processor lacks.
    #[error(transparent)]
    Isa(#[from] lacuna_nn::cpu::UnavailableIsa),
    /// Stopped by the user.
    #[error("interrupted")]
    Interrupted,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measurement {
    /// What was measured.
    pub work: Work,
    /// Network.
    pub architecture: lacuna_nn::Architecture,
    /// Stages of its encoder.
    pub encoder_depth: usize,
    /// Height and width of its input.
    pub image_size: [usize; 2],
    /// Pictures a step.
    pub batch_size: usize,
    /// Device.
    pub device: String,
    /// Threads of the processor.
    pub threads: usize,
    /// Number format.
    pub precision: Precision,
    /// Median of the steps.
    pub median_seconds: f64,
    /// The fastest step.
    pub best_seconds: f64,
    /// Pictures a second, of the median.
    pub images_per_second: f64,
    /// Operations a second of the convolutions as they are defined, of the median; algorithms that need fewer
    /// multiplications can exceed the processor's peak.
    pub operations_per_second: f64,
    /// The most memory the process has held so far, where the system says so.
    pub peak_bytes: Option<u64>,
}

/// Measures one thing; `progress` hears of steps done and their number.
///
/// # Errors
/// See [`BenchError`].
pub fn measure(
    config: &BenchConfig,
    progress: &mut dyn FnMut(usize, usize),
    interrupt: &Interrupt,
) -> Result<Measurement, BenchError> {
    let mut bench = Bench::new(config)?;
    let mut seconds = Vec::with_capacity(config.steps);
    for step in 0..=config.steps {
        if interrupt.is_raised() {
            return Err(BenchError::Interrupted);
        }
        let start = Instant::now();
        bench.step()?;
        // the first step fills caches and buffers
        if step > 0 {
            seconds.push(start.elapsed().as_secs_f64());
        }
        progress(step, config.steps);
    }
    seconds.sort_by(f64::total_cmp);
    Ok(config.measurement(seconds[seconds.len() / 2], seconds[0]))
}

impl BenchConfig {
    fn measurement(&self, median: f64, best: f64) -> Measurement {
        let size = [self.image_size.height, self.image_size.width];
        let passes = if self.work == Work::Train { PASSES_OF_A_STEP } else { 1.0 };
        let operations = OPERATIONS * self.network.multiply_adds(size) as f64 * passes;
        let images_per_second = self.batch_size as f64 / median;
        Measurement {
            work: self.work,
            architecture: self.network.architecture,
            encoder_depth: self.network.encoder_depth,
            image_size: size,
            batch_size: self.batch_size,
            device: self.device.clone(),
            threads: engine::threads(),
            precision: self.precision,
            median_seconds: median,
            best_seconds: best,
            images_per_second,
            operations_per_second: operations * images_per_second,
            peak_bytes: memory::peak_bytes(),
        }
    }
}

/// A network with a batch of made-up pictures.
struct Bench<'a> {
    config: &'a BenchConfig,
    device: Device,
    model: Unet,
    loss: Loss,
    optimizer: Optimizer,
    images: Vec<f32>,
    target: Vec<f32>,
    weight: Vec<f32>,
}

impl<'a> Bench<'a> {
    fn new(config: &'a BenchConfig) -> Result<Self, BenchError> {
        let (size, divisor) = (config.image_size, config.network.size_divisor());
        if config.batch_size == 0 || config.steps == 0 {
            return Err(BenchError::Nothing);
        }
        if size.area() == 0 || size.height % divisor != 0 || size.width % divisor != 0 {
            return Err(BenchError::Size { size, divisor });
        }
        if !config.precision.is_available_on(&config.device) {
            let (precision, device) = (config.precision, config.device.clone());
            return Err(BenchError::Precision { precision, device });
        }
        let device = engine::device(&config.device)?;
        let model = config.network.init(0, &device)?;
        let model = if config.work == Work::Train { model } else { model.evaluation() };
        let pixels = config.batch_size * size.area();
        let classes = config.network.classes;
        Ok(Self {
            config,
            device,
            model,
            loss: LossConfig::default().init(classes)?,
            optimizer: OptimizerConfig::PAPER.init()?,
            images: (0..3 * pixels).map(|i| (i * 7919 % 1009) as f32 / 504.5 - 1.0).collect(),
            target: (0..classes * pixels).map(|i| (i / 7 % 2) as f32).collect(),
            // a third is unknown
            weight: (0..classes * pixels).map(|i| f32::from(i % 3 != 0)).collect(),
        })
    }

    fn step(&mut self) -> Result<(), BenchError> {
        match self.config.work {
            Work::Train => self.train(),
            Work::Infer => self.infer(),
        }
    }

    fn infer(&self) -> Result<(), BenchError> {
        let BenchConfig { batch_size, image_size, .. } = *self.config;
        let images = self.images.clone();
        let activation = Activation::Sigmoid;
        let network = Network { model: &self.model, activation, device: &self.device };
        let forward = || network.probabilities(images, batch_size, image_size);
        self.config
            .precision
            .autocast(forward)
            .map(drop)
            .map_err(|reason| BenchError::Failed { reason })
    }

    fn train(&mut self) -> Result<(), BenchError> {
        let Size { width, height } = self.config.image_size;
        let n = self.config.batch_size;
        let shape = [n, self.config.network.classes, height, width];
        let denominator = Denominator::of(&self.weight, shape)?;
        let images = engine::tensor(self.images.clone(), [n, 3, height, width], &self.device);
        let logits = self.config.precision.autocast(|| self.model.forward(images));
        let loss = self.loss.forward(logits, &self.target, &self.weight, &denominator)?;
        let gradients = Gradients::of(&loss.total, &self.model);
        self.optimizer.step_in_place(&mut self.model, &gradients, 0.01);
        // reading the loss waits for a device that works on its own
        engine::values(loss.total).map(drop).map_err(|reason| BenchError::Failed { reason })
    }
}

#[cfg(test)]
mod tests {
    use lacuna_nn::Architecture;

    use super::*;

    fn config(work: Work) -> BenchConfig {
        let architecture = Architecture::UnetResnet18;
        BenchConfig {
            work,
            network: UnetConfig { architecture, encoder_depth: 3, classes: 2 },
            image_size: Size::new(16, 8),
            batch_size: 2,
            steps: 3,
            device: "cpu".to_owned(),
            precision: Precision::F32,
        }
    }

    #[test]
    fn steps_are_measured_and_counted() {
        let works = [(Work::Train, 3.0), (Work::Infer, 1.0)];
        let works =
            works.into_iter().flat_map(|work| [Precision::F32, Precision::Bf16].map(|p| (work, p)));
        for ((work, passes), precision) in works {
            let mut heard = Vec::new();
            let mut progress = |done, total| heard.push((done, total));
            let config = BenchConfig { precision, ..config(work) };
            let found = measure(&config, &mut progress, &Interrupt::new()).unwrap();
            assert_eq!(heard, [(0, 3), (1, 3), (2, 3), (3, 3)]);
            assert!(found.best_seconds > 0.0 && found.best_seconds <= found.median_seconds);
            assert_eq!(found.images_per_second, 2.0 / found.median_seconds);
            let operations = 2.0 * passes * config.network.multiply_adds([8, 16]) as f64;
            assert!(
                (found.operations_per_second / found.images_per_second / operations - 1.0).abs()
                    < 1e-9
            );
        }
    }

    #[test]
    fn what_cannot_be_measured_is_named() {
        let measure = |config: &BenchConfig| {
            super::measure(config, &mut |_, _| (), &Interrupt::new()).unwrap_err().to_string()
        };
        let odd = BenchConfig { image_size: Size::new(12, 8), ..config(Work::Train) };
        assert!(measure(&odd).contains("divisible by 8"));
        assert!(measure(&BenchConfig { steps: 0, ..config(Work::Infer) }).contains("at least one"));
        let elsewhere = BenchConfig {
            device: "cuda".to_owned(),
            precision: Precision::Bf16,
            ..config(Work::Train)
        };
        assert_eq!(measure(&elsewhere), "precision bf16 is only for the CPU, not for `cuda`");
        let interrupt = Interrupt::new();
        interrupt.raise();
        let stopped = super::measure(&config(Work::Infer), &mut |_, _| (), &interrupt);
        assert!(matches!(stopped, Err(BenchError::Interrupted)));
    }
}
