use proptest::prelude::*;

use super::*;
use crate::annotation::{Annotation, Region, Role, Runs, Shape, Ternary};
use crate::class::Class;

const SIZE: Size = Size::new(5, 3);

fn classes() -> ClassSet {
    let class = |name: &str| Class { name: name.to_owned(), color: [0; 3] };
    ClassSet::new(vec![class("gum"), class("teeth")], &[], &[]).unwrap()
}

fn paint(class: &str, value: Ternary, origin: Origin, runs: &[u32]) -> Op {
    let runs = Runs::new(runs.to_vec()).unwrap();
    Op::Paint(Paint { class: class.to_owned(), value, origin, runs })
}

fn entry(seq: u64, client: &str, ops: Vec<Op>) -> Entry {
    let (id, time) = (format!("id-{seq}"), "2026-01-31T12:00:00Z".to_owned());
    Entry { seq, id, client: client.to_owned(), author: "ada".to_owned(), time, ops }
}

fn region(x: f64) -> Region {
    Region {
        shape: Shape::Box { x, y: 0.0, width: 2.0, height: 1.0, rotation: 0.0 },
        author: "ada".to_owned(),
        role: Role::Expert,
        origin: "lacuna".to_owned(),
        score: None,
        model_version: None,
        time: None,
    }
}

const HEADER: &str = "{\"version\":1,\"after\":3}\n";
const FIRST: &str = concat!(
    r#"{"seq":4,"id":"a","client":"tab","author":"ada","time":"2026-01-31T12:00:00Z","ops":["#,
    r#"{"op":"paint","class":"gum","value":"positive","runs":[3,2,9,1]}]}"#,
    "\n"
);
const SECOND: &str = concat!(
    r#"{"seq":5,"id":"b","client":"tab","author":"ada","time":"2026-01-31T12:00:01Z","ops":["#,
    r#"{"op":"regions","regions":[{"box":{"x":1,"y":2,"width":3,"height":4,"rotation":0},"#,
    r#""author":"ada","role":"expert","origin":"lacuna"}]}]}"#,
    "\n"
);

fn read(text: impl AsRef<[u8]>) -> Result<Journal, JournalError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    fs::write(&path, text).unwrap();
    let journal = Journal::read(&path, &classes(), SIZE);
    if let Ok(journal) = &journal {
        assert_eq!(Journal::read_after(&path).unwrap(), journal.after());
    }
    journal
}

#[test]
fn a_torn_last_line_does_not_count() {
    let whole = [HEADER, FIRST, SECOND].concat();
    let journal = read(&whole).unwrap();
    assert_eq!((journal.after(), journal.seq(), journal.entries().len()), (3, 5, 2));
    for end in 0..whole.len() {
        let lines = whole[..end].matches('\n').count();
        match read(&whole[..end]) {
            Ok(journal) => assert_eq!(journal.entries().len() + 1, lines),
            Err(error) => {
                assert!(lines == 0 && error.to_string().contains("header is missing"), "{error}");
            }
        }
    }
    let missing = Journal::read(Path::new("/nowhere/journal.jsonl"), &classes(), SIZE).unwrap();
    assert_eq!((missing.seq(), missing.entries().len()), (0, 0));
}

