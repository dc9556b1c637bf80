//! What is known about every pixel of a case, and why: the audit's picture.
//!
//! Every reason has its own pattern, so that the picture can be read without colour; pixels nobody
//! said anything about stay as they are in the photograph.

use lacuna_data::supervision::evidence::EvidenceBits as Bits;
use lacuna_data::{ClassSet, Image, Size};

use crate::color::{gray, mix};
use crate::error::{ReportError, check_length};
use crate::figure::{Figure, FigureRow, LegendEntry, Panel};
use crate::overlay::pattern::Pattern;

/// Panels side by side in [`audit_figure`].
const COLUMNS: usize = 3;
/// Colour of patterns of negatives.
const INK: [u8; 3] = [24, 28, 40];
/// Colour of the chequerboard where evidence conflicts.
const YELLOW: [u8; 3] = [240, 228, 66];

/// What is known about one class at one pixel, with the strongest reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PixelState {
    /// Nobody said anything.
    #[default]
    Unknown,
    /// Painted as the class, or as a part of it.
    PaintedPositive,
    /// Suggested as the class by a model and accepted.
    AcceptedPositive,
    /// Painted as not the class, or as not what the class is a part of.
    PaintedNegative,
    /// Painted as a class declared exclusive with this one.
    ExclusionNegative,
    /// Outside every region.
    RegionNegative,
    /// Unpainted where unpainted was declared to mean background.
    BackgroundNegative,
    /// Suggested as not the class by a model and accepted.
    AcceptedNegative,
    /// Reasons for yes and for no.
    Conflict,
}

impl PixelState {
    /// All states that are drawn, in the order of the legend.
    pub const ALL: [Self; 9] = [
        Self::PaintedPositive,
        Self::AcceptedPositive,
        Self::PaintedNegative,
        Self::ExclusionNegative,
        Self::RegionNegative,
        Self::BackgroundNegative,
        Self::AcceptedNegative,
        Self::Conflict,
        Self::Unknown,
    ];

    /// The strongest of the reasons collected as evidence. What was painted outside a region was
    /// painted by an expert, who wins.
    pub fn of(bits: Bits) -> Self {
        let any = |set: &[Bits]| set.iter().any(|bit| bits.intersects(*bit));
        let yes = any(&[Bits::PAINTED_POSITIVE, Bits::PART]);
        let no = any(&[Bits::PAINTED_NEGATIVE, Bits::WHOLE, Bits::BACKGROUND]);
        let rules = [
            (any(&[Bits::CONFLICT]) || (yes && no), Self::Conflict),
            (yes, Self::PaintedPositive),
            (any(&[Bits::PAINTED_NEGATIVE, Bits::WHOLE]), Self::PaintedNegative),
            (any(&[Bits::EXCLUSION]), Self::ExclusionNegative),
            (any(&[Bits::BACKGROUND]), Self::BackgroundNegative),
            (any(&[Bits::ACCEPTED_POSITIVE]), Self::AcceptedPositive),
            (any(&[Bits::OUTSIDE, Bits::OUTSIDE_MODEL]), Self::RegionNegative),
            (any(&[Bits::ACCEPTED_NEGATIVE]), Self::AcceptedNegative),
        ];
        rules.into_iter().find(|(holds, _)| *holds).map_or(Self::Unknown, |(_, state)| state)
    }

    /// Whether the pixel is known not to be of the class.
    pub const fn is_negative(self) -> bool {
        matches!(
            self,
            Self::PaintedNegative
                | Self::ExclusionNegative
                | Self::RegionNegative
                | Self::BackgroundNegative
                | Self::AcceptedNegative
        )
    }

    /// Whether the pixel is known to be of the class.
    pub const fn is_positive(self) -> bool {
        matches!(self, Self::PaintedPositive | Self::AcceptedPositive)
    }

