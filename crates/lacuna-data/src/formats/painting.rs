//! A case's annotation while it is being put together from another tool's shapes and masks.

use std::collections::{BTreeMap, BTreeSet};

use super::export::{pixels_in, split_suggested};
use super::labels::Meaning;
use crate::annotation::{Annotation, BinaryMask, Region, Ternary, TernaryMask, Unpainted};
use crate::class::ClassSet;
use crate::image::Size;

/// What was said about a class at a pixel, weakest first: a stronger word replaces a weaker one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    Nothing,
    Unknown,
    Negative,
    Positive,
}

/// Words about the pixels of one picture, class by class. Positive wins over negative, negative over
/// unknown, so the order in which shapes come does not matter.
pub(crate) struct Painting {
    size: Size,
    words: Vec<Vec<Word>>,
    suggested: Vec<Option<BinaryMask>>,
    /// Regions drawn around everything of interest.
    pub(crate) regions: Vec<Region>,
    /// What the file says that has no place here, with its count.
    pub(crate) skipped: BTreeMap<String, usize>,
    /// Classes that the file speaks about.
    pub(crate) spoken: BTreeSet<usize>,
    /// Whether no person has looked at the picture, so that unpainted pixels mean nothing.
    pub(crate) is_unseen: bool,
}

/// How the words become states.
pub(crate) struct Finish<'a> {
    pub(crate) classes: &'a ClassSet,
    /// Classes that the file speaks about.
    pub(crate) spoken: &'a BTreeSet<usize>,
    pub(crate) unpainted: Unpainted,
    /// Whether the file says everything itself, so that a part says nothing about its whole.
    pub(crate) is_exact: bool,
}

impl Painting {
    /// Nothing said about `classes` classes.
    pub(crate) fn new(size: Size, classes: usize) -> Self {
        Self {
            size,
            words: vec![Vec::new(); classes],
            suggested: vec![None; classes],
            regions: Vec::new(),
            skipped: BTreeMap::new(),
            spoken: BTreeSet::new(),
            is_unseen: false,
        }
    }

    /// Width and height of the picture.
    pub(crate) fn size(&self) -> Size {
        self.size
    }

    /// Pixels that a label's shape covers.
    pub(crate) fn label(&mut self, meaning: Meaning, pixels: &BinaryMask) {
        match meaning {
            Meaning::Class(class) => self.positive(class, pixels),
            Meaning::Not(class) => self.negative(class, pixels),
            Meaning::Background => {
                for class in self.spoken.clone() {
                    self.negative(class, pixels);
                }
            }
            Meaning::Neither => self.say_of_all(pixels, Word::Negative),
            Meaning::Unknown => self.say_of_all(pixels, Word::Unknown),
            Meaning::Region | Meaning::Skip => {}
        }
    }

    /// Pixels of a class.
    pub(crate) fn positive(&mut self, class: usize, pixels: &BinaryMask) {
        self.say(class, pixels, Word::Positive);
    }

    /// Pixels not of a class.
    pub(crate) fn negative(&mut self, class: usize, pixels: &BinaryMask) {
        self.say(class, pixels, Word::Negative);
    }

    /// Pixels of which it is said that nothing is known.
    pub(crate) fn unknown(&mut self, class: usize, pixels: &BinaryMask) {
        self.say(class, pixels, Word::Unknown);
    }

    /// Pixels that a model says are of a class, or are not, where nobody has said anything stronger.
    pub(crate) fn suggest(&mut self, meaning: Meaning, pixels: &BinaryMask) {
        let (class, word) = match meaning {
            Meaning::Class(class) => (class, Word::Positive),
            Meaning::Not(class) => (class, Word::Negative),
            _ => return,
        };
        let plane = &self.words[class];
        let is_free = |i: usize| plane.get(i).is_none_or(|word| *word < Word::Negative);
        let values =
            pixels.values().iter().enumerate().map(|(i, set)| *set && is_free(i)).collect();
        let Ok(fresh) = BinaryMask::new(self.size, values) else { return };
        self.mark_suggested(class, &fresh);
        self.say(class, &fresh, word);
    }

