//! Reliability diagrams: is a probability of .8 right eight times in ten?

use lacuna_metrics::CalibrationBin;

use super::axis::{Axis, Fitted};
use super::legend::{Legend, Sample};
use super::svg::{Anchor, Drawing, Look, Svg};
use super::{Area, WIDTH};

/// Height of the upper part.
const HEIGHT: f64 = 290.0;
/// Height of the shares of pixels below.
const SHARES: f64 = 52.0;

/// The calibration of one class.
#[derive(Clone, Debug, PartialEq)]
pub struct ReliabilitySeries {
    name: String,
    bins: Vec<CalibrationBin>,
}

impl ReliabilitySeries {
    /// A class's name and bins.
    pub fn new(name: impl Into<String>, bins: &[CalibrationBin]) -> Self {
        Self { name: name.into(), bins: bins.to_vec() }
    }
}

/// Share of positives over mean probability, and how many pixels each bin holds.
#[derive(Clone, Debug, PartialEq)]
pub struct ReliabilityDiagram {
    title: String,
    series: Vec<ReliabilitySeries>,
}

impl ReliabilityDiagram {
    /// A diagram without series.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), series: Vec::new() }
    }

    /// Adds a class.
    pub fn series(&mut self, series: ReliabilitySeries) -> &mut Self {
        self.series.push(series);
        self
    }

    /// The diagram as SVG.
    pub fn draw(&self) -> Drawing {
        let square = HEIGHT / 2.0;
        let middle = WIDTH / 2.0 + 20.0;
        let area =
            Area { left: middle - square, right: middle + square, ..Area::below_title(HEIGHT) };
        let shares = Area { top: area.bottom + 14.0, bottom: area.bottom + 14.0 + SHARES, ..area };
        let legend = Legend::new(self.series.iter().map(|series| series.name.as_str()));
        let legend_top = shares.bottom + 46.0;
        let mut svg = Svg::new(&self.title, [WIDTH, legend_top + legend.height() + 4.0]);
        let x = Axis::linear("predicted probability").including(0.0, 1.0);
        let y = Axis::linear("share of pixels that are").including(0.0, 1.0);
        let fitted = y.fit([].into_iter(), true);
        svg.heading();
        draw_frame(&mut svg, &fitted, area);
        let note = [area.right - 6.0, area.bottom - 8.0];
        svg.text(note, Anchor::End, r#"fill-opacity="0.6""#, "below the line: too sure");
        x.draw_x(&mut svg, &fitted, shares);
        svg.text([shares.left - 7.0, shares.bottom - 2.0], Anchor::End, "", "pixels");
        for (i, series) in self.series.iter().enumerate() {
            series.draw(&mut svg, &fitted, area, Look(i));
            series.draw_shares(&mut svg, shares, i, self.series.len());
        }
        legend.draw(&mut svg, legend_top, Sample::Line);
        svg.finish()
    }
}

fn draw_frame(svg: &mut Svg, fitted: &Fitted, area: Area) {
    for (value, label) in &fitted.ticks {
        let y = fitted.place(*value, area.bottom, area.top);
        let x = fitted.place(*value, area.left, area.right);
        svg.line([area.left, y], [area.right, y], super::axis::GRID);
        svg.line([x, area.top], [x, area.bottom], super::axis::GRID);
        svg.text([area.left - 7.0, y + 4.0], Anchor::End, "", label);
    }
    let middle = f64::midpoint(area.top, area.bottom);
    let x = super::svg::number(area.left - 44.0);
    let turn =
        format!(r#"fill-opacity="0.8" transform="rotate(-90 {x} {})""#, super::svg::number(middle));
    svg.text([area.left - 44.0, middle], Anchor::Middle, &turn, "share that really is");
    let diagonal = r#"stroke="currentColor" stroke-opacity="0.6" stroke-dasharray="5 4""#;
    svg.line([area.left, area.bottom], [area.right, area.top], diagonal);
}

impl ReliabilitySeries {
    fn draw(&self, svg: &mut Svg, fitted: &Fitted, area: Area, look: Look) {
        let filled =
            self.bins.iter().filter_map(|bin| bin.mean_probability.zip(bin.positive_share));
        let places: Vec<_> = filled
            .filter(|(p, share)| p.is_finite() && share.is_finite())
            .map(|(p, share)| {
                [fitted.place(p, area.left, area.right), fitted.place(share, area.bottom, area.top)]
            })
            .collect();
        if places.len() > 1 {
            svg.polyline(&places, &look.stroke());
        }
        for place in places {
            look.marker(svg, place);
        }
    }

    /// Bars of the square root of each bin's share: most pixels lie in the first and last bin, and
    /// the others must still be seen.
    fn draw_shares(&self, svg: &mut Svg, area: Area, index: usize, of: usize) {
        let total: u64 = self.bins.iter().map(|bin| bin.count).sum();
        let span = area.right - area.left;
        for bin in self.bins.iter().filter(|bin| bin.count > 0) {
            let height = (bin.count as f64 / total as f64).sqrt() * SHARES;
            let width = (bin.upper - bin.lower) * span / of as f64;
            let left = area.left + bin.lower * span + width * index as f64;
            Look(index).bar(svg, [left, area.bottom - height], [width, height]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::svg::tests::{assert_expected, assert_well_formed};
    use super::*;
    use lacuna_metrics::Calibration;

    #[test]
    fn full_and_empty_bins_are_drawn() {
        let mut calibration = Calibration::new();
        for i in 0..100_u8 {
            calibration.add(f32::from(i) / 100.0, i % 3 == 0).unwrap();
        }
        let mut diagram = ReliabilityDiagram::new("Calibration");
        diagram.series(ReliabilitySeries::new("gum", &calibration.reliability()));
        diagram.series(ReliabilitySeries::new("teeth", &Calibration::new().reliability()));
        let drawing = diagram.draw();
        assert_well_formed(&drawing);
        assert_eq!(drawing.inline().matches("<polyline").count(), 1);
        assert_expected(&drawing, "reliability.svg");
    }
}
