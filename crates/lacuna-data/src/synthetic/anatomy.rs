//! What pictures of one patient share: sizes and shades of teeth, the arches, and tissue colours.
//!
//! Lengths are millimetres. Mean crown sizes are the usual textbook values (Wheeler's Dental Anatomy).

use super::color::Color;
use super::draw::Draw;

/// The form of a crown's cutting edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Flat edge.
    Incisor,
    /// One point.
    Canine,
    /// One blunt cusp.
    Premolar,
    /// Two cusps seen from the cheek.
    Molar,
}

/// One crown.
#[derive(Clone, Debug)]
pub(super) struct Tooth {
    pub(super) kind: Kind,
    pub(super) width: f32,
    pub(super) height: f32,
    /// Sideways lean: shift over the crown's height in half widths.
    pub(super) lean: f32,
    /// Width at the neck as a share of the greatest width.
    pub(super) neck: f32,
    /// How much the edge stands out of the row.
    pub(super) step: f32,
    pub(super) shade: Color,
    pub(super) stain: f32,
    pub(super) missing: bool,
    /// Height of the papilla behind this tooth, as a share of the crown counted from its edge.
    pub(super) papilla: f32,
}

/// One jaw: crowns from the right second molar to the left one as seen in the picture (left to right),
/// on an ellipse with half axes `across` and `deep`.
#[derive(Clone, Debug)]
pub(super) struct Jaw {
    pub(super) teeth: Vec<Tooth>,
    pub(super) across: f32,
    pub(super) deep: f32,
    /// Height of the attached gingiva above the gingival margin.
    pub(super) attached: f32,
}

/// One patient.
#[derive(Clone, Debug)]
pub(super) struct Anatomy {
    pub(super) upper: Jaw,
    pub(super) lower: Jaw,
    /// Upper over lower incisors.
    pub(super) overbite: f32,
    pub(super) skin: Color,
    pub(super) lip: Color,
    pub(super) gum: Color,
    pub(super) mucosa: Color,
    pub(super) tongue: Color,
    /// Melanin patches on the gum, 0 to 1.
    pub(super) pigment: f32,
    /// Redness of the gingival margin, 0 to 1.
    pub(super) inflamed: f32,
    pub(super) stubble: f32,
    pub(super) lip_upper: f32,
    pub(super) lip_lower: f32,
    /// Seed of all textures that stay with the patient.
    pub(super) texture: u32,
}

const KINDS: [Kind; 7] = [
    Kind::Incisor,
    Kind::Incisor,
    Kind::Canine,
    Kind::Premolar,
    Kind::Premolar,
    Kind::Molar,
    Kind::Molar,
];
const UPPER: [(f32, f32); 7] =
    [(8.6, 10.6), (6.6, 9.2), (7.6, 10.4), (7.0, 8.6), (6.8, 7.8), (10.0, 7.4), (9.0, 7.0)];
const LOWER: [(f32, f32); 7] =
    [(5.2, 8.8), (5.8, 9.2), (6.8, 10.4), (7.0, 8.6), (7.1, 8.0), (11.0, 7.4), (10.4, 7.0)];

impl Anatomy {
    /// Draws patient number `patient`.
    pub(super) fn draw(seed: u64, patient: u64) -> Self {
        let mut draw = Draw::new(seed, "synthetic-anatomy", patient);
        let melanin = draw.range(0.0, 1.0).powf(1.5);
        let shade = tooth_shade(&mut draw);
        let stain = draw.range(0.0, 1.0).powi(3);
        let untidy = draw.range(0.1, 1.0).powi(2);
        let upper = jaw(&mut draw, &UPPER, (29.5, 45.0), shade, stain, untidy);
        let lower = jaw(&mut draw, &LOWER, (27.5, 42.5), shade, stain, untidy);
        let (gum, mucosa) = gum_colors(&mut draw, melanin);
        Self {
            upper,
            lower,
            overbite: draw.range(0.5, 3.5),
            skin: skin_color(&mut draw, melanin),
            lip: lip_color(&mut draw, gum, melanin),
            gum,
            mucosa,
            tongue: gum.mix(Color::srgb(196.0, 104.0, 104.0), draw.range(0.2, 0.8)),
            pigment: if melanin > 0.45 { draw.range(0.0, 1.0) } else { 0.0 },
            inflamed: draw.range(0.0, 1.0).powi(2),
            stubble: if draw.chance(0.22) { draw.range(0.2, 0.9) } else { 0.0 },
            lip_upper: draw.range(6.0, 11.0),
            lip_lower: draw.range(8.0, 13.0),
            texture: draw.seed(),
        }
    }
}