    /// Words for the legend.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unknown => "unknown: nobody said",
            Self::PaintedPositive => "yes: painted",
            Self::AcceptedPositive => "yes: suggested and accepted",
            Self::PaintedNegative => "no: painted as not this class",
            Self::ExclusionNegative => "no: an exclusive class is painted",
            Self::RegionNegative => "no: outside the region",
            Self::BackgroundNegative => "no: declared background",
            Self::AcceptedNegative => "no: suggested and accepted",
            Self::Conflict => "conflict: both yes and no",
        }
    }

    /// Filling, its colour, and whether the border is drawn.
    const fn look(self, class: [u8; 3]) -> Option<(Pattern, [u8; 3], bool)> {
        Some(match self {
            Self::Unknown => return None,
            Self::PaintedPositive => (Pattern::Solid(0.6), class, true),
            Self::AcceptedPositive => (Pattern::Solid(0.25), class, true),
            Self::PaintedNegative => (Pattern::Grid, INK, false),
            Self::ExclusionNegative => (Pattern::Dots, INK, false),
            Self::RegionNegative => (Pattern::Stripes { phase: 0, of: 1 }, INK, false),
            Self::BackgroundNegative => (Pattern::BackStripes, INK, false),
            Self::AcceptedNegative => (Pattern::Stripes { phase: 0, of: 3 }, INK, false),
            Self::Conflict => (Pattern::Chequers, YELLOW, false),
        })
    }
}

/// The picture with one class's pixel states, row by row; `color` is the class's.
pub fn audit_picture(
    image: &Image,
    states: &[PixelState],
    color: [u8; 3],
) -> Result<Image, ReportError> {
    check_length("the pixel states", image.size().area(), states.len())?;
    let mut out = image.clone();
    for (pixel, state) in out.rgb_mut().chunks_exact_mut(3).zip(states) {
        if state.is_negative() {
            let luma = gray([pixel[0], pixel[1], pixel[2]]);
            pixel.copy_from_slice(&mix([luma; 3], [255; 3], 0.45));
        }
    }
    for state in PixelState::ALL {
        let Some((pattern, ink, contour)) = state.look(color) else { continue };
        let mask: Vec<bool> = states.iter().map(|s| *s == state).collect();
        if mask.contains(&true) {
            pattern.paint(&mut out, &mask, ink, contour);
        }
    }
    Ok(out)
}

/// The photograph, then each class's audit picture with its shares, and a legend of the patterns that
/// occur. `states` holds one plane a class, row by row, of the picture's size.
pub fn audit_figure(
    title: &str,
    image: &Image,
    classes: &ClassSet,
    states: &[Vec<PixelState>],
) -> Result<Figure, ReportError> {
    check_length("the list of pixel states", classes.len(), states.len())?;
    let mut panels = vec![Panel::new(image.clone(), "photograph")];
    for (class, states) in classes.classes().iter().zip(states) {
        let picture = audit_picture(image, states, class.color)?;
        panels.push(Panel::new(picture, format!("{}: {}", class.name, shares(states))));
    }
    let mut figure = Figure::new(title);
    figure.panel_width(if panels.len() > 1 { 360 } else { 480 });
    for row in panels.chunks(COLUMNS) {
        figure.row(FigureRow::new("", row.to_vec()));
    }
    for state in PixelState::ALL {
        if states.iter().flatten().any(|s| *s == state) {
            figure.legend(LegendEntry::new(swatch(state, classes), state.label()));
        }
    }
    Ok(figure)
}

/// Shares of a plane in words.
fn shares(states: &[PixelState]) -> String {
    let share = |holds: fn(PixelState) -> bool| {
        let count = states.iter().filter(|state| holds(**state)).count();
        100.0 * count as f64 / states.len().max(1) as f64
    };
    let (yes, no) = (share(PixelState::is_positive), share(PixelState::is_negative));
    let conflict = share(|state| state == PixelState::Conflict);
    let conflicts =
        if conflict > 0.0 { format!(", conflict {conflict:.1} %") } else { String::new() };
    let unknown = share(|state| state == PixelState::Unknown);
    format!("yes {yes:.1} %, no {no:.1} %, unknown {unknown:.1} %{conflicts}")
}

