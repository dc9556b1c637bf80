//! A figure as HTML: captions are text, pictures are `data:` addresses.

use lacuna_data::Image;
use maud::{Markup, html};

use super::{Figure, Panel, TALLEST};
use crate::error::ReportError;
use crate::picture::{data_uri, resize_to_fit};

/// From more columns on, pictures are shown smaller.
const WIDE: usize = 6;

pub(crate) fn render(figure: &Figure) -> Result<Markup, ReportError> {
    let columns = figure.width_in_panels();
    let heads = figure.has_heads();
    // the style sheet makes columns of these: on paper they may be as narrow as they must
    let tracks = format!(
        "--head:{};--columns:{};--width:{}px;--least:{}",
        if heads { "minmax(5rem,max-content)" } else { " " },
        columns.max(1),
        figure.panel_width,
        if columns > WIDE { "5rem" } else { "9rem" }
    );
    let rows = figure.rows.iter().map(|row| {
        let panels = row.panels.iter().enumerate();
        let panels = panels.map(|(i, panel)| {
            let column = figure.columns.get(i).map_or("", String::as_str);
            render_panel(panel, figure.panel_width, &alt(&row.head, column, &panel.caption))
        });
        Ok((row, panels.collect::<Result<Vec<_>, ReportError>>()?))
    });
    let rows = rows.collect::<Result<Vec<_>, ReportError>>()?;
    Ok(html! {
        figure.pictures {
            @if !figure.title.is_empty() { figcaption { (figure.title) } }
            div.scroll tabindex="0" { div.panels style=(tracks) {
                @if !figure.columns.is_empty() {
                    @if heads { div {} }
                    @for i in 0..columns {
                        div.column-head { (figure.columns.get(i).map_or("", String::as_str)) }
                    }
                }
                @for (row, panels) in &rows {
                    @if heads { div.row-head { (row.head) } }
                    @for panel in panels { (panel) }
                    @for _ in panels.len()..columns { div {} }
                }
            } }
            (render_legend(figure)?)
        }
    })
}

/// What a picture shows, for those who cannot see it.
fn alt(row: &str, column: &str, caption: &str) -> String {
    let parts = [row, column, caption].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(", ")
}

fn render_panel(panel: &Panel, width: usize, alt: &str) -> Result<Markup, ReportError> {
    let picture = for_display(&panel.picture, width);
    let coarse = picture.size().width * 2 < width;
    let uri = data_uri(&picture)?;
    Ok(html! {
        div.panel {
            img.coarse[coarse] src=(uri) alt=(alt)
                width=(picture.size().width) height=(picture.size().height);
            @if let Some(scale) = &panel.scale {
                img.bar src=(data_uri(&scale.bar(128, 1))?) alt="";
                div.ends { span { (scale.low) } span { (scale.high) } }
            }
            @if !panel.caption.is_empty() { div.caption { (panel.caption) } }
        }
    })
}

/// At most two picture pixels for a pixel of the page: sharp on fine screens, and not larger.
fn for_display(picture: &Image, width: usize) -> Image {
    let widest = picture.size().width.min(width * 2);
    resize_to_fit(picture, widest, width * 2 * TALLEST)
}

fn render_legend(figure: &Figure) -> Result<Markup, ReportError> {
    let entries = figure.legend.iter().map(|entry| Ok((data_uri(&entry.swatch)?, entry)));
    let entries = entries.collect::<Result<Vec<_>, ReportError>>()?;
    Ok(html! {
        @if !entries.is_empty() {
            ul.legend { @for (uri, entry) in &entries { li {
                img src=(uri) alt="" width=(entry.swatch.size().width)
                    height=(entry.swatch.size().height);
                (entry.text)
            } } }
        }
    })
}
