//! What a data set says before anything is trained on it: counts, conflicts and warnings.

use serde::Serialize;

use super::evidence::{Evidence, EvidenceBits as B};
use super::policy::{Label, PolicyName, SupervisionPolicy};
use super::region_audit::RegionAudit;
use crate::annotation::Annotation;
use crate::augment::{Placement, ReducedCase, Sampling};
use crate::class::ClassSet;
use crate::image::{Image, Size};

/// Below this share of surviving paint the audit warns.
const SURVIVAL_FLOOR: f64 = 0.9;

/// Pixels of one class by what a policy makes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Pixels known to be of the class.
    pub positive: u64,
    /// Pixels known not to be of the class.
    pub negative: u64,
    /// Pixels nothing is known about.
    pub unknown: u64,
}

impl Counts {
    fn add(&mut self, label: Label) {
        match (label.is_known(), label.target > 0.5) {
            (false, _) => self.unknown += 1,
            (true, true) => self.positive += 1,
            (true, false) => self.negative += 1,
        }
    }

    /// Share of the pixels that are known.
    pub fn coverage(&self) -> f64 {
        share(self.positive + self.negative, self.positive + self.negative + self.unknown)
    }
}

/// Pixels of one class by where the evidence comes from; a pixel may count under several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SourceCounts {
    /// Painted as the class.
    pub painted_positive: u64,
    /// Painted as not the class.
    pub painted_negative: u64,
    /// Unpainted where unpainted was declared to be background.
    pub background: u64,
    /// Negative because an exclusive class is positive.
    pub exclusion: u64,
    /// Positive because a part is, or negative because the whole is.
    pub part_of: u64,
    /// Outside a person's region.
    pub outside_region: u64,
    /// Outside a model's region.
    pub outside_model_region: u64,
    /// Suggested by a model and accepted.
    pub accepted: u64,
}

impl SourceCounts {
    fn add(&mut self, bits: B) {
        let rows: [(&mut u64, B); 8] = [
            (&mut self.painted_positive, B::PAINTED_POSITIVE),
            (&mut self.painted_negative, B::PAINTED_NEGATIVE),
            (&mut self.background, B::BACKGROUND),
            (&mut self.exclusion, B::EXCLUSION),
            (&mut self.part_of, B::PART.with(B::WHOLE)),
            (&mut self.outside_region, B::OUTSIDE),
            (&mut self.outside_model_region, B::OUTSIDE_MODEL),
            (&mut self.accepted, B::ACCEPTED_POSITIVE.with(B::ACCEPTED_NEGATIVE)),
        ];
        for (count, reason) in rows {
            *count += u64::from(bits.intersects(reason));
        }
    }
}

/// What one policy makes of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyCounts {
    /// The policy.
    pub policy: PolicyName,
    /// Its counts.
    pub counts: Counts,
}

/// One class of an audited data set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassAudit {
    /// Class name.
    pub class: String,
    /// Cases in which any pixel is painted as the class.
    pub painted_cases: u64,
    /// Counts by policy, in the order of the paper's table.
    pub policies: Vec<PolicyCounts>,
    /// Counts by source.
    pub sources: SourceCounts,
    /// Pixels painted as this class and as one it excludes.
    pub conflicts: u64,
    /// Pixels painted as this class outside the region; the expert wins.
    pub painted_outside_region: u64,
    /// Share of the painted pixels (yes or no) whose word survives at training size; `None` if
    /// nothing is painted.
    pub surviving_paint: Option<f64>,
    #[serde(skip)]
    painted: u64,
    #[serde(skip)]
    survived: u64,
}

/// Something a user should know before training.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Warning {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// The audit of a data set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// Cases read.
    pub cases: u64,
    /// Pixels of all pictures.
    pub pixels: u64,
    /// Cases that have a region, drawn by a person or by a model.
    pub cases_with_region: u64,
    /// The regions by who drew them.
    pub regions: Vec<RegionAudit>,
    /// Share of the pixels inside the regions (of all pixels where there is none) painted as
    /// *neither*: negative for every class.
    pub neither_share: f64,
    /// The network's frame the survival of paint was measured at.
    pub frame: Size,
    /// One entry a class.
    pub classes: Vec<ClassAudit>,
    /// What a user should know, for the policy asked about.
    pub warnings: Vec<Warning>,
    #[serde(skip)]
    inside: u64,
    #[serde(skip)]
    neither: u64,
}

