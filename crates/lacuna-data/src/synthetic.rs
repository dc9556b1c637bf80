//! A procedural generator of intra-oral and smile photographs with complete truth.
//!
//! A patient's *anatomy* (crowns, arches, tissue colours) is drawn once and shared by several
//! pictures; each picture draws its *scene* (framing, view, bite, lips, props), its *light*, and its
//! *lens*. Truth is what lies at the centre of each pixel; the picture is sampled several times per
//! pixel, blurred, cast, exposed and made noisy. Gum, lips, tongue and the lining of the mouth share
//! hues, and teeth share theirs with gloves, cotton, plastic and bright skin: colour alone does not
//! separate the classes, position and shape do.

mod anatomy;
mod arch;
#[cfg(test)]
mod baseline;
mod camera;
mod color;
mod draw;
mod lips;
mod noise;
mod props;
mod scene;
mod shade;

use serde::{Deserialize, Serialize};

use crate::annotation::BinaryMask;
use crate::image::{Image, Size, SizeMismatch};
use crate::random::stream;
use anatomy::Anatomy;
use camera::{Lens, Pose};
use color::Color;
use draw::Draw;
use scene::{Part, Scene};
use shade::{Light, shade};

/// The classes of the truth, in order.
pub const CLASSES: [&str; 2] = ["gum", "teeth"];

/// What to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MouthConfig {
    /// Size of every picture; each side at least [`MouthConfig::MIN_SIDE`].
    pub size: Size,
    /// Consecutive pictures that show the same patient.
    pub pictures_per_patient: u64,
}

/// A configuration that cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MouthError {
    /// Too few pixels to show a mouth.
    #[error(
        "a mouth of {size} is too small; each side needs at least {} pixels",
        MouthConfig::MIN_SIDE
    )]
    TooSmall {
        /// The size asked for.
        size: Size,
    },
    /// Too many pixels.
    #[error("a mouth of {size} is too large; at most {} pixels a side", MouthConfig::MAX_SIDE)]
    TooLarge {
        /// The size asked for.
        size: Size,
    },
    /// A patient without pictures.
    #[error("pictures_per_patient is 0; it must be at least 1")]
    NoPictures,
    /// The picture's buffer does not fit its size.
    #[error(transparent)]
    Buffer(#[from] SizeMismatch),
}

/// A generated photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntheticMouth {
    /// The photograph.
    pub image: Image,
    /// Complete masks in the order of [`CLASSES`]; gum is the attached gingiva.
    pub truth: Vec<BinaryMask>,
    /// The patient.
    pub group: String,
}

impl MouthConfig {
    /// The least side that still shows a mouth.
    pub const MIN_SIDE: usize = 16;
    /// The greatest side.
    pub const MAX_SIDE: usize = 8192;

    /// Three pictures a patient at `size`.
    pub const fn new(size: Size) -> Self {
        Self { size, pictures_per_patient: 3 }
    }

    /// Whether the configuration can be drawn.
    pub fn check(&self) -> Result<(), MouthError> {
        let Size { width, height } = self.size;
        if width.min(height) < Self::MIN_SIDE {
            return Err(MouthError::TooSmall { size: self.size });
        }
        if width.max(height) > Self::MAX_SIDE {
            return Err(MouthError::TooLarge { size: self.size });
        }
        if self.pictures_per_patient == 0 {
            return Err(MouthError::NoPictures);
        }
        Ok(())
    }
}

/// Draws picture number `index` of the series `seed`; the same arguments give the same bytes, and
/// no picture depends on another.
pub fn generate(config: &MouthConfig, seed: u64, index: u64) -> Result<SyntheticMouth, MouthError> {
    config.check()?;
    let patient = index / config.pictures_per_patient;
    let anatomy = Anatomy::draw(seed, patient);
    let mut draw = Draw::new(seed, "synthetic-picture", index);
    let texture = anatomy.texture;
    let scene = Scene::draw(anatomy, &mut draw);
    let light = Light::draw(&mut draw, texture);
    let centre = [scene.lips.x, scene.lips.y];
    let pose = Pose::draw(&mut draw, config.size, scene.framing, centre);
    let lens = Lens::draw(&mut draw);
    let (colors, depth) = render(&scene, &light, &pose, config.size);
    let mut noise = stream(seed, "synthetic-sensor", &[index]);
    Ok(SyntheticMouth {
        image: lens.expose(&colors, &depth, config.size, pose.pitch, &mut noise)?,
        truth: truth(&scene, &pose, config.size)?,
        group: format!("patient-{patient:04}"),
    })
}

