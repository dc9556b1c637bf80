//! One picture's scene: which tissue lies at a point of the picture plane.

use super::anatomy::Anatomy;
use super::arch::{Arch, Course, Crown, Local, View};
use super::draw::Draw;
use super::lips::{Lips, Place};
use super::noise::{Noise, step};
use super::props::{Prop, Props};

/// How the photograph was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// A smile: lips and skin around.
    Smile,
    /// Lips held back by hand or by a retractor.
    Retracted,
    /// Front teeth and gum fill the picture.
    CloseUp,
}

/// What lies at a point.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'a> {
    /// A crown.
    Tooth(&'a Crown, Local),
    /// Attached gingiva; `rise` is 0 at the margin, 1 at the mucosa.
    Gum { course: Course, rise: f32, from_tooth: f32 },
    /// Loose lining of the cheek and lip behind the gum, `fold` millimetres beyond it.
    Mucosa { course: Course, fold: f32 },
    /// The lining of the cheek beside the arches; `between` is 1 where they gape, 0 beside gum.
    Cheek { beyond: f32, between: f32 },
    /// The tongue, with its own coordinates −1 to 1.
    Tongue(f32, f32),
    /// The dark between the arches.
    Cavity { depth: f32 },
    /// A lip.
    Lip { across: f32 },
    /// Skin, `from_lip` millimetres away from the lip.
    Skin { from_lip: f32 },
    /// A retractor, a glove, or a cotton roll.
    Prop(Prop),
}

/// A point of the scene.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    pub(super) part: Part<'a>,
    /// Millimetres inside the opening; large where no lip is near.
    pub(super) inside: f32,
    /// Millimetres behind the front teeth.
    pub(super) depth: f32,
}

/// Everything drawn for one picture.
pub(super) struct Scene {
    pub(super) anatomy: Anatomy,
    pub(super) framing: Framing,
    pub(super) upper: Arch,
    pub(super) lower: Arch,
    pub(super) lips: Lips,
    pub(super) props: Props,
    pub(super) view: View,
    tongue: Tongue,
    edge: Noise,
}

/// An ellipse behind the lower front teeth.
#[derive(Clone, Copy, Debug)]
struct Tongue {
    x: f32,
    y: f32,
    half_width: f32,
    half_height: f32,
}

impl Scene {
    /// Draws the scene of one picture.
    pub(super) fn draw(anatomy: Anatomy, draw: &mut Draw) -> Self {
        let framing = framing(draw);
        let view = view(draw, framing, anatomy.overbite);
        let upper = Arch::project(&anatomy.upper, view, -1.0);
        let lower = Arch::project(&anatomy.lower, view, 1.0);
        let lips = lips(draw, &anatomy, framing, &upper, view);
        let open = view.gap.max(0.0);
        let tongue = Tongue {
            x: lips.x + draw.normal(3.0),
            y: open * draw.range(0.7, 1.1) + 4.0,
            half_width: draw.range(17.0, 23.0),
            half_height: open * draw.range(0.3, 0.65) + 5.0,
        };
        let props = Props::draw(draw, framing, &lips);
        let edge = Noise::new(anatomy.texture);
        Self { anatomy, framing, upper, lower, lips, props, view, tongue, edge }
    }

