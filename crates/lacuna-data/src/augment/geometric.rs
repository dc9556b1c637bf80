//! Warping picture and evidence together.

use super::KnownPoints;
use crate::image::{Image, Size};
use crate::supervision::{Evidence, EvidenceBits};

/// A map of the plane: `x' = a x + b y + c`, `y' = d x + e y + f`, from frame to picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine(pub [f64; 6]);

impl Affine {
    /// The image of a point.
    pub fn apply(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [a, b, c, d, e, f] = self.0;
        [a * x + b * y + c, d * x + e * y + f]
    }

    /// First `inner`, then this map.
    #[must_use]
    pub fn after(&self, inner: &Self) -> Self {
        let [a, b, c, d, e, f] = self.0;
        let [g, h, i, j, k, l] = inner.0;
        Self([
            a * g + b * j,
            a * h + b * k,
            a * i + b * l + c,
            d * g + e * j,
            d * h + e * k,
            d * i + e * l + f,
        ])
    }

    /// The same picture flipped left to right in the frame.
    #[must_use]
    pub fn flip_horizontally(&self, frame: Size) -> Self {
        self.after(&Self([-1.0, 0.0, frame.width as f64, 0.0, 1.0, 0.0]))
    }

    /// The same picture flipped top to bottom in the frame.
    #[must_use]
    pub fn flip_vertically(&self, frame: Size) -> Self {
        self.after(&Self([1.0, 0.0, 0.0, 0.0, -1.0, frame.height as f64]))
    }

    /// The same picture larger by `factor` about the frame's centre.
    #[must_use]
    pub fn zoom(&self, factor: f64, frame: Size) -> Self {
        let (cx, cy) = (frame.width as f64 / 2.0, frame.height as f64 / 2.0);
        let s = 1.0 / factor;
        self.after(&Self([s, 0.0, cx - s * cx, 0.0, s, cy - s * cy]))
    }

    /// The same picture turned counter-clockwise by `degrees` about the frame's centre.
    #[must_use]
    pub fn rotate(&self, degrees: f64, frame: Size) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (cx, cy) = (frame.width as f64 / 2.0, frame.height as f64 / 2.0);
        let turn = Self([cos, -sin, cx - cos * cx + sin * cy, sin, cos, cy - sin * cx - cos * cy]);
        self.after(&turn)
    }

    /// The larger length in the picture of a frame pixel's sides.
    fn footprint(&self) -> f64 {
        let [a, b, _, d, e, _] = self.0;
        a.hypot(d).max(b.hypot(e))
    }

    fn scaled(&self, factor: f64) -> Self {
        Self(self.0.map(|value| value / factor))
    }
}

/// A case reduced by whole pixels as far as its frame allows, ready to be warped many times.
///
/// Reducing by a whole factor averages colours and pools evidence over the same blocks; what is
/// left for the warp is a scale below 2, so that a thin stroke survives however large the photo.
#[derive(Clone, Debug)]
pub struct ReducedCase {
    source: Size,
    factor: usize,
    image: Image,
    evidence: Evidence,
    known: KnownPoints,
}

impl ReducedCase {
    /// Reduces a picture and its evidence for a frame reached at `scale` frame pixels per picture
    /// pixel (x and y, see [`super::Placement::scale`]).
    pub fn new(image: Image, evidence: Evidence, scale: [f64; 2]) -> Self {
        let source = image.size();
        let factor = (1.0 / scale[0].max(scale[1])).floor().max(1.0) as usize;
        if factor == 1 {
            return Self { source, factor, image, evidence, known: KnownPoints::default() };
        }
        let (image, evidence) = (reduce_image(&image, factor), reduce_evidence(&evidence, factor));
        Self { source, factor, image, evidence, known: KnownPoints::default() }
    }

    /// With places that patches can be centred on.
    #[must_use]
    pub fn with_known_points(self) -> Self {
        Self { known: KnownPoints::of(&self.evidence, self.factor), ..self }
    }

    /// Places that patches can be centred on; none unless they were asked for.
    pub fn known_points(&self) -> &KnownPoints {
        &self.known
    }

