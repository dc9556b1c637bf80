//! A figure as one picture: places are found first, then the paper is cut, then everything is drawn.

use lacuna_data::{Image, Size};

use super::{Figure, FigureRow, LegendEntry, Panel, TALLEST};
use crate::canvas::{self, Lettering};
use crate::error::ReportError;
use crate::font;
use crate::picture::resize_to_fit;

/// The largest picture drawn, in pixels.
const LIMIT: usize = 100_000_000;
/// Around the figure.
const MARGIN: usize = 16;
/// Between pictures.
const GAP: usize = 12;
/// Height of a colour bar.
const BAR: usize = 9;
/// Colour of text.
const INK: [u8; 3] = [31, 35, 40];

const TITLE: Lettering = Lettering { size: 18.0, weight: 1.5, color: INK };
const HEAD: Lettering = Lettering { size: 15.0, weight: 1.35, color: INK };
const CAPTION: Lettering = Lettering { size: 13.5, weight: 1.0, color: INK };

pub(super) fn render(figure: &Figure) -> Result<Image, ReportError> {
    let mut page = Page::new(figure);
    page.text(MARGIN, &figure.title, page.width, TITLE);
    page.column_heads(figure);
    for row in &figure.rows {
        page.row(figure, row)?;
    }
    page.legend(figure);
    page.draw()
}

/// What is drawn where.
enum Item {
    Text([usize; 2], String, Lettering),
    Picture([usize; 2], Image),
}

/// A page growing downwards.
struct Page {
    items: Vec<Item>,
    /// Width between the margins.
    width: usize,
    /// Width of the row heads and the gap after them.
    heads: usize,
    /// Top of the next item.
    y: usize,
}

impl Page {
    fn new(figure: &Figure) -> Self {
        let heads = figure.rows.iter().flat_map(|row| row.head.split(' '));
        let widest = heads.map(|word| font::width(word, HEAD.size)).fold(0.0, f32::max);
        let heads =
            if figure.has_heads() { (widest.ceil() as usize).clamp(60, 160) + GAP } else { 0 };
        let columns = figure.width_in_panels();
        let entries = figure.legend.iter().map(entry_width).max().unwrap_or(0);
        let width = (heads + columns * (figure.panel_width + GAP)).max(entries).max(240);
        Self { items: Vec::new(), width, heads, y: MARGIN }
    }

    /// Writes wrapped text at `x` and moves down.
    fn text(&mut self, x: usize, text: &str, width: usize, lettering: Lettering) {
        self.y = self.text_at([x, self.y], text, width, lettering);
    }

    /// Writes wrapped text and returns where it ends.
    fn text_at(&mut self, at: [usize; 2], text: &str, width: usize, lettering: Lettering) -> usize {
        if text.is_empty() {
            return at[1];
        }
        let mut y = at[1];
        for line in wrap(text, font::fitting(width as f32, lettering.size)) {
            self.items.push(Item::Text([at[0], y], line, lettering));
            y += font::line_height(lettering.size) as usize;
        }
        y + 4
    }

    fn left(&self, figure: &Figure, column: usize) -> usize {
        MARGIN + self.heads + column * (figure.panel_width + GAP)
    }

    fn column_heads(&mut self, figure: &Figure) {
        let top = self.y;
        for (i, head) in figure.columns.iter().enumerate() {
            let at = [self.left(figure, i), top];
            let end = self.text_at(at, head, figure.panel_width, HEAD);
            self.y = self.y.max(end);
        }
    }

    fn row(&mut self, figure: &Figure, row: &FigureRow) -> Result<(), ReportError> {
        let top = self.y;
        self.y = self.text_at([MARGIN, top + 2], &row.head, self.heads.saturating_sub(GAP), HEAD);
        for (i, panel) in row.panels.iter().enumerate() {
            let at = [self.left(figure, i), top];
            let end = self.panel(at, panel, figure.panel_width);
            self.y = self.y.max(end);
        }
        self.y += GAP;
        self.check()
    }

    fn panel(&mut self, [x, y]: [usize; 2], panel: &Panel, width: usize) -> usize {
        let picture = resize_to_fit(&panel.picture, width, width * TALLEST);
        let mut end = y + picture.size().height + 6;
        self.items.push(Item::Picture([x, y], picture));
        if let Some(scale) = &panel.scale {
            self.items.push(Item::Picture([x, end], scale.bar(width, BAR)));
            let high = font::width(&scale.high, CAPTION.size) as usize;
            let labels = end + BAR + 5;
            self.text_at([x, labels], &scale.low, width / 2, CAPTION);
            let right = [x + width.saturating_sub(high), labels];
            end = self.text_at(right, &scale.high, width, CAPTION);
        }
        self.text_at([x, end], &panel.caption, width, CAPTION)
    }

