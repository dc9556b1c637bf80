//! Line plots: several named series, gaps where values are missing, bands and marks.

use super::axis::{Axis, Fitted};
use super::legend::{Legend, Sample};
use super::svg::{Anchor, Drawing, Look, Svg};
use super::{Area, TOP, WIDTH};

/// Height of the plotting area.
const HEIGHT: f64 = 250.0;
/// At most about this many markers a series, so that long curves stay lines.
const MARKERS: usize = 14;

/// A named series of points in order of x.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    name: String,
    points: Vec<(f64, Option<f64>)>,
    band: Vec<[f64; 3]>,
    joined: bool,
}

impl Series {
    /// A line through `points` (x, y); it has a gap where y is missing or cannot be drawn.
    pub fn line(name: impl Into<String>, points: Vec<(f64, Option<f64>)>) -> Self {
        Self { name: name.into(), points, band: Vec::new(), joined: true }
    }

    /// Points that are not joined.
    pub fn scatter(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        let points = points.into_iter().map(|(x, y)| (x, Some(y))).collect();
        Self { joined: false, ..Self::line(name, points) }
    }

    /// The same series with a band of `[x, lower, upper]`, such as an interval.
    #[must_use]
    pub fn with_band(self, band: Vec<[f64; 3]>) -> Self {
        Self { band, ..self }
    }
}

/// A plot of several series over one x axis.
#[derive(Clone, Debug, PartialEq)]
pub struct LinePlot {
    title: String,
    x: Axis,
    y: Axis,
    series: Vec<Series>,
    marks: Vec<(f64, String)>,
}

