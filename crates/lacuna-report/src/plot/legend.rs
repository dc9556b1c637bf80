//! The legend under a plot: a sample of each series and its name, wrapped to the width.

use super::svg::{Anchor, Look, Svg, fit, text_width};
use super::{LEFT, RIGHT, WIDTH};

/// Height of a line of entries.
const LINE: f64 = 20.0;
/// Width of a sample and the space after it.
const SAMPLE: f64 = 38.0;

/// How a sample is drawn.
#[derive(Clone, Copy)]
pub(super) enum Sample {
    Line,
    Marker,
    Bar,
}

/// Places of the entries and the names as they fit.
pub(super) struct Legend {
    entries: Vec<([f64; 2], String)>,
    height: f64,
}

impl Legend {
    /// Lays out the names; one series alone needs no legend.
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let names: Vec<_> =
            names.map(|name| fit(name, WIDTH - LEFT - RIGHT - SAMPLE, 12.0)).collect();
        if names.iter().all(String::is_empty) {
            return Self { entries: Vec::new(), height: 0.0 };
        }
        let (mut x, mut y) = (LEFT, 0.0);
        let mut entries = Vec::new();
        for name in names {
            let width = SAMPLE + text_width(&name, 12.0) + 16.0;
            if x > LEFT && x + width > WIDTH - RIGHT + 16.0 {
                (x, y) = (LEFT, y + LINE);
            }
            entries.push(([x, y], name));
            x += width;
        }
        Self { entries, height: y + LINE + 4.0 }
    }

    /// Height it takes.
    pub(super) const fn height(&self) -> f64 {
        self.height
    }

    /// Draws it with its top at `top`.
    pub(super) fn draw(&self, svg: &mut Svg, top: f64, sample: Sample) {
        for (i, ([x, y], name)) in self.entries.iter().enumerate() {
            let middle = top + y + LINE / 2.0;
            let look = Look(i);
            match sample {
                Sample::Line => {
                    svg.line([*x, middle], [x + 30.0, middle], &look.stroke());
                    look.marker(svg, [x + 15.0, middle]);
                }
                Sample::Marker => look.marker(svg, [x + 15.0, middle]),
                Sample::Bar => look.bar(svg, [x + 4.0, middle - 6.0], [24.0, 12.0]),
            }
            svg.text([x + SAMPLE - 2.0, middle + 4.0], Anchor::Start, "", name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_wrap_and_stay_on_the_paper() {
        let names: Vec<String> = (0..12).map(|i| format!("a rather long name {i}")).collect();
        let legend = Legend::new(names.iter().map(String::as_str));
        assert!(legend.height() > 2.0 * LINE);
        for ([x, _], name) in &legend.entries {
            assert!(x + SAMPLE + text_width(name, 12.0) <= WIDTH);
        }
        let long = "x".repeat(500);
        let legend = Legend::new([long.as_str()].into_iter());
        assert!(legend.entries[0].1.ends_with('…'));
        assert!(Legend::new([""].into_iter()).entries.is_empty());
    }
}
