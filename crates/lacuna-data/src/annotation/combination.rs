//! One annotation of what two people said without seeing each other's.
//!
//! What both say is known. What one says counts as theirs unless the other contradicts it. Where they contradict each other
//! the pixel is unknown: nobody's word is worth more, and an unknown pixel teaches nothing wrong. Paint and what a person
//! merely accepted of a model's suggestions are no equals: there the paint stands, as everywhere.
//!
//! Words say something of other classes, too, through exclusion and part-of. What is contradicted must not become known
//! again by another word of one of the two, so that such words become unknown with it.

mod consequences;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::journal::{Op, Origin, Paint};
use super::{Annotation, BinaryMask, Region, Runs, Ternary};
use crate::class::ClassSet;
use consequences::{Consequences, Meaning};

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

/// Whose word goes into the annotation that everybody shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// That of the first of the two.
    First,
    /// That of the second.
    Second,
    /// What both say, and what one says that the other does not contradict.
    Both,
}

/// What two people said about the same picture.
#[derive(Clone, Debug)]
pub struct Combination<'a> {
    said: [&'a Annotation; 2],
    classes: &'a ClassSet,
    follows: Consequences,
}

/// Where two people contradict each other, by class.
#[derive(Clone, Debug)]
pub struct Contradictions {
    follows: Consequences,
    runs: Vec<Runs>,
}

impl<'a> Combination<'a> {
    /// Both must have these classes and the size of the same picture.
    pub fn new(first: &'a Annotation, second: &'a Annotation, classes: &'a ClassSet) -> Self {
        Self { said: [first, second], classes, follows: Consequences::new(classes) }
    }

    /// The operations by which one of the two, the first (0) or the second (1), adds to `present` what counts of their
    /// word. What was said there before gives way to it. Those of the first also take back what the two contradict.
    /// Regions are added to those that are there, since several count together.
    pub fn part_of(&self, who: usize, present: &Annotation) -> Vec<Op> {
        let wanted = |pixel| {
            let said = words(self.said[who], pixel);
            let is_theirs = |(word, said): (Option<Word>, Word)| {
                word.filter(|word| if *word == SILENCE { who == 0 } else { *word == said })
            };
            self.together(pixel, Some(present)).into_iter().zip(said).map(is_theirs).collect()
        };
        let mut ops = self.paints(present, wanted);
        let regions = self.said[..=who].iter().flat_map(|said| &said.regions);
        ops.extend(regions_op(present, added(&present.regions, regions)));
        ops
    }

    /// The operations that bring somebody's word into `present`, wherever either of the two said something: what only the
    /// other said becomes unknown again. `last` says whose word went into it before. What somebody painted, erased or drew
    /// since stays.
    pub fn decided(&self, take: Take, last: Option<Take>, present: &Annotation) -> Vec<Op> {
        let before = last.is_none().then_some(present);
        let wanted = |pixel| {
            let made = last.map(|last| self.word_of(last, pixel, None));
            let is_as_made = |class: usize| {
                let made = made.as_ref().and_then(|made| made[class]);
                made.is_none_or(|made| made == word(present, class, pixel))
            };
            let words = self.word_of(take, pixel, before).into_iter().enumerate();
            words.map(|(class, word)| word.filter(|_| is_as_made(class))).collect()
        };
        let mut ops = self.paints(present, wanted);
        ops.extend(regions_op(present, self.decided_regions(take, last, present)));
        ops
    }

    fn decided_regions(&self, take: Take, last: Option<Take>, present: &Annotation) -> Vec<Region> {
        let wanted = self.regions_of(take);
        let made = last.map(|last| self.regions_of(last));
        let put = made.clone().unwrap_or_else(|| self.regions_of(Take::Both));
        let is_kept = |region: &&Region| wanted.contains(region) || !put.contains(region);
        let kept: Vec<Region> = present.regions.iter().filter(is_kept).cloned().collect();
        let made = made.unwrap_or_default();
        added(&kept, wanted.into_iter().filter(|region| !made.contains(region)))
    }

