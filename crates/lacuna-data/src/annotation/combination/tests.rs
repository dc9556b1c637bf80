use super::super::journal::Entry;
use super::*;
use crate::class::Class;
use crate::image::Size;
use crate::supervision::policy::{Label, PolicyName};
use crate::supervision::{Evidence, SupervisionPolicy};

/// Gum excludes teeth, caries is part of teeth.
fn mouth() -> ClassSet {
    let class = |name: &str| Class { name: name.to_owned(), color: [1, 2, 3] };
    ClassSet::new(
        ["gum", "teeth", "caries"].map(class).to_vec(),
        &[vec!["gum".to_owned(), "teeth".to_owned()]],
        &[("caries".to_owned(), "teeth".to_owned())],
    )
    .unwrap()
}

fn one_class() -> ClassSet {
    ClassSet::new(mouth().classes()[..1].to_vec(), &[], &[]).unwrap()
}

/// A row of pixels, one text a class: `+` and `-` are painted, `p` and `n` accepted, everything else is unknown.
fn said(texts: &[&str]) -> Annotation {
    let size = Size::new(texts[0].len(), 1);
    let mut annotation = Annotation::unknown(size, texts.len());
    for (class, text) in texts.iter().enumerate() {
        for (value, letter) in annotation.masks[class].values_mut().iter_mut().zip(text.chars()) {
            *value = match letter {
                '+' | 'p' => Ternary::Positive,
                '-' | 'n' => Ternary::Negative,
                _ => Ternary::Unknown,
            };
        }
        let letters = text.as_bytes();
        let accepted = BinaryMask::of(size, |pixel| b"pn".contains(&letters[pixel]));
        annotation.suggested[class] = accepted.values().contains(&true).then_some(accepted);
    }
    annotation
}

fn text(said: &Annotation, class: usize) -> String {
    let letter = |pixel| match word(said, class, pixel) {
        (Ternary::Positive, Origin::Painted) => '+',
        (Ternary::Negative, Origin::Painted) => '-',
        (Ternary::Positive, Origin::Accepted) => 'p',
        (Ternary::Negative, Origin::Accepted) => 'n',
        (Ternary::Unknown, _) => '.',
    };
    (0..said.masks[class].values().len()).map(letter).collect()
}

fn apply(present: &mut Annotation, ops: Vec<Op>, classes: &ClassSet) {
    let [id, client, author, time] = ["1", "c", "a", "t"].map(str::to_owned);
    let entry = Entry { seq: 1, id, client, author, time, ops };
    present.replay([&entry], classes).unwrap();
}

/// What each of the two adds to what was said before.
fn combined(pair: &Combination<'_>, before: &Annotation, classes: &ClassSet) -> Annotation {
    let mut present = before.clone();
    for who in [0, 1] {
        apply(&mut present, pair.part_of(who, before), classes);
    }
    present
}

#[test]
fn what_two_people_say_comes_together() {
    let classes = one_class();
    let table = [
        // first, second, said before; together, only the first, only the second
        ("++..--", "++--..", "......", "++----", "++..--", "++--.."),
        ("+-+", "-+.", "...", "..+", "+-+", "-+."),
        ("+-+", "-+.", "--.", "..+", "+-+", "-+."),
        ("....", "....", "+-p.", "+-p.", "+-p.", "+-p."),
        ("p+p+nn", "+pn-np", "......", "++..n.", "p+p+nn", "+pn-np"),
    ];
    for (first, second, before, both, one, other) in table {
        let (a, b, before) = (said(&[first]), said(&[second]), said(&[before]));
        let pair = Combination::new(&a, &b, &classes);
        let name = format!("{first} {second}");
        for (take, expected) in [(Take::Both, both), (Take::First, one), (Take::Second, other)] {
            let mut present = before.clone();
            apply(&mut present, pair.decided(take, None, &before), &classes);
            assert_eq!(text(&present, 0), expected, "{name} {take:?}");
        }
        let present = combined(&pair, &before, &classes);
        assert_eq!(text(&present, 0), both, "{name}: each adds their part");
        assert_eq!(pair.decided(Take::Both, None, &present), [], "{name}: nothing is left to do");
    }
}

#[test]
fn what_is_contradicted_does_not_become_known_by_another_class() {
    let classes = mouth();
    let policy = SupervisionPolicy::named(PolicyName::FusionBox);
    let table = [
        // first, second, said before, together; of gum, teeth and caries
        // gum: yes and no, so that the other's teeth must not say no again
        (["+", ".", "."], ["-", "+", "."], [".", ".", "."], [".", ".", "."]),
        // caries: yes and no, so that the other's "no teeth" must not say no again
        ([".", ".", "+"], [".", "-", "-"], [".", ".", "."], [".", ".", "."]),
        // what excludes each other is kept, and counts as unknown
        (["+", ".", "."], [".", "+", "."], [".", ".", "."], ["+", "+", "."]),
        ([".", ".", "+"], [".", "-", "."], [".", ".", "."], [".", "-", "+"]),
        // paint stands against what was merely accepted
        (["+", ".", "."], ["-", "p", "."], [".", ".", "."], [".", ".", "."]),
        (["+", ".", "."], [".", "p", "."], [".", ".", "."], ["+", "p", "."]),
        // nor does what was said before decide it
        (["+", ".", "."], ["-", ".", "."], [".", "+", "."], [".", ".", "."]),
        // what they do not contradict stays what it was
        (["-", ".", "."], ["-", ".", "."], [".", "+", "."], ["-", "+", "."]),
    ];
    for (first, second, before, expected) in table {
        let (a, b, before) = (said(&first), said(&second), said(&before));
        let pair = Combination::new(&a, &b, &classes);
        let present = combined(&pair, &before, &classes);
        let found = [0, 1, 2].map(|class| text(&present, class));
        assert_eq!(found, expected, "{first:?} {second:?}");
        let evidence = Evidence::collect(&present, &classes);
        let contradicted = pair.contradictions();
        for (class, runs) in contradicted.runs.iter().enumerate() {
            if !runs.is_empty() {
                let label = policy.label(evidence.plane(class)[0]);
                assert_eq!(label, Label::UNKNOWN, "{first:?} {second:?} {class}");
            }
        }
        let any = contradicted.runs.iter().any(|runs| !runs.is_empty());
        assert_eq!(contradicted.is_open_in(&present), any, "{first:?} {second:?}");
    }
}

