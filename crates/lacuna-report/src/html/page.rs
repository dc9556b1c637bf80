//! The page around the sections.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Report;

/// Styles of the page.
const STYLE: &str = include_str!("style.css");
/// Pictures and styles inside the file, nothing else from anywhere.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

pub(super) fn render(report: &Report) -> Markup {
    let listed: Vec<_> = report.sections.iter().filter(|section| !section.id.is_empty()).collect();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                title { (report.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                @if listed.len() > 1 {
                    nav aria-label="Contents" { ol { @for section in &listed {
                        li { a href={ "#" (section.id) } { (section.heading) } }
                    } } }
                }
                main {
                    header {
                        h1 { (report.title) }
                        @if !report.lead.is_empty() { p.lead { (rich(&report.lead)) } }
                    }
                    @for section in &report.sections {
                        section id=[(!section.id.is_empty()).then_some(&section.id)] {
                            @if !section.heading.is_empty() { h2 { (rich(&section.heading)) } }
                            @for block in &section.body { (block) }
                        }
                    }
                    @if !report.footer.is_empty() { footer { (rich(&report.footer)) } }
                }
            }
        }
    }
}

pub(super) fn caption(text: &str) -> Markup {
    html! { @if !text.is_empty() { figcaption { (rich(text)) } } }
}

/// Escaped text, with what stands between backticks set as code.
pub(super) fn rich(text: &str) -> Markup {
    let parts: Vec<_> = text.split('`').collect();
    if parts.len() % 2 == 0 {
        return html! { (text) };
    }
    html! { @for (i, part) in parts.iter().enumerate() {
        @if i % 2 == 1 { code { (part) } } @else { (part) }
    } }
}

/// An id for section `number`, readable in the address bar.
pub(super) fn anchor(number: usize, heading: &str) -> String {
    let lower = heading.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut id = format!("s{number}");
    for word in words.take(6) {
        id.push('-');
        id.push_str(word);
    }
    id
}
