//! A table as GitHub Markdown.

use super::{Align, Table};

pub(super) fn render(table: &Table) -> String {
    let mut lines = Vec::new();
    if !table.title.is_empty() {
        lines.extend([format!("**{}**", escape(&table.title)), String::new()]);
    }
    lines.push(line(table.columns.iter().map(|column| escape(&column.head))));
    lines.push(line(table.columns.iter().map(|column| rule(column.align))));
    for (row, best) in table.rows.iter().zip(table.best()) {
        lines.push(line(row.iter().zip(best).map(|(cell, best)| {
            let text = escape(&cell.shown());
            if best { format!("**{text}**") } else { text }
        })));
    }
    if let Some(note) = table.best_note() {
        lines.extend([String::new(), format!("Bold: {note}.")]);
    }
    for note in &table.notes {
        lines.extend([String::new(), escape(note)]);
    }
    lines.join("\n") + "\n"
}

fn rule(align: Align) -> String {
    if align == Align::Right { "--:" } else { ":--" }.to_owned()
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
}

/// Keeps text from being read as Markdown or HTML.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '~' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn markdown_is_escaped() {
        let expected = r#"**Dice, all pixels**

| policy | gum | HD95 (mm) | cases |
| :-- | --: | --: | --: |
| standard | 0.38 \[0.30, 0.45\] | 12.2 | 8 |
| fusion\|box &lt;b&gt; | **0.87 \[0.85, 0.90\]** | **3.0** | 8 |
| nothing, "painted" | – | – | – |

Bold: best in its column.

95 % interval over patients
"#;
        assert_eq!(super::super::tests::sample().to_markdown(), expected);
    }
}
