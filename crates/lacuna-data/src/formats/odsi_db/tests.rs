use std::path::PathBuf;

use fs_err as fs;
use proptest::prelude::*;

use super::*;
use crate::annotation::Ternary;
use crate::formats::test_data::{Scratch, reference};
use crate::formats::{ImportReport, ImportRequest, Importer};

const QUIET: &(dyn Fn(usize, usize) + Sync) = &|_, _| ();

/// A folder with an annotated image and one without masks.
fn scratch() -> Scratch {
    let scratch = Scratch::new(&["teeth", "gum"]);
    fs::create_dir(scratch.path("in")).unwrap();
    let copy = |from: &str, to: &str| {
        fs::copy(reference("odsi_db").join(from), scratch.path("in").join(to)).unwrap();
    };
    copy("nuance51_desc_uint16.tif", "a.tif");
    copy("nuance51_masks.tif", "a_masks.tif");
    copy("nuance51_desc_uint16.tif", "b.tif");
    scratch
}

fn importer(scratch: &Scratch) -> OdsiDbImport {
    let mut request = ImportRequest::new(scratch.path("in"));
    request.labels.skip_others = true;
    OdsiDbImport { request, label_table: None, list: None, require: Require::Nothing }
}

fn import(scratch: &mut Scratch, importer: &OdsiDbImport) -> Result<ImportReport, String> {
    importer.import(&mut scratch.dataset, QUIET).map_err(|error| error.to_string())
}

#[test]
fn labels_say_yes_no_or_nothing_and_the_rest_is_unknown() {
    let mut scratch = scratch();
    let of = importer(&scratch);
    let report = import(&mut scratch, &of).unwrap();
    assert_eq!(report.without_masks(), ["b"]);
    assert_eq!(report.cases[0].skipped["masks of skipped labels"], 1);
    assert_eq!(report.cases[0].notes, ["the RGB page of a spectral file"]);
    let said = scratch.said("a");
    // the shares of the masks that tifffile finds: 0.1875 of 240 pixels is enamel, gingiva overlaps nothing
    assert_eq!(said.masks[0].count(Ternary::Positive), 45);
    assert_eq!(said.masks[0].count(Ternary::Negative), 0);
    assert!(said.masks[1].count(Ternary::Positive) >= 90);
    let case = scratch.dataset.case("a").unwrap();
    assert_eq!(
        scratch.dataset.load_image(case).unwrap(),
        bands::picture(&scratch.path("in/a.tif")).unwrap().0
    );
}

#[test]
fn a_table_of_ones_own_and_filters() {
    let mut scratch = scratch();
    let table = "[teeth]\npositive = [\"Attached gingiva\"]\n[gum]\nunknown = [\"Täytteet\"]\n";
    let mut importer = importer(&scratch);
    importer.label_table = Some(scratch.write("t.toml", table));
    importer.request.labels.skip_others = false;
    importer.list = Some(scratch.write("list.txt", "# frontal\na.tif\n"));
    let report = import(&mut scratch, &importer).unwrap();
    assert_eq!(report.cases.len(), 1);
    assert_eq!(scratch.said("a").masks[0].count(Ternary::Positive), 90);
    importer.list = Some(scratch.write("list.txt", "c\n"));
    assert!(
        import(&mut scratch, &importer).unwrap_err().contains("list.txt`: there is no image `c`")
    );
    // nothing is positive for gum
    importer.list = None;
    importer.require = Require::AllClasses;
    assert!(import(&mut scratch, &importer).unwrap_err().contains("nothing to import"));
}

#[test]
fn wrong_files_are_refused_by_name_and_change_nothing() {
    type Spoil = fn(&Scratch, &mut OdsiDbImport);
    let cut = |path: PathBuf, length: usize| {
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..length]).unwrap();
    };
    let table: [(Spoil, &str); 5] = [
        (|_, of| of.request.labels.skip_others = false, "a_masks.tif` has label `Täytteet`"),
        (|s, _| fs::write(s.path("in/a.tif"), "II*\0").unwrap(), "a.tif`"),
        (|s, _| fs::write(s.path("in/a_masks.tif"), "x").unwrap(), "a_masks.tif`"),
        (
            |s, _| drop(fs::copy(s.path("in/a_masks.tif"), s.path("in/a.tif"))),
            "a.tif`: its first band has no wavelengths",
        ),
        (|_, of| of.request.path.push("none"), "none"),
    ];
    for (spoil, expected) in table {
        let mut scratch = scratch();
        let mut importer = importer(&scratch);
        spoil(&scratch, &mut importer);
        let before = scratch.listing();
        let error = import(&mut scratch, &importer).unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert_eq!(scratch.listing(), before);
    }
    for length in [100, 700, 20_000] {
        let mut scratch = scratch();
        cut(scratch.path("in/a.tif"), length);
        let of = importer(&scratch);
        assert!(import(&mut scratch, &of).unwrap_err().contains("a.tif"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn damaged_files_never_panic(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        masks in any::<bool>(),
    ) {
        let mut scratch = scratch();
        let path = scratch.path(if masks { "in/a_masks.tif" } else { "in/a.tif" });
        let mut bytes = fs::read(&path).unwrap();
        for (at, value) in &flips {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        fs::write(&path, bytes).unwrap();
        let of = importer(&scratch);
        let _ = import(&mut scratch, &of);
    }
}
