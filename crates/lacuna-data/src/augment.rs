//! From a case to a training sample: resizing, random geometry and random colour.
//!
//! Geometry must not erase evidence: it is one set of bits per class and pixel, pooled by whole
//! pixels first ([`ReducedCase`]) and warped once; target and weight are derived afterwards.

mod geometric;
mod normalization;
mod photometric;
mod placement;

pub use geometric::{Affine, ReducedCase};
pub use normalization::{ChannelSums, Normalization};
pub use placement::{Placement, Resize};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tracing::debug_span;

use crate::image::Size;
use crate::supervision::{Evidence, SupervisionPolicy, policy::Supervision};

/// How much a sample is varied at random.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augmentation {
    /// Rotation about the centre, uniform in ± this many degrees.
    pub rotation: f64,
    /// Probability of a left-right flip.
    pub horizontal_flip: f64,
    /// Brightness factor, uniform in 1 ± this.
    pub brightness: f64,
    /// Contrast factor, uniform in 1 ± this.
    pub contrast: f64,
    /// Saturation factor, uniform in 1 ± this.
    pub saturation: f64,
    /// Standard deviation of a Gaussian blur in pixels, uniform between the two; `None` for none.
    pub blur_sigma: Option<[f64; 2]>,
    /// Side of the blur's kernel in pixels, odd.
    pub blur_kernel: usize,
}

impl Augmentation {
    /// No variation.
    pub const NONE: Self = Self {
        rotation: 0.0,
        horizontal_flip: 0.0,
        brightness: 0.0,
        contrast: 0.0,
        saturation: 0.0,
        blur_sigma: None,
        blur_kernel: 5,
    };

    /// The paper's: rotation ±30°, flip with probability ½, colour jitter ±20 %, blur with
    /// σ in .01–.2 and kernel 5.
    pub const PAPER: Self = Self {
        rotation: 30.0,
        horizontal_flip: 0.5,
        brightness: 0.2,
        contrast: 0.2,
        saturation: 0.2,
        blur_sigma: Some([0.01, 0.2]),
        blur_kernel: 5,
    };
}

impl Default for Augmentation {
    /// The paper's without the blur, which changes nothing visible.
    fn default() -> Self {
        let mut augmentation = Self::PAPER;
        augmentation.blur_sigma = None;
        augmentation
    }
}

/// Everything that turns a case into network input, fixed for a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleConfig {
    /// Size of the network's input.
    pub frame: Size,
    /// How a picture of another shape is fitted into the frame.
    pub resize: Resize,
    /// Random variation.
    pub augmentation: Augmentation,
    /// Colour normalisation.
    pub normalization: Normalization,
    /// What pixels beyond the picture's border look like.
    pub fill: Fill,
}

/// The colour of pixels beyond the picture's border.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fill {
    /// The mean colour, 0 after normalisation.
    #[default]
    Mean,
    /// Black before normalisation, as torchvision's rotation fills.
    Black,
}

/// One network input with its supervision.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Normalised picture, `[3, height, width]`.
    pub image: Vec<f32>,
    /// Target and weight, each `[classes, height, width]`.
    pub supervision: Supervision,
}

impl SampleConfig {
    /// Draws one sample of a case.
    pub fn draw(
        &self,
        case: &ReducedCase,
        policy: &SupervisionPolicy,
        rng: &mut ChaCha8Rng,
    ) -> Sample {
        let affine = self.random_affine(case, rng);
        let mut rgb = debug_span!("warp_image").in_scope(|| case.warp_image(&affine, self.frame));
        let vary = || photometric::vary(&mut rgb, self.frame, &self.augmentation, rng);
        debug_span!("vary_colors").in_scope(vary);
        let evidence =
            debug_span!("warp_evidence").in_scope(|| case.warp_evidence(&affine, self.frame));
        Sample {
            image: debug_span!("normalize").in_scope(|| self.normalize(rgb, &affine, case)),
            supervision: debug_span!("supervise").in_scope(|| policy.supervise(&evidence)),
        }
    }

    /// The network's view of a case without random variation, normalised `[3, height, width]`.
    pub fn view(&self, case: &ReducedCase) -> Vec<f32> {
        let affine = self.placement(case).affine();
        self.normalize(case.warp_image(&affine, self.frame), &affine, case)
    }

    /// The evidence of a case in the frame, without random variation.
    pub fn view_evidence(&self, case: &ReducedCase) -> Evidence {
        case.warp_evidence(&self.placement(case).affine(), self.frame)
    }

    /// Where a case's picture lies in the frame.
    pub fn placement(&self, case: &ReducedCase) -> Placement {
        Placement::new(case.source_size(), self.frame, self.resize)
    }

    fn random_affine(&self, case: &ReducedCase, rng: &mut ChaCha8Rng) -> Affine {
        let angle = symmetric(rng, self.augmentation.rotation);
        let flip = rng.random::<f64>() < self.augmentation.horizontal_flip;
        let mut affine = self.placement(case).affine();
        if flip {
            affine = affine.flip_horizontally(self.frame);
        }
        if angle != 0.0 {
            affine = affine.rotate(angle, self.frame);
        }
        affine
    }

    fn normalize(&self, mut rgb: Vec<f32>, affine: &Affine, case: &ReducedCase) -> Vec<f32> {
        self.normalization.apply(&mut rgb);
        if self.fill == Fill::Mean {
            case.clear_void(&mut rgb, affine, self.frame);
        }
        rgb
    }
}

/// Uniform in ±`range`; draws also when the range is 0, so that other draws do not move.
fn symmetric(rng: &mut ChaCha8Rng, range: f64) -> f64 {
    (rng.random::<f64>() * 2.0 - 1.0) * range
}
