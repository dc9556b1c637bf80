//! Formats with their options, as lists show them.

use std::collections::BTreeMap;

use lacuna_data::formats::Format;

use crate::error_report::UsageError;

/// One line a format, and one for each of its options.
pub(super) fn text(formats: &[&Format]) -> String {
    let mut text = String::new();
    for format in formats {
        text.push_str(&format!("{:<14}{}\n", format.name, format.about));
        for option in format.options {
            let default = match option.default {
                "" => String::new(),
                value => format!(" [default: {value}]"),
            };
            let (name, values, about) = (option.name, option.values, option.about);
            text.push_str(&format!("    --option {name}=…  {about} ({values}){default}\n"));
        }
    }
    text
}

/// Options by name; each may be given once.
pub(super) fn options(given: &[(String, String)]) -> Result<BTreeMap<String, String>, UsageError> {
    let mut options = BTreeMap::new();
    for (name, value) in given {
        if options.insert(name.clone(), value.clone()).is_some() {
            return Err(UsageError::new(format!("option `{name}` is given twice")));
        }
    }
    Ok(options)
}
