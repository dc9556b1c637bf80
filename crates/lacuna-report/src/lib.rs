//! What a person looks at: tables, plots, overlays, the figures of the paper, and one report file.
//!
//! Nothing here reads or writes a file, computes a score, or trains: numbers, masks and maps come in,
//! text, SVG, PNG and HTML go out, and the same input always gives the same bytes. Everything is
//! readable without colour: bars are hatched, lines are dashed and marked, negatives are striped. The
//! main nouns:
//!
//! * [`Table`] — columns and [`Cell`]s, as terminal text, Markdown, HTML and CSV.
//! * [`LinePlot`], [`BarChart`], [`Matrix`], [`IntervalPlot`], [`ReliabilityDiagram`] — each draws a [`Drawing`], an
//!   SVG.
//! * [`overlay`] — pictures with masks, annotations, errors and heat maps on them.
//! * [`Figure`] — rows and columns of pictures with captions, as one PNG or as HTML;
//!   [`supervision_figure`] and [`audit_figure`] make the two that matter most.
//! * [`Report`] — the self-contained HTML file.
//!
//! ```
//! use lacuna_report::{Cell, Column, Report, Table};
//!
//! let columns = vec![Column::text("policy"), Column::number("gum").highest_is_best()];
//! let mut table = Table::new("Dice on all pixels", columns);
//! table.row(vec![Cell::text("standard"), Cell::number(0.38, 2)]);
//! table.row(vec![Cell::text("fusion+box"), Cell::number(0.87, 2)]);
//! assert!(table.to_text().contains("fusion+box  0.87*"));
//!
//! let mut report = Report::new("Two policies");
//! report.section("Result").table(&table);
//! assert!(report.to_html().starts_with("<!DOCTYPE html>"));
//! ```

mod audit_picture;
mod canvas;
mod color;
mod curves;
mod error;
mod figure;
mod font;
mod html;
pub mod overlay;
mod picture;
mod plot;
mod table;

pub use audit_picture::{PixelState, audit_figure, audit_picture};
pub use color::ColorMap;
pub use curves::{EpochRow, compare_runs, standard_plots};
pub use error::ReportError;
pub use figure::{
    Figure, FigureRow, LegendEntry, Panel, Scale, SupervisionRow, supervision_figure,
};
pub use html::{Callout, Report};
pub use picture::{encode_jpeg, encode_png, resize_to_fit};
pub use plot::{
    Axis, Bar, BarChart, BarSeries, Drawing, IntervalPlot, LinePlot, Mark, Matrix, MatrixCell,
    ReliabilityDiagram, ReliabilitySeries, Series,
};
pub use table::{Align, Best, Cell, Column, Spread, Table};
