use proptest::prelude::*;

use super::*;
use crate::class::{Class, ClassSet};
use crate::image::{Image, Size};

fn cases(groups: &[Option<u32>]) -> Vec<Case> {
    let case = |(i, group): (usize, &Option<u32>)| {
        Case::new(format!("c{i:03}"), "images/x.png").with_group(group.map(|g| format!("p{g}")))
    };
    groups.iter().enumerate().map(case).collect()
}

fn config(test: TestPart, validation: f64) -> SplitConfig {
    SplitConfig { seed: 7, by: Unit::Group, test, validation }
}

fn group_of<'a>(cases: &'a [Case], id: &str) -> &'a str {
    let case = cases.iter().find(|case| case.id == id).unwrap();
    case.group.as_deref().unwrap_or(&case.id)
}

#[test]
fn impossible_splits_are_refused() {
    let few = cases(&[Some(1), Some(1), Some(2)]);
    let table = [
        (TestPart::Folds(3), 0.0, "3 folds need at least as many groups of cases; there are 2"),
        (TestPart::Folds(1), 0.0, "at least 2 folds"),
        (TestPart::Folds(2), 0.2, "2 groups of cases are too few"),
        (TestPart::Share(1.0), 0.0, "share of test cases is 1"),
        (TestPart::Share(0.2), -0.1, "share of validation cases is -0.1"),
        (TestPart::Share(f64::NAN), 0.0, "NaN"),
    ];
    for (test, validation, expected) in table {
        let error = Split::draw(&few, &config(test, validation)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert!(Split::draw(&[], &config(TestPart::Share(0.2), 0.1)).is_err());
}

#[test]
fn the_seed_decides_and_missing_groups_are_recorded() {
    let all: Vec<_> = (0..40).map(|i| Some(i / 2)).collect();
    let all = cases(&all);
    let base = config(TestPart::Share(0.2), 0.1);
    let split = Split::draw(&all, &base).unwrap();
    assert_eq!(split, Split::draw(&all, &base).unwrap());
    assert_ne!(split, Split::draw(&all, &SplitConfig { seed: 8, ..base }).unwrap());
    assert!(split.grouped);
    assert_eq!(split.folds[0].test.len(), 8);
    let by_image = Split::draw(&all, &SplitConfig { by: Unit::Image, ..base }).unwrap();
    assert!(!by_image.grouped);
    assert!(!Split::draw(&cases(&[None; 10]), &base).unwrap().grouped);
}

fn dataset(dir: &Path) -> Dataset {
    let class = Class { name: "gum".to_owned(), color: [1; 3] };
    let mut dataset =
        Dataset::create(dir, "d", ClassSet::new(vec![class], &[], &[]).unwrap()).unwrap();
    let image = Image::filled(Size::new(2, 2), [1; 3]);
    for (id, group) in [("a", Some("p1")), ("b", Some("p1")), ("c", Some("p2")), ("d", None)] {
        dataset.add_image(id, &image, group).unwrap();
    }
    dataset
}

#[test]
fn a_split_is_checked_when_it_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = dataset(folder.path());
    let split = Split::draw(dataset.cases(), &config(TestPart::Share(0.3), 0.3)).unwrap();
    split.save(&dataset, "default").unwrap();
    assert_eq!(Split::load(&dataset, "default").unwrap(), split);
    assert!(split.fold(1).is_err());

    let table = [
        (r#"{"version":2,"seed":1,"parts":[]}"#, "version 2; this program reads version 1"),
        (
            r#"{"version":1,"seed":1,"folds":[{"train":["x"],"validation":[],"test":[]}]}"#,
            "no case `x`",
        ),
        (
            r#"{"version":1,"seed":1,"folds":[{"train":["a","c"],"validation":["c"],"test":[]}]}"#,
            "case `c` is in train and in validation",
        ),
        (
            r#"{"version":1,"seed":1,"folds":[{"train":["a"],"validation":[],"test":["b"]}]}"#,
            "group `p1` is in train and in test",
        ),
        (
            r#"{"version":1,"seed":1,"folds":[{"train":[],"validation":[],"test":["b"]}]}"#,
            "no training cases",
        ),
        (r#"{"version":1,"seed":1,"folds":[]}"#, "no training cases"),
        ("{\"version\":1,\"seed\":1,\n\"fold\":[]}", "line 2: unknown field `fold`"),
    ];
    for (text, expected) in table {
        fs::write(Split::path(folder.path(), "hand"), text).unwrap();
        let error = Split::load(&dataset, "hand").unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("hand.json"), "{error}");
    }
    // by image, groups may be on both sides: that was asked for
    let text = r#"{"version":1,"seed":1,"by":"image","folds":[{"train":["a"],"validation":[],"test":["b"]}]}"#;
    fs::write(Split::path(folder.path(), "hand"), text).unwrap();
    let split = Split::load(&dataset, "hand").unwrap();
    assert_eq!(split.fold(0).unwrap().unused(dataset.cases()), ["c", "d"]);
    assert!(matches!(Split::load(&dataset, "none"), Err(SplitError::Missing { .. })));
    assert!(Split::load(&dataset, "../cases").is_err());
}

proptest! {
    #[test]
    fn every_case_is_used_once_and_groups_stay_together(
        groups in prop::collection::vec(prop::option::of(0u32..12), 1..60),
        folds in 2usize..6, seed in any::<u64>(), validation in 0.0f64..0.5,
    ) {
        let all = cases(&groups);
        let config = SplitConfig { seed, ..config(TestPart::Folds(folds), validation) };
        let Ok(split) = Split::draw(&all, &config) else { return Ok(()) };
        let mut tested = Vec::new();
        for fold in &split.folds {
            let mut used: Vec<_> = fold.parts().iter().flat_map(|(_, ids)| ids.to_vec()).collect();
            used.sort();
            prop_assert_eq!(&used, &all.iter().map(|case| case.id.clone()).collect::<Vec<_>>());
            for (a, (_, first)) in fold.parts().iter().enumerate() {
                for (_, second) in &fold.parts()[a + 1..] {
                    let apart = first.iter().all(|x| second.iter().all(|y| group_of(&all, x) != group_of(&all, y)));
                    prop_assert!(apart);
                }
            }
            tested.extend(fold.test.clone());
        }
        tested.sort();
        prop_assert_eq!(tested.len(), all.len());
        // the order of the cases does not matter
        let mut reversed = all.clone();
        reversed.reverse();
        prop_assert_eq!(Split::draw(&reversed, &config).unwrap(), split);
    }

    #[test]
    fn damaged_splits_never_panic(at in 0usize..200, with in any::<u8>()) {
        let text = br#"{"version":1,"seed":1,"by":"image","folds":[{"train":["a"],"validation":[],"test":["b"]}]}"#;
        let mut text = text.to_vec();
        let at = at % text.len();
        text[at] = with;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json");
        fs::write(&path, &text).unwrap();
        let _ = read_json::<Split>(&path, VERSION);
    }
}
