//! Label Studio's JSON into a data set.

use std::collections::BTreeSet;

use super::annotators::{Annotators, chosen, combined};
use super::shapes::{Brush, Drawn, merged};
use super::task::{Said, Task, Who, parse};
use super::{IMPORT, address};
use crate::annotation::{Annotation, Role, Shape};
use crate::class::ClassSet;
use crate::dataset::Dataset;
use crate::formats::import::{Draft, Import, Origin, Picture, labels_of};
use crate::formats::labels::{Labels, Meaning};
use crate::formats::painting::Painting;
use crate::formats::picture_folder::{Found, PictureFolder};
use crate::formats::text_file::{read_text, wrong};
use crate::formats::{
    Format, ImportError, ImportReport, ImportRequest, Importer, OptionError, OptionValues, Problem,
    Progress, rings,
};

/// Reads an export of Label Studio.
#[derive(Clone, Debug)]
pub struct LabelStudioImport {
    /// What to import; the path is the JSON file.
    pub request: ImportRequest,
    /// Which of several annotations count.
    pub annotators: Annotators,
    /// What predictions are.
    pub predictions: Predictions,
    /// The least opacity that counts as painted, 1 to 255.
    pub alpha: u8,
    /// Whether painted pixels that are not fully opaque are unknown.
    pub soft_is_unknown: bool,
    /// The field of a task's data with the picture, if it is not `image`.
    pub image_key: Option<String>,
}

/// What predictions of a task are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Predictions {
    /// Nothing; they are counted.
    Skip,
    /// Suggestions of a model, of this version if there are several.
    Suggest(Option<String>),
}

impl LabelStudioImport {
    /// From what is asked of any format.
    ///
    /// # Errors
    /// If an option has a value that it does not take.
    pub fn from_request(
        request: ImportRequest,
        options: &OptionValues,
    ) -> Result<Self, OptionError> {
        let annotators = match options.optional("annotator") {
            Some(name) => Annotators::One(name.to_owned()),
            None => match options.text("annotators") {
                "refuse" => Annotators::Refuse,
                "latest" => Annotators::Latest,
                "majority" => Annotators::Majority,
                "unanimous" => Annotators::Unanimous,
                _ => return Err(options.bad("annotators")),
            },
        };
        let suggest = options.one_of("predictions", &[("skip", false), ("suggest", true)])?;
        let version = options.optional("model-version").map(str::to_owned);
        let alpha = options.number("alpha")?;
        if alpha == 0 {
            return Err(options.bad("alpha"));
        }
        Ok(Self {
            request,
            annotators,
            predictions: if suggest { Predictions::Suggest(version) } else { Predictions::Skip },
            alpha,
            soft_is_unknown: options
                .one_of("soft-edges", &[("positive", false), ("unknown", true)])?,
            image_key: options.optional("image-key").map(str::to_owned),
        })
    }
}

impl Importer for LabelStudioImport {
    fn format(&self) -> &'static Format {
        &IMPORT
    }

    fn import(
        &self,
        dataset: &mut Dataset,
        progress: Progress<'_>,
    ) -> Result<ImportReport, ImportError> {
        let path = &self.request.path;
        let unpainted = self.request.stated_unpainted(&IMPORT)?;
        let tasks = parse(&read_text(path)?, path, self.image_key.as_deref())
            .map_err(|problems| ImportError::Files { problems })?;
        let names = self.used_labels(&tasks);
        let (labels, mut problems) = labels_of(&self.request, dataset, &names, &[])?;
        let spoken = labels.classes_of(&names);
        let pictures = PictureFolder::open(&self.request.picture_root())?;
        let drafts = self.drafts(tasks, &pictures, &mut problems);
        let import =
            Import { format: &IMPORT, request: &self.request, unpainted, spoken, is_exact: false };
        let classes = dataset.classes().clone();
        let painter = Painter { of: self, labels: &labels, import: &import, classes: &classes };
        let paint = |draft: &Draft<Task>, painting: &mut Painting| {
            let task = &draft.said;
            painter
                .task(task, painting)
                .map_err(|reason| wrong(path, format!("task {}: {reason}", task.name)))
        };
        import.run(dataset, drafts, problems, &paint, progress)
    }
}

