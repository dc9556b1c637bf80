//! A writer of the few SVG elements that plots need.

use crate::color::{SERIES, hex};

/// A finished plot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    svg: String,
    title: String,
}

impl Drawing {
    /// The `<svg>` element, to stand in an HTML page; text takes the page's colour.
    pub fn inline(&self) -> &str {
        &self.svg
    }

    /// What the plot shows, in words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The content of an `.svg` file: dark on white.
    pub fn to_file(&self) -> String {
        let body = self.svg.find("<title>").unwrap_or(0);
        let (head, body) = self.svg.split_at(body);
        let head = head.replacen("<svg ", "<svg color=\"#1f2328\" ", 1);
        let head = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{head}");
        let end = body.find("</title>").map_or(0, |at| at + "</title>".len());
        let (title, body) = body.split_at(end);
        format!("{head}{title}<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>{body}\n")
    }
}

/// An SVG being written. Coordinates are user units, x right, y down.
pub(super) struct Svg {
    body: String,
    size: [f64; 2],
    title: String,
}

/// Where text stands relative to its position.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    pub(super) fn new(title: &str, size: [f64; 2]) -> Self {
        Self { body: String::new(), size, title: title.to_owned() }
    }

    pub(super) fn line(&mut self, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2], attributes: &str) {
        let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(number);
        self.push(&format!(r#"<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" {attributes}/>"#));
    }

    pub(super) fn polyline(&mut self, points: &[[f64; 2]], attributes: &str) {
        let points = join(points);
        self.push(&format!(r#"<polyline points="{points}" fill="none" {attributes}/>"#));
    }

    pub(super) fn polygon(&mut self, points: &[[f64; 2]], attributes: &str) {
        let points = join(points);
        self.push(&format!(r#"<polygon points="{points}" {attributes}/>"#));
    }

    pub(super) fn rect(&mut self, [x, y]: [f64; 2], [w, h]: [f64; 2], attributes: &str) {
        let [x, y, w, h] = [x, y, w, h].map(number);
        self.push(&format!(r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" {attributes}/>"#));
    }

    pub(super) fn circle(&mut self, [x, y]: [f64; 2], r: f64, attributes: &str) {
        let [x, y, r] = [x, y, r].map(number);
        self.push(&format!(r#"<circle cx="{x}" cy="{y}" r="{r}" {attributes}/>"#));
    }

    /// One line of text on the baseline at `at`.
    pub(super) fn text(&mut self, [x, y]: [f64; 2], anchor: Anchor, attributes: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let [x, y] = [x, y].map(number);
        let text = escape(text);
        self.push(&format!(
            r#"<text x="{x}" y="{y}" text-anchor="{anchor}" {attributes}>{text}</text>"#
        ));
    }

    /// The plot's title, cut to the width.
    pub(super) fn heading(&mut self) {
        let text = fit(&self.title, self.size[0] - 24.0, 15.0);
        self.text([12.0, 22.0], Anchor::Start, r#"font-size="15" font-weight="600""#, &text);
    }

    pub(super) fn finish(self) -> Drawing {
        let [w, h] = self.size.map(number);
        let title = escape(&self.title);
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" \
             height=\"{h}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"12\" \
             fill=\"currentColor\"><title>{title}</title>\n{}</svg>",
            self.body
        );
        Drawing { svg, title: self.title }
    }

    fn push(&mut self, element: &str) {
        // A tag ends without a space before its slash.
        self.body.push_str(&element.replace(" />", "/>").replace(" >", ">"));
        self.body.push('\n');
    }
}

fn join(points: &[[f64; 2]]) -> String {
    let points: Vec<_> =
        points.iter().map(|[x, y]| format!("{},{}", number(*x), number(*y))).collect();
    points.join(" ")
}

/// A coordinate with at most two decimals.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text for SVG; characters that XML does not allow become a replacement character.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(' '),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// About how wide text is in a sans-serif face.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * 0.56
}

/// Text cut with an ellipsis to about `width`.
pub(super) fn fit(text: &str, width: f64, size: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let keep = ((width / (size * 0.56)) as usize).saturating_sub(1);
    text.chars().take(keep).chain(['…']).collect()
}

/// How series `index` is told apart: colour, dash and marker.
#[derive(Clone, Copy)]
pub(super) struct Look(pub(super) usize);

impl Look {
    pub(super) fn color(self) -> String {
        hex(SERIES[self.0 % SERIES.len()])
    }

    /// Attributes of the series' line.
    pub(super) fn stroke(self) -> String {
        const DASHES: [&str; 5] = ["", "7 3", "2 3", "9 3 2 3", "12 4"];
        let color = self.color();
        let dash = match DASHES[self.0 % DASHES.len()] {
            "" => String::new(),
            dash => format!(r#" stroke-dasharray="{dash}""#),
        };
        format!(r#"stroke="{color}" stroke-width="2" stroke-linejoin="round"{dash}"#)
    }

    /// The series' marker.
    pub(super) fn marker(self, svg: &mut Svg, [x, y]: [f64; 2]) {
        let fill = format!(r#"fill="{}""#, self.color());
        let r = 3.6;
        match self.0 % 6 {
            0 => svg.circle([x, y], r, &fill),
            1 => svg.rect([x - r, y - r], [2.0 * r, 2.0 * r], &fill),
            2 => {
                svg.polygon(
                    [[x, y - 4.6], [x + 4.4, y + 3.4], [x - 4.4, y + 3.4]].as_slice(),
                    &fill,
                );
            }
            3 => svg.polygon(&[[x, y - 5.0], [x + 5.0, y], [x, y + 5.0], [x - 5.0, y]], &fill),
            4 => {
                svg.polygon(
                    [[x, y + 4.6], [x + 4.4, y - 3.4], [x - 4.4, y - 3.4]].as_slice(),
                    &fill,
                );
            }
            _ => {
                let stroke = format!(r#"stroke="{}" stroke-width="2""#, self.color());
                svg.line([x - r, y - r], [x + r, y + r], &stroke);
                svg.line([x - r, y + r], [x + r, y - r], &stroke);
            }
        }
    }

    /// A bar: filled, with lines of its own direction and density.
    pub(super) fn bar(self, svg: &mut Svg, [x, y]: [f64; 2], [w, h]: [f64; 2]) {
        let color = self.color();
        let fill = format!(
            r#"fill="{color}" fill-opacity="{}" stroke="{color}" stroke-width="1.2""#,
            if self.0.is_multiple_of(5) { "0.85" } else { "0.3" }
        );
        svg.rect([x, y], [w, h], &fill);
        let lines = match self.0 % 5 {
            0 => vec![],
            1 => vec![[1.0, 1.0]],
            2 => vec![[1.0, -1.0]],
            3 => vec![[0.0, 1.0]],
            _ => vec![[1.0, 1.0], [1.0, -1.0]],
        };
        let stroke = format!(r#"stroke="{color}" stroke-width="1.2""#);
        for direction in lines {
            for [from, to] in hatch([w, h], direction) {
                svg.line([x + from[0], y + from[1]], [x + to[0], y + to[1]], &stroke);
            }
        }
    }
}

/// Parallel lines in a rectangle of size (`w`, `h`): (1, 1) falls, (1, −1) rises, (0, 1) is level.
fn hatch([w, h]: [f64; 2], [slope, rise]: [f64; 2]) -> Vec<[[f64; 2]; 2]> {
    const GAP: f64 = 6.0;
    let mut lines = Vec::new();
    if slope == 0.0 {
        let count = (h / GAP).ceil() as usize;
        lines.extend((1..count).map(|i| [[0.0, i as f64 * GAP], [w, i as f64 * GAP]]));
        return lines;
    }
    let count = ((w + h) / (GAP * 1.4)).ceil() as usize;
    for i in 1..count {
        let s = i as f64 * GAP * 1.4;
        // from the left or bottom edge to the top or right edge of a line x + y = s
        let from = [(s - h).max(0.0), s.min(h)];
        let to = [s.min(w), (s - w).max(0.0)];
        let flip = |p: [f64; 2]| if rise > 0.0 { p } else { [p[0], h - p[1]] };
        lines.push([flip(from), flip(to)]);
    }
    lines
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Checks that a drawing is well-formed XML, inline and as a file.
    pub(in crate::plot) fn assert_well_formed(drawing: &Drawing) {
        for text in [drawing.inline().to_owned(), drawing.to_file()] {
            let mut reader = quick_xml::Reader::from_str(&text);
            loop {
                match reader.read_event() {
                    Ok(quick_xml::events::Event::Eof) => break,
                    Ok(_) => {}
                    Err(error) => panic!("{error} in {text}"),
                }
            }
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        }
    }

    /// Compares with a file in `tests/expected`; with `LACUNA_UPDATE` set, writes it.
    pub(in crate::plot) fn assert_expected(drawing: &Drawing, name: &str) {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected").join(name);
        if std::env::var_os("LACUNA_UPDATE").is_some() {
            std::fs::write(&path, drawing.to_file()).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            drawing.to_file(),
            expected,
            "{name} changed; look at it, then set LACUNA_UPDATE"
        );
    }

    #[test]
    fn numbers_are_short() {
        let table = [
            (1.0, "1"),
            (1.5, "1.5"),
            (1.239, "1.24"),
            (-0.001, "0"),
            (100.0, "100"),
            (0.1, "0.1"),
        ];
        for (value, expected) in table {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn text_is_escaped() {
        let mut svg = Svg::new("a <b> & \"c\"\u{1}", [10.0, 10.0]);
        svg.text([0.0, 0.0], Anchor::Start, "", "<script>&");
        let drawing = svg.finish();
        assert_well_formed(&drawing);
        assert!(
            drawing.inline().contains("<title>a &lt;b&gt; &amp; &quot;c&quot;\u{fffd}</title>")
        );
        assert!(
            drawing
                .inline()
                .contains("<text x=\"0\" y=\"0\" text-anchor=\"start\">&lt;script&gt;&amp;</text>")
        );
    }

    #[test]
    fn hatching_stays_inside() {
        for direction in [[1.0, 1.0], [1.0, -1.0], [0.0, 1.0]] {
            for size in [[30.0, 100.0], [30.0, 3.0], [0.0, 0.0], [5.0, 400.0]] {
                for [x, y] in hatch(size, direction).into_iter().flatten() {
                    assert!((0.0..=size[0]).contains(&x) && (0.0..=size[1]).contains(&y));
                }
            }
        }
    }

    #[test]
    fn a_file_has_its_own_paper() {
        let file = Svg::new("t", [10.0, 10.0]).finish().to_file();
        assert!(
            file.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg color=\"#1f2328\" ")
        );
        assert!(file.contains("</title><rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"));
    }
}
