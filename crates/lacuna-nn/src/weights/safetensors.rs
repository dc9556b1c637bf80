//! The safetensors format: a JSON header with types, shapes and places, then the bytes.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use serde::Serialize;

use super::{FloatKind, WeightsError, WeightsFile};
use crate::{StateDict, StateTensor};

/// Reads a file's bytes. The library checks header and places against the length before anything is taken.
pub(super) fn parse(bytes: &[u8]) -> Result<WeightsFile, String> {
    let describe = |error| format!("not a readable safetensors file: {error}");
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(describe)?;
    let mut file = WeightsFile::default();
    file.metadata.extend(header.metadata().clone().unwrap_or_default());
    for (name, view) in SafeTensors::deserialize(bytes).map_err(describe)?.tensors() {
        match float_kind(view.dtype()) {
            Some(kind) => {
                let data = view
                    .data()
                    .chunks_exact(kind.bytes())
                    .map(|chunk| kind.decode(chunk))
                    .collect();
                file.tensors.insert(name, StateTensor { shape: view.shape().to_vec(), data });
            }
            None => file.not_float.push(name),
        }
    }
    file.not_float.sort();
    Ok(file)
}

fn float_kind(dtype: Dtype) -> Option<FloatKind> {
    match dtype {
        Dtype::F16 => Some(FloatKind::F16),
        Dtype::BF16 => Some(FloatKind::Bf16),
        Dtype::F32 => Some(FloatKind::F32),
        Dtype::F64 => Some(FloatKind::F64),
        _ => None,
    }
}

/// What a half-written file's name begins with; a killed program leaves it.
const TEMPORARY_PREFIX: &str = ".lacuna-";
/// What it ends with.
const TEMPORARY_SUFFIX: &str = ".tmp";

#[derive(Serialize)]
#[serde(untagged)]
enum HeaderEntry<'a> {
    Metadata(&'a BTreeMap<String, String>),
    Tensor { dtype: &'static str, shape: &'a [usize], data_offsets: [usize; 2] },
}

/// Writes `tensors` as `f32` in name order, so that the same content always gives the same bytes (the library's
/// writer orders the metadata at random). The file appears whole or not at all.
pub fn write_safetensors(
    path: &Path,
    tensors: &StateDict,
    metadata: &BTreeMap<String, String>,
) -> Result<(), WeightsError> {
    write(path, tensors, metadata)
        .map_err(|source| WeightsError::Write { path: path.to_owned(), source })
}

fn write(
    path: &Path,
    tensors: &StateDict,
    metadata: &BTreeMap<String, String>,
) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX);
    let mut file = readable_by_all(&mut builder).tempfile_in(folder)?;
    let mut out = std::io::BufWriter::new(file.as_file_mut());
    let header = header(tensors, metadata)?;
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(&header)?;
    for value in tensors.values().flat_map(|tensor| &tensor.data) {
        out.write_all(&value.to_le_bytes())?;
    }
    out.flush()?;
    drop(out);
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Makes the new name durable. Folders cannot be opened as files on Windows.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { fs_err::File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Temporary files are their owner's alone unless told otherwise; weights are for colleagues too, as far as the
/// process's mask of permissions lets them.
#[cfg(unix)]
fn readable_by_all<'a, 'b, 'c>(
    builder: &'a mut tempfile::Builder<'b, 'c>,
) -> &'a mut tempfile::Builder<'b, 'c> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn readable_by_all<'a, 'b, 'c>(
    builder: &'a mut tempfile::Builder<'b, 'c>,
) -> &'a mut tempfile::Builder<'b, 'c> {
    builder
}

/// The JSON header, padded with spaces so that the numbers after it are aligned.
fn header(tensors: &StateDict, metadata: &BTreeMap<String, String>) -> std::io::Result<Vec<u8>> {
    let mut entries = BTreeMap::new();
    if !metadata.is_empty() {
        entries.insert("__metadata__", HeaderEntry::Metadata(metadata));
    }
    let mut start = 0;
    for (name, tensor) in tensors {
        let end = start + 4 * tensor.data.len();
        let entry =
            HeaderEntry::Tensor { dtype: "F32", shape: &tensor.shape, data_offsets: [start, end] };
        entries.insert(name, entry);
        start = end;
    }
    let mut json = serde_json::to_vec(&entries)?;
    json.resize(json.len().next_multiple_of(8), b' ');
    Ok(json)
}
