//! Fillings that differ without colour: solid, stripes, cross-hatching, dots, chequers.

use lacuna_data::{Image, Size};

use crate::color::mix;

/// How the pixels of a mask are filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pattern {
    /// Evenly, with this opacity.
    Solid(f32),
    /// Stripes from bottom left to top right; `phase` of `of` sets of stripes lie side by side.
    Stripes {
        /// Which set.
        phase: usize,
        /// How many sets.
        of: usize,
    },
    /// Stripes from top left to bottom right.
    BackStripes,
    /// Both kinds of stripes.
    Grid,
    /// Dots in rows.
    Dots,
    /// Small squares, colour and black.
    Chequers,
}

/// How many pixels a line is thick in a picture of `size`: 1 up to 639 pixels, 2 up to 959, and so on.
pub(crate) fn unit(size: Size) -> usize {
    (size.width.max(size.height) / 320).max(1)
}

impl Pattern {
    /// What the pattern does with the pixel at (`x`, `y`).
    fn apply(self, under: [u8; 3], color: [u8; 3], x: usize, y: usize, unit: usize) -> [u8; 3] {
        let period = 6 * unit;
        match self {
            Self::Solid(alpha) => mix(under, color, alpha),
            Self::Stripes { phase, of } => {
                let period = period * of.max(1);
                let on = (x + y + period - phase * 6 * unit) % period < 2 * unit;
                if on { color } else { mix(under, color, 0.15) }
            }
            Self::BackStripes => {
                let on = (x + period - y % period) % period < 2 * unit;
                if on { color } else { mix(under, color, 0.15) }
            }
            Self::Grid => {
                let rising = (x + y) % period < unit;
                let falling = (x + period - y % period) % period < unit;
                if rising || falling { color } else { mix(under, color, 0.15) }
            }
            Self::Dots => {
                let (x, y) = (x % period, y % period);
                let centre = |v: usize| v as f32 + 0.5 - period as f32 / 2.0;
                let on = centre(x).hypot(centre(y)) <= 1.6 * unit as f32;
                if on { color } else { mix(under, color, 0.15) }
            }
            Self::Chequers => {
                if chequered(x, y, unit) {
                    color
                } else {
                    [0; 3]
                }
            }
        }
    }

    /// Fills `mask` (row by row, of the picture's size), and draws its border.
    pub(crate) fn paint(self, image: &mut Image, mask: &[bool], color: [u8; 3], contour: bool) {
        let size = image.size();
        let unit = unit(size);
        for y in 0..size.height {
            for x in 0..size.width {
                if !mask[y * size.width + x] {
                    continue;
                }
                let edge = contour && is_edge(mask, size, [x, y], unit);
                let under = image.pixel(x, y);
                image.set_pixel(
                    x,
                    y,
                    if edge { color } else { self.apply(under, color, x, y, unit) },
                );
            }
        }
    }
}

/// Whether a square of a chequerboard is dark.
pub(crate) fn chequered(x: usize, y: usize, unit: usize) -> bool {
    let side = 3 * unit;
    (x / side + y / side).is_multiple_of(2)
}

/// Whether a set pixel lies within `reach` pixels of one that is not set, straight up, down, left or
/// right. The picture's own border is none.
pub(crate) fn is_edge(mask: &[bool], size: Size, [x, y]: [usize; 2], reach: usize) -> bool {
    (1..=reach).any(|step| {
        let left = x >= step && !mask[y * size.width + x - step];
        let right = x + step < size.width && !mask[y * size.width + x + step];
        let up = y >= step && !mask[(y - step) * size.width + x];
        let down = y + step < size.height && !mask[(y + step) * size.width + x];
        left || right || up || down
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn art(pattern: Pattern) -> String {
        let mut image = Image::filled(Size::new(12, 6), [0; 3]);
        pattern.paint(&mut image, &[true; 72], [255; 3], false);
        let mut out = String::new();
        for y in 0..6 {
            out.extend((0..12).map(|x| if image.pixel(x, y)[0] > 128 { '#' } else { '.' }));
            out.push('\n');
        }
        out
    }

    #[test]
    fn patterns_differ_without_colour() {
        let table = [
            (
                Pattern::Stripes { phase: 0, of: 1 },
                "##....##....\n#....##....#\n....##....##\n...##....##.\n..##....##..\n.##....##...\n",
            ),
            (
                Pattern::Stripes { phase: 1, of: 2 },
                "......##....\n.....##.....\n....##......\n...##.......\n..##........\n.##.........\n",
            ),
            (
                Pattern::BackStripes,
                "##....##....\n.##....##...\n..##....##..\n...##....##.\n....##....##\n#....##....#\n",
            ),
            (
                Pattern::Grid,
                "#.....#.....\n.#...#.#...#\n..#.#...#.#.\n...#.....#..\n..#.#...#.#.\n.#...#.#...#\n",
            ),
            (
                Pattern::Dots,
                "............\n..##....##..\n.####..####.\n.####..####.\n..##....##..\n............\n",
            ),
            (
                Pattern::Chequers,
                "###...###...\n###...###...\n###...###...\n...###...###\n...###...###\n...###...###\n",
            ),
        ];
        for (pattern, expected) in table {
            assert_eq!(art(pattern), expected, "{pattern:?}");
        }
    }

    #[test]
    fn only_the_border_of_a_mask_is_edge() {
        let size = Size::new(5, 1);
        let mask = [true, true, true, true, false];
        let edge: Vec<_> = (0..4).map(|x| is_edge(&mask, size, [x, 0], 1)).collect();
        assert_eq!(edge, [false, false, false, true]);
        assert!(is_edge(&mask, size, [2, 0], 2));
    }
}
