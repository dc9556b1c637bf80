//! The ways to paint that are compared.

use std::error::Error;

use lacuna_data::annotation::{Ternary, TernaryMask};
use lacuna_data::proposal::{Seeds, propose};
use lacuna_data::{BinaryMask, Image};

use crate::click::{Click, depth};

/// A dot covers 3 × 3 pixels.
const DOT: f64 = 1.5;

/// A picture in which a class is to be painted.
pub(crate) struct Scene<'a> {
    pub(crate) image: &'a Image,
    pub(crate) truth: &'a BinaryMask,
    /// A network's, row by row.
    pub(crate) probability: Option<&'a [f32]>,
}

/// What a click does.
pub(crate) struct Hand {
    pub(crate) name: &'static str,
    /// Whether a region is proposed; else the click paints its disc and nothing else.
    asks: bool,
    /// Whether the click is a dot; else a disc as large as fits: into the class or, where something is too much, into
    /// what is too much.
    is_dot: bool,
    asks_network: bool,
}

const fn hand(name: &'static str, asks: bool, is_dot: bool, asks_network: bool) -> Hand {
    Hand { name, asks, is_dot, asks_network }
}

pub(crate) const HANDS: [Hand; 5] = [
    hand("plain brush", false, false, false),
    hand("Propose, brush", true, false, false),
    hand("Propose, dot", true, true, false),
    hand("Propose, brush, network", true, false, true),
    hand("Propose, dot, network", true, true, true),
];

/// What is painted until now.
pub(crate) struct Painting {
    hand: &'static Hand,
    marks: TernaryMask,
    /// How large a disc fits into the class, pixel by pixel.
    room: Vec<f64>,
    pub(crate) region: BinaryMask,
}

impl Hand {
    pub(crate) fn can(&self, scene: &Scene<'_>) -> bool {
        !self.asks_network || scene.probability.is_some()
    }

    pub(crate) fn csv_name(&self) -> String {
        self.name.to_lowercase().replace(", ", "+").replace(' ', "-")
    }

    pub(crate) fn begin(&'static self, scene: &Scene<'_>) -> Result<Painting, Box<dyn Error>> {
        let size = scene.truth.size();
        Ok(Painting {
            hand: self,
            marks: TernaryMask::unknown(size),
            room: depth(scene.truth.values(), size)?,
            region: BinaryMask::empty(size),
        })
    }
}

impl Painting {
    pub(crate) fn click(&mut self, scene: &Scene<'_>, click: &Click) -> Result<(), Box<dyn Error>> {
        let room = if click.is_missing { self.room[click.pixel] } else { click.room };
        let radius = if self.hand.is_dot { room.min(DOT) } else { room } - 0.5;
        let sign = if click.is_missing { Ternary::Positive } else { Ternary::Negative };
        self.mark(click.pixel, radius, sign);
        self.region = if self.hand.asks {
            let seeds = Seeds::new(self.marks.clone(), None)?;
            let probability = scene.probability.filter(|_| self.hand.asks_network);
            propose(scene.image, &seeds, probability)?
        } else {
            let marks = self.marks.values();
            BinaryMask::of(self.region.size(), |pixel| marks[pixel] == Ternary::Positive)
        };
        Ok(())
    }

    fn mark(&mut self, centre: usize, radius: f64, sign: Ternary) {
        let width = self.marks.size().width;
        let (u, v) = ((centre % width) as f64, (centre / width) as f64);
        for (pixel, mark) in self.marks.values_mut().iter_mut().enumerate() {
            let (x, y) = ((pixel % width) as f64, (pixel / width) as f64);
            if pixel == centre || (x - u).hypot(y - v) <= radius {
                *mark = sign;
            }
        }
    }
}

/// Twice what both have by what each has.
pub(crate) fn dice(a: &BinaryMask, b: &BinaryMask) -> f64 {
    let both = a.values().iter().zip(b.values()).filter(|(a, b)| **a && **b).count();
    2.0 * both as f64 / (a.count() + b.count()).max(1) as f64
}