    /// What lies at (`x`, `y`).
    pub(super) fn spot(&self, x: f32, y: f32) -> Spot<'_> {
        let place = if self.framing == Framing::CloseUp {
            Place::Opening(50.0)
        } else {
            self.lips.place(x, y)
        };
        let inside = if let Place::Opening(inside) = place { inside } else { 0.0 };
        if let Some(prop) = self.props.at(x, y, &self.lips, inside) {
            return Spot { part: Part::Prop(prop), inside, depth: 0.0 };
        }
        match place {
            Place::Opening(_) => self.within(x, y, inside),
            Place::Lip { across, .. } => Spot { part: Part::Lip { across }, inside, depth: -4.0 },
            Place::Skin(from_lip) => Spot { part: Part::Skin { from_lip }, inside, depth: 2.0 },
        }
    }

    /// What lies at a point of the opening, front to back.
    fn within(&self, x: f32, y: f32, inside: f32) -> Spot<'_> {
        for arch in [&self.upper, &self.lower] {
            if let Some((crown, local)) = arch.crown_at(x, y) {
                return Spot { part: Part::Tooth(crown, local), inside, depth: crown.depth };
            }
        }
        for arch in [&self.upper, &self.lower] {
            if let Some(spot) = self.soft(arch, x, y, inside) {
                return spot;
            }
        }
        self.behind(x, y, inside)
    }

    /// Gum or mucosa of one jaw, if either lies here.
    fn soft(&self, arch: &Arch, x: f32, y: f32, inside: f32) -> Option<Spot<'_>> {
        let course = arch.course(x)?;
        let height = course.neck - course.edge;
        let q = (y - course.edge) / height;
        let ragged = self.edge.cloud(x * 0.35, arch.roots * 9.0) - 0.5;
        let end = 2.0 + 4.0 * (self.edge.cloud(7.0, y * 0.3) - 0.5);
        if course.beyond > end * course.scale {
            return None;
        }
        let neck_to_here = (y - course.neck) * arch.roots;
        // the attached gum thins out behind the last tooth
        let thin = 0.4 + 0.6 * step(4.0, -6.0, course.beyond);
        let fold = neck_to_here - arch.attached * course.scale * thin * (1.0 + 0.7 * ragged);
        if fold > 0.0 {
            let part = Part::Mucosa { course, fold };
            return Some(Spot { part, inside, depth: course.depth + 1.0 });
        }
        (q > course.papilla.min(0.97)).then(|| {
            let rise = (neck_to_here / (neck_to_here - fold).max(0.1)).clamp(-1.0, 1.0);
            let from_tooth = arch.nearest_outline(x, y);
            Spot { part: Part::Gum { course, rise, from_tooth }, inside, depth: course.depth + 1.0 }
        })
    }

    /// Cheek, tongue or the dark.
    fn behind(&self, x: f32, y: f32, inside: f32) -> Spot<'_> {
        let middle = self.view.gap.max(0.0) / 2.0;
        let away = (y - middle).abs() - middle - 2.0;
        let beyond = |arch: &Arch| arch.course(x).map_or(f32::INFINITY, |course| course.beyond);
        let nearest = beyond(&self.upper).min(beyond(&self.lower));
        let beside = beyond(if y < middle { &self.upper } else { &self.lower });
        if nearest > 0.0 || away > 14.0 || (away > 0.0 && beside > 0.0) {
            let between = step(4.0, -4.0, away);
            let part = Part::Cheek { beyond: nearest.max(0.0), between };
            return Spot { part, inside, depth: 25.0 };
        }
        let (u, v) = self.tongue.local(x, y);
        if u * u + v * v < 1.0 && self.view.gap > 2.0 {
            return Spot { part: Part::Tongue(u, v), inside, depth: 18.0 };
        }
        let depth = step(0.0, 12.0, self.view.gap);
        Spot { part: Part::Cavity { depth }, inside, depth: 30.0 }
    }
}

impl Tongue {
    fn local(self, x: f32, y: f32) -> (f32, f32) {
        ((x - self.x) / self.half_width, (y - self.y) / self.half_height)
    }
}

fn framing(draw: &mut Draw) -> Framing {
    let lot = draw.range(0.0, 1.0);
    if lot < 0.4 {
        Framing::Smile
    } else if lot < 0.8 {
        Framing::Retracted
    } else {
        Framing::CloseUp
    }
}

fn view(draw: &mut Draw, framing: Framing, overbite: f32) -> View {
    let open = match framing {
        Framing::Smile => draw.chance(0.4),
        Framing::Retracted => draw.chance(0.35),
        Framing::CloseUp => draw.chance(0.2),
    };
    let widest = if framing == Framing::CloseUp { 6.0 } else { 22.0 };
    View {
        yaw: draw.normal(0.14),
        pitch: draw.normal(0.09),
        distance: draw.range(110.0, 260.0),
        gap: if open { draw.range(2.0, widest) } else { -overbite * draw.range(0.2, 1.0) },
    }
}

fn lips(draw: &mut Draw, anatomy: &Anatomy, framing: Framing, upper: &Arch, view: View) -> Lips {
    let open = view.gap.max(0.0);
    let middle = upper.crowns.iter().find(|crown| crown.side > 0.0);
    let x = middle.map_or(0.0, |crown| crown.x[0]);
    let retracted = framing != Framing::Smile;
    let (top, bottom, half_width) = if retracted {
        (draw.range(15.0, 21.0), draw.range(15.0, 21.0), draw.range(31.0, 38.0))
    } else {
        (draw.range(11.0, 16.0), draw.range(6.0, 15.0), draw.range(24.0, 31.0))
    };
    let thin = if retracted { draw.range(0.5, 0.9) } else { draw.range(0.8, 1.1) };
    Lips {
        x: x + draw.normal(1.0),
        y: open / 2.0,
        half_width,
        top: top + open / 2.0,
        bottom: bottom + open / 2.0,
        smile: if retracted { draw.normal(1.5) } else { draw.range(-1.0, 6.0) },
        bow: draw.range(-0.5, 1.5),
        square: if retracted { draw.range(2.2, 3.2) } else { draw.range(1.9, 2.5) },
        upper: anatomy.lip_upper * thin,
        lower: anatomy.lip_lower * thin,
    }
}
