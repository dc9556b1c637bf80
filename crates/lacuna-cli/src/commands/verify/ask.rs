//! Asks point after point.

use std::io::{self, BufRead, Write};
use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;
use lacuna_data::Dataset;
use lacuna_metrics::verification::Answer;
use lacuna_train::Interrupt;
use lacuna_train::verification::Verification;

use super::crop;
use crate::printer::Printer;

/// Where the small pictures lie, in the verification's folder.
const PICTURES: &str = "points";

/// What was typed.
enum Typed {
    Answer(Answer),
    Back,
    Leave,
    Unclear,
}

/// Asks until all is answered or the person leaves.
pub(super) fn all(
    verification: &mut Verification,
    dataset: &Dataset,
    folder: &Path,
    interrupt: &Interrupt,
    printer: &Printer,
) -> Result<()> {
    fs::create_dir_all(folder.join(PICTURES))?;
    let mut lines = io::stdin().lock().lines();
    let mut again = None;
    while let Some(index) = again.take().or_else(|| verification.next()) {
        if interrupt.is_raised() {
            return Ok(());
        }
        question(verification, dataset, folder, index, printer)?;
        let Some(line) = lines.next().transpose().context("the terminal is gone")? else {
            return Ok(());
        };
        match typed(&line) {
            Typed::Answer(answer) => verification.answer(index, answer)?,
            Typed::Back => again = Some(index.saturating_sub(1)),
            Typed::Unclear => again = Some(index),
            Typed::Leave => return Ok(()),
        }
    }
    Ok(())
}

fn typed(line: &str) -> Typed {
    match line.trim().to_lowercase().as_str() {
        "y" | "yes" => Typed::Answer(Answer::Yes),
        "n" | "no" => Typed::Answer(Answer::No),
        "u" | "unsure" => Typed::Answer(Answer::Unsure),
        "b" | "back" => Typed::Back,
        "q" | "quit" => Typed::Leave,
        _ => Typed::Unclear,
    }
}

/// Draws the point's surroundings and asks.
fn question(
    verification: &Verification,
    dataset: &Dataset,
    folder: &Path,
    index: usize,
    printer: &Printer,
) -> Result<()> {
    let sample = verification.sample();
    let point = sample.points[index];
    let id = &sample.cases[point.case];
    let image = dataset.load_image(dataset.case(id)?)?;
    let path = folder.join(PICTURES).join(format!("{index:04}.png"));
    crop::around(&image, point.x, point.y).save_png(&path)?;
    let class = &sample.classes[point.class].class;
    let (number, all) = (index + 1, sample.points.len());
    printer.message(&format!(
        "{number}/{all}  {}  ({id}, column {}, row {})\nis the middle of the cross {class}? y, n, u, b or q:",
        path.display(),
        point.x,
        point.y
    ));
    Ok(io::stderr().flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_can_be_short_or_long() {
        assert!(matches!(typed(" Y "), Typed::Answer(Answer::Yes)));
        assert!(matches!(typed("no"), Typed::Answer(Answer::No)));
        assert!(matches!(typed("u"), Typed::Answer(Answer::Unsure)));
        assert!(matches!(typed("b"), Typed::Back));
        assert!(matches!(typed("q"), Typed::Leave));
        assert!(matches!(typed("yy"), Typed::Unclear));
    }
}
