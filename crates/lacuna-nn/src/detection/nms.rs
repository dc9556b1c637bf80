//! Non-maximum suppression: of boxes that overlap the one with the highest score stays.

use rayon::prelude::*;

use super::boxes::{Xyxy, iou};

/// The boxes that stay, by descending score; of equal scores the first counts. A box goes when its IoU with one that
/// stays is **above** `iou_threshold`, as in `torchvision.ops.nms`.
pub fn nms(boxes: &[Xyxy], scores: &[f32], iou_threshold: f32) -> Vec<usize> {
    let indices = (0..boxes.len()).collect();
    suppress(boxes, by_score(indices, scores), iou_threshold)
}

/// [`nms`] of the boxes of each group by themselves; the indices of all that stay, by descending score.
///
/// This is `torchvision.ops.batched_nms` without its trick for few boxes (moving the groups apart and treating them as
/// one), which rounds the coordinates.
pub fn batched_nms(
    boxes: &[Xyxy],
    scores: &[f32],
    groups: &[usize],
    iou_threshold: f32,
) -> Vec<usize> {
    let mut members: Vec<Vec<usize>> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        if members.len() <= *group {
            members.resize(group + 1, Vec::new());
        }
        members[*group].push(index);
    }
    let kept: Vec<Vec<usize>> = members
        .into_par_iter()
        .map(|members| suppress(boxes, by_score(members, scores), iou_threshold))
        .collect();
    by_score(kept.into_iter().flatten().collect(), scores)
}

/// By descending score, then by index.
pub(super) fn by_score(mut indices: Vec<usize>, scores: &[f32]) -> Vec<usize> {
    indices.sort_unstable_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    indices
}

fn suppress(boxes: &[Xyxy], ordered: Vec<usize>, iou_threshold: f32) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for index in ordered {
        let hidden = |other: &usize| iou(boxes[*other], boxes[index]) > iou_threshold;
        if !kept.iter().any(hidden) {
            kept.push(index);
        }
    }
    kept
}
