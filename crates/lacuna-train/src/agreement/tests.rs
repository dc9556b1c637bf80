use std::path::Path;

use lacuna_data::{Annotation, Class, ClassSet, Image, Ternary};

use super::*;

/// A data set of one-row pictures of ten pixels: `+` yes, `-` no, `.` unknown, by case and class.
fn dataset(folder: &Path, classes: &[&str], cases: &[(&str, &[&str])]) -> Dataset {
    let class = |name: &&str| Class { name: (*name).to_owned(), color: [0; 3] };
    let set = ClassSet::new(classes.iter().map(class).collect(), &[], &[]).unwrap();
    let mut dataset = Dataset::create(folder, "a", set).unwrap();
    for (id, masks) in cases {
        let size = Size::new(masks[0].len(), 1);
        let case = dataset.add_image(id, &Image::filled(size, [9; 3]), None).unwrap();
        let mut annotation = Annotation::unknown(size, classes.len());
        for (mask, text) in annotation.masks.iter_mut().zip(*masks) {
            for (value, letter) in mask.values_mut().iter_mut().zip(text.bytes()) {
                *value = match letter {
                    b'+' => Ternary::Positive,
                    b'-' => Ternary::Negative,
                    _ => Ternary::Unknown,
                };
            }
        }
        dataset.save_annotation(&case, &annotation).unwrap();
    }
    dataset
}

fn compared(first: &Dataset, second: &Dataset) -> Result<Agreement, AgreementError> {
    let options = AgreementOptions::default();
    compare(first, second, &options, &mut |_, _| {}, &Interrupt::new())
}

#[test]
fn only_what_both_said_counts_and_neither_is_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let a = dataset(
        &folder.path().join("a"),
        &["gum", "teeth"],
        &[("m0", &["++++--..+-", ".........."]), ("m1", &["----------", "+---------"])],
    );
    let b = dataset(
        &folder.path().join("b"),
        &["teeth", "gum"],
        &[("m0", &["+++-------", "++--+-+-.."]), ("m1", &["+---------", "----------"])],
    );
    let result = compared(&a, &b).unwrap();
    let gum = &result.per_case[0];
    // jointly known: the first six pixels; 2 both, 2 only the first, 1 only the second, 1 neither
    assert_eq!((gum.counts.tp, gum.counts.fp, gum.counts.fn_, gum.counts.tn), (2, 2, 1, 1));
    assert_eq!((gum.dice, gum.coverage), (Some(4.0 / 7.0), Some(0.6)));
    // observed 3/6, by chance (4·3 + 2·3)/36 = 1/2
    assert!(gum.kappa.unwrap().abs() < 1e-12);
    let teeth = &result.per_case[1];
    assert_eq!((teeth.dice, teeth.kappa, teeth.coverage), (None, None, Some(0.0)));
    // in m1 both agree that there is no gum: κ does not exist there, and the pixels count in the pool
    let class = &result.classes[0];
    assert_eq!((class.dice.mean.n, class.dice.mean.left_out), (1, 1));
    assert_eq!(class.coverage, Some(16.0 / 20.0));
    assert_eq!(result.classes[1].dice.mean.mean, Some(1.0));

    let turned = compared(&b, &a).unwrap();
    let of = |result: &Agreement, class: &str| {
        let class = result.classes.iter().find(|c| c.class == class).unwrap();
        (class.pooled_dice, class.pooled_kappa, class.nsd.mean.mean, class.coverage)
    };
    for class in ["gum", "teeth"] {
        assert_eq!(of(&result, class), of(&turned, class), "{class}");
    }
}

#[test]
fn what_only_one_has_is_told_and_strangers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, classes: &[&str], id: &str, text: &str| {
        let masks = vec![text; classes.len()];
        dataset(&folder.path().join(name), classes, &[(id, &masks), ("shared", &masks)])
    };
    let a = make("a", &["gum", "lip"], "m0", "++--");
    let b = make("b", &["gum"], "m1", "++--");
    let result = compared(&a, &b).unwrap();
    assert_eq!(result.only_in, [vec!["m0".to_owned()], vec!["m1".to_owned()]]);
    assert!(result.notes.iter().any(|note| note.contains("lip")), "{:?}", result.notes);
    let wider = make("c", &["gum"], "m2", "++--++");
    assert!(matches!(compared(&a, &wider), Err(AgreementError::Sizes { .. })));
    let stranger = make("d", &["hair"], "m2", "++--");
    let error = compared(&a, &stranger).unwrap_err();
    assert!(error.to_string().contains("hair") && error.hint().is_some());
}

#[test]
fn differences_are_sets_of_pixels() {
    let folder = tempfile::tempdir().unwrap();
    let make =
        |name: &str, text: &str| dataset(&folder.path().join(name), &["gum"], &[("m0", &[text])]);
    let (a, b) = (make("a", "++++--..+-"), make("b", "++-.+-+-.."));
    let found = differences(&a, &b, a.case("m0").unwrap()).unwrap().remove(0);
    let pixels = |runs: lacuna_data::annotation::Runs| Vec::<u32>::from(runs);
    assert_eq!(pixels(found.both), [0, 2]);
    assert_eq!(pixels(found.only_first), [2, 1]);
    assert_eq!(pixels(found.only_second), [4, 1]);
    assert_eq!(pixels(found.first_alone), [3, 1, 8, 1]);
    assert_eq!(pixels(found.second_alone), [6, 1]);
}

#[test]
fn readings_are_compared_as_two_data_sets_are() {
    use lacuna_data::dataset::reading::{Reading, Signature};
    let folder = tempfile::tempdir().unwrap();
    let make =
        |name: &str, cases: &[(&str, &[&str])]| dataset(&folder.path().join(name), &["gum"], cases);
    let a = make("a", &[("m0", &["++++--..+-"]), ("m1", &["+---------"])]);
    let b = make("b", &[("m0", &["++-.+-+-.."]), ("m1", &["+---------"])]);
    let compared_within = || {
        let options = AgreementOptions::default();
        compare_readings(&a, &options, &mut |_, _| {}, &Interrupt::new())
    };
    let error = compared_within().unwrap_err();
    assert!(matches!(error, AgreementError::NoReadings { .. }) && error.hint().is_some());
    let lock = a.lock().unwrap();
    let given = Signature { by: "o".to_owned(), time: "t".to_owned() };
    let mut reading = Reading::new(["Eva", "Ben"], given);
    reading.readers.iter_mut().for_each(|reader| reader.done = Some("t".to_owned()));
    let case = a.case("m0").unwrap();
    a.save_reading(case, &reading, &lock).unwrap();
    for (number, said) in [(1, &a), (2, &b)] {
        let target = a.as_read_by(case, number).annotation_folder(case).join("gum.png");
        fs_err::copy(said.annotation_folder(case).join("gum.png"), target).unwrap();
    }
    let within = compared_within().unwrap();
    assert_eq!(within.datasets, ["Eva", "Ben"]);
    assert_eq!(within.per_case[..], compared(&a, &b).unwrap().per_case[..1]);
}