impl LabelStudioImport {
    /// One draft a task; the picture is looked for by its name with and without the server's prefix.
    fn drafts(
        &self,
        tasks: Vec<Task>,
        pictures: &PictureFolder,
        problems: &mut Vec<Problem>,
    ) -> Vec<Draft<Task>> {
        let path = &self.request.path;
        let find = |task: &Task| -> Result<Found, Problem> {
            let name = address::file_name(&task.image);
            let found = pictures.find(path, &name);
            match address::original_name(&name) {
                Some(original) if found.is_err() => pictures.find(path, original).or(found),
                _ => found,
            }
        };
        let mut drafts = Vec::new();
        for task in tasks {
            let is_said = !self.counted(&task.annotations).is_empty()
                || (self.predictions != Predictions::Skip && !task.predictions.is_empty());
            match find(&task) {
                Ok(found) => drafts.push(Draft {
                    name: found.name,
                    picture: Picture::File(found.path),
                    files: if is_said { vec![path.clone()] } else { Vec::new() },
                    stated: None,
                    said: task,
                }),
                Err(problem) => problems.push(problem),
            }
        }
        drafts
    }

    fn counted<'a>(&self, said: &'a [Said]) -> Vec<&'a Said> {
        // what is refused is said later, with the task
        chosen(said, &self.annotators).unwrap_or_else(|_| said.iter().collect())
    }

    /// Labels of all annotations and predictions that count.
    fn used_labels(&self, tasks: &[Task]) -> BTreeSet<String> {
        let mut labels = BTreeSet::new();
        for task in tasks {
            let mut said = self.counted(&task.annotations);
            if self.predictions != Predictions::Skip {
                said.extend(&task.predictions);
            }
            let items = said.into_iter().flat_map(|said| &said.result);
            let shapes = items.filter(|item| item.value.keypointlabels.is_empty());
            labels.extend(shapes.flat_map(|item| item.value.labels()).cloned());
        }
        labels
    }
}

/// What painting a task needs.
pub(super) struct Painter<'a> {
    pub(super) of: &'a LabelStudioImport,
    pub(super) labels: &'a Labels,
    pub(super) import: &'a Import<'a>,
    pub(super) classes: &'a ClassSet,
}

