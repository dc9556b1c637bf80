//! ODSI-DB's files into a data set.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::label_table::{LabelTable, LabelTableError};
use super::{IMPORT, bands, masks};
use crate::annotation::{Ternary, Unpainted};
use crate::class::ClassSet;
use crate::dataset::Dataset;
use crate::formats::import::{Draft, Import, Origin, Picture};
use crate::formats::painting::Painting;
use crate::formats::picture_folder::{file_name, file_stem, files_below};
use crate::formats::text_file::{read_text, wrong};
use crate::formats::{
    Format, ImportError, ImportReport, ImportRequest, Importer, OptionError, OptionValues, Problem,
    Progress,
};

const MASKS: &str = "_masks";

/// Reads a folder of ODSI-DB.
#[derive(Clone, Debug)]
pub struct OdsiDbImport {
    /// What to import; the path is the folder.
    pub request: ImportRequest,
    /// A file that says what labels mean, in place of the default.
    pub label_table: Option<PathBuf>,
    /// A file that names the images to take.
    pub list: Option<PathBuf>,
    /// What an image must have to be taken.
    pub require: Require,
}

/// What an image must have to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Require {
    /// Nothing.
    Nothing,
    /// A mask that is positive for every class.
    AllClasses,
}

impl OdsiDbImport {
    /// From what is asked of any format.
    ///
    /// # Errors
    /// If an option has a value that it does not take.
    pub fn from_request(
        request: ImportRequest,
        options: &OptionValues,
    ) -> Result<Self, OptionError> {
        let require = [("nothing", Require::Nothing), ("all-classes", Require::AllClasses)];
        Ok(Self {
            request,
            label_table: options.optional("label-table").map(PathBuf::from),
            list: options.optional("list").map(PathBuf::from),
            require: options.one_of("require", &require)?,
        })
    }
}

impl Importer for OdsiDbImport {
    fn format(&self) -> &'static Format {
        &IMPORT
    }

    fn import(
        &self,
        dataset: &mut Dataset,
        progress: Progress<'_>,
    ) -> Result<ImportReport, ImportError> {
        let table = self.table(dataset.classes()).map_err(Problem::from)?;
        let mut problems = Vec::new();
        let drafts = self.drafts(&table, dataset.classes(), &mut problems)?;
        let import = Import {
            format: &IMPORT,
            request: &self.request,
            unpainted: self.request.unpainted.unwrap_or(Unpainted::Unknown),
            spoken: table.classes(),
            is_exact: false,
        };
        let paint = |draft: &Draft<usize>, painting: &mut Painting| {
            painting.skip_several("mask pages without a label", draft.said);
            draft.files.first().map_or(Ok(()), |path| paint(path, &table, painting))?;
            Ok(Origin::default())
        };
        import.run(dataset, drafts, problems, &paint, progress)
    }
}

impl OdsiDbImport {
    fn table(&self, classes: &ClassSet) -> Result<LabelTable, LabelTableError> {
        match &self.label_table {
            Some(path) => LabelTable::read(path, classes),
            None => LabelTable::default_for(classes),
        }
    }

    /// One draft an image that is wanted; what is said is the number of mask pages without a label.
    fn drafts(
        &self,
        table: &LabelTable,
        classes: &ClassSet,
        problems: &mut Vec<Problem>,
    ) -> Result<Vec<Draft<usize>>, ImportError> {
        let root = &self.request.path;
        let mut files = [files_below(root, "tif")?, files_below(root, "tiff")?].concat();
        files.sort();
        let known: BTreeSet<PathBuf> = files.iter().cloned().collect();
        let wanted = self.list.as_deref().map(listed).transpose()?;
        let is_mask = |path: &Path| file_stem(path).ends_with(MASKS);
        let mut drafts = Vec::new();
        for relative in files.iter().filter(|path| !is_mask(path)) {
            if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&file_stem(relative))) {
                continue;
            }
            let extension = relative.extension().unwrap_or_default().to_string_lossy();
            let name = format!("{}{MASKS}.{extension}", file_stem(relative));
            let masks = Some(relative.with_file_name(name)).filter(|path| known.contains(path));
            let masks = masks.map(|path| root.join(path));
            match self.survey(masks.as_deref(), table, classes) {
                Ok(Some(nameless)) => drafts.push(Draft {
                    name: relative.with_extension("png"),
                    picture: Picture::Made(root.join(relative), bands::picture),
                    files: masks.into_iter().collect(),
                    stated: None,
                    said: nameless,
                }),
                Ok(None) => {}
                Err(more) => problems.extend(more),
            }
        }
        check_list(wanted, &files, self.list.as_deref(), problems);
        Ok(drafts)
    }

    /// How many pages have no label; `None` if the image lacks what is required.
    fn survey(
        &self,
        path: Option<&Path>,
        table: &LabelTable,
        classes: &ClassSet,
    ) -> Result<Option<usize>, Vec<Problem>> {
        let labels = path.map_or(Ok(Vec::new()), masks::labels).map_err(|problem| vec![problem])?;
        let mut problems = Vec::new();
        let mut positive = BTreeSet::new();
        for label in labels.iter().flatten() {
            match table.of(label) {
                Some(said) => positive.extend(
                    said.iter().filter(|(_, state)| *state == Ternary::Positive).map(|(c, _)| *c),
                ),
                None if self.request.labels.skip_others => {}
                None => problems.push(strange(path.unwrap_or(Path::new("")), label)),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let is_wanted = self.require == Require::Nothing || positive.len() == classes.len();
        Ok(is_wanted.then(|| labels.iter().filter(|label| label.is_none()).count()))
    }
}

fn strange(path: &Path, label: &str) -> Problem {
    let message =
        format!("`{}` has label `{label}`, which no class is said to have", path.display());
    let hint = "add the label to the label table, or say that other labels are to be skipped";
    Problem::new(message, Some(hint))
}

/// The stems of the images that a file lists, one a line; `#` starts a comment.
fn listed(path: &Path) -> Result<BTreeSet<String>, Problem> {
    let text = read_text(path)?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let stem = |line: &str| match line.rsplit_once('.') {
        Some((stem, "tif" | "tiff" | "TIF" | "TIFF")) => file_name(Path::new(stem)),
        _ => file_name(Path::new(line)),
    };
    Ok(lines.filter(|line| !line.is_empty()).map(stem).collect())
}

/// A problem for every listed image that is not there.
fn check_list(
    wanted: Option<BTreeSet<String>>,
    files: &[PathBuf],
    list: Option<&Path>,
    problems: &mut Vec<Problem>,
) {
    let stems: BTreeSet<String> = files.iter().map(|path| file_stem(path)).collect();
    for stem in wanted.unwrap_or_default().difference(&stems) {
        problems.push(wrong(list.unwrap_or(Path::new("")), format!("there is no image `{stem}`")));
    }
}

fn paint(path: &Path, table: &LabelTable, painting: &mut Painting) -> Result<(), Problem> {
    let mut skipped = 0;
    masks::each(path, painting.size(), |label, pixels| {
        let Some(said) = table.of(label) else {
            skipped += 1;
            return;
        };
        for (class, state) in said {
            match state {
                Ternary::Positive => painting.positive(*class, pixels),
                Ternary::Negative => painting.negative(*class, pixels),
                Ternary::Unknown => painting.unknown(*class, pixels),
            }
        }
    })?;
    painting.skip_several("masks of skipped labels", skipped);
    Ok(())
}
