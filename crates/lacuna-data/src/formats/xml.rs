//! XML of other tools: no document types, so no entities to expand, and a bounded number of nodes.

use std::path::Path;

use roxmltree::{Document, Node, ParsingOptions};

use super::Problem;
use super::text_file::wrong;

/// The most nodes of a document; each takes some tens of bytes.
const MAX_NODES: u32 = 20_000_000;
/// The deepest nesting: the parser keeps its place on the stack.
const MAX_DEPTH: usize = 200;

/// Parses a document.
pub(crate) fn parse<'a>(text: &'a str, path: &Path) -> Result<Document<'a>, Problem> {
    if depth(text) > MAX_DEPTH {
        return Err(wrong(path, format!("XML nested deeper than {MAX_DEPTH} levels")));
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..Default::default() };
    Document::parse_with_options(text, options).map_err(|error| wrong(path, error))
}

/// How deep elements are nested; of a document that is not well-formed, anything.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = tag_end(rest);
        let tag = rest[..end].trim_end();
        match tag.as_bytes().first() {
            Some(b'/') => depth = depth.saturating_sub(1),
            Some(b'!' | b'?') => {}
            _ if tag.ends_with('/') => {}
            _ => depth += 1,
        }
        deepest = deepest.max(depth);
        rest = &rest[end..];
    }
    deepest
}

/// Where a tag, comment or CDATA section ends whose `<` has been taken away.
fn tag_end(rest: &str) -> usize {
    for (start, end) in [("!--", "-->"), ("![CDATA[", "]]>")] {
        if rest.starts_with(start) {
            return rest.find(end).unwrap_or(rest.len());
        }
    }
    let mut quote = None;
    for (i, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return i,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    rest.len()
}

/// The text of the first child element of that name.
pub(crate) fn child_text<'a>(node: Node<'a, 'a>, name: &str) -> Option<&'a str> {
    let child = node.children().find(|child| child.has_tag_name(name))?;
    Some(child.text().unwrap_or_default().trim())
}

/// A number in an attribute.
pub(crate) fn number<T: std::str::FromStr>(node: Node<'_, '_>, name: &str) -> Result<T, String> {
    let tag = node.tag_name().name();
    let text = node.attribute(name).ok_or_else(|| format!("a {tag} without `{name}`"))?;
    text.trim().parse().map_err(|_| format!("a {tag} whose `{name}` is `{text}`"))
}

/// A number in an attribute that need not be there.
pub(crate) fn number_or(node: Node<'_, '_>, name: &str, default: f64) -> Result<f64, String> {
    if node.has_attribute(name) { number(node, name) } else { Ok(default) }
}

/// Text as it may stand in an attribute or an element.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_elements_are_nested() {
        let table = [
            ("<a><b/><b c='>'/><b c=\"/>\"></b></a>", 2),
            ("<?xml version='1.0'?><a><!-- <x><y><z> --><![CDATA[<x><y>]]><b></b></a>", 2),
            ("<a><b><c/></b></a>", 2),
            ("<a", 1),
            ("", 0),
        ];
        for (text, expected) in table {
            assert_eq!(depth(text), expected, "{text}");
        }
        let boxes = "<box label='a>b'/>".repeat(1000);
        assert!(parse(&format!("<a>{boxes}</a>"), Path::new("f.xml")).is_ok());
    }

    #[test]
    fn hostile_documents_are_refused() {
        let laughs = "<!DOCTYPE a [<!ENTITY x \"ha\"><!ENTITY y \"&x;&x;\">]><a>&y;</a>";
        let outside = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
        let deep = "<a>".repeat(1_000_000);
        for text in [laughs, outside, &deep, "<a>", "", "\0", "<a b=></a>"] {
            let error = parse(text, Path::new("f.xml")).unwrap_err();
            assert!(error.message.contains("f.xml"), "{}", error.message);
        }
        let text = format!("<a b=\"{}\"/>", escaped("<\"&'>é"));
        let document = parse(&text, Path::new("f.xml")).unwrap();
        assert_eq!(document.root_element().attribute("b"), Some("<\"&'>é"));
    }
}
