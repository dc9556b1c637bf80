//! `lacuna explain`: the paper's Fig. 3 for one class of one case.

use std::path::PathBuf;

use anyhow::{Context, Result};
use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_data::augment::{Augmentation, Fill, Normalization, SampleConfig, Sampling};
use lacuna_data::supervision::PolicyName;
use lacuna_data::{Annotation, Dataset, Evidence, Image, Size, SupervisionPolicy};
use lacuna_report::{
    Cell, Column, Figure, ReportError, SupervisionRow, Table, encode_png, supervision_figure,
};
use lacuna_train::explain::{Explanation, Framed};
use lacuna_train::predict::{PredictOptions, Predictor};
use lacuna_train::{RunDir, TrainConfig};
use serde::Serialize;

use crate::cli::ExplainArgs;
use crate::error_report::UsageError;
use crate::exit_status::ExitStatus;
use crate::printer::Printer;
use crate::score_report::check_classes;

/// One row of the figure.
pub(super) struct Row {
    head: String,
    policy: PolicyName,
    prediction: Option<Vec<f32>>,
    explained: Explanation,
}

/// The counts behind the figure.
#[derive(Serialize)]
struct Summary {
    case: String,
    class: String,
    picture: PathBuf,
    rows: Vec<Counts>,
}

/// What one row of the figure shows, in pixels of the network's input.
#[derive(Serialize)]
struct Counts {
    row: String,
    policy: PolicyName,
    positive: usize,
    negative: usize,
    unknown: usize,
    /// Σ weight · loss, unless there is no prediction.
    loss: Option<f64>,
}

/// Draws the figure and counts what is in it.
pub(crate) fn run(arguments: &ExplainArgs, printer: &Printer) -> Result<ExitStatus> {
    let dataset = Dataset::open(&arguments.data)?;
    let class = class_index(&dataset, &arguments.class)?;
    let case = dataset.case(&arguments.case)?;
    let image = dataset.load_image(case)?;
    let said = dataset.load_annotation(case)?;
    let (size, rows) = if arguments.run.is_empty() {
        let evidence = Evidence::collect(&said, dataset.classes());
        without_network(arguments, class, &image, &evidence)?
    } else {
        with_networks(arguments, &dataset, class, &image, &said)?
    };
    let path = arguments.output.clone().unwrap_or_else(|| {
        PathBuf::from(format!("explain-{}-{}.png", arguments.case, arguments.class))
    });
    let picture = draw(&arguments.class, size, &rows)?;
    write_atomic_bytes(&path, &picture)
        .with_context(|| format!("could not write `{}`", path.display()))?;
    let summary = Summary {
        case: arguments.case.clone(),
        class: arguments.class.clone(),
        picture: path,
        rows: rows.iter().map(Row::counts).collect(),
    };
    printer.result(&summary, || words(&summary))?;
    Ok(ExitStatus::Done)
}

fn class_index(dataset: &Dataset, name: &str) -> Result<usize> {
    let names = dataset.classes().names();
    let index = names.iter().position(|known| known == name);
    Ok(index.ok_or_else(|| {
        UsageError::new(format!("there is no class `{name}`"))
            .with_hint(format!("the classes are {}", names.join(", ")))
    })?)
}

/// The policies asked for, or all.
fn policies(arguments: &ExplainArgs) -> Vec<PolicyName> {
    if arguments.policy.is_empty() { PolicyName::ALL.to_vec() } else { arguments.policy.clone() }
}

fn without_network(
    arguments: &ExplainArgs,
    class: usize,
    image: &Image,
    evidence: &Evidence,
) -> Result<(Size, Vec<Row>)> {
    let sample = SampleConfig {
        frame: arguments.image_size,
        sampling: Sampling::Resize(arguments.resize.into()),
        augmentation: Augmentation::NONE,
        normalization: Normalization::IMAGENET,
        fill: Fill::Mean,
    };
    let framed = Framed::new(&sample, image, evidence);
    let row = |policy: PolicyName| {
        let explained = framed.explain(class, &SupervisionPolicy::named(policy), None)?;
        Ok(Row { head: policy.to_string(), policy, prediction: None, explained })
    };
    let rows = policies(arguments).into_iter().map(row).collect::<Result<_>>()?;
    Ok((framed.size(), rows))
}

