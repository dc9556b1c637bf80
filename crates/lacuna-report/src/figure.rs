//! Rows and columns of pictures with captions, as one PNG or as HTML.

mod html;
mod png;
mod supervision;

pub use supervision::{SupervisionRow, supervision_figure};

use lacuna_data::Image;

use crate::color::ColorMap;
use crate::error::ReportError;

/// Display width of a picture unless set.
const PANEL_WIDTH: usize = 280;
/// A picture is shown at most this many times as high as a panel is wide.
const TALLEST: usize = 3;

/// One picture of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    picture: Image,
    caption: String,
    scale: Option<Scale>,
}

impl Panel {
    /// A picture with a caption, which may be empty.
    pub fn new(picture: Image, caption: impl Into<String>) -> Self {
        Self { picture, caption: caption.into(), scale: None }
    }

    /// The same picture with a bar of its colours underneath.
    #[must_use]
    pub fn with_scale(self, scale: Scale) -> Self {
        Self { scale: Some(scale), ..self }
    }
}

/// What the colours of a heat map mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Colours.
    pub map: ColorMap,
    /// Label of the first colour.
    pub low: String,
    /// Label of the last colour.
    pub high: String,
}

impl Scale {
    /// The colours in a row, `width` × `height`.
    fn bar(&self, width: usize, height: usize) -> Image {
        let last = width.saturating_sub(1).max(1) as f32;
        let row: Vec<u8> = (0..width).flat_map(|x| self.map.color(x as f32 / last)).collect();
        let mut bar = Image::filled(lacuna_data::Size::new(width, height), [0; 3]);
        for line in bar.rgb_mut().chunks_exact_mut((width * 3).max(1)) {
            line.copy_from_slice(&row);
        }
        bar
    }
}

/// A row of pictures with a head at its left, which may be empty.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureRow {
    head: String,
    panels: Vec<Panel>,
}

impl FigureRow {
    /// A row.
    pub fn new(head: impl Into<String>, panels: Vec<Panel>) -> Self {
        Self { head: head.into(), panels }
    }
}

/// A sample of a pattern and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct LegendEntry {
    swatch: Image,
    text: String,
}

impl LegendEntry {
    /// An entry; the swatch is shown as it is, about 40×20.
    pub fn new(swatch: Image, text: impl Into<String>) -> Self {
        Self { swatch, text: text.into() }
    }
}

/// A grid of pictures with a title, column heads and a legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    title: String,
    columns: Vec<String>,
    rows: Vec<FigureRow>,
    legend: Vec<LegendEntry>,
    panel_width: usize,
}

impl Figure {
    /// A figure without rows; the title may be empty.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            columns: Vec::new(),
            rows: Vec::new(),
            legend: Vec::new(),
            panel_width: PANEL_WIDTH,
        }
    }

    /// Sets the heads above the columns.
    pub fn columns<S: Into<String>>(&mut self, heads: impl IntoIterator<Item = S>) -> &mut Self {
        self.columns = heads.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a row.
    pub fn row(&mut self, row: FigureRow) -> &mut Self {
        self.rows.push(row);
        self
    }

    /// Adds an entry to the legend under the pictures.
    pub fn legend(&mut self, entry: LegendEntry) -> &mut Self {
        self.legend.push(entry);
        self
    }

    /// Sets the width of each picture in pixels, 40 to 4000.
    pub fn panel_width(&mut self, width: usize) -> &mut Self {
        self.panel_width = width.clamp(40, 4000);
        self
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Number of columns of pictures.
    fn width_in_panels(&self) -> usize {
        let widest = self.rows.iter().map(|row| row.panels.len()).max().unwrap_or(0);
        widest.max(self.columns.len())
    }

    fn has_heads(&self) -> bool {
        self.rows.iter().any(|row| !row.head.is_empty())
    }

    /// The whole figure as one picture, dark text on white. Letters beyond ASCII are replaced; the
    /// HTML shows them.
    pub fn to_image(&self) -> Result<Image, ReportError> {
        png::render(self)
    }

    /// The figure as an HTML `<figure>` with its pictures inside.
    pub fn to_html(&self) -> Result<String, ReportError> {
        Ok(html::render(self)?.into_string())
    }
}
