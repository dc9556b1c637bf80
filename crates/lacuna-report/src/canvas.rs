//! Drawing on a picture: smooth lines, text, rectangles, and other pictures.

use lacuna_data::{Image, Size};

use crate::color::mix;
use crate::font;

/// Draws a line of `thickness` pixels with round ends, smooth at its edge. Coordinates are pixels,
/// x right, y down, centre of the first pixel at (0.5, 0.5). What lies outside is not drawn.
pub(crate) fn line(image: &mut Image, [a, b]: [[f32; 2]; 2], thickness: f32, color: [u8; 3]) {
    let reach = thickness / 2.0 + 1.0;
    let Size { width, height } = image.size();
    let range = |a: f32, b: f32, end: usize| {
        let from = (a.min(b) - reach).floor().clamp(0.0, end as f32) as usize;
        let to = (a.max(b) + reach).ceil().clamp(0.0, end as f32) as usize;
        from..to
    };
    for y in range(a[1], b[1], height) {
        for x in range(a[0], b[0], width) {
            let distance = distance([x as f32 + 0.5, y as f32 + 0.5], a, b);
            let cover = (thickness / 2.0 + 0.5 - distance).clamp(0.0, 1.0);
            if cover > 0.0 {
                image.set_pixel(x, y, mix(image.pixel(x, y), color, cover));
            }
        }
    }
}

/// Distance of `p` from the line between `a` and `b`.
fn distance(p: [f32; 2], a: [f32; 2], b: [f32; 2]) -> f32 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let length = dx * dx + dy * dy;
    let along = (p[0] - a[0]) * dx + (p[1] - a[1]) * dy;
    let t = if length > 0.0 { (along / length).clamp(0.0, 1.0) } else { 0.0 };
    (p[0] - a[0] - t * dx).hypot(p[1] - a[1] - t * dy)
}

/// A line on a light halo, so that it shows on any picture; `dash` is (on, off) in pixels.
pub(crate) fn dashed(
    image: &mut Image,
    [a, b]: [[f32; 2]; 2],
    thickness: f32,
    dash: Option<[f32; 2]>,
    colors: [[u8; 3]; 2],
) {
    let length = (b[0] - a[0]).hypot(b[1] - a[1]);
    let [on, off] = dash.unwrap_or([length.max(1.0), 0.0]);
    let at = |s: f32| {
        let t = if length > 0.0 { (s / length).min(1.0) } else { 0.0 };
        [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
    };
    let [halo, color] = colors;
    for (color, thickness) in [(halo, thickness + 2.0), (color, thickness)] {
        let mut start = 0.0;
        while start <= length {
            line(image, [at(start), at(start + on)], thickness, color);
            start += (on + off).max(1.0);
        }
    }
}

/// Text of a size and colour.
#[derive(Clone, Copy)]
pub(crate) struct Lettering {
    /// Font size in pixels.
    pub(crate) size: f32,
    /// Thickness of the strokes relative to normal.
    pub(crate) weight: f32,
    /// Colour.
    pub(crate) color: [u8; 3],
}

impl Lettering {
    /// One line of text; `at` is the top left of its first capital.
    pub(crate) fn write(&self, image: &mut Image, at: [f32; 2], text: &str) {
        for [a, b] in font::strokes(text, self.size) {
            let place = |p: [f32; 2]| [at[0] + p[0] + 0.5, at[1] + p[1] + 0.5];
            line(image, [place(a), place(b)], self.size * 0.095 * self.weight, self.color);
        }
    }
}

/// Copies the part of `picture` that fits with its top-left corner at `at`.
pub(crate) fn paste(image: &mut Image, at: [usize; 2], picture: &Image) {
    let (to, from) = (image.size(), picture.size());
    let columns = from.width.min(to.width.saturating_sub(at[0]));
    for row in 0..from.height.min(to.height.saturating_sub(at[1])) {
        let source = row * from.width * 3;
        let target = ((row + at[1]) * to.width + at[0]) * 3;
        image.rgb_mut()[target..target + columns * 3]
            .copy_from_slice(&picture.rgb()[source..source + columns * 3]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn art(image: &Image) -> String {
        let Size { width, height } = image.size();
        let mut out = String::new();
        for y in 0..height {
            out.extend((0..width).map(|x| match image.pixel(x, y)[0] {
                0..100 => '#',
                100..220 => '+',
                _ => '.',
            }));
            out.push('\n');
        }
        out
    }

    #[test]
    fn text_can_be_read() {
        let mut image = Image::filled(Size::new(24, 13), [255; 3]);
        let lettering = Lettering { size: 60.0 / 7.0, weight: 1.2, color: [0; 3] };
        lettering.write(&mut image, [1.0, 1.0], "Aj5?");
        let expected = "\
........................
..###.....#..#####..###.
.#...#.......#.....#...#
.#...#...##..####......#
.#####....#......#....#.
.#...#....#......#...#..
.#...#....#..#...#......
.#...#....#...###....#..
.......#..#.............
........##..............
........................
........................
........................
";
        assert_eq!(art(&image).replace('+', "."), expected);
    }

    #[test]
    fn drawing_outside_is_cut() {
        let mut image = Image::filled(Size::new(4, 3), [255; 3]);
        line(&mut image, [[-50.0, 1.5], [50.0, 1.5]], 1.0, [0; 3]);
        paste(&mut image, [3, 2], &Image::filled(Size::new(9, 9), [0; 3]));
        paste(&mut image, [3, 0], &Image::filled(Size::new(5, 1), [0; 3]));
        paste(&mut image, [30, 40], &Image::filled(Size::new(5, 1), [0; 3]));
        assert_eq!(art(&image), "...#\n####\n...#\n");
    }

    #[test]
    fn dashes_leave_gaps() {
        let mut image = Image::filled(Size::new(12, 1), [0; 3]);
        let ends = [[0.5, 0.5], [11.5, 0.5]];
        dashed(&mut image, ends, 1.0, Some([2.0, 4.0]), [[120; 3], [255; 3]]);
        let row: Vec<u8> = (0..12).map(|x| image.pixel(x, 0)[0]).collect();
        assert_eq!((row[0], row[4], row[6], row[10]), (255, 0, 255, 0), "{row:?}");
    }
}
