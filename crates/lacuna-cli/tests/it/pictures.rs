//! Tiny pictures and masks, and data sets made of them.

use std::path::Path;

use fs_err as fs;
use lacuna_data::{Image, Size};

use crate::program::lacuna;

pub(crate) const WIDTH: usize = 16;
pub(crate) const HEIGHT: usize = 12;

/// A picture with a pattern of its own for each `seed`.
pub(crate) fn picture(path: &Path, seed: usize) {
    let mut image = Image::filled(Size::new(WIDTH, HEIGHT), [90; 3]);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let value = (x * (seed * 37 + 11) + y * (seed * 53 + 7) + x * y * seed) % 256;
            image.set_pixel(x, y, [value as u8, (255 - value) as u8, (seed * 40 % 256) as u8]);
        }
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    image.save_png(path).unwrap();
}

/// A grey 8-bit PNG of these values, row by row.
pub(crate) fn mask(path: &Path, width: usize, values: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let height = values.len() / width;
    let file = fs::File::create(path).unwrap();
    let mut encoder = png::Encoder::new(file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(values).unwrap();
}

/// Gum (1) in rows 2 to 4 and teeth (2) in rows 5 to 8, columns 3 to 11.
pub(crate) fn mouth() -> Vec<u8> {
    let value = |i: usize| match (i % WIDTH, i / WIDTH) {
        (3..=11, 2..=4) => 1,
        (3..=11, 5..=8) => 2,
        _ => 0,
    };
    (0..WIDTH * HEIGHT).map(value).collect()
}

/// `photos/` and `masks/` of five pictures of three patients.
pub(crate) fn mouths(folder: &Path) {
    for (seed, stem) in ["P1_a", "P1_b", "P2_a", "P3_a", "P3_b"].iter().enumerate() {
        picture(&folder.join(format!("photos/{stem}.png")), seed + 1);
        mask(&folder.join(format!("masks/{stem}.png")), WIDTH, &mouth());
    }
}

/// The data set `ds` with gum and teeth, exclusive, and no cases.
pub(crate) fn empty_dataset(folder: &Path) {
    let classes = ["init", "ds", "--class", "gum", "--class", "teeth", "--exclusive", "gum,teeth"];
    lacuna(folder, &classes).ended(0);
}

pub(crate) const IMPORT: [&str; 8] =
    ["import", "png-masks", "--data", "ds", "--images", "photos", "--masks", "masks"];

/// The data set `ds` with the five pictures, their masks complete or not.
pub(crate) fn dataset(folder: &Path, unpainted: &str) {
    empty_dataset(folder);
    mouths(folder);
    let mut arguments = IMPORT.to_vec();
    arguments.extend(["--unpainted", unpainted, "--group-from", "^(P[0-9]+)_"]);
    lacuna(folder, &arguments).ended(0);
}

/// Every file under `folder`, sorted.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    found
}
