//! How much a picture promises when it is painted on, and where to begin.
//!
//! Only pixels of which nobody said anything count. Random choices are keyed by seed, round and case, so that
//! the order does not depend on which pictures were looked at before.

use lacuna_data::random;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::view::View;

/// Side of the window over which entropy is averaged to find a point, as a share of the frame's longer side.
const WINDOW: f64 = 1.0 / 16.0;

/// How pictures are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// At random, pictures with more predicted foreground among the unknown more often; the point is such a pixel.
    #[default]
    Foreground,
    /// At random, every picture and every unknown pixel the same.
    Random,
    /// Most predictive entropy on unknown pixels first.
    Entropy,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Foreground, Self::Random, Self::Entropy];

    /// Its name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Foreground => "foreground",
            Self::Random => "random",
            Self::Entropy => "entropy",
        }
    }
}

/// A picture's turn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Higher comes first.
    pub score: f64,
    /// Where to look, in pixels of the picture; `None` when nothing is unknown.
    pub point: Option<[f64; 2]>,
}

impl Candidate {
    /// Judges a picture.
    pub fn new(view: &View, strategy: Strategy, rng: &mut ChaCha8Rng) -> Self {
        if view.open_count() == 0 {
            return Self { score: f64::NEG_INFINITY, point: None };
        }
        match strategy {
            Strategy::Foreground => foreground(view, rng),
            Strategy::Random => random(view, rng),
            Strategy::Entropy => most(view, |pixel| view.open(pixel).map(binary_entropy).sum()),
        }
    }

    /// Judges a picture by how far the members of a committee disagree: most on unknown pixels first.
    pub fn of_disagreement(view: &View) -> Self {
        most(view, |pixel| view.disagreement(pixel))
    }

    /// A picture of which no model says anything: its turn is random.
    pub fn unseen(rng: &mut ChaCha8Rng) -> Self {
        Self { score: rng.random::<f64>(), point: None }
    }
}

/// The stream of random numbers for a case in a round.
pub fn stream(seed: u64, round: u64, case: &str) -> ChaCha8Rng {
    random::stream(seed, "acquisition", &[round, random::key_of(case)])
}

/// Binary entropy in nats.
pub fn binary_entropy(p: f32) -> f64 {
    let term = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
    let p = f64::from(p);
    term(p) + term(1.0 - p)
}

/// Weighted sampling without replacement: the largest of u^(1/w) come first (Efraimidis and Spirakis 2006).
fn foreground(view: &View, rng: &mut ChaCha8Rng) -> Candidate {
    let is_foreground = |pixel: usize| view.open(pixel).any(|p| p >= 0.5);
    let pixels: Vec<usize> = (0..view.frame().area()).filter(|p| is_foreground(*p)).collect();
    // a picture without any still gets its turn now and then
    let weight = (pixels.len() + 1) as f64 / view.frame().area() as f64;
    let score = rng.random::<f64>().ln() / weight;
    match pixels.len() {
        0 => Candidate { score, ..random(view, rng) },
        n => Candidate { score, point: Some(view.to_picture(pixels[rng.random_range(0..n)])) },
    }
}

fn random(view: &View, rng: &mut ChaCha8Rng) -> Candidate {
    let is_open = |pixel: usize| view.open(pixel).next().is_some();
    let pixels: Vec<usize> = (0..view.frame().area()).filter(|p| is_open(*p)).collect();
    let point = match pixels.len() {
        0 => None,
        n => Some(view.to_picture(pixels[rng.random_range(0..n)])),
    };
    Candidate { score: rng.random::<f64>(), point }
}

/// What is most in doubt first. The score is the sum over all unknown pixels as a share of all pixels: a picture that is half painted has half
/// as much to give.
fn most(view: &View, of_pixel: impl Fn(usize) -> f64) -> Candidate {
    if view.open_count() == 0 {
        return Candidate { score: f64::NEG_INFINITY, point: None };
    }
    let area = view.frame().area();
    let map: Vec<f64> = (0..area).map(of_pixel).collect();
    let score = map.iter().sum::<f64>() / (area * view.classes().max(1)) as f64;
    Candidate { score, point: peak(&map, view).map(|pixel| view.to_picture(pixel)) }
}

/// The unknown pixel around which a window holds most; the first of several.
fn peak(map: &[f64], view: &View) -> Option<usize> {
    let (width, height) = (view.frame().width, view.frame().height);
    let radius = ((width.max(height) as f64 * WINDOW / 2.0) as usize).max(1);
    let sums = Sums::new(map, width, height);
    let open = (0..map.len()).filter(|pixel| view.open(*pixel).next().is_some());
    let held = open.map(|pixel| (pixel, sums.around(pixel % width, pixel / width, radius)));
    held.fold(None, |best: Option<(usize, f64)>, (pixel, sum)| match best {
        Some((_, most)) if sum <= most => best,
        _ => Some((pixel, sum)),
    })
    .map(|(pixel, _)| pixel)
}

