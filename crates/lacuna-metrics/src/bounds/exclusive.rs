//! Bounds of the *mean* Dice over classes that exclude each other. The method is explained at
//! [`mean_dice_bounds`].

use super::polymatroid::{Gain, Supply, allocate};
use super::{DiceBounds, PartialConfusion};
use crate::error::{MetricError, check_length};

/// Largest number of classes in an exclusive group: counts are kept for each of 2¹⁶ sets of classes.
pub const MAX_EXCLUSIVE_CLASSES: usize = 16;

/// Counts of a group of mutually exclusive classes, enough for the bounds of their mean Dice. A class
/// that excludes nothing is a group of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExclusiveCounts {
    classes: Vec<PartialConfusion>,
    /// By set of classes: pixels unknown and predicted positive in exactly these.
    claimed: Vec<u64>,
    /// By set of classes: pixels unknown and predicted negative in exactly these.
    unclaimed: Vec<u64>,
}

impl ExclusiveCounts {
    /// Nothing counted yet, for `n_classes` classes that exclude each other.
    pub fn new(n_classes: usize) -> Result<Self, MetricError> {
        if n_classes == 0 || n_classes > MAX_EXCLUSIVE_CLASSES {
            return Err(MetricError::GroupSize { got: n_classes, max: MAX_EXCLUSIVE_CLASSES });
        }
        Ok(Self {
            classes: vec![PartialConfusion::default(); n_classes],
            claimed: vec![0; 1 << n_classes],
            unclaimed: vec![0; 1 << n_classes],
        })
    }

    /// Counts the pixels of an image: one mask per class each of `prediction`, `reference` and `known`.
    ///
    /// A pixel known positive in a class cannot be positive in another of the group: where the caller
    /// has left it unknown there, it is counted as known negative. A pixel known positive in two classes
    /// is counted as given.
    pub fn add_image(
        &mut self,
        prediction: &[&[bool]],
        reference: &[&[bool]],
        known: &[&[bool]],
    ) -> Result<(), MetricError> {
        let pixels = prediction.first().map_or(0, |mask| mask.len());
        self.check("the list of predictions", prediction, pixels)?;
        self.check("the list of references", reference, pixels)?;
        self.check("the list of known masks", known, pixels)?;
        for pixel in 0..pixels {
            let excluded =
                (0..self.classes.len()).any(|class| known[class][pixel] && reference[class][pixel]);
            self.add_pixel(|class| {
                let truth = if known[class][pixel] {
                    Some(reference[class][pixel])
                } else {
                    excluded.then_some(false)
                };
                (prediction[class][pixel], truth)
            });
        }
        Ok(())
    }

    fn check(
        &self,
        what: &'static str,
        masks: &[&[bool]],
        pixels: usize,
    ) -> Result<(), MetricError> {
        check_length(what, masks.len(), self.classes.len())?;
        masks.iter().try_for_each(|mask| check_length("a mask of the group", mask.len(), pixels))
    }

    fn add_pixel(&mut self, pixel_of: impl Fn(usize) -> (bool, Option<bool>)) {
        let (mut claimed, mut unclaimed) = (0, 0);
        for (class, counts) in self.classes.iter_mut().enumerate() {
            let (predicted, truth) = pixel_of(class);
            counts.add_pixel(predicted, truth);
            match (truth, predicted) {
                (None, true) => claimed |= 1 << class,
                (None, false) => unclaimed |= 1 << class,
                (Some(_), _) => {}
            }
        }
        self.claimed[claimed] += 1;
        self.unclaimed[unclaimed] += 1;
    }

    /// Adds the counts of another group of the same classes (for the pooled Dice).
    pub fn merge(&mut self, other: &Self) -> Result<(), MetricError> {
        let n_classes = self.classes.len();
        check_length("the other group", other.classes.len(), n_classes)?;
        for (counts, other) in self.classes.iter_mut().zip(&other.classes) {
            *counts += *other;
        }
        let sets = self.claimed.iter_mut().chain(&mut self.unclaimed);
        let others = other.claimed.iter().chain(&other.unclaimed);
        sets.zip(others).for_each(|(set, other)| *set += other);
        Ok(())
    }

    /// The counts of each class, with what exclusion implies taken as known.
    pub fn classes(&self) -> &[PartialConfusion] {
        &self.classes
    }

    /// Sum of the classes' Dice in the group's best completion.
    fn largest_sum(&self) -> f64 {
        let gains: Vec<Gain> = self.classes.iter().map(rise).collect();
        let shares = allocate(&gains, &Supply::new(&self.claimed));
        let dice = |(class, x): (&PartialConfusion, u64)| {
            dice_if_defined(class.known.tp + x, class.pixels_in_either() + x)
        };
        self.classes.iter().zip(shares).map(dice).sum()
    }

