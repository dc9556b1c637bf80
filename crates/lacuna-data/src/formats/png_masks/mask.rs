//! One mask file into a case's annotation.

use std::path::Path;

use super::Reader;
use super::folder::{Layout, Mask};
use crate::annotation::mask_file::{PixelValues, read_values};
use crate::annotation::{Annotation, Ternary, Unpainted};
use crate::class::ClassSet;
use crate::formats::Problem;
use crate::image::Geometry;

/// Reads a mask and says for every pixel and class it speaks about what it means.
pub(super) fn read_into(
    annotation: &mut Annotation,
    mask: &Mask,
    reader: &Reader<'_>,
    classes: &ClassSet,
    picture: &Path,
    geometry: Geometry,
) -> Result<(), Problem> {
    let pixels =
        read_values(&mask.path, None).map_err(|e| Problem::new(e.to_string(), e.hint()))?;
    check_size(&pixels, mask, picture, geometry)?;
    let mut table = match mask.layout {
        Layout::Indexed => indexed_table(reader, classes),
        Layout::OfClass(class) => class_table(&pixels, reader, class),
    };
    // last, so that a map may give 0 another meaning
    table.push(Meaning { value: 0, positive: Vec::new() });
    let unpainted = match reader.folder.unpainted {
        Unpainted::Unknown => Ternary::Unknown,
        Unpainted::Background => Ternary::Negative,
    };
    for (i, value) in pixels.values.iter().enumerate() {
        if Some(*value) == reader.folder.ignore_value {
            continue;
        }
        if mask.layout == Layout::Indexed && Some(*value) == reader.folder.neither_value {
            annotation.masks.iter_mut().for_each(|mask| mask.values_mut()[i] = Ternary::Negative);
            continue;
        }
        let Some(meaning) = table.iter().find(|meaning| meaning.value == *value) else {
            return Err(unknown_value(&pixels, i, mask, reader));
        };
        for (class, target) in annotation.masks.iter_mut().enumerate() {
            if mask.layout == Layout::Indexed || mask.layout == Layout::OfClass(class) {
                let positive = meaning.positive.contains(&class);
                target.values_mut()[i] = if positive { Ternary::Positive } else { unpainted };
            }
        }
    }
    Ok(())
}

/// The classes that a value is positive for.
struct Meaning {
    value: u16,
    positive: Vec<usize>,
}

/// A value can name one class only, so a part stands for its wholes too.
fn indexed_table(reader: &Reader<'_>, classes: &ClassSet) -> Vec<Meaning> {
    let with_wholes = |class: usize| {
        let mut positive = vec![class];
        positive.extend(classes.wholes_of(class));
        positive
    };
    reader
        .values
        .iter()
        .map(|(value, class)| Meaning { value: *value, positive: with_wholes(*class) })
        .collect()
}

/// 1, or the brightest value of the file's depth, is yes.
fn class_table(pixels: &PixelValues, reader: &Reader<'_>, class: usize) -> Vec<Meaning> {
    let mut values = vec![1];
    let brightest = pixels.largest_possible;
    if !pixels.is_palette && brightest > 1 && Some(brightest) != reader.folder.ignore_value {
        values.push(brightest);
    }
    values.into_iter().map(|value| Meaning { value, positive: vec![class] }).collect()
}

fn unknown_value(pixels: &PixelValues, index: usize, mask: &Mask, reader: &Reader<'_>) -> Problem {
    let (x, y) = pixels.place(index);
    let value = pixels.values[index];
    let file = mask.path.display();
    match mask.layout {
        Layout::Indexed => {
            let known: Vec<_> = reader.values.keys().map(ToString::to_string).collect();
            let message = format!(
                "`{file}` has value {value} at column {x}, row {y}, which is no class (values: {})",
                known.join(", ")
            );
            let hint =
                "map the value to a class, or name it as the value to ignore or of neither class";
            Problem::new(message, Some(hint))
        }
        Layout::OfClass(_) => {
            let message = format!(
                "`{file}` has value {value} at column {x}, row {y}; a mask of one class holds 0 and 1 or {}",
                pixels.largest_possible
            );
            let hint = "save the mask without smoothing, or name the value to ignore";
            Problem::new(message, Some(hint))
        }
    }
}

fn check_size(
    pixels: &PixelValues,
    mask: &Mask,
    picture: &Path,
    geometry: Geometry,
) -> Result<(), Problem> {
    if pixels.size == geometry.upright {
        return Ok(());
    }
    let message = format!(
        "`{}` is {} pixels, but its picture `{}` is {}",
        mask.path.display(),
        pixels.size,
        picture.display(),
        geometry.upright
    );
    let hint = if pixels.size == geometry.stored {
        "the picture is turned by its EXIF orientation and the mask was painted on the unturned one: \
         turn the mask the same way, or save the picture without the orientation tag"
    } else {
        "masks must have the pixels of their picture; was one of them resized?"
    };
    Err(Problem::new(message, Some(hint)))
}
