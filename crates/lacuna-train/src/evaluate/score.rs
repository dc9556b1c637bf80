//! Scores of one picture after the other, and the running sums over all of them.

use std::collections::BTreeMap;

use lacuna_data::{Case, ClassSet};
use lacuna_metrics::{
    Calibration, ExclusiveCounts, Grid, MAX_EXCLUSIVE_CLASSES, MetricError, PartialConfusion,
    ProbabilityHistogram, SurfaceDistances, mean_dice_bounds,
};

use super::picture::{Picture, Reference};
use super::result::{CaseMetrics, ClassMetrics, Distances, Ranking, Unit};
use super::{Definition, EvaluateError, EvaluateOptions, ThresholdSet};
use crate::cases::Cases;

/// Everything that stays the same from picture to picture.
pub(super) struct Scorer<'a> {
    pub(super) classes: &'a ClassSet,
    pub(super) options: &'a EvaluateOptions,
    pub(super) thresholds: Vec<ThresholdSet>,
    pub(super) distances: Option<Distances>,
    /// Classes parted into groups of exclusive ones, each class in one group.
    groups: Vec<Vec<usize>>,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(
        cases: &'a Cases,
        options: &'a EvaluateOptions,
    ) -> Result<Self, EvaluateError> {
        let dataset = cases.dataset();
        if cases.as_slice().is_empty() {
            let (folder, part) = (dataset.dir().to_owned(), options.part.clone());
            return Err(EvaluateError::NoCases { folder, part });
        }
        let thresholds = match &options.thresholds[..] {
            [] => vec![ThresholdSet::fixed(dataset.classes(), 0.5)],
            sets => sets.to_vec(),
        };
        thresholds.iter().try_for_each(|set| set.check(&dataset.classes().names()))?;
        let unit = unit(cases.as_slice());
        let distances = Distances { unit, nsd_tolerance: options.nsd_tolerance };
        Ok(Self::with(dataset.classes(), options, thresholds, distances))
    }

    pub(super) fn with(
        classes: &'a ClassSet,
        options: &'a EvaluateOptions,
        thresholds: Vec<ThresholdSet>,
        distances: Distances,
    ) -> Self {
        let distances = options.surfaces.then_some(distances);
        Self { classes, options, thresholds, distances, groups: exclusive_groups(classes) }
    }

    /// The spacing distances are measured with; `None` counts pixels.
    pub(super) fn spacing(&self, case: &Case) -> Option<[f64; 2]> {
        case.spacing.filter(|_| self.distances.is_some_and(|d| d.unit == Unit::Millimetre))
    }

    fn empty_groups(&self) -> Result<Vec<ExclusiveCounts>, MetricError> {
        self.groups.iter().map(|group| ExclusiveCounts::new(group.len())).collect()
    }

    /// Scores of every class under every definition the picture has, and its joint counts.
    pub(super) fn score(
        &self,
        picture: &Picture,
        thresholds: &ThresholdSet,
    ) -> Result<(Vec<ClassMetrics>, Vec<ExclusiveCounts>), MetricError> {
        let masks: Vec<Vec<bool>> = thresholds
            .values()
            .iter()
            .enumerate()
            .map(|(class, threshold)| {
                picture.prediction.mask(class, *threshold as f32).values().to_vec()
            })
            .collect();
        let mut metrics = Vec::new();
        for (definition, references) in &picture.references {
            for (class, reference) in references.iter().enumerate() {
                let scored = self.class_metrics(
                    *definition,
                    class,
                    &masks[class],
                    reference,
                    &picture.grid,
                )?;
                metrics.push(scored);
            }
        }
        let joint = self.joint_counts(&masks, &picture.references[&Definition::KnownPixels])?;
        Ok((metrics, joint))
    }

    fn class_metrics(
        &self,
        definition: Definition,
        class: usize,
        mask: &[bool],
        reference: &Reference,
        grid: &Grid,
    ) -> Result<ClassMetrics, MetricError> {
        let (positive, known) = (&reference.positive, reference.known.as_deref());
        let counts = PartialConfusion::from_masks(mask, positive, known)?;
        let surfaces = |_: &Distances| SurfaceDistances::measure(mask, positive, known, grid);
        let surfaces = self.distances.as_ref().map(surfaces).transpose()?;
        let tolerance = self.options.nsd_tolerance;
        let partial = definition == Definition::KnownPixels;
        Ok(ClassMetrics {
            class: self.classes.classes()[class].name.clone(),
            definition,
            dice: counts.known.dice(),
            dice_bounds: counts.dice_bounds().filter(|_| partial),
            coverage: counts.coverage().share(),
            iou: counts.known.iou(),
            precision: counts.known.precision(),
            recall: counts.known.recall(),
            hd95: surfaces.as_ref().and_then(SurfaceDistances::hd95),
            nsd: surfaces.map(|surfaces| surfaces.nsd(tolerance)).transpose()?.flatten(),
            counts,
        })
    }

    fn joint_counts(
        &self,
        masks: &[Vec<bool>],
        references: &[Reference],
    ) -> Result<Vec<ExclusiveCounts>, MetricError> {
        let mut joint = self.empty_groups()?;
        let everywhere = vec![true; masks.first().map_or(0, Vec::len)];
        for (group, counts) in self.groups.iter().zip(&mut joint) {
            let of = |class: &usize| &references[*class];
            let predicted: Vec<&[bool]> = group.iter().map(|class| &masks[*class][..]).collect();
            let positive: Vec<&[bool]> =
                group.iter().map(|class| &of(class).positive[..]).collect();
            let known: Vec<&[bool]> = group
                .iter()
                .map(|class| of(class).known.as_ref().unwrap_or(&everywhere))
                .map(|k| &k[..])
                .collect();
            counts.add_image(&predicted, &positive, &known)?;
        }
        Ok(joint)
    }
}

