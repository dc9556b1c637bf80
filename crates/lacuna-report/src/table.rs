//! Tables of text and numbers, once described, rendered for a terminal, Markdown, HTML and CSV.
//!
//! Numbers are shown with the decimals asked for; CSV keeps them whole and gives their interval or
//! standard deviation columns of its own.

mod csv;
mod html;
mod markdown;
mod text;

pub(crate) use html::render as render_html;

use lacuna_metrics::BootstrapMean;

/// What stands in one cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// No value; shown as a dash.
    Missing,
    /// Words.
    Text(String),
    /// A number; not finite counts as missing.
    Number {
        /// The number.
        value: f64,
        /// Digits after the point.
        decimals: usize,
        /// How sure it is.
        spread: Spread,
    },
}

/// How sure a number is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spread {
    /// Nothing said.
    None,
    /// Standard deviation, shown as `0.71 (0.02)`.
    Sd(f64),
    /// Lower and upper end, shown as `0.71 [0.66, 0.75]`.
    Interval([f64; 2]),
}

impl Cell {
    /// A cell of words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A number shown with `decimals` digits after the point.
    pub const fn number(value: f64, decimals: usize) -> Self {
        Self::Number { value, decimals, spread: Spread::None }
    }

    /// A count.
    pub const fn count(count: usize) -> Self {
        Self::number(count as f64, 0)
    }

    /// A number that may be undefined, as Dice on a class that is nowhere.
    pub fn maybe(value: Option<f64>, decimals: usize) -> Self {
        value.map_or(Self::Missing, |value| Self::number(value, decimals))
    }

    /// A number with its confidence interval.
    pub const fn with_interval(value: f64, interval: [f64; 2], decimals: usize) -> Self {
        Self::Number { value, decimals, spread: Spread::Interval(interval) }
    }

    /// A mean over cases with its bootstrap interval, if there were groups enough for one.
    pub fn bootstrap(mean: &BootstrapMean, decimals: usize) -> Self {
        match mean.interval {
            Some(interval) => Self::with_interval(mean.mean, [interval.lo, interval.hi], decimals),
            None => Self::number(mean.mean, decimals),
        }
    }

    /// A number with its standard deviation.
    pub const fn with_sd(value: f64, sd: f64, decimals: usize) -> Self {
        Self::Number { value, decimals, spread: Spread::Sd(sd) }
    }

    /// The finite number in the cell.
    fn value(&self) -> Option<f64> {
        match self {
            Self::Number { value, .. } if value.is_finite() => Some(*value),
            _ => None,
        }
    }

    /// The number as shown, without its spread.
    fn shown_value(&self) -> Option<String> {
        match self {
            Self::Number { value, decimals, .. } if value.is_finite() => {
                Some(fixed(*value, *decimals))
            }
            _ => None,
        }
    }

    /// The cell as shown, unescaped.
    fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number { value, decimals, spread } if value.is_finite() => {
                let value = fixed(*value, *decimals);
                match spread {
                    Spread::Sd(sd) if sd.is_finite() => {
                        format!("{value} ({})", fixed(*sd, *decimals))
                    }
                    Spread::Interval([lo, hi]) if lo.is_finite() && hi.is_finite() => {
                        format!("{value} [{}, {}]", fixed(*lo, *decimals), fixed(*hi, *decimals))
                    }
                    _ => value,
                }
            }
            _ => "–".to_owned(),
        }
    }
}

/// A number with `decimals` digits, without a negative zero.
fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|c| c == '0' || c == '.') => digits.to_owned(),
        _ => text,
    }
}

/// Where the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// At the left: words.
    Left,
    /// At the right: numbers.
    Right,
}

/// Which number of a column is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Best {
    /// None.
    Unmarked,
    /// The highest, and those shown the same.
    Highest,
    /// The lowest, and those shown the same.
    Lowest,
}

/// A column: its head, alignment and which number is best.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Head.
    pub head: String,
    /// Alignment of head and cells.
    pub align: Align,
    /// Which number is marked.
    pub best: Best,
}

impl Column {
    /// A column of words.
    pub fn text(head: impl Into<String>) -> Self {
        Self { head: head.into(), align: Align::Left, best: Best::Unmarked }
    }

    /// A column of numbers.
    pub fn number(head: impl Into<String>) -> Self {
        Self { head: head.into(), align: Align::Right, best: Best::Unmarked }
    }

    /// The same column with its highest number marked.
    #[must_use]
    pub fn highest_is_best(self) -> Self {
        Self { best: Best::Highest, ..self }
    }

    /// The same column with its lowest number marked.
    #[must_use]
    pub fn lowest_is_best(self) -> Self {
        Self { best: Best::Lowest, ..self }
    }
}

/// A table with a title, rows and footnotes.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    title: String,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    notes: Vec<String>,
}

impl Table {
    /// A table without rows. An empty title is left out of every rendering.
    pub fn new(title: impl Into<String>, columns: Vec<Column>) -> Self {
        Self { title: title.into(), columns, rows: Vec::new(), notes: Vec::new() }
    }

