use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;
use crate::annotation::journal::{Origin, Paint};
use crate::annotation::{BinaryMask, Provenance, Region, Role, Runs, Shape, Ternary, Unpainted};
use crate::class::Class;
use crate::image::{Image, Size};

const SIZE: Size = Size::new(5, 3);

fn dataset(dir: &std::path::Path) -> (Dataset, Case) {
    let class = |name: &str| Class { name: name.to_owned(), color: [0; 3] };
    let names = vec![class("gum"), class("teeth"), class("caries")];
    let mut dataset = Dataset::create(dir, "m", ClassSet::new(names, &[], &[]).unwrap()).unwrap();
    let case = dataset.add_image("p1", &Image::filled(SIZE, [0; 3]), None).unwrap();
    (dataset, case)
}

fn paint(class: &str, value: Ternary, origin: Origin, runs: &[u32]) -> Op {
    let runs = Runs::new(runs.to_vec()).unwrap();
    Op::Paint(Paint { class: class.to_owned(), value, origin, runs })
}

fn entry(id: &str, ops: Vec<Op>) -> Entry {
    let text = |text: &str| text.to_owned();
    Entry { seq: 0, id: text(id), client: text("tab"), author: text("ada"), time: text("now"), ops }
}

/// Gum and regions are edited, teeth are painted for the first time, caries stay as they were.
fn edits() -> Vec<Entry> {
    use Ternary::{Negative as N, Positive as P, Unknown as U};
    let region = Region {
        shape: Shape::Polygon(vec![[0.0, 0.0], [3.0, 0.0], [0.0, 2.5]]),
        author: "ada".to_owned(),
        role: Role::Expert,
        origin: "lacuna".to_owned(),
        score: None,
        model_version: None,
        time: None,
    };
    vec![
        entry("a", vec![paint("gum", P, Origin::Painted, &[0, 4])]),
        entry("b", vec![paint("gum", U, Origin::Painted, &[2, 6])]),
        entry("c", vec![paint("teeth", N, Origin::Accepted, &[9, 4])]),
        entry("d", vec![Op::Regions { regions: vec![region] }]),
    ]
}

/// What the case said before anybody opened it in the app.
fn imported() -> Annotation {
    let mut annotation = Annotation::unknown(SIZE, 3);
    annotation.masks[0].values_mut()[5..9].fill(Ternary::Positive);
    let mut suggested = BinaryMask::empty(SIZE);
    suggested.values_mut()[6] = true;
    annotation.suggested[0] = Some(suggested);
    annotation.masks[2].values_mut()[1] = Ternary::Negative;
    annotation.provenance.push(Provenance {
        class: "gum".to_owned(),
        source: "png-masks".to_owned(),
        author: None,
        unpainted: Unpainted::Unknown,
    });
    annotation
}

#[test]
fn a_stop_after_any_step_loses_nothing() {
    for stop in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let (dataset, case) = dataset(folder.path());
        dataset.save_annotation(&case, &imported()).unwrap();
        let lock = dataset.lock().unwrap();
        let mut writer = dataset.open_journal(&case, &lock).unwrap();
        writer.append(dataset.classes(), edits()).unwrap();
        let (expected, _) = dataset.load_annotation_and_seq(&case).unwrap();
        assert_eq!(
            expected.masks[0].values()[..6],
            [Ternary::Positive, Ternary::Positive]
                .into_iter()
                .chain([Ternary::Unknown; 4])
                .collect::<Vec<_>>()
        );
        // the suggestion in gum was erased, so its file will go
        assert_eq!(expected.suggested[0], None);
        assert_eq!(expected.provenance.len(), 2);
        let caries = dataset.annotation_folder(&case).join("caries.png");
        fs_err::remove_file(&caries).unwrap();
        let mut expected = expected;
        expected.masks[2] = crate::TernaryMask::unknown(SIZE);

        dataset.take_steps(&case, &mut writer, stop).unwrap();
        drop(writer);
        let again = Dataset::open(folder.path()).unwrap();
        let read = again.load_annotation_and_seq(&case).unwrap();
        assert_eq!(read, (expected.clone(), 4), "after {stop} steps");
        // what nobody touched is not written
        assert!(!caries.exists());
        // the next program finishes
        let mut writer = again.open_journal(&case, &lock).unwrap();
        again.fold_open(&case, &mut writer).unwrap();
        assert_eq!((writer.journal().entries().len(), writer.seq()), (0, 4));
        assert_eq!(again.load_files(&case, SIZE).unwrap(), expected);
        // and the numbers go on
        let more = entry("e", vec![paint("gum", Ternary::Negative, Origin::Painted, &[14, 1])]);
        assert_eq!(writer.append(again.classes(), vec![more]).unwrap(), [5]);
        expected.masks[0].values_mut()[14] = Ternary::Negative;
        assert_eq!(again.load_annotation(&case).unwrap(), expected);
    }
}