/// Light and depth of every pixel, the mean of four samples.
fn render(scene: &Scene, light: &Light, pose: &Pose, size: Size) -> (Vec<Color>, Vec<f32>) {
    // a turned grid: no two samples share a row or a column
    const SAMPLES: [[f32; 2]; 4] = [[0.375, 0.125], [0.875, 0.375], [0.125, 0.625], [0.625, 0.875]];
    (0..size.area())
        .map(|i| {
            let (x, y) = ((i % size.width) as f32, (i / size.width) as f32);
            let mut sum = (Color::default(), 0.0);
            for [dx, dy] in SAMPLES {
                let [x, y] = pose.look(x + dx, y + dy);
                let spot = scene.spot(x, y);
                sum.0 = sum.0 + shade(scene, light, &spot, x, y) * 0.25;
                sum.1 += spot.depth * 0.25;
            }
            sum
        })
        .unzip()
}

/// What lies at the centre of every pixel.
fn truth(scene: &Scene, pose: &Pose, size: Size) -> Result<Vec<BinaryMask>, SizeMismatch> {
    let (gum, teeth) = (0..size.area())
        .map(|i| {
            let (x, y) = ((i % size.width) as f32, (i / size.width) as f32);
            let [x, y] = pose.look(x + 0.5, y + 0.5);
            let part = scene.spot(x, y).part;
            (matches!(part, Part::Gum { .. }), matches!(part, Part::Tooth(..)))
        })
        .unzip();
    Ok(vec![BinaryMask::new(size, gum)?, BinaryMask::new(size, teeth)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mouth(width: usize, height: usize, index: u64) -> SyntheticMouth {
        generate(&MouthConfig::new(Size::new(width, height)), 1, index).unwrap()
    }

    #[test]
    fn every_size_from_the_least_is_drawn() {
        for (width, height) in [(16, 16), (16, 90), (131, 17), (64, 48)] {
            let mouth = mouth(width, height, 3);
            assert_eq!(mouth.image.size(), Size::new(width, height));
            assert_eq!(mouth.truth.len(), CLASSES.len());
            assert!(mouth.truth.iter().all(|mask| mask.size() == mouth.image.size()));
        }
    }

    #[test]
    fn configurations_that_cannot_be_drawn_are_refused() {
        let table = [
            (MouthConfig::new(Size::new(15, 40)), "a mouth of 15×40 is too small"),
            (MouthConfig::new(Size::new(0, 0)), "a mouth of 0×0 is too small"),
            (MouthConfig::new(Size::new(64, 9000)), "a mouth of 64×9000 is too large"),
            (MouthConfig { size: Size::new(64, 64), pictures_per_patient: 0 }, "is 0"),
        ];
        for (config, expected) in table {
            let message = generate(&config, 0, 0).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn the_same_arguments_give_the_same_bytes_and_others_do_not() {
        assert_eq!(mouth(48, 40, 5), mouth(48, 40, 5));
        assert_ne!(mouth(48, 40, 5).image, mouth(48, 40, 6).image);
        let config = MouthConfig::new(Size::new(48, 40));
        assert_ne!(generate(&config, 2, 5).unwrap().image, mouth(48, 40, 5).image);
    }

    #[test]
    fn consecutive_pictures_share_a_patient() {
        let groups: Vec<String> = (2..7).map(|index| mouth(16, 16, index).group).collect();
        let expected =
            ["patient-0000", "patient-0001", "patient-0001", "patient-0001", "patient-0002"];
        assert_eq!(groups, expected);
    }

    #[test]
    fn truth_is_exclusive_and_every_picture_shows_teeth_and_nearly_every_one_gum() {
        let mut without_gum = 0;
        for index in 0..60 {
            let mouth = mouth(48, 48, index);
            let [gum, teeth] = &mouth.truth[..] else { panic!("two classes") };
            let both = gum.values().iter().zip(teeth.values()).any(|(gum, tooth)| *gum && *tooth);
            assert!(!both, "picture {index} has pixels of both classes");
            assert!(teeth.count() > 48 * 48 / 50, "picture {index}: {} of tooth", teeth.count());
            without_gum += usize::from(gum.count() < 12);
        }
        assert!(without_gum <= 3, "{without_gum} of 60 without gum");
    }

    #[test]
    fn truth_does_not_depend_on_the_resolution() {
        for index in 0..8 {
            let (small, large) = (mouth(40, 40, index), mouth(120, 120, index));
            for (small, large) in small.truth.iter().zip(&large.truth) {
                // the centre of a small pixel is the centre of the middle one of nine
                let same = |i: usize| {
                    small.get(i % 40, i / 40) == large.get(i % 40 * 3 + 1, i / 40 * 3 + 1)
                };
                let share = (0..1600).filter(|i| same(*i)).count() as f64 / 1600.0;
                assert!(share > 0.99, "picture {index}: {share}");
            }
        }
    }
}