    fn legend(&mut self, figure: &Figure) {
        let (mut x, mut tallest) = (MARGIN, 0);
        for entry in &figure.legend {
            let swatch = entry.swatch.size();
            let width = entry_width(entry) + 20;
            if x > MARGIN && x + width > MARGIN + self.width {
                (x, self.y) = (MARGIN, self.y + tallest + 8);
                tallest = 0;
            }
            self.items.push(Item::Picture([x, self.y], entry.swatch.clone()));
            let middle = self.y + (swatch.height / 2).saturating_sub(5);
            self.items.push(Item::Text(
                [x + swatch.width + 8, middle],
                entry.text.clone(),
                CAPTION,
            ));
            x += width;
            tallest = tallest.max(swatch.height);
        }
        self.y += if figure.legend.is_empty() { 0 } else { tallest + GAP };
    }

    fn size(&self) -> Size {
        Size::new(self.width + 2 * MARGIN, self.y + MARGIN)
    }

    fn check(&self) -> Result<(), ReportError> {
        check(self.size())
    }

    fn draw(self) -> Result<Image, ReportError> {
        self.check()?;
        let mut image = Image::filled(self.size(), [255; 3]);
        for item in &self.items {
            match item {
                Item::Picture(at, picture) => canvas::paste(&mut image, *at, picture),
                Item::Text([x, y], text, lettering) => {
                    lettering.write(&mut image, [*x as f32, *y as f32], text);
                }
            }
        }
        Ok(image)
    }
}

fn check(size: Size) -> Result<(), ReportError> {
    if size.width.saturating_mul(size.height) > LIMIT {
        return Err(ReportError::TooLarge { size, limit: LIMIT });
    }
    Ok(())
}

/// Width of a legend entry.
fn entry_width(entry: &LegendEntry) -> usize {
    entry.swatch.size().width + 8 + font::width(&entry.text, CAPTION.size).ceil() as usize
}

/// Breaks at spaces; a word longer than a line is cut.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + letters.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.extend(letters.chunks(width).map(|part| part.iter().collect())),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::ColorMap;
    use crate::figure::Scale;

    fn figure() -> Figure {
        let picture = |w, h, color| Image::filled(Size::new(w, h), color);
        let scale = Scale { map: ColorMap::Viridis, low: "0".into(), high: "1".into() };
        let mut figure = Figure::new("a title");
        figure.panel_width(100).columns(["left", "right"]).row(FigureRow::new(
            "row",
            vec![
                Panel::new(picture(50, 50, [200, 0, 0]), "a caption that is wrapped"),
                Panel::new(picture(200, 100, [0, 0, 200]), "").with_scale(scale),
            ],
        ));
        figure.legend(LegendEntry::new(picture(40, 20, [0, 200, 0]), "swatch"));
        figure
    }

    #[test]
    fn pictures_are_scaled_and_placed() {
        let image = figure().to_image().unwrap();
        let count = |color| image.rgb().chunks_exact(3).filter(|c| *c == color).count();
        assert_eq!(count([200, 0, 0]), 100 * 100);
        assert_eq!(count([0, 0, 200]), 100 * 50);
        assert_eq!(count([0, 200, 0]), 40 * 20);
        assert_eq!(image, figure().to_image().unwrap());
    }

    #[test]
    fn an_empty_figure_is_a_small_white_picture() {
        let image = Figure::new("").to_image().unwrap();
        assert!(image.rgb().iter().all(|v| *v == 255));
    }

    #[test]
    fn too_large_a_figure_is_refused_before_it_is_drawn() {
        let mut figure = Figure::new("");
        let tall = Image::filled(Size::new(1, 60_000), [0; 3]);
        figure.panel_width(4000);
        for _ in 0..3 {
            figure.row(FigureRow::new("", vec![Panel::new(tall.clone(), ""); 3]));
        }
        assert!(matches!(figure.to_image(), Err(ReportError::TooLarge { .. })));
    }

    #[test]
    fn extreme_shapes_keep_to_their_panel() {
        for (w, h) in [(1, 1), (1, 20_000), (20_000, 1)] {
            let mut figure = Figure::new("");
            let picture = Image::filled(Size::new(w, h), [9; 3]);
            figure.panel_width(100).row(FigureRow::new("", vec![Panel::new(picture, "")]));
            let size = figure.to_image().unwrap().size();
            assert!(size.width <= 272 && size.height <= 400, "{w}×{h}: {size}");
            figure.to_html().unwrap();
        }
    }

    #[test]
    fn captions_wrap() {
        assert_eq!(wrap("ab cd efghijk l", 5), ["ab cd", "efghi", "jk l"]);
        assert_eq!(wrap("", 5), Vec::<String>::new());
    }
}
