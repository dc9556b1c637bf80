//! What a network costs: the multiplications and additions of its convolutions, counted from its layers.

use crate::decoder::{FULL_RESOLUTION_WIDTH, PAPER_WIDTHS, STANDARD_WIDTHS};
use crate::encoder::resnet::CHANNELS;
use crate::{Architecture, UnetConfig};

/// Multiply-adds of a convolution with `outputs` pixels.
const fn convolution(from: usize, to: usize, kernel: usize, outputs: usize) -> u64 {
    (from * to * kernel * kernel * outputs) as u64
}

impl UnetConfig {
    /// Multiply-adds of the forward pass of one image of this height and width, in the convolutions alone. A
    /// training step costs about three times as much.
    pub fn multiply_adds(&self, [height, width]: [usize; 2]) -> u64 {
        let outputs = |halvings: usize| (height >> halvings) * (width >> halvings);
        let decoder = match self.architecture {
            Architecture::UnetResnet18 => self.standard_decoder(&outputs),
            Architecture::UnetResnet18Paper => self.paper_decoder(&outputs),
        };
        self.encoder(&outputs) + decoder
    }

    fn encoder(&self, outputs: &impl Fn(usize) -> usize) -> u64 {
        let stem = convolution(3, CHANNELS[0], 7, outputs(1));
        let stage = |number: usize| {
            let (from, to) = (CHANNELS[number - 2], CHANNELS[number - 1]);
            let shortcut = if from == to { 0 } else { convolution(from, to, 1, outputs(number)) };
            convolution(from, to, 3, outputs(number))
                + 3 * convolution(to, to, 3, outputs(number))
                + shortcut
        };
        stem + (2..=self.encoder_depth).map(stage).sum::<u64>()
    }

    fn standard_decoder(&self, outputs: &impl Fn(usize) -> usize) -> u64 {
        let depth = self.encoder_depth;
        let block = |index: usize| {
            let below = if index == 0 { CHANNELS[depth - 1] } else { STANDARD_WIDTHS[index - 1] };
            let skip = if index + 1 < depth { CHANNELS[depth - 2 - index] } else { 0 };
            let (width, outputs) = (STANDARD_WIDTHS[index], outputs(depth - 1 - index));
            convolution(below + skip, width, 3, outputs) + convolution(width, width, 3, outputs)
        };
        let head = convolution(STANDARD_WIDTHS[depth - 1], self.classes, 3, outputs(0));
        (0..depth).map(block).sum::<u64>() + head
    }

    fn paper_decoder(&self, outputs: &impl Fn(usize) -> usize) -> u64 {
        let depth = self.encoder_depth;
        let widths = &PAPER_WIDTHS[PAPER_WIDTHS.len() + 1 - depth..];
        let lateral = |stage: usize| {
            let channels = CHANNELS[stage];
            convolution(channels, channels, 1, outputs(stage + 1))
        };
        let block = |index: usize| {
            let below = if index == 0 { CHANNELS[depth - 1] } else { widths[index - 1] };
            let from = below + CHANNELS[depth - 2 - index];
            convolution(from, widths[index], 3, outputs(depth - 1 - index))
        };
        let full = FULL_RESOLUTION_WIDTH;
        (0..depth).map(lateral).sum::<u64>()
            + (0..depth - 1).map(block).sum::<u64>()
            + convolution(3, full, 3, outputs(0))
            + convolution(full, full, 3, outputs(0))
            + convolution(PAPER_WIDTHS[3] + full, full, 3, outputs(0))
            + convolution(full, self.classes, 1, outputs(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_those_of_the_layers() {
        let config =
            |architecture, encoder_depth| UnetConfig { architecture, encoder_depth, classes: 2 };
        let giga = |config: UnetConfig, side| config.multiply_adds([side; 2]) as f64 / 1e9;
        let table = [
            // counted by PyTorch's profiler on segmentation_models_pytorch.Unet("resnet18", classes=2)
            (config(Architecture::UnetResnet18, 5), 256, 5.41),
            (config(Architecture::UnetResnet18, 5), 512, 21.63),
            // as announced for the paper's network
            (config(Architecture::UnetResnet18Paper, 5), 512, 95.0),
        ];
        for (config, side, expected) in table {
            let found = giga(config, side);
            assert!((found / expected - 1.0).abs() < 0.01, "{config:?}: {found}");
        }
    }
}
