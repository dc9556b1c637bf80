//! One function a decoder: writes bytes as the file that an import reads, and imports it.
//!
//! `cargo fuzz` runs them through the targets in `fuzz_targets`; a test of `lacuna-data`, which names this file by
//! its path, runs them over the committed corpus. Whatever the bytes, a decoder must not panic, a refused import
//! must leave the data set as it was and name a file, and what was imported must be readable.

mod annotation;
mod import;
mod scratch;
mod spectral;

use scratch::Scratch;

type Decoder = fn(&mut Scratch, &[u8]);

/// The decoders by the name of their target.
pub(crate) const DECODERS: [(&str, Decoder); 15] = [
    ("annotation", annotation::files),
    ("brush_rle", import::brush_rle),
    ("coco", import::coco),
    ("coco_rle", import::coco_rle),
    ("cvat", import::cvat),
    ("image", annotation::picture),
    ("label_studio", import::label_studio),
    ("labelme", import::labelme),
    ("nnunet", import::nnunet),
    ("odsi_db", import::odsi_db),
    ("png_masks", import::png_masks),
    ("root_painter", import::root_painter),
    ("scan", annotation::scan),
    ("voc", import::voc),
    ("yolo", import::yolo),
];

/// Runs the decoder of a target on some bytes.
pub(crate) fn run(target: &str, bytes: &[u8]) {
    let (_, decoder) = DECODERS.iter().find(|(name, _)| *name == target).expect("a decoder");
    scratch::with(|scratch| decoder(scratch, bytes));
}