    /// Adds a row with one cell a column; cells left out are missing.
    ///
    /// # Panics
    /// If there are more cells than columns.
    pub fn row(&mut self, mut cells: Vec<Cell>) -> &mut Self {
        assert!(cells.len() <= self.columns.len(), "more cells than columns in `{}`", self.title);
        cells.resize(self.columns.len(), Cell::Missing);
        self.rows.push(cells);
        self
    }

    /// Adds a footnote.
    pub fn note(&mut self, note: impl Into<String>) -> &mut Self {
        self.notes.push(note.into());
        self
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Plain text of at most 100 columns, readable without colour: long words wrap, and columns
    /// that do not fit follow below under the first column repeated. The best number of a column
    /// carries a `*`.
    pub fn to_text(&self) -> String {
        text::render(self)
    }

    /// A Markdown table (GitHub's pipes); the best number of a column is bold.
    pub fn to_markdown(&self) -> String {
        markdown::render(self)
    }

    /// An HTML `<table>` with its footnotes; the best number of a column is `<strong>`.
    pub fn to_html(&self) -> String {
        html::render(self).into_string()
    }

    /// RFC 4180 CSV with full precision: a missing cell is empty, and a spread has columns of its own.
    pub fn to_csv(&self) -> String {
        csv::render(self)
    }

    /// `[row][column]`: whether a cell is the best of its column. Numbers that look the same are
    /// equally good; a column with fewer than two numbers has no best.
    fn best(&self) -> Vec<Vec<bool>> {
        let mut marks = vec![vec![false; self.columns.len()]; self.rows.len()];
        for (c, column) in self.columns.iter().enumerate() {
            let numbers: Vec<_> = self.rows.iter().filter_map(|row| row[c].value()).collect();
            let best = match column.best {
                Best::Highest => numbers.iter().copied().reduce(f64::max),
                Best::Lowest => numbers.iter().copied().reduce(f64::min),
                Best::Unmarked => None,
            };
            let Some(best) = best.filter(|_| numbers.len() > 1) else { continue };
            let is_best =
                |cell: &&Vec<Cell>| cell[c].value().is_some_and(|v| v.total_cmp(&best).is_eq());
            let shown = self.rows.iter().find(is_best).and_then(|row| row[c].shown_value());
            for (row, marks) in self.rows.iter().zip(&mut marks) {
                marks[c] = row[c].shown_value().is_some() && row[c].shown_value() == shown;
            }
        }
        marks
    }

    /// What the best mark means, if anything is marked.
    fn best_note(&self) -> Option<&'static str> {
        let marked = self.best().iter().flatten().any(|mark| *mark);
        marked.then_some("best in its column")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn sample() -> Table {
        let columns = vec![
            Column::text("policy"),
            Column::number("gum").highest_is_best(),
            Column::number("HD95 (mm)").lowest_is_best(),
            Column::number("cases"),
        ];
        let mut table = Table::new("Dice, all pixels", columns);
        table
            .row(vec![
                Cell::text("standard"),
                Cell::with_interval(0.381, [0.3, 0.4512], 2),
                Cell::number(12.25, 1),
                Cell::count(8),
            ])
            .row(vec![
                Cell::text("fusion|box <b>"),
                Cell::with_interval(0.874, [0.85, 0.9], 2),
                Cell::number(3.0, 1),
                Cell::count(8),
            ])
            .row(vec![Cell::text("nothing, \"painted\""), Cell::number(f64::NAN, 2)])
            .note("95 % interval over patients");
        table
    }

    #[test]
    fn numbers_are_shown_as_asked() {
        let table = [
            (Cell::number(0.7149, 3), "0.715"),
            (Cell::number(-0.0001, 2), "0.00"), // no negative zero
            (Cell::number(-0.51, 1), "-0.5"),
            (Cell::number(f64::INFINITY, 1), "–"), // not finite is missing
            (Cell::with_sd(0.71, 0.0149, 2), "0.71 (0.01)"),
            (Cell::with_sd(0.71, f64::NAN, 2), "0.71"), // one repetition has no deviation
            (Cell::with_interval(0.5, [0.25, 0.75], 2), "0.50 [0.25, 0.75]"),
            (Cell::maybe(None, 2), "–"),
            (Cell::count(1234), "1234"),
        ];
        for (cell, expected) in table {
            assert_eq!(cell.shown(), expected, "{cell:?}");
        }
    }

    #[test]
    fn best_marks_every_number_shown_the_same() {
        let column = |best| Column { head: "x".into(), align: Align::Right, best };
        let table = [
            (Best::Highest, vec![0.701, 0.704, 0.6], vec![true, true, false]),
            (Best::Lowest, vec![0.701, 0.704, 0.6], vec![false, false, true]),
            (Best::Highest, vec![f64::NAN, 0.704], vec![false, false]), // nothing to compare with
            (Best::Unmarked, vec![0.7, 0.6], vec![false, false]),
        ];
        for (best, values, expected) in table {
            let mut table = Table::new("", vec![column(best)]);
            for value in &values {
                table.row(vec![Cell::number(*value, 2)]);
            }
            let marks: Vec<bool> = table.best().into_iter().flatten().collect();
            assert_eq!(marks, expected, "{best:?} {values:?}");
        }
    }
}
