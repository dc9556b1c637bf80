//! Weight files: safetensors in both directions, PyTorch's `.pth` in, and encoder weights by anyone's names.
//!
//! Nothing in a weight file is ever executed; every size is checked against the file before memory is taken.

mod backbone;
mod encoder;
mod key_map;
mod pth;
mod safetensors;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use encoder::EncoderWeights;
pub use safetensors::write_safetensors;

use crate::{LoadReport, StateDict};

/// Mean of ImageNet's red, green and blue in [0, 1]: what ImageNet encoder weights expect subtracted.
pub const IMAGENET_MEAN: [f32; 3] = [0.485, 0.456, 0.406];
/// Standard deviation of ImageNet's red, green and blue: what ImageNet encoder weights expect divided by.
pub const IMAGENET_SD: [f32; 3] = [0.229, 0.224, 0.225];

/// A published weight file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedWeights {
    /// Where the publisher offers it.
    pub url: &'static str,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: &'static str,
    /// Its name in a local cache.
    pub file_name: &'static str,
    /// Its size in bytes.
    pub bytes: u64,
}

/// torchvision's ResNet18 trained on ImageNet (`IMAGENET1K_V1`), BSD-3-Clause.
pub const ENCODER_WEIGHTS_RESNET18: PublishedWeights = PublishedWeights {
    url: "https://download.pytorch.org/models/resnet18-f37072fd.pth",
    sha256: "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
    file_name: "resnet18-f37072fd.pth",
    bytes: 46_830_571,
};

/// Larger files are refused: no network here comes near, and the file is read whole.
const MAX_FILE_BYTES: u64 = 4 << 30;

/// Why a weight file cannot be read, written or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The file system said no; the message names the path.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A file cannot be written.
    #[error("could not write `{path}`", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The ending is none of those known.
    #[error("{path}: unknown kind of weight file, expected .safetensors, .pth or .pt", path = path.display())]
    UnknownKind {
        /// The file.
        path: PathBuf,
    },
    /// The content is not what the ending says, or is something this program does not read.
    #[error("{path}: {reason}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The weights do not fill the encoder.
    #[error("{path}: weights do not fit the encoder: {report}{hint}", path = path.display())]
    Misfit {
        /// The file.
        path: PathBuf,
        /// What was missing.
        report: Box<LoadReport>,
        /// `; hint: …`, or nothing.
        hint: &'static str,
    },
    /// Folded weights need images to measure batch statistics on.
    #[error(
        "{path}: batch normalisation is folded into these weights, so they can only be loaded with calibration images",
        path = path.display()
    )]
    NeedsCalibration {
        /// The file.
        path: PathBuf,
    },
    /// The device failed.
    #[error("cannot read results from the device: {0}")]
    Device(String),
}

/// The content of a weight file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WeightsFile {
    /// Tensors by the names in the file, except that a leading `module.` (data-parallel training) is taken off.
    pub tensors: StateDict,
    /// Text by key (safetensors only).
    pub metadata: BTreeMap<String, String>,
    /// Names of tensors that hold no floating-point numbers, which are not read.
    pub not_float: Vec<String>,
}

impl WeightsFile {
    /// Reads a `.safetensors`, `.pth` or `.pt` file. Values are converted to `f32`.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        let parse = match path.extension().and_then(|ending| ending.to_str()) {
            Some("safetensors") => safetensors::parse,
            Some("pth" | "pt") => pth::parse,
            _ => return Err(WeightsError::UnknownKind { path: path.to_owned() }),
        };
        let malformed = |reason| WeightsError::Malformed { path: path.to_owned(), reason };
        let size = fs_err::metadata(path)?.len();
        if size > MAX_FILE_BYTES {
            return Err(malformed(format!(
                "{size} bytes, more than the {MAX_FILE_BYTES} a weight file may have"
            )));
        }
        let mut file = parse(&fs_err::read(path)?).map_err(malformed)?;
        file.tensors = key_map::without_module_prefix(file.tensors);
        Ok(file)
    }
}

/// Kinds of floating-point numbers in weight files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FloatKind {
    F16,
    Bf16,
    F32,
    F64,
}

impl FloatKind {
    const fn bytes(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The number stored little-endian in `bytes`, which has [`FloatKind::bytes`] of them.
    fn decode(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Self::F16, &[a, b]) => half::f16::from_le_bytes([a, b]).to_f32(),
            (Self::Bf16, &[a, b]) => half::bf16::from_le_bytes([a, b]).to_f32(),
            (Self::F32, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
            (Self::F64, &[a, b, c, d, e, f, g, h]) => {
                f64::from_le_bytes([a, b, c, d, e, f, g, h]) as f32
            }
            _ => f32::NAN,
        }
    }
}
