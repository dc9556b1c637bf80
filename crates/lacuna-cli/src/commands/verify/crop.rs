//! A point as a person is shown it: its surroundings, enlarged, with a cross whose middle is open.

use lacuna_data::{Image, Size};

/// Side of the picture that is shown.
const SIDE: usize = 512;
/// Least and largest side of the surroundings, in pixels of the picture.
const LEAST: usize = 32;
const LARGEST: usize = 512;
/// Arms of the cross: where they begin and end, from the middle.
const ARM: std::ops::Range<usize> = 16..64;
const LIGHT: [u8; 3] = [255, 255, 255];
const DARK: [u8; 3] = [0, 0, 0];

/// The surroundings of the pixel at `x`, `y`; grey beyond the picture's border.
pub(super) fn around(image: &Image, x: usize, y: usize) -> Image {
    let Size { width, height } = image.size();
    let side = (width.min(height) / 3).clamp(LEAST, LARGEST);
    let mut shown = Image::filled(Size::new(SIDE, SIDE), [128; 3]);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let source =
                |at: usize, centre: usize| (centre + at * side / SIDE).checked_sub(side / 2);
            let place = source(column, x).zip(source(row, y));
            if let Some((u, v)) = place.filter(|(u, v)| *u < width && *v < height) {
                shown.set_pixel(column, row, image.pixel(u, v));
            }
        }
    }
    mark(&mut shown, side);
    shown
}

/// The cross, at the middle of the enlarged pixel.
fn mark(shown: &mut Image, side: usize) {
    let middle = (side / 2) * SIDE / side + SIDE / side / 2;
    for arm in ARM {
        for (offset, color) in [(0, LIGHT), (1, DARK)] {
            for at in [middle - arm, middle + arm] {
                shown.set_pixel(at, middle + offset, color);
                shown.set_pixel(middle + offset, at, color);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_the_pixel_asked_about() {
        let mut image = Image::filled(Size::new(200, 150), [10, 20, 30]);
        for (x, y) in [(0, 0), (199, 149), (77, 60)] {
            image.set_pixel(x, y, [250, 0, 0]);
            let shown = around(&image, x, y);
            let side = 50;
            let middle = (side / 2) * SIDE / side + SIDE / side / 2;
            assert_eq!(shown.pixel(middle, middle), [250, 0, 0], "{x} {y}");
            image.set_pixel(x, y, [10, 20, 30]);
        }
        assert_eq!(around(&image, 0, 0).pixel(2, 2), [128; 3]);
    }
}
