//! Colours: the palette of plots, the colour maps of heat maps, and mixing.

/// Colours of series, well apart also for colour-blind readers and visible on white and on black
/// (Okabe and Ito, without yellow and black).
pub(crate) const SERIES: [[u8; 3]; 7] = [
    [0, 114, 178],
    [213, 94, 0],
    [0, 158, 115],
    [204, 121, 167],
    [230, 159, 0],
    [86, 180, 233],
    [128, 128, 128],
];

/// `#rrggbb`.
pub(crate) fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// `share` of `over` on `under`, channel by channel.
pub(crate) fn mix(under: [u8; 3], over: [u8; 3], share: f32) -> [u8; 3] {
    let channel = |i: usize| {
        let (under, over) = (f32::from(under[i]), f32::from(over[i]));
        (under + (over - under) * share).round() as u8
    };
    [channel(0), channel(1), channel(2)]
}

/// The grey of the same brightness (Rec. 601 luma).
pub(crate) fn gray([r, g, b]: [u8; 3]) -> u8 {
    let luma = 0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b);
    luma.round() as u8
}

/// How a number becomes a colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorMap {
    /// Perceptually uniform, dark violet to yellow, safe for colour-blind readers and in grey print.
    #[default]
    Viridis,
    /// Black to white.
    Gray,
}

impl ColorMap {
    /// The colour at `share` of the range; outside 0 to 1 the end colours.
    pub fn color(self, share: f32) -> [u8; 3] {
        let share = share.clamp(0.0, 1.0);
        match self {
            Self::Gray => [(share * 255.0).round() as u8; 3],
            Self::Viridis => viridis(share),
        }
    }
}

/// Polynomial of degree six a channel fitted to matplotlib's viridis (both CC0; coefficients by
/// M. Zucker, <https://www.shadertoy.com/view/WlfXRN>). Within 5 of 255 at the points tested.
fn viridis(t: f32) -> [u8; 3] {
    const COEFFICIENTS: [[f32; 3]; 7] = [
        [0.277_727_33, 0.005_407_344_5, 0.334_099_8],
        [0.105_093_04, 1.404_613_5, 1.384_590_1],
        [-0.330_861_83, 0.214_847_56, 0.095_095_16],
        [-4.634_230_6, -5.799_101, -19.332_441],
        [6.228_27, 14.179_934, 56.690_55],
        [4.776_385, -13.745_145, -65.353_03],
        [-5.435_456, 4.645_852_6, 26.312_435],
    ];
    let channel = |i: usize| {
        let value = COEFFICIENTS.iter().rev().fold(0.0, |sum, c| sum * t + c[i]);
        (value.clamp(0.0, 1.0) * 255.0).round() as u8
    };
    [channel(0), channel(1), channel(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viridis_is_matplotlibs() {
        // matplotlib.cm.viridis at these shares, 8 bits
        let table = [
            (0.0, [68, 1, 84]),
            (0.25, [59, 82, 139]),
            (0.5, [33, 145, 140]),
            (0.75, [94, 201, 98]),
            (1.0, [253, 231, 37]),
        ];
        for (share, expected) in table {
            let found = ColorMap::Viridis.color(share);
            for (a, b) in found.iter().zip(expected) {
                assert!(a.abs_diff(b) <= 5, "{share}: {found:?} {expected:?}");
            }
        }
    }

    #[test]
    fn viridis_gets_brighter_all_the_way() {
        let luma: Vec<_> =
            (0..=100).map(|i| gray(ColorMap::Viridis.color(i as f32 / 100.0))).collect();
        assert!(luma.windows(2).all(|pair| pair[0] <= pair[1]), "{luma:?}");
    }

    #[test]
    fn mixing_reaches_both_ends() {
        assert_eq!(mix([10, 20, 30], [200, 100, 0], 0.0), [10, 20, 30]);
        assert_eq!(mix([10, 20, 30], [200, 100, 0], 1.0), [200, 100, 0]);
        assert_eq!(mix([0; 3], [255; 3], 0.5), [128; 3]);
    }
}