    /// Marks pixels whose word comes from a model.
    pub(crate) fn mark_suggested(&mut self, class: usize, pixels: &BinaryMask) {
        if pixels.count() == 0 {
            return;
        }
        let mask = self.suggested[class].get_or_insert_with(|| BinaryMask::empty(self.size));
        for (value, set) in mask.values_mut().iter_mut().zip(pixels.values()) {
            *value |= set;
        }
    }

    /// Takes over what was said in another painting of the same picture, as it was understood.
    pub(crate) fn state(&mut self, class: usize, mask: &TernaryMask) {
        for (state, word) in [
            (Ternary::Unknown, Word::Unknown),
            (Ternary::Negative, Word::Negative),
            (Ternary::Positive, Word::Positive),
        ] {
            self.say(class, &pixels_in(mask, state), word);
        }
    }

    /// Counts something that has no place here.
    pub(crate) fn skip(&mut self, what: impl Into<String>) {
        self.skip_several(what, 1);
    }

    /// Counts several things of one kind that have no place here.
    pub(crate) fn skip_several(&mut self, what: impl Into<String>, count: usize) {
        if count > 0 {
            *self.skipped.entry(what.into()).or_default() += count;
        }
    }

    /// The annotation, without provenance.
    pub(crate) fn finish(mut self, how: &Finish<'_>) -> Annotation {
        if !how.is_exact {
            self.spread_to_wholes(how.classes);
        }
        let size = self.size;
        let unpainted = match how.unpainted {
            Unpainted::Background if !self.is_unseen => Ternary::Negative,
            _ => Ternary::Unknown,
        };
        let mut annotation = Annotation::unknown(size, self.words.len());
        for (class, words) in self.words.into_iter().enumerate() {
            let rest = if how.spoken.contains(&class) { unpainted } else { Ternary::Unknown };
            annotation.masks[class] = mask_of(&words, rest, size);
        }
        annotation.suggested = self.suggested;
        annotation.regions = self.regions;
        annotation
    }

    /// A pixel of a part is one of its wholes: a shape names one class only. What a model suggested stays
    /// suggested.
    fn spread_to_wholes(&mut self, classes: &ClassSet) {
        for part in 0..self.words.len() {
            for whole in classes.wholes_of(part) {
                let positive = self.words[part].iter().map(|word| *word == Word::Positive);
                let Ok(pixels) = BinaryMask::new(self.size, positive.collect()) else { continue };
                let (painted, suggested) = split_suggested(&pixels, self.suggested[part].as_ref());
                self.positive(whole, &painted);
                self.suggest(Meaning::Class(whole), &suggested);
            }
        }
    }

    fn say_of_all(&mut self, pixels: &BinaryMask, word: Word) {
        for class in 0..self.words.len() {
            self.say(class, pixels, word);
        }
    }

    fn say(&mut self, class: usize, pixels: &BinaryMask, word: Word) {
        let plane = &mut self.words[class];
        // memory only for classes that something is said about
        if plane.is_empty() {
            plane.resize(self.size.area(), Word::Nothing);
        }
        for (said, _) in plane.iter_mut().zip(pixels.values()).filter(|(_, set)| **set) {
            *said = word.max(*said);
        }
    }
}

