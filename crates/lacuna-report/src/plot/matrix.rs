//! Numbers in a grid, shaded by size, the best of each row marked: readable without colour, because every cell holds its
//! number.

use super::svg::{Anchor, Drawing, Svg, fit, text_width};
use super::{RIGHT, WIDTH};
use crate::color::{SERIES, gray, hex, mix};

/// Height of a row of cells.
const ROW: f64 = 26.0;
/// The same where cells have remarks.
const HIGH_ROW: f64 = 36.0;
/// Height of a section's heading.
const HEADING: f64 = 28.0;
/// Height of a line of a column's head.
const HEAD_LINE: f64 = 13.0;
/// Room for the names of rows, at least and at most.
const NAMES: [f64; 2] = [70.0, 190.0];
/// No cell is wider, so that two columns do not fill the paper.
const WIDEST: f64 = 96.0;
/// Text darker than this grey stands on light cells, white text on darker ones.
const LIGHT: u8 = 150;

/// How a cell stands in its row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// Nothing is said.
    #[default]
    None,
    /// The best: framed, bold.
    Best,
    /// Not told apart from the best: a dashed frame.
    Tied,
}

/// A number of a [`Matrix`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MatrixCell {
    /// The number; `None` or not finite leaves a dash.
    pub value: Option<f64>,
    /// A few letters under it.
    pub remark: String,
    /// How it stands in its row.
    pub mark: Mark,
}

/// A grid of numbers from 0 to 1, higher is darker.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    title: String,
    columns: Vec<String>,
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq)]
enum Line {
    Section(String),
    Row(String, Vec<MatrixCell>),
}

impl Matrix {
    /// A grid without rows. The names of columns are broken before `+` and `-`.
    pub fn new<S: Into<String>>(
        title: impl Into<String>,
        columns: impl IntoIterator<Item = S>,
    ) -> Self {
        let columns = columns.into_iter().map(Into::into).collect();
        Self { title: title.into(), columns, lines: Vec::new() }
    }

    /// Adds a heading above the rows that follow.
    pub fn section(&mut self, heading: impl Into<String>) -> &mut Self {
        self.lines.push(Line::Section(heading.into()));
        self
    }

    /// Adds a row with one cell a column; cells left out are missing, those beyond the columns are not drawn.
    pub fn row(&mut self, name: impl Into<String>, cells: Vec<MatrixCell>) -> &mut Self {
        self.lines.push(Line::Row(name.into(), cells));
        self
    }

