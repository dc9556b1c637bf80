//! Axes: range, ticks at nice numbers, and from numbers to places on the paper.

use super::Area;
use super::svg::{Anchor, Svg};

/// Numbers beyond this are drawn as if missing: their ticks could not be labelled.
const LIMIT: f64 = 1e12;

/// How an axis is labelled and scaled.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    label: String,
    logarithmic: bool,
    integers: bool,
    including: Option<[f64; 2]>,
}

impl Axis {
    /// A linear axis.
    pub fn linear(label: impl Into<String>) -> Self {
        Self { label: label.into(), logarithmic: false, integers: false, including: None }
    }

    /// A logarithmic axis; values that are not positive are missing.
    pub fn log(label: impl Into<String>) -> Self {
        Self { logarithmic: true, ..Self::linear(label) }
    }

    /// The same axis with ticks at whole numbers only.
    #[must_use]
    pub fn integers(self) -> Self {
        Self { integers: true, ..self }
    }

    /// The same axis reaching at least from `lo` to `hi`.
    #[must_use]
    pub fn including(self, lo: f64, hi: f64) -> Self {
        Self { including: Some([lo, hi]), ..self }
    }

    /// Whether a value can be drawn on this axis.
    pub(super) fn shows(&self, value: f64) -> bool {
        value.abs() <= LIMIT && (!self.logarithmic || value >= 1.0 / LIMIT)
    }

    /// Fits the axis to its values. With `whole_steps` it ends at ticks.
    pub(super) fn fit(&self, values: impl Iterator<Item = f64>, whole_steps: bool) -> Fitted {
        let values = values.chain(self.including.into_iter().flatten());
        let range = values.filter(|value| self.shows(*value)).fold(None, |range, value| {
            let [lo, hi] = range.unwrap_or([value; 2]);
            Some([f64::min(lo, value), f64::max(hi, value)])
        });
        if self.logarithmic {
            fit_log(range.unwrap_or([0.1, 1.0]))
        } else {
            fit_linear(range.unwrap_or([0.0, 1.0]), whole_steps, self.integers)
        }
    }

    /// Draws ticks, their grid lines and the label of a horizontal axis below `area`.
    pub(super) fn draw_x(&self, svg: &mut Svg, fitted: &Fitted, area: Area) {
        for (value, label) in &fitted.ticks {
            let x = fitted.place(*value, area.left, area.right);
            svg.line([x, area.bottom], [x, area.bottom + 4.0], AXIS);
            svg.text([x, area.bottom + 17.0], Anchor::Middle, "", label);
        }
        svg.line([area.left, area.bottom], [area.right, area.bottom], AXIS);
        let middle = f64::midpoint(area.left, area.right);
        svg.text([middle, area.bottom + 35.0], Anchor::Middle, LABEL, &self.label);
    }

    /// Draws ticks, grid lines and the label of a vertical axis left of `area`.
    pub(super) fn draw_y(&self, svg: &mut Svg, fitted: &Fitted, area: Area) {
        for (value, label) in &fitted.ticks {
            let y = fitted.place(*value, area.bottom, area.top);
            svg.line([area.left, y], [area.right, y], GRID);
            svg.text([area.left - 7.0, y + 4.0], Anchor::End, "", label);
        }
        let middle = f64::midpoint(area.top, area.bottom);
        let turned =
            format!(r#"{LABEL} transform="rotate(-90 15 {})""#, super::svg::number(middle));
        svg.text([15.0, middle], Anchor::Middle, &turned, &self.label);
    }
}

/// Stroke of an axis.
pub(super) const AXIS: &str = r#"stroke="currentColor" stroke-opacity="0.6""#;
/// Stroke of a grid line.
pub(super) const GRID: &str = r#"stroke="currentColor" stroke-opacity="0.15""#;
/// Attributes of an axis label.
const LABEL: &str = r#"fill-opacity="0.8""#;

/// An axis fitted to its values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fitted {
    lo: f64,
    hi: f64,
    logarithmic: bool,
    /// Value and label.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Fitted {
    /// Where `value` lies between the places of the axis's two ends.
    pub(super) fn place(&self, value: f64, from: f64, to: f64) -> f64 {
        let share = if self.logarithmic {
            (value.log10() - self.lo.log10()) / (self.hi.log10() - self.lo.log10())
        } else {
            (value - self.lo) / (self.hi - self.lo)
        };
        from + (to - from) * share
    }

    /// The nearest end for a value beyond it.
    pub(super) fn clamp(&self, value: f64) -> f64 {
        value.clamp(self.lo, self.hi)
    }
}