fn mask_of(words: &[Word], rest: Ternary, size: Size) -> TernaryMask {
    let mut mask = TernaryMask::unknown(size);
    mask.values_mut().fill(rest);
    for (value, word) in mask.values_mut().iter_mut().zip(words) {
        *value = match word {
            Word::Nothing => rest,
            Word::Unknown => Ternary::Unknown,
            Word::Negative => Ternary::Negative,
            Word::Positive => Ternary::Positive,
        };
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Class;

    const SIZE: Size = Size::new(4, 1);

    fn pixels(text: &str) -> BinaryMask {
        BinaryMask::new(SIZE, text.chars().map(|c| c == '#').collect()).unwrap()
    }

    fn drawn(painting: Painting, unpainted: Unpainted, is_exact: bool) -> Vec<String> {
        let class = |name: &str| Class { name: name.to_owned(), color: [0; 3] };
        let parts = [("caries".to_owned(), "teeth".to_owned())];
        let classes =
            ClassSet::new(["gum", "teeth", "caries"].map(class).to_vec(), &[], &parts).unwrap();
        let how =
            Finish { classes: &classes, spoken: &BTreeSet::from([0, 1]), unpainted, is_exact };
        let letter = |state: &Ternary| ['?', '-', '+'][*state as usize];
        let masks = painting.finish(&how).masks;
        masks.iter().map(|mask| mask.values().iter().map(letter).collect()).collect()
    }

    #[test]
    fn stronger_words_win_in_any_order_and_parts_speak_for_their_wholes() {
        let table = [
            // caries is not spoken about but painted: its rest stays unknown, teeth get its pixel
            (Unpainted::Background, false, ["+--?", "?+-?", "?+-?"]),
            (Unpainted::Unknown, false, ["+?-?", "?+-?", "?+-?"]),
            (Unpainted::Background, true, ["+--?", "?--?", "?+-?"]),
        ];
        for (unpainted, is_exact, expected) in table {
            let mut painting = Painting::new(SIZE, 3);
            painting.positive(0, &pixels("#..."));
            painting.label(Meaning::Unknown, &pixels("#..#"));
            painting.label(Meaning::Neither, &pixels("..#."));
            painting.positive(2, &pixels(".#.."));
            let drawn = drawn(painting, unpainted, is_exact);
            assert_eq!(drawn, expected, "{unpainted:?} {is_exact}");
        }
    }

    #[test]
    fn background_is_none_of_the_classes_that_the_file_knows() {
        let mut painting = Painting::new(SIZE, 3);
        painting.spoken = BTreeSet::from([1]);
        painting.label(Meaning::Background, &pixels("##.."));
        assert_eq!(drawn(painting, Unpainted::Unknown, true), ["????", "--??", "????"]);
    }

    #[test]
    fn a_part_that_a_model_suggested_makes_its_whole_a_suggestion() {
        let mut painting = Painting::new(SIZE, 3);
        painting.positive(2, &pixels("#..."));
        painting.suggest(Meaning::Class(2), &pixels("##.."));
        let class = |name: &str| Class { name: name.to_owned(), color: [0; 3] };
        let parts = [("caries".to_owned(), "teeth".to_owned())];
        let classes =
            ClassSet::new(["gum", "teeth", "caries"].map(class).to_vec(), &[], &parts).unwrap();
        let spoken = BTreeSet::from([2]);
        let unpainted = Unpainted::Unknown;
        let how = Finish { classes: &classes, spoken: &spoken, unpainted, is_exact: false };
        let said = painting.finish(&how);
        assert_eq!(said.suggested[1], Some(pixels(".#..")));
        assert_eq!(super::super::test_data::drawn(&said), ["????", "++??", "++??"]);
    }

    #[test]
    fn a_model_suggests_only_where_nobody_has_painted() {
        let mut painting = Painting::new(SIZE, 3);
        painting.negative(0, &pixels(".#.."));
        painting.suggest(Meaning::Class(0), &pixels("##.."));
        painting.suggest(Meaning::Not(0), &pixels("..#."));
        let how = Finish {
            classes: &ClassSet::new(
                vec![Class { name: "gum".to_owned(), color: [0; 3] }],
                &[],
                &[],
            )
            .unwrap(),
            spoken: &BTreeSet::from([0]),
            unpainted: Unpainted::Unknown,
            is_exact: true,
        };
        let said = painting.finish(&how);
        assert_eq!(said.suggested[0], Some(pixels("#.#.")));
        assert_eq!(super::super::test_data::drawn(&said)[0], "+--?");
    }
}
