//! What the boxes of an evaluation are worth, as a page with pictures, tables for programs, and a plot.

use std::path::Path;

use anyhow::Result;
use lacuna_data::annotation::{Role, Shape, Ternary};
use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_data::{Annotation, Case, Dataset, Region};
use lacuna_report::overlay::{AnnotationStyle, annotation_overlay};
use lacuna_report::{Axis, Figure, FigureRow, LinePlot, Panel, Report, Series};
use lacuna_train::detection::evaluation::{EvaluatedBoxes, EvaluatedPicture};

use super::table;

/// Pictures shown of each way: those that miss most.
const SHOWN: usize = 4;
const HOW_TO_READ: &str = "In colour: the classes, by complete masks where there are any, else as painted. Dotted: the boxes \
    with their margin. Dashed, or with a whole line for an expert's: people's.";

/// Writes the files of an evaluation into a folder.
pub(super) fn write(
    folder: &Path,
    run: &str,
    dataset: &Dataset,
    rows: &[EvaluatedBoxes],
) -> Result<()> {
    let plot = curves(rows).draw();
    let mut report = Report::new(format!("The boxes of run {run}"));
    report.lead(format!("Every way to get boxes for pictures of data set {}.", dataset.name()));
    report.section("What the boxes teach").table(&table::comparison(rows));
    report.plot(&plot, "Each point is a margin; further to the left, boxes are wider.");
    add_worst(&mut report, dataset, rows)?;
    let files = [
        ("report.html", report.to_html().into_bytes()),
        ("boxes.csv", boxes_csv(rows)?),
        ("pictures.csv", pictures_csv(rows)?),
        ("curve.svg", plot.to_file().into_bytes()),
    ];
    for (name, bytes) in files {
        write_atomic_bytes(&folder.join(name), &bytes)?;
    }
    Ok(())
}

/// The pictures of every way that cuts something off.
fn add_worst(report: &mut Report, dataset: &Dataset, rows: &[EvaluatedBoxes]) -> Result<()> {
    report.section("Pictures that lose most");
    let losing: Vec<_> = rows.iter().filter(|row| row.pictures.iter().any(loses)).collect();
    report.paragraph(if losing.is_empty() { "No box cuts anything off." } else { HOW_TO_READ });
    for row in losing {
        report.figure(&worst(row, dataset)?)?;
    }
    Ok(())
}

/// What is lost against what is won, a line a way.
fn curves(rows: &[EvaluatedBoxes]) -> LinePlot {
    let x = Axis::linear("gained: share of the true outside").including(0.0, 1.0);
    let y = Axis::linear("missed: share of the classes").including(0.0, 0.05);
    let mut plot = LinePlot::new("Lost and won by boxes of every margin", x, y);
    for row in rows {
        let points = row.judgement.curve.iter().rev();
        let points = points.filter_map(|point| Some((point.gained?, point.missed)));
        plot.series(Series::line(&row.boxes, points.collect()));
    }
    plot
}

/// The pictures of a way that miss most.
fn worst(row: &EvaluatedBoxes, dataset: &Dataset) -> Result<Figure> {
    let mut pictures: Vec<_> = row.pictures.iter().filter(|picture| loses(picture)).collect();
    pictures.sort_by(|a, b| b.missed.unwrap_or(0.0).total_cmp(&a.missed.unwrap_or(0.0)));
    pictures.truncate(SHOWN);
    let panels = pictures.into_iter().map(|picture| panel(picture, row.margin, dataset));
    let mut figure = Figure::new(format!("{}, margin {}", row.boxes, row.margin));
    figure.panel_width(220);
    figure.row(FigureRow::new("", panels.collect::<Result<_>>()?));
    Ok(figure)
}

fn loses(picture: &EvaluatedPicture) -> bool {
    picture.missed > Some(0.0)
}

fn panel(picture: &EvaluatedPicture, margin: f64, dataset: &Dataset) -> Result<Panel> {
    let case = dataset.case(&picture.id)?;
    let image = dataset.load_image(case)?;
    let size = image.size();
    let mut annotation = reference(dataset, case)?;
    let out = margin * size.width.max(size.height) as f64;
    annotation.regions.extend(picture.boxes.iter().map(|corners| region(*corners, out)));
    let drawn =
        annotation_overlay(&image, dataset.classes(), &annotation, AnnotationStyle::default())?;
    let missed = picture.missed.map_or_else(String::new, table::percent);
    Ok(Panel::new(drawn, format!("{}: {missed} missed", picture.id)))
}

/// People's regions with the complete masks where there are any, else with what is painted.
fn reference(dataset: &Dataset, case: &Case) -> Result<Annotation> {
    let mut annotation = dataset.load_annotation(case)?;
    annotation.regions.retain(|region| region.role != Role::Model);
    if let Some(truth) = dataset.load_truth(case)? {
        for (mask, truth) in annotation.masks.iter_mut().zip(truth) {
            for (said, is) in mask.values_mut().iter_mut().zip(truth.values()) {
                *said = if *is { Ternary::Positive } else { Ternary::Unknown };
            }
        }
    }
    Ok(annotation)
}

fn region([x1, y1, x2, y2]: [f64; 4], out: f64) -> Region {
    let (x, y) = (x1 - out, y1 - out);
    let (width, height) = (x2 - x1 + 2.0 * out, y2 - y1 + 2.0 * out);
    Region {
        shape: Shape::Box { x, y, width, height, rotation: 0.0 },
        author: String::new(),
        role: Role::Model,
        origin: String::new(),
        score: None,
        model_version: None,
        time: None,
    }
}

/// A row a way and margin.
fn boxes_csv(rows: &[EvaluatedBoxes]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let heads = ["boxes", "pictures", "with_box", "ap50", "ap", "recommended_margin"];
    writer.write_record(heads.into_iter().chain(["margin", "missed", "gained"]))?;
    for row in rows {
        let judgement = &row.judgement;
        for point in &judgement.curve {
            writer.write_record([
                row.boxes.clone(),
                judgement.pictures.to_string(),
                judgement.with_box.to_string(),
                number(judgement.ap50),
                number(judgement.ap),
                row.margin.to_string(),
                point.margin.to_string(),
                number(point.missed),
                number(point.gained),
            ])?;
        }
    }
    Ok(writer.into_inner()?)
}

/// A row a way and picture.
fn pictures_csv(rows: &[EvaluatedBoxes]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["boxes", "margin", "case", "count", "missed", "gained"])?;
    for row in rows {
        for picture in &row.pictures {
            writer.write_record([
                row.boxes.clone(),
                row.margin.to_string(),
                picture.id.clone(),
                picture.boxes.len().to_string(),
                number(picture.missed),
                number(picture.gained),
            ])?;
        }
    }
    Ok(writer.into_inner()?)
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.6}"))
}