impl Painter<'_> {
    pub(super) fn task(&self, task: &Task, painting: &mut Painting) -> Result<Origin, String> {
        let cancelled = task.annotations.iter().filter(|said| said.was_cancelled).count();
        painting.skip_several("cancelled annotations", cancelled);
        let said = chosen(&task.annotations, &self.of.annotators)?;
        let left = task.annotations.len() - cancelled - said.len();
        painting.skip_several("annotations of other annotators", left);
        match said.as_slice() {
            [] => painting.is_unseen = true,
            [only] => self.annotation(only, painting)?,
            several => self.combine(several, painting)?,
        }
        self.predictions(task, painting)?;
        let authors = said.iter().filter_map(|said| said.completed_by.as_ref());
        let authors: BTreeSet<_> = authors.map(Who::name).collect();
        let author = authors.into_iter().collect::<Vec<_>>().join(", ");
        Ok(Origin {
            author: Some(author).filter(|author| !author.is_empty()),
            group: task.group.clone(),
            provenance: None,
        })
    }

    /// What one person said.
    fn annotation(&self, said: &Said, painting: &mut Painting) -> Result<(), String> {
        let author = said.completed_by.as_ref().map(Who::name);
        let (shapes, skipped) = merged(said);
        for (what, count) in skipped {
            painting.skip_several(what, count);
        }
        for shape in shapes {
            let drawn = shape.draw(painting.size(), self.brush())?;
            if let Drawn::Skipped(what) = drawn {
                painting.skip(what);
                continue;
            }
            if shape.labels.is_empty() {
                painting.skip("shapes without a label");
            }
            for label in &shape.labels {
                self.take(self.labels.checked(label), &drawn, author.as_deref(), painting)?;
            }
        }
        Ok(())
    }

    fn take(
        &self,
        meaning: Meaning,
        drawn: &Drawn,
        author: Option<&str>,
        painting: &mut Painting,
    ) -> Result<(), String> {
        match (drawn, meaning) {
            (_, Meaning::Skip) => painting.skip("shapes of skipped labels"),
            (Drawn::Box(shape), _) => {
                self.of.request.take_box(painting, meaning, shape, (author, &IMPORT))?;
            }
            (Drawn::Outline(ring), _) => {
                self.of.request.take_outline(painting, meaning, ring, (author, &IMPORT))?;
            }
            (Drawn::Pixels { .. }, Meaning::Region) => painting.skip("brush strokes of regions"),
            (Drawn::Pixels { sure, soft }, _) => {
                painting.label(meaning, sure);
                if let (Meaning::Class(class), Some(soft)) = (meaning, soft) {
                    painting.unknown(class, soft);
                }
            }
            (Drawn::Skipped(_), _) => {}
        }
        Ok(())
    }

    /// What several people said, brought together pixel by pixel.
    fn combine(&self, several: &[&Said], painting: &mut Painting) -> Result<(), String> {
        let mut finished: Vec<Annotation> = Vec::new();
        for said in several {
            let mut own = Painting::new(painting.size(), self.classes.len());
            own.spoken.clone_from(&painting.spoken);
            self.annotation(said, &mut own)?;
            for (what, count) in &own.skipped {
                painting.skip_several(what.clone(), *count);
            }
            painting.regions.append(&mut own.regions);
            finished.push(own.finish(&self.import.finish(self.classes)));
        }
        for class in 0..self.classes.len() {
            let Some((mask, contradictions)) = combined(&finished, class, &self.of.annotators)
            else {
                continue;
            };
            painting.state(class, &mask);
            let what = "pixels on which annotators contradict each other";
            painting.skip_several(what, contradictions);
        }
        Ok(())
    }

    fn predictions(&self, task: &Task, painting: &mut Painting) -> Result<(), String> {
        let (predictions, numbered) = (&task.predictions, task.numbered_predictions);
        let Predictions::Suggest(version) = &self.of.predictions else {
            painting.skip_several("predictions", predictions.len() + numbered);
            return Ok(());
        };
        if numbered > 0 {
            let remedy = "get the tasks from `/api/tasks?fields=all`, where they are whole";
            return Err(format!("{numbered} predictions by their number alone; {remedy}"));
        }
        let fits = |said: &&Said| version.is_none() || said.model_version == *version;
        let wanted: Vec<_> = predictions.iter().filter(fits).collect();
        painting.skip_several("predictions of other models", predictions.len() - wanted.len());
        if wanted.len() > 1 && version.is_none() {
            return Err(format!("{} predictions; choose a model version", wanted.len()));
        }
        wanted.last().map_or(Ok(()), |said| self.suggest(said, painting))
    }

    fn suggest(&self, said: &Said, painting: &mut Painting) -> Result<(), String> {
        for shape in merged(said).0 {
            let drawn = shape.draw(painting.size(), self.brush())?;
            for label in &shape.labels {
                match (&drawn, self.labels.checked(label)) {
                    (
                        Drawn::Pixels { sure, .. },
                        meaning @ (Meaning::Class(_) | Meaning::Not(_)),
                    ) => {
                        painting.suggest(meaning, sure);
                    }
                    (Drawn::Outline(ring), meaning @ (Meaning::Class(_) | Meaning::Not(_))) => {
                        let pixels = rings::fill(std::slice::from_ref(ring), painting.size());
                        painting.suggest(meaning, &pixels);
                    }
                    (Drawn::Box(shape), meaning @ (Meaning::Class(_) | Meaning::Region)) => {
                        self.suggest_box(shape.clone(), meaning, said, painting)?;
                    }
                    _ => painting.skip("predictions that have no place"),
                }
            }
        }
        Ok(())
    }

    fn suggest_box(
        &self,
        shape: Shape,
        meaning: Meaning,
        said: &Said,
        painting: &mut Painting,
    ) -> Result<(), String> {
        let mut region = self.of.request.region(shape, Some("model"), &IMPORT);
        region.role = Role::Model;
        region.score = said.score.filter(|score| (0.0..=1.0).contains(score));
        region.model_version.clone_from(&said.model_version);
        self.of.request.take_region(painting, meaning, region)
    }

    fn brush(&self) -> Brush {
        Brush { alpha: self.of.alpha, soft_is_unknown: self.of.soft_is_unknown }
    }
}