    /// The picture's own size.
    pub fn source_size(&self) -> Size {
        self.source
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.image.size().area() * (3 + self.evidence.classes() * size_of::<EvidenceBits>())
    }

    /// The picture in the frame: planes `[3, height, width]` of values 0–1, 0 beyond its border.
    ///
    /// Bilinear, as `torch.nn.functional.grid_sample(align_corners=False)`; when the picture is
    /// denser than the frame, the mean of several points a pixel.
    pub fn warp_image(&self, affine: &Affine, frame: Size) -> Vec<f32> {
        let affine = affine.scaled(self.factor as f64);
        let points = if affine.footprint() > 1.0 { 2 } else { 1 };
        let area = frame.area();
        let mut planes = vec![0.0; 3 * area];
        for_each_pixel(frame, points, |pixel, point| {
            if let Some(color) = self.bilinear(affine.apply(point)) {
                for (channel, value) in color.into_iter().enumerate() {
                    planes[channel * area + pixel] += value;
                }
            }
        });
        let scale = 1.0 / (255.0 * (points * points) as f32);
        for value in &mut planes {
            *value *= scale;
        }
        planes
    }

    /// The evidence in the frame: pooled over each pixel's footprint when the picture is denser
    /// than the frame, nearest otherwise; [`EvidenceBits::VOID`] beyond the border.
    pub fn warp_evidence(&self, affine: &Affine, frame: Size) -> Evidence {
        let affine = affine.scaled(self.factor as f64);
        let points = Self::evidence_points(&affine);
        let start = EvidenceBits(u16::MAX);
        let mut planes = vec![vec![start; frame.area()]; self.evidence.classes()];
        for_each_pixel(frame, points, |pixel, point| {
            let at = self.index_of(affine.apply(point));
            for (class, plane) in planes.iter_mut().enumerate() {
                let bits = at.map_or(EvidenceBits::VOID, |i| self.evidence.plane(class)[i]);
                plane[pixel] = if plane[pixel] == start { bits } else { plane[pixel].pool(bits) };
            }
        });
        Evidence::from_planes(frame, planes)
    }

    /// Sets every frame pixel whose centre lies beyond the picture's border to 0 in each plane.
    pub(super) fn clear_void(&self, planes: &mut [f32], affine: &Affine, frame: Size) {
        let affine = affine.scaled(self.factor as f64);
        for_each_pixel(frame, 1, |pixel, point| {
            if self.index_of(affine.apply(point)).is_none() {
                for plane in planes.chunks_exact_mut(frame.area()) {
                    plane[pixel] = 0.0;
                }
            }
        });
    }

    /// Points a side so that no picture pixel inside a footprint is missed: a turned grid of
    /// spacing s leaves no unit square without a point if s ≤ 1/√2.
    fn evidence_points(affine: &Affine) -> usize {
        let footprint = affine.footprint();
        if footprint <= 1.0 + 1e-9 {
            1
        } else {
            (footprint * std::f64::consts::SQRT_2).ceil() as usize
        }
    }

    /// The pixel that holds a point of the (reduced) picture.
    fn index_of(&self, [u, v]: [f64; 2]) -> Option<usize> {
        let size = self.image.size();
        let (limit_x, limit_y) = self.limits();
        let inside = u >= 0.0 && v >= 0.0 && u < limit_x && v < limit_y;
        inside.then(|| v as usize * size.width + u as usize)
    }

    /// The exact extent of the picture in reduced pixels: the last block may be partial.
    fn limits(&self) -> (f64, f64) {
        let factor = self.factor as f64;
        (self.source.width as f64 / factor, self.source.height as f64 / factor)
    }

