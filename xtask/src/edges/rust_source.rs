//! Just enough reading of Rust: comments and literals told from code, tests told from the rest.

use std::ops::Range;

/// The attribute that starts an item of tests, as rustfmt writes it.
const TEST_ATTRIBUTE: &str = "#[cfg(test)]";

/// A source text and its code: the same bytes and lines with comments and literals blanked.
pub(super) struct RustSource<'a> {
    text: &'a str,
    code: String,
    /// Byte ranges of the items under `#[cfg(test)]`, in order and apart.
    tests: Vec<Range<usize>>,
}

/// A word or a punctuation character, with its place in bytes.
#[derive(Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> RustSource<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let code = blank(text);
        let tests = test_items(&code);
        Self { text, code, tests }
    }

    /// A file that is tests from its first line to its last.
    pub(super) fn of_tests(text: &'a str) -> Self {
        let whole = 0..text.len();
        Self { text, code: blank(text), tests: vec![whole] }
    }

    /// Lines of the file less those of its tests; comments and blank lines count.
    pub(super) fn lines_outside_tests(&self) -> usize {
        let tests: usize =
            self.tests.iter().map(|range| self.text[range.clone()].lines().count()).sum();
        self.text.lines().count().saturating_sub(tests)
    }

    /// The tests alone, literals included.
    pub(super) fn text_of_tests(&self) -> String {
        self.tests.iter().map(|range| &self.text[range.clone()]).collect()
    }

    /// The first line that names the crate `name`, or one of its family (`name_…`), in a path or a `use`.
    pub(super) fn line_naming_crate(&self, name: &str) -> Option<usize> {
        let tokens = self.tokens();
        let family = format!("{name}_");
        let names = |index: &usize| {
            let word = tokens[*index].text;
            let is_rooted = index.checked_sub(1).is_none_or(|before| tokens[before].text != ":")
                || index.checked_sub(3).is_none_or(|before| !is_word(tokens[before].text));
            let is_imported = index
                .checked_sub(1)
                .is_some_and(|before| matches!(tokens[before].text, "use" | "crate"));
            let is_followed = tokens.get(index + 1).is_some_and(|after| after.text == ":")
                && tokens.get(index + 2).is_some_and(|after| after.text == ":");
            (word == name || word.starts_with(&family)) && is_rooted && (is_imported || is_followed)
        };
        (0..tokens.len()).find(names).map(|index| self.line(tokens[index].at))
    }

    /// The first line outside tests that names `path`, one or two words long, by a path or a `use` group.
    pub(super) fn line_naming_path_outside_tests(&self, path: &[&str]) -> Option<usize> {
        let tokens = self.tokens();
        let is_named = |index: &usize| {
            let token = tokens[*index];
            let is_test = self.tests.iter().any(|range| range.contains(&token.at));
            !is_test && path.first() == Some(&token.text) && {
                let children = path_children(&tokens[index + 1..]);
                path[1..].iter().all(|child| children.contains(child))
            }
        };
        (0..tokens.len()).find(is_named).map(|index| self.line(tokens[index].at))
    }

    fn tokens(&self) -> Vec<Token<'_>> {
        let mut tokens = Vec::new();
        let mut rest = self.code.as_str();
        while let Some(first) = rest.chars().next() {
            let at = self.code.len() - rest.len();
            let length = if is_word_character(first) {
                rest.find(|c| !is_word_character(c)).unwrap_or(rest.len())
            } else {
                first.len_utf8()
            };
            if !first.is_whitespace() {
                tokens.push(Token { text: &rest[..length], at });
            }
            rest = &rest[length..];
        }
        tokens
    }

    fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }
}

/// The words that follow `::`: the next one, or all those directly in a `{…}` group.
fn path_children<'a>(after: &[Token<'a>]) -> Vec<&'a str> {
    let [first, second, rest @ ..] = after else { return Vec::new() };
    if first.text != ":" || second.text != ":" {
        return Vec::new();
    }
    let mut depth = 0_usize;
    let mut children = Vec::new();
    let mut is_start = true;
    for token in rest {
        match token.text {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            word if is_word(word) && is_start && depth <= 1 => children.push(word),
            _ => {}
        }
        is_start = matches!(token.text, "{" | ",");
        if depth == 0 {
            break;
        }
    }
    children
}

fn is_word(text: &str) -> bool {
    text.starts_with(is_word_character)
}

fn is_word_character(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// The ranges of the items under the test attribute: to the `;` or the matching `}`.
fn test_items(code: &str) -> Vec<Range<usize>> {
    let mut items: Vec<Range<usize>> = Vec::new();
    for (start, _) in code.match_indices(TEST_ATTRIBUTE) {
        if items.last().is_none_or(|item| item.end <= start) {
            items.push(start..item_end(code, start + TEST_ATTRIBUTE.len()));
        }
    }
    items
}

fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, byte) in code[from..].bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth <= 1 => return from + offset + 1,
            b'}' => depth -= 1,
            b';' if depth == 0 => return from + offset + 1,
            _ => {}
        }
    }
    code.len()
}