impl Audit {
    /// An audit of nothing yet, at a network's frame.
    pub fn new(classes: &ClassSet, frame: Size) -> Self {
        let class = |name: String| ClassAudit {
            class: name,
            painted_cases: 0,
            policies: PolicyName::ALL
                .map(|policy| PolicyCounts { policy, counts: Counts::default() })
                .to_vec(),
            sources: SourceCounts::default(),
            conflicts: 0,
            painted_outside_region: 0,
            surviving_paint: None,
            painted: 0,
            survived: 0,
        };
        Self {
            cases: 0,
            pixels: 0,
            cases_with_region: 0,
            regions: RegionAudit::of_roles(classes.len()),
            neither_share: 0.0,
            frame,
            classes: classes.names().into_iter().map(class).collect(),
            warnings: Vec::new(),
            inside: 0,
            neither: 0,
        }
    }

    /// Counts the regions of one case.
    pub fn add_regions(&mut self, annotation: &Annotation) {
        self.regions.iter_mut().for_each(|role| role.add(annotation));
    }

    /// Counts what is known about the pixels of one case.
    pub fn add(&mut self, evidence: &Evidence, sampling: Sampling) {
        let outside = B::OUTSIDE.with(B::OUTSIDE_MODEL);
        let size = evidence.size();
        self.cases += 1;
        self.pixels += size.area() as u64;
        let has_region = evidence.plane(0).iter().any(|bits| bits.intersects(outside));
        self.cases_with_region += u64::from(has_region);
        self.count_neither(evidence);
        let survived = surviving_paint(evidence, self.frame, sampling);
        for (index, class) in self.classes.iter_mut().enumerate() {
            class.add(evidence.plane(index), survived[index]);
        }
    }

    /// Works out shares and warnings for training with `policy`.
    #[must_use]
    pub fn finish(mut self, policy: PolicyName) -> Self {
        self.neither_share = share(self.neither, self.inside);
        for class in &mut self.classes {
            class.surviving_paint =
                (class.painted > 0).then(|| share(class.survived, class.painted));
        }
        self.warnings = self.warnings_for(policy);
        self
    }

    fn count_neither(&mut self, evidence: &Evidence) {
        let outside = B::OUTSIDE.with(B::OUTSIDE_MODEL);
        let negative = B::PAINTED_NEGATIVE.with(B::BACKGROUND);
        for pixel in 0..evidence.size().area() {
            if evidence.plane(0)[pixel].intersects(outside) {
                continue;
            }
            self.inside += 1;
            let all = (0..evidence.classes())
                .all(|class| evidence.plane(class)[pixel].intersects(negative));
            self.neither += u64::from(all);
        }
    }

    fn warnings_for(&self, policy: PolicyName) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.cases == 0 {
            warnings.push(warning("the data set has no cases", "import pictures first"));
            return warnings;
        }
        for class in &self.classes {
            class.warn(policy, &mut warnings);
        }
        let regions_used =
            matches!(policy, PolicyName::Box | PolicyName::PositiveBox | PolicyName::FusionBox);
        if regions_used && self.cases_with_region < self.cases {
            let without = self.cases - self.cases_with_region;
            warnings.push(warning(
                &format!(
                    "{without} of {} cases have no region, or one around the whole picture: no negatives come from outside it",
                    self.cases
                ),
                if without == self.cases {
                    "draw a box around everything of interest, or train with `fusion`"
                } else {
                    "draw a box in those too, if other structures are outside what is of interest"
                },
            ));
        }
        let assumes = matches!(policy, PolicyName::Standard | PolicyName::Box);
        if !assumes && self.neither == 0 && self.inside > 0 {
            warnings.push(warning(
                "no pixel inside the region is painted as neither: everything inside it will be called one of the classes",
                "paint a few strokes of *neither* on lips, tongue and other structures inside the box",
            ));
        }
        warnings
    }
}

