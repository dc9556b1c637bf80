//! In whose name something is said: strokes and new regions carry the name of the person who sends them, and regions
//! that are there already keep theirs.

use lacuna_data::annotation::journal::{Edit, Entry, Op};
use lacuna_data::{Region, Size};
use lacuna_train::active::cost;

use crate::access::Leave;
use crate::person::Person;
use crate::problem::Problem;

/// Who writes, and how much they may.
#[derive(Clone)]
pub(crate) struct Hand {
    pub(crate) person: Person,
    pub(crate) leave: Leave,
}

impl Hand {
    /// Refuses what this person may not do in any picture.
    pub(crate) fn check(&self, edit: &Edit) -> Result<(), Problem> {
        let paints = edit.ops.iter().any(|op| matches!(op, Op::Paint(_)));
        if paints && self.leave != Leave::Granted {
            return Err(Problem::forbidden(format!("a {} draws regions only", self.person.role))
                .with_hint("an owner can give you another role"));
        }
        Ok(())
    }

    /// Puts this person's name on regions that were not there before. `present` are those of the picture now, `past`
    /// the edits that are still known: a region that comes back, because its removal is undone, keeps its author.
    pub(crate) fn sign(&self, ops: &mut [Op], present: &[Region], past: &[Entry]) {
        if !self.person.is_in_a_team() {
            return;
        }
        let earlier = past.iter().flat_map(|entry| &entry.ops).filter_map(regions).flatten();
        let known: Vec<_> = present.iter().chain(earlier).collect();
        for op in ops {
            let Op::Regions { regions } = op else { continue };
            for region in regions.iter_mut().filter(|region| !known.contains(&&**region)) {
                self.person.name.clone_into(&mut region.author);
                region.role = self.person.mark;
                "lacuna".clone_into(&mut region.origin);
                (region.score, region.model_version) = (None, None);
            }
        }
    }

    /// The author of a region that this edit would take away or change, although it is another person's and this one
    /// may touch only their own.
    pub(crate) fn trespass<'a>(&self, ops: &[Op], present: &'a [Region]) -> Option<&'a str> {
        if self.leave == Leave::Granted {
            return None;
        }
        let after = ops.iter().rev().find_map(regions)?;
        let others = present.iter().filter(|region| region.author != self.person.name);
        others.filter(|region| !after.contains(region)).map(|region| region.author.as_str()).next()
    }
}

/// What stands before the length of an outline in the log.
const OUTLINE: &str = ", outline ";

/// What a request did, in words for the log.
pub(crate) fn in_words(entry: &Entry) -> String {
    let words = entry.ops.iter().map(|op| match op {
        Op::Paint(paint) => {
            let pixels: usize = paint.runs.iter().map(|run| run.len()).sum();
            let value = match paint.value {
                lacuna_data::Ternary::Positive => "yes",
                lacuna_data::Ternary::Negative => "no",
                lacuna_data::Ternary::Unknown => "unknown",
            };
            format!("{} {value}: {pixels} px", paint.class)
        }
        Op::Regions { regions } => format!("regions: {}", regions.len()),
    });
    let words: Vec<_> = words.collect();
    format!("edit {}: {}", entry.seq, words.join(", "))
}

/// The same for what a person just painted, with the length of its outline: how long that took can be told from the log.
pub(crate) fn stroke_in_words(entry: &Entry, size: Size) -> String {
    let outline = entry.ops.iter().filter_map(|op| outline(op, size)).reduce(f64::max);
    let outline = outline.map(|length| format!("{OUTLINE}{length:.0} px")).unwrap_or_default();
    in_words(entry) + &outline
}

/// The length of the outline that an entry of the log tells of, in pixels.
pub(crate) fn outline_in(words: &str) -> Option<f64> {
    words.rsplit_once(OUTLINE)?.1.strip_suffix(" px")?.parse().ok()
}

