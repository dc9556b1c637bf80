//! `lacuna weights`.

use fs_err as fs;
use insta::assert_snapshot;

use crate::program::{answer, command, lacuna, transcript};

#[test]
fn what_there_is_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_snapshot!(transcript(folder, &["weights", "list"]));
    fs::create_dir_all(folder.join("cache/weights")).unwrap();
    fs::write(folder.join("cache/weights/resnet18-f37072fd.pth"), "something else").unwrap();
    let answer = lacuna(folder, &["weights", "list", "--json"]).ended(0);
    let list: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(list[0]["state"], "damaged");
}

#[test]
fn without_network_the_person_is_told_what_to_put_where() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut command = command(folder, &["weights", "fetch", "resnet18"]);
    // nothing listens on port 9 (discard) of this machine
    command.env("HTTPS_PROXY", "http://127.0.0.1:9").env_remove("NO_PROXY").env_remove("no_proxy");
    let answer = answer(&mut command).ended(1);
    answer.says(&[
        "error: cannot fetch https://download.pytorch.org/models/resnet18-f37072fd.pth",
        "caused by:",
        "hint: on a machine with network, download https://download.pytorch.org",
        "cache/weights/resnet18-f37072fd.pth",
        "--encoder-weights none",
    ]);
    assert!(!folder.join("cache/weights/resnet18-f37072fd.pth").exists());
}

#[test]
fn a_file_from_elsewhere_must_be_the_published_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let fetch = ["weights", "fetch", "resnet18", "--from", "file.pth"];
    assert_snapshot!("no_such_file", transcript(folder, &fetch));
    fs::write(folder.join("file.pth"), "too short").unwrap();
    assert_snapshot!("another_size", transcript(folder, &fetch));
    // the right size, but not the right bytes
    fs::File::create(folder.join("file.pth")).unwrap().set_len(46_830_571).unwrap();
    assert_snapshot!("another_content", transcript(folder, &fetch));
    let left = fs::read_dir(folder.join("cache/weights")).unwrap().count();
    assert_eq!(left, 0, "a wrong file was left in the cache");
    assert_snapshot!("unknown_name", transcript(folder, &["weights", "fetch", "resnet34"]));
}

/// Two tensors, one of whole numbers.
fn safetensors() -> Vec<u8> {
    let header = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"n":{"dtype":"I64","shape":[1],"data_offsets":[8,16]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend([1.0f32, -2.5].iter().flat_map(|value| value.to_le_bytes()));
    bytes.extend(7i64.to_le_bytes());
    bytes
}

#[test]
fn weight_files_are_converted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("in.safetensors"), safetensors()).unwrap();
    let convert = ["weights", "convert", "in.safetensors", "out.safetensors"];
    assert_snapshot!(transcript(folder, &convert));
    assert_snapshot!("exists", transcript(folder, &convert));
    assert_snapshot!(
        "other_ending",
        transcript(folder, &["weights", "convert", "in.safetensors", "out.pth"])
    );
    assert_snapshot!(
        "nothing_to_convert",
        transcript(folder, &["weights", "convert", "none.pth", "x.safetensors"])
    );
    fs::write(folder.join("bad.pth"), "no weights").unwrap();
    assert_snapshot!(
        "not_weights",
        transcript(folder, &["weights", "convert", "bad.pth", "x.safetensors"])
    );
    fs::write(folder.join("bad.txt"), "no weights").unwrap();
    assert_snapshot!(
        "unknown_ending",
        transcript(folder, &["weights", "convert", "bad.txt", "x.safetensors"])
    );
}
