//! From the names in other people's files to ours.

use crate::StateDict;

/// Takes off the `module.` that `torch.nn.DataParallel` puts before every name.
pub(super) fn without_module_prefix(tensors: StateDict) -> StateDict {
    tensors
        .into_iter()
        .map(|(name, tensor)| (name.trim_start_matches("module.").to_owned(), tensor))
        .collect()
}

/// The encoder's tensors under our names: torchvision's `layer1.0.conv1.weight` and
/// segmentation_models.pytorch's `encoder.layer1.0.conv1.weight` both become the latter. Decoder, head,
/// classifier and batch counters are left out.
pub(super) fn encoder_only(tensors: StateDict) -> StateDict {
    tensors.into_iter().filter_map(|(name, tensor)| Some((encoder_name(&name)?, tensor))).collect()
}

fn encoder_name(name: &str) -> Option<String> {
    let inner = name.strip_prefix("encoder.").unwrap_or(name);
    let parts = ["conv1.", "bn1.", "layer1.", "layer2.", "layer3.", "layer4."];
    let ours = parts.iter().any(|part| inner.starts_with(part))
        && !inner.ends_with(".num_batches_tracked");
    ours.then(|| format!("encoder.{inner}"))
}

/// Whether batch normalisation was folded into the convolutions: a bias beside the first one and no
/// normalisation after it.
pub(super) fn is_folded(encoder: &StateDict) -> bool {
    encoder.contains_key("encoder.conv1.bias") && !encoder.contains_key("encoder.bn1.weight")
}

/// The batch normalisation behind the convolution called `conv`, both without `.weight`.
pub(super) fn norm_after(conv: &str) -> String {
    match conv.strip_suffix("downsample.0") {
        Some(block) => format!("{block}downsample.1"),
        None => conv.replace("conv", "bn"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_libraries_become_ours() {
        let cases = [
            ("conv1.weight", Some("encoder.conv1.weight")),
            ("layer1.0.bn1.running_mean", Some("encoder.layer1.0.bn1.running_mean")),
            ("encoder.layer4.1.conv2.weight", Some("encoder.layer4.1.conv2.weight")),
            // The classifier, batch counters and decoders are not the encoder.
            ("fc.weight", None),
            ("encoder.fc.bias", None),
            ("bn1.num_batches_tracked", None),
            ("decoder.blocks.0.conv1.0.weight", None),
            ("segmentation_head.0.weight", None),
        ];
        for (theirs, ours) in cases {
            assert_eq!(encoder_name(theirs).as_deref(), ours, "{theirs}");
        }
    }

    #[test]
    fn every_convolution_knows_its_normalisation() {
        assert_eq!(norm_after("encoder.conv1"), "encoder.bn1");
        assert_eq!(norm_after("encoder.layer1.0.conv2"), "encoder.layer1.0.bn2");
        assert_eq!(norm_after("encoder.layer2.0.downsample.0"), "encoder.layer2.0.downsample.1");
    }
}
