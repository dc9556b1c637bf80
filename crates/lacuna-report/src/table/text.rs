//! A table as plain text for a terminal.

use super::{Align, Best, Table};

/// The widest line written.
const MAX_WIDTH: usize = 100;
/// Between columns.
const GAP: &str = "  ";
/// Words are not squeezed further than this.
const MIN_WORDS: usize = 12;
/// Width of words in a table that continues below; twice this and a gap fit.
const WORDS: usize = 36;
/// The widest number; with a column of words it fits.
const NUMBERS: usize = 60;

pub(super) fn render(table: &Table) -> String {
    let grid = Grid::new(table);
    let widths = grid.widths();
    let mut out = String::new();
    if !table.title.is_empty() {
        push_wrapped(&mut out, &table.title, MAX_WIDTH);
        out.push('\n');
    }
    for (i, block) in blocks(&widths).iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        grid.push_block(&mut out, block, &widths);
    }
    let best = table.best_note().map(|note| format!("* {note}"));
    let notes: Vec<_> = best.iter().chain(&table.notes).collect();
    if !notes.is_empty() {
        out.push('\n');
    }
    for note in notes {
        push_wrapped(&mut out, note, MAX_WIDTH);
    }
    out
}

/// The text of every cell, without control characters: a case id must not move the cursor.
struct Grid {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
    align: Vec<Align>,
}

impl Grid {
    fn new(table: &Table) -> Self {
        let slot = |c: usize| table.columns[c].best != Best::Unmarked;
        let rows = table.rows.iter().zip(table.best()).map(|(row, best)| {
            let cells = row.iter().zip(best).enumerate();
            cells
                .map(|(c, (cell, best))| {
                    let mark = if best { "*" } else { " " };
                    printable(&cell.shown()) + if slot(c) { mark } else { "" }
                })
                .collect()
        });
        let heads = table.columns.iter().enumerate();
        Self {
            heads: heads
                .map(|(c, column)| printable(&column.head) + if slot(c) { " " } else { "" })
                .collect(),
            rows: rows.collect(),
            align: table.columns.iter().map(|column| column.align).collect(),
        }
    }

    /// Column widths: as the content asks; if that is too wide, heads wrap, then words do.
    fn widths(&self) -> Vec<usize> {
        let columns = 0..self.heads.len();
        let cells = |c: usize| self.rows.iter().map(|row| count(&row[c])).max().unwrap_or(0);
        let mut widths: Vec<_> =
            columns.clone().map(|c| cells(c).max(count(&self.heads[c])).max(1)).collect();
        if total(&widths) > MAX_WIDTH {
            for c in columns {
                let word = self.heads[c].split(' ').map(count).max().unwrap_or(0);
                widths[c] = cells(c).max(word).max(1);
            }
        }
        let narrow = self.squeezed(&widths);
        if total(&narrow) <= MAX_WIDTH {
            return narrow;
        }
        // The table continues below anyway, so words keep a readable width.
        for (width, align) in widths.iter_mut().zip(&self.align) {
            *width = (*width).min(if *align == Align::Left { WORDS } else { NUMBERS });
        }
        widths
    }

    /// Takes from the widest column of words until the table fits or words are too narrow to read.
    fn squeezed(&self, widths: &[usize]) -> Vec<usize> {
        let mut widths = widths.to_vec();
        while total(&widths) > MAX_WIDTH {
            let words = (0..widths.len()).filter(|c| self.align[*c] == Align::Left);
            match words.max_by_key(|c| (widths[*c], *c)) {
                Some(widest) if widths[widest] > MIN_WORDS => widths[widest] -= 1,
                _ => break,
            }
        }
        widths
    }

    fn push_block(&self, out: &mut String, block: &[usize], widths: &[usize]) {
        self.push_row(out, &self.heads, block, widths, true);
        let rules: Vec<_> = block.iter().map(|c| "-".repeat(widths[*c])).collect();
        out.push_str(&rules.join(GAP));
        out.push('\n');
        for row in &self.rows {
            self.push_row(out, row, block, widths, false);
        }
    }

    /// One row, as many lines as its longest cell; heads stand on their rule.
    fn push_row(
        &self,
        out: &mut String,
        row: &[String],
        block: &[usize],
        widths: &[usize],
        bottom: bool,
    ) {
        let cells: Vec<_> = block.iter().map(|c| wrap(&row[*c], widths[*c])).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let parts = cells.iter().zip(block).map(|(lines, c)| {
                let skipped = if bottom { height - lines.len() } else { 0 };
                let text = line.checked_sub(skipped).and_then(|i| lines.get(i));
                pad(text.map_or("", String::as_str), widths[*c], self.align[*c])
            });
            out.push_str(parts.collect::<Vec<_>>().join(GAP).trim_end());
            out.push('\n');
        }
    }
}

