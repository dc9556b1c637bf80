//! What a key is: its name, what it may hold and what it means; one source for checks, help and reference.

use super::error::ConfigError;
use super::named::Named;

/// A key of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name, with its section: `loss.dice`.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What it means, one sentence or two, for `--help` and the reference.
    pub doc: &'static str,
}

/// What a key may hold.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// A text.
    Text(&'static str),
    /// One of a few names.
    Choice(fn() -> Vec<&'static str>),
    /// A whole number in a range, both ends included.
    Integer(i64, i64),
    /// A number in a range.
    Number(Range),
    /// Two numbers in a range, the smaller first.
    Pair(Range),
    /// A number of pixels, or `[height, width]`.
    Size,
    /// `imagenet`, `dataset`, or mean and sd.
    Normalization,
    /// A table from class name to number.
    ByClass(Range),
}

/// A range of numbers.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Lower end.
    pub min: f64,
    /// Upper end; infinite for none.
    pub max: f64,
    /// Whether the lower end itself is left out.
    pub above: bool,
    /// Whether the upper end itself is left out.
    pub below: bool,
}

impl Range {
    /// From `min` to `max`, both included.
    pub const fn closed(min: f64, max: f64) -> Self {
        Self { min, max, above: false, below: false }
    }

    /// `min` or more.
    pub const fn at_least(min: f64) -> Self {
        Self::closed(min, f64::INFINITY)
    }

    /// More than `min`.
    pub const fn above(min: f64) -> Self {
        Self { above: true, ..Self::at_least(min) }
    }

    /// From `min` to less than `max`.
    pub const fn half_open(min: f64, max: f64) -> Self {
        Self { below: true, ..Self::closed(min, max) }
    }

    /// Whether `value` lies in the range; infinities and NaN never do.
    pub fn contains(self, value: f64) -> bool {
        let low = if self.above { value > self.min } else { value >= self.min };
        let high = if self.below { value < self.max } else { value <= self.max };
        value.is_finite() && low && high
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { min, max, above, below } = *self;
        match (above, max.is_finite(), below) {
            (true, false, _) => write!(f, "above {min}"),
            (false, false, _) => write!(f, "at least {min}"),
            (true, true, true) => write!(f, "above {min}, below {max}"),
            (true, true, false) => write!(f, "above {min}, at most {max}"),
            (false, true, true) => write!(f, "at least {min}, below {max}"),
            (false, true, false) => write!(f, "from {min} to {max}"),
        }
    }
}

/// The names of a setting that is one of a few.
pub(super) fn names<T: Named>() -> Vec<&'static str> {
    T::NAMES.iter().map(|(name, _)| *name).collect()
}

impl Key {
    /// What the key may hold, to follow "must be".
    pub fn allowed(&self) -> String {
        match self.kind {
            Kind::Text(what) => what.to_owned(),
            Kind::Choice(names) => {
                let quoted: Vec<_> = names().iter().map(|name| format!("\"{name}\"")).collect();
                quoted.join(" | ")
            }
            Kind::Integer(min, i64::MAX) => format!("a whole number, at least {min}"),
            Kind::Integer(min, max) => format!("a whole number from {min} to {max}"),
            Kind::Number(range) => format!("a number {range}"),
            Kind::Pair(range) => format!("two numbers {range}, the smaller first"),
            Kind::Size => "a number of pixels, or [height, width]".to_owned(),
            Kind::Normalization => {
                "\"imagenet\" | \"dataset\" | { mean = [r, g, b], sd = [r, g, b] } on the scale 0–1"
                    .to_owned()
            }
            Kind::ByClass(range) => format!("for each class a number {range}"),
        }
    }

    pub(super) fn wrong(&self, value: &dyn std::fmt::Display) -> ConfigError {
        let (key, value) = (self.name.to_owned(), value.to_string());
        ConfigError::Value { key, value, allowed: self.allowed() }
    }

    /// The value, which must be set.
    pub(super) fn set<T>(&self, value: Option<T>) -> Result<T, ConfigError> {
        value.ok_or(ConfigError::Missing(self.name))
    }

    pub(super) fn integer<T: TryFrom<i64>>(&self, value: Option<i64>) -> Result<T, ConfigError> {
        let value = self.set(value)?;
        let Kind::Integer(min, max) = self.kind else { return Err(self.wrong(&value)) };
        let valid = (min..=max).contains(&value);
        let converted = T::try_from(value).ok().filter(|_| valid);
        converted.ok_or_else(|| self.wrong(&value))
    }

    pub(super) fn number(&self, value: Option<f64>) -> Result<f64, ConfigError> {
        let value = self.set(value)?;
        match self.kind {
            Kind::Number(range) if range.contains(value) => Ok(value),
            _ => Err(self.wrong(&value)),
        }
    }

    pub(super) fn pair(&self, value: Option<[f64; 2]>) -> Result<[f64; 2], ConfigError> {
        let [low, high] = self.set(value)?;
        match self.kind {
            Kind::Pair(range) if range.contains(low) && range.contains(high) && low <= high => {
                Ok([low, high])
            }
            _ => Err(self.wrong(&format!("[{low}, {high}]"))),
        }
    }

    pub(super) fn choice<T: Named>(&self, value: Option<&String>) -> Result<T, ConfigError> {
        let name = self.set(value)?;
        T::from_name(name).ok_or_else(|| self.wrong(&format!("\"{name}\"")))
    }
}
