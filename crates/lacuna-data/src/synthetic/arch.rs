//! One jaw as the camera sees it: crowns laid along the arch, turned, and projected.
//!
//! Picture plane: millimetres at the depth of the front teeth, x right, y down, origin between the
//! edges of the central incisors of a closed bite. Depth grows away from the camera.

use super::anatomy::{Jaw, Kind, Tooth};
use super::noise::{lerp, step};

/// Where the camera stands and how far the mouth is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    /// Turn to the side, radians.
    pub(super) yaw: f32,
    /// Rise of the occlusal plane per millimetre of depth; positive when seen from above.
    pub(super) pitch: f32,
    /// Camera to front teeth, millimetres.
    pub(super) distance: f32,
    /// Gap between the central incisors; negative is overlap.
    pub(super) gap: f32,
}

/// A crown in the picture plane.
#[derive(Clone, Debug)]
pub(super) struct Crown {
    pub(super) tooth: Tooth,
    /// Left and right border.
    pub(super) x: [f32; 2],
    /// Line of the cutting edges at the borders.
    edge: [f32; 2],
    /// Line of the necks at the borders.
    neck: [f32; 2],
    pub(super) depth: f32,
    /// Picture millimetres per millimetre.
    pub(super) scale: f32,
    /// −1 left of the midline, 1 right of it.
    pub(super) side: f32,
}

/// A point in a crown's own coordinates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local {
    /// Across, −1 to 1.
    pub(super) p: f32,
    /// Along, 0 at the row's edge line, 1 at the neck.
    pub(super) q: f32,
    /// Distance inside the outline, picture millimetres; negative outside.
    pub(super) inside: f32,
    /// Distance from the cutting edge as a share of the height.
    pub(super) from_edge: f32,
}

/// The row's course at one column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    pub(super) edge: f32,
    pub(super) neck: f32,
    pub(super) depth: f32,
    pub(super) scale: f32,
    /// Millimetres beyond the last crown seen; negative within the row.
    pub(super) beyond: f32,
    /// Gum starts at this share of the crown height between two crowns.
    pub(super) papilla: f32,
    /// Across the nearest crown, −1 to 1: the bulge over its root.
    pub(super) bulge: f32,
}

/// A jaw in the picture plane; crowns from left to right.
#[derive(Clone, Debug)]
pub(super) struct Arch {
    pub(super) crowns: Vec<Crown>,
    pub(super) attached: f32,
    /// −1 for the upper jaw (roots up), 1 for the lower one.
    pub(super) roots: f32,
}

impl Arch {
    /// Projects `jaw`; `roots` is −1 for the upper and 1 for the lower one.
    pub(super) fn project(jaw: &Jaw, view: View, roots: f32) -> Self {
        let bends = bends(jaw);
        let mut crowns: Vec<Crown> = jaw
            .teeth
            .iter()
            .enumerate()
            .map(|(i, tooth)| crown(tooth, jaw, view, roots, [bends[i], bends[i + 1]], i))
            .collect();
        drop_hidden(&mut crowns);
        Self { crowns, attached: jaw.attached, roots }
    }

    /// The crown at a point and the point in it; the crown nearer the midline lies in front.
    pub(super) fn crown_at(&self, x: f32, y: f32) -> Option<(&Crown, Local)> {
        let here = self.nearest(x)?;
        let around = here.saturating_sub(1)..(here + 2).min(self.crowns.len());
        self.crowns[around]
            .iter()
            .filter(|crown| !crown.tooth.missing)
            .map(|crown| (crown, crown.local(x, y)))
            .filter(|(_, local)| local.inside > 0.0)
            .min_by(|(a, _), (b, _)| a.depth.total_cmp(&b.depth))
    }