    /// The grid as SVG.
    pub fn draw(&self) -> Drawing {
        let layout = Layout::of(self);
        let mut svg = Svg::new(&self.title, [WIDTH, layout.bottom + 40.0]);
        svg.heading();
        self.draw_heads(&mut svg, &layout);
        let mut top = layout.top;
        for line in &self.lines {
            match line {
                Line::Section(heading) => {
                    let place = [12.0, top + HEADING - 9.0];
                    svg.text(place, Anchor::Start, r#"font-weight="600""#, heading);
                }
                Line::Row(name, cells) => self.draw_row(&mut svg, &layout, top, name, cells),
            }
            top += layout.height(line);
        }
        draw_legend(&mut svg, layout.bottom + 12.0, self.has(Mark::Tied), self.has(Mark::Best));
        svg.finish()
    }

    fn cells(&self) -> impl Iterator<Item = &MatrixCell> {
        let cells = self.lines.iter().map(|line| match line {
            Line::Section(_) => &[][..],
            Line::Row(_, cells) => &cells[..],
        });
        cells.flatten()
    }

    fn has(&self, mark: Mark) -> bool {
        self.cells().any(|cell| cell.mark == mark)
    }

    fn draw_heads(&self, svg: &mut Svg, layout: &Layout) {
        for (index, name) in self.columns.iter().enumerate() {
            let lines = broken(name);
            let x = layout.left + layout.width * (index as f64 + 0.5);
            for (i, line) in lines.iter().enumerate() {
                let up = (lines.len() - 1 - i) as f64 * HEAD_LINE;
                let text = fit(line, layout.width, 11.0);
                let y = layout.top - 6.0 - up;
                svg.text([x, y], Anchor::Middle, r#"font-size="11""#, &text);
            }
        }
    }

    fn draw_row(&self, svg: &mut Svg, layout: &Layout, top: f64, name: &str, cells: &[MatrixCell]) {
        let middle = top + layout.row / 2.0;
        let name = fit(name, layout.left - 20.0, 12.0);
        svg.text([layout.left - 8.0, middle + 4.0], Anchor::End, "", &name);
        let missing = MatrixCell::default();
        for index in 0..self.columns.len() {
            let place = [layout.left + layout.width * index as f64, top];
            draw_cell(svg, place, [layout.width, layout.row], cells.get(index).unwrap_or(&missing));
        }
    }
}

/// Where everything stands.
struct Layout {
    left: f64,
    width: f64,
    top: f64,
    row: f64,
    bottom: f64,
}

impl Layout {
    fn of(matrix: &Matrix) -> Self {
        let names = matrix.lines.iter().filter_map(|line| match line {
            Line::Section(_) => None,
            Line::Row(name, _) => Some(text_width(name, 12.0)),
        });
        let left = names.fold(NAMES[0], f64::max).min(NAMES[1]) + 22.0;
        let columns = matrix.columns.len().max(1) as f64;
        let width = ((WIDTH - RIGHT - left) / columns).min(WIDEST);
        let head = matrix.columns.iter().map(|name| broken(name).len()).max().unwrap_or(1);
        let top = 40.0 + head as f64 * HEAD_LINE;
        let row = if matrix.cells().any(|cell| !cell.remark.is_empty()) { HIGH_ROW } else { ROW };
        let mut layout = Self { left, width, top, row, bottom: top };
        layout.bottom += matrix.lines.iter().map(|line| layout.height(line)).sum::<f64>();
        layout
    }

    fn height(&self, line: &Line) -> f64 {
        match line {
            Line::Section(_) => HEADING,
            Line::Row(..) => self.row,
        }
    }
}

/// `fusion+box-scratch` as `fusion`, `+box`, `-scratch`.
fn broken(name: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for c in name.chars() {
        let is_break = matches!(c, '+' | '-') && lines.last().is_some_and(|line| !line.is_empty());
        if is_break {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
    }
    lines
}

fn shade(value: f64) -> [u8; 3] {
    mix([255; 3], SERIES[0], (value.clamp(0.0, 1.0) * 0.9 + 0.04) as f32)
}

fn draw_cell(svg: &mut Svg, [x, y]: [f64; 2], [w, h]: [f64; 2], cell: &MatrixCell) {
    let centre = x + w / 2.0;
    let Some(value) = cell.value.filter(|value| value.is_finite()) else {
        svg.text([centre, y + h / 2.0 + 4.0], Anchor::Middle, r#"fill-opacity="0.5""#, "–");
        return;
    };
    let color = shade(value);
    let ink = if gray(color) < LIGHT { "#ffffff" } else { "#1f2328" };
    let (inner, size) = ([x + 1.0, y + 1.0], [w - 2.0, h - 2.0]);
    svg.rect(inner, size, &format!(r#"fill="{}""#, hex(color)));
    draw_frame(svg, inner, size, cell.mark, ink);
    let weight = if cell.mark == Mark::Best { r#" font-weight="700""# } else { "" };
    let base = if cell.remark.is_empty() { y + h / 2.0 + 4.0 } else { y + h / 2.0 };
    svg.text(
        [centre, base],
        Anchor::Middle,
        &format!(r#"fill="{ink}"{weight}"#),
        &format!("{value:.2}"),
    );
    let remark = fit(&cell.remark, w - 4.0, 9.5);
    if !remark.is_empty() {
        let attributes = format!(r#"fill="{ink}" font-size="9.5""#);
        svg.text([centre, base + 11.0], Anchor::Middle, &attributes, &remark);
    }
}

/// A heavy frame for the best, a dashed one for what is not told apart from it.
fn draw_frame(svg: &mut Svg, [x, y]: [f64; 2], [w, h]: [f64; 2], mark: Mark, ink: &str) {
    let (inset, stroke) = match mark {
        Mark::None => return,
        Mark::Best => (2.0, r#"stroke-width="2.5""#),
        Mark::Tied => (2.5, r#"stroke-width="1.2" stroke-dasharray="3 2""#),
    };
    let place = [x + inset, y + inset];
    let attributes = format!(r#"fill="none" stroke="{ink}" {stroke}"#);
    svg.rect(place, [w - 2.0 * inset, h - 2.0 * inset], &attributes);
}

/// The scale, then what the frames mean.
fn draw_legend(svg: &mut Svg, top: f64, tied: bool, best: bool) {
    const STEPS: usize = 10;
    let base = top + 13.0;
    svg.text([12.0, base], Anchor::Start, "", "0");
    for step in 0..STEPS {
        let fill = format!(r#"fill="{}""#, hex(shade((step as f64 + 0.5) / STEPS as f64)));
        svg.rect([24.0 + 12.0 * step as f64, top + 2.0], [12.0, 14.0], &fill);
    }
    svg.text([150.0, base], Anchor::Start, "", "1");
    let mut x = 180.0;
    let marks =
        [(best, Mark::Best, "best of its row"), (tied, Mark::Tied, "not told apart from the best")];
    for (_, mark, words) in marks.into_iter().filter(|(shown, ..)| *shown) {
        draw_frame(svg, [x, top - 1.0], [26.0, 20.0], mark, "currentColor");
        svg.text([x + 32.0, base], Anchor::Start, "", words);
        x += 32.0 + text_width(words, 12.0) + 18.0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::svg::tests::{assert_expected, assert_well_formed};
    use super::*;

    fn cell(value: f64, mark: Mark) -> MatrixCell {
        MatrixCell { value: Some(value), remark: String::new(), mark }
    }

    #[test]
    fn the_matrix_is_as_it_was() {
        let mut matrix = Matrix::new("Dice", ["standard", "positive-only", "fusion+box-scratch"]);
        matrix.section("(a) original masks");
        matrix.row(
            "nearest 45 %",
            vec![cell(0.07, Mark::None), cell(0.86, Mark::Tied), cell(0.87, Mark::Best)],
        );
        matrix.row("core 20 %", vec![MatrixCell::default(), cell(0.5, Mark::None)]);
        assert_expected(&matrix.draw(), "matrix.svg");
    }

    #[test]
    fn odd_numbers_and_names_are_drawn() {
        let mut matrix = Matrix::new("<t>", ["", "-", "a name that is much too long for its cell"]);
        let remark = MatrixCell { value: Some(7.0), remark: "<½>".to_owned(), mark: Mark::Best };
        matrix.row("<row> ".repeat(40), vec![remark, cell(f64::NAN, Mark::Tied)]);
        matrix.row("too many", vec![cell(0.1, Mark::None); 9]);
        assert_well_formed(&matrix.draw());
        assert_well_formed(&Matrix::new("", [""; 0]).draw());
        let drawing = matrix.draw();
        assert!(drawing.inline().contains(">&lt;½&gt;</text>"), "{}", drawing.inline());
    }

    #[test]
    fn numbers_stand_out_from_their_shade() {
        for step in 0..=20 {
            let grey = gray(shade(f64::from(step) / 20.0));
            let ink: u8 = if grey < LIGHT { 255 } else { 34 };
            assert!(ink.abs_diff(grey) > 100, "{step}: {ink} on {grey}");
        }
        assert_eq!(broken("fusion+box-scratch"), ["fusion", "+box", "-scratch"]);
    }
}
