//! Grouped bars with error bars.

use super::axis::{Axis, Fitted};
use super::legend::{Legend, Sample};
use super::svg::{Anchor, Drawing, Look, Svg, fit, text_width};
use super::{Area, WIDTH};

/// Height of the plotting area.
const HEIGHT: f64 = 240.0;

/// One bar: a value and how sure it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bar {
    /// Height; `None` leaves the place empty.
    pub value: Option<f64>,
    /// Lower and upper end of the error bar.
    pub error: Option<[f64; 2]>,
}

impl Bar {
    /// A bar without error bar.
    pub const fn new(value: f64) -> Self {
        Self { value: Some(value), error: None }
    }

    /// A bar with an error bar between `error[0]` and `error[1]`.
    pub const fn with_error(value: f64, error: [f64; 2]) -> Self {
        Self { value: Some(value), error: Some(error) }
    }
}

/// One bar a group, all of one look.
#[derive(Clone, Debug, PartialEq)]
pub struct BarSeries {
    name: String,
    bars: Vec<Bar>,
}

impl BarSeries {
    /// A series with one bar for each group of the chart, in the groups' order.
    pub fn new(name: impl Into<String>, bars: Vec<Bar>) -> Self {
        Self { name: name.into(), bars }
    }
}

/// Bars in groups, such as the classes of each policy.
#[derive(Clone, Debug, PartialEq)]
pub struct BarChart {
    title: String,
    y: Axis,
    groups: Vec<String>,
    series: Vec<BarSeries>,
}

impl BarChart {
    /// A chart without bars; `y` is stretched to include 0.
    pub fn new(title: impl Into<String>, y: Axis, groups: Vec<String>) -> Self {
        Self { title: title.into(), y, groups, series: Vec::new() }
    }

    /// Adds a series.
    pub fn series(&mut self, series: BarSeries) -> &mut Self {
        self.series.push(series);
        self
    }

    /// The chart as SVG.
    pub fn draw(&self) -> Drawing {
        let area = Area::below_title(HEIGHT);
        let slanted =
            self.groups.iter().any(|name| text_width(name, 12.0) > self.pitch(area) - 6.0);
        let legend = Legend::new(self.series.iter().map(|series| series.name.as_str()));
        let legend_top = area.bottom + if slanted { 84.0 } else { 28.0 };
        let mut svg = Svg::new(&self.title, [WIDTH, legend_top + legend.height() + 4.0]);
        let ends = self.series.iter().flat_map(|series| &series.bars);
        let ends =
            ends.flat_map(|bar| bar.value.into_iter().chain(bar.error.into_iter().flatten()));
        let y = self.y.fit(ends.chain([0.0]), true);
        svg.heading();
        self.y.draw_y(&mut svg, &y, area);
        for group in 0..self.groups.len() {
            self.draw_group(&mut svg, &y, area, group);
            self.draw_name(&mut svg, area, group, slanted);
        }
        let zero = y.place(y.clamp(0.0), area.bottom, area.top);
        svg.line([area.left, zero], [area.right, zero], super::axis::AXIS);
        legend.draw(&mut svg, legend_top, Sample::Bar);
        svg.finish()
    }

    /// Distance from group to group.
    fn pitch(&self, area: Area) -> f64 {
        (area.right - area.left) / self.groups.len().max(1) as f64
    }

    fn draw_group(&self, svg: &mut Svg, y: &Fitted, area: Area, group: usize) {
        let pitch = self.pitch(area);
        let width = (pitch * 0.76 / self.series.len().max(1) as f64).min(64.0);
        let start = pitch * (group as f64 + 0.5) - width * self.series.len() as f64 / 2.0;
        for (i, series) in self.series.iter().enumerate() {
            let bar = series.bars.get(group).copied().unwrap_or_default();
            let left = area.left + start + width * i as f64;
            if let Some(value) = bar.value.filter(|value| self.y.shows(*value)) {
                let place = |v: f64| y.place(y.clamp(v), area.bottom, area.top);
                self.draw_bar(
                    svg,
                    place,
                    [left, width],
                    Look(i),
                    Bar { value: Some(value), ..bar },
                );
            }
        }
    }