#[test]
fn only_touched_files_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let (dataset, case) = dataset(folder.path());
    let lock = dataset.lock().unwrap();
    // nothing was ever said: nothing is made
    dataset.fold(&case, &lock).unwrap();
    assert!(!dataset.annotation_folder(&case).exists());
    let classes = dataset.classes();
    let expected =
        [Step::Mask(0), Step::Suggested(0), Step::Mask(1), Step::Suggested(1), Step::Regions];
    let found = steps(&edits(), classes);
    assert_eq!(found[..5], expected);
    assert_eq!(found[5..], [Step::Provenance, Step::Journal]);
    assert_eq!(steps(&edits()[3..], classes), [Step::Regions, Step::Journal]);
    // a writer of another case
    let mut dataset = dataset;
    let other = dataset.add_image("p2", &Image::filled(SIZE, [0; 3]), None).unwrap();
    let mut writer = dataset.open_journal(&other, &lock).unwrap();
    assert!(dataset.fold_open(&case, &mut writer).is_err());
}

#[test]
fn a_saved_annotation_takes_the_place_of_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let (dataset, case) = dataset(folder.path());
    let lock = dataset.lock().unwrap();
    let mut writer = dataset.open_journal(&case, &lock).unwrap();
    writer.append(dataset.classes(), edits()).unwrap();
    // not while somebody edits
    let saved = dataset.save_annotation(&case, &imported());
    assert!(matches!(saved, Err(DataError::InUse { .. })));
    drop((writer, lock));
    dataset.save_annotation(&case, &imported()).unwrap();
    assert_eq!(dataset.load_annotation_and_seq(&case).unwrap(), (imported(), 4));
}

#[test]
fn what_happens_while_the_files_are_read_is_not_missed() {
    // the program beside stops after so many steps of its fold, or completes it
    for stop in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let (dataset, case) = dataset(folder.path());
        dataset.save_annotation(&case, &imported()).unwrap();
        let lock = dataset.lock().unwrap();
        let mut writer = dataset.open_journal(&case, &lock).unwrap();
        let mut edits = edits();
        let later = edits.split_off(1);
        writer.append(dataset.classes(), edits).unwrap();
        let mut later = Some(later);
        let read = dataset.load_beside(&case, || {
            let Some(later) = later.take() else { return };
            writer.append(dataset.classes(), later).unwrap();
            dataset.take_steps(&case, &mut writer, stop).unwrap();
        });
        let read = read.unwrap();
        assert_eq!(read.1, 4, "after {stop} steps");
        assert_eq!(read, dataset.load_annotation_and_seq(&case).unwrap(), "after {stop} steps");
    }
}

/// A reader sees, whenever it looks, all edits that were acknowledged by then, and no mixture.
#[test]
fn reading_beside_edits_and_folds_sees_whole_states() {
    let folder = tempfile::tempdir().unwrap();
    let (dataset, case) = dataset(folder.path());
    let lock = dataset.lock().unwrap();
    let acknowledged = AtomicU64::new(0);
    let is_done = AtomicBool::new(false);
    // edit n sets one pixel of two classes to what n says, and now and then all of them
    let edit = |n: u64| {
        let value = [Ternary::Unknown, Ternary::Negative, Ternary::Positive][n as usize % 3];
        let accepted = !n.is_multiple_of(3) && n.is_multiple_of(2);
        let origin = if accepted { Origin::Accepted } else { Origin::Painted };
        let runs = if n.is_multiple_of(5) { [0, 15] } else { [n as u32 % 15, 1] };
        let id = n.to_string();
        entry(&id, vec![paint("gum", value, origin, &runs), paint("teeth", value, origin, &runs)])
    };
    let state = |seq: u64| {
        let mut annotation = Annotation::unknown(SIZE, 3);
        let entries: Vec<_> = (1..=seq).map(edit).collect();
        annotation.replay(&entries, dataset.classes()).unwrap();
        annotation
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut reads = 0;
                while !is_done.load(Ordering::SeqCst) || reads < 5 {
                    let known = acknowledged.load(Ordering::SeqCst);
                    let (read, seq) = dataset.load_annotation_and_seq(&case).unwrap();
                    assert!(seq >= known, "{seq} {known}");
                    assert_eq!(read, state(seq), "edit {seq}");
                    reads += 1;
                }
            });
        }
        let mut writer = dataset.open_journal(&case, &lock).unwrap();
        for n in 1..=150 {
            writer.append(dataset.classes(), vec![edit(n)]).unwrap();
            acknowledged.store(n, Ordering::SeqCst);
            if n.is_multiple_of(4) {
                dataset.fold_open(&case, &mut writer).unwrap();
            }
        }
        is_done.store(true, Ordering::SeqCst);
    });
    assert_eq!(dataset.load_annotation_and_seq(&case).unwrap().1, 150);
}
