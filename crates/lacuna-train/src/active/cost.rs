//! What painting costs a person, in seconds: so much for each picture that is opened, for each stroke, and for the length
//! that is drawn.

use std::ops::AddAssign;

use lacuna_data::Size;
use lacuna_metrics::{Connectivity, Grid, MetricError, components};
use serde::{Deserialize, Serialize};

/// The mean length of a line that crosses as many edges of pixels as there are, over all directions.
const EDGE: f64 = std::f64::consts::FRAC_PI_4;

/// What was painted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// Pictures that were opened.
    pub pictures: usize,
    /// Strokes, each around one connected part.
    pub strokes: usize,
    /// Length of the outlines of what they painted, in pixels of the picture.
    pub outline: f64,
}

impl AddAssign for Work {
    fn add_assign(&mut self, more: Self) {
        self.pictures += more.pictures;
        self.strokes += more.strokes;
        self.outline += more.outline;
    }
}

impl Work {
    /// What it takes to outline each connected part of a mask once; no picture is opened for it.
    ///
    /// The length of an outline is the number of its edges of pixels times π/4, which is right on average over
    /// directions.
    ///
    /// # Errors
    /// If `mask` does not have `size`.
    pub fn outlining(mask: &[bool], size: Size) -> Result<Self, MetricError> {
        let grid = Grid::new(size.width, size.height, [1.0, 1.0])?;
        let strokes = components(mask, &grid, Connectivity::Four)?.len();
        Ok(Self { pictures: 0, strokes, outline: outline(mask, size) })
    }
}

/// Length of the outlines of all parts of a mask of that size, in pixels.
pub fn outline(mask: &[bool], size: Size) -> f64 {
    EDGE * edges(mask, size.width) as f64
}

/// Number of edges between a pixel of the mask and one that is not, or the end of the picture.
fn edges(mask: &[bool], width: usize) -> usize {
    let is_set = |x: usize, y: usize| mask.get(y * width + x).copied().unwrap_or(false);
    let set =
        (0..mask.len()).filter(|pixel| mask[*pixel]).map(|pixel| (pixel % width, pixel / width));
    set.map(|(x, y)| {
        let [left, above] = [x > 0 && is_set(x - 1, y), y > 0 && is_set(x, y - 1)];
        let [right, below] = [x + 1 < width && is_set(x + 1, y), is_set(x, y + 1)];
        [left, above, right, below].into_iter().filter(|inside| !inside).count()
    })
    .sum()
}

/// All three factors, a bit each.
const ALL: u32 = 7;

/// What painting costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaintingCost {
    /// Seconds for each picture that is opened.
    pub picture: f64,
    /// Seconds for each stroke.
    pub stroke: f64,
    /// Seconds for every 100 pixels of outline.
    pub outline: f64,
}

impl Default for PaintingCost {
    /// Ten seconds to open a picture and look at it, two to begin a stroke, and 100 pixels of outline a second. These
    /// are assumptions; [`PaintingCost::fit`] finds a person's own.
    fn default() -> Self {
        Self { picture: 10.0, stroke: 2.0, outline: 1.0 }
    }
}

impl PaintingCost {
    /// The seconds that some work takes.
    pub fn seconds(&self, work: &Work) -> f64 {
        let factors = [self.picture, self.stroke, self.outline];
        factors.iter().zip(columns(work)).map(|(factor, amount)| factor * amount).sum()
    }

    /// The cost that explains observed times best: least squares over factors that are not negative. `None` if the
    /// observations do not determine it.
    pub fn fit(observed: &[(Work, f64)]) -> Option<Self> {
        solve(observed, ALL)?;
        // with three factors every choice of those that are 0 can be tried
        let choices = (1..=ALL).filter_map(|kept| solve(observed, kept));
        let allowed = choices.filter(|factors| factors.iter().all(|factor| *factor >= 0.0));
        let cost = |[picture, stroke, outline]: [f64; 3]| Self { picture, stroke, outline };
        allowed.map(cost).min_by(|a, b| a.error(observed).total_cmp(&b.error(observed)))
    }

    /// Sum of squared differences to observed times, in seconds².
    fn error(&self, observed: &[(Work, f64)]) -> f64 {
        observed.iter().map(|(work, seconds)| (self.seconds(work) - seconds).powi(2)).sum()
    }
}

