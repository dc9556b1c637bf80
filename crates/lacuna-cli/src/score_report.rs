//! Scores as tables and as a page with curves and pictures.

use anyhow::Result;
use lacuna_data::{ClassSet, Dataset};
use lacuna_metrics::DiceBounds;
use lacuna_report::overlay::{self, OverlayStyle};
use lacuna_report::{
    Callout, Cell, Column, Drawing, EpochRow, Figure, FigureRow, LinePlot, Panel,
    ReliabilityDiagram, ReliabilitySeries, Report, Table, standard_plots,
};
use lacuna_train::RunDir;
use lacuna_train::evaluate::{
    ClassSummary, Definition, DefinitionSummary, Evaluation, Predictions, ThresholdResult,
};
use lacuna_train::predict::Predictor;

use crate::error_report::UsageError;

/// A run can only be scored on the classes it was trained for.
pub(crate) fn check_classes(predictor: &Predictor, dataset: &Dataset) -> Result<()> {
    let trained: Vec<_> = predictor.info().classes.iter().map(|c| c.name.clone()).collect();
    let found = dataset.classes().names();
    if trained == found {
        return Ok(());
    }
    let (trained, found) = (trained.join(", "), found.join(", "));
    Err(UsageError::new(format!(
        "the run was trained for the classes {trained}; the data set has {found}"
    ))
    .with_hint("score it on a data set with the same classes in the same order")
    .into())
}

/// One table a definition of what is scored, all thresholds below each other.
pub(crate) fn tables(evaluation: &Evaluation) -> Vec<Table> {
    let Some(first) = evaluation.results.first() else { return Vec::new() };
    let mut tables: Vec<Table> = first
        .definitions
        .iter()
        .map(|definition| {
            let bounded = evaluation
                .results
                .iter()
                .filter_map(|result| result.definition(definition.definition))
                .any(has_bounds);
            let mut table = Table::new(definition.label.clone(), columns(bounded));
            for result in &evaluation.results {
                if let Some(found) = result.definition(definition.definition) {
                    add_rows(&mut table, result, found, bounded);
                }
            }
            let left_out = found_left_out(evaluation, definition.definition);
            if left_out > 0 {
                table.note(format!("left out of a mean, {left_out} in all: {}", evaluation.empty_rule));
            }
            if bounded {
                table.note("known: share of the pixels; lowest, highest: the pooled Dice on all pixels over every completion of the unknown ones");
            }
            table
        })
        .collect();
    if !evaluation.ranking.is_empty() {
        tables.push(ranking_table(evaluation));
    }
    tables
}

/// What does not depend on a threshold: how well probabilities order the pixels, and whether they can be believed.
fn ranking_table(evaluation: &Evaluation) -> Table {
    let numbers = ["pixels", "average precision", "calibration error"].map(Column::number);
    let text = [Column::text("class"), Column::text("on")];
    let mut table = Table::new("probabilities", text.into_iter().chain(numbers).collect());
    for ranking in &evaluation.ranking {
        table.row(vec![
            Cell::text(&ranking.class),
            Cell::text(ranking.definition.as_str()),
            Cell::count((ranking.positives + ranking.negatives) as usize),
            Cell::maybe(ranking.average_precision, 3),
            Cell::maybe(ranking.expected_calibration_error, 3),
        ]);
    }
    table
}

/// One reliability diagram a definition.
fn reliability(evaluation: &Evaluation) -> Vec<Drawing> {
    let mut definitions: Vec<Definition> = Vec::new();
    for ranking in &evaluation.ranking {
        if !definitions.contains(&ranking.definition) {
            definitions.push(ranking.definition);
        }
    }
    let draw = |definition: Definition| {
        let mut diagram = ReliabilityDiagram::new(format!("Calibration: {definition}"));
        for ranking in evaluation.ranking.iter().filter(|r| r.definition == definition) {
            diagram.series(ReliabilitySeries::new(&ranking.class, &ranking.reliability));
        }
        diagram.draw()
    };
    definitions.into_iter().map(draw).collect()
}

/// Scores of cases that are in no mean because prediction and reference are both empty.
fn found_left_out(evaluation: &Evaluation, definition: Definition) -> usize {
    let found = evaluation.results.iter().filter_map(|result| result.definition(definition));
    found.flat_map(|found| &found.mean).map(|class| class.dice.left_out).sum()
}

fn has_bounds(definition: &DefinitionSummary) -> bool {
    definition.mean.iter().any(|class| pooled_bounds(class).is_some())
}

fn pooled_bounds(class: &ClassSummary) -> Option<&DiceBounds> {
    class.dice_bounds.as_ref()?.pooled.as_ref()
}

fn columns(bounded: bool) -> Vec<Column> {
    let numbers = ["Dice", "pooled", "IoU", "precision", "recall", "HD95", "NSD"];
    let bounds = if bounded { &["known", "lowest", "highest"][..] } else { &[] };
    let text = [Column::text("class"), Column::text("threshold")];
    text.into_iter().chain(numbers.iter().chain(bounds).map(|head| Column::number(*head))).collect()
}