fn fit_linear([mut lo, mut hi]: [f64; 2], whole_steps: bool, integers: bool) -> Fitted {
    // A range narrower than its numbers can resolve has no ticks.
    let least = (lo.abs().max(hi.abs()) * 1e-9).max(1e-12);
    if hi - lo < least {
        let pad = if integers { 1.0 } else { (lo.abs() * 0.1).max(0.5) };
        (lo, hi) = (lo - pad, hi + pad);
    }
    let step = nice_step((hi - lo) / 5.0);
    let step = if integers { step.max(1.0).round() } else { step };
    if whole_steps {
        lo = (lo / step + 1e-9).floor() * step;
        hi = (hi / step - 1e-9).ceil() * step;
    }
    let first = (lo / step - 1e-9).ceil() as i64;
    let last = (hi / step + 1e-9).floor() as i64;
    let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
    let ticks = (first..=last).map(|i| (i as f64 * step, label(i as f64 * step, decimals)));
    Fitted { lo, hi, logarithmic: false, ticks: ticks.collect() }
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `rough`.
fn nice_step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    factors.into_iter().map(|f| f * power).find(|step| *step >= rough * 0.999).unwrap_or(rough)
}

fn label(value: f64, decimals: usize) -> String {
    if value.abs() >= 1e5 {
        return format!("{value:e}");
    }
    if decimals > 4 && value != 0.0 {
        return format!("{value:.1e}");
    }
    let text = format!("{value:.decimals$}");
    if text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.') {
        "0".to_owned()
    } else {
        text
    }
}

fn fit_log([lo, hi]: [f64; 2]) -> Fitted {
    let (mut first, mut last) = (lo.log10(), hi.log10());
    if last - first < 0.1 {
        (first, last) = (first - 0.5, last + 0.5);
    }
    let (lo, hi) = (10_f64.powf(first), 10_f64.powf(last));
    let factors: &[f64] = if last - first > 2.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let every = ((last - first) / 8.0).ceil().max(1.0) as i32;
    let powers = (first.floor() as i32..=last.ceil() as i32).filter(|p| p.rem_euclid(every) == 0);
    let ticks = powers.flat_map(|power| {
        factors.iter().map(move |f| (f * 10_f64.powi(power), log_label(*f, power)))
    });
    let inside = |(value, _): &(f64, String)| (lo * 0.9999..=hi * 1.0001).contains(value);
    Fitted { lo, hi, logarithmic: true, ticks: ticks.filter(inside).collect() }
}

fn log_label(factor: f64, power: i32) -> String {
    if (-4..5).contains(&power) {
        let decimals = (-power).max(0) as usize;
        format!("{:.decimals$}", factor * 10_f64.powi(power))
    } else {
        format!("{factor}e{power}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis, values: &[f64], whole: bool) -> String {
        let fitted = axis.fit(values.iter().copied(), whole);
        fitted.ticks.iter().map(|(_, label)| label.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_stand_at_nice_numbers() {
        let linear = || Axis::linear("");
        let table = [
            (linear(), vec![0.0, 1.0], true, "0 0.2 0.4 0.6 0.8 1.0"),
            (linear(), vec![0.13, 0.87], true, "0 0.2 0.4 0.6 0.8 1.0"),
            (linear().integers(), vec![1.0, 50.0], false, "10 20 30 40 50"),
            (linear().integers(), vec![1.0, 3.0], false, "1 2 3"),
            (linear().integers(), vec![1.0], false, "0 1 2"), // one epoch
            (linear(), vec![], true, "0 0.2 0.4 0.6 0.8 1.0"), // no data
            (linear(), vec![f64::NAN, f64::INFINITY, 1e300], true, "0 0.2 0.4 0.6 0.8 1.0"),
            (linear(), vec![3.0, 3.0], true, "2.4 2.6 2.8 3.0 3.2 3.4 3.6"), // a flat line
            (linear(), vec![-2.0, 7.0], true, "-2 0 2 4 6 8"),
            (linear(), vec![0.0, 1.2e6], true, "0 5e5 1e6 1.5e6"),
            (linear(), vec![0.0, 3e-6], true, "0 1.0e-6 2.0e-6 3.0e-6"),
            (linear().including(0.0, 1.0), vec![0.4, 0.5], true, "0 0.2 0.4 0.6 0.8 1.0"),
            (Axis::log(""), vec![0.011, 1.2], true, "0.02 0.05 0.1 0.2 0.5 1"),
            (Axis::log(""), vec![1e-7, 1.0], true, "1e-7 1e-6 1e-5 0.0001 0.001 0.01 0.1 1"),
            (Axis::log(""), vec![-1.0, 0.0], true, "0.1 0.2 0.5 1"), // nothing positive
        ];
        for (axis, values, whole, expected) in table {
            assert_eq!(labels(&axis, &values, whole), expected, "{values:?}");
        }
    }

    #[test]
    fn places_are_proportional() {
        let linear = Axis::linear("").fit([0.0, 10.0].into_iter(), true);
        assert!((linear.place(5.0, 100.0, 200.0) - 150.0).abs() < 1e-9);
        let log = Axis::log("").fit([0.01, 1.0].into_iter(), true);
        assert!((log.place(0.1, 100.0, 200.0) - 150.0).abs() < 1e-9);
    }
}
