//! The results of one annotation as pixels and regions.

use std::collections::BTreeMap;

use super::brush_rle;
use super::task::{Item, Said, Value};
use crate::annotation::{BinaryMask, Shape};
use crate::formats::rings;
use crate::image::Size;

/// A shape with all labels given to it, by whatever tool.
#[derive(Clone, Debug)]
pub(super) struct Labelled<'a> {
    pub(super) labels: Vec<&'a String>,
    item: &'a Item,
}

/// What a shape is.
pub(super) enum Drawn {
    /// A painted area; pixels at soft edges apart.
    Pixels { sure: BinaryMask, soft: Option<BinaryMask> },
    /// A polygon or ellipse by its corners, few enough and near.
    Outline(Vec<[f64; 2]>),
    /// A rectangle.
    Box(Shape),
    /// Something that is counted by this name.
    Skipped(&'static str),
}

/// How brush strokes become pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Brush {
    /// The least alpha that counts as painted.
    pub(super) alpha: u8,
    /// Whether painted pixels that are not fully opaque are unknown.
    pub(super) soft_is_unknown: bool,
}

/// Puts together what belongs to one shape: the interface writes it once for the tool and once for each set
/// of labels, under the same id.
pub(super) fn merged(said: &Said) -> (Vec<Labelled<'_>>, BTreeMap<&'static str, usize>) {
    let mut shapes: Vec<Labelled<'_>> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut skipped: BTreeMap<&'static str, usize> = BTreeMap::new();
    for item in &said.result {
        let place = item.id.as_deref().and_then(|id| places.get(id).copied());
        let has_labels = item.value.labels().next().is_some();
        if !item.value.has_shape() && !has_labels {
            *skipped.entry("results that are no shapes").or_default() += 1;
            continue;
        }
        let place = place.unwrap_or_else(|| {
            shapes.push(Labelled { labels: Vec::new(), item });
            shapes.len() - 1
        });
        if let Some(id) = &item.id {
            places.insert(id, place);
        }
        let shape = &mut shapes[place];
        if !shape.item.value.has_shape() {
            shape.item = item;
        }
        for label in item.value.labels() {
            if !shape.labels.contains(&label) {
                shape.labels.push(label);
            }
        }
    }
    (shapes, skipped)
}

impl Labelled<'_> {
    /// The shape on a picture of `size`.
    ///
    /// # Errors
    /// If it was drawn on another size, on a turned picture, or makes no sense.
    pub(super) fn draw(&self, size: Size, brush: Brush) -> Result<Drawn, String> {
        let value = &self.item.value;
        if self.item.image_rotation.rem_euclid(360.0) != 0.0 {
            let reason = "was drawn on a picture turned in Label Studio, which is not supported";
            return Err(format!("a shape {reason}"));
        }
        self.check_size(size)?;
        if let Some(rle) = &value.rle {
            return brush_pixels(rle, size, brush);
        }
        if let Some(points) = &value.points {
            return match value.closed {
                Some(false) => Ok(Drawn::Skipped("open lines")),
                _ => outline(points.iter().map(|point| pixels_of(*point, size)).collect()),
            };
        }
        match (value.x, value.y) {
            (Some(x), Some(y)) => placed(value, pixels_of([x, y], size), size),
            _ => Ok(Drawn::Skipped("labels without a shape")),
        }
    }

    fn check_size(&self, size: Size) -> Result<(), String> {
        let (Some(width), Some(height)) = (self.item.original_width, self.item.original_height)
        else {
            return Ok(());
        };
        let stated = Size::new(width, height);
        if stated == size {
            return Ok(());
        }
        Err(format!("a shape drawn on {stated} pixels, but the picture is {size}"))
    }
}

/// A rectangle, an ellipse or a key point at its place in pixels.
fn placed(value: &Value, at: [f64; 2], size: Size) -> Result<Drawn, String> {
    let rotation = value.rotation.unwrap_or(0.0);
    if let (Some(rx), Some(ry)) = (value.radius_x, value.radius_y) {
        return outline(rings::ellipse(at, pixels_of([rx, ry], size), rotation));
    }
    let (Some(width), Some(height)) = (value.width, value.height) else {
        return Ok(Drawn::Skipped("key points"));
    };
    let [width, height] = pixels_of([width, height], size);
    let shape = Shape::Box { x: at[0], y: at[1], width, height, rotation };
    rings::check(&[shape.corners()])?;
    Ok(Drawn::Box(shape))
}

fn outline(ring: Vec<[f64; 2]>) -> Result<Drawn, String> {
    rings::check(std::slice::from_ref(&ring))?;
    Ok(Drawn::Outline(ring))
}

fn brush_pixels(rle: &[u8], size: Size, brush: Brush) -> Result<Drawn, String> {
    let alpha = brush_rle::alpha(rle, size)?;
    let least = if brush.soft_is_unknown { u8::MAX } else { brush.alpha };
    let pixels = |is_set: &dyn Fn(u8) -> bool| {
        BinaryMask::new(size, alpha.iter().map(|alpha| is_set(*alpha)).collect())
            .map_err(|error| error.to_string())
    };
    let sure = pixels(&|alpha| alpha >= least)?;
    let soft = if brush.soft_is_unknown {
        Some(pixels(&|alpha| alpha >= brush.alpha && alpha < u8::MAX)?)
    } else {
        None
    };
    Ok(Drawn::Pixels { sure, soft })
}

/// From per cent of the picture to pixels.
fn pixels_of([x, y]: [f64; 2], size: Size) -> [f64; 2] {
    [x * size.width as f64 / 100.0, y * size.height as f64 / 100.0]
}
