//! From a case to a training sample: resizing, random geometry and random colour.
//!
//! Geometry must not erase evidence: it is one set of bits per class and pixel, pooled by whole
//! pixels first ([`ReducedCase`]) and warped once; target and weight are derived afterwards.

mod boxes;
mod geometric;
mod known_points;
mod normalization;
mod photometric;
mod placement;

pub use boxes::{BoxAugmentation, BoxSample, BoxSampleConfig};
pub use geometric::{Affine, ReducedCase};
pub use known_points::KnownPoints;
pub use normalization::{ChannelSums, Normalization};
pub use placement::{Placement, Resize};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tracing::debug_span;

use crate::image::{Image, Size};
use crate::supervision::{Evidence, SupervisionPolicy, policy::Supervision};

/// How much a sample is varied at random.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augmentation {
    /// Rotation about the centre, uniform in ± this many degrees.
    pub rotation: f64,
    /// Probability of a left-right flip.
    pub horizontal_flip: f64,
    /// Probability of a top-bottom flip.
    pub vertical_flip: f64,
    /// Zoom about the centre, uniform in its logarithm.
    pub scale: Sometimes,
    /// Brightness factor, uniform in 1 ± this.
    pub brightness: f64,
    /// Contrast factor, uniform in 1 ± this.
    pub contrast: f64,
    /// Saturation factor, uniform in 1 ± this.
    pub saturation: f64,
    /// Exponent of the values, uniform in its logarithm.
    pub gamma: Sometimes,
    /// Standard deviation of a Gaussian blur in pixels.
    pub blur_sigma: Sometimes,
    /// Side of the blur's kernel in pixels, odd.
    pub blur_kernel: usize,
    /// Share of the resolution that is left, on each axis.
    pub low_resolution: Sometimes,
    /// Standard deviation of Gaussian noise, on the scale 0–1.
    pub noise_sd: Sometimes,
}

/// An effect that some samples have, with a strength drawn between two ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sometimes {
    /// Share of the samples that have it.
    pub probability: f64,
    /// Smallest and largest strength.
    pub range: [f64; 2],
}

impl Sometimes {
    /// No sample has it; `nothing` is the strength that changes nothing.
    pub const fn never(nothing: f64) -> Self {
        Self { probability: 0.0, range: [nothing; 2] }
    }

    /// Every sample has it.
    pub const fn always(range: [f64; 2]) -> Self {
        Self { probability: 1.0, range }
    }

    /// A strength, uniform between the ends. An effect that no sample has draws nothing: random streams stay as they
    /// were before it existed.
    fn uniform(&self, rng: &mut ChaCha8Rng) -> Option<f64> {
        let [low, high] = self.range;
        self.happens(rng).then(|| low + (high - low) * rng.random::<f64>())
    }

    /// A strength whose logarithm is uniform: a factor and its inverse are as likely.
    fn log_uniform(&self, rng: &mut ChaCha8Rng) -> Option<f64> {
        let range = self.range.map(f64::ln);
        Self { range, ..*self }.uniform(rng).map(f64::exp)
    }

    fn happens(&self, rng: &mut ChaCha8Rng) -> bool {
        let (never, always) = (self.probability <= 0.0, self.probability >= 1.0);
        always || (!never && rng.random::<f64>() < self.probability)
    }
}

impl Augmentation {
    /// No variation.
    pub const NONE: Self = Self {
        rotation: 0.0,
        horizontal_flip: 0.0,
        vertical_flip: 0.0,
        scale: Sometimes::never(1.0),
        brightness: 0.0,
        contrast: 0.0,
        saturation: 0.0,
        gamma: Sometimes::never(1.0),
        blur_sigma: Sometimes::never(0.0),
        blur_kernel: 5,
        low_resolution: Sometimes::never(1.0),
        noise_sd: Sometimes::never(0.0),
    };

    /// The paper's: rotation ±30°, flip with probability ½, colour jitter ±20 %, blur with
    /// σ in .01–.2 and kernel 5.
    pub const PAPER: Self = Self {
        rotation: 30.0,
        horizontal_flip: 0.5,
        brightness: 0.2,
        contrast: 0.2,
        saturation: 0.2,
        blur_sigma: Sometimes::always([0.01, 0.2]),
        ..Self::NONE
    };
}

impl Default for Augmentation {
    /// The paper's without the blur, which changes nothing visible.
    fn default() -> Self {
        Self { blur_sigma: Sometimes::never(0.0), ..Self::PAPER }
    }
}