/// Which columns stand side by side; the first is repeated in every block.
fn blocks(widths: &[usize]) -> Vec<Vec<usize>> {
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for c in 0..widths.len() {
        let fits = |block: &Vec<usize>| {
            let wide: Vec<_> = block.iter().chain([&c]).map(|c| widths[*c]).collect();
            total(&wide) <= MAX_WIDTH
        };
        match blocks.last_mut().filter(|block| fits(block)) {
            Some(block) => block.push(c),
            None if c == 0 => blocks.push(vec![0]),
            None => blocks.push(vec![0, c]),
        }
    }
    blocks
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1)
}

fn count(text: &str) -> usize {
    text.chars().count()
}

fn printable(text: &str) -> String {
    // Also the marks that turn the direction of text around: they would rearrange the line.
    let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '�' } else { c }).collect()
}

fn pad(text: &str, width: usize, align: Align) -> String {
    let space = " ".repeat(width.saturating_sub(count(text)));
    if align == Align::Right { space + text } else { text.to_owned() + &space }
}

fn push_wrapped(out: &mut String, text: &str, width: usize) {
    for line in wrap(&printable(text), width) {
        out.push_str(&line);
        out.push('\n');
    }
}

/// Breaks at spaces; a word longer than the width is cut.
fn wrap(text: &str, width: usize) -> Vec<String> {
    if count(text) <= width {
        return vec![text.to_owned()];
    }
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut rest: Vec<char> = word.chars().collect();
        let line = lines.last().map_or(0, |line| count(line));
        if line > 0 && line + 1 + rest.len() > width {
            lines.push(String::new());
        }
        while !rest.is_empty() {
            let line = lines.len() - 1;
            let gap = usize::from(!lines[line].is_empty());
            let room = (width - count(&lines[line])).saturating_sub(gap).min(rest.len());
            if gap == 1 {
                lines[line].push(' ');
            }
            lines[line].extend(rest.drain(..room));
            if !rest.is_empty() {
                lines.push(String::new());
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Cell, Column};

    #[test]
    fn text_is_aligned_and_marks_the_best() {
        let expected = "\
Dice, all pixels

policy                            gum   HD95 (mm)   cases
------------------  ------------------  ----------  -----
standard            0.38 [0.30, 0.45]        12.2       8
fusion|box <b>      0.87 [0.85, 0.90]*        3.0*      8
nothing, \"painted\"                  –           –       –

* best in its column
95 % interval over patients
";
        assert_eq!(super::super::tests::sample().to_text(), expected);
    }

    #[test]
    fn wide_tables_wrap_and_then_continue_below() {
        let mut columns = vec![Column::text("case"), Column::text("remark")];
        columns.extend((0..12).map(|i| Column::number(format!("number {i}"))));
        let mut table = Table::new("wide", columns);
        let words = "a remark of several words that goes on and on ".repeat(4);
        let mut row = vec![Cell::text("x".repeat(70)), Cell::text(words)];
        row.extend((0..12).map(|i| Cell::with_interval(f64::from(i), [0.0, 1.0], 3)));
        table.row(row);
        let text = table.to_text();
        assert!(text.lines().all(|line| count(line) <= MAX_WIDTH), "{text}");
        assert_eq!(text.matches("several words").count(), 4, "{text}");
        assert!(text.contains("11.000 [0.000, 1.000]"), "{text}");
        assert_eq!(text.matches('x').count() % 70, 0, "the first column is whole in each block");
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_character_is_lost(
            words in proptest::collection::vec("[a-z ]{0,60}", 1..8),
            numbers in 0..9_usize,
        ) {
            let mut columns: Vec<_> = words.iter().map(|_| Column::text("x")).collect();
            columns.extend((0..numbers).map(|i| Column::number(format!("n {i}")).highest_is_best()));
            let mut table = Table::new("", columns);
            let cells = words.iter().map(Cell::text);
            table.row(cells.chain((0..numbers).map(|i| Cell::number(i as f64, 8))).collect());
            let text = table.to_text();
            proptest::prop_assert!(text.lines().all(|line| count(line) <= MAX_WIDTH), "{}", text);
            let shown = text.chars().filter(char::is_ascii_lowercase).count();
            let given: usize =
                words.iter().map(|w| w.chars().filter(|c| *c != ' ').count()).sum();
            proptest::prop_assert!(shown >= given + words.len() + numbers, "{}", text);
        }
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let mut table = Table::new("\u{1b}[2J", vec![Column::text("case")]);
        table.row(vec![Cell::text("a\nb\u{7}")]);
        assert_eq!(table.to_text(), "�[2J\n\ncase\n----\na�b�\n");
    }
}
