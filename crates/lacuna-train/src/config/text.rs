//! Settings given as texts: `key=value` pairs and environment variables.

use std::str::FromStr;

use serde::Deserialize;
use toml::{Table, Value};

use super::RawConfig;
use super::error::ConfigError;
use super::key::{Key, Kind};
use super::keys::{CLASS_WEIGHTS, DATA, KEYS};

const PREFIX: &str = "LACUNA_";

impl RawConfig {
    /// The environment variables `LACUNA_<KEY>`, upper case and with `_` for `.`: `LACUNA_LR`,
    /// `LACUNA_LOSS_DICE`. Others are left alone; the data set and class weights have none.
    pub fn from_environment(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let pairs = variables.into_iter().filter_map(|(name, value)| {
            let key = KEYS.iter().find(|key| variable(key).as_deref() == Some(&name))?;
            (!value.is_empty()).then_some((key.name.to_owned(), value))
        });
        Self::from_pairs(pairs)
    }

    /// Pairs such as `("loss.dice", "0.5")`, `("image_size", "256x384")` (height first) or
    /// `("class_weights.gum", "2")`.
    pub fn from_pairs<K: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ConfigError> {
        let mut table = Table::new();
        for (name, text) in pairs {
            let (key, path) = find(name.as_ref())?;
            let value = value(key, text.as_ref()).ok_or_else(|| key.wrong(&text.as_ref()))?;
            insert(&mut table, &path, value);
        }
        Self::deserialize(table).map_err(|source| ConfigError::Text(Box::new(source)))
    }
}

/// The name of a key's environment variable.
pub fn variable(key: &Key) -> Option<String> {
    // `LACUNA_DATA` is where a person keeps data sets, not one of them.
    let none = [DATA.name, CLASS_WEIGHTS.name].contains(&key.name);
    (!none).then(|| format!("{PREFIX}{}", key.name.to_uppercase().replace('.', "_")))
}

/// The key of that name, and the sections and name to store it under.
fn find(name: &str) -> Result<(&'static Key, Vec<&str>), ConfigError> {
    if let Some(key) = KEYS.iter().find(|key| key.name == name) {
        return Ok((key, name.split('.').collect()));
    }
    match name.strip_prefix(CLASS_WEIGHTS.name).and_then(|rest| rest.strip_prefix('.')) {
        Some(class) => Ok((&CLASS_WEIGHTS, vec![CLASS_WEIGHTS.name, class])),
        None => Err(ConfigError::UnknownKey { key: name.to_owned(), nearest: nearest(name) }),
    }
}

fn insert(table: &mut Table, path: &[&str], value: Value) {
    match path {
        [section, name] => {
            let section = table.entry(*section).or_insert_with(|| Table::new().into());
            if let Value::Table(section) = section {
                section.insert((*name).to_owned(), value);
            }
        }
        _ => {
            table.insert(path.join("."), value);
        }
    }
}

fn value(key: &Key, text: &str) -> Option<Value> {
    let text = text.trim();
    match key.kind {
        Kind::Text(_) | Kind::Choice(_) => Some(text.into()),
        Kind::Integer(..) => text.parse::<i64>().ok().map(Value::from),
        Kind::Number(_) | Kind::ByClass(_) => text.parse::<f64>().ok().map(Value::from),
        Kind::Pair(_) => numbers::<f64>(text, ',').map(Value::from),
        Kind::Size => size(text),
        Kind::Normalization => normalization(text),
    }
}

fn numbers<T: FromStr>(text: &str, separator: char) -> Option<Vec<T>> {
    let inner = text.trim_start_matches('[').trim_end_matches(']');
    inner.split(separator).map(|part| part.trim().parse().ok()).collect()
}

fn size(text: &str) -> Option<Value> {
    let separator = if text.contains('x') { 'x' } else { ',' };
    match numbers::<i64>(text, separator)?[..] {
        [side] => Some(side.into()),
        [height, width] => Some(vec![height, width].into()),
        _ => None,
    }
}