    fn regions_of(&self, take: Take) -> Vec<&'a Region> {
        let said = match take {
            Take::First => &self.said[..1],
            Take::Second => &self.said[1..],
            Take::Both => &self.said[..],
        };
        said.iter().flat_map(|said| &said.regions).collect()
    }

    /// Where the two contradict each other, also through exclusion and part-of.
    pub fn contradictions(&self) -> Contradictions {
        let mut runs = vec![Runs::default(); self.classes.len()];
        for stretch in stretches(&self.said) {
            for (runs, meaning) in runs.iter_mut().zip(self.joint(stretch.start)) {
                if meaning.is_contradicted() {
                    runs.push(stretch.clone());
                }
            }
        }
        Contradictions { follows: self.follows.clone(), runs }
    }

    /// What the two together say of each class, also through other classes.
    fn joint(&self, pixel: usize) -> Vec<Meaning> {
        let [first, second] = self.said.map(|said| self.follows.meanings(&words(said, pixel)));
        first.into_iter().zip(second).map(|(first, second)| first.with(second)).collect()
    }

    /// Somebody's word of each class at a pixel; none of a class of which nobody says anything.
    fn word_of(&self, take: Take, pixel: usize, before: Option<&Annotation>) -> Vec<Option<Word>> {
        let who = match take {
            Take::First => 0,
            Take::Second => 1,
            Take::Both => return self.together(pixel, before),
        };
        let [first, second] = self.said.map(|said| words(said, pixel));
        let of_class = |words: (Word, Word)| {
            let words = [words.0, words.1];
            (words != [SILENCE; 2]).then_some(words[who])
        };
        first.into_iter().zip(second).map(of_class).collect()
    }

    /// What both say of each class at a pixel. What was said `before` of a class of which neither says anything stays,
    /// unless it would make known what they contradict.
    fn together(&self, pixel: usize, before: Option<&Annotation>) -> Vec<Option<Word>> {
        let [first, second] = self.said.map(|said| words(said, pixel));
        let mut known: Vec<_> = first
            .into_iter()
            .zip(second)
            .map(|(first, second)| together([first, second]))
            .collect();
        if known.iter().all(Option::is_none) {
            return known;
        }
        let joint = self.joint(pixel);
        let is_wrong = |class: usize, value| value != joint[class].value();
        let mut words: Vec<Word> = known.iter().map(|word| word.unwrap_or(SILENCE)).collect();
        self.silence(&mut words, is_wrong);
        for (known, word) in known.iter_mut().zip(words) {
            *known = known.map(|_| word);
        }
        if let Some(before) = before {
            self.give_way(&mut known, pixel, before, &joint);
        }
        known
    }

    /// Takes back what was said before where it would make known what two people contradict.
    fn give_way(
        &self,
        known: &mut [Option<Word>],
        pixel: usize,
        before: &Annotation,
        joint: &[Meaning],
    ) {
        let said = words(before, pixel);
        // what the two say is undecided there by itself already
        let mut both: Vec<Word> =
            known.iter().zip(&said).map(|(known, before)| known.unwrap_or(*before)).collect();
        while let Some(said) = self.decided_one(&both, |class, _| joint[class].is_contradicted()) {
            let is_reason = |class: &usize| {
                known[*class].is_none() && self.follows.implies(*class, both[*class].0, said)
            };
            let Some(class) = (0..both.len()).find(is_reason) else { return };
            (both[class], known[class]) = (SILENCE, Some(SILENCE));
        }
    }

    /// Takes back words until they make nothing known that would be wrong.
    fn silence(&self, words: &mut [Word], is_wrong: impl Fn(usize, Ternary) -> bool) {
        while let Some(said) = self.decided_one(words, &is_wrong) {
            for (class, word) in words.iter_mut().enumerate() {
                if self.follows.implies(class, word.0, said) {
                    *word = SILENCE;
                }
            }
        }
    }

    /// A class of which words make something known that is wrong, and what.
    fn decided_one(
        &self,
        words: &[Word],
        is_wrong: impl Fn(usize, Ternary) -> bool,
    ) -> Option<(usize, Ternary)> {
        let values = self.follows.meanings(words).into_iter().map(Meaning::value).enumerate();
        let mut known = values.filter(|(_, value)| *value != Ternary::Unknown);
        known.find(|(class, value)| is_wrong(*class, *value))
    }

    /// The operations that give pixels the words wanted, where those are others than the present ones.
    fn paints(&self, present: &Annotation, wanted: impl Fn(usize) -> Vec<Option<Word>>) -> Vec<Op> {
        let mut runs: BTreeMap<(usize, usize), Runs> = BTreeMap::new();
        for stretch in stretches(&[self.said[0], self.said[1], present]) {
            for (class, to) in wanted(stretch.start).into_iter().enumerate() {
                let to = to.filter(|to| *to != word(present, class, stretch.start));
                let place = WORDS.iter().position(|word| Some(*word) == to);
                if let Some(place) = place {
                    runs.entry((class, place)).or_default().push(stretch.clone());
                }
            }
        }
        let names = self.classes.names();
        let op = |((class, place), runs): ((usize, usize), Runs)| {
            let (value, origin) = WORDS[place];
            Op::Paint(Paint { class: names[class].clone(), value, origin, runs })
        };
        runs.into_iter().map(op).collect()
    }
}

impl Contradictions {
    /// Whether anything of it is still unknown in `present`, which must have the same classes and size.
    pub fn is_open_in(&self, present: &Annotation) -> bool {
        let is_open = |class: usize, pixel| {
            self.follows.meanings(&words(present, pixel))[class].value() == Ternary::Unknown
        };
        let mut classes = self.runs.iter().enumerate();
        classes.any(|(class, runs)| runs.iter().flatten().any(|pixel| is_open(class, pixel)))
    }
}

fn words(said: &Annotation, pixel: usize) -> Vec<Word> {
    (0..said.masks.len()).map(|class| word(said, class, pixel)).collect()
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

/// Pixels side by side of which the same is said: what follows from one of them follows from all.
fn stretches(said: &[&Annotation]) -> Vec<Range<usize>> {
    let pixels = said.first().and_then(|said| said.masks.first()).map_or(0, |m| m.values().len());
    let is_same = |said: &&Annotation, pixel: usize| {
        (0..said.masks.len()).all(|class| word(said, class, pixel - 1) == word(said, class, pixel))
    };
    let is_border = |pixel: &usize| !said.iter().all(|said| is_same(said, *pixel));
    let ends: Vec<usize> =
        (1..pixels).filter(is_border).chain((pixels > 0).then_some(pixels)).collect();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends.iter()).map(|(start, end)| start..*end).collect()
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
mod tests;
