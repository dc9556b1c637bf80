use super::*;
use crate::Dataset;
use crate::annotation::journal::{Edit, Op, Origin, Paint};
use crate::annotation::{Runs, Ternary};
use crate::class::Class;
use crate::dataset::Case;
use crate::image::Image;

struct Folder {
    _dir: tempfile::TempDir,
    dataset: Dataset,
    case: Case,
    lock: DatasetLock,
}

impl Folder {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let class = |name: &str| Class { name: name.to_owned(), color: [0; 3] };
        let classes = ClassSet::new(vec![class("gum"), class("teeth")], &[], &[]).unwrap();
        let mut dataset = Dataset::create(dir.path(), "mouths", classes).unwrap();
        let image = Image::filled(Size::new(5, 3), [0; 3]);
        let case = dataset.add_image("p1", &image, None).unwrap();
        let lock = dataset.lock().unwrap();
        Self { _dir: dir, dataset, case, lock }
    }

    fn open(&self) -> JournalWriter {
        self.dataset.open_journal(&self.case, &self.lock).unwrap()
    }

    fn text(&self) -> String {
        fs::read_to_string(self.dataset.journal_path(&self.case)).unwrap()
    }

    fn submit(&self, writer: &mut JournalWriter, edits: &[Edit]) -> Vec<Answer> {
        let proposals = edits.iter().map(|edit| edit.clone().by("ada", "2026-01-31T12:00:00Z"));
        writer.submit(self.dataset.classes(), proposals.collect()).unwrap()
    }
}

fn edit(id: &str, client: &str, base: u64, value: Ternary, runs: &[u32]) -> Edit {
    let paint = Paint {
        class: "gum".to_owned(),
        value,
        origin: Origin::Painted,
        runs: Runs::new(runs.to_vec()).unwrap(),
    };
    let (id, client) = (id.to_owned(), client.to_owned());
    Edit { id, client, base, ops: vec![Op::Paint(paint)], force: false }
}

fn entry(id: &str) -> Entry {
    edit(id, "tab", 0, Ternary::Positive, &[0, 1]).by("ada", "2026-01-31T12:00:00Z").entry
}

/// What became of an edit, for tables.
fn outcome(answer: &Answer) -> (Option<u64>, Vec<u64>, bool) {
    let numbers = |entries: &[Entry]| entries.iter().map(|entry| entry.seq).collect();
    match answer {
        Answer::Saved { seq, missed, is_repeated } => (Some(*seq), numbers(missed), *is_repeated),
        Answer::Conflict { entries } => (None, numbers(entries), false),
        Answer::Stale | Answer::Refused(_) => (None, Vec::new(), false),
    }
}

#[test]
fn edits_are_numbered_and_an_id_is_written_once() {
    let folder = Folder::new();
    let classes = folder.dataset.classes();
    let mut writer = folder.open();
    // looking makes no file
    assert_eq!((writer.seq(), writer.bytes(), writer.path().exists()), (0, 0, false));
    let numbers = writer.append(classes, vec![entry("a"), entry("b"), entry("a")]).unwrap();
    assert_eq!(numbers, [1, 2, 1]);
    assert_eq!(writer.append(classes, vec![entry("b"), entry("c")]).unwrap(), [2, 3]);
    assert_eq!(folder.text().lines().count(), 4);
    assert_eq!(folder.text().len() as u64, writer.bytes());
    // the same after opening it again, and after a fold
    let mut writer = folder.open();
    assert_eq!(writer.append(classes, vec![entry("c"), entry("d")]).unwrap(), [3, 4]);
    folder.dataset.fold_open(&folder.case, &mut writer).unwrap();
    assert_eq!(folder.text().lines().count(), 1);
    assert_eq!(writer.append(classes, vec![entry("d"), entry("e")]).unwrap(), [4, 5]);
    let mut writer = folder.open();
    assert_eq!(writer.append(classes, vec![entry("a"), entry("e")]).unwrap(), [1, 5]);
    assert_eq!(writer.journal().after(), 4);
    // nothing to write is no error and no edit
    assert_eq!(writer.append(classes, Vec::new()).unwrap(), Vec::<u64>::new());
    // one that does not fit takes the others with it
    let mut outside = entry("g");
    outside.ops = edit("g", "tab", 0, Ternary::Positive, &[14, 2]).ops;
    let error = writer.append(classes, vec![entry("f"), outside]).unwrap_err().to_string();
    assert!(error.contains("edit `g` does not fit") && error.contains("5×3"), "{error}");
    assert_eq!(folder.open().seq(), 5);
}

