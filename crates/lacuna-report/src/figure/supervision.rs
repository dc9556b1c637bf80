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
    /// Predicted probability, 0 to 1.
    pub prediction: &'a [f32],
    /// Target, 0 or 1; not read where the weight is 0.
    pub target: &'a [f32],
    /// Weight; 0 means that nothing is known.
    pub weight: &'a [f32],
    /// Weighted loss.
    pub loss: &'a [f32],
}

/// Prediction, target, weight and loss of `class`, a row a policy. Weights and losses have one scale
/// each for all rows, so that policies can be compared; in the target, stripes are pixels about
/// which nothing is known.
pub fn supervision_figure(
    class: &str,
    size: Size,
    rows: &[SupervisionRow],
) -> Result<Figure, ReportError> {
    for row in rows {
        row.check(size)?;
    }
    let largest_weight = rows.iter().flat_map(|row| row.weight).copied().fold(1.0, f32::max);
    let (largest_loss, cut) = loss_range(rows);
    let loss_scale = Scale {
        map: ColorMap::Viridis,
        low: "0".to_owned(),
        high: format!("{}{}", short(largest_loss), if cut { " and more" } else { "" }),
    };
    let mut figure = Figure::new(format!("Supervision of {class}: what each policy trains on"));
    figure.columns(["prediction", "target", "weight", "loss"]);
    for row in rows {
        let prediction = heatmap(row.prediction, size, [0.0, 1.0], ColorMap::Gray)?;
        let weight = heatmap(row.weight, size, [0.0, largest_weight], ColorMap::Viridis)?;
        let loss = heatmap(row.loss, size, [0.0, largest_loss], ColorMap::Viridis)?;
        figure.row(FigureRow::new(
            row.policy,
            vec![
                Panel::new(prediction, "").with_scale(scale(ColorMap::Gray, 1.0)),
                Panel::new(row.target_picture(size)?, row.target_caption())
                    .with_scale(scale(ColorMap::Gray, 1.0)),
                Panel::new(weight, row.weight_caption())
                    .with_scale(scale(ColorMap::Viridis, largest_weight)),
                Panel::new(loss, "").with_scale(loss_scale.clone()),
            ],
        ));
    }
    Ok(figure)
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
    let losses = rows.iter().flat_map(|row| row.loss).copied();
    let mut losses: Vec<f32> = losses.filter(|loss| loss.is_finite() && *loss > 0.0).collect();
    losses.sort_unstable_by(f32::total_cmp);
    let Some(&largest) = losses.last() else { return (1.0, false) };
    let end = losses[((losses.len() - 1) as f64 * LOSS_QUANTILE) as usize];
    (end, largest > end)
}

impl SupervisionRow<'_> {
    fn check(&self, size: Size) -> Result<(), ReportError> {
        let maps = [
            ("prediction", self.prediction),
            ("target", self.target),
            ("weight", self.weight),
            ("loss", self.loss),
        ];
        for (what, map) in maps {
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
            prediction: &[0.9; 4],
            target: &[1.0, 0.0, f32::NAN, 1.0],
            weight: &[1.0, 2.0, 0.0, 0.0],
            loss: &[0.1, 4.6, 0.0, 0.0],
        };
        let picture = row.target_picture(size).unwrap();
        assert_eq!(picture.rgb(), [[255; 3], [0; 3], [128; 3], [128; 3]].concat());
        assert_eq!(row.target_caption(), "yes 25.0 %, no 25.0 %, unknown 50.0 % (striped)");
        assert_eq!(row.weight_caption(), "50.0 % of pixels count");
        let figure = supervision_figure("gum", size, &[row]).unwrap();
        let html = figure.to_html().unwrap();
        assert!(html.contains("<span>0</span><span>2</span>"), "{html}");
        figure.to_image().unwrap();
    }

    #[test]
    fn single_huge_losses_do_not_set_the_scale() {
        let mut loss = vec![0.5; 1000];
        loss[3] = 90.0;
        let maps = vec![1.0; 1000];
        let row = |loss| SupervisionRow {
            policy: "standard",
            prediction: &maps,
            target: &maps,
            weight: &maps,
            loss,
        };
        assert_eq!(loss_range(&[row(&loss)]), (0.5, true));
        assert_eq!(loss_range(&[row(&vec![0.0; 1000])]), (1.0, false));
    }

    #[test]
    fn a_map_of_another_size_is_named() {
        let row = SupervisionRow {
            policy: "box",
            prediction: &[0.0],
            target: &[0.0],
            weight: &[],
            loss: &[0.0],
        };
        let error = supervision_figure("gum", Size::new(1, 1), &[row]).unwrap_err();
        assert_eq!(error.to_string(), "the weight of `box` has 0 values, but 1 are needed");
    }
}
