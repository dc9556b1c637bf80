//! What a format is, for people who choose one: its name, what it holds, and its options.

use std::collections::BTreeMap;

use serde::Serialize;

/// A format that can be imported or exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// What an unpainted pixel means in it; `None` for what is only written.
    pub unpainted: Option<UnpaintedRule>,
    /// What can be set beside the settings that all formats share.
    pub options: &'static [OptionInfo],
}

/// Who knows what an unpainted pixel means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnpaintedRule {
    /// Nobody but the user: it must be said.
    Ask,
    /// The format itself has a value for unknown pixels; unless the user says otherwise, the rest is background.
    Background,
    /// The format itself has a value for negative pixels; unless the user says otherwise, the rest is unknown.
    Unknown,
}

/// One setting of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OptionInfo {
    /// Its name.
    pub name: &'static str,
    /// The values it takes, for people to read.
    pub values: &'static str,
    /// The value it has if nothing is said; empty means none.
    pub default: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
}

/// An option that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// A name that the format does not have.
    #[error("{format} has no option `{name}`; its options are: {known}")]
    Unknown {
        /// The format.
        format: &'static str,
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A value that the option does not take.
    #[error("option `{name}` of {format} takes {values}, not `{value}`")]
    Value {
        /// The format.
        format: &'static str,
        /// The option.
        name: String,
        /// The value given.
        value: String,
        /// The values it takes.
        values: &'static str,
    },
    /// Something that the format cannot do without.
    #[error("{format} needs to know {what}")]
    Missing {
        /// The format.
        format: &'static str,
        /// What is missing.
        what: &'static str,
    },
}

/// Option names with the values given for them, checked against a format.
#[derive(Clone, Debug)]
pub struct OptionValues {
    format: &'static Format,
    given: BTreeMap<String, String>,
}

impl OptionValues {
    /// Refuses names that the format does not have.
    pub fn new(
        format: &'static Format,
        given: BTreeMap<String, String>,
    ) -> Result<Self, OptionError> {
        let has = |name: &String| format.options.iter().any(|option| option.name == name);
        if let Some(name) = given.keys().find(|name| !has(name)) {
            let known: Vec<_> = format.options.iter().map(|option| option.name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(OptionError::Unknown { format: format.name, name: name.clone(), known });
        }
        Ok(Self { format, given })
    }

    /// Nothing but defaults.
    pub fn defaults(format: &'static Format) -> Self {
        Self { format, given: BTreeMap::new() }
    }

    /// The text given for an option, else its default.
    pub(crate) fn text(&self, name: &str) -> &str {
        let default = self.info(name).map_or("", |option| option.default);
        self.given.get(name).map_or(default, String::as_str)
    }

    /// The text of an option that has no default.
    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// One of several words.
    pub(crate) fn one_of<T: Copy>(
        &self,
        name: &str,
        table: &[(&str, T)],
    ) -> Result<T, OptionError> {
        let text = self.text(name);
        let found = table.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| self.bad(name))
    }

    /// `yes` or `no`.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, OptionError> {
        self.one_of(name, &[("yes", true), ("no", false)])
    }

    /// A number.
    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, OptionError> {
        self.text(name).trim().parse().map_err(|_| self.bad(name))
    }

    /// A number of an option that has no default.
    pub(crate) fn optional_number<T: std::str::FromStr>(
        &self,
        name: &str,
    ) -> Result<Option<T>, OptionError> {
        self.optional(name).map(|_| self.number(name)).transpose()
    }

    /// The error that an option's value is none that it takes.
    pub(crate) fn bad(&self, name: &str) -> OptionError {
        OptionError::Value {
            format: self.format.name,
            name: name.to_owned(),
            value: self.text(name).to_owned(),
            values: self.info(name).map_or("", |option| option.values),
        }
    }

    fn info(&self, name: &str) -> Option<&OptionInfo> {
        self.format.options.iter().find(|option| option.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static FORMAT: Format = Format {
        name: "x",
        about: "",
        unpainted: None,
        options: &[OptionInfo { name: "crowd", values: "yes or no", default: "no", about: "" }],
    };

    #[test]
    fn options_are_checked_by_name_and_by_value() {
        let given = |name: &str, value: &str| {
            OptionValues::new(&FORMAT, BTreeMap::from([(name.to_owned(), value.to_owned())]))
        };
        assert!(!OptionValues::defaults(&FORMAT).flag("crowd").unwrap());
        assert!(given("crowd", "yes").unwrap().flag("crowd").unwrap());
        let error = given("crowd", "perhaps").unwrap().flag("crowd").unwrap_err().to_string();
        assert_eq!(error, "option `crowd` of x takes yes or no, not `perhaps`");
        let error = given("crwd", "yes").unwrap_err().to_string();
        assert_eq!(error, "x has no option `crwd`; its options are: crowd");
    }
}
