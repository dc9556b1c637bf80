//! The demo's pictures and its page.

use std::path::Path;

use anyhow::Result;
use fs_err as fs;
use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_data::dataset::split::Split;
use lacuna_data::supervision::audit::Audit;
use lacuna_data::supervision::policy::PolicyName;
use lacuna_data::{BinaryMask, Dataset, Image};
use lacuna_report::overlay::{self, AnnotationStyle, OverlayStyle};
use lacuna_report::{
    Callout, Cell, Column, Figure, FigureRow, Panel, Report, Table, compare_runs, encode_png,
};
use lacuna_train::RunDir;
use lacuna_train::evaluate::Evaluation;
use lacuna_train::predict::{PredictOptions, Predictor};

use crate::score_report::epoch_rows;

/// Test pictures shown.
const SHOWN: usize = 6;

type Scored = (PolicyName, RunDir, Evaluation);

/// One test picture with everything drawn over it.
struct Drawn {
    id: String,
    panels: Vec<(String, Image)>,
}

/// Writes the shown test pictures: each panel as a file, and all of them as one picture; says how many panels.
pub(super) fn write_overlays(folder: &Path, dataset: &Dataset, runs: &[Scored]) -> Result<usize> {
    let all = encode_png(&figure(dataset, runs)?.to_image()?)?;
    write_atomic_bytes(&folder.join("pictures.png"), &all)?;
    let folder = folder.join("overlays");
    fs::create_dir_all(&folder)?;
    let mut written = 0;
    for drawn in drawn_cases(dataset, runs)? {
        for (name, image) in &drawn.panels {
            let name = name.replace([' ', '+'], "-");
            write_atomic_bytes(
                &folder.join(format!("{}-{name}.png", drawn.id)),
                &encode_png(image)?,
            )?;
            written += 1;
        }
    }
    Ok(written)
}

/// The page: table, pictures, curves, audit.
pub(super) fn draw(
    table: &Table,
    dataset: &Dataset,
    audit: &Audit,
    runs: &[Scored],
) -> Result<String> {
    let mut report = Report::new("Lacuna demo: drawn mouths, painted in part");
    report.lead(
        "A painter marked some gum and some teeth in each picture and left the rest blank. `standard` \
         reads blank as no; `fusion+box` learns only where the truth is known: painted pixels, classes \
         that exclude each other, strokes of `neither`, and everything outside a box drawn by a non-expert.",
    );
    report.section("Result");
    report.table(table);
    report.section("Pictures");
    report.figure(&figure(dataset, runs)?)?;
    report.section("Training");
    let rows = runs
        .iter()
        .map(|(policy, run, _)| Ok((policy.as_str(), epoch_rows(run)?)))
        .collect::<Result<Vec<_>>>()?;
    let named: Vec<_> = rows.iter().map(|(name, rows)| (*name, rows.as_slice())).collect();
    for metric in ["dice/gum", "dice/teeth"] {
        let caption = format!("{metric} on known validation pixels.");
        report.plot(&compare_runs(metric, &named).draw(), &caption);
    }
    report.section("What was painted");
    report.table(&audit_table(audit));
    for warning in &audit.warnings {
        report.callout(Callout::Warning, &format!("{} — {}", warning.message, warning.hint));
    }
    report.footer("Drawn, painted, trained and written by `lacuna demo`.");
    Ok(report.to_html())
}

fn audit_table(audit: &Audit) -> Table {
    let numbers = ["cases painted", "positive", "negative", "unknown", "paint surviving"];
    let columns = [Column::text("class"), Column::text("policy")];
    let columns = columns.into_iter().chain(numbers.map(Column::number)).collect();
    let mut table = Table::new("Pixels by policy", columns);
    for class in &audit.classes {
        for entry in class.policies.iter().filter(|e| super::POLICIES.contains(&e.policy)) {
            let counts = entry.counts;
            table.row(vec![
                Cell::text(&class.class),
                Cell::text(entry.policy.as_str()),
                Cell::count(class.painted_cases as usize),
                Cell::count(counts.positive as usize),
                Cell::count(counts.negative as usize),
                Cell::count(counts.unknown as usize),
                Cell::maybe(class.surviving_paint, 3),
            ]);
        }
    }
    table
}

fn figure(dataset: &Dataset, runs: &[Scored]) -> Result<Figure> {
    let mut figure = Figure::new("Test pictures");
    for (index, drawn) in drawn_cases(dataset, runs)?.into_iter().enumerate() {
        if index == 0 {
            figure.columns(drawn.panels.iter().map(|(name, _)| name.clone()));
        }
        let panels = drawn.panels.into_iter().map(|(_, image)| Panel::new(image, ""));
        figure.row(FigureRow::new(drawn.id, panels.collect()));
    }
    Ok(figure)
}

fn drawn_cases(dataset: &Dataset, runs: &[Scored]) -> Result<Vec<Drawn>> {
    let split = Split::load(dataset, "default")?;
    let predictors = runs
        .iter()
        .map(|(policy, run, _)| {
            let options = PredictOptions::default();
            Ok((*policy, Predictor::from_checkpoint(&run.last_checkpoint(), "cpu", options)?))
        })
        .collect::<Result<Vec<_>>>()?;
    let ids = split.fold(0)?.test.iter().step_by(3).take(SHOWN);
    ids.map(|id| draw_case(id, dataset, &predictors)).collect()
}

fn draw_case(id: &str, dataset: &Dataset, predictors: &[(PolicyName, Predictor)]) -> Result<Drawn> {
    let case = dataset.case(id)?;
    let classes = dataset.classes();
    let image = dataset.load_image(case)?;
    let annotation = dataset.load_annotation(case)?;
    let truth = dataset.load_truth(case)?.unwrap_or_default();
    let over = |masks: &[BinaryMask]| {
        overlay::mask_overlay(&image, classes, masks, OverlayStyle::default())
    };
    let painted =
        overlay::annotation_overlay(&image, classes, &annotation, AnnotationStyle::default())?;
    let mut panels = vec![("painted".to_owned(), painted), ("truth".to_owned(), over(&truth)?)];
    for (policy, predictor) in predictors {
        let prediction = predictor.predict(&image)?;
        let masks: Vec<_> = (0..classes.len()).map(|class| prediction.mask(class, 0.5)).collect();
        panels.push((policy.to_string(), over(&masks)?));
    }
    panels.insert(0, ("picture".to_owned(), image.clone()));
    Ok(Drawn { id: id.to_owned(), panels })
}
