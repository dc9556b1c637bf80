//! Three-state masks of several classes to one number a pixel, for formats that hold no more.

use super::LossKind;
use super::export::CaseLosses;
use crate::annotation::Annotation;
use crate::class::ClassSet;
use crate::supervision::{Evidence, PolicyName, SupervisionPolicy};

/// One above the highest class.
pub(crate) fn ignore_value(classes: &ClassSet) -> u8 {
    classes.len() as u8 + 1
}

/// One number a pixel of what `policy` calls known: 0 is of no class, class `i` is `i + 1`.
pub(crate) fn of(
    said: &Annotation,
    classes: &ClassSet,
    policy: PolicyName,
    losses: &mut CaseLosses,
) -> Vec<u8> {
    let evidence = Evidence::collect(said, classes);
    let policy = SupervisionPolicy::named(policy);
    let wholes: Vec<_> = (0..classes.len()).map(|class| classes.wholes_of(class)).collect();
    let mut values = Vec::with_capacity(evidence.size().area());
    for pixel in 0..evidence.size().area() {
        let (mut positive, mut negative) = (Vec::new(), Vec::new());
        for class in 0..classes.len() {
            let label = policy.label(evidence.plane(class)[pixel]);
            if label.is_known() {
                if label.target > 0.5 { &mut positive } else { &mut negative }.push(class);
            }
        }
        values.push(match positive.as_slice() {
            [] if negative.len() == classes.len() => 0,
            [] => {
                for class in &negative {
                    losses.add(LossKind::Negative, Some(*class), 1);
                }
                ignore_value(classes)
            }
            [only] => *only as u8 + 1,
            _ => one_of(&positive, &wholes, losses).unwrap_or(ignore_value(classes)),
        });
    }
    values
}

/// The part that stands for its wholes; none if classes meet that are no parts of each other.
fn one_of(positive: &[usize], wholes: &[Vec<usize>], losses: &mut CaseLosses) -> Option<u8> {
    let is_whole = |class: &usize| positive.iter().any(|part| wholes[*part].contains(class));
    let parts: Vec<_> = positive.iter().filter(|class| !is_whole(class)).collect();
    let kept = if let [only] = parts.as_slice() { Some(**only) } else { None };
    for class in positive.iter().filter(|class| Some(**class) != kept) {
        losses.add(LossKind::Overlap, Some(*class), 1);
    }
    kept.map(|class| class as u8 + 1)
}
