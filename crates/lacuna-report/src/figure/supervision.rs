//! The paper's Fig. 3: for one class, what each policy asks of the network and where it hurts.

use lacuna_data::{Image, Size};

use super::{Figure, FigureRow, Panel, Scale};
use crate::color::ColorMap;
use crate::error::{ReportError, check_length};
use crate::overlay::heatmap;
use crate::overlay::pattern::{Pattern, unit};

/// Share of pixels whose loss is below the end of the colour scale: single pixels with a huge loss
/// would turn the rest black.
const LOSS_QUANTILE: f64 = 0.995;

/// One policy's maps of one class, row by row, all of the figure's size.
#[derive(Clone, Copy, Debug)]
pub struct SupervisionRow<'a> {
    /// Name of the policy.
    pub policy: &'a str,
    /// Predicted probability, 0 to 1; `None` where there is no network to ask.
    pub prediction: Option<&'a [f32]>,
    /// Target, 0 or 1; not read where the weight is 0.
    pub target: &'a [f32],
    /// Weight; 0 means that nothing is known.
    pub weight: &'a [f32],
    /// Weighted loss; `None` without a prediction.
    pub loss: Option<&'a [f32]>,
}

/// Prediction, target, weight and loss of `class`, a row a policy; without any prediction, target and weight
/// alone. Weights and losses have one scale each for all rows, so that policies can be compared; in the target,
/// stripes are pixels about which nothing is known.
pub fn supervision_figure(
    class: &str,
    size: Size,
    rows: &[SupervisionRow],
) -> Result<Figure, ReportError> {
    for row in rows {
        row.check(size)?;
    }
    let scales = Scales::of(rows);
    let mut figure = Figure::new(format!("Supervision of {class}: what each policy trains on"));
    if rows.iter().any(|row| row.prediction.is_some()) {
        figure.columns(["prediction", "target", "weight", "loss"]);
    } else {
        figure.columns(["target", "weight"]);
    }
    for row in rows {
        figure.row(FigureRow::new(row.policy, row.panels(size, &scales)?));
    }
    Ok(figure)
}

/// The ends of the colour scales that all rows share.
struct Scales {
    weight: f32,
    loss: f32,
    loss_scale: Scale,
}

impl Scales {
    fn of(rows: &[SupervisionRow]) -> Self {
        let (loss, cut) = loss_range(rows);
        let high = format!("{}{}", short(loss), if cut { " and more" } else { "" });
        Self {
            weight: rows.iter().flat_map(|row| row.weight).copied().fold(1.0, f32::max),
            loss,
            loss_scale: Scale { map: ColorMap::Viridis, low: "0".to_owned(), high },
        }
    }
}

fn scale(map: ColorMap, high: f32) -> Scale {
    Scale { map, low: "0".to_owned(), high: short(high) }
}