    /// The course of edges and necks at column `x`.
    pub(super) fn course(&self, x: f32) -> Option<Course> {
        let here = self.nearest(x)?;
        let crown = &self.crowns[here];
        let middle = f32::midpoint(crown.x[0], crown.x[1]);
        let toward = if x < middle { here.checked_sub(1) } else { Some(here + 1) };
        let next = toward.and_then(|i| self.crowns.get(i)).unwrap_or(crown);
        let next_middle = f32::midpoint(next.x[0], next.x[1]);
        let span = next_middle - middle;
        let t = if span.abs() < 1e-3 { 0.0 } else { ((x - middle) / span).clamp(0.0, 1.0) };
        let first = self.crowns[0].x[0];
        let last = self.crowns[self.crowns.len() - 1].x[1];
        let half = ((crown.x[1] - crown.x[0]) / 2.0).max(0.1);
        let border = if x < middle { crown.x[0] } else { crown.x[1] };
        let bulge = ((x - middle) / half).clamp(-1.2, 1.2);
        let papilla = if crown.tooth.missing {
            // a saddle between the neighbours
            0.9 - 0.3 * bulge.powi(4)
        } else {
            crown.tooth.papilla + (x - border).abs() / crown.scale * 0.12
        };
        Some(Course {
            edge: lerp(crown.edge_line(x), next.edge_line(x), t),
            neck: lerp(crown.neck_line(x), next.neck_line(x), t),
            depth: lerp(crown.depth, next.depth, t),
            scale: lerp(crown.scale, next.scale, t),
            beyond: (first - x).max(x - last),
            papilla,
            bulge,
        })
    }

    /// Distance outside the nearest crown's outline, picture millimetres.
    pub(super) fn nearest_outline(&self, x: f32, y: f32) -> f32 {
        let Some(here) = self.nearest(x) else { return f32::INFINITY };
        self.crowns[here.saturating_sub(1)..(here + 2).min(self.crowns.len())]
            .iter()
            .filter(|crown| !crown.tooth.missing)
            .map(|crown| -crown.local(x, y).inside)
            .fold(f32::INFINITY, f32::min)
    }

    /// Index of the crown whose columns hold `x`, else the nearest end.
    fn nearest(&self, x: f32) -> Option<usize> {
        let last = self.crowns.len().checked_sub(1)?;
        Some(self.crowns.iter().position(|crown| x < crown.x[1]).unwrap_or(last))
    }
}

impl Crown {
    fn edge_line(&self, x: f32) -> f32 {
        self.along(self.edge, x)
    }

    fn neck_line(&self, x: f32) -> f32 {
        self.along(self.neck, x)
    }

    fn along(&self, ends: [f32; 2], x: f32) -> f32 {
        let t = ((x - self.x[0]) / (self.x[1] - self.x[0]).max(0.1)).clamp(-0.3, 1.3);
        lerp(ends[0], ends[1], t)
    }

    /// A point of the picture plane in this crown's coordinates.
    pub(super) fn local(&self, x: f32, y: f32) -> Local {
        let half = ((self.x[1] - self.x[0]) / 2.0).max(0.1);
        let (edge, neck) = (self.edge_line(x), self.neck_line(x));
        let height = neck - edge;
        let q = (y - edge) / height;
        let p = (x - f32::midpoint(self.x[0], self.x[1])) / half - self.tooth.lean * (q - 0.3);
        let from_edge = q - self.cutting_edge(p);
        let sides = (self.profile(q) - p.abs()) * half;
        let inside = sides.min(from_edge * height.abs()).min((1.0 - q) * height.abs());
        Local { p, q, inside, from_edge }
    }

    /// Half width at height `q`: greatest at the contact point, narrower to the neck, closed by
    /// the arch of the gingival margin.
    fn profile(&self, q: f32) -> f32 {
        let contact = 0.985 - 0.07 * step(0.25, 0.0, q);
        let taper = lerp(contact, self.tooth.neck, step(0.25, 1.0, q));
        let close = ((q - 0.6) / 0.4).clamp(0.0, 1.0);
        taper * (1.0 - close.powi(3)).max(0.0).sqrt()
    }