/// A name, or an inline table as in a file.
fn normalization(text: &str) -> Option<Value> {
    if !text.starts_with('{') {
        return Some(text.into());
    }
    let table: Table = toml::from_str(&format!("v = {text}")).ok()?;
    table.get("v").cloned()
}

/// The key most like `name`, if any is like it.
fn nearest(name: &str) -> Option<&'static str> {
    let known = match name {
        "learning_rate" => Some("lr"),
        "encoder" | "model" => Some("architecture"),
        "wd" => Some("weight_decay"),
        "workers" => Some("num_workers"),
        "patience" => Some("early_stopping_patience"),
        _ => None,
    };
    let normal = |text: &str| text.replace(['-', '.'], "_").to_lowercase();
    let distance = |key: &&Key| edits(&normal(key.name), &normal(name));
    let close = || KEYS.iter().min_by_key(distance).filter(|key| distance(key) <= 2);
    known.or_else(|| close().map(|key| key.name))
}

/// Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let change = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{RawNormalization, RawSize};

    #[test]
    fn texts_are_read_by_the_kind_of_their_key() {
        let raw = RawConfig::from_pairs([
            ("lr", "1e-3"),
            ("epochs", "3"),
            ("image_size", "256x384"),
            ("augmentation.blur_sigma", "0.1, 2"),
            ("class_weights.gum", "2"),
            ("class_weights.tooth.crown", "3"),
            ("encoder_weights", "a b.pth"),
            ("normalization", "{ mean = [0.5, 0.5, 0.5], sd = [1, 1, 1] }"),
        ])
        .unwrap();
        assert_eq!((raw.lr, raw.epochs), (Some(1e-3), Some(3)));
        assert_eq!(raw.image_size, Some(RawSize::Sides([256, 384])));
        assert_eq!(raw.augmentation.blur_sigma, Some([0.1, 2.0]));
        let weights = raw.class_weights.unwrap();
        assert_eq!((weights["gum"], weights["tooth.crown"]), (2.0, 3.0));
        assert!(matches!(raw.normalization, Some(RawNormalization::Fixed(_))));
        let named = RawConfig::from_pairs([("normalization", "dataset"), ("image_size", "64")]);
        assert_eq!(named.unwrap().image_size, Some(RawSize::Square(64)));
    }

    #[test]
    fn a_wrong_text_names_key_and_value() {
        let table = [
            ("epochs", "many", "`epochs` is many, must be a whole number from 1 to 100000"),
            ("image_size", "1x2x3", "`image_size` is 1x2x3, must be"),
            ("learning_rate", "1", "there is no setting `learning_rate`; did you mean `lr`?"),
            ("batch-size", "1", "did you mean `batch_size`?"),
            ("frobnicate", "1", "there is no setting `frobnicate`"),
        ];
        for (key, value, expected) in table {
            let error = RawConfig::from_pairs([(key, value)]).unwrap_err().to_string();
            assert!(error.starts_with(expected) || error.ends_with(expected), "{error}");
        }
    }

    #[test]
    fn the_environment_has_a_variable_for_every_key_but_two() {
        let variables = [
            ("LACUNA_LR", "0.5"),
            ("LACUNA_LOSS_DICE", "1"),
            ("LACUNA_DATA", "/data"),
            ("LACUNA_SOMETHING_ELSE", "x"),
            ("LACUNA_EPOCHS", ""),
            ("HOME", "/"),
        ];
        let raw = RawConfig::from_environment(variables.map(|(k, v)| (k.to_owned(), v.to_owned())));
        let raw = raw.unwrap();
        assert_eq!(
            (raw.lr, raw.loss.dice, &raw.data, raw.epochs),
            (Some(0.5), Some(1.0), &None, None)
        );
        assert_eq!(KEYS.iter().filter(|key| variable(key).is_none()).count(), 2);
    }
}