fn columns(work: &Work) -> [f64; 3] {
    [work.pictures as f64, work.strokes as f64, work.outline / 100.0]
}

/// The least-squares factors if only those whose bit is set in `kept` may differ from 0; `None` if they are not determined.
fn solve(observed: &[(Work, f64)], kept: u32) -> Option<[f64; 3]> {
    let is_kept = |column: usize| kept & (1 << column) != 0;
    let mut rows = [[0.0; 4]; 3];
    for (work, seconds) in observed {
        let x = columns(work);
        for row in (0..3).filter(|row| is_kept(*row)) {
            for column in (0..3).filter(|column| is_kept(*column)) {
                rows[row][column] += x[row] * x[column];
            }
            rows[row][3] += x[row] * seconds;
        }
    }
    for column in (0..3).filter(|column| !is_kept(*column)) {
        rows[column][column] = 1.0;
    }
    eliminate(rows)
}

/// Solves three linear equations, the right-hand side in the last column.
fn eliminate(mut rows: [[f64; 4]; 3]) -> Option<[f64; 3]> {
    for pivot in 0..3 {
        let largest =
            (pivot..3).max_by(|a, b| rows[*a][pivot].abs().total_cmp(&rows[*b][pivot].abs()))?;
        rows.swap(pivot, largest);
        let row = rows[pivot];
        if row[pivot].abs() < 1e-9 {
            return None;
        }
        for other in (0..3).filter(|other| *other != pivot) {
            let factor = rows[other][pivot] / row[pivot];
            for (value, subtrahend) in rows[other].iter_mut().zip(row) {
                *value -= factor * subtrahend;
            }
        }
    }
    Some([0, 1, 2].map(|row| rows[row][3] / rows[row][row]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connected_part_is_outlined_once() {
        let rows = ["##..", "##.#", "...."];
        let mask: Vec<bool> = rows.iter().flat_map(|row| row.chars().map(|c| c == '#')).collect();
        let work = Work::outlining(&mask, Size::new(4, 3)).unwrap();
        assert_eq!((work.pictures, work.strokes), (0, 2));
        assert!((work.outline - 12.0 * EDGE).abs() < 1e-12, "8 edges and 4: {work:?}");
        let nothing = Work::outlining(&[false; 12], Size::new(4, 3)).unwrap();
        assert_eq!(nothing, Work::default());
        assert!(Work::outlining(&mask, Size::new(5, 3)).is_err());
    }

    #[test]
    fn a_disc_has_the_outline_of_a_circle() {
        let inside = |i: usize| ((i % 100) as f64 - 49.5).hypot((i / 100) as f64 - 49.5) < 40.0;
        let mask: Vec<bool> = (0..10_000).map(inside).collect();
        let outline = Work::outlining(&mask, Size::new(100, 100)).unwrap().outline;
        assert!((outline / (2.0 * std::f64::consts::PI * 40.0) - 1.0).abs() < 0.02, "{outline}");
    }

    #[test]
    fn a_fit_finds_the_cost_that_times_were_made_with() {
        let cost = PaintingCost { picture: 7.0, stroke: 1.5, outline: 0.8 };
        let work = |n: usize| Work {
            pictures: 1,
            strokes: n % 5 + 1,
            outline: (n * n % 17) as f64 * 40.0,
        };
        let observed: Vec<_> = (0..20).map(|n| (work(n), cost.seconds(&work(n)))).collect();
        let found = PaintingCost::fit(&observed).unwrap();
        for (found, expected) in [(found.picture, 7.0), (found.stroke, 1.5), (found.outline, 0.8)] {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
        // longer strokes that took less time: a factor below 0 would explain it, 0 is what is possible
        let faster: Vec<_> = (0..20).map(|n| (work(n), 20.0 - work(n).outline / 100.0)).collect();
        let found = PaintingCost::fit(&faster).unwrap();
        assert!(found.outline == 0.0 && found.picture >= 0.0 && found.stroke >= 0.0, "{found:?}");
        assert_eq!(PaintingCost::fit(&[]), None);
        let alike = vec![(work(3), 12.0); 9];
        assert_eq!(PaintingCost::fit(&alike), None, "strokes that are all alike tell nothing");
    }
}
