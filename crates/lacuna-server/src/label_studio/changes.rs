//! The edit that makes a picture say what its tasks say.

use lacuna_data::annotation::Runs;
use lacuna_data::annotation::journal::{Op, Origin, Paint};
use lacuna_data::{Annotation, BinaryMask, Region, Ternary};

use super::word::{ClassWord, Word};

/// Operations, and of each class the pixels that the tasks have painted and nobody else.
pub(super) struct Changes {
    pub(super) ops: Vec<Op>,
    pub(super) owned: Vec<Vec<bool>>,
}

/// What leads from `present` to what the tasks say now, when they said `before` the last time and had painted the pixels
/// `owned`. Only what the tasks say otherwise than before changes anything: what somebody has painted over it since stays
/// until then.
pub(super) fn changes(
    names: &[String],
    present: &Annotation,
    before: &Word,
    now: &Word,
    owned: &[Vec<bool>],
) -> Changes {
    let mut all = Changes { ops: Vec::new(), owned: Vec::new() };
    for (class, name) in names.iter().enumerate() {
        let accepted = present.suggested[class].as_ref().map(BinaryMask::values);
        let view = View {
            present: present.masks[class].values(),
            accepted,
            before: &before.classes[class],
            now: &now.classes[class],
            owned: &owned[class],
        };
        let (values, owned) = view.changes();
        for value in [Ternary::Positive, Ternary::Negative, Ternary::Unknown] {
            let runs = Runs::of(&values, |change| *change == Some(value));
            if !runs.is_empty() {
                let (class, origin) = (name.clone(), Origin::Painted);
                all.ops.push(Op::Paint(Paint { class, value, origin, runs }));
            }
        }
        all.owned.push(owned);
    }
    all.ops.extend(regions(&present.regions, &before.regions, &now.regions));
    all
}

/// One class of a picture.
struct View<'a> {
    present: &'a [Ternary],
    /// What a person accepted of a model's suggestions.
    accepted: Option<&'a [bool]>,
    before: &'a ClassWord,
    now: &'a ClassWord,
    owned: &'a [bool],
}

impl View<'_> {
    /// What pixels become, and whether they are the tasks' then.
    fn changes(&self) -> (Vec<Option<Ternary>>, Vec<bool>) {
        (0..self.present.len()).map(|pixel| self.change(pixel)).unzip()
    }

    fn change(&self, pixel: usize) -> (Option<Ternary>, bool) {
        let (now, present) = (self.now.values[pixel], self.present[pixel]);
        let is_old = self.before.values[pixel] == now
            && self.before.assumed[pixel] == self.now.assumed[pixel];
        let is_owned = self.owned[pixel];
        if is_old {
            return (None, is_owned);
        }
        let is_theirs = is_owned && present == self.before.values[pixel];
        match now {
            Ternary::Unknown if is_theirs => (Some(Ternary::Unknown), false),
            Ternary::Unknown => (None, false),
            // what nobody painted there takes nothing away that somebody has painted here
            _ if self.now.assumed[pixel] && present != Ternary::Unknown && !is_theirs => {
                (None, false)
            }
            _ if present == now => (self.is_accepted(pixel).then_some(now), is_theirs),
            _ => (Some(now), true),
        }
    }

    /// Whether a person has accepted what is there, but not painted it. Paint counts more.
    fn is_accepted(&self, pixel: usize) -> bool {
        self.accepted.is_some_and(|accepted| accepted[pixel]) && !self.now.assumed[pixel]
    }
}

fn regions(present: &[Region], before: &[Region], now: &[Region]) -> Option<Op> {
    let gone = |region: &&Region| before.contains(region) && !now.contains(region);
    let is_new = |region: &&Region| !before.contains(region) && !present.contains(region);
    let kept = present.iter().filter(|region| !gone(region));
    let regions: Vec<Region> = kept.chain(now.iter().filter(is_new)).cloned().collect();
    (regions != present).then_some(Op::Regions { regions })
}

#[cfg(test)]
mod tests {
    use lacuna_data::Size;
    use lacuna_data::annotation::{Role, Shape};

    use super::*;