/// How much of a picture a sample shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sampling {
    /// All of it, fitted into the frame.
    Resize(Resize),
    /// A part as large as the frame. Half of the parts are centred on something that is known.
    Patch {
        /// Pixels of the frame per pixel of the picture.
        scale: f64,
    },
}

impl Sampling {
    /// Where a picture of size `source` lies in the network's view: in a frame of that size, or whole, at the patches'
    /// scale, in one as large as it takes.
    pub fn placement(self, source: Size, frame: Size) -> Placement {
        match self {
            Self::Resize(resize) => Placement::new(source, frame, resize),
            Self::Patch { scale } => Placement::scaled(source, scale),
        }
    }
}

/// Everything that turns a case into network input, fixed for a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleConfig {
    /// Size of the network's input.
    pub frame: Size,
    /// How much of a picture a sample shows.
    pub sampling: Sampling,
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
    /// Draws one sample of a case, the `turn`-th of an epoch: of patches every other turn is centred on something known,
    /// on each class and on negatives in rotation.
    pub fn draw(
        &self,
        case: &ReducedCase,
        policy: &SupervisionPolicy,
        turn: usize,
        rng: &mut ChaCha8Rng,
    ) -> Sample {
        let affine = self.random_affine(case, turn, rng);
        let mut rgb = debug_span!("warp_image").in_scope(|| case.warp_image(&affine, self.frame));
        let vary = || photometric::vary(&mut rgb, self.frame, &self.augmentation, rng);
        debug_span!("vary_colors").in_scope(vary);
        let evidence =
            debug_span!("warp_evidence").in_scope(|| case.warp_evidence(&affine, self.frame));
        Sample {
            image: debug_span!("normalize")
                .in_scope(|| self.normalize(rgb, &affine, self.frame, case)),
            supervision: debug_span!("supervise").in_scope(|| policy.supervise(&evidence)),
        }
    }

    /// The whole picture of a case without random variation, normalised `[3, height, width]` of the placement's frame.
    pub fn view(&self, case: &ReducedCase) -> Vec<f32> {
        self.view_at(case, &self.placement(case))
    }

    /// What of a case fills the network's input, without random variation: all of it, or its middle.
    pub fn frame_view(&self, case: &ReducedCase) -> Vec<f32> {
        let source = case.source_size();
        let placement = match self.sampling {
            Sampling::Resize(_) => self.placement(case),
            Sampling::Patch { scale } => {
                let middle = [source.width as f64 / 2.0, source.height as f64 / 2.0];
                Placement::patch(source, self.frame, scale, middle)
            }
        };
        self.view_at(case, &placement)
    }

    fn view_at(&self, case: &ReducedCase, placement: &Placement) -> Vec<f32> {
        let (affine, frame) = (placement.affine(), placement.frame());
        self.normalize(case.warp_image(&affine, frame), &affine, frame, case)
    }

    /// The evidence of a case without random variation, in the placement's frame.
    pub fn view_evidence(&self, case: &ReducedCase) -> Evidence {
        let placement = self.placement(case);
        case.warp_evidence(&placement.affine(), placement.frame())
    }

    /// Where a case's picture lies when it is seen whole.
    pub fn placement(&self, case: &ReducedCase) -> Placement {
        self.sampling.placement(case.source_size(), self.frame)
    }

    /// A case ready to be sampled.
    pub fn reduce(&self, image: Image, evidence: Evidence) -> ReducedCase {
        let scale = self.sampling.placement(image.size(), self.frame).scale();
        let case = ReducedCase::new(image, evidence, scale);
        match self.sampling {
            Sampling::Resize(_) => case,
            Sampling::Patch { .. } => case.with_known_points(),
        }
    }

    /// Where the picture lies when a sample is drawn.
    fn drawn_placement(&self, case: &ReducedCase, turn: usize, rng: &mut ChaCha8Rng) -> Placement {
        let source = case.source_size();
        let Sampling::Patch { scale } = self.sampling else { return self.placement(case) };
        let known = if turn % 2 == 1 { case.known_points().draw(turn / 2, rng) } else { None };
        // uniform among the parts that lie in the picture
        let mut anywhere = |length: usize, frame: usize| {
            let (middle, half) = (length as f64 / 2.0, frame as f64 / scale / 2.0);
            middle + symmetric(rng, (middle - half).max(0.0))
        };
        let [width, height] =
            [(source.width, self.frame.width), (source.height, self.frame.height)];
        let centre =
            known.unwrap_or_else(|| [anywhere(width.0, width.1), anywhere(height.0, height.1)]);
        Placement::patch(source, self.frame, scale, centre)
    }

    fn random_affine(&self, case: &ReducedCase, turn: usize, rng: &mut ChaCha8Rng) -> Affine {
        let placement = self.drawn_placement(case, turn, rng);
        let angle = symmetric(rng, self.augmentation.rotation);
        let flip = rng.random::<f64>() < self.augmentation.horizontal_flip;
        let vertical = Sometimes { probability: self.augmentation.vertical_flip, range: [1.0; 2] };
        let mut affine = placement.affine();
        if flip {
            affine = affine.flip_horizontally(self.frame);
        }
        if vertical.happens(rng) {
            affine = affine.flip_vertically(self.frame);
        }
        if angle != 0.0 {
            affine = affine.rotate(angle, self.frame);
        }
        match self.augmentation.scale.log_uniform(rng) {
            Some(factor) => affine.zoom(factor, self.frame),
            None => affine,
        }
    }

    /// The normalised colour of pixels beyond the picture's border.
    pub fn beyond(&self) -> [f32; 3] {
        match self.fill {
            Fill::Mean => [0.0; 3],
            Fill::Black => {
                let Normalization { mean, sd } = self.normalization;
                [0, 1, 2].map(|channel| -mean[channel] / sd[channel])
            }
        }
    }

    fn normalize(
        &self,
        mut rgb: Vec<f32>,
        affine: &Affine,
        frame: Size,
        case: &ReducedCase,
    ) -> Vec<f32> {
        self.normalization.apply(&mut rgb);
        if self.fill == Fill::Mean {
            case.clear_void(&mut rgb, affine, frame);
        }
        rgb
    }
}

