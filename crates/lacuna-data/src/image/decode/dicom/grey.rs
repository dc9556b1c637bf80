//! Grey values: from cells to what was measured, and from there through the display window to 8 bits.

use super::Fault;
use super::frame::{Bits, Cells, Frame, Photometric};
use super::header::{CENTRE, FUNCTION, Header, INTERCEPT, SLOPE, WIDTH};
use crate::image::Window;
use crate::image::decode::WindowSource;

/// How measured values become shades.
enum Display {
    /// From the smallest to the largest value that occurs.
    Range {
        low: f64,
        high: f64,
    },
    Linear {
        centre: f64,
        width: f64,
    },
    LinearExact {
        centre: f64,
        width: f64,
    },
    Sigmoid {
        centre: f64,
        width: f64,
    },
    Stated(Window),
}

/// The shades, and where the window comes from.
pub(super) fn shades(
    frame: &Frame,
    header: &Header<'_>,
    cells: &Cells<'_>,
    stated: Option<Window>,
) -> Result<(Vec<u8>, WindowSource), Fault> {
    let slope = header.decimal(SLOPE).unwrap_or(1.0);
    let intercept = header.decimal(INTERCEPT).unwrap_or(0.0);
    let measured = |cell: u16| f64::from(frame.bits.value(cell)) * slope + intercept;
    let area = frame.size.area();
    let display = match stated.map_or_else(|| of_file(header), |w| Ok(Some(Display::Stated(w))))? {
        Some(display) => display,
        None => range(frame.bits, &measured, (0..area).map(|i| cells.get(i, 0))),
    };
    let is_inverted = frame.photometric == Photometric::Monochrome1;
    let shade = |cell: u16| {
        let shade = display.shade(measured(cell));
        if is_inverted { 255 - shade } else { shade }
    };
    let table: Vec<u8> = (0..=largest_cell(frame.bits)).map(shade).collect();
    let shades = (0..area).map(|i| table[usize::from(cells.get(i, 0))]).collect();
    Ok((shades, display.source()))
}

fn largest_cell(bits: Bits) -> u16 {
    if bits.allocated == 16 { u16::MAX } else { u16::from(u8::MAX) }
}

/// The first display window; none if there is none that could be.
fn of_file(header: &Header<'_>) -> Result<Option<Display>, Fault> {
    let (Some(centre), Some(width)) = (header.decimal(CENTRE), header.decimal(WIDTH)) else {
        return Ok(None);
    };
    Ok(match header.text(FUNCTION).as_deref() {
        None | Some("LINEAR") => (width >= 1.0).then_some(Display::Linear { centre, width }),
        Some("LINEAR_EXACT") => (width > 0.0).then_some(Display::LinearExact { centre, width }),
        Some("SIGMOID") => (width > 0.0).then_some(Display::Sigmoid { centre, width }),
        Some(_) => {
            let what = "a DICOM file with an unknown display function";
            return Err(Fault::Unsupported(what.to_owned()));
        }
    })
}

fn range(bits: Bits, measured: &dyn Fn(u16) -> f64, cells: impl Iterator<Item = u16>) -> Display {
    let mut occurs = vec![false; usize::from(largest_cell(bits)) + 1];
    for cell in cells {
        occurs[usize::from(cell)] = true;
    }
    let values = (0..=largest_cell(bits)).filter(|cell| occurs[usize::from(*cell)]).map(measured);
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    Display::Range { low, high }
}

impl Display {
    /// The standard's formulas (PS3.3, C.11.2.1.2 and C.11.2.1.3), rounded.
    fn shade(&self, value: f64) -> u8 {
        let share = match *self {
            Self::Stated(window) => return window.shade(value),
            Self::Range { low, high } if low < high => (value - low) / (high - low),
            Self::Range { .. } => 0.0,
            // of width 1 there is only below and above
            Self::Linear { centre, width } if width <= 1.0 => f64::from(value > centre - 0.5),
            Self::Linear { centre, width } => (value - (centre - 0.5)) / (width - 1.0) + 0.5,
            Self::LinearExact { centre, width } => (value - centre) / width + 0.5,
            Self::Sigmoid { centre, width } => {
                1.0 / (1.0 + (-4.0 * (value - centre) / width).exp())
            }
        };
        (share.clamp(0.0, 1.0) * 255.0).round() as u8
    }

    fn source(&self) -> WindowSource {
        match self {
            Self::Range { .. } => WindowSource::Range,
            Self::Stated(_) => WindowSource::Stated,
            _ => WindowSource::File,
        }
    }
}