impl ClassAudit {
    fn add(&mut self, plane: &[B], (painted, survived): (u64, u64)) {
        let policies = PolicyName::ALL.map(SupervisionPolicy::named);
        let outside = B::OUTSIDE.with(B::OUTSIDE_MODEL);
        let mut any = false;
        for bits in plane {
            for (entry, policy) in self.policies.iter_mut().zip(&policies) {
                entry.counts.add(policy.label(*bits));
            }
            self.sources.add(*bits);
            let positive = bits.intersects(B::PAINTED_POSITIVE);
            any |= positive;
            self.conflicts += u64::from(bits.intersects(B::CONFLICT));
            self.painted_outside_region += u64::from(positive && bits.intersects(outside));
        }
        self.painted_cases += u64::from(any);
        self.painted += painted;
        self.survived += survived;
    }

    fn warn(&self, policy: PolicyName, warnings: &mut Vec<Warning>) {
        let class = &self.class;
        let counts = self.policies.iter().find(|entry| entry.policy == policy);
        let counts = counts.map_or_else(Counts::default, |entry| entry.counts);
        if self.sources.painted_positive + self.sources.accepted + self.sources.part_of == 0 {
            warnings.push(warning(
                &format!("class {class} has no annotated pixels: it cannot be learned"),
                "paint it in at least a few pictures, or remove the class",
            ));
        } else if counts.negative == 0 {
            warnings.push(warning(
                &format!("class {class} has no negatives under `{policy}`: it will be predicted everywhere"),
                "declare exclusive classes (`--exclusive`), draw boxes, or paint where the class is not",
            ));
        }
        if self.conflicts > 0 {
            warnings.push(warning(
                &format!(
                    "class {class}: {} pixels are also painted as a class it excludes",
                    self.conflicts
                ),
                match policy {
                    PolicyName::Standard | PolicyName::Box => {
                        "they count as both; correct the masks, or do not declare the classes exclusive"
                    }
                    _ => "they count as unknown; correct the masks, or do not declare the classes exclusive",
                },
            ));
        }
        if self.painted_outside_region > 0 {
            warnings.push(warning(
                &format!(
                    "class {class}: {} painted pixels lie outside the region",
                    self.painted_outside_region
                ),
                "the paint counts, the region does not; enlarge the box if it cuts the class off",
            ));
        }
        if let Some(kept) = self.surviving_paint.filter(|kept| *kept < SURVIVAL_FLOOR) {
            warnings.push(warning(
                &format!(
                    "class {class}: only {:.0} % of the painted pixels survive at training size",
                    kept * 100.0
                ),
                "train at a larger `--image-size`, or paint areas instead of thin strokes",
            ));
        }
    }
}