#[test]
fn whatever_two_people_say_training_believes_what_one_of_them_does_and_nothing_contradicted() {
    let classes = mouth();
    let letters: Vec<char> = "+-pn.".chars().collect();
    let column = |place: u32| -> String {
        (0..5_usize.pow(6)).map(|pixel| letters[pixel / 5_usize.pow(place) % 5]).collect()
    };
    let columns: Vec<String> = (0..6).map(column).collect();
    let row = |from: usize| said(&[0, 1, 2].map(|class| columns[from + class].as_str()));
    let (a, b) = (row(0), row(3));
    let pair = Combination::new(&a, &b, &classes);
    let nothing = Annotation::unknown(a.masks[0].size(), 3);
    let present = combined(&pair, &nothing, &classes);
    let policy = SupervisionPolicy::named(PolicyName::FusionBox);
    let evidence = [&a, &b, &present].map(|said| Evidence::collect(said, &classes));
    for class in 0..3 {
        for pixel in 0..5_usize.pow(6) {
            let of = |who: usize| policy.label(evidence[who].plane(class)[pixel]);
            let (first, second, both) = (of(0), of(1), of(2));
            if first.weight == second.weight && first.target != second.target {
                assert_eq!(both, Label::UNKNOWN, "{class} {pixel}");
            }
            let says_so = |one: &Label| one.is_known() && one.target == both.target;
            let is_said = [first, second].iter().any(says_so);
            assert!(!both.is_known() || is_said, "{class} {pixel}");
        }
    }
}

#[test]
fn a_contradiction_is_open_until_somebody_decides() {
    let classes = one_class();
    let (a, b) = (said(&["+-+."]), said(&["--.-"]));
    let found = Combination::new(&a, &b, &classes).contradictions();
    for (present, is_open) in [(".-+-", true), ("--+-", false), ("+...", false), ("....", true)] {
        assert_eq!(found.is_open_in(&said(&[present])), is_open, "{present}");
    }
    // whoever says that there are teeth has said that there is no gum
    let classes = mouth();
    let (a, b) = (said(&["+", ".", "."]), said(&["-", ".", "."]));
    let found = Combination::new(&a, &b, &classes).contradictions();
    assert!(found.is_open_in(&said(&[".", "-", "."])));
    assert!(!found.is_open_in(&said(&[".", "+", "."])));
}

#[test]
fn a_decision_leaves_what_was_painted_since() {
    let classes = one_class();
    let (a, b) = (said(&["++--+"]), said(&["+-.+."]));
    let pair = Combination::new(&a, &b, &classes);
    let table = [
        // whose word was taken last, painted since; whose is taken now, what is there then
        (Take::Both, "+.-.+", Take::First, "++--+"),
        (Take::Both, "+.-.+", Take::Second, "+-.+."),
        // yes at 1 and no at 4 were painted, 0 was erased
        (Take::Both, ".+-.-", Take::Second, ".+.+-"),
        (Take::Both, ".+-.-", Take::Both, ".+-.-"),
        (Take::First, "++--+", Take::Both, "+.-.+"),
        // the other's word at 1 was painted over the first's
        (Take::First, "+---+", Take::Both, "+--.+"),
    ];
    for (last, since, take, expected) in table {
        let mut present = said(&[since]);
        let ops = pair.decided(take, Some(last), &present);
        apply(&mut present, ops, &classes);
        assert_eq!(text(&present, 0), expected, "{last:?} {since} {take:?}");
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
    let classes = one_class();
    let (mut a, mut b, mut present) = (said(&["."]), said(&["."]), said(&["."]));
    a.regions = vec![region(1.0, "a")];
    b.regions = vec![region(2.0, "b")];
    present.regions = vec![region(3.0, "c")];
    let pair = Combination::new(&a, &b, &classes);
    let all = [&present, &a, &b].map(|said| said.regions[0].clone()).to_vec();
    let ops = pair.decided(Take::Both, None, &present);
    assert_eq!(ops, [Op::Regions { regions: all.clone() }]);
    apply(&mut present, ops, &classes);
    let ops = pair.decided(Take::Second, Some(Take::Both), &present);
    apply(&mut present, ops, &classes);
    assert_eq!(present.regions, [all[0].clone(), all[2].clone()]);
    // the second's was removed since, and is not drawn again
    present.regions.truncate(1);
    let ops = pair.decided(Take::Both, Some(Take::Second), &present);
    apply(&mut present, ops, &classes);
    assert_eq!(present.regions, all[..2]);
}