/// Running sums over pictures.
pub(super) struct Tally {
    pub(super) sets: Vec<SetTally>,
    ranking: BTreeMap<Definition, Vec<Probabilities>>,
}

/// Running sums for one set of thresholds.
pub(super) struct SetTally {
    pub(super) cases: Vec<CaseMetrics>,
    pub(super) pooled: Vec<ExclusiveCounts>,
}

#[derive(Clone, Default)]
struct Probabilities {
    calibration: Calibration,
    histogram: ProbabilityHistogram,
}

impl Tally {
    pub(super) fn new(scorer: &Scorer<'_>) -> Result<Self, EvaluateError> {
        let empty =
            |_: &ThresholdSet| Ok(SetTally { cases: Vec::new(), pooled: scorer.empty_groups()? });
        let sets = scorer.thresholds.iter().map(empty).collect::<Result<_, MetricError>>();
        Ok(Self { sets: sets.map_err(EvaluateError::Summary)?, ranking: BTreeMap::new() })
    }

    /// Scores a picture for every set of thresholds.
    pub(super) fn add(
        &mut self,
        scorer: &Scorer<'_>,
        case: &Case,
        picture: &Picture,
    ) -> Result<(), MetricError> {
        for (set, thresholds) in self.sets.iter_mut().zip(&scorer.thresholds) {
            let (metrics, joint) = scorer.score(picture, thresholds)?;
            for (pooled, joint) in set.pooled.iter_mut().zip(&joint) {
                pooled.merge(joint)?;
            }
            set.cases.push(CaseMetrics {
                case: case.id.clone(),
                group: case.group.clone(),
                mean_dice_bounds: mean_dice_bounds(&joint),
                metrics,
            });
        }
        self.rank(picture)
    }

    /// Probabilities are compared with what is known and with complete masks; "unpainted = negative"
    /// would call a model miscalibrated for every structure that the annotator skipped.
    fn rank(&mut self, picture: &Picture) -> Result<(), MetricError> {
        for definition in [Definition::KnownPixels, Definition::AllPixels] {
            let Some(references) = picture.references.get(&definition) else { continue };
            let ranking = self
                .ranking
                .entry(definition)
                .or_insert_with(|| vec![Probabilities::default(); references.len()]);
            for (class, (sums, reference)) in ranking.iter_mut().zip(references).enumerate() {
                let plane = picture.prediction.plane(class);
                let (positive, known) = (&reference.positive, reference.known.as_deref());
                sums.calibration.add_image(plane, positive, known)?;
                sums.histogram.add_image(plane, positive, known)?;
            }
        }
        Ok(())
    }

    pub(super) fn ranking(&self, classes: &ClassSet) -> Vec<Ranking> {
        let rows = self.ranking.iter().flat_map(|(definition, of_classes)| {
            of_classes.iter().zip(classes.names()).map(|(sums, class)| Ranking {
                class,
                definition: *definition,
                positives: sums.histogram.positives(),
                negatives: sums.histogram.negatives(),
                average_precision: sums.histogram.average_precision(),
                expected_calibration_error: sums.calibration.expected_error(),
                reliability: sums.calibration.reliability(),
            })
        });
        rows.collect()
    }
}

/// Millimetres only if every case has a spacing: a mean of millimetres and pixels means nothing.
fn unit(cases: &[Case]) -> Unit {
    if cases.iter().all(|case| case.spacing.is_some()) { Unit::Millimetre } else { Unit::Pixel }
}

/// Parts the classes into groups of exclusive ones. A class in several groups stays in the first;
/// joint bounds then hold, but may be wider than need be.
pub(super) fn exclusive_groups(classes: &ClassSet) -> Vec<Vec<usize>> {
    let mut free = vec![true; classes.len()];
    let mut groups = Vec::new();
    for group in classes.exclusive() {
        let members: Vec<usize> = group.iter().copied().filter(|class| free[*class]).collect();
        for class in &members {
            free[*class] = false;
        }
        groups.extend(members.chunks(MAX_EXCLUSIVE_CLASSES).map(<[usize]>::to_vec));
    }
    groups.extend((0..classes.len()).filter(|class| free[*class]).map(|class| vec![class]));
    groups
}
