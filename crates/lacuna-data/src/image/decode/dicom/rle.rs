//! DICOM's run lengths: one segment a byte plane, each packed as `PackBits`.

use super::Fault;

/// A table of 16 numbers: how many segments, and where each begins.
const TABLE: usize = 64;
/// Two bytes become at most this many.
const LONGEST_RUN: usize = 128;

/// The samples one plane after another, in little-endian order. `width` is the bytes of a sample; the
/// segments have the most significant byte first.
pub(super) fn unpack(
    bytes: &[u8],
    samples: usize,
    width: usize,
    area: usize,
) -> Result<Vec<u8>, Fault> {
    let table = bytes.get(..TABLE).ok_or(Fault::Truncated)?;
    let numbers: Vec<usize> = table
        .chunks_exact(4)
        .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize)
        .collect();
    let segments = samples * width;
    if numbers[0] != segments {
        let reason = format!("{} segments of run lengths, not {segments}", numbers[0]);
        return Err(Fault::Damaged(reason));
    }
    let segment = |i: usize| {
        let end = if i < segments { numbers[i + 1] } else { bytes.len() };
        plane(bytes.get(numbers[i]..end).ok_or(Fault::Truncated)?, area)
    };
    let mut unpacked = Vec::new();
    for sample in 0..samples {
        let first = segment(sample * width + 1)?;
        if width == 1 {
            unpacked.extend(first);
        } else {
            let second = segment(sample * width + 2)?;
            unpacked.extend(second.iter().zip(&first).flat_map(|(low, high)| [*low, *high]));
        }
    }
    Ok(unpacked)
}

fn plane(segment: &[u8], area: usize) -> Result<Vec<u8>, Fault> {
    // before memory is taken
    if area / LONGEST_RUN > segment.len() {
        return Err(Fault::Truncated);
    }
    let mut plane = Vec::with_capacity(area);
    let mut rest = segment;
    while plane.len() < area {
        let (&control, after) = rest.split_first().ok_or(Fault::Truncated)?;
        let room = area - plane.len();
        rest = match control {
            128 => after,
            0..=127 => {
                let (literal, after) =
                    after.split_at_checked(usize::from(control) + 1).ok_or(Fault::Truncated)?;
                plane.extend_from_slice(&literal[..literal.len().min(room)]);
                after
            }
            129..=255 => {
                let (&value, after) = after.split_first().ok_or(Fault::Truncated)?;
                plane.resize(plane.len() + (257 - usize::from(control)).min(room), value);
                after
            }
        };
    }
    Ok(plane)
}
