//! What the regions of a data set say, by who drew them, and where the paint contradicts them.

use serde::Serialize;

use crate::annotation::{Annotation, Region, Role, Ternary, union};

/// The regions that one role drew.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegionAudit {
    /// Who drew them.
    pub role: Role,
    /// Cases that have one.
    pub cases: u64,
    /// Regions.
    pub regions: u64,
    /// Cases in which they are what gives negatives: a person's regions replace a model's.
    pub cases_used: u64,
    /// By class, pixels painted as it outside all of this role's regions, where it drew any.
    pub painted_outside: Vec<u64>,
}

impl RegionAudit {
    /// Nothing yet, of every role.
    pub(super) fn of_roles(classes: usize) -> Vec<Self> {
        let empty = |role| Self {
            role,
            cases: 0,
            regions: 0,
            cases_used: 0,
            painted_outside: vec![0; classes],
        };
        [Role::Expert, Role::NonExpert, Role::Model].map(empty).to_vec()
    }

    /// Counts one case.
    pub(super) fn add(&mut self, annotation: &Annotation) {
        let mine = |region: &&Region| region.role == self.role;
        let regions: Vec<&Region> = annotation.regions.iter().filter(mine).collect();
        let Some(first) = annotation.masks.first() else { return };
        if regions.is_empty() {
            return;
        }
        let is_used = self.role != Role::Model
            || annotation.regions.iter().all(|region| region.role == Role::Model);
        self.cases += 1;
        self.cases_used += u64::from(is_used);
        self.regions += regions.len() as u64;
        let inside = union(regions.into_iter(), first.size());
        for (count, mask) in self.painted_outside.iter_mut().zip(&annotation.masks) {
            let pixels = mask.values().iter().zip(inside.values());
            let outside = pixels.filter(|(said, inside)| **said == Ternary::Positive && !**inside);
            *count += outside.count() as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotation::Shape;
    use crate::image::Size;

    fn region(role: Role, width: f64) -> Region {
        Region {
            shape: Shape::Box { x: 0.0, y: 0.0, width, height: 4.0, rotation: 0.0 },
            author: "a".to_owned(),
            role,
            origin: "test".to_owned(),
            score: None,
            model_version: None,
            time: None,
        }
    }

    #[test]
    fn each_role_is_held_to_the_paint() {
        let mut annotation = Annotation::unknown(Size::new(4, 4), 2);
        annotation.masks[1].values_mut()[..4].fill(Ternary::Positive);
        let audit = |annotation: &Annotation| {
            let mut roles = RegionAudit::of_roles(2);
            for role in &mut roles {
                role.add(annotation);
            }
            roles
        };
        let counts = |role: &RegionAudit| (role.cases, role.regions, role.cases_used);
        assert!(audit(&annotation).iter().all(|role| counts(role) == (0, 0, 0)));
        annotation.regions = vec![region(Role::Model, 1.0), region(Role::Model, 2.0)];
        let [expert, _, model] = &audit(&annotation)[..] else { unreachable!() };
        assert_eq!((counts(expert), counts(model)), ((0, 0, 0), (1, 2, 1)));
        assert_eq!(model.painted_outside, [0, 2]);
        // a person's region replaces the model's, which is still looked at
        annotation.regions.push(region(Role::NonExpert, 3.0));
        let [_, person, model] = &audit(&annotation)[..] else { unreachable!() };
        assert_eq!((counts(person), counts(model)), ((1, 1, 1), (1, 2, 0)));
        assert_eq!(person.painted_outside, [0, 1]);
    }
}
