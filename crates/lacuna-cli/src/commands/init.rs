//! `lacuna init`: an empty data set with its classes.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use lacuna_data::Dataset;
use lacuna_data::class::{Class, ClassSet, default_color};
use serde::Serialize;

use crate::cli::InitArgs;
use crate::error_report::UsageError;
use crate::exit_status::ExitStatus;
use crate::printer::Printer;

/// What was made.
#[derive(Serialize)]
struct Made<'a> {
    data: &'a Path,
    name: &'a str,
    classes: &'a [Class],
    exclusive: Vec<Vec<&'a str>>,
    part_of: Vec<[&'a str; 2]>,
}

/// Makes the data set.
pub(crate) fn run(arguments: &InitArgs, printer: &Printer) -> Result<ExitStatus> {
    let classes = class_set(arguments)?;
    let name = arguments.name.clone().unwrap_or_else(|| folder_name(&arguments.dir));
    let dataset = Dataset::create(&arguments.dir, &name, classes)?;
    printer.result(&made(&dataset), || summary(&dataset))?;
    printer.hint(
        "fill it: `lacuna import png-masks --help`, or `lacuna import --list` for all formats",
    );
    Ok(ExitStatus::Done)
}

fn made(dataset: &Dataset) -> Made<'_> {
    let classes = dataset.classes();
    let name = |index: &usize| classes.classes()[*index].name.as_str();
    Made {
        data: dataset.dir(),
        name: dataset.name(),
        classes: classes.classes(),
        exclusive: classes
            .exclusive()
            .iter()
            .map(|group| group.iter().map(name).collect())
            .collect(),
        part_of: classes.part_of().iter().map(|(part, whole)| [name(part), name(whole)]).collect(),
    }
}

fn summary(dataset: &Dataset) -> String {
    let made = made(dataset);
    let mut text = format!("made data set `{}` in {}\n", made.name, dataset.dir().display());
    for class in made.classes {
        let [r, g, b] = class.color;
        text.push_str(&format!("  class {} (#{r:02x}{g:02x}{b:02x})\n", class.name));
    }
    for group in &made.exclusive {
        text.push_str(&format!("  a pixel is at most one of: {}\n", group.join(", ")));
    }
    for [part, whole] in &made.part_of {
        text.push_str(&format!("  {part} is part of {whole}\n"));
    }
    text
}

fn class_set(arguments: &InitArgs) -> Result<ClassSet> {
    let colors = colors(arguments)?;
    let classes: Vec<Class> = arguments
        .class
        .iter()
        .map(|text| name_of(text).to_owned())
        .enumerate()
        .map(|(index, name)| {
            let color = colors.get(&name).copied().unwrap_or_else(|| default_color(index));
            Class { name, color }
        })
        .collect();
    let exclusive: Vec<Vec<String>> = arguments.exclusive.iter().map(|text| names(text)).collect();
    let part_of = arguments.part_of.iter().map(|text| pair(text)).collect::<Result<Vec<_>>>()?;
    let set = ClassSet::new(classes, &exclusive, &part_of)?;
    for name in colors.keys() {
        set.index(name)?;
    }
    Ok(set)
}

/// Colours by class name, from `--color NAME=#…` and `--class NAME=#…`.
fn colors(arguments: &InitArgs) -> Result<BTreeMap<String, [u8; 3]>> {
    let with_color = arguments.class.iter().filter(|text| text.contains('='));
    let mut colors = BTreeMap::new();
    for text in with_color.chain(&arguments.color) {
        let color =
            text.split_once('=').and_then(|(_, hex)| parse_color(hex)).ok_or_else(|| {
                UsageError::new(format!("`{text}` names no colour")).with_hint(
                    "a colour is written as in `gum=#d55e00`: red, green and blue, two digits each",
                )
            })?;
        colors.insert(name_of(text).to_owned(), color);
    }
    Ok(colors)
}

fn name_of(text: &str) -> &str {
    text.split_once('=').map_or(text, |(name, _)| name).trim()
}

fn parse_color(text: &str) -> Option<[u8; 3]> {
    let digits = text.trim().trim_start_matches('#');
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let channel = |i: usize| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).ok();
    Some([channel(0)?, channel(1)?, channel(2)?])
}

fn names(text: &str) -> Vec<String> {
    text.split(',').map(|name| name.trim().to_owned()).collect()
}

fn pair(text: &str) -> Result<(String, String)> {
    match names(text).as_slice() {
        [part, whole] => Ok((part.clone(), whole.clone())),
        _ => Err(UsageError::new(format!("`--part-of {text}` does not name two classes"))
            .with_hint("first the part, then the whole: `--part-of caries,teeth`")
            .into()),
    }
}

fn folder_name(dir: &Path) -> String {
    let absolute = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    absolute
        .file_name()
        .map_or_else(|| "data".to_owned(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_six_hexadecimal_digits() {
        let table = [
            ("#d55e00", Some([213, 94, 0])),
            ("D55E00", Some([213, 94, 0])),
            ("#d55e0", None),  // a digit short
            ("#d55e0g", None), // not a digit
            ("#+1+1+1", None), // signs are no digits
            ("#éé00", None),   // six bytes, but not six digits
            ("red", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse_color(text), expected, "{text}");
        }
    }
}
