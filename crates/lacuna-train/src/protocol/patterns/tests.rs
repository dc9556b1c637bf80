//! Grids written by hand, whose numbers can be computed by hand.

use std::path::{Path, PathBuf};

use lacuna_data::simulate::{
    CaseRecord, ClassTotal, PaintPattern, PaintReport, SimulateConfig, SimulationRecord,
};
use lacuna_metrics::{MeanOver, PartialConfusion};
use tempfile::TempDir;

use super::*;
use crate::evaluate::{
    CaseMetrics, ClassMetrics, Definition, DefinitionSummary, Evaluation, ForegroundMean, ScoredAt,
    ThresholdResult,
};
use crate::protocol::cell::Cell;
use crate::protocol::grid::RULES;

const CLASSES: [&str; 2] = ["gum", "tooth"];
/// Pictures tested in a repetition.
const TESTED: usize = 4;
/// By rule: ½, Elkan–Noto, validation.
type Dice = [f64; 3];

/// Folders of grids on the same eight pictures.
struct Grids(TempDir);

impl Grids {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A grid without cells.
    fn grid(&self, name: &str, pattern: PaintPattern, painted: usize) -> PathBuf {
        let folder = self.folder(name);
        let protocol = ProtocolConfig {
            version: 1,
            data: self.folder("gone"),
            fingerprint: name.to_owned(),
            seed: 4,
            design: Design::Folds(2),
            validation: 0.1,
            recipe: RawConfig::parse("preset = \"quick\"").unwrap(),
        };
        protocol.save(&folder).unwrap();
        record(pattern, painted).save(&painted_data(&folder)).unwrap();
        folder
    }
}

