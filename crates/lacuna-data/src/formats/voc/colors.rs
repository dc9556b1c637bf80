//! The colours and classes of VOC, and the label map file that other data sets in its layout bring along.

use std::path::Path;

use crate::formats::Problem;
use crate::formats::text_file::{read_text, wrong};

/// The classes of VOC 2012, in the order of their values.
const CLASSES: [&str; 21] = [
    "background",
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
];

/// The colour of a value in VOC's palette: its bits, dealt out to the channels from the top.
pub(super) fn color(value: u8) -> [u8; 3] {
    let channel = |shift: u32| {
        (0..8).fold(0u8, |channel, i| {
            if i * 3 + shift >= 8 {
                channel
            } else {
                channel | (value >> (i * 3 + shift) & 1) << (7 - i)
            }
        })
    };
    [channel(0), channel(1), channel(2)]
}

/// What a value of label maps is called and looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) color: [u8; 3],
}

/// The values of a data set: those of `labelmap.txt`, one `name:r,g,b:parts:actions` a line, else VOC's own.
pub(super) fn entries(root: &Path) -> Result<Vec<Entry>, Problem> {
    let path = root.join("labelmap.txt");
    if !path.is_file() {
        let own = CLASSES.iter().zip(0..);
        return Ok(own
            .map(|(name, i)| Entry { name: (*name).to_owned(), color: color(i) })
            .collect());
    }
    let text = read_text(&path)?;
    let lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entry = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?.trim().to_owned();
        let channels: Vec<u8> =
            fields.next()?.split(',').map(|v| v.trim().parse().ok()).collect::<Option<_>>()?;
        let color = channels.try_into().ok()?;
        Some(Entry { name, color })
    };
    lines
        .map(|line| {
            entry(line)
                .ok_or_else(|| wrong(&path, format!("`{line}` is no `name:r,g,b:parts:actions`")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_voc() {
        let table = [
            (0, [0, 0, 0]),
            (1, [128, 0, 0]),
            (2, [0, 128, 0]),
            (8, [64, 0, 0]),
            (20, [0, 64, 128]),
            (255, [224, 224, 192]),
        ];
        for (value, expected) in table {
            assert_eq!(color(value), expected, "{value}");
        }
    }
}