    fn draw_bar(
        &self,
        svg: &mut Svg,
        place: impl Fn(f64) -> f64,
        [left, width]: [f64; 2],
        look: Look,
        bar: Bar,
    ) {
        let (top, zero) = (place(bar.value.unwrap_or(0.0)), place(0.0));
        let gap = (width * 0.06).min(2.0);
        look.bar(svg, [left + gap, top.min(zero)], [width - 2.0 * gap, (top - zero).abs()]);
        let mut label = top.min(zero) - 5.0;
        let middle = left + width / 2.0;
        if let Some([lo, hi]) = bar.error.filter(|ends| ends.iter().all(|end| self.y.shows(*end))) {
            let stroke = r#"stroke="currentColor" stroke-width="1.6""#;
            let (lo, hi) = (place(lo), place(hi));
            svg.line([middle, lo], [middle, hi], stroke);
            for end in [lo, hi] {
                svg.line([middle - 4.0, end], [middle + 4.0, end], stroke);
            }
            label = label.min(hi - 5.0);
        }
        let text = format!("{:.2}", bar.value.unwrap_or(0.0));
        if text_width(&text, 11.0) <= width {
            svg.text([middle, label], Anchor::Middle, r#"font-size="11""#, &text);
        }
    }

    fn draw_name(&self, svg: &mut Svg, area: Area, group: usize, slanted: bool) {
        let x = area.left + self.pitch(area) * (group as f64 + 0.5);
        let name = &self.groups[group];
        if slanted {
            let name = fit(name, 112.0, 12.0);
            let y = area.bottom + 16.0;
            let place = [x + 4.0, y].map(super::svg::number).join(" ");
            let turn = format!(r#"transform="rotate(-35 {place})""#);
            svg.text([x + 4.0, y], Anchor::End, &turn, &name);
        } else {
            svg.text([x, area.bottom + 17.0], Anchor::Middle, "", name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::svg::tests::{assert_expected, assert_well_formed};
    use super::*;

    fn chart(groups: &[&str], series: Vec<BarSeries>) -> Drawing {
        let groups = groups.iter().map(|g| (*g).to_owned()).collect();
        let mut chart = BarChart::new("Dice", Axis::linear("Dice").including(0.0, 1.0), groups);
        for series in series {
            chart.series(series);
        }
        chart.draw()
    }

    #[test]
    fn odd_charts_are_drawn() {
        let bars = vec![Bar::new(0.5), Bar::default(), Bar::with_error(0.9, [0.8, 0.95])];
        let table = [
            chart(&[], vec![]),
            chart(&["a"], vec![]),
            chart(&["a", "b", "<i>"], vec![BarSeries::new("x", bars.clone())]),
            chart(&["a", "b", "c", "d"], vec![BarSeries::new("too few", bars)]),
            chart(&["a"], vec![BarSeries::new("nan", vec![Bar::new(f64::NAN)])]),
            chart(&["a"], vec![BarSeries::new("neg", vec![Bar::with_error(-2.0, [-3.0, 1e99])])]),
        ];
        for drawing in table {
            assert_well_formed(&drawing);
        }
    }

    #[test]
    fn the_chart_is_as_it_was() {
        let bars = |a, b| vec![Bar::new(a), Bar::with_error(b, [b - 0.05, b + 0.05])];
        let series =
            vec![BarSeries::new("gum", bars(0.5, 0.6)), BarSeries::new("teeth", bars(0.7, 0.8))];
        assert_expected(&chart(&["standard", "fusion+box"], series), "bars.svg");
    }

    #[test]
    fn a_bar_is_as_high_as_its_value() {
        let drawing = chart(&["a"], vec![BarSeries::new("", vec![Bar::new(0.5)])]);
        assert!(
            drawing.inline().contains("height=\"120\" fill=\"#0072b2\""),
            "{}",
            drawing.inline()
        );
        assert!(drawing.inline().contains(">0.50</text>"));
    }

    #[test]
    fn long_names_are_slanted() {
        let names = ["a policy with a long name", "another policy of that kind", "c", "d"];
        assert!(chart(&names, vec![]).inline().contains("rotate(-35"));
        assert!(!chart(&["a", "b"], vec![]).inline().contains("rotate(-35"));
    }
}
