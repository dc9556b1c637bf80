//! Millimetres between pixels from the resolution tags of a TIFF file.

use tiff::decoder::ifd::Value;
use tiff::tags::Tag;

use super::Reader;
use crate::image::decode::{DecodeNote, spacing};

const INCH: f64 = 25.4;
const CENTIMETRE: f64 = 10.0;
/// Pixels an inch that cameras and programs write without having measured anything.
const DEFAULTS: [f64; 22] = [
    1.0, 72.0, 75.0, 90.0, 96.0, 100.0, 120.0, 144.0, 150.0, 180.0, 200.0, 220.0, 240.0, 250.0,
    300.0, 314.0, 350.0, 360.0, 400.0, 600.0, 720.0, 1200.0,
];

/// Spacing of rows and columns of the page, if the file says one that means something.
pub(super) fn spacing(reader: &mut Reader<'_>, notes: &mut Vec<DecodeNote>) -> Option<[f64; 2]> {
    let pixels_per_unit =
        [resolution(reader, Tag::YResolution)?, resolution(reader, Tag::XResolution)?];
    let description = reader.find_tag(Tag::ImageDescription).ok().flatten();
    let description = description.and_then(|value| value.into_string().ok()).unwrap_or_default();
    let millimetres = if description.starts_with("ImageJ=") {
        millimetres(unit(&description)?)?
    } else {
        let unit = reader.find_tag_unsigned::<u16>(Tag::ResolutionUnit).ok().flatten();
        let millimetres = match unit {
            Some(2) => INCH,
            Some(3) => CENTIMETRE,
            _ => return None,
        };
        if pixels_per_unit.iter().all(|pixels| is_default(*pixels, millimetres)) {
            notes.push(DecodeNote::SpacingIgnored);
            return None;
        }
        millimetres
    };
    spacing::checked(pixels_per_unit.map(|pixels| millimetres / pixels))
}

fn resolution(reader: &mut Reader<'_>, tag: Tag) -> Option<f64> {
    match reader.find_tag(tag).ok()?? {
        Value::Rational(pixels, units) => Some(f64::from(pixels) / f64::from(units)),
        _ => None,
    }
}

/// Within the rounding of a conversion, or one pixel a unit.
fn is_default(pixels: f64, millimetres: f64) -> bool {
    let per_inch = pixels * INCH / millimetres;
    let is_near = |default: &f64| (per_inch - default).abs() <= default * 0.005;
    pixels == 1.0 || DEFAULTS.iter().any(is_near)
}

/// What ImageJ calls the unit of its resolution.
fn unit(description: &str) -> Option<&str> {
    description.lines().find_map(|line| line.strip_prefix("unit=")).map(str::trim)
}

fn millimetres(unit: &str) -> Option<f64> {
    Some(match unit {
        "nm" => 1e-6,
        // ImageJ escapes what is not ASCII
        "micron" | "microns" | "um" | "µm" | "\u{3bc}m" | "\\u00B5m" | "\\u03BCm" => 1e-3,
        "mm" | "millimeter" => 1.0,
        "cm" => CENTIMETRE,
        "inch" | "inches" => INCH,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_measured_is_told_from_what_somebody_did() {
        let table = [
            (72.0, INCH, true),
            (28.35, CENTIMETRE, true),
            (118.11, CENTIMETRE, true),
            (1.0, CENTIMETRE, true),
            (20_000.0, CENTIMETRE, false),
            (50_800.0, INCH, false),
            (196.0, CENTIMETRE, false),
        ];
        for (pixels, unit, expected) in table {
            assert_eq!(is_default(pixels, unit), expected, "{pixels} {unit}");
        }
        assert_eq!(unit("ImageJ=1.53\nunit=\\u00B5m\n").and_then(millimetres), Some(1e-3));
        assert_eq!(unit("ImageJ=1.53\nunit=pixel\n").and_then(millimetres), None);
    }
}
