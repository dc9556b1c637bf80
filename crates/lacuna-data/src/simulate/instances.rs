//! Cuts a mask into instances: single teeth, although neighbours touch.
//!
//! A connected component (four neighbours) is cut at its necks: pixels deeper than .6 of the
//! component's greatest depth make cores, and each pixel goes to the core that reaches it first
//! through the mask. Teeth meet only at their contact points, so a row of teeth falls apart into
//! teeth; a component without necks stays whole.

use std::collections::VecDeque;

use super::distance::squared_depth;
use crate::annotation::BinaryMask;
use crate::image::Size;

/// Depth of a core as a share of its component's greatest depth.
const CORE: f64 = 0.6;

/// The pixels of each instance, instances in reading order of their first core pixel.
pub(super) fn instances(mask: &BinaryMask) -> Vec<Vec<usize>> {
    let depth: Vec<f64> = squared_depth(mask).into_iter().map(f64::sqrt).collect();
    let size = mask.size();
    let mut core = BinaryMask::empty(size);
    for component in components(mask) {
        let deepest = component.iter().map(|pixel| depth[*pixel]).fold(0.0, f64::max);
        for pixel in component {
            core.values_mut()[pixel] = depth[pixel] >= CORE * deepest;
        }
    }
    let mut grown = components(&core);
    grow(mask, &mut grown);
    grown
}

/// Lets all cores grow at one pixel a step until the mask is full.
fn grow(mask: &BinaryMask, cores: &mut [Vec<usize>]) {
    let mut taken = vec![false; mask.size().area()];
    let mut front: VecDeque<(usize, usize)> = VecDeque::new();
    for (core, pixels) in cores.iter().enumerate() {
        for pixel in pixels {
            taken[*pixel] = true;
            front.push_back((core, *pixel));
        }
    }
    while let Some((core, pixel)) = front.pop_front() {
        for next in neighbours(mask.size(), pixel) {
            if mask.values()[next] && !taken[next] {
                taken[next] = true;
                cores[core].push(next);
                front.push_back((core, next));
            }
        }
    }
}

/// Connected components (four neighbours), in reading order.
fn components(mask: &BinaryMask) -> Vec<Vec<usize>> {
    let mut taken = vec![false; mask.size().area()];
    let mut found = Vec::new();
    for start in 0..taken.len() {
        if taken[start] || !mask.values()[start] {
            continue;
        }
        taken[start] = true;
        let mut component = vec![start];
        let mut at = 0;
        while let Some(&pixel) = component.get(at) {
            at += 1;
            for next in neighbours(mask.size(), pixel) {
                if mask.values()[next] && !taken[next] {
                    taken[next] = true;
                    component.push(next);
                }
            }
        }
        found.push(component);
    }
    found
}

fn neighbours(size: Size, pixel: usize) -> impl Iterator<Item = usize> {
    let (x, y) = (pixel % size.width, pixel / size.width);
    [
        (y > 0).then(|| pixel - size.width),
        (x > 0).then(|| pixel - 1),
        (x + 1 < size.width).then_some(pixel + 1),
        (y + 1 < size.height).then_some(pixel + size.width),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(rows: &[&str]) -> usize {
        let size = Size::new(rows[0].len(), rows.len());
        let values = rows.concat().bytes().map(|byte| byte == b'#').collect();
        let mask = BinaryMask::new(size, values).unwrap();
        let found = instances(&mask);
        assert_eq!(found.concat().len(), mask.count(), "every pixel is in one instance");
        found.len()
    }

    #[test]
    fn instances_are_cut_at_necks() {
        let table: [(&[&str], usize); 5] = [
            (&["...", "..."], 0),
            (&["#"], 1),
            // apart
            (&["##.##", "##.##"], 2),
            // a row of three blobs that touch in one pixel
            (
                &[
                    ".............",
                    ".###.###.###.",
                    ".###.###.###.",
                    ".###########.",
                    ".###.###.###.",
                    ".............",
                ],
                3,
            ),
            // one blob
            (&[".......", ".#####.", ".#####.", ".#####.", "......."], 1),
        ];
        for (rows, expected) in table {
            assert_eq!(count(rows), expected, "{rows:?}");
        }
    }
}