/// A sample of a state's pattern in a frame; what classes colour shows the classes' colours side by
/// side.
fn swatch(state: PixelState, classes: &ClassSet) -> Image {
    let size = Size::new(44, 22);
    let inner = |p: usize| {
        let (x, y) = (p % size.width, p / size.width);
        x > 0 && y > 0 && x + 1 < size.width && y + 1 < size.height
    };
    let mut image = Image::filled(size, [90, 90, 90]);
    let paper = if state.is_negative() { [228; 3] } else { [205, 170, 160] };
    for (_, pixel) in image.rgb_mut().chunks_exact_mut(3).enumerate().filter(|(p, _)| inner(*p)) {
        pixel.copy_from_slice(&paper);
    }
    for (i, class) in classes.classes().iter().enumerate() {
        let Some((pattern, ink, contour)) = state.look(class.color) else { continue };
        let strip = |p: usize| (p % size.width * classes.len() / size.width) == i;
        let mask: Vec<bool> = (0..size.area()).map(|p| inner(p) && strip(p)).collect();
        pattern.paint(&mut image, &mask, ink, contour);
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacuna_data::Class;

    #[test]
    fn the_strongest_reason_is_shown() {
        let table = [
            (vec![], PixelState::Unknown),
            (vec![Bits::PAINTED_POSITIVE], PixelState::PaintedPositive),
            // the expert wins over the box
            (vec![Bits::PAINTED_POSITIVE, Bits::OUTSIDE], PixelState::PaintedPositive),
            (vec![Bits::PART], PixelState::PaintedPositive),
            (vec![Bits::EXCLUSION, Bits::OUTSIDE], PixelState::ExclusionNegative),
            (vec![Bits::PAINTED_NEGATIVE, Bits::EXCLUSION], PixelState::PaintedNegative),
            // both signs in one footprint
            (vec![Bits::PAINTED_POSITIVE, Bits::PAINTED_NEGATIVE], PixelState::Conflict),
            (vec![Bits::PAINTED_POSITIVE, Bits::EXCLUSION, Bits::CONFLICT], PixelState::Conflict),
            (vec![Bits::ACCEPTED_POSITIVE, Bits::OUTSIDE], PixelState::AcceptedPositive),
            (vec![Bits::OUTSIDE_MODEL], PixelState::RegionNegative),
            (vec![Bits::BACKGROUND], PixelState::BackgroundNegative),
            (vec![Bits::VOID], PixelState::Unknown),
        ];
        for (bits, expected) in table {
            let all = bits.iter().fold(Bits::none(), |all, bit| all.with(*bit));
            assert_eq!(PixelState::of(all), expected, "{bits:?}");
        }
    }

    #[test]
    fn unknown_pixels_stay_and_every_state_looks_different() {
        let size = Size::new(24, 24);
        let image = Image::filled(size, [180, 120, 110]);
        let mut seen: Vec<Image> = Vec::new();
        for state in PixelState::ALL {
            let out = audit_picture(&image, &vec![state; size.area()], [213, 94, 0]).unwrap();
            assert_eq!(out == image, state == PixelState::Unknown, "{state:?}");
            let gray_out = gray_image(&out);
            assert!(!seen.contains(&gray_out), "{state:?} cannot be told apart in grey");
            seen.push(gray_out);
        }
    }

    fn gray_image(image: &Image) -> Image {
        let luma = image.rgb().chunks_exact(3).flat_map(|c| [gray([c[0], c[1], c[2]]); 3]);
        Image::new(image.size(), luma.collect()).unwrap()
    }

    #[test]
    fn the_figure_counts_and_explains_what_occurs() {
        let size = Size::new(2, 2);
        let image = Image::filled(size, [180, 120, 110]);
        let class = Class { name: "gum".into(), color: [213, 94, 0] };
        let classes = ClassSet::new(vec![class], &[], &[]).unwrap();
        let states = [vec![
            PixelState::PaintedPositive,
            PixelState::RegionNegative,
            PixelState::Unknown,
            PixelState::Conflict,
        ]];
        let figure = audit_figure("case 1", &image, &classes, &states).unwrap();
        let html = figure.to_html().unwrap();
        let caption = "gum: yes 25.0 %, no 25.0 %, unknown 25.0 %, conflict 25.0 %";
        assert!(html.contains(caption), "{html}");
        assert!(html.contains("no: outside the region"));
        assert!(!html.contains("declared background"));
        assert!(audit_figure("case 1", &image, &classes, &[]).is_err());
    }
}