fn add_rows(table: &mut Table, result: &ThresholdResult, found: &DefinitionSummary, bounded: bool) {
    for class in &found.mean {
        let threshold = result.thresholds.iter().find(|t| t.class == class.class);
        let threshold =
            threshold.map_or(String::new(), |t| format!("{} ({:.3})", result.rule, t.threshold));
        let mut cells = vec![
            Cell::text(&class.class),
            Cell::text(threshold),
            class.dice_interval.as_ref().map_or(Cell::Missing, |dice| Cell::bootstrap(dice, 3)),
            Cell::maybe(class.pooled.dice, 3),
            Cell::maybe(class.iou.mean, 3),
            Cell::maybe(class.precision.mean, 3),
            Cell::maybe(class.recall.mean, 3),
            Cell::maybe(class.hd95.mean, 1),
            Cell::maybe(class.nsd.mean, 3),
        ];
        if bounded {
            let bounds = pooled_bounds(class);
            cells.push(Cell::maybe(class.coverage, 3));
            cells.push(Cell::maybe(bounds.map(|b| b.lower), 3));
            cells.push(Cell::maybe(bounds.map(|b| b.upper), 3));
        }
        table.row(cells);
    }
}

/// What a page of scores is made of beside the scores.
pub(crate) struct Page<'a> {
    pub(crate) title: String,
    /// What was scored.
    pub(crate) predictions: Predictions<'a>,
    pub(crate) dataset: &'a Dataset,
    /// The network's run; none for masks.
    pub(crate) run: Option<&'a RunDir>,
    /// Worst and best cases of each class to show.
    pub(crate) pictures: usize,
}

impl Page<'_> {
    /// The page.
    pub(crate) fn to_html(&self, evaluation: &Evaluation) -> Result<String> {
        page(evaluation, self)
    }
}

fn page(evaluation: &Evaluation, page: &Page) -> Result<String> {
    let mut report = Report::new(page.title.clone());
    let training = match page.run {
        Some(_) => format!(", {} epochs of training", evaluation.epochs),
        None => String::new(),
    };
    report
        .lead(format!("{} pictures of the {} part{training}.", evaluation.cases, evaluation.part));
    report.section("Scores");
    for table in tables(evaluation) {
        report.table(&table);
    }
    for note in &evaluation.notes {
        report.callout(Callout::Note, note);
    }
    report.plots(
        reliability(evaluation).iter(),
        "Share of pixels that are of a class, over its predicted probability.",
    );
    let rows = page.run.map(epoch_rows).transpose()?.unwrap_or_default();
    if !rows.is_empty() {
        report.section("Training");
        let drawings: Vec<_> = standard_plots(&rows, None).iter().map(LinePlot::draw).collect();
        report.plots(drawings.iter(), "Loss and validation by epoch, on known pixels.");
    }
    if page.pictures > 0 {
        report.section("Worst and best pictures");
        for class in &evaluation.classes {
            report.figure(&case_figure(class, evaluation, page)?)?;
        }
    }
    Ok(report.to_html())
}

fn case_figure(class: &str, evaluation: &Evaluation, page: &Page) -> Result<Figure> {
    let chosen = evaluation.worst_and_best(class, page.pictures);
    let mut figure = Figure::new(format!("{class}: worst and best"));
    figure.columns(["picture and annotation", "prediction"]);
    let thresholds = evaluation.results.first().map(|result| &result.thresholds);
    let thresholds: Vec<f32> =
        thresholds.into_iter().flatten().map(|t| t.threshold as f32).collect();
    let worst = chosen.worst.iter().map(|case| ("worst", case));
    let best = chosen.best.iter().rev().map(|case| ("best", case));
    for (kind, (id, dice)) in worst.chain(best) {
        let panels = case_panels(id, page.predictions, page.dataset, &thresholds)?;
        figure.row(FigureRow::new(format!("{kind}: {id}, Dice {dice:.3}"), panels));
    }
    Ok(figure)
}

/// A case's annotation and prediction over its picture.
pub(crate) fn case_panels(
    id: &str,
    predictions: Predictions,
    dataset: &Dataset,
    thresholds: &[f32],
) -> Result<Vec<Panel>> {
    let case = dataset.case(id)?;
    let image = dataset.load_image(case)?;
    let annotation = dataset.load_annotation(case)?;
    let classes: &ClassSet = dataset.classes();
    let prediction = predictions.predict(case, &image)?;
    let masks: Vec<_> =
        thresholds.iter().enumerate().map(|(class, t)| prediction.mask(class, *t)).collect();
    let painted = overlay::annotation_overlay(
        &image,
        classes,
        &annotation,
        overlay::AnnotationStyle::default(),
    )?;
    let predicted = overlay::mask_overlay(&image, classes, &masks, OverlayStyle::default())?;
    Ok(vec![Panel::new(painted, "annotation"), Panel::new(predicted, "prediction")])
}

/// The rows of `metrics.csv` as the plots want them.
pub(crate) fn epoch_rows(run: &RunDir) -> Result<Vec<EpochRow>> {
    let mut reader = csv::Reader::from_path(run.metrics_file())?;
    let heads = reader.headers()?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let number = |name: &str| {
            let at = heads.iter().position(|head| head == name)?;
            record.get(at)?.parse::<f64>().ok()
        };
        let validation = heads
            .iter()
            .filter_map(|head| Some((head.strip_prefix("val/")?.to_owned(), number(head)?)))
            .filter(|(name, _)| name.starts_with("dice/"))
            .collect();
        rows.push(EpochRow {
            epoch: number("epoch").unwrap_or_default() as u32,
            train_loss: number("train/loss").or_else(|| number("train_loss")),
            validation,
            learning_rate: number("lr"),
        });
    }
    Ok(rows)
}
