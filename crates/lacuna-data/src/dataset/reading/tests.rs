use super::*;
use crate::annotation::journal::Edit;
use crate::class::{Class, ClassSet};
use crate::dataset::Answer;
use crate::image::{Image, Size};

fn dataset(folder: &std::path::Path) -> Dataset {
    let class = Class { name: "gum".to_owned(), color: [1, 2, 3] };
    let mut dataset =
        Dataset::create(folder, "mouths", ClassSet::new(vec![class], &[], &[]).unwrap()).unwrap();
    let image = Image::new(Size::new(4, 2), vec![9; 24]).unwrap();
    for id in ["m0", "m1"] {
        dataset.add_image(id, &image, None).unwrap();
    }
    dataset
}

fn given(by: &str) -> Signature {
    Signature { by: by.to_owned(), time: "2026-01-31T12:00:00Z".to_owned() }
}

fn paint(base: u64, runs: &[u32]) -> Edit {
    serde_json::from_value(serde_json::json!({
        "id": format!("{base}"), "client": "c", "base": base,
        "ops": [{"op": "paint", "class": "gum", "value": "positive", "runs": runs}],
    }))
    .unwrap()
}

#[test]
fn what_a_reader_says_lies_apart_and_survives_the_end_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(folder.path());
    let case = dataset.case("m0").unwrap();
    let before = dataset.fingerprint().unwrap();
    {
        let lock = dataset.lock().unwrap();
        dataset.save_reading(case, &Reading::new(["Eva", "Ben"], given("Olga")), &lock).unwrap();
        let second = dataset.as_read_by(case, 2);
        let mut writer = second.open_journal(case, &lock).unwrap();
        let base = 2 * NUMBERS_EACH;
        assert_eq!(writer.seq(), base);
        let send = |writer: &mut super::super::JournalWriter, edit: Edit| {
            let proposal = edit.by("Ben", "t");
            writer.submit(dataset.classes(), vec![proposal]).unwrap().remove(0)
        };
        // painted on the shared annotation, or on what the first reader says
        for stray in [0, NUMBERS_EACH] {
            assert_eq!(send(&mut writer, paint(stray, &[0, 1])), Answer::Stale);
        }
        let saved = send(&mut writer, paint(base, &[3, 2]));
        assert!(matches!(saved, Answer::Saved { seq, .. } if edits_of(seq) == 1), "{saved:?}");
    }
    let reopened = Dataset::open(folder.path()).unwrap();
    let positive = |view: &Dataset| {
        view.load_annotation(case).unwrap().masks[0].count(crate::Ternary::Positive)
    };
    assert_eq!(positive(&reopened.as_read_by(case, 2)), 2);
    assert_eq!(positive(&reopened.as_read_by(case, 1)), 0);
    assert_eq!(positive(&reopened), 0, "the case's own annotation says nothing of it");
    assert_eq!(reopened.fingerprint().unwrap(), before);
    reopened.as_read_by(case, 2).fold(case, &reopened.lock().unwrap()).unwrap();
    assert_eq!(positive(&reopened.as_read_by(case, 2)), 2);
    assert!(folder.path().join("readings/m0/2/gum.png").exists());
}

#[test]
fn a_reader_is_blind_until_both_are_done_or_the_picture_is_taken_back() {
    let mut reading = Reading::new(["Eva", "Ben"], given("Olga"));
    let blind = |reading: &Reading| ["Eva", "Ben", "Cleo"].map(|name| reading.blind(name));
    assert_eq!(blind(&reading), [Some(1), Some(2), None]);
    reading.readers[0].done = Some("t".to_owned());
    assert_eq!((reading.stage(), blind(&reading)[0]), (Stage::Open, Some(1)));
    reading.withdrawn = Some(given("Olga"));
    assert_eq!((reading.stage(), blind(&reading)), (Stage::Withdrawn, [None; 3]));
    reading.give(["Ben", "Cleo"], given("Olga"));
    assert_eq!(blind(&reading), [None, Some(2), Some(3)]);
    reading.readers[1].done = Some("t".to_owned());
    reading.readers[2].done = Some("t".to_owned());
    assert_eq!((reading.stage(), blind(&reading)), (Stage::Done, [None; 3]));
    assert_eq!(reading.names(), ["Ben", "Cleo"]);
}

#[test]
fn whoever_has_seen_what_others_said_is_remembered() {
    let mut reading = Reading::new(["Eva", "Ben"], given("Olga"));
    let independent = |reading: &Reading| ["Eva", "Ben"].map(|name| reading.is_independent(name));
    assert!(reading.is_by(["Ben", "Eva"]) && !reading.is_by(["Ben", "Cleo"]));
    reading.finish(1, Some("t".to_owned()));
    assert_eq!((reading.told.len(), independent(&reading)), (0, [true; 2]));
    // taken back, nobody has seen anything; then one of them looks
    reading.withdrawn = Some(given("Olga"));
    assert_eq!(independent(&reading), [true; 2]);
    reading.told.insert("Ben".to_owned());
    assert_eq!(independent(&reading), [true, false]);
    reading.give(["Eva", "Cleo"], given("Olga"));
    assert_eq!((reading.taken(), independent(&reading)), (None, [true, false]));
    reading.finish(1, Some("t".to_owned()));
    reading.finish(3, Some("t".to_owned()));
    assert_eq!(reading.told.iter().collect::<Vec<_>>(), ["Ben", "Cleo", "Eva"]);
    // what is decided about lies open before its readers, and before whoever decides
    let mut reading = Reading::new(["Eva", "Ben"], given("Olga"));
    reading.withdrawn = Some(given("Olga"));
    let [by, time] = ["Olga", "t"].map(str::to_owned);
    reading.decide(Decision { take: Take::First, by, time });
    assert_eq!(reading.told.iter().collect::<Vec<_>>(), ["Ben", "Eva", "Olga"]);
    assert_eq!(reading.taken(), Some(Take::First));
}

#[test]
fn what_both_have_read_is_two_data_sets() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(folder.path());
    let lock = dataset.lock().unwrap();
    let mut reading = Reading::new(["Eva", "Ben"], given("Olga"));
    dataset.save_reading(dataset.case("m0").unwrap(), &reading, &lock).unwrap();
    assert!(dataset.read_twice().unwrap()[0].cases().is_empty());
    for reader in &mut reading.readers {
        reader.done = Some("t".to_owned());
    }
    dataset.save_reading(dataset.case("m1").unwrap(), &reading, &lock).unwrap();
    let both = dataset.read_twice().unwrap();
    assert_eq!(both.each_ref().map(Dataset::name), ["Eva", "Ben"]);
    assert!(both.iter().all(|view| view.cases().len() == 1 && view.case("m1").is_ok()));
}

#[test]
fn a_damaged_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(folder.path());
    let case = dataset.case("m0").unwrap();
    dataset
        .save_reading(case, &Reading::new(["Eva", "Ben"], given("Olga")), &dataset.lock().unwrap())
        .unwrap();
    let path = dataset.reading_path(case);
    let text = fs_err::read_to_string(&path).unwrap();
    let table = [
        (text.replace("\"Ben\"", "\"Eva\""), "twice"),
        (text.replace('2', "3"), "pair"),
        (text.replace("\"pair\"", "\"pear\""), "pear"),
        (text.replace("\"version\": 1", "\"version\": 9"), "version 9"),
    ];
    for (text, expected) in table {
        fs_err::write(&path, text).unwrap();
        let error = dataset.load_reading(case).unwrap_err().to_string();
        assert!(error.contains("reading.json") && error.contains(expected), "{error}");
    }
}
