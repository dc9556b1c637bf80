//! YOLO's label files into a data set.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{IMPORT, names};
use crate::annotation::Shape;
use crate::dataset::Dataset;
use crate::formats::import::{Draft, Import, Origin, Picture, labels_of};
use crate::formats::labels::Labels;
use crate::formats::painting::Painting;
use crate::formats::picture_folder::{PictureFolder, files_below};
use crate::formats::text_file::{read_text, wrong};
use crate::formats::{
    Format, ImportError, ImportReport, ImportRequest, Importer, OptionError, OptionValues, Problem,
    Progress,
};
use crate::image::Size;

/// Text files that are no labels.
const OTHER_FILES: [&str; 5] = ["classes.txt", "train.txt", "val.txt", "test.txt", "README.txt"];

/// Reads a folder with `labels` and the names of the classes; pictures are in `images`.
#[derive(Clone, Debug)]
pub struct YoloImport {
    /// What to import.
    pub request: ImportRequest,
}

/// A line of a label file: its number, its class, and the numbers after it.
struct Line {
    number: usize,
    label: String,
    values: Vec<f64>,
}

impl YoloImport {
    /// From what is asked of any format.
    ///
    /// # Errors
    /// None so far.
    pub fn from_request(request: ImportRequest, _: &OptionValues) -> Result<Self, OptionError> {
        Ok(Self { request })
    }
}

impl Importer for YoloImport {
    fn format(&self) -> &'static Format {
        &IMPORT
    }

    fn import(
        &self,
        dataset: &mut Dataset,
        progress: Progress<'_>,
    ) -> Result<ImportReport, ImportError> {
        let unpainted = self.request.stated_unpainted(&IMPORT)?;
        let names = names::read(&self.request.path)?;
        let (drafts, mut problems) = self.drafts(&names)?;
        let used: BTreeSet<String> =
            drafts.iter().flat_map(|draft| &draft.said).map(|line| line.label.clone()).collect();
        let (labels, more) = labels_of(&self.request, dataset, &used, &[])?;
        problems.extend(more);
        let listed: BTreeSet<String> = names.into_values().collect();
        let spoken = labels.classes_of(&listed);
        let import =
            Import { format: &IMPORT, request: &self.request, unpainted, spoken, is_exact: false };
        let paint = |draft: &Draft<Vec<Line>>, painting: &mut Painting| {
            for line in &draft.said {
                let path = draft.files.first().map_or(Path::new(""), PathBuf::as_path);
                self.take(line, &labels, painting)
                    .map_err(|reason| wrong(path, format!("line {}: {reason}", line.number)))?;
            }
            Ok(Origin::default())
        };
        import.run(dataset, drafts, problems, &paint, progress)
    }
}

type DraftsAndProblems = (Vec<Draft<Vec<Line>>>, Vec<Problem>);

impl YoloImport {
    /// One draft a label file, and one for each picture without.
    fn drafts(
        &self,
        names: &std::collections::BTreeMap<usize, String>,
    ) -> Result<DraftsAndProblems, ImportError> {
        let root = &self.request.path;
        let part = |name: &str| {
            let part = root.join(name);
            if part.is_dir() { part } else { root.clone() }
        };
        let label_root = part("labels");
        let picture_root = self.request.images.clone().unwrap_or_else(|| part("images"));
        let pictures = PictureFolder::open(&picture_root)?;
        let mut bare: BTreeSet<PathBuf> = pictures.all().into_iter().collect();
        let (mut drafts, mut problems) = (Vec::new(), Vec::new());
        for relative in files_below(&label_root, "txt")? {
            let path = label_root.join(&relative);
            if OTHER_FILES.iter().any(|other| relative.ends_with(other)) {
                continue;
            }
            let stem = relative.with_extension("").display().to_string();
            let read = pictures.find_stem(&path, &stem).and_then(|found| {
                bare.retain(|picture| picture_root.join(picture) != found.path);
                Ok((found, lines(&path, names)?))
            });
            match read {
                Ok((found, said)) => drafts.push(Draft {
                    name: found.name,
                    picture: Picture::File(found.path),
                    files: vec![path],
                    stated: None,
                    said,
                }),
                Err(problem) => problems.push(problem),
            }
        }
        drafts.extend(bare.into_iter().map(|name| Draft {
            picture: Picture::File(picture_root.join(&name)),
            name,
            files: Vec::new(),
            stated: None,
            said: Vec::new(),
        }));
        Ok((drafts, problems))
    }

    fn take(&self, line: &Line, labels: &Labels, painting: &mut Painting) -> Result<(), String> {
        let meaning = labels.checked(&line.label);
        let Size { width, height } = painting.size();
        let (columns, rows) = (width as f64, height as f64);
        match line.values.as_slice() {
            &[x, y, width, height] => {
                let shape = Shape::Box {
                    x: (x - width / 2.0) * columns,
                    y: (y - height / 2.0) * rows,
                    width: width * columns,
                    height: height * rows,
                    rotation: 0.0,
                };
                self.request.take_box(painting, meaning, &shape, (None, &IMPORT))
            }
            points if points.len() >= 6 && points.len().is_multiple_of(2) => {
                let ring: Vec<_> =
                    points.chunks_exact(2).map(|p| [p[0] * columns, p[1] * rows]).collect();
                self.request.take_outline(painting, meaning, &ring, (None, &IMPORT))
            }
            other => Err(format!("{} numbers are neither a box nor a polygon", other.len())),
        }
    }
}

fn lines(
    path: &Path,
    names: &std::collections::BTreeMap<usize, String>,
) -> Result<Vec<Line>, Problem> {
    let text = read_text(path)?;
    let mut lines = Vec::new();
    for (i, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let number = i + 1;
        let line = |reason: String| wrong(path, format!("line {number}: {reason}"));
        let mut fields = text.split_whitespace();
        let class = fields.next().unwrap_or_default();
        let label = class.parse().ok().and_then(|class: usize| names.get(&class));
        let label = label.ok_or_else(|| line(format!("class `{class}` has no name")))?.clone();
        let values: Result<Vec<f64>, _> = fields.map(str::parse).collect();
        let values = values.map_err(|_| line("not everything is a number".to_owned()))?;
        lines.push(Line { number, label, values });
    }
    Ok(lines)
}
