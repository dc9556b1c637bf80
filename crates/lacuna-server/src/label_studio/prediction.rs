//! What the current model says of tasks, and regions proposed from the key points and boxes of smart tools.

use lacuna_data::annotation::Runs;
use lacuna_data::formats::label_studio::Interface;
use lacuna_data::{BinaryMask, Case, Dataset, Size};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LabelStudio, version_name};
use crate::app::App;
use crate::problem::Problem;
use crate::proposals::{PixelBox, Shown};
use crate::sheet::Sheet;

/// A key point is a dot of this share of the picture's shorter side.
const DOT: f64 = 0.006;
/// A proposal looks so many pixels beyond what was shown: the rest of a large picture would take long and is hardly meant.
const MARGIN: f64 = 512.0;

/// Tasks to predict.
#[derive(Debug, Deserialize)]
pub(crate) struct Question {
    tasks: Vec<Value>,
    label_config: String,
    #[serde(default)]
    params: Params,
}

#[derive(Debug, Default, Deserialize)]
struct Params {
    context: Option<Context>,
}

/// What a smart tool was used for.
#[derive(Debug, Default, Deserialize)]
struct Context {
    #[serde(default)]
    result: Vec<Hint>,
}

/// A key point or a box, in per cent of the picture.
#[derive(Debug, Deserialize)]
struct Hint {
    /// A flag, or 0 or 1.
    #[serde(default)]
    is_positive: Value,
    value: HintValue,
}

#[derive(Debug, Deserialize)]
struct HintValue {
    x: f64,
    y: f64,
    width: Option<f64>,
    /// Key points have none; their width is that of the mark on the screen.
    height: Option<f64>,
    #[serde(default)]
    keypointlabels: Vec<String>,
    #[serde(default)]
    rectanglelabels: Vec<String>,
}

impl HintValue {
    fn labels(&self) -> impl Iterator<Item = &String> {
        self.keypointlabels.iter().chain(&self.rectanglelabels)
    }
}

/// What is said of a task: a prediction, or a list of none. Label Studio keeps an empty prediction as one, and does not ask
/// again.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    One(Predicted),
    None([(); 0]),
}

/// The prediction of a task.
#[derive(Debug, Serialize)]
pub(crate) struct Predicted {
    result: Value,
    /// How sure the model is on average, 0–1.
    score: f64,
    model_version: String,
}

impl LabelStudio {
    /// One answer for each task, in their order. Of several tasks one that cannot be looked at has none, and the log says
    /// why.
    pub(crate) fn predict(&self, app: &App, question: &Question) -> Result<Vec<Answer>, Problem> {
        let interface = Interface::parse(&question.label_config)?;
        interface.check(app.project.dataset()?.classes())?;
        let hints = question.params.context.as_ref().map(|context| context.result.as_slice());
        if let (Some(hints), [task]) = (hints.filter(|h| !h.is_empty()), question.tasks.as_slice())
        {
            return Ok(vec![Answer::One(self.propose(app, &interface, task, hints)?)]);
        }
        let is_alone = question.tasks.len() == 1;
        let predict = |task: &Value| match self.prediction(app, &interface, task) {
            Err(problem) if !is_alone => {
                app.log
                    .say(format!("Label Studio: a task was not predicted: {}", problem.in_words()));
                Ok(Answer::None([]))
            }
            predicted => Ok(predicted?.map_or(Answer::None([]), Answer::One)),
        };
        question.tasks.iter().map(predict).collect()
    }

    /// What the current model says, if there is one.
    fn prediction(
        &self,
        app: &App,
        interface: &Interface,
        task: &Value,
    ) -> Result<Option<Predicted>, Problem> {
        let case = self.case_of(app, interface, task)?;
        let Some(version) = app.models.current() else { return Ok(None) };
        let dataset = app.project.dataset()?;
        let size = dataset.image_size(&case)?;
        let prediction = app.predictions.of(&dataset, &case, version)?;
        let names = dataset.classes().names();
        let masks = names.iter().filter_map(|name| Some((name.as_str(), prediction.mask(name)?)));
        let masks: Vec<(&str, BinaryMask)> = masks.collect();
        let result = interface.painted(masks.iter().map(|(name, mask)| (*name, mask)), size)?;
        let score = prediction.certainty();
        Ok(Some(Predicted { result, score, model_version: version_name(Some(version)) }))
    }

    /// The region that key points and a box mean.
    fn propose(
        &self,
        app: &App,
        interface: &Interface,
        task: &Value,
        hints: &[Hint],
    ) -> Result<Predicted, Problem> {
        let case = self.case_of(app, interface, task)?;
        let dataset = app.project.dataset()?;
        let label = hints.iter().flat_map(|hint| hint.value.labels()).next();
        let label = label.ok_or_else(|| Problem::invalid("the smart tool has no label"))?;
        let class = interface.class_of(label, dataset.classes()).ok_or_else(|| {
            Problem::invalid(format!("the label `{label}` of the smart tool is no class"))
        })?;
        let (runs, version) = proposal(app, &dataset, &case, &class, hints)?;
        let size = dataset.image_size(&case)?;
        let mut mask = BinaryMask::empty(size);
        runs.iter().flatten().for_each(|pixel| mask.values_mut()[pixel] = true);
        let result = interface.painted([(class.as_str(), &mask)], size)?;
        Ok(Predicted { result, score: 1.0, model_version: version_name(version) })
    }
}