#[test]
fn mistakes_are_named_with_their_line() {
    let second = |from: &str, to: &str| [HEADER, FIRST, &SECOND.replace(from, to)].concat();
    let first = |from: &str, to: &str| [HEADER, &FIRST.replace(from, to), SECOND].concat();
    let header = |from: &str, to: &str| [&HEADER.replace(from, to), FIRST, SECOND].concat();
    let table = [
        // cut in the middle, but with its line break
        (second("\"ops\"", "\n"), "line 3: "),
        (first("{\"seq\"", "{\"sequence\""), "line 2: unknown field `sequence`"),
        (first("\"id\":\"a\",", ""), "line 2: missing field `id`"),
        (first("\"id\":\"a\"", "\"id\":\"\""), "line 2: the id of an edit"),
        (first("gum", "gums"), "line 2: class `gums` is not one of the classes (gum, teeth)"),
        (first("9,1", "15,1"), "line 2: pixels up to 16 do not fit a picture of 5×3"),
        (first("9,1", "4,1"), "line 2: the run at pixel 4 starts before 5"),
        (first("9,1", "9"), "line 2: 3 numbers"),
        (first("positive\"", "unknown\",\"origin\":\"accepted\""), "line 2: unknown pixels cannot"),
        (second("\"width\":3", "\"width\":-3"), "line 3: the box is -3 by 4 pixels"),
        // lines in another order, an edit of before the fold, a number of no use
        ([HEADER, SECOND, FIRST].concat(), "line 3: edit 4 cannot follow edit 5"),
        (header("3", "4"), "line 2: edit 4 cannot follow edit 4"),
        (first("4", "18446744073709551615"), "line 2: edit 18446744073709551615"),
        (header("3", "18446744073709551615"), "line 1: edit 18446744073709551615"),
        // a newer program's, whatever else it has
        (header("1,", "2,\"unit\":\"mm\","), "has version 2; this program reads version 1"),
        (header("1,", "1,\"unit\":\"mm\","), "line 1: unknown field `unit`"),
        ([FIRST, SECOND].concat(), "line 1: missing field `version`"),
        ([HEADER, "\n", FIRST].concat(), "line 2: EOF"),
    ];
    for (text, expected) in table {
        let error = read(&text).expect_err(expected);
        assert!(error.hint().is_some(), "{error}");
        let error = error.to_string();
        assert!(error.contains(expected) && error.contains("journal.jsonl"), "{error}");
    }
}

#[test]
fn the_last_stroke_of_a_pixel_decides() {
    use Origin::{Accepted, Painted};
    use Ternary::{Negative as N, Positive as P, Unknown as U};
    let strokes = [
        (N, Painted, [0, 5]),
        (P, Accepted, [1, 3]),
        (P, Painted, [2, 1]),
        (U, Painted, [3, 1]),
        (N, Accepted, [10, 1]),
        (N, Painted, [10, 1]),
    ];
    let entries: Vec<_> = (1..)
        .zip(strokes)
        .map(|(seq, (value, origin, runs))| {
            entry(seq, "tab", vec![paint("gum", value, origin, &runs)])
        })
        .collect();
    let mut annotation = Annotation::unknown(SIZE, 2);
    annotation.replay(&entries, &classes()).unwrap();
    assert_eq!(annotation.masks[0].values()[..6], [N, P, P, U, N, U]);
    let suggested = annotation.suggested[0].clone().unwrap();
    assert_eq!(Runs::from_mask(&suggested), Runs::new(vec![1, 1]).unwrap());
    assert_eq!(annotation.masks[1].count(U), 15);
    // who painted, once a class
    assert_eq!(annotation.provenance.len(), 1);
    assert_eq!(annotation.provenance[0].author.as_deref(), Some("ada"));
    // the last suggestion is painted over
    annotation
        .replay(&[entry(7, "tab", vec![paint("gum", N, Painted, &[1, 1])])], &classes())
        .unwrap();
    assert_eq!(annotation.suggested[0], None);
    // what does not fit is an error also without a file
    let error =
        annotation.replay(&[entry(8, "tab", vec![paint("x", N, Painted, &[])])], &classes());
    assert!(matches!(error, Err(EntryError::Class(_))));
}

#[test]
fn conflicts_are_other_words_about_the_same() {
    use Origin::{Accepted, Painted};
    use Ternary::{Negative as N, Positive as P, Unknown as U};
    let theirs = |op| entry(1, "theirs", vec![paint("teeth", P, Painted, &[0, 9]), op]);
    let ours = paint("gum", P, Painted, &[3, 2, 10, 2]);
    let table = [
        // the same pixels, another value
        (theirs(paint("gum", N, Painted, &[11, 2])), ours.clone(), true),
        (theirs(paint("gum", U, Painted, &[11, 2])), ours.clone(), true),
        // the same value, painted or accepted
        (theirs(paint("gum", P, Accepted, &[11, 2])), ours.clone(), false),
        // other pixels between ours
        (theirs(paint("gum", N, Painted, &[0, 3, 5, 5])), ours.clone(), false),
        // another class
        (theirs(paint("teeth", N, Painted, &[11, 2])), ours.clone(), false),
        // regions against strokes
        (theirs(Op::Regions { regions: vec![] }), ours.clone(), false),
        // other regions
        (
            theirs(Op::Regions { regions: vec![region(0.0)] }),
            Op::Regions { regions: vec![region(1.0)] },
            true,
        ),
        // the same regions
        (
            theirs(Op::Regions { regions: vec![region(1.0)] }),
            Op::Regions { regions: vec![region(1.0)] },
            false,
        ),
        // what we did ourselves
        (entry(1, "ours", vec![paint("gum", N, Painted, &[11, 2])]), ours.clone(), false),
    ];
    for (theirs, ours, is_conflict) in table {
        let found = conflicts([&theirs], "ours", std::slice::from_ref(&ours));
        assert_eq!(!found.is_empty(), is_conflict, "{theirs:?}, {ours:?}");
    }
}