    /// `+` and `-` are painted, `a` is an accepted yes, `~` an assumed no.
    fn word(text: &str) -> Word {
        let value = |letter| match letter {
            '+' | 'a' => Ternary::Positive,
            '-' | '~' => Ternary::Negative,
            _ => Ternary::Unknown,
        };
        let class = ClassWord {
            values: text.chars().map(value).collect(),
            assumed: text.chars().map(|letter| letter == '~').collect(),
        };
        Word { classes: vec![class], regions: Vec::new() }
    }

    fn picture(text: &str) -> Annotation {
        let size = Size::new(text.len(), 1);
        let mut said = Annotation::unknown(size, 1);
        said.masks[0].values_mut().copy_from_slice(&word(text).classes[0].values);
        let accepted = text.chars().map(|letter| letter == 'a').collect();
        said.suggested[0] = Some(BinaryMask::new(size, accepted).unwrap());
        said
    }

    fn owned(text: &str) -> Vec<bool> {
        text.chars().map(|letter| letter == 'o').collect()
    }

    #[test]
    fn only_what_the_tasks_say_otherwise_changes_and_only_their_own_paint_is_taken_back() {
        // present, owned, before, now: then, owned then
        let table = [
            ("....", "....", "....", "+-.~", "+-.-", "oo.o"),
            ("+-..", "oo..", "+-..", ".+..", ".+..", ".o.."),
            // corrected here since: it stays, also when everything is fetched again
            ("-", "o", "+", "+", "-", "o"),
            // and when it is taken back there
            ("-", "o", "+", ".", "-", "."),
            // but a new word of the tasks stands
            ("-", "o", "+", "-", "-", "."),
            ("-", "o", ".", "+", "+", "o"),
            // painted here before: it is not theirs to take back
            ("+", ".", ".", "+", "+", "."),
            ("+", ".", "+", ".", "+", "."),
            // what nobody painted there
            ("+-.", "...", "...", "~~~", "+--", "..o"),
            ("-", "o", "~", "+", "+", "o"),
            ("+", "o", "+", "~", "-", "o"),
            // paint counts more than what was accepted, and is still no other value
            ("a", ".", ".", "+", "+", "."),
            ("a", ".", ".", "-", "-", "o"),
        ];
        for (present, own, before, now, then, own_then) in table {
            let mut said = picture(present);
            let names = ["a".to_owned()];
            let found = changes(&names, &said.clone(), &word(before), &word(now), &[owned(own)]);
            for op in found.ops {
                let Op::Paint(paint) = op else { panic!("no regions here") };
                for pixel in paint.runs.iter().flatten() {
                    said.masks[0].values_mut()[pixel] = paint.value;
                    said.suggested[0] = None;
                }
            }
            let message = format!("{present} {own} {before} {now}");
            assert_eq!(said.masks, picture(then).masks, "{message}");
            assert_eq!(found.owned, [owned(own_then)], "{message}");
            let is_repainted = said.suggested[0].is_none();
            assert!(!present.contains('a') || is_repainted, "{message}");
        }
    }

    #[test]
    fn regions_of_the_tasks_come_and_go_and_others_stay() {
        let region = |x: &f64| Region {
            shape: Shape::Box { x: *x, y: 0.0, width: 1.0, height: 1.0, rotation: 0.0 },
            author: "3".to_owned(),
            role: Role::Expert,
            origin: "label-studio".to_owned(),
            score: None,
            model_version: None,
            time: None,
        };
        let boxes = |boxes: &[f64]| boxes.iter().map(region).collect::<Vec<_>>();
        let then = |present: &[f64], before: &[f64], now: &[f64]| {
            regions(&boxes(present), &boxes(before), &boxes(now)).map(|op| match op {
                Op::Regions { regions } => regions,
                Op::Paint(_) => Vec::new(),
            })
        };
        assert_eq!(then(&[9.0], &[], &[1.0]), Some(boxes(&[9.0, 1.0])));
        assert_eq!(then(&[9.0, 1.0], &[1.0], &[2.0]), Some(boxes(&[9.0, 2.0])));
        assert_eq!(then(&[9.0, 1.0], &[1.0], &[]), Some(boxes(&[9.0])));
        assert_eq!(then(&[9.0, 1.0], &[1.0], &[1.0]), None);
        // taken away here since
        assert_eq!(then(&[9.0], &[1.0], &[1.0]), None);
    }
}
