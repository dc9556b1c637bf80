//! A table as HTML.

use maud::{Markup, html};

use super::{Align, Cell, Column, Table};

pub(crate) fn render(table: &Table) -> Markup {
    let best = table.best();
    html! {
        div.table tabindex="0" role="region" aria-label=(table.title) {
            table {
                @if !table.title.is_empty() { caption { (table.title) } }
                thead { tr { @for column in &table.columns {
                    th scope="col" .right[column.align == Align::Right] { (column.head) }
                } } }
                tbody { @for (row, best) in table.rows.iter().zip(&best) { tr {
                    @for (i, cell) in row.iter().enumerate() {
                        (render_cell(cell, &table.columns[i], i == 0, best[i]))
                    }
                } } }
            }
        }
        @if !table.notes.is_empty() || table.best_note().is_some() {
            ul.notes {
                @if let Some(note) = table.best_note() { li { strong { "Bold" } ": " (note) } }
                @for note in &table.notes { li { (note) } }
            }
        }
    }
}

fn render_cell(cell: &Cell, column: &Column, first: bool, best: bool) -> Markup {
    let right = column.align == Align::Right;
    let content = html! { @if best { strong { (cell.shown()) } } @else { (cell.shown()) } };
    html! {
        @if first && !right { th scope="row" { (content) } }
        @else { td .right[right] { (content) } }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn html_is_escaped_and_marks_the_best() {
        let html = super::super::tests::sample().to_html();
        assert!(html.contains(r#"<th scope="row">fusion|box &lt;b&gt;</th>"#), "{html}");
        assert!(html.contains(r#"<td class="right"><strong>3.0</strong></td>"#), "{html}");
        assert!(html.contains("<caption>Dice, all pixels</caption>"), "{html}");
    }
}
