//! All formats, by name.

use std::collections::BTreeMap;

use super::coco::{self, CocoExport, CocoImport};
use super::cvat::{self, CvatExport, CvatImport};
use super::import::{ImportRequest, Importer};
use super::label_studio::{self, LabelStudioExport, LabelStudioImport};
use super::labelme::{self, LabelmeExport, LabelmeImport};
use super::lacuna::{self, LacunaExport};
use super::ltg_idb::{self, LtgIdbImport};
use super::nnunet::{self, NnunetExport, NnunetImport};
use super::odsi_db::{self, OdsiDbImport};
use super::png_masks::{self, FolderImport};
use super::root_painter::{self, RootPainterExport, RootPainterImport};
use super::voc::{self, VocExport, VocImport};
use super::yolo::{self, YoloExport, YoloImport};
use super::{Exporter, Format, OptionError, OptionValues};

/// A format that can be read.
#[derive(Clone, Copy, Debug)]
pub struct ImportFormat {
    /// What it is.
    pub format: &'static Format,
    new: MakeImporter,
}

type MakeImporter = fn(ImportRequest, &OptionValues) -> Result<Box<dyn Importer>, OptionError>;

/// A format that can be written.
#[derive(Clone, Copy, Debug)]
pub struct ExportFormat {
    /// What it is.
    pub format: &'static Format,
    new: fn(&OptionValues) -> Result<Box<dyn Exporter>, OptionError>,
}

impl ImportFormat {
    /// The format called `name`.
    pub fn named(name: &str) -> Option<Self> {
        importers().into_iter().find(|entry| entry.format.name == name)
    }

    /// An importer for a request, with the format's own options as name and value.
    pub fn importer(
        &self,
        request: ImportRequest,
        options: BTreeMap<String, String>,
    ) -> Result<Box<dyn Importer>, OptionError> {
        (self.new)(request, &OptionValues::new(self.format, options)?)
    }
}

impl ExportFormat {
    /// The format called `name`.
    pub fn named(name: &str) -> Option<Self> {
        exporters().into_iter().find(|entry| entry.format.name == name)
    }

    /// An exporter with the format's own options as name and value.
    pub fn exporter(
        &self,
        options: BTreeMap<String, String>,
    ) -> Result<Box<dyn Exporter>, OptionError> {
        (self.new)(&OptionValues::new(self.format, options)?)
    }
}

/// The formats that can be read, by name.
pub fn importers() -> Vec<ImportFormat> {
    let mut all = vec![
        ImportFormat {
            format: &png_masks::FORMAT,
            new: |request, options| Ok(Box::new(FolderImport::from_request(&request, options)?)),
        },
        ImportFormat {
            format: &coco::IMPORT,
            new: |request, options| Ok(Box::new(CocoImport::from_request(request, options)?)),
        },
        ImportFormat {
            format: &label_studio::IMPORT,
            new: |request, options| {
                Ok(Box::new(LabelStudioImport::from_request(request, options)?))
            },
        },
        ImportFormat {
            format: &nnunet::IMPORT,
            new: |request, options| Ok(Box::new(NnunetImport::from_request(request, options)?)),
        },
        ImportFormat {
            format: &cvat::IMPORT,
            new: |request, options| Ok(Box::new(CvatImport::from_request(request, options)?)),
        },
        ImportFormat {
            format: &voc::IMPORT,
            new: |request, options| Ok(Box::new(VocImport::from_request(request, options)?)),
        },
        ImportFormat {
            format: &labelme::IMPORT,
            new: |request, options| Ok(Box::new(LabelmeImport::from_request(request, options)?)),
        },
        ImportFormat {
            format: &root_painter::IMPORT,
            new: |request, options| {
                Ok(Box::new(RootPainterImport::from_request(request, options)?))
            },
        },
        ImportFormat {
            format: &yolo::IMPORT,
            new: |request, options| Ok(Box::new(YoloImport::from_request(request, options)?)),
        },
        ImportFormat {
            format: &odsi_db::IMPORT,
            new: |request, options| Ok(Box::new(OdsiDbImport::from_request(request, options)?)),
        },
        ImportFormat {
            format: &ltg_idb::IMPORT,
            new: |request, options| Ok(Box::new(LtgIdbImport::from_request(request, options)?)),
        },
    ];
    all.sort_by_key(|entry| entry.format.name);
    all
}

/// The formats that can be written, by name.
pub fn exporters() -> Vec<ExportFormat> {
    let mut all = vec![
        ExportFormat {
            format: &coco::EXPORT,
            new: |options| Ok(Box::new(CocoExport::from_options(options)?)),
        },
        ExportFormat {
            format: &label_studio::EXPORT,
            new: |options| Ok(Box::new(LabelStudioExport::from_options(options)?)),
        },
        ExportFormat {
            format: &nnunet::EXPORT,
            new: |options| Ok(Box::new(NnunetExport::from_options(options)?)),
        },
        ExportFormat {
            format: &cvat::EXPORT,
            new: |options| Ok(Box::new(CvatExport::from_options(options)?)),
        },
        ExportFormat {
            format: &voc::EXPORT,
            new: |options| Ok(Box::new(VocExport::from_options(options)?)),
        },
        ExportFormat {
            format: &labelme::EXPORT,
            new: |options| Ok(Box::new(LabelmeExport::from_options(options)?)),
        },
        ExportFormat {
            format: &root_painter::EXPORT,
            new: |options| Ok(Box::new(RootPainterExport::from_options(options)?)),
        },
        ExportFormat {
            format: &yolo::EXPORT,
            new: |options| Ok(Box::new(YoloExport::from_options(options)?)),
        },
        ExportFormat {
            format: &lacuna::EXPORT,
            new: |options| Ok(Box::new(LacunaExport::from_options(options)?)),
        },
    ];
    all.sort_by_key(|entry| entry.format.name);
    all
}

#[cfg(test)]
mod tests;