/// Uniform in ±`range`; draws also when the range is 0, so that other draws do not move.
fn symmetric(rng: &mut ChaCha8Rng, range: f64) -> f64 {
    (rng.random::<f64>() * 2.0 - 1.0) * range
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;
    use crate::supervision::EvidenceBits as B;
    use crate::supervision::policy::PolicyName;

    /// Every pixel has its own colour; one is painted.
    fn case(sample: &SampleConfig, size: Size, painted: usize) -> ReducedCase {
        let rgb = (0..size.area()).flat_map(|i| [(i % 256) as u8, (i / 256) as u8, 1]).collect();
        let mut plane = vec![B::default(); size.area()];
        plane[painted] = B::PAINTED_POSITIVE;
        let evidence = Evidence::from_planes(size, vec![plane]);
        sample.reduce(Image::new(size, rgb).unwrap(), evidence)
    }

    fn patches(scale: f64) -> SampleConfig {
        SampleConfig {
            frame: Size::new(8, 8),
            sampling: Sampling::Patch { scale },
            augmentation: Augmentation::NONE,
            normalization: Normalization { mean: [0.0; 3], sd: [1.0; 3] },
            fill: Fill::Mean,
        }
    }

    #[test]
    fn a_picture_that_is_sampled_in_patches_is_seen_whole() {
        let size = Size::new(30, 20);
        let sample = patches(1.0);
        let case = case(&sample, size, 7);
        let view = sample.view(&case);
        assert_eq!(view.len(), 3 * size.area());
        for (index, value) in view[..size.area()].iter().enumerate() {
            assert!((value * 255.0 - (index % 256) as f32).abs() < 1e-3, "{index}");
        }
        assert_eq!(sample.view_evidence(&case).plane(0)[7], B::PAINTED_POSITIVE);
        assert_eq!(sample.frame_view(&case).len(), 3 * 64);
        let half = patches(0.5);
        let placement = half.placement(&case);
        assert_eq!(placement.frame(), Size::new(15, 10));
    }

    #[test]
    fn every_other_patch_shows_what_is_known() {
        let size = Size::new(300, 200);
        let sample = patches(1.0);
        let case = case(&sample, size, 150 * 300 + 17);
        let policy = SupervisionPolicy::named(PolicyName::PositiveOnly);
        let mut seen = [0, 0];
        for turn in 0..60 {
            let mut rng = random::stream(1, "patch", &[turn as u64]);
            let drawn = sample.draw(&case, &policy, turn, &mut rng);
            assert_eq!(drawn.image.len(), 3 * 64);
            seen[turn % 2] += usize::from(drawn.supervision.weight.iter().any(|w| *w > 0.0));
        }
        assert_eq!(seen[1], 30, "odd turns are centred on the painted pixel");
        assert!(seen[0] < 5, "even turns lie anywhere: {seen:?}");
    }
}
