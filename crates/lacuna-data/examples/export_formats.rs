//! Writes a small data set in every format, for `refs/formats/check_exports.py` to read with the reference
//! decoders, and times a large import from Label Studio:
//! `cargo run --release -p lacuna-data --example export_formats NEW_FOLDER [TASKS]`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use lacuna_data::annotation::{Annotation, Ternary, TernaryMask, Unpainted};
use lacuna_data::formats::{ExportFormat, ImportFormat, ImportRequest, exporters};
use lacuna_data::{Class, ClassSet, Dataset, Image, Size};

type AnyError = Box<dyn std::error::Error>;

const QUIET: &(dyn Fn(usize, usize) + Sync) = &|_, _| ();

fn main() -> Result<(), AnyError> {
    let mut arguments = std::env::args().skip(1);
    let root = PathBuf::from(arguments.next().ok_or("which folder?")?);
    let tasks: usize = arguments.next().map_or(Ok(0), |text| text.parse())?;
    let dataset = dataset(&root.join("dataset"), 3, Size::new(97, 61))?;
    for entry in exporters() {
        let exporter = entry.exporter(BTreeMap::new())?;
        let report = exporter.export(&dataset, &root.join(entry.format.name), QUIET)?;
        say(&format!("{}: {:?}", entry.format.name, report.losses))?;
    }
    if tasks > 0 { time_import(&root, tasks) } else { Ok(()) }
}

/// Discs of gum and teeth that overlap, with negative middles and stray strokes of either.
fn dataset(dir: &Path, cases: usize, size: Size) -> Result<Dataset, AnyError> {
    let class = |name: &str| Class { name: name.to_owned(), color: [1, 2, 3] };
    let groups = [vec!["gum".to_owned(), "teeth".to_owned()]];
    let classes = ClassSet::new(vec![class("gum"), class("teeth")], &groups, &[])?;
    let mut dataset = Dataset::create(dir, "formats", classes)?;
    for case in 0..cases {
        let mut said = Annotation::unknown(size, 2);
        for (class, mask) in said.masks.iter_mut().enumerate() {
            let values = (0..size.area()).map(|pixel| state(pixel, case * 2 + class, size));
            *mask = TernaryMask::new(size, values.collect())?;
        }
        let group = format!("g{}", case / 2);
        let image = Image::filled(size, [90; 3]);
        let case = dataset.add_image(&format!("p{case}"), &image, Some(&group))?;
        dataset.save_annotation(&case, &said)?;
    }
    Ok(dataset)
}

fn state(pixel: usize, seed: usize, size: Size) -> Ternary {
    let (x, y) = ((pixel % size.width) as f64, (pixel / size.width) as f64);
    let unit = size.height as f64 / 6.0;
    let wave = ((x + seed as f64 * 7.0) / unit * 4.0).sin() * unit / 4.0;
    let middle = size.width as f64 * if seed.is_multiple_of(2) { 0.4 } else { 0.6 };
    let distance = (x - middle).hypot(y - size.height as f64 / 2.0) + wave;
    let is_stroke = (pixel / 11 + seed).is_multiple_of(9);
    match distance / unit {
        d if d < 1.0 => Ternary::Negative,
        d if d < 2.2 => Ternary::Positive,
        _ if is_stroke => Ternary::Negative,
        _ => Ternary::Unknown,
    }
}

/// Tasks of 2000 by 3000 pixels, two brush strokes each.
fn time_import(root: &Path, tasks: usize) -> Result<(), AnyError> {
    let missing = "there is no such format";
    let large = dataset(&root.join("large"), tasks, Size::new(3000, 2000))?;
    let there = root.join("large-label-studio");
    let format = ExportFormat::named("label-studio").ok_or(missing)?;
    let options = BTreeMap::from([("negatives".to_owned(), "no".to_owned())]);
    format.exporter(options)?.export(&large, &there, QUIET)?;
    let mut back = Dataset::create(&root.join("back"), "back", large.classes().clone())?;
    let mut request = ImportRequest::new(there.join("tasks.json"));
    request.unpainted = Some(Unpainted::Unknown);
    let format = ImportFormat::named("label-studio").ok_or(missing)?;
    let start = Instant::now();
    format.importer(request, BTreeMap::new())?.import(&mut back, QUIET)?;
    say(&format!("{tasks} tasks imported in {:.2?}", start.elapsed()))
}

fn say(text: &str) -> Result<(), AnyError> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
