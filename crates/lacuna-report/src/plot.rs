//! Plots as SVG: lines over epochs, grouped bars with error bars, numbers in a grid, intervals, reliability diagrams.
//!
//! Series differ in colour, dash and marker, or in hatching, so that they can be told apart in grey
//! print. Text and axes take the colour of the page around them, so that a plot suits light and dark
//! pages. Same input, same bytes.

mod axis;
mod bar;
mod interval;
mod legend;
mod line;
mod matrix;
mod reliability;
mod svg;

pub use axis::Axis;
pub use bar::{Bar, BarChart, BarSeries};
pub use interval::IntervalPlot;
pub use line::{LinePlot, Series};
pub use matrix::{Mark, Matrix, MatrixCell};
pub use reliability::{ReliabilityDiagram, ReliabilitySeries};
pub use svg::Drawing;

/// Width of all plots in user units.
const WIDTH: f64 = 640.0;
/// Distance of the plotting area from the left edge: room for labels.
const LEFT: f64 = 66.0;
/// Distance from the right edge.
const RIGHT: f64 = 18.0;
/// Distance from the top: room for the title.
const TOP: f64 = 38.0;

/// The rectangle data is drawn in.
#[derive(Clone, Copy, Debug)]
struct Area {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Area {
    /// Between the title and the axis labels, `height` units high.
    const fn below_title(height: f64) -> Self {
        Self { left: LEFT, right: WIDTH - RIGHT, top: TOP, bottom: TOP + height }
    }
}
