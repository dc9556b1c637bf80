//! Why a configuration cannot be used.

use std::io;
use std::path::PathBuf;

use lacuna_data::Size;

/// Why a configuration cannot be used. Messages name the key, its value and what is allowed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read. The source names it.
    #[error("could not read the configuration")]
    Read(#[source] io::Error),
    /// The text is no configuration. The source shows line and column.
    #[error("`{}` is not a valid configuration", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong where.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A text that did not come from a file is no configuration.
    #[error("not a valid configuration")]
    Text(#[source] Box<toml::de::Error>),
    /// The resolved configuration cannot be written as TOML, such as a path that is not Unicode.
    #[error("the configuration cannot be written as TOML")]
    Write(#[source] toml::ser::Error),
    /// A value is outside its range.
    #[error("`{key}` is {value}, must be {allowed}")]
    Value {
        /// The key.
        key: String,
        /// Its value.
        value: String,
        /// What it may be.
        allowed: String,
    },
    /// The network halves the picture `encoder_depth` times.
    #[error(
        "`image_size` is {}, must be divisible by {divisor} (2^encoder_depth); the nearest is {}",
        sides(*size), sides(*nearest)
    )]
    ImageSize {
        /// The size asked for.
        size: Size,
        /// What both sides must be divisible by.
        divisor: usize,
        /// The nearest valid size.
        nearest: Size,
    },
    /// Two settings exclude each other.
    #[error("`{key}` cannot be used with {other}: {reason}")]
    Incompatible {
        /// The key.
        key: &'static str,
        /// The other setting.
        other: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// A key that does not exist.
    #[error("there is no setting `{key}`{}", nearest.map(|key| format!("; did you mean `{key}`?")).unwrap_or_default())]
    UnknownKey {
        /// The key.
        key: String,
        /// A key with a similar name.
        nearest: Option<&'static str>,
    },
    /// Class weights for a class the data set does not have.
    #[error("`class_weights` has `{class}`, the data set has the classes {known}")]
    UnknownClass {
        /// The class.
        class: String,
        /// The classes of the data set, comma-separated.
        known: String,
    },
    /// A softmax over classes that may be at one pixel together.
    #[error(
        "`activation = \"softmax\"` needs classes that all exclude each other; of {classes} some do not"
    )]
    NotExclusive {
        /// The classes of the data set, comma-separated.
        classes: String,
    },
    /// A key has neither a value nor a default.
    #[error("`{0}` is not set")]
    Missing(&'static str),
}

impl ConfigError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::ImageSize { nearest, .. } => {
                Some(format!("set `image_size = {}`", toml_size(*nearest)))
            }
            Self::Parse { .. } | Self::Text(_) | Self::UnknownKey { .. } => {
                Some("every key is listed in the configuration reference".to_owned())
            }
            Self::NotExclusive { .. } => Some(
                "declare it with `lacuna init --exclusive a,b,…`, or train with a sigmoid"
                    .to_owned(),
            ),
            Self::Incompatible { key, .. } => Some(format!("leave out `{key}`, or set it to 0")),
            _ => None,
        }
    }
}

/// Height first, as in the configuration.
fn sides(size: Size) -> String {
    format!("{}×{} (height×width)", size.height, size.width)
}

fn toml_size(size: Size) -> String {
    if size.width == size.height {
        size.width.to_string()
    } else {
        format!("[{}, {}]", size.height, size.width)
    }
}