/// One run under every policy, or every run under its own.
fn with_networks(
    arguments: &ExplainArgs,
    dataset: &Dataset,
    class: usize,
    image: &Image,
    said: &Annotation,
) -> Result<(Size, Vec<Row>)> {
    let mut rows = Vec::new();
    let mut frame: Option<Size> = None;
    for path in &arguments.run {
        let run = RunDir::open(path)?;
        let predictor = Predictor::open(&run, &arguments.device, PredictOptions::default())?;
        check_classes(&predictor, dataset)?;
        let config = run.load_config()?;
        let trusted = said.clone().trusting(config.box_trust);
        let evidence = Evidence::collect(&trusted, dataset.classes());
        let asked = Asked::new(&predictor, image, &evidence, class)?;
        if frame.is_some_and(|frame| frame != asked.size()) {
            return Err(UsageError::new("the runs have inputs of different sizes")
                .with_hint("compare runs that were trained with one --image-size")
                .into());
        }
        frame = Some(asked.size());
        let policies =
            if arguments.run.len() > 1 { vec![config.policy] } else { policies(arguments) };
        for policy in policies {
            let head = match arguments.run.len() {
                1 => policy.to_string(),
                _ => format!("{}: {policy}", run.name()),
            };
            rows.push(asked.row(head, policy, &config)?);
        }
    }
    Ok((frame.context("no run is given")?, rows))
}

/// What a network says of one class of a picture, in its frame.
pub(super) struct Asked {
    framed: Framed,
    class: usize,
    logits: Vec<f32>,
}

impl Asked {
    /// Asks the network.
    pub(super) fn new(
        predictor: &Predictor,
        image: &Image,
        evidence: &Evidence,
        class: usize,
    ) -> Result<Self> {
        let framed = Framed::new(&predictor.info().sample_config(), image, evidence);
        Ok(Self { framed, class, logits: predictor.frame_logits(image)? })
    }

    /// Size of its frame.
    pub(super) fn size(&self) -> Size {
        self.framed.size()
    }

    /// The row of the figure for a policy, with a run's other settings.
    pub(super) fn row(
        &self,
        head: String,
        policy: PolicyName,
        config: &TrainConfig,
    ) -> Result<Row> {
        let supervision = config.supervision_by(policy);
        let explained = self.framed.explain(self.class, &supervision, Some(&self.logits))?;
        let area = self.size().area();
        let plane = &self.logits[self.class * area..][..area];
        let prediction = Some(plane.iter().map(|l| 1.0 / (1.0 + (-l).exp())).collect());
        Ok(Row { head, policy, prediction, explained })
    }
}

fn draw(class: &str, size: Size, rows: &[Row]) -> Result<Vec<u8>, ReportError> {
    encode_png(&figure_of(class, size, rows)?.to_image()?)
}

/// The figure of rows of one size.
pub(super) fn figure_of(class: &str, size: Size, rows: &[Row]) -> Result<Figure, ReportError> {
    let rows: Vec<SupervisionRow> = rows
        .iter()
        .map(|row| SupervisionRow {
            policy: &row.head,
            prediction: row.prediction.as_deref(),
            target: &row.explained.target,
            weight: &row.explained.weight,
            loss: row.explained.loss.as_deref(),
        })
        .collect();
    supervision_figure(class, size, &rows)
}

impl Row {
    fn counts(&self) -> Counts {
        let Explanation { target, weight, loss } = &self.explained;
        let known = || target.iter().zip(weight).filter(|(_, weight)| **weight != 0.0);
        let positive = known().filter(|(target, _)| **target >= 0.5).count();
        let known = known().count();
        Counts {
            row: self.head.clone(),
            policy: self.policy,
            positive,
            negative: known - positive,
            unknown: target.len() - known,
            loss: loss.as_ref().map(|loss| loss.iter().map(|loss| f64::from(*loss)).sum()),
        }
    }
}

fn words(summary: &Summary) -> String {
    let heads = ["positive", "negative", "unknown", "sum of losses"].map(Column::number);
    let columns = std::iter::once(Column::text("row")).chain(heads).collect();
    let title = format!("{} of {}, pixels of the network's input", summary.class, summary.case);
    let mut table = Table::new(title, columns);
    for row in &summary.rows {
        table.row(vec![
            Cell::text(&row.row),
            Cell::count(row.positive),
            Cell::count(row.negative),
            Cell::count(row.unknown),
            Cell::maybe(row.loss, 1),
        ]);
    }
    format!("{}picture: {}\n", table.to_text(), summary.picture.display())
}
