use std::path::Path;

use proptest::prelude::*;
use toml::{Table, Value};

use super::*;

fn check(text: &str) -> Result<TrainConfig, ConfigError> {
    RawConfig::parse(text)?.check()
}

#[test]
fn the_paper_preset_is_the_papers_recipe() {
    let c = check("preset = \"paper\"").unwrap();
    assert_eq!(c.architecture, Architecture::UnetResnet18Paper);
    assert_eq!((c.image_size, c.resize), (Size::new(512, 512), Resize::Stretch));
    assert_eq!((c.batch_size, c.accumulate, c.epochs), (8, 1, 50));
    assert_eq!(c.augmentation, Augmentation::PAPER);
    assert_eq!(c.normalization, NormalizationSource::Dataset);
    assert_eq!(
        (c.optimizer, c.lr, c.lr_schedule),
        (OptimizerName::Sgd, 0.01, LrSchedule::Constant)
    );
    assert_eq!(c.optimizer_config(), OptimizerConfig::PAPER);
    assert_eq!(
        (c.reduction, c.conflict, c.void),
        (Reduction::All, Conflict::Positive, Void::Unpainted)
    );
    assert_eq!((c.validation_metric, c.early_stopping_patience), (ValidationMetric::None, None));
    assert_eq!((c.encoder_weights, c.clip_grad_norm), (EncoderWeights::ImageNet, None));
}

#[test]
fn the_quick_preset_is_small() {
    let c = check("preset = \"quick\"").unwrap();
    assert_eq!((c.image_size, c.epochs, c.batch_size), (Size::new(128, 128), 25, 8));
    assert_eq!(c.architecture, Architecture::UnetResnet18);
    assert_eq!(c.augmentation, Augmentation::default());
    assert_eq!((c.optimizer_config(), c.reduction), (OptimizerConfig::PAPER, Reduction::Known));
}

#[test]
fn the_default_is_valid_and_has_the_policys_own_rules() {
    for policy in PolicyName::ALL {
        let c = check(&format!("policy = \"{policy}\"")).unwrap();
        assert_eq!(c.supervision_policy(), SupervisionPolicy::named(policy), "{policy}");
        assert_eq!((c.loss.bce, c.loss.dice, c.ema_decay), (1.0, 1.0, Some(0.99)));
    }
}

#[test]
fn stronger_layers_win_key_by_key() {
    let flags = RawConfig::parse("lr = 1\n[loss]\ndice = 1").unwrap();
    let environment = RawConfig::parse("lr = 2\nepochs = 2\n[loss]\ndice = 2\nbce = 2").unwrap();
    let file =
        RawConfig::parse("preset = \"paper\"\nlr = 3\nepochs = 3\nseed = 3\nreduction = \"known\"");
    let c = flags.combine(environment).combine(file.unwrap()).check().unwrap();
    assert_eq!((c.lr, c.epochs, c.seed), (1.0, 2, 3));
    assert_eq!((c.loss.dice, c.loss.bce, c.loss.focal), (1.0, 2.0, 0.0));
    assert_eq!(
        (c.reduction, c.image_size.width, c.split.as_str()),
        (Reduction::Known, 512, "default")
    );
}

#[test]
fn normalization_follows_the_encoder_unless_set() {
    let table = [
        ("encoder_weights = \"imagenet\"", NormalizationSource::ImageNet),
        ("encoder_weights = \"w.pth\"", NormalizationSource::ImageNet),
        ("encoder_weights = \"none\"", NormalizationSource::Dataset),
        ("pretrained_weights = \"a.safetensors\"", NormalizationSource::Checkpoint),
        ("encoder_weights = \"none\"\nnormalization = \"imagenet\"", NormalizationSource::ImageNet),
        (
            "normalization = { mean = [0.57, 0.39, 0.25], sd = [0.25, 0.21, 0.21] }",
            NormalizationSource::Fixed(Normalization::PAPER),
        ),
    ];
    for (text, expected) in table {
        assert_eq!(check(text).unwrap().normalization, expected, "{text}");
    }
}