    /// Where the cutting edge lies below the row's edge line, as a share of the height.
    fn cutting_edge(&self, p: f32) -> f32 {
        let corner = p.abs().min(1.0);
        match self.tooth.kind {
            Kind::Incisor => 0.08 * corner.powi(5) + 0.02 * (1.0 + p * self.side),
            Kind::Canine => 0.2 * corner.powf(1.3),
            Kind::Premolar => 0.17 * corner.powi(2),
            Kind::Molar => 0.05 + 0.06 * (p * 6.0).cos().abs() + 0.1 * corner.powi(6),
        }
    }
}

/// Angles on the ellipse at the borders of the crowns, the midline at 0.
fn bends(jaw: &Jaw) -> Vec<f32> {
    let half = jaw.teeth.len() / 2;
    let mut bends = vec![0.0; jaw.teeth.len() + 1];
    for i in half..jaw.teeth.len() {
        bends[i + 1] = walk(jaw, bends[i], jaw.teeth[i].width);
    }
    for i in (0..half).rev() {
        bends[i] = -walk(jaw, -bends[i + 1], jaw.teeth[i].width);
    }
    bends
}

/// The angle `length` millimetres further along the ellipse.
fn walk(jaw: &Jaw, from: f32, length: f32) -> f32 {
    const STEPS: usize = 12;
    (0..STEPS).fold(from, |bend, _| {
        let speed = (jaw.across * bend.cos()).hypot(jaw.deep * bend.sin());
        (bend + length / STEPS as f32 / speed).min(1.9)
    })
}

fn crown(tooth: &Tooth, jaw: &Jaw, view: View, roots: f32, bends: [f32; 2], index: usize) -> Crown {
    let ends = bends.map(|bend| place(jaw, view, bend));
    let at = |end: usize, y: f32| {
        let [_, z] = ends[end];
        // the lower jaw turns about its joint, far behind the last molar
        let gap = if roots > 0.0 { view.gap * (1.0 - z / 85.0) } else { 0.0 };
        (y + gap - z * view.pitch) * shrink(view, z)
    };
    let edge = roots * -tooth.step;
    let neck = roots * (tooth.height - tooth.step);
    let depth = f32::midpoint(ends[0][1], ends[1][1]);
    Crown {
        tooth: tooth.clone(),
        x: [0, 1].map(|end| ends[end][0] * shrink(view, ends[end][1])),
        edge: [at(0, edge), at(1, edge)],
        neck: [at(0, neck), at(1, neck)],
        depth,
        scale: shrink(view, depth),
        side: if index < jaw.teeth.len() / 2 { -1.0 } else { 1.0 },
    }
}

/// Plan position (x, depth) of a point on the arch after the turn of the head.
fn place(jaw: &Jaw, view: View, bend: f32) -> [f32; 2] {
    let (x, z) = (jaw.across * bend.sin(), jaw.deep * (1.0 - bend.cos()));
    let pivot = jaw.deep * 0.6;
    let (sin, cos) = view.yaw.sin_cos();
    [x * cos + (z - pivot) * sin, pivot + (z - pivot) * cos - x * sin]
}

fn shrink(view: View, depth: f32) -> f32 {
    view.distance / (view.distance + depth)
}

/// Keeps the crowns from the midline outwards until one turns away from the camera.
fn drop_hidden(crowns: &mut Vec<Crown>) {
    let seen = |crown: &Crown| crown.x[1] - crown.x[0] > 0.12 * crown.tooth.width;
    let middle = crowns.len() / 2;
    let right = crowns[middle..].iter().take_while(|crown| seen(crown)).count();
    let left = crowns[..middle].iter().rev().take_while(|crown| seen(crown)).count();
    crowns.truncate(middle + right);
    crowns.drain(..middle - left);
}
