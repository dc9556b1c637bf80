//! `lacuna detect`.

use std::path::Path;

use fs_err as fs;
use lacuna_data::annotation::{Region, Role, Shape};
use lacuna_data::{Class, ClassSet, Dataset};
use serde_json::Value;

use crate::drawn::mouths;
use crate::program::{Answer, lacuna};

/// In seconds, and good for nothing.
const RECIPE: [&str; 12] = [
    "--encoder-weights",
    "none",
    "--short-side",
    "32",
    "--epochs",
    "1",
    "--batch-size",
    "2",
    "--box-batch-size-per-image",
    "64",
    "--seed",
    "5",
];

fn train(folder: &Path, run: &str, extra: &[&str]) -> Answer {
    let start = ["detect", "train", "--data", "ds", "--output-dir", run];
    lacuna(folder, &[&start[..], &RECIPE, extra].concat())
}

fn region([x, y, width, height]: [f64; 4]) -> Region {
    Region {
        shape: Shape::Box { x, y, width, height, rotation: 0.0 },
        author: "a colleague".to_owned(),
        role: Role::NonExpert,
        origin: "test".to_owned(),
        score: None,
        model_version: None,
        time: None,
    }
}

/// Gives these cases one box each.
fn draw(folder: &Path, ids: &[&str], corners: Option<[f64; 4]>) {
    let dataset = Dataset::open(&folder.join("ds")).unwrap();
    let lock = dataset.lock().unwrap();
    for id in ids {
        let regions = corners.map(region).into_iter().collect();
        dataset.save_regions(dataset.case(id).unwrap(), regions, &lock).unwrap();
    }
}

const ALL: [&str; 8] = ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"];

fn regions(folder: &Path, id: &str) -> Vec<Region> {
    let dataset = Dataset::open(&folder.join("ds")).unwrap();
    dataset.load_annotation(dataset.case(id).unwrap()).unwrap().regions
}