#[test]
fn errors_name_key_value_and_range() {
    let table = [
        ("epochs = 0", "`epochs` is 0, must be a whole number from 1 to 100000"),
        ("lr = 0", "`lr` is 0, must be a number above 0, at most 100"),
        ("lr = nan", "`lr` is NaN, must be a number above 0, at most 100"),
        ("momentum = 1.0", "`momentum` is 1, must be a number at least 0, below 1"),
        ("weight_decay = inf", "`weight_decay` is inf, must be a number at least 0"),
        ("optimizer = \"adam\"", "`optimizer` is \"adam\", must be \"sgd\" | \"adamw\""),
        ("encoder_depth = 6", "`encoder_depth` is 6, must be a whole number from 3 to 5"),
        (
            "image_size = 500",
            "`image_size` is 500×500 (height×width), must be divisible by 32 (2^encoder_depth); the nearest is 512×512 (height×width)",
        ),
        (
            "image_size = [100, 3]\nencoder_depth = 3",
            "`image_size` is 100×3 (height×width), must be divisible by 8 (2^encoder_depth); the nearest is 104×8 (height×width)",
        ),
        ("image_size = 1000000", "`image_size` is 1000000, must be from 1 to 8192 pixels"),
        ("sampling = \"patches\"", "`sampling` is \"patches\", must be \"resize\" | \"patch\""),
        ("patch_scale = 0", "`patch_scale` is 0, must be a number above 0, at most 8"),
        ("warmup_epochs = 50", "`warmup_epochs` is 50, must be less than `epochs`, which is 50"),
        (
            "validation_metric = \"none\"\nearly_stopping_patience = 3",
            "`early_stopping_patience` cannot be used with `validation_metric = \"none\"`: there is nothing to watch",
        ),
        (
            "split = \"../x\"",
            "`split` is \"../x\", must be the name of a split, a file name without folder",
        ),
        (
            "[loss]\nbce = 0\ndice = 0",
            "`loss.bce`, `loss.dice` and `loss.focal` is 0, must be above 0 for at least one",
        ),
        (
            "activation = \"softmax\"",
            "`loss.dice` cannot be used with `activation = \"softmax\"`: its loss is categorical cross-entropy",
        ),
        (
            "ema_decay = 0\n[loss]\nconsistency = 1",
            "`loss.consistency` cannot be used with `ema_decay = 0`: the moving average is the teacher",
        ),
        ("[loss]\nfocal_gamma = 0.5", "`loss.focal_gamma` is 0.5, must be 0 or at least 1"),
        ("[loss]\nfocal_alpha = -0.5", "`loss.focal_alpha` is -0.5, must be a number from -1 to 1"),
        ("[class_weights]\ngum = -1", "`class_weights.gum` is -1, must be a number at least 0"),
        ("[augmentation]\nblur_kernel = 4", "`augmentation.blur_kernel` is 4, must be odd"),
        (
            "[augmentation]\nblur_sigma = [2, 1]",
            "`augmentation.blur_sigma` is [2, 1], must be two numbers from 0 to 100, the smaller first",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(check(text).unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn a_typo_is_shown_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.toml");
    fs_err::write(&path, "epochs = 3\nlearning_rate = 0.1\n").unwrap();
    let error = RawConfig::read(&path).unwrap_err();
    assert!(error.to_string().contains("train.toml"), "{error}");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("line 2") && source.contains("learning_rate"), "{source}");
    let missing = RawConfig::read(&folder.path().join("none.toml")).unwrap_err();
    let source = std::error::Error::source(&missing).unwrap().to_string();
    assert!(source.contains("none.toml"), "{source}");
}

#[test]
fn class_weights_are_checked_against_the_data_set() {
    let colour = |name: &str| lacuna_data::Class { name: name.into(), color: [0, 0, 0] };
    let classes = ClassSet::new(vec![colour("gum"), colour("teeth")], &[], &[]).unwrap();
    let c = check("[class_weights]\nteeth = 3").unwrap();
    assert_eq!(c.loss_config(&classes).unwrap().class_weights, Some(vec![1.0, 3.0]));
    let c = check("[class_weights]\ntooth = 3").unwrap();
    let error = c.loss_config(&classes).unwrap_err().to_string();
    assert_eq!(error, "`class_weights` has `tooth`, the data set has the classes gum, teeth");
    assert_eq!(check("").unwrap().loss_config(&classes).unwrap().class_weights, None);
}

#[test]
fn steps_are_counted_over_the_whole_run() {
    let c = check("epochs = 10\nwarmup_epochs = 2\nlr_schedule = \"cosine\"").unwrap();
    let expected = Schedule { lr: 0.01, decay: Decay::Cosine, warmup_steps: 14, total_steps: 70 };
    assert_eq!(c.schedule(7), expected);
}

fn paths(table: &Table, prefix: &str, found: &mut Vec<String>) {
    for (name, value) in table {
        match value {
            Value::Table(section)
                if !["class_weights", "normalization"].contains(&name.as_str()) =>
            {
                paths(section, &format!("{name}."), found);
            }
            _ => found.push(format!("{prefix}{name}")),
        }
    }
}

#[test]
fn every_key_of_a_file_is_in_the_table_of_keys_and_the_other_way_round() {
    let mut config = check("").unwrap();
    config.data = Some("data".into());
    config.pretrained_weights = Some("last.safetensors".into());
    config.replay_split = Some("round-0001".into());
    let table: Table = toml::from_str(&config.to_toml().unwrap()).unwrap();
    let (mut written, mut known) = (Vec::new(), Vec::new());
    paths(&table, "", &mut written);
    known.extend(KEYS.iter().map(|key| key.name.to_owned()));
    written.sort();
    known.sort();
    assert_eq!(written, known);
    let reference = reference().unwrap();
    for key in KEYS {
        assert!(reference.contains(&format!("## `{}`", key.name)));
        assert!(key.doc.ends_with('.') && !key.allowed().is_empty(), "{key:?}");
    }
}

#[test]
fn a_split_to_replay_is_a_name() {
    assert_eq!(check("").unwrap().replay_split, None);
    let config = check("replay_split = \"round-0001\"").unwrap();
    assert_eq!((config.replay_split.as_deref(), config.replay_share), (Some("round-0001"), 0.25));
    for wrong in ["replay_split = \"../a\"", "replay_split = \"\"", "replay_share = 1.5"] {
        let error = check(wrong).unwrap_err().to_string();
        assert!(error.contains(&wrong[..12]), "{error}");
    }
}

#[test]
fn a_checkpoints_normalisation_needs_a_checkpoint() {
    let text = "normalization = \"checkpoint\"";
    let error = check(text).unwrap_err().to_string();
    assert!(error.contains("normalization") && error.contains("pretrained_weights"), "{error}");
    let config = check(&format!("pretrained_weights = \"a.safetensors\"\n{text}")).unwrap();
    assert_eq!(check(&config.to_toml().unwrap()).unwrap(), config);
    assert_eq!(check("").unwrap().steps_per_epoch, None);
    assert_eq!(check("steps_per_epoch = 7").unwrap().steps_per_epoch, Some(7));
}

#[test]
fn presets_round_trip() {
    for preset in ["default", "paper", "quick"] {
        let c = check(&format!("preset = \"{preset}\"")).unwrap();
        assert_eq!(check(&c.to_toml().unwrap()).unwrap(), c);
    }
}

/// The page is written by the program; `LACUNA_UPDATE=1 cargo test --release -p lacuna-train` writes it again.
#[test]
fn the_page_of_the_documentation_is_the_reference() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let reference = reference().unwrap();
    if std::env::var_os("LACUNA_UPDATE").is_some() {
        fs_err::write(&page, &reference).unwrap();
    }
    let found = fs_err::read_to_string(&page).unwrap();
    assert!(found == reference, "docs/configuration.md is out of date: set LACUNA_UPDATE=1");
}

fn texts() -> impl Strategy<Value = String> {
    (
        (1_i64..10, 1_i64..10, 3_i64..=5, 0..i64::MAX, 1_i64..9),
        (1e-9_f64..100.0, 0.0_f64..0.999, 0.0_f64..10.0, 0.0_f32..1e3, 0.0_f64..=1.0),
        (0_usize..6, 0_usize..3, 0_usize..4, any::<bool>(), "[a-z]{1,6}"),
    )
        .prop_map(|((h, w, depth, seed, epochs), (lr, momentum, x, weight, share), names)| {
            let (policy, preset, norm, unknown, class) = names;
            let side = 1_i64 << depth;
            let policy = PolicyName::ALL[policy];
            let preset = ["default", "paper", "quick"][preset];
            let conflict = if unknown { "unknown" } else { "positive" };
            let norm = [
                "",
                "normalization = \"dataset\"",
                "normalization = \"imagenet\"",
                "normalization = { mean = [0.1, 0.2, 0.3], sd = [0.4, 0.05, 0.006] }",
            ][norm];
            format!(
                "preset = \"{preset}\"\npolicy = \"{policy}\"\nconflict = \"{conflict}\"\n{norm}\n\
                 image_size = [{}, {}]\nencoder_depth = {depth}\nseed = {seed}\nepochs = {epochs}\n\
                 lr = {lr:?}\nmomentum = {momentum:?}\nweight_decay = {x:?}\nclip_grad_norm = {x:?}\n\
                 data = \"a/{class}\"\nencoder_weights = \"{class}.pth\"\n\
                 [source_weights]\naccepted = {weight:?}\n[loss]\nfocal = {x:?}\nfocal_alpha = {share:?}\n\
                 [class_weights]\n\"{class} é.\" = {x:?}\n[augmentation]\nblur_sigma = [0, {x:?}]\n",
                side * h,
                side * w,
            )
        })
}

proptest! {
    #[test]
    fn a_resolved_configuration_reproduces_itself(text in texts()) {
        let c = check(&text).unwrap();
        let written = c.to_toml().unwrap();
        prop_assert_eq!(check(&written).unwrap(), c.clone());
        prop_assert_eq!(check(&written).unwrap().to_toml().unwrap(), written);
    }
}
