//! Boxes by their corners, as `torchvision.ops.boxes`.

use rayon::prelude::*;

/// x1, y1, x2, y2 in pixels of the image, x right and y down, with x1 < x2 and y1 < y2 where a box has an area. Borders
/// lie between pixels: the box around pixel (0, 0) is 0, 0, 1, 1.
pub type Xyxy = [f32; 4];

/// Width times height.
pub fn box_area([x1, y1, x2, y2]: Xyxy) -> f32 {
    (x2 - x1) * (y2 - y1)
}

/// Area of the intersection over area of the union. No number where both boxes are empty.
pub fn iou(a: Xyxy, b: Xyxy) -> f32 {
    let width = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0);
    let height = (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let intersection = width * height;
    intersection / (box_area(a) + box_area(b) - intersection)
}

/// The [`iou`] of every pair, `[a.len(), b.len()]`.
pub fn box_iou(a: &[Xyxy], b: &[Xyxy]) -> Vec<f32> {
    let mut matrix = vec![0.0; a.len() * b.len()];
    if b.is_empty() {
        return matrix;
    }
    for (row, a) in matrix.chunks_exact_mut(b.len()).zip(a) {
        row.par_iter_mut().with_min_len(4096).zip(b).for_each(|(value, b)| *value = iou(*a, *b));
    }
    matrix
}

/// The part of a box inside an image of height and width `size`.
pub fn clip_to_image([x1, y1, x2, y2]: Xyxy, [height, width]: [usize; 2]) -> Xyxy {
    let (x, y) = (|x: f32| x.max(0.0).min(width as f32), |y: f32| y.max(0.0).min(height as f32));
    [x(x1), y(y1), x(x2), y(y2)]
}

/// Whether both sides are at least `min_size` long (`remove_small_boxes` keeps these).
pub fn is_large([x1, y1, x2, y2]: Xyxy, min_size: f32) -> bool {
    x2 - x1 >= min_size && y2 - y1 >= min_size
}
