//! What all tasks of a picture say of it together.

use lacuna_data::annotation::Unpainted;
use lacuna_data::formats::label_studio::{Interface, Reading};
use lacuna_data::{Annotation, ClassSet, Region, Size, Ternary};

use super::received::Kept;
use crate::problem::Problem;

/// What is said of each class, in the order of the data set's.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    pub(super) classes: Vec<ClassWord>,
    pub(super) regions: Vec<Region>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct ClassWord {
    pub(super) values: Vec<Ternary>,
    /// Which of the negatives nobody painted: they are what an unpainted pixel was said to mean.
    pub(super) assumed: Vec<bool>,
}

impl ClassWord {
    pub(super) fn nothing(area: usize) -> Self {
        Self { values: vec![Ternary::Unknown; area], assumed: vec![false; area] }
    }

    /// What somebody painted at a pixel.
    fn painted(&self, pixel: usize) -> Ternary {
        if self.assumed[pixel] { Ternary::Unknown } else { self.values[pixel] }
    }
}

impl Word {
    /// Nothing is said of that many classes.
    pub(super) fn nothing(classes: usize, area: usize) -> Self {
        Self { classes: vec![ClassWord::nothing(area); classes], regions: Vec::new() }
    }

    /// What the tasks say. Where two of them contradict each other nothing is known; what was painted in one counts more
    /// than what was not in another.
    pub(super) fn of<'a>(
        tasks: impl IntoIterator<Item = &'a Kept>,
        size: Size,
        classes: &ClassSet,
        reading: Reading,
    ) -> Result<Self, Problem> {
        let mut word = Self::nothing(classes.len(), size.area());
        let of_task = |kept: &Kept| Self::of_task(kept, size, classes, reading);
        let words: Result<Vec<Self>, Problem> =
            tasks.into_iter().filter(|kept| kept.is_annotated()).map(of_task).collect();
        let words = words?;
        for class in 0..classes.len() {
            let of_class: Vec<&ClassWord> = words.iter().map(|word| &word.classes[class]).collect();
            word.classes[class] = combined(&of_class, size.area());
        }
        for region in words.into_iter().flat_map(|word| word.regions) {
            if !word.regions.contains(&region) {
                word.regions.push(region);
            }
        }
        Ok(word)
    }

    fn of_task(
        kept: &Kept,
        size: Size,
        classes: &ClassSet,
        reading: Reading,
    ) -> Result<Self, Problem> {
        let interface = Interface::parse(&kept.label_config)?;
        // a class that came later has no label in it
        interface.check_labels(classes)?;
        let read = |unpainted| {
            let task = kept.task.to_string();
            interface.read(&task, size, classes, Reading { unpainted, ..reading })
        };
        let painted = read(Unpainted::Unknown)?;
        let all = match reading.unpainted {
            Unpainted::Unknown => painted.clone(),
            Unpainted::Background => read(Unpainted::Background)?,
        };
        Ok(Self::between(&painted, all))
    }

    /// `all` is `painted` with what unpainted pixels mean. What one annotator painted counts more than what another did not.
    fn between(painted: &Annotation, all: Annotation) -> Self {
        let pairs = painted.masks.iter().zip(&all.masks);
        let classes = pairs.map(|(painted, all)| {
            let pairs = painted.values().iter().zip(all.values());
            let value = |(painted, all): (&Ternary, &Ternary)| match painted {
                Ternary::Unknown => (*all, *all == Ternary::Negative),
                painted => (*painted, false),
            };
            let (values, assumed) = pairs.map(value).unzip();
            ClassWord { values, assumed }
        });
        Self { classes: classes.collect(), regions: all.regions }
    }
}

fn combined(words: &[&ClassWord], area: usize) -> ClassWord {
    let mut all = ClassWord::nothing(area);
    for pixel in 0..area {
        let says = |value| words.iter().any(|word| word.painted(pixel) == value);
        let is_assumed = words.iter().any(|word| word.assumed[pixel]);
        (all.values[pixel], all.assumed[pixel]) =
            match (says(Ternary::Positive), says(Ternary::Negative)) {
                (true, false) => (Ternary::Positive, false),
                (false, true) => (Ternary::Negative, false),
                (false, false) if is_assumed => (Ternary::Negative, true),
                (true, true) | (false, false) => (Ternary::Unknown, false),
            };
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> ClassWord {
        let value = |letter| match letter {
            '+' => Ternary::Positive,
            '-' | '~' => Ternary::Negative,
            _ => Ternary::Unknown,
        };
        ClassWord {
            values: text.chars().map(value).collect(),
            assumed: text.chars().map(|letter| letter == '~').collect(),
        }
    }

    #[test]
    fn painted_pixels_count_more_than_assumed_ones_and_contradictions_are_unknown() {
        let table = [
            (&["+-.~"][..], "+-.~"),
            (&["++--..~", "+-~.~.+"], "+.--~.+"),
            (&["~~", "+-", "-."], ".-"),
            (&[], ""),
        ];
        for (words, expected) in table {
            let words: Vec<ClassWord> = words.iter().map(|text| word(text)).collect();
            let words: Vec<&ClassWord> = words.iter().collect();
            assert_eq!(combined(&words, expected.len()), word(expected), "{expected}");
        }
    }
}