    /// Sum and number of defined Dice in the completion that makes (sum − `value` · number) smallest.
    fn smallest(&self, supply: &Supply, value: f64) -> (f64, usize) {
        let fall = |class: &PartialConfusion| fall(class, value);
        let gains: Vec<Gain> = self.classes.iter().map(fall).collect();
        let shares = allocate(&gains, supply);
        let (mut sum, mut defined) = (0.0, 0);
        for (class, z) in self.classes.iter().zip(shares) {
            let denominator = class.pixels_in_either() + z;
            sum += dice_if_defined(class.known.tp, denominator);
            defined += usize::from(denominator > 0);
        }
        (sum, defined)
    }
}

/// What one more true pixel among those predicted adds to the Dice of a class.
fn rise(class: &PartialConfusion) -> Gain {
    match class.pixels_in_either() {
        0 => Gain::Once(0.0),
        offset => Gain::Hyperbola { numerator: 2.0 * (offset - class.known.tp) as f64, offset },
    }
}

/// What one more true pixel among those not predicted takes from the Dice of a class; the first of a
/// class without a Dice takes `value` off by making it 0.
fn fall(class: &PartialConfusion, value: f64) -> Gain {
    match class.pixels_in_either() {
        0 => Gain::Once(value),
        offset => Gain::Hyperbola { numerator: 2.0 * class.known.tp as f64, offset },
    }
}

/// `2 tp / denominator`, and nothing for a class that is left out.
fn dice_if_defined(tp: u64, denominator: u64) -> f64 {
    if denominator == 0 { 0.0 } else { (2 * tp) as f64 / denominator as f64 }
}

/// The smallest and largest mean Dice over all classes of `groups`, over every completion in which an
/// unknown pixel is positive in at most one class of each group. Undefined Dice are left out of the
/// mean ([`EmptyRule::LeaveOut`](crate::EmptyRule)); `None` if no completion defines any.
///
/// The bounds of single classes cannot simply be averaged: an unknown pixel that two exclusive classes
/// both claim can be right for one of them at most. In the terms of [`DiceBounds`], the best completion
/// has z = 0 and chooses how many pixels x of those predicted positive each class gets; Dice is concave
/// in x. The worst has x = 0 and chooses how many pixels z of those predicted negative become positive
/// of each class; Dice is convex in z. A pixel serves one class at most, so the possible choices are a
/// polymatroid, on which the greedy algorithm is exact.
///
/// A class that is empty in prediction and known reference has no Dice until an unknown pixel becomes
/// positive; then its Dice is 0 and enters the mean. The best completion leaves it out. The worst
/// chooses between spending a pixel on such a 0 and on another class: the ratio of the sum of Dice to
/// the number of defined ones is minimised by Dinkelbach's iteration, in which a further 0 is worth
/// the mean reached so far.
///
/// Both bounds are attained, so none tighter hold. Relations *between* groups (`part_of`) are not used:
/// the bounds then still hold but need not be attained.
///
/// Time does not depend on the number of pixels; it grows with 2^classes of the largest group.
pub fn mean_dice_bounds(groups: &[ExclusiveCounts]) -> Option<DiceBounds> {
    let classes = || groups.iter().flat_map(|group| &group.classes);
    let definite = classes().filter(|c| c.pixels_in_either() > 0).count();
    if definite == 0 {
        // Nothing is predicted or known positive: any positive pixel makes a Dice, of 0.
        let possible = classes().any(|c| c.unknown_negative > 0);
        return possible.then_some(DiceBounds { lower: 0.0, upper: 0.0, may_be_undefined: true });
    }
    let largest: f64 = groups.iter().map(ExclusiveCounts::largest_sum).sum();
    Some(DiceBounds {
        lower: smallest_mean(groups),
        upper: largest / definite as f64,
        may_be_undefined: false,
    })
}

