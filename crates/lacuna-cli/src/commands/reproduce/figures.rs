//! The paper's figures, from the runs of the first repetition.

use std::path::Path;

use anyhow::Result;
use lacuna_data::{BinaryMask, Dataset, Evidence};
use lacuna_report::overlay::{AnnotationStyle, annotation_overlay, segmentation_picture};
use lacuna_report::{
    Axis, Drawing, EpochRow, Figure, FigureRow, LinePlot, Panel, Series, compare_runs,
};
use lacuna_train::evaluate::ThresholdRule;
use lacuna_train::predict::{PredictOptions, Predictor};
use lacuna_train::protocol::{Approach, Cell, CellScores, Condition, Results, predicted};

use super::{run_with_weights, tables};
use crate::commands::explain::{Asked, figure_of};
use crate::score_report::epoch_rows;

/// The rows of the paper's Fig. 3.
const EXPLAINED: [Approach; 3] = [Approach::Standard, Approach::Fusion, Approach::FusionBox];

/// Fig. 2 and 4, then Fig. 3 for the first class where weights are left.
pub(super) fn all(results: &Results, dataset: &Dataset, folder: &Path) -> Result<Vec<Figure>> {
    let mut figures = vec![annotations(results, dataset)?];
    for condition in tables::conditions(results) {
        figures.extend(predictions(results, dataset, folder, condition)?);
    }
    figures.extend(supervision(results, dataset, folder)?);
    Ok(figures)
}

/// Pictures with their partial annotation: the paper's Fig. 2.
fn annotations(results: &Results, dataset: &Dataset) -> Result<Figure> {
    let mut figure = Figure::new("What is painted: the first training pictures");
    figure.columns(["picture", "annotation; the rest is unknown"]);
    let (fold, _) = results.protocol.fold(dataset, 0)?;
    for id in fold.train.iter().take(2) {
        let case = dataset.case(id)?;
        let image = dataset.load_image(case)?;
        let annotation = dataset.load_annotation(case)?;
        let style = AnnotationStyle::default();
        let painted = annotation_overlay(&image, dataset.classes(), &annotation, style)?;
        let panels = vec![Panel::new(image, "picture"), Panel::new(painted, "annotation")];
        figure.row(FigureRow::new(id, panels));
    }
    Ok(figure)
}

/// Each approach's prediction of test pictures: the paper's Fig. 4.
fn predictions(
    results: &Results,
    dataset: &Dataset,
    folder: &Path,
    condition: Condition,
) -> Result<Option<Figure>> {
    let cells: Vec<Cell> = first_repetition(results)
        .map(|cell| cell.cell)
        .filter(|cell| cell.condition == condition || cell.approach == Approach::Full)
        .collect();
    let Some(first) = cells.first() else { return Ok(None) };
    let cases = predicted::cases(*first, folder)?;
    if cases.is_empty() {
        return Ok(None);
    }
    let title = format!("Predictions at threshold ½, {} {condition} masks", condition.letter());
    let mut figure = Figure::new(title);
    let heads = ["picture", "annotation"].map(str::to_owned).into_iter();
    figure.columns(heads.chain(cells.iter().map(|cell| cell.approach.to_string())));
    for id in cases {
        let case = dataset.case(&id)?;
        let image = dataset.load_image(case)?;
        let annotation = dataset.load_annotation(case)?;
        let painted =
            annotation_overlay(&image, dataset.classes(), &annotation, AnnotationStyle::default())?;
        // the heads of the columns say what they are
        let mut panels = vec![Panel::new(image, ""), Panel::new(painted, "")];
        for cell in &cells {
            let masks: Vec<BinaryMask> = predicted::masks(*cell, folder, &id, dataset.classes())?;
            let picture = segmentation_picture(dataset.classes(), &masks)?;
            panels.push(Panel::new(picture, ""));
        }
        figure.row(FigureRow::new(id, panels));
    }
    Ok(Some(figure))
}

/// Prediction, target, weight and loss for the first class: the paper's Fig. 3.
fn supervision(results: &Results, dataset: &Dataset, folder: &Path) -> Result<Option<Figure>> {
    let (fold, _) = results.protocol.fold(dataset, 0)?;
    let (Some(id), Some(class)) = (fold.train.first(), results.classes.first()) else {
        return Ok(None);
    };
    let case = dataset.case(id)?;
    let image = dataset.load_image(case)?;
    let evidence = Evidence::collect(&dataset.load_annotation(case)?, dataset.classes());
    let (mut rows, mut frame) = (Vec::new(), None);
    for approach in EXPLAINED {
        let cell = Cell { repetition: 0, condition: Condition::Original, approach };
        if !results.cells.iter().any(|scores| scores.cell == cell) {
            continue;
        }
        let Some(run) = run_with_weights(folder, cell) else { continue };
        let config = run.load_config()?;
        let predictor = Predictor::open(&run, &config.device, PredictOptions::default())?;
        let asked = Asked::new(&predictor, &image, &evidence, 0)?;
        frame = Some(asked.size());
        rows.push(asked.row(approach.to_string(), config.policy, &config)?);
    }
    Ok(frame.map(|size| figure_of(class, size, &rows)).transpose()?)
}

/// Validation by epoch, and the Dice of every test picture, of the first repetition.
pub(super) fn curves(results: &Results, folder: &Path) -> Result<Vec<Drawing>> {
    let mut runs: Vec<(String, Vec<EpochRow>)> = Vec::new();
    for cell in first_repetition(results).filter(|c| c.cell.condition == Condition::Original) {
        let rows = epoch_rows(&cell.cell.run(folder)?)?;
        runs.push((cell.cell.approach.to_string(), rows));
    }
    let named: Vec<_> = runs.iter().map(|(name, rows)| (name.as_str(), &rows[..])).collect();
    Ok(vec![compare_runs(MEAN, &named).draw(), per_case(results).draw()])
}

/// The mean over classes among the validation metrics.
const MEAN: &str = "dice/mean";

/// The Dice of every test picture, lowest first.
fn per_case(results: &Results) -> LinePlot {
    let y = Axis::linear("mean Dice").including(0.0, 1.0);
    let mut plot = LinePlot::new("Every test picture", Axis::linear("pictures, lowest first"), y);
    for cell in first_repetition(results).filter(|c| c.cell.condition == Condition::Original) {
        let dice = sorted_dice(results, cell);
        let points = dice.iter().enumerate().map(|(rank, dice)| (rank as f64 + 1.0, Some(*dice)));
        plot.series(Series::line(cell.cell.approach.as_str(), points.collect()));
    }
    plot
}

fn sorted_dice(results: &Results, cell: &CellScores) -> Vec<f64> {
    let half = cell.evaluation().result(ThresholdRule::Fixed(0.5));
    let cases = half.map(|result| &result.metric_per_case[..]).unwrap_or_default();
    let mean = |case: &lacuna_train::evaluate::CaseMetrics| {
        let of = |class: &String| case.get(results.definition, class)?.dice;
        lacuna_metrics::mean(&results.classes.iter().filter_map(of).collect::<Vec<_>>())
    };
    let mut dice: Vec<f64> = cases.iter().filter_map(mean).collect();
    dice.sort_by(f64::total_cmp);
    dice
}

fn first_repetition(results: &Results) -> impl Iterator<Item = &CellScores> {
    let first = results.cells.iter().map(|cell| cell.cell.repetition).min();
    results.cells.iter().filter(move |cell| Some(cell.cell.repetition) == first)
}