/// A summed-area table.
struct Sums {
    width: usize,
    height: usize,
    table: Vec<f64>,
}

impl Sums {
    fn new(map: &[f64], width: usize, height: usize) -> Self {
        let mut table = vec![0.0; (width + 1) * (height + 1)];
        for y in 0..height {
            let mut row = 0.0;
            for x in 0..width {
                row += map[y * width + x];
                table[(y + 1) * (width + 1) + x + 1] = table[y * (width + 1) + x + 1] + row;
            }
        }
        Self { width, height, table }
    }

    /// The sum over the window of that radius, as far as it lies in the map.
    fn around(&self, x: usize, y: usize, radius: usize) -> f64 {
        let (left, right) = (x.saturating_sub(radius), (x + radius + 1).min(self.width));
        let (top, bottom) = (y.saturating_sub(radius), (y + radius + 1).min(self.height));
        let at = |x: usize, y: usize| self.table[y * (self.width + 1) + x];
        at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top)
    }
}

#[cfg(test)]
mod tests {
    use lacuna_data::Size;

    use super::*;

    /// Two classes on 8×4: the first is certain but at one corner, of which nobody said anything; the second is
    /// known everywhere.
    fn view() -> View {
        let mut probabilities = vec![0.0; 64];
        let mut unknown = vec![false; 64];
        for pixel in [6, 7, 14, 15, 16] {
            unknown[pixel] = true;
        }
        probabilities[7] = 0.5;
        probabilities[15] = 0.75;
        probabilities[32..].fill(0.5);
        View::from_planes(Size::new(8, 4), 2, probabilities, unknown)
    }

    fn candidate(strategy: Strategy, round: u64) -> Candidate {
        Candidate::new(&view(), strategy, &mut stream(1, round, "case"))
    }

    #[test]
    fn entropy_is_that_of_unknown_pixels() {
        let expected = (binary_entropy(0.5) + binary_entropy(0.75)) / 64.0;
        let found = candidate(Strategy::Entropy, 0);
        assert!((found.score - expected).abs() < 1e-12);
        // windows of radius 1 around all four pixels hold both, and the first counts
        assert_eq!(found.point, Some([6.5, 0.5]));
        assert!((binary_entropy(0.5) - std::f64::consts::LN_2).abs() < 1e-12);
        assert_eq!((binary_entropy(0.0), binary_entropy(1.0)), (0.0, 0.0));
    }

    #[test]
    fn points_are_unknown_pixels_and_foreground_ones_are_predicted() {
        for round in 0..50 {
            let point = candidate(Strategy::Foreground, round).point.unwrap();
            assert!([[7.5, 0.5], [7.5, 1.5]].contains(&point), "{point:?}");
            let point = candidate(Strategy::Random, round).point.unwrap();
            let pixel = point[1] as usize * 8 + point[0] as usize;
            assert!([6, 7, 14, 15, 16].contains(&pixel), "{point:?}");
        }
    }

    #[test]
    fn the_same_round_gives_the_same_turn_and_another_another() {
        for strategy in Strategy::ALL {
            assert_eq!(candidate(strategy, 3), candidate(strategy, 3));
        }
        assert_ne!(candidate(Strategy::Random, 3), candidate(Strategy::Random, 4));
        let known = View::from_planes(Size::new(2, 1), 1, vec![0.5; 2], vec![false; 2]);
        let candidate = Candidate::new(&known, Strategy::Entropy, &mut stream(0, 0, "a"));
        assert_eq!(candidate.point, None);
        assert!(candidate.score < 0.0 && candidate.score.is_infinite());
    }

    #[test]
    fn more_foreground_comes_first_more_often() {
        let view = |n: usize| {
            let probabilities = (0..100).map(|i| if i < n { 0.9 } else { 0.1 }).collect();
            View::from_planes(Size::new(10, 10), 1, probabilities, vec![true; 100])
        };
        let (much, little) = (view(60), view(5));
        let score = |view, round, name| {
            Candidate::new(view, Strategy::Foreground, &mut stream(0, round, name)).score
        };
        let wins = (0..1000).filter(|r| score(&much, *r, "a") > score(&little, *r, "b")).count();
        // 61 against 6 of 100
        assert!((870..950).contains(&wins), "{wins}");
    }
}
