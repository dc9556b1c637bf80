//! What an account may be called. Names are written beside strokes and into files, and people tell each other by them.

use super::TeamError;

/// Longest name in characters.
const LONGEST: usize = 64;

/// The name as it is kept, and what it is known by: names that differ in case only are the same.
pub(super) struct Name {
    pub(super) shown: String,
    pub(super) key: String,
}

impl Name {
    pub(super) fn new(text: &str) -> Result<Self, TeamError> {
        let bad = |reason| Err(TeamError::BadName { name: text.to_owned(), reason });
        let shown = text.trim();
        if shown.is_empty() || shown.chars().count() > LONGEST {
            return bad("it has 1 to 64 characters");
        }
        if !shown.starts_with(char::is_alphanumeric) {
            return bad("it begins with a letter or a digit");
        }
        if !shown.chars().all(|c| c.is_alphanumeric() || " ._-@".contains(c)) {
            return bad("it has letters, digits, spaces and . _ - @ only");
        }
        if shown.contains("  ") {
            return bad("it has two spaces in a row");
        }
        Ok(Self { shown: shown.to_owned(), key: key(shown) })
    }
}

/// What an account is found by.
pub(super) fn key(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_people_can_tell_apart() {
        let table = [
            ("ada", Some("ada")),
            (" Ada Lovelace ", Some("ada lovelace")),
            ("Zoë", Some("zoë")),
            ("m.meier@clinic-1", Some("m.meier@clinic-1")),
            ("", None),
            ("(command line)", None),
            ("-ada", None),
            ("a\nb", None),
            ("a/b", None),
            ("a\u{200b}b", None),
            ("a  b", None),
        ];
        for (text, expected) in table {
            let name = Name::new(text).ok();
            assert_eq!(name.as_ref().map(|name| name.key.as_str()), expected, "{text:?}");
        }
        assert!(Name::new(&"x".repeat(65)).is_err());
    }
}
