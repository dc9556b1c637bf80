//! PyTorch's `torch.save` files: the zip format (since 1.6) and the legacy one before it.
//!
//! Both hold a pickle that describes the tensors and raw bytes per *storage*; a tensor is a strided view of one.

mod archive;
mod object;
mod pickle;

use std::collections::BTreeMap;

use archive::Archive;
use object::{Pickle, ScalarKind, Storage, TensorView, Value};

use super::{FloatKind, WeightsFile};
use crate::StateTensor;

/// First number in a legacy file, as the bytes of its pickle.
const LEGACY_MAGIC: [u8; 15] = *b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
/// Most values all tensors of a file may have together (4 GiB); expanded tensors could claim any number.
const MAX_VALUES: usize = 1 << 30;
/// Keys under which training scripts keep the weights inside a larger checkpoint.
const NESTED: [&str; 4] = ["state_dict", "model_state_dict", "model", "net"];

/// Reads a file's bytes.
pub(super) fn parse(bytes: &[u8]) -> Result<WeightsFile, String> {
    if bytes.starts_with(b"PK\x03\x04") {
        parse_zip(bytes)
    } else if bytes.starts_with(&LEGACY_MAGIC) {
        parse_legacy(bytes)
    } else {
        Err("not a file written by torch.save".to_owned())
    }
}

fn parse_zip(bytes: &[u8]) -> Result<WeightsFile, String> {
    let archive = Archive::open(bytes)?;
    if archive.entry("byteorder").is_some_and(|order| order != b"little") {
        return Err("written on a big-endian machine, which is not supported".to_owned());
    }
    let pickle =
        archive.entry("data.pkl").ok_or("no data.pkl inside: a TorchScript or damaged file")?;
    let (objects, root, _) = pickle::load(pickle)?;
    collect(&objects, &root, &|storage| archive.entry(&format!("data/{}", storage.key)))
}

/// Magic number, protocol version, machine description, the object, its storages' keys; then per storage a
/// 64-bit count and the raw values.
fn parse_legacy(bytes: &[u8]) -> Result<WeightsFile, String> {
    let mut rest = &bytes[LEGACY_MAGIC.len()..];
    for _ in 0..2 {
        let (_, _, length) = pickle::load(rest)?;
        rest = &rest[length..];
    }
    let (objects, root, length) = pickle::load(rest)?;
    rest = &rest[length..];
    let (keys_objects, keys, length) = pickle::load(rest)?;
    rest = &rest[length..];
    let mut storages = BTreeMap::new();
    for key in keys_objects.items(&keys).ok_or("the list of storages is missing")? {
        let Value::Text(key) = key else {
            return Err("the key of a storage is no text".to_owned());
        };
        let kind = objects
            .storage_kind(key)
            .ok_or_else(|| format!("storage {key} is used by no tensor"))?;
        let (count, after) =
            rest.split_first_chunk::<8>().ok_or("the file ends before its storages")?;
        let length = usize::try_from(u64::from_le_bytes(*count))
            .ok()
            .and_then(|n| n.checked_mul(kind.bytes()));
        let split = length.and_then(|length| after.split_at_checked(length));
        let (data, after) = split.ok_or_else(|| format!("the file ends inside storage {key}"))?;
        storages.insert(key.clone(), data);
        rest = after;
    }
    collect(&objects, &root, &|storage| storages.get(&storage.key).copied())
}

/// The tensors of the state dict that `root` is or holds.
fn collect<'a>(
    objects: &Pickle,
    root: &Value,
    bytes_of: &dyn Fn(&Storage) -> Option<&'a [u8]>,
) -> Result<WeightsFile, String> {
    let mut file = WeightsFile::default();
    let mut budget = MAX_VALUES;
    for (key, value) in
        state_dict(objects, root).ok_or("the file holds no dictionary of tensors")?
    {
        let (Value::Text(name), Some(view)) = (key, objects.tensor(value)) else { continue };
        let ScalarKind::Float(kind) = view.storage.kind else {
            file.not_float.push(name.to_string());
            continue;
        };
        let bytes =
            bytes_of(&view.storage).ok_or_else(|| format!("{name}: its storage is missing"))?;
        let data =
            gather(view, kind, bytes, &mut budget).map_err(|reason| format!("{name}: {reason}"))?;
        file.tensors.insert(name.to_string(), StateTensor { shape: view.shape.clone(), data });
    }
    file.not_float.sort();
    Ok(file)
}

fn state_dict<'a>(objects: &'a Pickle, root: &Value) -> Option<&'a [(Value, Value)]> {
    let outer = objects.entries(root)?;
    let nested = NESTED.iter().find_map(|wanted| {
        let found =
            outer.iter().find(|(key, _)| matches!(key, Value::Text(text) if **text == **wanted));
        found.and_then(|(_, value)| objects.entries(value))
    });
    Some(nested.unwrap_or(outer))
}

/// The values of a strided view in row-major order.
fn gather(
    view: &TensorView,
    kind: FloatKind,
    bytes: &[u8],
    budget: &mut usize,
) -> Result<Vec<f32>, String> {
    let count = view.shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
    let count =
        count.filter(|count| *count <= *budget).ok_or("more values than a weight file may have")?;
    *budget -= count;
    let last = view.last_index().ok_or("its strides overflow")?;
    let available = bytes.len() / kind.bytes();
    if count > 0 && last >= available {
        return Err(format!("it reaches value {last} of a storage of {available}"));
    }
    let mut data = Vec::with_capacity(count);
    let mut position = vec![0; view.shape.len()];
    for _ in 0..count {
        let index = view.index(&position) * kind.bytes();
        data.push(kind.decode(&bytes[index..index + kind.bytes()]));
        advance(&mut position, &view.shape);
    }
    Ok(data)
}

/// The next position in row-major order.
fn advance(position: &mut [usize], shape: &[usize]) {
    for (at, size) in position.iter_mut().zip(shape).rev() {
        *at += 1;
        if *at < *size {
            return;
        }
        *at = 0;
    }
}
