//! A data set as RootPainter's annotations.

use super::{BACKGROUND, EXPORT, FOREGROUND, UNPAINTED, rgba};
use crate::annotation::Ternary;
use crate::formats::export::CaseLosses;
use crate::formats::{
    Export, ExportError, ExportReport, Exporter, Format, LossKind, OptionError, OptionValues,
};

/// Writes `images/` and `annotations/CLASS/`.
#[derive(Clone, Debug)]
pub struct RootPainterExport;

impl RootPainterExport {
    /// From options by name.
    ///
    /// # Errors
    /// None so far.
    pub fn from_options(_: &OptionValues) -> Result<Self, OptionError> {
        Ok(Self)
    }
}

impl Exporter for RootPainterExport {
    fn format(&self) -> &'static Format {
        &EXPORT
    }

    fn write(&self, export: &Export<'_>) -> Result<ExportReport, ExportError> {
        let (dataset, folder) = export.parts();
        let (_, report) = export.each_case(|_, case, said| {
            let mut losses = CaseLosses::default();
            losses.note = folder.picture(dataset, case, &format!("images/{}", case.id))?.1;
            losses.add_suggested(&said);
            losses.add(LossKind::Regions, None, said.regions.len());
            for (class, mask) in dataset.classes().classes().iter().zip(&said.masks) {
                if mask.count(Ternary::Unknown) == mask.size().area() {
                    continue;
                }
                let path = folder.path(format!("annotations/{}/{}.png", class.name, case.id))?;
                let pixels: Vec<_> = mask.values().iter().map(|state| color(*state)).collect();
                rgba::write(&path, mask.size(), &pixels).map_err(|e| ExportError::io(&path, e))?;
            }
            Ok(((), losses))
        })?;
        Ok(report)
    }
}

fn color(state: Ternary) -> [u8; 4] {
    match state {
        Ternary::Unknown => UNPAINTED,
        Ternary::Negative => BACKGROUND,
        Ternary::Positive => FOREGROUND,
    }
}
