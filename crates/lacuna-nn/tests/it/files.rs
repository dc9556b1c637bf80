//! Weight files: both directions, foreign formats, malice and damage.

use std::collections::BTreeMap;
use std::path::Path;

use lacuna_nn::weights::write_safetensors;
use lacuna_nn::{
    Architecture, EncoderWeights, StateDict, StateTensor, Unet, UnetConfig, WeightsError,
    WeightsFile, engine,
};
use proptest::prelude::*;

use super::formula::{state, tensor};
use super::{reference, reference_path, whole_numbers};

fn unet(encoder_depth: usize) -> Unet {
    let config = UnetConfig { architecture: Architecture::UnetResnet18, encoder_depth, classes: 2 };
    config.init(0, &engine::device("cpu").unwrap()).unwrap()
}

fn assert_tensors(found: &StateDict, expected: &serde_json::Value) {
    for (name, wanted) in expected.as_object().unwrap() {
        let tensor = &found[name];
        assert_eq!(tensor.shape, whole_numbers(&wanted["shape"]), "{name}");
        // JSON has no infinity: such a value is null.
        let values: Vec<f32> = wanted["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_f64().map_or(f32::INFINITY, |v| v as f32))
            .collect();
        assert_eq!(tensor.data, values, "{name}");
    }
}

#[test]
fn pytorch_files_of_both_formats_are_read() {
    let expected = reference("pth.json");
    for name in ["zip.pth", "legacy.pth"] {
        let file = WeightsFile::read(&reference_path(name)).unwrap();
        assert_tensors(&file.tensors, &expected["state"]);
        assert_eq!(file.tensors.len(), expected["state"].as_object().unwrap().len(), "{name}");
        assert_eq!(file.not_float, ["bn1.num_batches_tracked"], "{name}");
    }
    for name in ["nested.pth", "nested_legacy.pth"] {
        let file = WeightsFile::read(&reference_path(name)).unwrap();
        assert_tensors(&file.tensors, &expected["nested"]);
        assert_eq!(file.tensors["extra"].data, [1.0, 1.0], "{name}: parameters are tensors");
    }
}

#[test]
fn code_in_weight_files_is_refused_by_name() {
    for name in ["evil.pth", "evil_legacy.pth"] {
        let error = WeightsFile::read(&reference_path(name)).unwrap_err().to_string();
        assert!(error.contains("posix.system") && error.contains(name), "{error}");
    }
    assert!(WeightsFile::read(&reference_path("plain_pickle.pth")).is_err());
}

#[test]
fn files_that_are_cut_off_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["zip.pth", "legacy.pth"] {
        let bytes = fs_err::read(reference_path(name)).unwrap();
        for length in (0..bytes.len()).step_by(41) {
            let path = folder.path().join(name);
            fs_err::write(&path, &bytes[..length]).unwrap();
            assert!(WeightsFile::read(&path).is_err(), "{name} cut at {length}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Damaged files are errors or other numbers, never a panic.
    #[test]
    fn damaged_files_do_no_harm(name in 0..3_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let folder = tempfile::tempdir().unwrap();
        let name = ["zip.pth", "legacy.pth", "nested.pth"][name];
        let mut bytes = fs_err::read(reference_path(name)).unwrap();
        for (index, value) in changes {
            let index = index.index(bytes.len());
            bytes[index] = value;
        }
        let path = folder.path().join(name);
        fs_err::write(&path, &bytes).unwrap();
        let _ = WeightsFile::read(&path);
    }

    /// Any values go through a safetensors file bit for bit.
    #[test]
    fn safetensors_go_round(values in prop::collection::vec(any::<u32>(), 0..40), text in "\\PC{0,20}") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        let data: Vec<f32> = values.iter().map(|bits| f32::from_bits(*bits)).collect();
        let tensors = StateDict::from([
            ("b".to_owned(), StateTensor { shape: vec![1, data.len()], data: data.clone() }),
            ("a".to_owned(), StateTensor { shape: vec![], data: vec![1.5] }),
        ]);
        let metadata = BTreeMap::from([("config".to_owned(), text)]);
        write_safetensors(&path, &tensors, &metadata).unwrap();
        let first = fs_err::read(&path).unwrap();
        let file = WeightsFile::read(&path).unwrap();
        prop_assert_eq!(&file.metadata, &metadata);
        let read: Vec<u32> = file.tensors["b"].data.iter().map(|value| value.to_bits()).collect();
        prop_assert_eq!(read, values);
        write_safetensors(&path, &file.tensors, &file.metadata).unwrap();
        prop_assert_eq!(fs_err::read(&path).unwrap(), first);
    }
}

#[test]
fn unknown_endings_and_missing_files_are_errors() {
    let unknown = WeightsFile::read(Path::new("weights.h5")).unwrap_err();
    assert!(matches!(unknown, WeightsError::UnknownKind { .. }));
    let missing = WeightsFile::read(Path::new("nowhere/weights.pth")).unwrap_err().to_string();
    assert!(missing.contains("nowhere"), "{missing}");
}

/// Writes an encoder under torchvision's names with an extra classifier.
fn torchvision_file(path: &Path, depth: usize) -> StateDict {
    let ours = state(&unet(depth).state_dict());
    let encoder =
        ours.iter().filter_map(|(name, tensor)| Some((name.strip_prefix("encoder.")?, tensor)));
    let mut theirs: StateDict =
        encoder.map(|(name, tensor)| (format!("module.{name}"), tensor.clone())).collect();
    theirs.insert("module.fc.bias".to_owned(), StateTensor::vector(vec![0.0; 3]));
    write_safetensors(path, &theirs, &BTreeMap::new()).unwrap();
    ours
}

#[test]
fn encoder_weights_fit_by_torchvisions_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("encoder.safetensors");
    let expected = torchvision_file(&path, 4);
    let weights = EncoderWeights::read(&path).unwrap();
    assert!(!weights.is_folded());
    // A shallower encoder ignores the deeper stage.
    for depth in [4, 3] {
        let mut network = unet(depth);
        weights.load(&mut network, None).unwrap();
        for (name, tensor) in
            network.state_dict().iter().filter(|(name, _)| name.starts_with("encoder."))
        {
            assert_eq!(tensor, &expected[name], "{name}");
        }
    }
    let mut deep = unet(5);
    let before = deep.state_dict();
    let error = weights.load(&mut deep, None).unwrap_err().to_string();
    assert!(
        error.contains("encoder.layer4.0.bn1.bias") && error.contains("use encoder depth 4"),
        "{error}"
    );
    assert_eq!(deep.state_dict(), before, "a failed load changes nothing");
}

#[test]
fn files_without_an_encoder_are_refused() {
    let error = EncoderWeights::read(&reference_path("nested.pth")).unwrap_err().to_string();
    assert!(error.contains("ResNet"), "{error}");
}

/// Folds the normalisations of a network by formula away, as the published file was made.
fn folded_file(path: &Path, depth: usize) -> Unet {
    let mut network = unet(depth);
    let weights = state(&network.state_dict());
    network.load_state_dict(&weights);
    let mut folded = StateDict::new();
    for (name, conv) in weights.iter().filter(|(_, tensor)| tensor.shape.len() == 4) {
        let Some(name) =
            name.strip_prefix("encoder.").and_then(|name| name.strip_suffix(".weight"))
        else {
            continue;
        };
        let norm = match name.strip_suffix("downsample.0") {
            Some(block) => format!("encoder.{block}downsample.1"),
            None => format!("encoder.{}", name.replace("conv", "bn")),
        };
        let field = |field: &str| &weights[&format!("{norm}.{field}")].data;
        let factor: Vec<f32> = field("weight")
            .iter()
            .zip(field("running_var"))
            .map(|(g, v)| g / (v + 1e-5).sqrt())
            .collect();
        let size = conv.data.len() / factor.len();
        let data = conv
            .data
            .chunks(size)
            .zip(&factor)
            .flat_map(|(w, f)| w.iter().map(move |w| w * f))
            .collect();
        folded.insert(format!("{name}.weight"), StateTensor { shape: conv.shape.clone(), data });
        let shift = field("bias")
            .iter()
            .zip(field("running_mean"))
            .zip(&factor)
            .map(|((b, m), f)| b - m * f);
        folded.insert(format!("{name}.bias"), StateTensor::vector(shift.collect()));
    }
    write_safetensors(path, &folded, &BTreeMap::new()).unwrap();
    network
}

#[test]
fn folded_weights_are_unfolded_to_the_same_function() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("folded.safetensors");
    let original = folded_file(&path, 4).evaluation();
    let shape = [2, 3, 64, 64];
    let images = engine::tensor(tensor("images", &shape), shape, &engine::device("cpu").unwrap());
    let weights = EncoderWeights::read(&path).unwrap();
    assert!(weights.is_folded());
    let mut network = unet(4);
    assert!(matches!(weights.load(&mut network, None), Err(WeightsError::NeedsCalibration { .. })));
    weights.load(&mut network, Some(images.clone())).unwrap();
    // Also in training mode, where the statistics of this batch are the measured ones.
    for found in [
        network.evaluation().encoder().forward(images.clone()),
        network.encoder().forward(images.clone()),
    ] {
        let expected = original.encoder().forward(images.clone());
        let (found, expected) =
            (engine::values(found.deepest).unwrap(), engine::values(expected.deepest).unwrap());
        let scale = expected.iter().fold(0.0_f32, |scale, value| scale.max(value.abs()));
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() <= 1e-4 * scale, "{found}, expected {expected}");
        }
    }
    let error = weights.load(&mut unet(5), Some(images)).unwrap_err().to_string();
    assert!(error.contains("layer4") && error.contains("use encoder depth 4"), "{error}");
}