    fn bilinear(&self, [u, v]: [f64; 2]) -> Option<[f32; 3]> {
        self.index_of([u, v])?;
        let size = self.image.size();
        let (left, right, fx) = neighbours(u, size.width);
        let (top, bottom, fy) = neighbours(v, size.height);
        let (a, b) = (self.image.pixel(left, top), self.image.pixel(right, top));
        let (c, d) = (self.image.pixel(left, bottom), self.image.pixel(right, bottom));
        Some([0, 1, 2].map(|i| {
            let upper = f32::from(a[i]) + (f32::from(b[i]) - f32::from(a[i])) * fx;
            let lower = f32::from(c[i]) + (f32::from(d[i]) - f32::from(c[i])) * fx;
            upper + (lower - upper) * fy
        }))
    }
}

/// The two pixels whose centres surround a coordinate, repeated at the border.
fn neighbours(at: f64, length: usize) -> (usize, usize, f32) {
    let at = (at - 0.5).clamp(0.0, (length - 1) as f64);
    // Truncation is `floor` here, which would be a call on processors without SSE4.1.
    let low = at as u32;
    let (left, fraction) = (low as usize, at - f64::from(low));
    (left, (left + 1).min(length - 1), fraction as f32)
}

/// Calls `visit` with each frame pixel and `points`² regular points inside it.
fn for_each_pixel(frame: Size, points: usize, mut visit: impl FnMut(usize, [f64; 2])) {
    let step = 1.0 / points as f64;
    for y in 0..frame.height {
        for x in 0..frame.width {
            for i in 0..points * points {
                let (dx, dy) = ((i % points) as f64 + 0.5, (i / points) as f64 + 0.5);
                visit(y * frame.width + x, [x as f64 + dx * step, y as f64 + dy * step]);
            }
        }
    }
}

fn reduced_size(size: Size, factor: usize) -> Size {
    Size::new(size.width.div_ceil(factor), size.height.div_ceil(factor))
}

fn reduce_image(image: &Image, factor: usize) -> Image {
    let (size, small) = (image.size(), reduced_size(image.size(), factor));
    let mut sums = vec![[0u32; 4]; small.area()];
    for (y, row) in image.rgb().chunks_exact(size.width * 3).enumerate() {
        let base = y / factor * small.width;
        for (x, pixel) in row.chunks_exact(3).enumerate() {
            let sum = &mut sums[base + x / factor];
            for channel in 0..3 {
                sum[channel] += u32::from(pixel[channel]);
            }
            sum[3] += 1;
        }
    }
    let mut out = Image::filled(small, [0; 3]);
    for (pixel, sum) in out.rgb_mut().chunks_exact_mut(3).zip(&sums) {
        for channel in 0..3 {
            pixel[channel] = ((sum[channel] + sum[3] / 2) / sum[3]) as u8;
        }
    }
    out
}