fn jaw(
    draw: &mut Draw,
    sizes: &[(f32, f32); 7],
    axes: (f32, f32),
    shade: Color,
    stain: f32,
    untidy: f32,
) -> Jaw {
    let scale = draw.range(0.92, 1.07);
    let taper = draw.range(0.66, 0.86);
    let worn = draw.range(0.85, 1.1);
    let papilla = draw.range(0.3, 0.55);
    let mut teeth: Vec<Tooth> = (0..14)
        .map(|place| {
            let position = if place < 7 { 6 - place } else { place - 7 };
            let (width, height) = sizes[position];
            Tooth {
                kind: KINDS[position],
                width: width * scale * (1.0 + draw.normal(0.025)),
                height: height * scale * worn * (1.0 + draw.normal(0.03)),
                lean: draw.normal(0.12) * untidy,
                neck: (taper + draw.normal(0.03) + if position > 3 { 0.08 } else { 0.0 }).min(0.95),
                step: draw.normal(0.5) * untidy,
                shade: shade * (1.0 + draw.normal(0.05)),
                stain: stain * draw.range(0.3, 1.0),
                missing: false,
                papilla: (papilla + draw.normal(0.05)).clamp(0.2, 0.8),
            }
        })
        .collect();
    if draw.chance(0.15) {
        let place = draw.range(0.0, 14.0) as usize;
        teeth[place.min(13)].missing = true;
    }
    Jaw {
        teeth,
        across: axes.0 * scale * draw.range(0.96, 1.04),
        deep: axes.1 * scale * draw.range(0.95, 1.05),
        attached: draw.range(3.0, 6.0),
    }
}

/// From bleached to dark yellow, as on a shade guide.
fn tooth_shade(draw: &mut Draw) -> Color {
    let light = Color::srgb(242.0, 236.0, 224.0);
    let yellow = Color::srgb(226.0, 198.0, 148.0);
    let grey = Color::srgb(196.0, 188.0, 172.0);
    light.mix(yellow, draw.range(0.0, 1.0).powf(1.2)).mix(grey, draw.range(0.0, 0.5))
}

fn skin_color(draw: &mut Draw, melanin: f32) -> Color {
    let light = Color::srgb(240.0, 204.0, 180.0);
    let olive = Color::srgb(196.0, 146.0, 110.0);
    let dark = Color::srgb(98.0, 62.0, 44.0);
    let pink = Color::srgb(222.0, 152.0, 138.0);
    let base = if melanin < 0.5 {
        light.mix(olive, melanin * 2.0)
    } else {
        olive.mix(dark, melanin * 2.0 - 1.0)
    };
    base.mix(pink, draw.range(0.0, 0.35))
}

fn gum_colors(draw: &mut Draw, melanin: f32) -> (Color, Color) {
    let pale = Color::srgb(228.0, 156.0, 148.0);
    let red = Color::srgb(190.0, 84.0, 84.0);
    let brown = Color::srgb(130.0, 78.0, 72.0);
    let gum = pale.mix(red, draw.range(0.0, 0.75)).mix(brown, melanin * draw.range(0.0, 0.6));
    let deep = Color::srgb(158.0, 40.0, 46.0);
    (gum, gum.mix(deep, draw.range(0.35, 0.6)))
}

/// Natural lips share the gum's hue; some wear lipstick.
fn lip_color(draw: &mut Draw, gum: Color, melanin: f32) -> Color {
    let natural = gum.mix(Color::srgb(184.0, 96.0, 92.0), 0.5);
    let dark = Color::srgb(110.0, 62.0, 56.0);
    let lip = natural.mix(dark, melanin * 0.7);
    if draw.chance(0.2) {
        lip.mix(Color::srgb(190.0, 30.0, 58.0), draw.range(0.3, 0.9))
    } else {
        lip
    }
}