impl LinePlot {
    /// A plot without series.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self { title: title.into(), x, y, series: Vec::new(), marks: Vec::new() }
    }

    /// Adds a series.
    pub fn series(&mut self, series: Series) -> &mut Self {
        self.series.push(series);
        self
    }

    /// Adds a labelled vertical line, such as the epoch of the best checkpoint.
    pub fn mark(&mut self, x: f64, label: impl Into<String>) -> &mut Self {
        self.marks.push((x, label.into()));
        self
    }

    /// The plot as SVG.
    pub fn draw(&self) -> Drawing {
        let area = Area::below_title(HEIGHT);
        let legend = Legend::new(self.series.iter().map(|series| series.name.as_str()));
        let legend_top = area.bottom + 46.0;
        let mut svg = Svg::new(&self.title, [WIDTH, legend_top + legend.height() + 4.0]);
        let scales = Scales { x: self.fit_x(), y: self.fit_y(), area };
        svg.heading();
        self.y.draw_y(&mut svg, &scales.y, area);
        self.x.draw_x(&mut svg, &scales.x, area);
        self.draw_marks(&mut svg, &scales);
        for (i, series) in self.series.iter().enumerate() {
            self.draw_band(&mut svg, &scales, series, Look(i));
        }
        for (i, series) in self.series.iter().enumerate() {
            self.draw_series(&mut svg, &scales, series, Look(i));
        }
        let lines = self.series.iter().any(|series| series.joined);
        legend.draw(&mut svg, legend_top, if lines { Sample::Line } else { Sample::Marker });
        if !self.series.iter().any(|series| series.points.iter().any(|p| self.shown(*p).is_some()))
        {
            let middle = [WIDTH / 2.0, TOP + HEIGHT / 2.0];
            svg.text(middle, Anchor::Middle, r#"fill-opacity="0.6""#, "no values");
        }
        svg.finish()
    }

    fn fit_x(&self) -> Fitted {
        let points = self.series.iter().flat_map(|series| &series.points).map(|(x, _)| *x);
        let bands = self.series.iter().flat_map(|series| &series.band).map(|[x, ..]| *x);
        self.x.fit(points.chain(bands).chain(self.marks.iter().map(|(x, _)| *x)), false)
    }

    fn fit_y(&self) -> Fitted {
        let points = self.series.iter().flat_map(|series| &series.points);
        let bands = self.series.iter().flat_map(|series| &series.band);
        let bands = bands.flat_map(|[_, lo, hi]| [*lo, *hi]);
        self.y.fit(points.filter_map(|(_, y)| *y).chain(bands), true)
    }

    /// A point, if both axes show it.
    fn shown(&self, (x, y): (f64, Option<f64>)) -> Option<[f64; 2]> {
        y.filter(|y| self.x.shows(x) && self.y.shows(*y)).map(|y| [x, y])
    }

    fn draw_marks(&self, svg: &mut Svg, scales: &Scales) {
        for (x, label) in self.marks.iter().filter(|(x, _)| self.x.shows(*x)) {
            let area = scales.area;
            let x = scales.x.place(*x, area.left, area.right);
            let stroke = r#"stroke="currentColor" stroke-opacity="0.55" stroke-dasharray="4 4""#;
            svg.line([x, area.top], [x, area.bottom], stroke);
            let (anchor, shift) =
                if x > WIDTH * 0.7 { (Anchor::End, -5.0) } else { (Anchor::Start, 5.0) };
            svg.text([x + shift, area.bottom - 6.0], anchor, r#"fill-opacity="0.75""#, label);
        }
    }

    fn draw_band(&self, svg: &mut Svg, scales: &Scales, series: &Series, look: Look) {
        let shown = |[x, lo, hi]: &[f64; 3]| {
            let [low, high] = [self.shown((*x, Some(*lo)))?, self.shown((*x, Some(*hi)))?];
            Some([scales.place(low), scales.place(high)])
        };
        let fill = format!(r#"fill="{}" fill-opacity="0.18""#, look.color());
        for run in runs(series.band.iter().map(shown)) {
            if let [ends] = &run[..] {
                draw_ends(svg, *ends, look);
                continue;
            }
            let lower = run.iter().map(|[low, _]| *low);
            let upper = run.iter().rev().map(|[_, high]| *high);
            svg.polygon(&lower.chain(upper).collect::<Vec<_>>(), &fill);
        }
    }

    fn draw_series(&self, svg: &mut Svg, scales: &Scales, series: &Series, look: Look) {
        let places = series.points.iter().map(|p| self.shown(*p).map(|p| scales.place(p)));
        let every = series.points.len().div_ceil(MARKERS).max(1);
        let mut index = 0;
        for run in runs(places) {
            if series.joined && run.len() > 1 {
                svg.polyline(&run, &look.stroke());
            }
            for place in &run {
                // A lone point would be invisible without its marker.
                if !series.joined || run.len() == 1 || index % every == 0 {
                    look.marker(svg, *place);
                }
                index += 1;
            }
        }
    }
}

/// A band at a lone point has no area: an error bar.
fn draw_ends(svg: &mut Svg, [low, high]: [[f64; 2]; 2], look: Look) {
    let stroke = format!(r#"stroke="{}" stroke-width="1.6""#, look.color());
    svg.line(low, high, &stroke);
    for [x, y] in [low, high] {
        svg.line([x - 4.0, y], [x + 4.0, y], &stroke);
    }
}

struct Scales {
    x: Fitted,
    y: Fitted,
    area: Area,
}

impl Scales {
    fn place(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let Area { left, right, top, bottom } = self.area;
        [self.x.place(x, left, right), self.y.place(y, bottom, top)]
    }
}

/// Stretches without a gap.
fn runs<T>(values: impl Iterator<Item = Option<T>>) -> Vec<Vec<T>> {
    let mut runs = vec![Vec::new()];
    for value in values {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push(value),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

#[cfg(test)]
mod tests {
    use super::super::svg::tests::{assert_expected, assert_well_formed};
    use super::*;

    fn plot(series: Vec<Series>) -> Drawing {
        let mut plot =
            LinePlot::new("Dice <b>", Axis::linear("epoch").integers(), Axis::linear("Dice"));
        for series in series {
            plot.series(series);
        }
        plot.draw()
    }

    #[test]
    fn the_plot_is_as_it_was() {
        let points =
            |f: f64| (1..6).map(|i| (f64::from(i), (i != 3).then_some(f / f64::from(i)))).collect();
        let band =
            Series::line("gum", points(1.0)).with_band(vec![[1.0, 0.9, 1.1], [2.0, 0.4, 0.6]]);
        assert_expected(&plot(vec![band, Series::line("teeth", points(0.7))]), "lines.svg");
    }

    #[test]
    fn a_missing_value_is_a_gap() {
        let points = (0..9).map(|i| (f64::from(i), (i != 4).then_some(f64::from(i)))).collect();
        let drawing = plot(vec![Series::line("a", points)]);
        assert_well_formed(&drawing);
        assert_eq!(drawing.inline().matches("<polyline").count(), 2);
    }

    #[test]
    fn odd_values_draw_something_sensible() {
        let table: Vec<Vec<(f64, Option<f64>)>> = vec![
            vec![],
            vec![(1.0, None)],
            vec![(1.0, Some(0.5))],
            vec![(1.0, Some(f64::NAN)), (2.0, Some(f64::INFINITY)), (3.0, Some(1.0))],
            vec![(1.0, Some(f64::MAX)), (2.0, Some(f64::MIN)), (3.0, Some(1.0))],
            vec![(f64::NAN, Some(1.0)), (1.0, Some(1e-300)), (2.0, Some(0.0))],
            vec![(1.0, Some(0.3)), (2.0, Some(0.3 + 1e-17)), (3.0, Some(0.3))],
            vec![(1.0, Some(1e12)), (2.0, Some(1e12 - 1e-3))],
        ];
        for points in table {
            for y in [Axis::linear("y"), Axis::log("y")] {
                let mut plot = LinePlot::new("t", Axis::linear("x"), y);
                plot.series(Series::line("a", points.clone())).mark(f64::NAN, "nowhere");
                assert_well_formed(&plot.draw());
            }
        }
        assert!(plot(vec![]).inline().contains("no values"));
    }

    #[test]
    fn a_band_at_a_lone_point_is_an_error_bar() {
        let series = Series::line("a", vec![(1.0, Some(0.2))]).with_band(vec![[1.0, 0.1, 0.3]]);
        let drawing = plot(vec![series]);
        assert_well_formed(&drawing);
        assert!(!drawing.inline().contains("<polygon"));
        assert_eq!(drawing.inline().matches("stroke-width=\"1.6\"").count(), 3);
    }

    #[test]
    fn a_band_and_a_mark_are_drawn() {
        let points = vec![(1.0, Some(0.2)), (2.0, Some(0.4))];
        let series = Series::line("a", points).with_band(vec![[1.0, 0.1, 0.3], [2.0, 0.3, 0.6]]);
        let mut plot = LinePlot::new("t", Axis::linear("x"), Axis::linear("y"));
        plot.series(series).mark(2.0, "best");
        let drawing = plot.draw();
        assert_well_formed(&drawing);
        assert!(drawing.inline().contains("fill-opacity=\"0.18\""));
        assert!(drawing.inline().contains(">best</text>"));
        assert_eq!(drawing, plot.draw());
    }
}