/// The text with every comment and every literal replaced by blanks of the same length; lines stay.
fn blank(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let length = comment_or_literal(rest, before);
        let (piece, tail) = rest.split_at(length.unwrap_or(first.len_utf8()));
        if length.is_some() {
            code.extend(piece.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        } else {
            code.push(first);
        }
        before = first;
        rest = tail;
    }
    code
}

/// The length of the comment or literal that `rest` starts with, if it does; `before` is the character before.
fn comment_or_literal(rest: &str, before: char) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    if rest.starts_with('\'') {
        return character(rest);
    }
    if is_word_character(before) {
        return string(rest, "");
    }
    ["", "b", "c", "r", "br", "cr"].iter().find_map(|prefix| string(rest, prefix))
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// A character literal; `None` for a lifetime or a label.
fn character(rest: &str) -> Option<usize> {
    let mut characters = rest.char_indices().skip(1);
    let (_, first) = characters.next()?;
    if first == '\\' {
        characters.next()?;
        return characters.find(|(_, c)| *c == '\'').map(|(at, _)| at + 1);
    }
    characters.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 1)
}

fn string(rest: &str, prefix: &str) -> Option<usize> {
    let body = rest.strip_prefix(prefix)?;
    if prefix.ends_with('r') {
        let hashes = body.bytes().take_while(|byte| *byte == b'#').count();
        let content = body[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = content.find(&end).map_or(content.len(), |at| at + end.len());
        return Some(prefix.len() + hashes + 1 + length);
    }
    let content = body.strip_prefix('"')?;
    let mut is_escaped = false;
    let end = content.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    Some(prefix.len() + 1 + end.map_or(content.len(), |at| at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        let rows = [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */\nd */ e", "a             \n     e"),
            (r#"f("a\"b", x)"#, "f(      , x)"),
            (r##"f(r#"a"b"#, x)"##, "f(        , x)"),
            (r#"f(b"a", br"\", 'b', '\'', '\u{41}')"#, "f(    ,      ,    ,     ,         )"),
            // A lifetime is no literal.
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
            // Nor is the end of a word a prefix.
            ("bar\"x\"", "bar   "),
            // Non-ASCII literals keep their length in bytes.
            ("'é' \"é\"", "         "),
        ];
        for (text, expected) in rows {
            assert_eq!(blank(text), expected, "{text}");
            assert_eq!(blank(text).len(), text.len());
        }
    }

    #[test]
    fn the_engine_is_told_from_what_looks_like_it() {
        let rows = [
            ("use burn::Tensor;", Some(1)),
            ("\nuse burn;", Some(2)),
            ("extern crate burn;", Some(1)),
            ("fn f() {\n    ::burn::x();\n}", Some(2)),
            ("let x = burn_flex::device();", Some(1)),
            ("use {std::fmt, burn::Tensor};", Some(1)),
            // Words, fields and comments are not paths.
            ("let burn_in = 3; // burn::x", None),
            ("/// [burn::Tensor]\nfn sunburn() { x.burn(); }", None),
            ("let s = \"use burn::x;\";", None),
            ("use crate::slow::burn::x;", None),
        ];
        for (text, expected) in rows {
            assert_eq!(RustSource::new(text).line_naming_crate("burn"), expected, "{text}");
        }
    }

    #[test]
    fn tests_are_not_counted() {
        let rows = [
            ("fn f() {}\n\n#[cfg(test)]\nmod tests {\n    fn g() { \"}\"; }\n}\n", 2),
            ("fn f() {}\n#[cfg(test)]\nmod tests;\nfn h() {}\n", 2),
            ("#[cfg(test)]\nmod a {\n}\nfn f() {}\n#[cfg(test)]\nmod b {}\n", 1),
            ("// #[cfg(test)]\nfn f() {}\n", 2),
        ];
        for (text, lines) in rows {
            assert_eq!(RustSource::new(text).lines_outside_tests(), lines, "{text}");
        }
        assert_eq!(RustSource::of_tests("fn f() {}\n").lines_outside_tests(), 0);
    }

    #[test]
    fn paths_are_found_in_groups_too() {
        let rows = [
            ("use lacuna_nn::engine;", Some(1)),
            ("use lacuna_nn::{\n    Unet,\n    engine::{self, Device},\n};", Some(1)),
            ("use lacuna_nn::{Unet, weights::engine};", None),
            ("use lacuna_nn::Unet; use crate::engine;", None),
            ("use lacuna_nn as nn;", None),
        ];
        for (text, expected) in rows {
            let source = RustSource::new(text);
            let found = source.line_naming_path_outside_tests(&["lacuna_nn", "engine"]);
            assert_eq!(found, expected, "{text}");
        }
    }
}
