//! SPDX licence expressions (SPDX specification 2.3, annex D), as far as packages use them: `OR`, `AND`,
//! `WITH`, parentheses, and `/` for `OR` as in manifests of before 2018.

use std::iter::Peekable;
use std::vec::IntoIter;

use anyhow::{Result, bail};

/// Whether the licences for which `is_allowed` says yes are enough to use something under `expression`.
///
/// `is_allowed` is asked for single licences, an exception included (`Apache-2.0 WITH LLVM-exception`).
pub(super) fn is_satisfied(expression: &str, is_allowed: impl Fn(&str) -> bool) -> Result<bool> {
    let mut parser = Parser { tokens: tokens(expression).into_iter().peekable(), is_allowed };
    let value = parser.any(expression)?;
    match parser.tokens.next() {
        None => Ok(value),
        Some(token) => bail!("unexpected `{token}` in `{expression}`"),
    }
}

fn tokens(expression: &str) -> Vec<String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    spaced.split_whitespace().map(String::from).collect()
}

/// Recursive descent that evaluates on the way; both sides are always read, so errors are never missed.
struct Parser<F> {
    tokens: Peekable<IntoIter<String>>,
    is_allowed: F,
}

impl<F: Fn(&str) -> bool> Parser<F> {
    /// `all (OR all)*`: OR binds weakest.
    fn any(&mut self, whole: &str) -> Result<bool> {
        let mut value = self.all(whole)?;
        while self.take("OR") {
            value |= self.all(whole)?;
        }
        Ok(value)
    }

    /// `one (AND one)*`
    fn all(&mut self, whole: &str) -> Result<bool> {
        let mut value = self.one(whole)?;
        while self.take("AND") {
            value &= self.one(whole)?;
        }
        Ok(value)
    }

    /// `( any )`, or a licence with or without an exception.
    fn one(&mut self, whole: &str) -> Result<bool> {
        if self.take("(") {
            let value = self.any(whole)?;
            if !self.take(")") {
                bail!("missing `)` in `{whole}`");
            }
            return Ok(value);
        }
        let mut licence = self.name(whole)?;
        if self.take("WITH") {
            licence = format!("{licence} WITH {}", self.name(whole)?);
        }
        Ok((self.is_allowed)(&licence))
    }

    fn name(&mut self, whole: &str) -> Result<String> {
        match self.tokens.next() {
            Some(token) if !["(", ")", "AND", "OR", "WITH"].contains(&token.as_str()) => Ok(token),
            Some(token) => bail!("`{token}` where a licence should be in `{whole}`"),
            None => bail!("`{whole}` ends where a licence should be"),
        }
    }

    fn take(&mut self, expected: &str) -> bool {
        self.tokens.next_if(|token| token == expected).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(licence: &str) -> bool {
        ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].contains(&licence)
    }

    #[test]
    fn expressions_are_evaluated() {
        let rows = [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("GPL-3.0-only OR MIT", true),
            ("MIT AND GPL-3.0-only", false),
            ("MIT AND ISC", true),
            // AND binds before OR, on either side.
            ("MIT OR GPL-3.0-only AND GPL-2.0-only", true),
            ("GPL-2.0-only AND GPL-3.0-only OR MIT", true),
            ("(MIT OR GPL-3.0-only) AND GPL-2.0-only", false),
            ("(GPL-3.0-only OR MIT) AND (ISC)", true),
            ("((MIT))", true),
            // The exception belongs to the licence: neither is allowed alone.
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0", false),
            ("MIT WITH Classpath-exception-2.0", false),
            ("Apache-2.0 WITH LLVM-exception AND MIT", true),
            // The old slash, with and without spaces.
            ("GPL-3.0/MIT", true),
            ("GPL-3.0 / Apache-2.0", false),
            // An `or later` is another licence than the one named.
            ("MIT+", false),
        ];
        for (expression, expected) in rows {
            assert_eq!(is_satisfied(expression, is_allowed).unwrap(), expected, "{expression}");
        }
    }

    #[test]
    fn malformed_expressions_are_errors() {
        let rows = [
            ("", "ends where a licence"),
            ("MIT OR", "ends where a licence"),
            ("OR MIT", "`OR` where a licence"),
            ("(MIT", "missing `)`"),
            ("MIT)", "unexpected `)`"),
            ("()", "`)` where a licence"),
            ("MIT ISC", "unexpected `ISC`"),
            ("MIT WITH", "ends where a licence"),
            // Read to the end, although the first licence would do.
            ("MIT OR AND", "`AND` where a licence"),
        ];
        for (expression, expected) in rows {
            let error = is_satisfied(expression, is_allowed).unwrap_err().to_string();
            assert!(error.contains(expected), "{expression}: {error}");
        }
    }
}
