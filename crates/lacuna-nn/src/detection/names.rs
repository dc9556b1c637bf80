//! Names of tensors in torchvision's checkpoints of detectors, old and new.

use std::borrow::Cow;

use crate::{StateDict, StateTensor};

/// `state` under today's names, without the counters of batches.
pub(super) fn current(state: &StateDict) -> StateDict {
    state
        .iter()
        .filter(|(name, _)| !name.ends_with(".num_batches_tracked"))
        .map(|(name, tensor)| (current_name(name).into_owned(), tensor.clone()))
        .collect::<std::collections::BTreeMap<String, StateTensor>>()
}

/// Convolutions became the first of a sequence, and the one of the RPN's head a sequence of such, in torchvision 0.14.
fn current_name(name: &str) -> Cow<'_, str> {
    let parts: Vec<&str> = name.split('.').collect();
    match *parts.as_slice() {
        ["rpn", "head", "conv", kind] => format!("rpn.head.conv.0.0.{kind}").into(),
        ["backbone", "fpn", blocks @ ("inner_blocks" | "layer_blocks"), index, kind] => {
            format!("backbone.fpn.{blocks}.{index}.0.{kind}").into()
        }
        _ => name.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_become_todays() {
        let cases = [
            ("rpn.head.conv.weight", "rpn.head.conv.0.0.weight"),
            ("rpn.head.conv.0.0.weight", "rpn.head.conv.0.0.weight"),
            ("backbone.fpn.layer_blocks.3.bias", "backbone.fpn.layer_blocks.3.0.bias"),
            ("backbone.fpn.inner_blocks.0.0.weight", "backbone.fpn.inner_blocks.0.0.weight"),
            ("backbone.body.layer1.0.conv1.weight", "backbone.body.layer1.0.conv1.weight"),
        ];
        for (old, new) in cases {
            assert_eq!(current_name(old), new);
        }
    }
}