#[test]
fn a_torn_line_is_cut_off_before_the_next_edit() {
    let folder = Folder::new();
    folder.open().append(folder.dataset.classes(), vec![entry("a"), entry("b")]).unwrap();
    let whole = folder.text();
    let path = folder.dataset.journal_path(&folder.case);
    fs::write(&path, whole.clone() + "{\"seq\":3,\"id\":").unwrap();
    assert_eq!(folder.dataset.load_annotation_and_seq(&folder.case).unwrap().1, 2);
    let mut writer = folder.open();
    assert_eq!(folder.text(), whole);
    assert_eq!(writer.append(folder.dataset.classes(), vec![entry("c")]).unwrap(), [3]);
    assert_eq!(folder.open().journal().entries().len(), 3);
}

#[test]
fn an_error_at_the_end_of_a_fold_loses_nothing() {
    let folder = Folder::new();
    let classes = folder.dataset.classes();
    let mut writer = folder.open();
    writer.append(classes, vec![entry("a"), entry("b")]).unwrap();
    // the folder cannot be written: as if the disk were full at the end of a fold
    let path = folder.dataset.journal_path(&folder.case);
    let away = path.with_extension("away");
    fs::rename(&path, &away).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("x"), "").unwrap();
    assert!(writer.shorten().is_err());
    assert!(writer.append(classes, vec![entry("c")]).unwrap_err().to_string().contains("journal"));
    fs::remove_dir_all(&path).unwrap();
    fs::rename(&away, &path).unwrap();
    // the file is read again, and nothing is lost
    assert_eq!(writer.append(classes, vec![entry("c")]).unwrap(), [3]);
    assert_eq!(folder.open().journal(), writer.journal());
    assert_eq!(writer.journal().entries().len(), 3);
}

#[test]
fn clients_hear_what_they_missed_or_contradict() {
    use Ternary::{Negative as N, Positive as P};
    let folder = Folder::new();
    let mut writer = folder.open();
    let forced = Edit { force: true, ..edit("e", "two", 0, N, &[0, 2]) };
    // each row knows those before it
    let table = [
        (edit("a", "one", 0, P, &[0, 2]), (Some(1), vec![], false)),
        // pixels that nobody else touched
        (edit("b", "two", 0, P, &[5, 2]), (Some(2), vec![1], false)),
        // one's own edits are neither missed nor contradicted
        (edit("c", "one", 0, N, &[1, 1]), (Some(3), vec![2], false)),
        (edit("d", "two", 0, N, &[0, 2]), (None, vec![1], false)),
        (edit("d", "two", 1, N, &[0, 1]), (Some(4), vec![3], false)),
        (forced, (Some(5), vec![1, 3], false)),
        // sent again: what came later is not missed below it
        (edit("b", "two", 0, P, &[5, 2]), (Some(2), vec![1], true)),
        (edit("b", "two", 5, P, &[5, 2]), (Some(2), vec![], true)),
        // a base that never was
        (edit("f", "two", 6, P, &[5, 2]), (None, vec![], false)),
        // pixels that are not there
        (edit("g", "two", 5, P, &[5, 20]), (None, vec![], false)),
    ];
    let (edits, expected): (Vec<_>, Vec<_>) = table.into_iter().unzip();
    let answers = folder.submit(&mut writer, &edits);
    for ((answer, edit), expected) in answers.iter().zip(&edits).zip(expected) {
        assert_eq!(outcome(answer), expected, "{edit:?}");
    }
    assert!(matches!(answers[8], Answer::Stale));
    assert!(matches!(answers[9], Answer::Refused(_)));
    assert_eq!(folder.open().journal().entries().len(), 5);
    assert_eq!(writer.missed(3, "two"), Some(vec![]));
    // what was folded is still compared, until the program ends
    folder.dataset.fold_open(&folder.case, &mut writer).unwrap();
    let late = edit("h", "one", 3, P, &[0, 1]);
    assert_eq!(outcome(&folder.submit(&mut writer, std::slice::from_ref(&late))[0]).1, [4, 5]);
    let mut writer = folder.open();
    assert_eq!(folder.submit(&mut writer, &[late]), [Answer::Stale]);
    assert_eq!(writer.missed(3, "one"), None);
    let fresh = edit("h", "one", 5, P, &[0, 1]);
    assert_eq!(outcome(&folder.submit(&mut writer, &[fresh])[0]), (Some(6), vec![], false));
}

#[test]
fn one_program_at_a_time_edits() {
    let folder = Folder::new();
    let other = Folder::new();
    let again = Dataset::open(folder.dataset.dir()).unwrap();
    let error = again.lock().unwrap_err();
    assert!(error.to_string().contains("another program"), "{error}");
    assert!(error.hint().unwrap().contains("lacuna serve"));
    // the lock of another data set is no right
    assert!(again.open_journal(&folder.case, &other.lock).is_err());
    // a journal keeps the lock
    let writer = folder.open();
    drop(folder.lock);
    assert!(again.lock().is_err());
    drop(writer);
    again.lock().unwrap();
}