#[test]
fn boxes_are_learned_judged_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    draw(folder, &ALL, None);
    draw(folder, &ALL[..6], Some([4.0, 6.0, 30.0, 26.0]));

    let answer = train(folder, "boxes", &[]).ended(0);
    assert!(
        answer.stdout.contains("missed") && answer.stdout.contains("margin"),
        "{}",
        answer.stdout
    );
    train(folder, "boxes", &[]).ended(2).says(&["already holds a run", "--resume"]);
    let summary = fs::read_to_string(folder.join("boxes/summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["task"], "detection");
    assert_eq!(summary["validation"]["pictures"], 2);

    // judged on what it has not seen, beside simpler ways
    let evaluate = ["detect", "evaluate", "--run", "boxes", "--data", "ds", "--json"];
    let rows = lacuna(folder, &evaluate).ended(0).stdout;
    let rows: Value = serde_json::from_str(&rows).unwrap();
    let names: Vec<_> = (0..3).map(|row| rows[row]["boxes"].as_str().unwrap()).collect();
    assert_eq!(names, ["detector", "whole-image", "mean-box"]);
    assert_eq!(rows[1]["judgement"]["curve"][0]["missed"], 0.0);
    assert_eq!(rows[1]["judgement"]["curve"][0]["gained"], 0.0);
    assert_eq!(rows[2]["judgement"]["sources"][0], "complete-masks");

    // the same as files
    let written = [&evaluate[..], &["--output-dir", "judged"]].concat();
    lacuna(folder, &written).ended(0).says(&["report.html"]);
    let read = |name: &str| fs::read_to_string(folder.join("judged").join(name)).unwrap();
    let tables = [("boxes.csv", "whole-image,", 10), ("pictures.csv", "mean-box,", 2)];
    for (name, begin, lines) in tables {
        assert_eq!(read(name).lines().filter(|l| l.starts_with(begin)).count(), lines, "{name}");
    }
    assert!(read("pictures.csv").contains("whole-image,0,m6,1,0.000000,0.000000"));
    assert!(read("report.html").contains("Pictures that lose most"));
    assert!(read("curve.svg").contains("mean-box"));

    let component = [&evaluate[..], &["--baseline", "largest-component"]].concat();
    let rows: Value = serde_json::from_str(&lacuna(folder, &component).ended(0).stdout).unwrap();
    assert_eq!(rows[1]["boxes"], "largest-component");
    assert_eq!(rows[1]["judgement"]["with_box"], rows[1]["judgement"]["pictures"]);

    // every box it may find is written: the training pictures are left out
    let predict = ["detect", "predict", "--run", "boxes", "--data", "ds"];
    let bold = [&predict[..], &["--score-threshold", "0"]].concat();
    lacuna(folder, &[&bold[..], &["--dry-run"]].concat()).ended(0).says(&["left out", "m0"]);
    assert!(regions(folder, "m6").is_empty());
    lacuna(folder, &bold).ended(0).says(&["left out", "--folds"]);
    assert_eq!(regions(folder, "m0"), [region([4.0, 6.0, 30.0, 26.0])]);

    // the mean box in its place: one a picture, and the earlier ones go
    let mean = [&predict[..], &["--baseline", "mean-box", "--margin", "0"]].concat();
    let answer = lacuna(folder, &mean).ended(0);
    assert!(
        answer.stdout.contains("wrote 4 regions of role model in 4 pictures"),
        "{}",
        answer.stdout
    );
    assert!(answer.stdout.contains("in 2 pictures a person's region counts"), "{}", answer.stdout);
    let [drawn] = &regions(folder, "m6")[..] else { panic!() };
    assert_eq!((drawn.role, drawn.score), (Role::Model, Some(1.0)));
    let near =
        drawn.shape.bounds().iter().zip([4.0, 6.0, 34.0, 32.0]).all(|(a, b)| (a - b).abs() < 1e-9);
    assert!(near, "{drawn:?}");
    assert_eq!(regions(folder, "m4")[0], region([4.0, 6.0, 30.0, 26.0]));

    // the audit shows them, and trust takes them away
    let audit = |extra: &[&str]| {
        let text = lacuna(folder, &[&["audit", "--data", "ds", "--json"], extra].concat()).ended(0);
        let audit: Value = serde_json::from_str(&text.stdout).unwrap();
        (audit["regions"][2]["cases"].as_u64(), audit["regions"][2]["cases_used"].as_u64())
    };
    assert_eq!(audit(&[]), (Some(4), Some(2)));
    {
        let dataset = Dataset::open(&folder.join("ds")).unwrap();
        let unsure = regions(folder, "m7").into_iter().map(|r| Region { score: Some(0.4), ..r });
        let lock = dataset.lock().unwrap();
        dataset.save_regions(dataset.case("m7").unwrap(), unsure.collect(), &lock).unwrap();
    }
    assert_eq!(audit(&["--box-trust", ".4"]), (Some(4), Some(2)));
    assert_eq!(audit(&["--box-trust", ".5"]), (Some(3), Some(1)));
    let whole = [&predict[..], &["--baseline", "whole-image", "--case", "m7"]].concat();
    assert!(lacuna(folder, &whole).ended(0).stdout.contains("replaced 1 earlier region"));
}

#[test]
fn what_cannot_be_learned_or_drawn_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    mouths(&folder.join("ds"));
    draw(folder, &ALL, None);
    train(folder, "boxes", &[]).ended(3).says(&["none of the 4 training cases", "hint:"]);
    draw(folder, &["m1"], Some([20.0, 0.0, 40.0, 20.0]));
    train(folder, "boxes", &[]).ended(3).says(&["case `m1`: box 1", "reaches out", "hint:"]);
    draw(folder, &["m1"], Some([20.0, 0.0, 0.5, 20.0]));
    train(folder, "boxes", &[]).ended(3).says(&["encloses less than a pixel", "hint:"]);
    draw(folder, &ALL, Some([4.0, 6.0, 30.0, 26.0]));
    train(folder, "boxes", &["--role", "expert"]).ended(3).says(&["drawn by an expert"]);
    train(folder, "boxes", &["--lr", "0"]).ended(2).says(&["--lr is 0"]);
    train(folder, "boxes", &["--encoder-depth", "3"]).ended(2).says(&["depth is 3"]);
    let pretrained = ["detect", "train", "--data", "ds", "--output-dir", "boxes"];
    lacuna(folder, &pretrained).ended(1).says(&["weights fetch"]);
    assert!(!folder.join("boxes").exists());

    fs::create_dir(folder.join("empty")).unwrap();
    let predict = |run: &str, data: &str, extra: &[&str]| {
        lacuna(folder, &[&["detect", "predict", "--run", run, "--data", data], extra].concat())
    };
    predict("empty", "ds", &[]).ended(2).says(&["no run in"]);
    train(folder, "boxes", &[]).ended(0);
    let of_detector = ["is the run of a detector", "`lacuna detect"];
    lacuna(folder, &["evaluate", "--run", "boxes"]).ended(2).says(&of_detector);
    lacuna(folder, &["train", "--resume", "--output-dir", "boxes"]).ended(2).says(&of_detector);
    let masks = ["predict", "--run", "boxes", "--data", "ds", "--output-dir", "masks"];
    lacuna(folder, &masks).ended(2).says(&of_detector);
    assert!(!folder.join("masks").exists());
    let seen = ["--case", "m0", "--case", "m1"];
    predict("boxes", "ds", &seen).ended(2).says(&["trained on all 2", "--folds 5"]);
    predict("boxes", "ds", &["--folds", "9"]).ended(2).says(&["9 folds", "there are 4"]);
    predict("boxes", "ds", &["--margin", "2"]).ended(2).says(&["from 0 to 1"]);
    let class = Class { name: "leaf".to_owned(), color: [1, 2, 3] };
    let classes = ClassSet::new(vec![class], &[], &[]).unwrap();
    Dataset::create(&folder.join("other"), "other", classes).unwrap();
    predict("boxes", "other", &[]).ended(3).says(&["encloses gum, teeth", "leaf", "hint:"]);
}