/// A number of about three digits.
fn short(value: f32) -> String {
    let decimals = if value >= 10.0 { 1 } else { 2 };
    let text = format!("{value:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The end of the loss scale, and whether some losses lie beyond it.
fn loss_range(rows: &[SupervisionRow]) -> (f32, bool) {
    let losses = rows.iter().filter_map(|row| row.loss).flatten().copied();
    let mut losses: Vec<f32> = losses.filter(|loss| loss.is_finite() && *loss > 0.0).collect();
    losses.sort_unstable_by(f32::total_cmp);
    let Some(&largest) = losses.last() else { return (1.0, false) };
    let end = losses[((losses.len() - 1) as f64 * LOSS_QUANTILE) as usize];
    (end, largest > end)
}

impl SupervisionRow<'_> {
    fn panels(&self, size: Size, scales: &Scales) -> Result<Vec<Panel>, ReportError> {
        let map = |map: &[f32], high, colors| heatmap(map, size, [0.0, high], colors);
        let mut panels = Vec::new();
        if let Some(prediction) = self.prediction {
            let picture = map(prediction, 1.0, ColorMap::Gray)?;
            panels.push(Panel::new(picture, "").with_scale(scale(ColorMap::Gray, 1.0)));
        }
        let target = Panel::new(self.target_picture(size)?, self.target_caption());
        panels.push(target.with_scale(scale(ColorMap::Gray, 1.0)));
        let weight = map(self.weight, scales.weight, ColorMap::Viridis)?;
        let weight = Panel::new(weight, self.weight_caption());
        panels.push(weight.with_scale(scale(ColorMap::Viridis, scales.weight)));
        if let Some(loss) = self.loss {
            let picture = map(loss, scales.loss, ColorMap::Viridis)?;
            panels.push(Panel::new(picture, "").with_scale(scales.loss_scale.clone()));
        }
        Ok(panels)
    }

    fn check(&self, size: Size) -> Result<(), ReportError> {
        let maps = [
            ("prediction", self.prediction),
            ("target", Some(self.target)),
            ("weight", Some(self.weight)),
            ("loss", self.loss),
        ];
        for (what, map) in maps.into_iter().filter_map(|(what, map)| Some((what, map?))) {
            check_length(&format!("the {what} of `{}`", self.policy), size.area(), map.len())?;
        }
        Ok(())
    }

    fn target_picture(&self, size: Size) -> Result<Image, ReportError> {
        let unknown: Vec<bool> = self.weight.iter().map(|weight| *weight == 0.0).collect();
        let pairs = self.target.iter().zip(&unknown);
        let target: Vec<f32> = pairs.map(|(t, unknown)| if *unknown { 0.5 } else { *t }).collect();
        let mut picture = heatmap(&target, size, [0.0, 1.0], ColorMap::Gray)?;
        if unit(size) > 1 || size.width >= 64 {
            Pattern::Stripes { phase: 0, of: 1 }.paint(&mut picture, &unknown, [95; 3], false);
        }
        Ok(picture)
    }

    fn target_caption(&self) -> String {
        let pairs = || self.target.iter().zip(self.weight);
        let share = |count: usize| 100.0 * count as f64 / self.target.len().max(1) as f64;
        let yes = pairs().filter(|(t, w)| **w != 0.0 && **t >= 0.5).count();
        let no = pairs().filter(|(t, w)| **w != 0.0 && **t < 0.5).count();
        let unknown = self.target.len() - yes - no;
        format!(
            "yes {:.1} %, no {:.1} %, unknown {:.1} % (striped)",
            share(yes),
            share(no),
            share(unknown)
        )
    }

    fn weight_caption(&self) -> String {
        let counted = self.weight.iter().filter(|weight| **weight != 0.0).count();
        let share = 100.0 * counted as f64 / self.weight.len().max(1) as f64;
        format!("{share:.1} % of pixels count")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_neither_yes_nor_no() {
        let size = Size::new(4, 1);
        let row = SupervisionRow {
            policy: "fusion",
            prediction: Some(&[0.9; 4]),
            target: &[1.0, 0.0, f32::NAN, 1.0],
            weight: &[1.0, 2.0, 0.0, 0.0],
            loss: Some(&[0.1, 4.6, 0.0, 0.0]),
        };
        let picture = row.target_picture(size).unwrap();
        assert_eq!(picture.rgb(), [[255; 3], [0; 3], [128; 3], [128; 3]].concat());
        assert_eq!(row.target_caption(), "yes 25.0 %, no 25.0 %, unknown 50.0 % (striped)");
        assert_eq!(row.weight_caption(), "50.0 % of pixels count");
        let figure = supervision_figure("gum", size, &[row]).unwrap();
        let html = figure.to_html().unwrap();
        assert!(html.contains("<span>0</span><span>2</span>"), "{html}");
        figure.to_image().unwrap();
        // without a network: target and weight
        let bare = SupervisionRow { prediction: None, loss: None, ..row };
        let html = supervision_figure("gum", size, &[bare]).unwrap().to_html().unwrap();
        assert!(!html.contains("prediction") && html.contains("weight"), "{html}");
    }

    #[test]
    fn single_huge_losses_do_not_set_the_scale() {
        let mut loss = vec![0.5; 1000];
        loss[3] = 90.0;
        let maps = vec![1.0; 1000];
        let row = |loss| SupervisionRow {
            policy: "standard",
            prediction: Some(&maps),
            target: &maps,
            weight: &maps,
            loss: Some(loss),
        };
        assert_eq!(loss_range(&[row(&loss)]), (0.5, true));
        assert_eq!(loss_range(&[row(&vec![0.0; 1000])]), (1.0, false));
    }

    #[test]
    fn a_map_of_another_size_is_named() {
        let row = SupervisionRow {
            policy: "box",
            prediction: Some(&[0.0]),
            target: &[0.0],
            weight: &[],
            loss: Some(&[0.0]),
        };
        let error = supervision_figure("gum", Size::new(1, 1), &[row]).unwrap_err();
        assert_eq!(error.to_string(), "the weight of `box` has 0 values, but 1 are needed");
    }
}