fn proposal(
    app: &App,
    dataset: &Dataset,
    case: &Case,
    class: &str,
    hints: &[Hint],
) -> Result<(Runs, Option<u32>), Problem> {
    let image = app.proposals.picture(dataset, case)?;
    let size = image.size();
    let [negative, positive] = [false, true].map(|sign| dots(hints, sign, size));
    let around = hints.iter().rev().find_map(|hint| hint.around(size));
    let shown = Shown {
        class,
        window: window(hints, size),
        positive: &positive,
        negative: &negative,
        around,
    };
    app.propose(dataset, &Sheet::shared(&case.id), &image, &shown)
}

/// The key points of that sign as small discs.
fn dots(hints: &[Hint], sign: bool, size: Size) -> Runs {
    let radius = (DOT * size.width.min(size.height) as f64).max(1.0);
    let is_point = |hint: &&Hint| hint.value.height.is_none() && hint.is_positive() == sign;
    let mut flags = vec![false; size.area()];
    for [x, y] in hints.iter().filter(is_point).map(|hint| hint.corner(size)) {
        let around = |at: f64, length: usize| {
            let start = (at - radius).max(0.0) as usize;
            start.min(length)..((at + radius + 1.0).max(0.0) as usize).min(length)
        };
        for row in around(y, size.height) {
            for column in around(x, size.width) {
                let is_near = (column as f64 + 0.5 - x).hypot(row as f64 + 0.5 - y) <= radius;
                flags[row * size.width + column] |= is_near;
            }
        }
    }
    Runs::of(&flags, |flag| *flag)
}

/// What is looked at: everything that was shown, and what lies around it.
fn window(hints: &[Hint], size: Size) -> PixelBox {
    let corners = hints.iter().flat_map(|hint| hint.corners(size));
    let side = |axis: usize, length: usize| {
        let values: Vec<f64> = corners.clone().map(|corner| corner[axis]).collect();
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let start = (low - MARGIN).clamp(0.0, length as f64 - 1.0).floor();
        let end = (high + MARGIN).clamp(start + 1.0, length as f64).ceil();
        (start as usize, (end - start) as usize)
    };
    let ((x, width), (y, height)) = (side(0, size.width), side(1, size.height));
    PixelBox { x, y, width, height }
}

impl Hint {
    /// The page sends a flag, the documentation of the protocol has a number.
    fn is_positive(&self) -> bool {
        self.is_positive != Value::Bool(false) && self.is_positive != 0
    }

    /// The point, or the upper left corner of the box, in pixels.
    fn corner(&self, size: Size) -> [f64; 2] {
        let HintValue { x, y, .. } = self.value;
        [x * size.width as f64 / 100.0, y * size.height as f64 / 100.0]
    }

    fn corners(&self, size: Size) -> [[f64; 2]; 2] {
        let [left, top] = self.corner(size);
        let HintValue { height, .. } = self.value;
        let width = self.value.width.filter(|_| height.is_some());
        let length = |percent: Option<f64>, of: usize| percent.unwrap_or(0.0) * of as f64 / 100.0;
        [[left, top], [left + length(width, size.width), top + length(height, size.height)]]
    }

    /// The whole pixels that a box touches.
    fn around(&self, size: Size) -> Option<PixelBox> {
        self.value.width.zip(self.value.height)?;
        let [[left, top], [right, bottom]] = self.corners(size);
        let side = |low: f64, high: f64, length: usize| {
            let start = low.clamp(0.0, length as f64 - 1.0).floor();
            (start as usize, (high.clamp(start + 1.0, length as f64).ceil() - start) as usize)
        };
        let ((x, width), (y, height)) =
            (side(left, right, size.width), side(top, bottom, size.height));
        Some(PixelBox { x, y, width, height })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size::new(1000, 500);

    fn hints(text: &str) -> Vec<Hint> {
        serde_json::from_str::<Context>(&format!("{{\"result\": [{text}]}}")).unwrap().result
    }

    #[test]
    fn points_become_dots_and_boxes_bounds() {
        let hints = hints(
            r#"{"is_positive": 1, "value": {"x": 50, "y": 50, "width": 0.3, "labels": ["gum"], "keypointlabels": ["gum"]}},
               {"is_positive": false, "value": {"x": 10, "y": 20, "width": 0.3, "keypointlabels": ["gum"]}},
               {"value": {"x": 40, "y": 30, "width": 20, "height": 50, "rectanglelabels": ["gum"]}}"#,
        );
        let pixels = |sign| dots(&hints, sign, SIZE).iter().flatten().collect::<Vec<_>>();
        let (positive, negative) = (pixels(true), pixels(false));
        assert!(positive.contains(&(250 * 1000 + 500)) && negative.contains(&(100 * 1000 + 100)));
        assert!(positive.len() > 9 && positive.len() < 40 && negative.len() == positive.len());
        let around = hints.iter().find_map(|hint| hint.around(SIZE)).unwrap();
        assert_eq!(around, PixelBox { x: 400, y: 150, width: 200, height: 250 });
        assert_eq!(window(&hints[..1], SIZE), PixelBox { x: 0, y: 0, width: 1000, height: 500 });
        let large = Size::new(4000, 4000);
        let expected = PixelBox { x: 1488, y: 1488, width: 1024, height: 1024 };
        assert_eq!(window(&hints[..1], large), expected);
        assert_eq!(hints[2].value.labels().next().map(String::as_str), Some("gum"));
    }

    #[test]
    fn what_lies_outside_of_the_picture_is_brought_to_its_border() {
        let hints = hints(r#"{"value": {"x": 120, "y": -10, "width": 20, "height": 5}}"#);
        let bounds = PixelBox { x: 999, y: 0, width: 1, height: 1 };
        assert_eq!(hints[0].around(SIZE), Some(bounds));
        let PixelBox { x, y, width, height } = window(&hints, SIZE);
        assert!(x + width <= 1000 && y + height <= 500);
    }
}
