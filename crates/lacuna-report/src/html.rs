//! One self-contained HTML file: styles, plots and pictures inside, no script, printable.
//!
//! Every text given is escaped; between backticks it is set as code. The file forbids scripts and
//! network access to itself by a content security policy.

mod page;

use maud::{Markup, PreEscaped, html};

use crate::error::ReportError;
use crate::figure::Figure;
use crate::plot::Drawing;
use crate::table::Table;

/// How urgent a callout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callout {
    /// Good to know.
    Note,
    /// The reader may be misled otherwise.
    Warning,
}

/// A report being written, from top to bottom.
#[derive(Clone, Debug)]
pub struct Report {
    title: String,
    lead: String,
    sections: Vec<Section>,
    footer: String,
}

#[derive(Clone, Debug)]
struct Section {
    heading: String,
    id: String,
    body: Vec<Markup>,
}

impl Report {
    /// A report without content.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            lead: String::new(),
            sections: Vec::new(),
            footer: String::new(),
        }
    }

    /// Sets the sentence under the title: what was done, and the result in one line.
    pub fn lead(&mut self, text: impl Into<String>) -> &mut Self {
        self.lead = text.into();
        self
    }

    /// Sets the last line: program and version, seed, data set.
    pub fn footer(&mut self, text: impl Into<String>) -> &mut Self {
        self.footer = text.into();
        self
    }

    /// Starts a section; what is added next belongs to it. It is listed in the contents.
    pub fn section(&mut self, heading: impl Into<String>) -> &mut Self {
        let heading = heading.into();
        let id = page::anchor(self.sections.len() + 1, &heading);
        self.sections.push(Section { heading, id, body: Vec::new() });
        self
    }

    /// Adds a smaller heading within the section.
    pub fn subheading(&mut self, heading: &str) -> &mut Self {
        self.push(html! { h3 { (page::rich(heading)) } })
    }

    /// Adds a paragraph.
    pub fn paragraph(&mut self, text: &str) -> &mut Self {
        self.push(html! { p { (page::rich(text)) } })
    }

    /// Adds a list of short texts.
    pub fn list<S: AsRef<str>>(&mut self, items: impl IntoIterator<Item = S>) -> &mut Self {
        let items: Vec<_> = items.into_iter().collect();
        self.push(html! { ul { @for item in &items { li { (page::rich(item.as_ref())) } } } })
    }

    /// Adds a note or a warning.
    pub fn callout(&mut self, kind: Callout, text: &str) -> &mut Self {
        let (class, word) = match kind {
            Callout::Note => ("note", "Note"),
            Callout::Warning => ("warning", "Warning"),
        };
        self.push(html! {
            div.callout.(class) role="note" { strong { (word) ": " } (page::rich(text)) }
        })
    }

    /// Adds a table.
    pub fn table(&mut self, table: &Table) -> &mut Self {
        self.push(crate::table::render_html(table))
    }

    /// Adds large numbers, each with what it is and a remark: the result at a glance.
    pub fn headline<S: AsRef<str>>(&mut self, numbers: &[(S, S, S)]) -> &mut Self {
        self.push(html! {
            dl.headline { @for (label, value, remark) in numbers { div {
                dt { (label.as_ref()) }
                dd { strong { (value.as_ref()) }
                    @if !remark.as_ref().is_empty() { span { (remark.as_ref()) } } }
            } } }
        })
    }

    /// Adds terms and their values, such as settings.
    pub fn definitions<S: AsRef<str>>(&mut self, entries: &[(S, S)]) -> &mut Self {
        self.push(html! {
            dl.definitions { @for (term, value) in entries {
                dt { (page::rich(term.as_ref())) } dd { (page::rich(value.as_ref())) }
            } }
        })
    }

    /// Adds code or a command, as it is.
    pub fn code(&mut self, text: &str) -> &mut Self {
        self.push(html! { pre tabindex="0" { code { (text) } } })
    }

    /// Adds a plot with a caption, which may be empty.
    pub fn plot(&mut self, drawing: &Drawing, caption: &str) -> &mut Self {
        self.push(html! { figure.plot { (plot(drawing)) (page::caption(caption)) } })
    }

    /// Adds a plot whose text would be too small on a phone: there it is scrolled in place.
    pub fn wide_plot(&mut self, drawing: &Drawing, caption: &str) -> &mut Self {
        let label = drawing.title();
        self.push(html! {
            figure.wide {
                div.scroll tabindex="0" role="region" aria-label=(label) { (plot(drawing)) }
                (page::caption(caption))
            }
        })
    }

    /// Adds several plots side by side where there is room.
    pub fn plots<'a>(
        &mut self,
        drawings: impl IntoIterator<Item = &'a Drawing>,
        caption: &str,
    ) -> &mut Self {
        let drawings: Vec<_> = drawings.into_iter().collect();
        self.push(html! {
            figure.plots { div.grid { @for drawing in &drawings { (plot(drawing)) } }
                (page::caption(caption)) }
        })
    }

    /// Adds a figure of pictures.
    pub fn figure(&mut self, figure: &Figure) -> Result<&mut Self, ReportError> {
        let figure = figure.to_html()?;
        Ok(self.push(PreEscaped(figure)))
    }

    /// Adds content that can be unfolded, such as long tables: all that `fill` adds.
    pub fn details(&mut self, summary: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let mut inner = Self::new("");
        fill(&mut inner);
        let body: Vec<_> = inner.sections.into_iter().flat_map(|section| section.body).collect();
        self.push(html! {
            details { summary { (page::rich(summary)) } @for block in &body { (block) } }
        })
    }

    /// The file.
    pub fn to_html(&self) -> String {
        page::render(self).into_string()
    }

    fn push(&mut self, block: Markup) -> &mut Self {
        if self.sections.is_empty() {
            self.sections.push(Section {
                heading: String::new(),
                id: String::new(),
                body: Vec::new(),
            });
        }
        if let Some(section) = self.sections.last_mut() {
            section.body.push(block);
        }
        self
    }
}