fn any_op() -> impl Strategy<Value = Op> {
    let runs = prop::collection::vec(any::<bool>(), SIZE.area())
        .prop_map(|bits| Runs::of(&bits, |set| *set));
    let value =
        prop_oneof![Just(Ternary::Unknown), Just(Ternary::Negative), Just(Ternary::Positive)];
    let class = prop_oneof![Just("gum"), Just("teeth")];
    let painted = (class, value, any::<bool>(), runs).prop_map(|(class, value, accepted, runs)| {
        let accepted = accepted && value != Ternary::Unknown;
        let origin = if accepted { Origin::Accepted } else { Origin::Painted };
        Op::Paint(Paint { class: class.to_owned(), value, origin, runs })
    });
    let regions = prop::collection::vec(0..8u8, 0..3).prop_map(|xs| Op::Regions {
        regions: xs.into_iter().map(|x| region(f64::from(x) / 4.0)).collect(),
    });
    prop_oneof![4 => painted, 1 => regions]
}

fn any_entries() -> impl Strategy<Value = Vec<Entry>> {
    let ops = prop::collection::vec(any_op(), 0..4);
    prop::collection::vec(ops, 0..8)
        .prop_map(|all| (1..).zip(all).map(|(seq, ops)| entry(seq, "tab", ops)).collect())
}

proptest! {
    /// The promise on which folding and reading beside it rest.
    #[test]
    fn replaying_over_masks_that_hold_the_first_edits_gives_the_same(
        before in any_entries(), entries in any_entries(), held in 0usize..9,
    ) {
        let replay = |annotation: &Annotation, entries: &[Entry]| {
            let mut annotation = annotation.clone();
            annotation.replay(entries, &classes()).unwrap();
            annotation
        };
        let start = replay(&Annotation::unknown(SIZE, 2), &before);
        let expected = replay(&start, &entries);
        let held = replay(&start, &entries[..held.min(entries.len())]);
        prop_assert_eq!(&replay(&held, &entries), &expected);
        prop_assert_eq!(&replay(&expected, &entries), &expected);
        // one file of a half finished fold is new, the other old
        let mixed = Annotation { suggested: expected.suggested.clone(), ..start.clone() };
        prop_assert_eq!(&replay(&mixed, &entries), &expected);
        let mixed = Annotation { masks: expected.masks.clone(), ..start };
        prop_assert_eq!(&replay(&mixed, &entries), &expected);
    }

    #[test]
    fn entries_are_read_as_they_are_written(entries in any_entries()) {
        let line = |entry| serde_json::to_string(entry).unwrap() + "\n";
        let text: String = entries.iter().map(line).collect();
        let journal = read(HEADER.replace('3', "0") + &text).unwrap();
        prop_assert_eq!(journal.entries(), &entries);
    }

    #[test]
    fn damaged_journals_never_panic(
        at in 0usize..2000, with in any::<u8>(), number in any::<u64>(), cut in 0usize..2000,
    ) {
        let whole = [HEADER, FIRST, SECOND].concat();
        let mut bytes = whole.clone().into_bytes();
        let length = bytes.len();
        bytes[at % length] = with;
        bytes.truncate(length - cut % length);
        let _ = read(&bytes);
        // a number in another place
        let digits: Vec<_> = whole.char_indices().filter(|(_, c)| c.is_ascii_digit()).collect();
        let (place, _) = digits[at % digits.len()];
        let _ = read(format!("{}{number}{}", &whole[..place], &whole[place + 1..]));
    }
}