fn painted_data(folder: &Path) -> PathBuf {
    let folder = folder.join("data/painted");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Of eight pictures with 100 pixels of either class.
fn record(pattern: PaintPattern, painted: usize) -> SimulationRecord {
    let paint = |class: &str| PaintReport {
        class: class.to_owned(),
        truth: 100,
        painted,
        share: Some(painted as f64 / 100.0),
        stray: 0,
    };
    let case = |index: usize| CaseRecord {
        id: format!("m{index}"),
        classes: CLASSES.map(paint).to_vec(),
        neither: 0,
        area: None,
        has_region: true,
    };
    let total = |class: &str| ClassTotal {
        class: class.to_owned(),
        truth: 800,
        painted: 8 * painted,
        stray: 0,
        share_range: None,
    };
    let config =
        SimulateConfig { paint: pattern, fraction: painted as f64 / 100.0, ..Default::default() };
    SimulationRecord {
        version: 1,
        lacuna_version: String::new(),
        seed: 0,
        config,
        classes: CLASSES.map(total).to_vec(),
        cases: (0..8).map(case).collect(),
    }
}

fn cell(repetition: usize, condition: Condition, approach: Approach) -> Cell {
    Cell { repetition, condition, approach }
}

/// Finishes a cell: picture `i` scores `dice` plus `i` times a thousandth; gum as said, tooth .1 less.
fn finish(folder: &Path, cell: Cell, dice: Dice) {
    finish_with(folder, cell, |rule, picture| dice[rule] + 0.001 * picture as f64);
}

fn finish_with(folder: &Path, cell: Cell, dice: impl Fn(usize, usize) -> f64) {
    let first = TESTED * (cell.repetition % 2);
    let case = |rule: usize, picture: usize| CaseMetrics {
        case: format!("m{picture}"),
        group: Some(format!("g{picture}")),
        mean_dice_bounds: None,
        metrics: vec![class("gum", dice(rule, picture)), class("tooth", dice(rule, picture) - 0.1)],
    };
    let result = |rule: usize| ThresholdResult {
        rule: RULES[rule],
        thresholds: Vec::new(),
        definitions: vec![all_pixels(dice(rule, first) - 0.05)],
        metric_per_case: (first..first + TESTED).map(|picture| case(rule, picture)).collect(),
    };
    let evaluation = Evaluation {
        version: Evaluation::VERSION,
        lacuna_version: String::new(),
        dataset: String::new(),
        fingerprint: String::new(),
        part: "test".to_owned(),
        checkpoint: String::new(),
        epochs: 1,
        cases: TESTED,
        classes: CLASSES.map(str::to_owned).to_vec(),
        scored_at: ScoredAt::Native,
        frame: None,
        distances: None,
        empty_rule: String::new(),
        notes: Vec::new(),
        results: (0..RULES.len()).map(result).collect(),
        ranking: Vec::new(),
    };
    let scores = cell.evaluation_folder(folder);
    std::fs::create_dir_all(&scores).unwrap();
    evaluation.save(&scores.join("summary.json")).unwrap();
    cell.save_record(folder, 1.0).unwrap();
}

fn class(name: &str, dice: f64) -> ClassMetrics {
    ClassMetrics {
        class: name.to_owned(),
        definition: Definition::AllPixels,
        dice: Some(dice),
        dice_bounds: None,
        coverage: None,
        iou: None,
        precision: None,
        recall: None,
        hd95: None,
        nsd: None,
        counts: PartialConfusion::default(),
    }
}

fn all_pixels(dice: f64) -> DefinitionSummary {
    let none = MeanOver::default();
    let dice = MeanOver { mean: Some(dice), sd: None, n: 2, left_out: 0 };
    let foreground_mean = ForegroundMean {
        dice,
        pooled_dice: none,
        iou: none,
        precision: none,
        recall: none,
        hd95: none,
        nsd: none,
        dice_per_case: None,
        dice_bounds: None,
    };
    DefinitionSummary {
        definition: Definition::AllPixels,
        label: String::new(),
        cases: TESTED,
        foreground_mean,
        mean: Vec::new(),
    }
}

fn collect(folders: &[PathBuf]) -> Result<Patterns, PatternsError> {
    let bootstrap = BootstrapSettings { resamples: 200, ..BootstrapSettings::default() };
    Patterns::collect(folders, &bootstrap)
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

const ORIGINAL: Condition = Condition::Original;

#[test]
fn numbers_are_of_the_cells_and_beside_full_supervision_of_the_same_repetition() {
    let grids = Grids::new();
    let nearest = grids.grid("nearest45", PaintPattern::Nearest, 45);
    let core = grids.grid("core20", PaintPattern::Core, 20);
    for repetition in 0..2 {
        finish(&nearest, cell(repetition, ORIGINAL, Approach::Full), [0.9; 3]);
        finish(&core, cell(repetition, ORIGINAL, Approach::FusionBox), [0.88, 0.6, 0.7]);
    }
    finish(&nearest, cell(1, ORIGINAL, Approach::Standard), [0.45, 0.8, 0.7]);
    std::fs::create_dir_all(cell(2, ORIGINAL, Approach::Standard).run_folder(&nearest)).unwrap();
    let patterns = collect(&[core, nearest]).unwrap();
    // by pattern, then by share
    let labels: Vec<_> = patterns.grids.iter().map(|grid| grid.painting.label()).collect();
    assert_eq!(labels, ["nearest 45 %", "core 20 %"]);
    let summary = patterns.grid("nearest45").unwrap();
    assert_eq!((summary.finished, &summary.repetitions[..]), (3, &[0, 1][..]));
    assert_eq!(summary.unfinished, ["nearest45/cells/r2/standard-original"]);
    assert!(patterns.grouped && patterns.notes.is_empty(), "{:?}", patterns.notes);
    // pictures 0 to 7, mean of the classes: .9 − .05 + .0035
    let ceiling = &patterns.full[0];
    assert_eq!(ceiling.class, Over::Mean);
    near(ceiling.dice.mean, 0.8535);
    let row = |grid, approach, rule, class: &Over| {
        patterns.row(grid, approach, ORIGINAL, rule, class).unwrap()
    };
    let fusion = row("core20", Approach::FusionBox, HALF, &Over::Class("tooth".to_owned()));
    near(fusion.dice.mean, 0.88 - 0.1 + 0.0035);
    let full = fusion.against_full.as_ref().unwrap();
    near(full.difference.mean, -0.02);
    near(full.difference.ratio.value.unwrap(), 0.7835 / 0.8035);
    assert!(full.reaches_aim, "{full:?}");
    let from = ["nearest45/cells/r0/full-original", "nearest45/cells/r1/full-original"];
    assert_eq!(full.full_cells, from);
    // in repetition 1 alone, pictures 4 to 7
    let standard = row("nearest45", Approach::Standard, HALF, &Over::Mean);
    near(standard.dice.mean, 0.45 - 0.05 + 0.0055);
    assert_eq!((standard.dice.n_groups, standard.dice.n_repetitions), (4, 1));
    let full = standard.against_full.as_ref().unwrap();
    near(full.difference.ratio.value.unwrap(), 0.4055 / 0.8555);
    assert!(!full.reaches_aim);
    assert_eq!(full.full_cells, from[1..]);
    let full = row("nearest45", Approach::Full, HALF, &Over::Mean);
    assert_eq!(full.against_full, None);
}

#[test]
fn a_winner_is_one_only_where_the_interval_says_so() {
    let grids = Grids::new();
    let folder = grids.grid("g", PaintPattern::Nearest, 45);
    for repetition in 0..2 {
        finish(&folder, cell(repetition, ORIGINAL, Approach::Full), [0.95; 3]);
        finish(&folder, cell(repetition, ORIGINAL, Approach::Standard), [0.3, 0.86, 0.7]);
        finish(&folder, cell(repetition, ORIGINAL, Approach::FusionBox), [0.8, 0.6, 0.85]);
        // now higher, now lower than `fusion+box`, by a little less on the whole
        finish_with(&folder, cell(repetition, ORIGINAL, Approach::PositiveBox), |_, picture| {
            0.8 + 0.001 * picture as f64 + if picture % 2 == 0 { 0.01 } else { -0.015 }
        });
    }
    // not in the contest yet: the others have no third repetition
    finish(&folder, cell(2, ORIGINAL, Approach::Standard), [0.99; 3]);
    let patterns = collect(&[folder]).unwrap();
    let winners =
        |at, class: Over| patterns.winners.iter().find(|w| w.at == at && w.class == class).unwrap();
    let told = |winners: &Winners| -> Vec<_> {
        winners.entries.iter().map(|e| (e.approach, e.rule, e.standing)).collect()
    };
    let half = winners(RuleChoice::Half, Over::Mean);
    assert_eq!(half.repetitions, [0, 1]);
    let expected = [
        (Approach::Standard, HALF, Standing::Worse),
        (Approach::PositiveBox, HALF, Standing::Tied),
        (Approach::FusionBox, HALF, Standing::Best),
    ];
    assert_eq!(told(half), expected);
    near(half.entries[2].dice, 0.8 - 0.05 + 0.0035);
    near(half.entries[0].behind.unwrap().mean, -0.5);
    near(half.entries[1].behind.unwrap().mean, -0.0025);
    // each at its best rule
    let best = winners(RuleChoice::Best, Over::Class("gum".to_owned()));
    let expected = [
        (Approach::Standard, ThresholdRule::ElkanNoto, Standing::Best),
        (Approach::PositiveBox, HALF, Standing::Worse),
        (Approach::FusionBox, ThresholdRule::Validation, Standing::Worse),
    ];
    assert_eq!(told(best), expected);
    assert_eq!((&half.open[..], &best.open[..]), (&[][..], &[][..]));
}

#[test]
fn a_contest_is_open_while_an_approach_of_the_others_is_missing() {
    let grids = Grids::new();
    let nearest = grids.grid("nearest", PaintPattern::Nearest, 45);
    let core = grids.grid("core", PaintPattern::Core, 45);
    finish(&nearest, cell(0, ORIGINAL, Approach::Standard), [0.5; 3]);
    finish(&nearest, cell(0, Condition::Masked, Approach::Standard), [0.5; 3]);
    finish(&nearest, cell(0, Condition::Masked, Approach::Fusion), [0.6; 3]);
    finish(&core, cell(0, ORIGINAL, Approach::Standard), [0.5; 3]);
    let begun = cell(0, ORIGINAL, Approach::FusionBox).run_folder(&core);
    std::fs::create_dir_all(begun).unwrap();
    let patterns = collect(&[nearest, core]).unwrap();
    let open = |grid: &str, condition| {
        let mut found = patterns.winners.iter();
        found.find(|w| w.grid == grid && w.condition == condition).map(|w| w.open.clone())
    };
    let (fusion, boxed) = (Approach::Fusion, Approach::FusionBox);
    assert_eq!(open("nearest", ORIGINAL), Some(vec![fusion, boxed]));
    assert_eq!(open("nearest", Condition::Masked), Some(vec![boxed]));
    assert_eq!(open("core", ORIGINAL), Some(vec![fusion, boxed]));
    assert_eq!(open("core", Condition::Masked), None);
}

#[test]
fn every_number_is_in_the_table_with_its_cells() {
    let grids = Grids::new();
    let folder = grids.grid("core45", PaintPattern::Core, 45);
    for approach in [Approach::Full, Approach::Standard, Approach::FusionBox] {
        finish(&folder, cell(0, ORIGINAL, approach), [0.5, 0.6, 0.7]);
    }
    finish(&folder, cell(0, Condition::Masked, Approach::Standard), [0.2; 3]);
    let out = grids.folder("out");
    std::fs::create_dir_all(&out).unwrap();
    collect(&[folder]).unwrap().save(&out).unwrap();
    let mut reader = csv::Reader::from_path(out.join("patterns.csv")).unwrap();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    // four cells, three rules, the mean and two classes
    assert_eq!(rows.len(), 4 * 3 * 3);
    let row = rows.iter().find(|row| &row[3] == "masked" && &row[5] == "0.5" && &row[6] == "mean");
    let row = row.unwrap();
    assert_eq!((&row[0], &row[1], &row[2], &row[4]), ("core45", "core", "0.45", "standard"));
    near(row[7].parse().unwrap(), 0.1515);
    assert_eq!((&row[16], &row[17]), ("false", "best"));
    assert_eq!(&row[19], "core45/cells/r0/standard-masked");
    assert_eq!(&row[20], "core45/cells/r0/full-original");
    let json = std::fs::read_to_string(out.join("patterns.json")).unwrap();
    assert!(json.contains("\"reaches_aim\""), "{json}");
}

#[test]
fn grids_that_cannot_be_compared_are_refused() {
    let grids = Grids::new();
    let first = grids.grid("first", PaintPattern::Nearest, 45);
    let refused = |folders: &[&PathBuf]| {
        let folders: Vec<_> = folders.iter().map(|folder| (*folder).clone()).collect();
        let error = collect(&folders).unwrap_err();
        assert!(error.hint().is_some(), "{error}");
        error.to_string()
    };
    assert!(refused(&[&first]).contains("no cell"));
    finish(&first, cell(0, ORIGINAL, Approach::Standard), [0.5; 3]);
    assert!(refused(&[&grids.folder("nothing")]).contains("no `protocol.toml`"));
    // other settings
    let other = grids.folder("other");
    let mut protocol = ProtocolConfig::read(&first).unwrap().unwrap();
    protocol.seed = 5;
    protocol.recipe = RawConfig::parse("preset = \"quick\"\nepochs = 3").unwrap();
    protocol.save(&other).unwrap();
    record(PaintPattern::Core, 45).save(&painted_data(&other)).unwrap();
    finish(&other, cell(0, ORIGINAL, Approach::Standard), [0.5; 3]);
    let message = refused(&[&first, &other]);
    assert!(message.ends_with("other seed, recipe (epochs)"), "{message}");
    // another test part in the same repetition
    let shifted = grids.grid("shifted", PaintPattern::Core, 45);
    finish(&shifted, cell(1, ORIGINAL, Approach::Standard), [0.5; 3]);
    let from = cell(1, ORIGINAL, Approach::Standard).run_folder(&shifted);
    let to = cell(0, ORIGINAL, Approach::Standard).run_folder(&shifted);
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::rename(from, to).unwrap();
    assert!(refused(&[&first, &shifted]).contains("test cases in `r0/standard-original`"));
    // other pictures
    let mut cropped = record(PaintPattern::Strokes, 45);
    cropped.cases[3].classes[1].truth = 7;
    cropped.save(&painted_data(&shifted)).unwrap();
    assert!(refused(&[&first, &shifted]).contains("other pictures or complete masks"));
    // the same place in every figure
    let twin = grids.grid("twin", PaintPattern::Nearest, 45);
    finish(&twin, cell(0, ORIGINAL, Approach::Standard), [0.5; 3]);
    assert!(refused(&[&first, &twin]).ends_with("are painted the same: nearest 45 %"));
    // nothing says how it was painted
    std::fs::remove_file(painted_data(&twin).join(SimulationRecord::FILE)).unwrap();
    assert!(refused(&[&first, &twin]).contains("not where it was"));
    std::fs::create_dir_all(grids.folder("gone")).unwrap();
    assert!(refused(&[&first, &twin]).contains("were not made by `lacuna simulate`"));
}

#[test]
fn what_may_explain_a_difference_is_noted() {
    let grids = Grids::new();
    let nearest = grids.grid("nearest", PaintPattern::Nearest, 45);
    let core = grids.grid("core", PaintPattern::Core, 45);
    let empty = grids.grid("empty", PaintPattern::Strokes, 45);
    let mut boxed = record(PaintPattern::Core, 45);
    boxed.config.box_margin = 9.0;
    boxed.save(&painted_data(&core)).unwrap();
    finish(&nearest, cell(0, ORIGINAL, Approach::Full), [0.9; 3]);
    finish(&core, cell(0, ORIGINAL, Approach::Full), [0.88; 3]);
    let notes = collect(&[nearest, core, empty]).unwrap().notes.join("\n");
    for words in
        ["`empty` (strokes 45 %) has no finished cell", "share: box_margin.", "by up to 0.020"]
    {
        assert!(notes.contains(words), "{words}: {notes}");
    }
}
