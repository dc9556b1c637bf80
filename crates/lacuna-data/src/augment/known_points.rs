//! Where a patch has to lie to show something that is known.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::random;
use crate::supervision::policy::PolicyName;
use crate::supervision::{Evidence, SupervisionPolicy};

/// Places kept of each kind: enough that none comes twice in an ordinary run.
const KEPT: usize = 1024;

/// Places of a picture at which something is known, by kind: positives of each class, then negatives of any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownPoints {
    /// In pixels of the picture; kinds without a place are left out.
    kinds: Vec<Vec<[f64; 2]>>,
}

impl KnownPoints {
    /// Those of evidence that was reduced by `factor`; a fixed sample where there are many.
    pub(super) fn of(evidence: &Evidence, factor: usize) -> Self {
        let policy = SupervisionPolicy::named(PolicyName::FusionBox);
        let classes = evidence.classes();
        let mut kinds: Vec<Reservoir> = (0..=classes).map(Reservoir::new).collect();
        for pixel in 0..evidence.size().area() {
            let mut negative = false;
            for (class, kind) in kinds.iter_mut().take(classes).enumerate() {
                let label = policy.label(evidence.plane(class)[pixel]);
                match (label.is_known(), label.target > 0.5) {
                    (true, true) => kind.add(pixel),
                    (true, false) => negative = true,
                    (false, _) => {}
                }
            }
            if negative && let Some(kind) = kinds.last_mut() {
                kind.add(pixel);
            }
        }
        let (width, factor) = (evidence.size().width, factor as f64);
        let point = |pixel: usize| {
            [pixel % width, pixel / width].map(|index| (index as f64 + 0.5) * factor)
        };
        let points = |kind: Reservoir| kind.kept.into_iter().map(point).collect::<Vec<_>>();
        Self { kinds: kinds.into_iter().map(points).filter(|kind| !kind.is_empty()).collect() }
    }

    /// A place of the kind whose `turn` it is, in pixels of the picture; `None` if nothing is known.
    pub(super) fn draw(&self, turn: usize, rng: &mut ChaCha8Rng) -> Option<[f64; 2]> {
        let kind = self.kinds.get(turn.checked_rem(self.kinds.len())?)?;
        Some(kind[rng.random_range(0..kind.len())])
    }
}

/// A uniform sample of a stream (Vitter 1985, algorithm R), the same every time.
struct Reservoir {
    seen: usize,
    kept: Vec<usize>,
    rng: ChaCha8Rng,
}

impl Reservoir {
    fn new(kind: usize) -> Self {
        let rng = random::stream(0, "known points", &[kind as u64]);
        Self { seen: 0, kept: Vec::new(), rng }
    }

    fn add(&mut self, pixel: usize) {
        self.seen += 1;
        if self.kept.len() < KEPT {
            self.kept.push(pixel);
            return;
        }
        let at = self.rng.random_range(0..self.seen);
        if at < KEPT {
            self.kept[at] = pixel;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Size;
    use crate::supervision::EvidenceBits as B;

    #[test]
    fn every_kind_has_its_turn() {
        let mut planes = [vec![B::default(); 12], vec![B::default(); 12]];
        planes[0][1] = B::PAINTED_POSITIVE;
        planes[1][6] = B::PAINTED_POSITIVE;
        planes[1][11] = B::PAINTED_NEGATIVE;
        let evidence = Evidence::from_planes(Size::new(4, 3), planes.to_vec());
        let points = KnownPoints::of(&evidence, 10);
        let mut rng = random::stream(1, "test", &[]);
        let drawn: Vec<_> = (0..4).map(|turn| points.draw(turn, &mut rng)).collect();
        let expected = [[15.0, 5.0], [25.0, 15.0], [35.0, 25.0], [15.0, 5.0]];
        assert_eq!(drawn, expected.map(Some));
        let nothing = Evidence::none(Size::new(4, 3));
        assert_eq!(KnownPoints::of(&nothing, 1).draw(0, &mut rng), None);
    }

    #[test]
    fn of_many_places_a_fair_sample_is_kept() {
        let size = Size::new(100, 100);
        let evidence = Evidence::from_planes(size, vec![vec![B::PAINTED_POSITIVE; size.area()]]);
        let KnownPoints { kinds } = KnownPoints::of(&evidence, 1);
        assert_eq!((kinds.len(), kinds[0].len()), (1, KEPT));
        let mean = kinds[0].iter().map(|point| point[1]).sum::<f64>() / KEPT as f64;
        assert!((mean - 50.0).abs() < 4.0, "{mean}");
    }
}
