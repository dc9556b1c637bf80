//! One annotation of what two people said without seeing each other's.
//!
//! What both say is known. What one says counts as theirs unless the other contradicts it. Where they contradict each other
//! the pixel is unknown: nobody's word is worth more, and an unknown pixel teaches nothing wrong. Paint and what a person
//! merely accepted of a model's suggestions are no equals: there the paint stands, as everywhere.

use super::journal::{Op, Origin, Paint};
use super::{Annotation, BinaryMask, Region, Runs, Ternary};

/// What is said of a class at a pixel, and where that comes from.
type Word = (Ternary, Origin);

const SILENCE: Word = (Ternary::Unknown, Origin::Painted);
/// Everything that can be said, in the order of the operations of an edit.
const WORDS: [Word; 5] = [
    (Ternary::Positive, Origin::Painted),
    (Ternary::Negative, Origin::Painted),
    (Ternary::Positive, Origin::Accepted),
    (Ternary::Negative, Origin::Accepted),
    SILENCE,
];

/// What two people said about the same picture.
#[derive(Clone, Copy, Debug)]
pub struct Combination<'a> {
    said: [&'a Annotation; 2],
}

impl<'a> Combination<'a> {
    /// Both must have the same classes and the size of the same picture.
    pub fn new(first: &'a Annotation, second: &'a Annotation) -> Self {
        Self { said: [first, second] }
    }

    /// The operations by which one of the two, the first (0) or the second (1), adds to `present` what counts of their
    /// word. What was said there before gives way to it. Those of the first also take back what the two contradict.
    /// Regions are added to those that are there, since several count together.
    pub fn part_of(&self, who: usize, present: &Annotation, names: &[String]) -> Vec<Op> {
        let wanted = |class, pixel| {
            let words = self.words(class, pixel);
            let together = together(words)?;
            let is_theirs = words[who] == together || (who == 0 && together == SILENCE);
            is_theirs.then_some(together)
        };
        let mut ops = paints(present, names, wanted);
        let regions = self.said[..=who].iter().flat_map(|said| &said.regions);
        ops.extend(regions_op(present, added(&present.regions, regions)));
        ops
    }

    /// The operations that make `present` what both say together, wherever either of them said something.
    pub fn both(&self, present: &Annotation, names: &[String]) -> Vec<Op> {
        let wanted = |class, pixel| together(self.words(class, pixel));
        let mut ops = paints(present, names, wanted);
        let regions = self.said.iter().flat_map(|said| &said.regions);
        ops.extend(regions_op(present, added(&present.regions, regions)));
        ops
    }

    /// The operations that make `present` what one of the two says, wherever either of them said something: what only the
    /// other said becomes unknown again.
    pub fn only(&self, who: usize, present: &Annotation, names: &[String]) -> Vec<Op> {
        let wanted = |class, pixel| {
            let words = self.words(class, pixel);
            (words != [SILENCE; 2]).then_some(words[who])
        };
        let mut ops = paints(present, names, wanted);
        let others = &self.said[1 - who].regions;
        let kept = present.regions.iter().filter(|region| !others.contains(region));
        let kept: Vec<Region> = kept.cloned().collect();
        ops.extend(regions_op(present, added(&kept, &self.said[who].regions)));
        ops
    }

    /// Whether anything that the two contradict is still unknown in `present`.
    pub fn is_open_in(&self, present: &Annotation) -> bool {
        (0..present.masks.len()).any(|class| {
            let values = present.masks[class].values().iter().enumerate();
            let mut unknown = values.filter(|(_, value)| **value == Ternary::Unknown);
            unknown.any(|(pixel, _)| together(self.words(class, pixel)) == Some(SILENCE))
        })
    }

    fn words(&self, class: usize, pixel: usize) -> [Word; 2] {
        self.said.map(|said| word(said, class, pixel))
    }
}

fn word(said: &Annotation, class: usize, pixel: usize) -> Word {
    let value = said.masks[class].values()[pixel];
    let accepted = said.suggested[class].as_ref().map(BinaryMask::values);
    match value {
        Ternary::Unknown => SILENCE,
        _ if accepted.is_some_and(|accepted| accepted[pixel]) => (value, Origin::Accepted),
        _ => (value, Origin::Painted),
    }
}

/// What two words come to; none where nobody says anything.
fn together([first, second]: [Word; 2]) -> Option<Word> {
    use Origin::{Accepted, Painted};
    match (first, second) {
        (SILENCE, SILENCE) => None,
        (SILENCE, word) | (word, SILENCE) => Some(word),
        ((_, Painted), (_, Accepted)) => Some(first),
        ((_, Accepted), (_, Painted)) => Some(second),
        ((value, _), (other, _)) => Some(if value == other { first } else { SILENCE }),
    }
}

/// The operations that give pixels the words wanted, where those are others than the present ones.
fn paints(
    present: &Annotation,
    names: &[String],
    wanted: impl Fn(usize, usize) -> Option<Word>,
) -> Vec<Op> {
    let mut ops = Vec::new();
    for (class, name) in names.iter().enumerate() {
        let change = |pixel| wanted(class, pixel).filter(|to| *to != word(present, class, pixel));
        let changes: Vec<_> = (0..present.masks[class].values().len()).map(change).collect();
        for (value, origin) in WORDS {
            let runs = Runs::of(&changes, |change| *change == Some((value, origin)));
            if !runs.is_empty() {
                ops.push(Op::Paint(Paint { class: name.clone(), value, origin, runs }));
            }
        }
    }
    ops
}