fn reduce_evidence(evidence: &Evidence, factor: usize) -> Evidence {
    let (size, small) = (evidence.size(), reduced_size(evidence.size(), factor));
    let reduce = |plane: &[EvidenceBits]| {
        let mut out: Vec<Option<EvidenceBits>> = vec![None; small.area()];
        for (i, bits) in plane.iter().enumerate() {
            let block = i / size.width / factor * small.width + i % size.width / factor;
            out[block] = Some(out[block].map_or(*bits, |pooled| pooled.pool(*bits)));
        }
        out.into_iter().map(Option::unwrap_or_default).collect()
    };
    let planes = (0..evidence.classes()).map(|class| reduce(evidence.plane(class))).collect();
    Evidence::from_planes(small, planes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Placement, Resize};
    use super::*;

    use EvidenceBits as B;

    fn case(size: Size, frame: Size, plane: Vec<B>) -> (ReducedCase, Affine) {
        let placement = Placement::new(size, frame, Resize::Stretch);
        let rgb =
            (0..size.area()).flat_map(|i| [(i % 251) as u8, (i / 7 % 256) as u8, 9]).collect();
        let image = Image::new(size, rgb).unwrap();
        let evidence = Evidence::from_planes(size, vec![plane]);
        (ReducedCase::new(image, evidence, placement.scale()), placement.affine())
    }

    #[test]
    fn the_identity_changes_nothing() {
        let size = Size::new(5, 3);
        let plane: Vec<_> = (0..15).map(|i| B(i % 3)).collect();
        let (case, affine) = case(size, size, plane.clone());
        assert_eq!(case.warp_evidence(&affine, size).plane(0), plane);
        let rgb = case.warp_image(&affine, size);
        assert!((0..15).all(|i| (rgb[i] * 255.0 - i as f32).abs() < 1e-3));
    }

    #[test]
    fn a_flip_mirrors_and_a_half_turn_turns() {
        let size = Size::new(3, 2);
        let plane: Vec<_> = (0..6).map(B).collect();
        let (case, affine) = case(size, size, plane);
        let numbers = |affine: Affine| -> Vec<u16> {
            case.warp_evidence(&affine, size).plane(0).iter().map(|bits| bits.0).collect()
        };
        assert_eq!(numbers(affine.flip_horizontally(size)), [2, 1, 0, 5, 4, 3]);
        assert_eq!(numbers(affine.flip_vertically(size)), [3, 4, 5, 0, 1, 2]);
        assert_eq!(numbers(affine.rotate(180.0, size)), [5, 4, 3, 2, 1, 0]);
    }

    #[test]
    fn a_quarter_turn_is_counter_clockwise() {
        let size = Size::new(2, 2);
        let (case, affine) = case(size, size, (0..4).map(B).collect());
        let turned = case.warp_evidence(&affine.rotate(90.0, size), size);
        let numbers: Vec<u16> = turned.plane(0).iter().map(|bits| bits.0).collect();
        assert_eq!(numbers, [1, 3, 0, 2]);
    }

    #[test]
    fn what_turns_in_from_outside_is_void() {
        let size = Size::new(8, 8);
        let (case, affine) = case(size, size, vec![B::PAINTED_POSITIVE; 64]);
        let turned = case.warp_evidence(&affine.rotate(45.0, size), size);
        assert_eq!(turned.plane(0)[0], B::VOID);
        assert_eq!(turned.plane(0)[36], B::PAINTED_POSITIVE);
    }

    #[test]
    fn a_zoom_leaves_the_centre_and_moves_the_rest() {
        let size = Size::new(8, 6);
        let (_, affine) = case(size, size, vec![B::default(); 48]);
        let larger = affine.zoom(2.0, size);
        assert_eq!(larger.apply([4.0, 3.0]), [4.0, 3.0]);
        assert_eq!(larger.apply([0.0, 0.0]), [2.0, 1.5]);
        assert_eq!(affine.zoom(0.5, size).apply([8.0, 6.0]), [12.0, 9.0]);
    }

    #[test]
    fn a_picture_zoomed_out_loses_no_paint() {
        let size = Size::new(16, 16);
        let mut plane = vec![B::OUTSIDE; 256];
        plane[7 * 16 + 9] = B::PAINTED_POSITIVE;
        let (case, affine) = case(size, size, plane);
        for factor in [0.9, 0.7, 0.55, 0.3] {
            let warped = case.warp_evidence(&affine.zoom(factor, size), size);
            assert!(warped.plane(0).iter().any(|b| b.intersects(B::PAINTED_POSITIVE)), "{factor}");
        }
    }

    proptest! {
        /// A stroke one pixel wide survives any reduction, and no class loses all its paint.
        #[test]
        fn a_painted_pixel_is_never_lost(
            width in 8usize..200, height in 8usize..200, at in 0usize..40000, angle in -5.0f64..5.0,
        ) {
            let size = Size::new(width, height);
            let frame = Size::new(8, 8);
            let mut plane = vec![B::OUTSIDE; size.area()];
            // keep away from the corners, which a rotation turns out of the frame
            let x = width / 4 + at % (width / 2);
            let y = height / 4 + at / width % (height / 2);
            plane[y * width + x] = B::PAINTED_POSITIVE;
            let (case, affine) = case(size, frame, plane);
            let warped = case.warp_evidence(&affine.rotate(angle, frame), frame);
            let kept = warped.plane(0).iter().filter(|b| b.intersects(B::PAINTED_POSITIVE)).count();
            prop_assert!(kept >= 1);
        }
    }
}