/// Dinkelbach's iteration for the smallest mean; every round that goes on has found a smaller one
/// among finitely many, and in practice there are three.
fn smallest_mean(groups: &[ExclusiveCounts]) -> f64 {
    let supplies: Vec<Supply> = groups.iter().map(|g| Supply::new(&g.unclaimed)).collect();
    let mean_at = |value: f64| {
        let (mut sum, mut defined) = (0.0, 0);
        for (group, supply) in groups.iter().zip(&supplies) {
            let (group_sum, group_defined) = group.smallest(supply, value);
            sum += group_sum;
            defined += group_defined;
        }
        sum / defined as f64
    };
    let mut smallest = mean_at(0.0);
    loop {
        let next = mean_at(smallest);
        if next >= smallest {
            return smallest;
        }
        smallest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Confusion, EmptyRule, MeanOver};
    use proptest::prelude::*;

    const N: usize = 3;

    /// One pixel of a group of three: prediction and truth (`None` = unknown) per class.
    type Pixel = [(bool, Option<bool>); N];

    fn masks(pixels: &[Pixel], of: impl Fn((bool, Option<bool>)) -> bool) -> [Vec<bool>; N] {
        std::array::from_fn(|class| pixels.iter().map(|pixel| of(pixel[class])).collect())
    }

    fn counted(pixels: &[Pixel]) -> ExclusiveCounts {
        let prediction = masks(pixels, |p| p.0);
        let reference = masks(pixels, |p| p.1 == Some(true));
        let known = masks(pixels, |p| p.1.is_some());
        let mut counts = ExclusiveCounts::new(N).unwrap();
        counts
            .add_image(
                &prediction.each_ref().map(Vec::as_slice),
                &reference.each_ref().map(Vec::as_slice),
                &known.each_ref().map(Vec::as_slice),
            )
            .unwrap();
        counts
    }

    /// Every way to give the unknown classes of a pixel a truth with at most one positive class.
    fn truths(pixel: Pixel) -> Vec<[bool; N]> {
        let given = pixel.map(|(_, truth)| truth == Some(true));
        let mut truths = vec![given];
        for (class, (_, truth)) in pixel.iter().enumerate() {
            if truth.is_none() && given == [false; N] {
                truths.push(std::array::from_fn(|c| c == class));
            }
        }
        truths
    }

    /// Mean Dice of every completion, by trying them all.
    fn means(pixels: &[Pixel]) -> Vec<Option<f64>> {
        let of = |dice: [Option<f64>; N]| MeanOver::of(&dice, EmptyRule::LeaveOut).mean;
        let all = completions(pixels, [Confusion::default(); N]);
        all.into_iter().map(of).collect()
    }

    fn extremes(means: &[Option<f64>]) -> Option<(f64, f64)> {
        let defined = || means.iter().copied().flatten();
        defined().reduce(f64::min).zip(defined().reduce(f64::max))
    }

    fn agree(bounds: Option<DiceBounds>, means: &[Option<f64>]) -> Result<(), TestCaseError> {
        match (bounds, extremes(means)) {
            (Some(bounds), Some((lower, upper))) => {
                prop_assert!((bounds.lower - lower).abs() < 1e-12, "{bounds:?} {lower}");
                prop_assert!((bounds.upper - upper).abs() < 1e-12, "{bounds:?} {upper}");
                prop_assert_eq!(bounds.may_be_undefined, means.iter().any(Option::is_none));
            }
            (bounds, none) => prop_assert!(bounds.is_none() && none.is_none()),
        }
        Ok(())
    }

    /// Pixels whose classes are mostly unknown; known positive in one class at most.
    fn pixels(most: usize) -> impl Strategy<Value = Vec<Pixel>> {
        let truth = prop_oneof![4 => Just(None), 1 => Just(Some(false)), 1 => Just(Some(true))];
        let predicted = prop::bool::weighted(0.4);
        let pixel = prop::array::uniform3((predicted, truth)).prop_map(|mut pixel: Pixel| {
            let positive = pixel.iter().position(|p| p.1 == Some(true));
            for (class, (_, truth)) in pixel.iter_mut().enumerate() {
                if *truth == Some(true) && positive != Some(class) {
                    *truth = Some(false);
                }
            }
            pixel
        });
        prop::collection::vec(pixel, 0..=most)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn joint_bounds_are_attained_and_never_violated(pixels in pixels(6)) {
            let means = means(&pixels);
            agree(mean_dice_bounds(&[counted(&pixels)]), &means)?;
        }

        #[test]
        fn a_class_never_predicted_may_or_may_not_be_worth_a_pixel(pixels in pixels(6), known in 0_u8..3) {
            // two classes without a Dice so far; the first has one, of one to three pixels
            let mut pixels = pixels;
            for pixel in &mut pixels {
                pixel[0].0 = false;
                for later in &mut pixel[1..] {
                    *later = (false, later.1.filter(|truth| !truth));
                }
            }
            pixels.extend((0..=known).map(|_| [(true, Some(true)), (false, Some(false)), (false, Some(false))]));
            let means = means(&pixels);
            agree(mean_dice_bounds(&[counted(&pixels)]), &means)?;
        }

        #[test]
        fn never_wider_than_the_mean_of_single_bounds(pixels in pixels(40)) {
            let counts = counted(&pixels);
            let single: Vec<DiceBounds> = counts.classes().iter().filter_map(PartialConfusion::dice_bounds).collect();
            let joint = mean_dice_bounds(std::slice::from_ref(&counts));
            if let (Some(joint), false) = (joint, single.iter().any(|b| b.may_be_undefined)) {
                let n = single.len() as f64;
                prop_assert!(joint.lower >= single.iter().map(|b| b.lower).sum::<f64>() / n - 1e-12);
                prop_assert!(joint.upper <= single.iter().map(|b| b.upper).sum::<f64>() / n + 1e-12);
            }
        }

        #[test]
        fn a_group_of_one_has_the_bounds_of_its_class(pixels in pixels(30)) {
            let prediction: Vec<bool> = pixels.iter().map(|p| p[0].0).collect();
            let reference: Vec<bool> = pixels.iter().map(|p| p[0].1 == Some(true)).collect();
            let known: Vec<bool> = pixels.iter().map(|p| p[0].1.is_some()).collect();
            let single = PartialConfusion::from_masks(&prediction, &reference, Some(&known)).unwrap();
            let mut group = ExclusiveCounts::new(1).unwrap();
            group.add_image(&[&prediction], &[&reference], &[&known]).unwrap();
            prop_assert_eq!(mean_dice_bounds(&[group]), single.dice_bounds());
        }

        #[test]
        fn two_groups_are_bounded_together(a in pixels(3), b in pixels(3)) {
            let group_means = |pixels: &[Pixel]| completions(pixels, [Confusion::default(); N]);
            let (of_a, of_b) = (group_means(&a), group_means(&b));
            let mut means = Vec::new();
            for x in &of_a {
                for y in &of_b {
                    let dice: Vec<Option<f64>> = x.iter().chain(y).copied().collect();
                    means.push(MeanOver::of(&dice, EmptyRule::LeaveOut).mean);
                }
            }
            agree(mean_dice_bounds(&[counted(&a), counted(&b)]), &means)?;
        }
    }

    /// Dice per class of every completion.
    fn completions(pixels: &[Pixel], counts: [Confusion; N]) -> Vec<[Option<f64>; N]> {
        let Some((first, rest)) = pixels.split_first() else {
            return vec![counts.map(|c| c.dice())];
        };
        let complete = |truth: [bool; N]| {
            let mut counts = counts;
            for class in 0..N {
                counts[class].add_pixel(first[class].0, truth[class]);
            }
            completions(rest, counts)
        };
        truths(*first).into_iter().flat_map(complete).collect()
    }

    #[test]
    fn one_pixel_cannot_be_right_twice() {
        // both classes claim the only pixel: one of them is wrong
        let pixel = [(true, None), (true, None), (false, Some(false))];
        let bounds = mean_dice_bounds(&[counted(&[pixel])]).unwrap();
        assert_eq!((bounds.lower, bounds.upper), (0.0, 0.5));
    }

    #[test]
    fn a_known_positive_excludes_the_others() {
        // unknown in class 1, but positive in class 0: known negative there
        let pixel = [(true, Some(true)), (true, None), (false, None)];
        let counts = counted(&[pixel]);
        assert_eq!(counts.classes()[1].known.fp, 1);
        let bounds = mean_dice_bounds(&[counts]).unwrap();
        assert_eq!((bounds.lower, bounds.upper), (0.5, 0.5));
    }

    #[test]
    fn sizes_are_checked() {
        assert!(ExclusiveCounts::new(0).is_err());
        assert!(ExclusiveCounts::new(MAX_EXCLUSIVE_CLASSES + 1).is_err());
        let mut two = ExclusiveCounts::new(2).unwrap();
        let (one_pixel, none): (&[bool], &[bool]) = (&[true], &[]);
        assert!(two.add_image(&[one_pixel], &[one_pixel], &[one_pixel]).is_err());
        let both = [one_pixel, one_pixel];
        assert!(two.add_image(&both, &[one_pixel, none], &both).is_err());
        assert!(two.merge(&ExclusiveCounts::new(3).unwrap()).is_err());
    }

    #[test]
    fn merged_counts_are_those_of_all_pixels() {
        let there = [(true, Some(true)), (false, Some(false)), (false, Some(false))];
        let unknown = [(true, None), (false, None), (true, None)];
        let mut merged = counted(&[there]);
        merged.merge(&counted(&[unknown, unknown])).unwrap();
        assert_eq!(merged, counted(&[there, unknown, unknown]));
    }
}