fn outline(op: &Op, size: Size) -> Option<f64> {
    let Op::Paint(paint) = op else { return None };
    let mask = paint.runs.to_mask(size).ok()?;
    Some(cost::outline(mask.values(), size))
}

fn regions(op: &Op) -> Option<&Vec<Region>> {
    match op {
        Op::Regions { regions } => Some(regions),
        Op::Paint(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::team::{Login, TeamRole};

    fn hand(name: &str, role: TeamRole, leave: Leave) -> Hand {
        let (name, token) = (name.to_owned(), String::new());
        Hand { person: Person::of(Login { name, role, token, is_stale: false }), leave }
    }

    fn region(x: f64, author: &str, role: &str) -> Region {
        serde_json::from_value(serde_json::json!({
            "box": {"x": x, "y": 0.0, "width": 9.0, "height": 9.0, "rotation": 0.0},
            "author": author, "role": role, "origin": "lacuna",
        }))
        .unwrap()
    }

    #[test]
    fn the_log_tells_how_long_an_outline_was() {
        let entry = |ops| -> Entry {
            serde_json::from_value(serde_json::json!({
                "seq": 3, "id": "1", "client": "c", "author": "Cleo", "time": "t", "ops": ops,
            }))
            .unwrap()
        };
        let (size, paint) = (
            Size::new(10, 10),
            serde_json::json!([
                {"op": "paint", "class": "gum", "value": "positive", "origin": "painted", "runs": [0, 4]},
                {"op": "paint", "class": "teeth", "value": "negative", "origin": "painted", "runs": [0, 4]},
            ]),
        );
        let words = stroke_in_words(&entry(paint), size);
        // ten edges of pixels, times π/4
        assert_eq!(words, "edit 3: gum yes: 4 px, teeth no: 4 px, outline 8 px");
        assert_eq!(outline_in(&words), Some(8.0));
        let regions =
            stroke_in_words(&entry(serde_json::json!([{"op": "regions", "regions": []}])), size);
        assert_eq!((regions.as_str(), outline_in(&regions)), ("edit 3: regions: 0", None));
    }

    #[test]
    fn new_regions_are_signed_and_old_ones_keep_their_author() {
        let (old, gone) = (region(1.0, "Ada", "expert"), region(2.0, "Cleo", "expert"));
        let entry: Entry = serde_json::from_value(serde_json::json!({
            "seq": 1, "id": "1", "client": "c", "author": "Cleo", "time": "t",
            "ops": [{"op": "regions", "regions": [gone]}],
        }))
        .unwrap();
        let forged = region(3.0, "Ada", "expert");
        let regions = vec![old.clone(), gone.clone(), forged];
        let mut ops = [Op::Regions { regions }];
        let ben = hand("Ben", TeamRole::NonExpert, Leave::RegionsOnly);
        ben.sign(&mut ops, std::slice::from_ref(&old), &[entry]);
        let Op::Regions { regions } = &ops[0] else { panic!("{ops:?}") };
        assert_eq!(regions[..], [old, gone, region(3.0, "Ben", "non-expert")]);
    }

    #[test]
    fn who_draws_regions_only_leaves_those_of_others_alone() {
        let (hers, his) = (region(1.0, "Ada", "expert"), region(2.0, "Ben", "non-expert"));
        let present = [hers.clone(), his.clone()];
        let edit = |regions: &[Region]| [Op::Regions { regions: regions.to_vec() }];
        let ben = hand("Ben", TeamRole::NonExpert, Leave::RegionsOnly);
        assert_eq!(ben.trespass(&edit(&[his]), &present), Some("Ada"));
        assert_eq!(ben.trespass(&edit(&[region(1.5, "Ada", "expert")]), &present), Some("Ada"));
        assert_eq!(ben.trespass(&edit(&[hers]), &present), None);
        let ada = hand("Ada", TeamRole::Expert, Leave::Granted);
        assert_eq!(ada.trespass(&edit(&[]), &present), None);
    }
}
