//! Numbers with their intervals, one below the other, beside lines that they should reach.

use super::svg::{Anchor, Drawing, Look, Svg, fit, text_width};
use super::{Axis, RIGHT, TOP, WIDTH};
use crate::plot::Area;

/// Height of a row.
const ROW: f64 = 22.0;
/// Room for the numbers at the right.
const NUMBERS: f64 = 118.0;

/// A plot of numbers with intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct IntervalPlot {
    title: String,
    x: Axis,
    lines: Vec<(f64, String)>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    name: String,
    value: Option<f64>,
    ends: Option<[f64; 2]>,
    reached: bool,
}

impl IntervalPlot {
    /// A plot without rows.
    pub fn new(title: impl Into<String>, x: Axis) -> Self {
        Self { title: title.into(), x, lines: Vec::new(), rows: Vec::new() }
    }

    /// Adds a labelled vertical line.
    pub fn line(&mut self, x: f64, label: impl Into<String>) -> &mut Self {
        self.lines.push((x, label.into()));
        self
    }

    /// Adds a row: a filled mark where it has `reached` what it should, else a hollow one.
    pub fn row(
        &mut self,
        name: impl Into<String>,
        value: Option<f64>,
        ends: Option<[f64; 2]>,
        reached: bool,
    ) -> &mut Self {
        self.rows.push(Row { name: name.into(), value, ends, reached });
        self
    }

    /// The plot as SVG.
    pub fn draw(&self) -> Drawing {
        let names = self.rows.iter().map(|row| text_width(&row.name, 12.0));
        let left = names.fold(60.0, f64::max).min(220.0) + 24.0;
        let (top, right) = (TOP + 16.0, WIDTH - RIGHT - NUMBERS);
        let area = Area { left, right, top, bottom: top + ROW * self.rows.len() as f64 + 6.0 };
        let mut svg = Svg::new(&self.title, [WIDTH, area.bottom + 44.0]);
        svg.heading();
        let ends = self.rows.iter().flat_map(|row| row.ends.into_iter().flatten());
        let values = self.rows.iter().filter_map(|row| row.value);
        let x = self.x.fit(ends.chain(values).chain(self.lines.iter().map(|line| line.0)), true);
        self.x.draw_x(&mut svg, &x, area);
        let place = |value: f64| x.place(x.clamp(value), left, right);
        for (value, label) in self.lines.iter().filter(|(value, _)| self.x.shows(*value)) {
            let stroke = r#"stroke="currentColor" stroke-opacity="0.55" stroke-dasharray="4 4""#;
            svg.line([place(*value), top - 4.0], [place(*value), area.bottom], stroke);
            svg.text([place(*value), top - 8.0], Anchor::Middle, r#"font-size="11""#, label);
        }
        for (index, row) in self.rows.iter().enumerate() {
            self.draw_row(&mut svg, row, area, top + ROW * (index as f64 + 0.5) + 3.0, place);
        }
        svg.finish()
    }

    fn draw_row(&self, svg: &mut Svg, row: &Row, area: Area, y: f64, place: impl Fn(f64) -> f64) {
        let name = fit(&row.name, area.left - 22.0, 12.0);
        svg.text([area.left - 10.0, y + 4.0], Anchor::End, "", &name);
        let Some(value) = row.value.filter(|value| self.x.shows(*value)) else {
            svg.text([area.right + 10.0, y + 4.0], Anchor::Start, "", "–");
            return;
        };
        let ends = row.ends.filter(|ends| ends.iter().all(|end| self.x.shows(*end)));
        let look = Look(0);
        let stroke = format!(r#"stroke="{}" stroke-width="2""#, look.color());
        let mut text = format!("{value:.2}");
        if let Some([lo, hi]) = ends {
            svg.line([place(lo), y], [place(hi), y], &stroke);
            for end in [lo, hi] {
                svg.line([place(end), y - 4.0], [place(end), y + 4.0], &stroke);
            }
            text.push_str(&format!(" [{lo:.2}, {hi:.2}]"));
        }
        if row.reached {
            svg.circle([place(value), y], 5.0, &format!(r#"fill="{}""#, look.color()));
        } else {
            svg.circle([place(value), y], 4.0, &format!(r##"fill="#ffffff" {stroke}"##));
        }
        let weight = if row.reached { r#"font-weight="700""# } else { "" };
        svg.text([area.right + 10.0, y + 4.0], Anchor::Start, weight, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::svg::tests::{assert_expected, assert_well_formed};
    use super::*;

    fn plot() -> IntervalPlot {
        IntervalPlot::new("Against full masks", Axis::linear("ratio").including(0.0, 1.0))
    }

    #[test]
    fn the_plot_is_as_it_was() {
        let mut plot = plot();
        plot.line(0.95, ".95").row("standard", Some(0.41), Some([0.38, 0.45]), false);
        plot.row("fusion+box", Some(0.97), Some([0.96, 0.99]), true).row("box", None, None, false);
        assert_expected(&plot.draw(), "intervals.svg");
    }

    #[test]
    fn odd_numbers_are_drawn() {
        let mut odd = plot();
        odd.row("nan", Some(f64::NAN), None, true).row("no interval", Some(0.5), None, false);
        odd.row("far", Some(1e300), Some([0.0, 1e300]), false);
        odd.row("half", Some(0.4), Some([f64::NEG_INFINITY, 1.0]), false).line(f64::NAN, "nowhere");
        assert_well_formed(&odd.draw());
        assert_well_formed(&plot().draw());
    }
}
