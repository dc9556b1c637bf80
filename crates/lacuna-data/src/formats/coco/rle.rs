//! The run-length encoding of COCO: column after column, alternating runs that start with background.

use crate::annotation::BinaryMask;
use crate::image::Size;

/// The most steps of a fifth of a pixel along a polygon's outline.
const MAX_STEPS: usize = 100_000_000;

/// Runs in column-major order: background, foreground, background, …
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rle {
    pub(crate) size: Size,
    pub(crate) counts: Vec<u32>,
}

impl Rle {
    /// Checks that the runs fill the size exactly.
    pub(crate) fn new(size: Size, counts: Vec<u32>) -> Result<Self, String> {
        let sum: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        let area = size.width.checked_mul(size.height).map(|area| area as u64);
        if area != Some(sum) {
            return Err(format!("a run-length mask of {sum} pixels for a size of {size}"));
        }
        Ok(Self { size, counts })
    }

    /// Reads the text form of `pycocotools`.
    pub(crate) fn parse(size: Size, text: &str) -> Result<Self, String> {
        let mut counts: Vec<u32> = Vec::new();
        let mut bytes = text.bytes();
        while let Some(delta) = next_number(&mut bytes)? {
            let before = if counts.len() > 2 { i64::from(counts[counts.len() - 2]) } else { 0 };
            let count = delta.checked_add(before).and_then(|count| u32::try_from(count).ok());
            counts.push(count.ok_or("a run-length mask with an impossible length")?);
        }
        Self::new(size, counts)
    }

    /// The text form of `pycocotools`.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (i, count) in self.counts.iter().enumerate() {
            let before = if i > 2 { i64::from(self.counts[i - 2]) } else { 0 };
            push_number(&mut text, i64::from(*count) - before);
        }
        text
    }

    /// The runs of a mask.
    pub(crate) fn of(mask: &BinaryMask) -> Self {
        let size = mask.size();
        let mut counts = Vec::new();
        let (mut current, mut run) = (false, 0u32);
        for x in 0..size.width {
            for y in 0..size.height {
                if mask.get(x, y) != current {
                    counts.push(run);
                    (current, run) = (!current, 0);
                }
                run += 1;
            }
        }
        counts.push(run);
        Self { size, counts }
    }

    /// The pixels in the runs of foreground.
    pub(crate) fn mask(&self) -> BinaryMask {
        let Size { width, height } = self.size;
        let mut mask = BinaryMask::empty(self.size);
        let values = mask.values_mut();
        let mut at = 0;
        for (i, count) in self.counts.iter().enumerate() {
            let end = at + *count as usize;
            if i % 2 == 1 {
                for place in at..end {
                    values[place % height * width + place / height] = true;
                }
            }
            at = end;
        }
        mask
    }

    /// The pixels that `pycocotools` gives a polygon, which are not exactly those whose centres it holds.
    ///
    /// After `rleFrPoly` of <https://github.com/cocodataset/cocoapi/blob/master/common/maskApi.c>: the
    /// outline is walked in steps of a fifth of a pixel, and every crossing of a column's middle switches
    /// between outside and inside. The points must have been checked to be near.
    pub(crate) fn of_polygon(points: &[[f64; 2]], size: Size) -> Result<Self, String> {
        const SCALE: f64 = 5.0;
        let corner = |point: &[f64; 2]| point.map(|value| (SCALE * value + 0.5) as i64);
        let corners: Vec<[i64; 2]> = points.iter().map(corner).collect();
        check_steps(&corners)?;
        let mut switches = Vec::new();
        let mut last: Option<[i64; 2]> = None;
        for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
            walk(*from, *to, |point| {
                switches.extend(last.and_then(|last| switch(last, point, size)));
                last = Some(point);
            });
        }
        switches.push(size.area() as u64);
        switches.sort_unstable();
        Ok(Self { size, counts: counts_between(&switches) })
    }
}

/// The next number of the text: groups of 5 bits, the lowest first, then its sign.
fn next_number(bytes: &mut impl Iterator<Item = u8>) -> Result<Option<i64>, String> {
    let mut number = 0i64;
    let mut shift = 0;
    for byte in bytes.by_ref() {
        let group = byte.checked_sub(48).filter(|group| *group < 64);
        let group = group.filter(|_| shift < 50).ok_or("a run-length mask with a strange sign")?;
        number |= i64::from(group & 0x1f) << shift;
        shift += 5;
        if group & 0x20 == 0 {
            let sign = if group & 0x10 == 0 { 0 } else { -1i64 << shift };
            return Ok(Some(number | sign));
        }
    }
    if shift == 0 { Ok(None) } else { Err("a run-length mask that is cut off".to_owned()) }
}

fn push_number(text: &mut String, mut number: i64) {
    loop {
        let group = (number & 0x1f) as u8;
        number >>= 5;
        let is_last = if group & 0x10 == 0 { number == 0 } else { number == -1 };
        text.push(char::from(48 + group + if is_last { 0 } else { 0x20 }));
        if is_last {
            return;
        }
    }
}

fn check_steps(corners: &[[i64; 2]]) -> Result<(), String> {
    let next = corners.iter().cycle().skip(1);
    let length =
        |(a, b): (&[i64; 2], &[i64; 2])| a[0].abs_diff(b[0]).max(a[1].abs_diff(b[1])) as usize + 1;
    let steps: usize = corners.iter().zip(next).map(length).sum();
    if steps > MAX_STEPS {
        return Err(format!("a polygon whose outline is {} pixels long", steps / 5));
    }
    Ok(())
}