fn added<'a>(present: &[Region], others: impl IntoIterator<Item = &'a Region>) -> Vec<Region> {
    let mut regions = present.to_vec();
    for region in others {
        if !regions.contains(region) {
            regions.push(region.clone());
        }
    }
    regions
}

fn regions_op(present: &Annotation, regions: Vec<Region>) -> Option<Op> {
    (regions != present.regions).then_some(Op::Regions { regions })
}

#[cfg(test)]
mod tests {
    use super::super::journal::Entry;
    use super::*;
    use crate::class::{Class, ClassSet};
    use crate::image::Size;

    /// `+` and `-` are painted, `p` and `n` accepted, everything else is unknown.
    fn said(text: &str) -> Annotation {
        let size = Size::new(text.len(), 1);
        let mut annotation = Annotation::unknown(size, 1);
        let values = annotation.masks[0].values_mut();
        for (value, letter) in values.iter_mut().zip(text.chars()) {
            *value = match letter {
                '+' | 'p' => Ternary::Positive,
                '-' | 'n' => Ternary::Negative,
                _ => Ternary::Unknown,
            };
        }
        let letters = text.as_bytes();
        let accepted = BinaryMask::of(size, |pixel| b"pn".contains(&letters[pixel]));
        annotation.suggested[0] = accepted.values().contains(&true).then_some(accepted);
        annotation
    }

    fn text(said: &Annotation) -> String {
        let letter = |pixel| match word(said, 0, pixel) {
            (Ternary::Positive, Origin::Painted) => '+',
            (Ternary::Negative, Origin::Painted) => '-',
            (Ternary::Positive, Origin::Accepted) => 'p',
            (Ternary::Negative, Origin::Accepted) => 'n',
            (Ternary::Unknown, _) => '.',
        };
        (0..said.masks[0].values().len()).map(letter).collect()
    }

    fn apply(present: &mut Annotation, ops: Vec<Op>) {
        let color = [1, 2, 3];
        let class = Class { name: "gum".to_owned(), color };
        let classes = ClassSet::new(vec![class], &[], &[]).unwrap();
        let [id, client, author, time] = ["1", "c", "a", "t"].map(str::to_owned);
        let entry = Entry { seq: 1, id, client, author, time, ops };
        present.replay([&entry], &classes).unwrap();
    }

    #[test]
    fn what_two_people_say_comes_together() {
        let names = ["gum".to_owned()];
        let table = [
            // first, second, said before; together, only the first, only the second
            ("++..--", "++--..", "......", "++----", "++..--", "++--.."),
            ("+-+", "-+.", "...", "..+", "+-+", "-+."),
            ("+-+", "-+.", "--.", "..+", "+-+", "-+."),
            ("....", "....", "+-p.", "+-p.", "+-p.", "+-p."),
            ("p+p+nn", "+pn-np", "......", "++..n.", "p+p+nn", "+pn-np"),
        ];
        for (first, second, before, both, one, other) in table {
            let (a, b) = (said(first), said(second));
            let pair = Combination::new(&a, &b);
            let made = |change: &dyn Fn(&Annotation) -> Vec<Op>| {
                let mut present = said(before);
                let ops = change(&present);
                apply(&mut present, ops);
                text(&present)
            };
            let name = format!("{first} {second} {before}");
            assert_eq!(made(&|present| pair.both(present, &names)), both, "{name}");
            assert_eq!(made(&|present| pair.only(0, present, &names)), one, "{name}");
            assert_eq!(made(&|present| pair.only(1, present, &names)), other, "{name}");
            let mut present = said(before);
            for who in [0, 1] {
                let ops = pair.part_of(who, &said(before), &names);
                apply(&mut present, ops);
            }
            assert_eq!(text(&present), both, "{name}: each adds their part");
            assert_eq!(pair.both(&present, &names), [], "{name}: nothing is left to do");
        }
    }

    #[test]
    fn a_contradiction_is_open_until_somebody_decides() {
        let (a, b) = (said("+-+."), said("--.-"));
        let pair = Combination::new(&a, &b);
        for (present, is_open) in [(".-+-", true), ("--+-", false), ("+...", false), ("....", true)]
        {
            assert_eq!(pair.is_open_in(&said(present)), is_open, "{present}");
        }
    }

    #[test]
    fn regions_of_both_count_and_those_of_the_other_can_be_left_out() {
        let region = |x: f64, author: &str| -> Region {
            serde_json::from_value(serde_json::json!({
                "box": {"x": x, "y": 0.0, "width": 1.0, "height": 1.0, "rotation": 0.0},
                "author": author, "role": "expert", "origin": "lacuna",
            }))
            .unwrap()
        };
        let (mut a, mut b, mut present) = (said("."), said("."), said("."));
        a.regions = vec![region(1.0, "a")];
        b.regions = vec![region(2.0, "b")];
        present.regions = vec![region(3.0, "c")];
        let pair = Combination::new(&a, &b);
        let all = [&present, &a, &b].map(|said| said.regions[0].clone()).to_vec();
        let ops = pair.both(&present, &["gum".to_owned()]);
        assert_eq!(ops, [Op::Regions { regions: all.clone() }]);
        apply(&mut present, ops);
        let ops = pair.only(1, &present, &["gum".to_owned()]);
        apply(&mut present, ops);
        assert_eq!(present.regions, [all[0].clone(), all[2].clone()]);
    }
}