/// The folder of real data sets; without one, the test lists itself as skipped.
fn real_data(test: &str) -> Option<std::ffi::OsString> {
    let data = std::env::var_os("LACUNA_DATA");
    let list = std::env::var_os("LACUNA_SKIPPED_TESTS").filter(|_| data.is_none());
    if let Some(list) = list {
        let mut list = std::fs::File::options().create(true).append(true).open(list).unwrap();
        std::io::Write::write_all(&mut list, format!("{test}\n").as_bytes()).unwrap();
    }
    data
}

/// The published folded file reproduces the values it is known by (skipped without `LACUNA_DATA`).
#[test]
fn the_folded_imagenet_file_loads() {
    let Some(data) = real_data("the_folded_imagenet_file_loads") else { return };
    let path = Path::new(&data).join("weights/resnet18-imagenet-bnfolded-nolayer4-f16.safetensors");
    let weights = EncoderWeights::read(&path).unwrap();
    assert!(weights.is_folded());
    let shape = [2, 3, 64, 64];
    let images = engine::tensor(tensor("images", &shape), shape, &engine::device("cpu").unwrap());
    let mut network = unet(4);
    let report = weights.load(&mut network, Some(images.clone())).unwrap();
    assert_eq!(report.missing, Vec::<String>::new());
    let features =
        engine::values(network.evaluation().encoder().forward(images.clone()).deepest).unwrap();
    assert!(features.iter().all(|value| value.is_finite()));
    let error = weights.load(&mut unet(5), Some(images)).unwrap_err().to_string();
    assert!(error.contains("use encoder depth 4"), "{error}");
}
