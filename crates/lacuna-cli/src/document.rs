//! A report as a page and as text: what is said is said in both.

use lacuna_report::{Callout, Report as Page, Table};

/// A page, and the same in Markdown without what only the page can show.
pub(crate) struct Document {
    /// The page, for pictures and what can be unfolded.
    pub(crate) page: Page,
    markdown: String,
}

impl Document {
    /// A report without content.
    pub(crate) fn new(title: &str) -> Self {
        Self { page: Page::new(title), markdown: format!("# {title}\n") }
    }

    /// One self-contained file.
    pub(crate) fn to_html(&self) -> String {
        self.page.to_html()
    }

    /// Text and tables.
    pub(crate) fn to_markdown(&self) -> &str {
        &self.markdown
    }

    /// Sets the sentence under the title.
    pub(crate) fn lead(&mut self, text: &str) {
        self.page.lead(text);
        self.text(text);
    }

    /// Starts a section.
    pub(crate) fn section(&mut self, heading: &str) {
        self.page.section(heading);
        self.text(&format!("## {heading}"));
    }

    /// Adds a paragraph.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.page.paragraph(text);
        self.text(text);
    }

    /// Adds a list of short texts.
    pub(crate) fn list(&mut self, items: &[String]) {
        self.page.list(items);
        let lines: Vec<_> = items.iter().map(|item| format!("* {item}")).collect();
        self.text(&lines.join("\n"));
    }

    /// Adds a note or a warning.
    pub(crate) fn callout(&mut self, kind: Callout, text: &str) {
        self.page.callout(kind, text);
        self.text(&format!("> {text}"));
    }

    /// Adds terms and their values.
    pub(crate) fn definitions(&mut self, entries: &[(String, String)]) {
        self.page.definitions(entries);
        let lines: Vec<_> =
            entries.iter().map(|(term, value)| format!("* {term}: {value}")).collect();
        self.text(&lines.join("\n"));
    }

    /// Adds a table, if it has rows.
    pub(crate) fn table(&mut self, table: &Table) {
        if !table.is_empty() {
            self.page.table(table);
            self.text(&table.to_markdown());
        }
    }

    /// Adds tables that have to be unfolded on the page.
    pub(crate) fn folded(&mut self, summary: &str, tables: &[Table]) {
        let tables: Vec<_> = tables.iter().filter(|table| !table.is_empty()).collect();
        if tables.is_empty() {
            return;
        }
        self.page.details(summary, |page| {
            for table in &tables {
                page.table(table);
            }
        });
        for table in tables {
            self.text(&table.to_markdown());
        }
    }

    /// Adds code or a command, as it is.
    pub(crate) fn code(&mut self, text: &str) {
        self.page.code(text);
        self.text(&format!("```\n{text}\n```"));
    }

    fn text(&mut self, text: &str) {
        self.markdown.push_str(&format!("\n{text}\n"));
    }
}