/// The points along an edge, rounded as the original rounds them.
fn walk(from: [i64; 2], to: [i64; 2], mut visit: impl FnMut([i64; 2])) {
    let (dx, dy) = ((to[0] - from[0]).abs(), (to[1] - from[1]).abs());
    let along = usize::from(dx < dy);
    let across = 1 - along;
    let flip = from[along] > to[along];
    let (start, end) = if flip { (to, from) } else { (from, to) };
    let length = dx.max(dy);
    let slope =
        if length == 0 { 0.0 } else { (end[across] - start[across]) as f64 / length as f64 };
    for step in 0..=length {
        let t = if flip { length - step } else { step };
        let mut point = [0; 2];
        point[along] = start[along] + t;
        point[across] = (start[across] as f64 + slope * t as f64 + 0.5) as i64;
        visit(point);
    }
}

/// Where in column-major order the step from `a` to `b` switches, if it crosses a column's middle.
fn switch(a: [i64; 2], b: [i64; 2], size: Size) -> Option<u64> {
    if a[0] == b[0] {
        return None;
    }
    let down = |value: i64| (value as f64 + 0.5) / 5.0 - 0.5;
    let x = down(if b[0] < a[0] { b[0] } else { b[0] - 1 });
    if x.floor() != x || x < 0.0 || x > size.width as f64 - 1.0 {
        return None;
    }
    let y = down(a[1].min(b[1])).clamp(0.0, size.height as f64).ceil();
    Some(x as u64 * size.height as u64 + y as u64)
}

/// Runs between sorted switches; two switches at one place cancel out.
fn counts_between(switches: &[u64]) -> Vec<u32> {
    let mut counts: Vec<u32> = Vec::new();
    let mut before = 0;
    let mut joins = false;
    for (i, place) in switches.iter().enumerate() {
        let run = (place - before) as u32;
        before = *place;
        match counts.last_mut() {
            Some(last) if joins => {
                *last += run;
                joins = false;
            }
            _ if run > 0 || i == 0 => counts.push(run),
            _ => joins = true,
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::formats::test_data::reference;

    #[derive(Deserialize)]
    struct Vector {
        name: String,
        size: [usize; 2],
        counts: String,
        mask_rowmajor: String,
        #[serde(default)]
        polygon: Vec<f64>,
    }

    fn vectors() -> Vec<Vector> {
        let text = fs_err::read_to_string(reference("coco_rle.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn masks_and_texts_are_those_of_pycocotools() {
        for vector in vectors() {
            let size = Size::new(vector.size[1], vector.size[0]);
            let values = vector.mask_rowmajor.bytes().map(|byte| byte == b'1').collect();
            let mask = BinaryMask::new(size, values).unwrap();
            let rle = Rle::parse(size, &vector.counts).unwrap();
            assert_eq!(rle.mask(), mask, "{}", vector.name);
            assert_eq!(Rle::of(&mask).text(), vector.counts, "{}", vector.name);
            if !vector.polygon.is_empty() {
                let points: Vec<_> = vector.polygon.chunks_exact(2).map(|p| [p[0], p[1]]).collect();
                let drawn = Rle::of_polygon(&points, size).unwrap();
                assert_eq!(drawn.mask(), mask, "{}", vector.name);
            }
        }
    }

    #[test]
    fn known_numbers_have_known_texts() {
        let table: [(&[u32], &str); 3] = [
            (&[2, 3, 1, 1], "231N"),
            (&[0, 6, 1], "061"),
            (&[100, 7, 300, 5000, 2, 70000], r"T37\9Ql4fFX_o1"),
        ];
        for (counts, text) in table {
            let area = counts.iter().sum::<u32>() as usize;
            let rle = Rle::new(Size::new(area, 1), counts.to_vec()).unwrap();
            assert_eq!(rle.text(), text);
            assert_eq!(Rle::parse(Size::new(area, 1), text), Ok(rle));
        }
    }

    #[test]
    fn impossible_runs_are_refused() {
        let size = Size::new(4, 3);
        let huge = Size::new(usize::MAX, 2);
        assert!(Rle::new(size, vec![u32::MAX; 2]).unwrap_err().contains("8589934590"));
        assert!(Rle::new(huge, vec![0, 5]).is_err());
        for bad in ["", "5", "P", "PPPPPPPPPPPPPPPPP0", "\u{7f}", "0N", " ", "é"] {
            assert!(Rle::parse(size, bad).is_err(), "{bad}");
        }
        let far = [[0.0, 0.0], [1e6, 1e6], [0.0, 1e6]].repeat(30);
        assert!(Rle::of_polygon(&far, size).unwrap_err().contains("outline"));
    }

    proptest! {
        #[test]
        fn masks_come_back(width in 1usize..40, height in 1usize..20, bits in prop::collection::vec(any::<bool>(), 800)) {
            let size = Size::new(width, height);
            let mask = BinaryMask::new(size, bits[..size.area()].to_vec()).unwrap();
            let rle = Rle::of(&mask);
            prop_assert_eq!(&rle.mask(), &mask);
            prop_assert_eq!(Rle::parse(size, &rle.text()).unwrap(), rle);
        }

        #[test]
        fn no_text_panics(text in "[ -~]{0,40}", width in 0usize..9, height in 0usize..9) {
            if let Ok(rle) = Rle::parse(Size::new(width, height), &text) {
                let _ = rle.mask();
            }
        }
    }
}
