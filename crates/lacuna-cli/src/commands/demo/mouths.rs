//! The demo's data set: drawn mouths, painted as busy experts paint.

use std::num::NonZero;
use std::ops::Range;
use std::path::Path;
use std::thread::ScopedJoinHandle;

use anyhow::{Result, anyhow};
use fs_err as fs;
use lacuna_data::class::default_color;
use lacuna_data::dataset::Case;
use lacuna_data::dataset::split::{Fold, Split, SplitConfig, TestPart, Unit};
use lacuna_data::simulate::{PaintPattern, SimulateConfig, simulate};
use lacuna_data::synthetic::{self, MouthConfig, SyntheticMouth, generate};
use lacuna_data::{Class, ClassSet, Dataset, Size};

use crate::printer::Printer;

/// The network's input.
pub(super) const FRAME: Size = Size::new(96, 96);
/// Epochs of each training.
pub(super) const EPOCHS: &str = "24";
/// Optimizer of each training.
pub(super) const OPTIMIZER: &str = "adamw";
/// Its learning rate.
pub(super) const LR: &str = "0.001";

/// Size of the pictures.
const PICTURE: Size = Size::new(192, 192);
/// Pictures of a patient.
const PER_PATIENT: u64 = 3;
/// Patients to test, to validate and to train on.
const PATIENTS: [u64; 3] = [6, 3, 14];

/// Draws the mouths, their truth, what was painted of it, and the split.
pub(super) fn draw(folder: &Path, seed: u64, printer: &Printer) -> Result<()> {
    let mut dataset = Dataset::create(folder, "synthetic mouths", classes()?)?;
    let count = PATIENTS.iter().sum::<u64>() * PER_PATIENT;
    let mut fold = Fold::default();
    let picture = (PICTURE, seed, count);
    add_mouths(&mut dataset, picture, printer, |dataset, index, mouth, case| {
        part(&mut fold, index / PER_PATIENT).push(case.id.clone());
        let (classes, config) = (dataset.classes(), painting(index));
        let painted = simulate(&mouth.truth, &mouth.image, classes, &config, seed, &case.id)?;
        Ok(dataset.save_annotation(case, &painted.annotation)?)
    })?;
    Split::of_fold(seed, Unit::Group, true, fold).save(&dataset, "default")?;
    Ok(())
}

/// Pictures of the app's demonstration: more than a person paints, and enough to hold some back.
const APP_PICTURES: u64 = 30;
/// Those that are painted already, so that a training can begin at once.
const APP_PAINTED: usize = 4;
/// Size of its pictures.
const APP_PICTURE: Size = Size::new(512, 512);

/// Draws mouths for the app: their truth, and a few of them painted in part.
pub(in crate::commands) fn draw_for_app(folder: &Path, printer: &Printer) -> Result<()> {
    let mut dataset = Dataset::create(folder, "drawn mouths", classes()?)?;
    let picture = (APP_PICTURE, 0, APP_PICTURES);
    add_mouths(&mut dataset, picture, printer, |_, _, _, _| Ok(()))?;
    let config =
        SplitConfig { seed: 0, by: Unit::Group, test: TestPart::Share(0.2), validation: 0.15 };
    let split = Split::draw(dataset.cases(), &config)?;
    split.save(&dataset, "default")?;
    for id in split.fold(0)?.train.iter().take(APP_PAINTED) {
        paint(&dataset, id)?;
    }
    Ok(())
}

/// Paints a drawn mouth in part, as a busy expert would.
fn paint(dataset: &Dataset, id: &str) -> Result<()> {
    let case = dataset.case(id)?;
    let (image, truth) = (dataset.load_image(case)?, dataset.load_truth(case)?);
    let truth = truth.unwrap_or_default();
    let unit = APP_PICTURE.width as f64 / 48.0;
    let config = SimulateConfig { stroke_width: unit, ..painting(0) };
    let painted = simulate(&truth, &image, dataset.classes(), &config, 0, id)?;
    Ok(dataset.save_annotation(case, &painted.annotation)?)
}

fn part(fold: &mut Fold, patient: u64) -> &mut Vec<String> {
    let [test, validation, _] = PATIENTS;
    if patient < test {
        &mut fold.test
    } else if patient < test + validation {
        &mut fold.validation
    } else {
        &mut fold.train
    }
}

fn classes() -> Result<ClassSet> {
    let names = synthetic::CLASSES.map(str::to_owned);
    let class = |(i, name): (usize, &String)| Class { name: name.clone(), color: default_color(i) };
    let classes = names.iter().enumerate().map(class).collect();
    Ok(ClassSet::new(classes, &[names.to_vec()], &[])?)
}

/// Draws mouths (their size, the seed, how many) on all cores, adds them in order with their truth, and does `more`
/// with each.
fn add_mouths(
    dataset: &mut Dataset,
    (size, seed, count): (Size, u64, u64),
    printer: &Printer,
    mut more: impl FnMut(&Dataset, u64, &SyntheticMouth, &Case) -> Result<()>,
) -> Result<()> {
    let progress = printer.progress("drawing mouths", count as usize);
    fs::create_dir_all(dataset.dir().join("images"))?;
    let config = MouthConfig { size, pictures_per_patient: PER_PATIENT };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get) as u64;
    for first in (0..count).step_by(cores as usize) {
        let indices = first..count.min(first + cores);
        for (index, mouth) in indices.clone().zip(side_by_side(indices, &config, seed)?) {
            let id = format!("mouth-{index:03}");
            let image = format!("images/{id}.png");
            mouth.image.save_png(&dataset.dir().join(&image))?;
            let case = Case::new(&id, image).with_group(Some(mouth.group.clone()));
            dataset.add_case(case.clone())?;
            dataset.save_truth(&case, &mouth.truth)?;
            more(dataset, index, &mouth, &case)?;
            progress.set(index as usize + 1, count as usize);
        }
    }
    Ok(())
}

fn side_by_side(
    indices: Range<u64>,
    config: &MouthConfig,
    seed: u64,
) -> Result<Vec<SyntheticMouth>> {
    std::thread::scope(|scope| {
        let draw = |index| scope.spawn(move || generate(config, seed, index));
        let threads: Vec<_> = indices.map(draw).collect();
        let join = |thread: ScopedJoinHandle<'_, _>| match thread.join() {
            Ok(mouth) => Ok(mouth?),
            Err(_) => Err(anyhow!("a mouth cannot be drawn")),
        };
        threads.into_iter().map(join).collect()
    })
}

/// Back teeth skipped, the gum near the teeth left unpainted, or strokes instead of areas, in turn;
/// a box by a non-expert, and a few strokes on what is neither.
fn painting(index: u64) -> SimulateConfig {
    let patterns = [PaintPattern::Peripheral, PaintPattern::Core, PaintPattern::Strokes];
    let unit = PICTURE.width as f64 / 48.0;
    SimulateConfig {
        paint: patterns[(index % 3) as usize],
        fraction: 0.4,
        stroke_width: unit,
        neither: 3,
        neither_width: unit,
        box_margin: unit,
        box_jitter: unit / 2.0,
        ..SimulateConfig::default()
    }
}