fn warning(message: &str, hint: &str) -> Warning {
    Warning { message: message.to_owned(), hint: hint.to_owned() }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Per class, how many pixels are painted (yes or no) and for how many of them the frame pixel
/// they fall on still says the same.
pub fn surviving_paint(evidence: &Evidence, frame: Size, sampling: Sampling) -> Vec<(u64, u64)> {
    let placement = sampling.placement(evidence.size(), frame);
    let blank = Image::filled(evidence.size(), [0; 3]);
    let reduced = ReducedCase::new(blank, evidence.clone(), placement.scale());
    let warped = reduced.warp_evidence(&placement.affine(), placement.frame());
    (0..evidence.classes())
        .map(|class| class_survivors(evidence, &warped, class, &placement))
        .collect()
}

fn class_survivors(
    evidence: &Evidence,
    warped: &Evidence,
    class: usize,
    placement: &Placement,
) -> (u64, u64) {
    let policy = SupervisionPolicy::evaluation();
    let paint = B::PAINTED_POSITIVE.with(B::PAINTED_NEGATIVE);
    let width = evidence.size().width;
    let frame = placement.frame();
    let (mut painted, mut survived) = (0, 0);
    for (i, bits) in evidence.plane(class).iter().enumerate() {
        let label = policy.label(*bits);
        if !bits.intersects(paint) || !label.is_known() {
            continue;
        }
        painted += 1;
        let [x, y] = placement.to_frame([(i % width) as f64 + 0.5, (i / width) as f64 + 0.5]);
        let inside = x >= 0.0 && y >= 0.0 && x < frame.width as f64 && y < frame.height as f64;
        let kept = inside && {
            let there = policy.label(warped.plane(class)[y as usize * frame.width + x as usize]);
            there.is_known() && there.target == label.target
        };
        survived += u64::from(kept);
    }
    (painted, survived)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotation::{Region, Role, Shape, Ternary};
    use crate::augment::Resize;
    use crate::class::Class;

    fn classes() -> ClassSet {
        let class = |name: &str| Class { name: name.to_owned(), color: [0; 3] };
        let group = vec!["gum".to_owned(), "teeth".to_owned()];
        ClassSet::new(vec![class("gum"), class("teeth")], &[group], &[]).unwrap()
    }

    fn boxed(x: f64, width: f64) -> Region {
        Region {
            shape: Shape::Box { x, y: 0.0, width, height: 4.0, rotation: 0.0 },
            author: "a".to_owned(),
            role: Role::NonExpert,
            origin: "test".to_owned(),
            score: None,
            model_version: None,
            time: None,
        }
    }

    fn audit(annotation: &Annotation, frame: Size, policy: PolicyName) -> Audit {
        let classes = classes();
        let mut audit = Audit::new(&classes, frame);
        audit.add(&Evidence::collect(annotation, &classes), Sampling::Resize(Resize::Stretch));
        audit.finish(policy)
    }

    fn counts(audit: &Audit, class: usize, policy: PolicyName) -> Counts {
        audit.classes[class].policies.iter().find(|entry| entry.policy == policy).unwrap().counts
    }

    #[test]
    fn counts_follow_the_policy() {
        let size = Size::new(4, 4);
        let mut annotation = Annotation::unknown(size, 2);
        annotation.masks[0].values_mut()[0..2].fill(Ternary::Positive);
        annotation.masks[1].values_mut()[4..7].fill(Ternary::Positive);
        annotation.regions = vec![boxed(0.0, 3.0)];
        let audit = audit(&annotation, size, PolicyName::FusionBox);
        let of = |positive, negative, unknown| Counts { positive, negative, unknown };
        assert_eq!(counts(&audit, 0, PolicyName::Standard), of(2, 14, 0));
        assert_eq!(counts(&audit, 0, PolicyName::PositiveOnly), of(2, 0, 14));
        assert_eq!(counts(&audit, 0, PolicyName::Fusion), of(2, 3, 11));
        assert_eq!(counts(&audit, 0, PolicyName::FusionBox), of(2, 7, 7));
        assert_eq!(audit.cases_with_region, 1);
        let [neither] = &audit.warnings[..] else { panic!("{:?}", audit.warnings) };
        assert!(neither.message.contains("neither"), "{neither:?}");
    }

    #[test]
    fn every_danger_has_its_warning() {
        let size = Size::new(8, 4);
        let mut painted = Annotation::unknown(size, 2);
        painted.masks[0].values_mut()[0..4].fill(Ternary::Positive);
        let mut conflicting = painted.clone();
        conflicting.masks[1].values_mut()[0..1].fill(Ternary::Positive);
        let mut outside = conflicting.clone();
        outside.regions = vec![boxed(3.0, 5.0)];
        let mut mixed = painted.clone();
        mixed.masks[1].values_mut()[4..8].fill(Ternary::Positive);
        let table = [
            (&painted, size, PolicyName::Fusion, "class teeth has no annotated pixels"),
            (
                &painted,
                size,
                PolicyName::PositiveOnly,
                "class gum has no negatives under `positive-only`",
            ),
            (&conflicting, size, PolicyName::Fusion, "class gum: 1 pixels are also painted"),
            (&outside, size, PolicyName::FusionBox, "class gum: 3 painted pixels lie outside"),
            (&painted, size, PolicyName::FusionBox, "1 of 1 cases have no region"),
            // gum and teeth fall on the same frame pixel and are both lost
            (&mixed, Size::new(1, 4), PolicyName::Fusion, "only 0 % of the painted pixels survive"),
        ];
        for (annotation, frame, policy, message) in table {
            let audit = audit(annotation, frame, policy);
            assert!(
                audit.warnings.iter().any(|w| w.message.contains(message) && !w.hint.is_empty()),
                "{message} not among {:?}",
                audit.warnings
            );
        }
    }

    #[test]
    fn an_empty_data_set_is_said_to_be_empty() {
        let audit = Audit::new(&classes(), Size::new(8, 8)).finish(PolicyName::FusionBox);
        assert_eq!(audit.warnings[0].message, "the data set has no cases");
    }
}