fn plot(drawing: &Drawing) -> Markup {
    PreEscaped(drawing.inline().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Axis, Bar, BarChart, BarSeries};
    use crate::table::{Cell, Column};
    use crate::{FigureRow, Panel};
    use lacuna_data::{Image, Size};

    const EVIL: &str = "<script>alert('x')</script>\"&";

    fn report(text: &str) -> Report {
        let mut table = Table::new(text, vec![Column::text(text)]);
        table.row(vec![Cell::text(text)]).note(text);
        let mut chart = BarChart::new(text, Axis::linear(text), vec![text.into()]);
        chart.series(BarSeries::new(text, vec![Bar::new(0.5)]));
        let picture = Image::filled(Size::new(3, 2), [9; 3]);
        let mut figure = Figure::new(text);
        figure.columns([text]).row(FigureRow::new(text, vec![Panel::new(picture, text)]));
        let mut report = Report::new(text);
        report.lead(text).footer(text).section(text).subheading(text).paragraph(text);
        report.list([text]).callout(Callout::Warning, text).table(&table).code(text);
        report.headline(&[(text, text, text)]).definitions(&[(text, text)]);
        report.plot(&chart.draw(), text).plots([&chart.draw()], text);
        report.wide_plot(&chart.draw(), text);
        report.figure(&figure).unwrap();
        report.details(text, |inner| {
            inner.paragraph(text);
        });
        report
    }

    #[test]
    fn everything_is_escaped() {
        let html = report(EVIL).to_html();
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches("&lt;script&gt;").count(), html.matches("alert(").count());
    }

    #[test]
    fn the_page_is_well_formed() {
        // maud writes void elements without a slash; with them closed the page is XML.
        let html = report("a `b` <c>").to_html();
        let body = html.replacen("<!DOCTYPE html>", "", 1);
        let body = regex_close_void(&body);
        let mut reader = quick_xml::Reader::from_str(&body);
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Eof) => break,
                Ok(_) => {}
                Err(error) => panic!("{error} in {body}"),
            }
        }
    }

    /// Closes `<img …>`, `<meta …>` and `<link …>`.
    fn regex_close_void(html: &str) -> String {
        let mut out = String::new();
        for part in html.split_inclusive('>') {
            let tag = part.rfind('<').map_or("", |at| &part[at..]);
            let void = ["<img", "<meta", "<link", "<br"].iter().any(|name| tag.starts_with(name));
            if void { out.push_str(&part.replace('>', "/>")) } else { out.push_str(part) }
        }
        out
    }

    #[test]
    fn same_input_same_bytes() {
        assert_eq!(report("a").to_html(), report("a").to_html());
    }

    #[test]
    fn the_file_needs_nothing_else() {
        let html = report("a").to_html();
        for outside in ["http://", "https://", "src=\"/", "url(", "@import", "<link"] {
            let own = html.matches(outside).count();
            let namespace = html.matches("http://www.w3.org/2000/svg").count();
            assert_eq!(own, if outside == "http://" { namespace } else { 0 }, "{outside}");
        }
    }

    #[test]
    fn sections_are_listed_under_their_own_anchors() {
        let mut report = Report::new("t");
        report.section("Data & more").paragraph("x").section("Data & more").section("歯");
        let html = report.to_html();
        for id in ["1-data-more", "2-data-more", "3"] {
            assert!(html.contains(&format!("href=\"#s{id}\"")), "{html}");
            assert!(html.contains(&format!("id=\"s{id}\"")), "{html}");
        }
    }

    #[test]
    fn backticks_are_code() {
        assert_eq!(page::rich("run `a <b>` now").into_string(), "run <code>a &lt;b&gt;</code> now");
        assert_eq!(page::rich("one ` only").into_string(), "one ` only");
    }
}
