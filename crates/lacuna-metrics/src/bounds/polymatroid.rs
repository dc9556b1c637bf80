//! Shares pixels among classes so that a sum of concave gains is largest.
//!
//! Each pixel may serve at most one class of a given subset. Numbers x of pixels can be served iff for
//! every set S of classes Σ_{c∈S} x_c ≤ the number of pixels whose subset meets S (Hall, Rado): a
//! polymatroid. On a polymatroid the greedy algorithm, always one more pixel to the class that gains
//! most among those that can still get one, maximises any separable concave function (Federgruen and
//! Groenevelt, *Operations Research* 34, 1986). Once a set is exhausted it stays so.

/// What the next pixel is worth to a class that has `k` already; never increasing in `k`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Gain {
    /// `numerator / ((offset + k) (offset + k + 1))`: the steps of a hyperbola.
    Hyperbola { numerator: f64, offset: u64 },
    /// This much for the first pixel, nothing for more.
    Once(f64),
}

impl Gain {
    fn of_next(self, k: u64) -> f64 {
        match self {
            Self::Hyperbola { numerator, offset } => {
                let a = (offset + k) as f64;
                numerator / (a * (a + 1.0))
            }
            Self::Once(gain) => {
                if k == 0 {
                    gain
                } else {
                    0.0
                }
            }
        }
    }

    /// How many pixels in all a class takes at `price` if it has `least` and may have `most`.
    fn demand(self, price: f64, least: u64, most: u64) -> u64 {
        let (mut low, mut high) = (least, most.max(least));
        while low < high {
            let middle = low.midpoint(high);
            if self.of_next(middle) >= price {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// Pixels by the set of classes they may serve: entry `s` (bit c = class c) counts those whose set is
/// exactly `s`.
pub(super) struct Supply {
    /// By set of classes: the pixels that may serve at least one of them.
    reach: Vec<u64>,
}

impl Supply {
    /// From `exact`, of length 2^classes.
    pub(super) fn new(exact: &[u64]) -> Self {
        let mut within = exact.to_vec();
        let mut bit = 1;
        while bit < within.len() {
            for set in (0..within.len()).filter(|set| set & bit != 0) {
                within[set] += within[set ^ bit];
            }
            bit <<= 1;
        }
        let all = within[within.len() - 1];
        let reach = within.iter().rev().map(|outside| all - outside).collect();
        Self { reach }
    }

    /// The pixels that may serve class `class`.
    fn of_class(&self, class: usize) -> u64 {
        self.reach[1 << class]
    }

    /// Calls `visit` with every non-empty set, what it takes of `shares`, and what it can get.
    fn for_each_set(&self, shares: &[u64], mut visit: impl FnMut(usize, u64, u64)) {
        let mut taken = vec![0_u64; self.reach.len()];
        for set in 1..self.reach.len() {
            let lowest = set.trailing_zeros() as usize;
            taken[set] = taken[set & (set - 1)] + shares[lowest];
            visit(set, taken[set], self.reach[set]);
        }
    }

    fn can_serve(&self, shares: &[u64]) -> bool {
        let mut fits = true;
        self.for_each_set(shares, |_, taken, reach| fits &= taken <= reach);
        fits
    }

    /// The classes in exhausted sets.
    fn exhausted(&self, shares: &[u64]) -> usize {
        let mut exhausted = 0;
        self.for_each_set(shares, |set, taken, reach| {
            if taken == reach {
                exhausted |= set;
            }
        });
        exhausted
    }
}

/// The number of pixels for each class that maximises the sum of gains.
pub(super) fn allocate(gains: &[Gain], supply: &Supply) -> Vec<u64> {
    let mut shares = vec![0; gains.len()];
    let mut open = (1_usize << gains.len()) - 1;
    loop {
        open = still_open(open, gains, supply, &shares);
        if open == 0 {
            return shares;
        }
        shares = jump(open, gains, supply, &shares);
        // The jump stops just short of the price at which a set is exhausted: a few single steps.
        while still_open(open, gains, supply, &shares) == open {
            let best = classes(open, gains.len()).max_by(|a, b| {
                next_gain(gains, &shares, *a).total_cmp(&next_gain(gains, &shares, *b))
            });
            match best {
                Some(class) => shares[class] += 1,
                None => break,
            }
        }
    }
}

fn classes(set: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).filter(move |class| set >> class & 1 == 1)
}

fn next_gain(gains: &[Gain], shares: &[u64], class: usize) -> f64 {
    gains[class].of_next(shares[class])
}

/// The classes of `open` that would gain from one more pixel and can have it.
fn still_open(open: usize, gains: &[Gain], supply: &Supply, shares: &[u64]) -> usize {
    let sated: usize = classes(open, gains.len())
        .filter(|class| next_gain(gains, shares, *class) <= 0.0)
        .map(|class| 1 << class)
        .sum();
    open & !sated & !supply.exhausted(shares)
}

/// Serves all open classes at the lowest price at which their demand can be met: what the greedy
/// algorithm reaches before any set is exhausted, without a step for each of millions of pixels. The
/// price is halved in the ordering of floating-point numbers, so the search ends at two neighbours.
fn jump(open: usize, gains: &[Gain], supply: &Supply, shares: &[u64]) -> Vec<u64> {
    let demand = |price: f64| -> Vec<u64> {
        let mut demand = shares.to_vec();
        for class in classes(open, gains.len()) {
            let most = supply.of_class(class);
            demand[class] = gains[class].demand(price, shares[class], most);
        }
        demand
    };
    // At infinity nobody takes anything; positive floats are ordered as their bits.
    let (mut low, mut high) = (0, f64::INFINITY.to_bits());
    let mut served = shares.to_vec();
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        let wanted = demand(f64::from_bits(middle));
        if supply.can_serve(&wanted) {
            high = middle;
            served = wanted;
        } else {
            low = middle;
        }
    }
    served
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reach_counts_the_pixels_that_meet_a_set() {
        // none: 5, a only: 1, b only: 2, both: 4
        let supply = Supply::new(&[5, 1, 2, 4]);
        assert_eq!(supply.reach, [0, 5, 6, 7]);
    }

    #[test]
    fn a_jump_over_millions_equals_single_steps() {
        let gains = [
            Gain::Hyperbola { numerator: 3e6, offset: 4_000_000 },
            Gain::Hyperbola { numerator: 9e5, offset: 1_000_000 },
            Gain::Once(1e-9),
        ];
        let supply = Supply::new(&[9, 200_000, 30_000, 500_000, 7, 20, 1, 90_000]);
        let fast = allocate(&gains, &supply);
        let mut slow = vec![0; 3];
        loop {
            let open = still_open(0b111, &gains, &supply, &slow);
            let best = classes(open, 3).max_by(|a, b| {
                next_gain(&gains, &slow, *a).total_cmp(&next_gain(&gains, &slow, *b))
            });
            let Some(best) = best else { break };
            slow[best] += 1;
        }
        assert_eq!(fast, slow);
    }

    proptest! {
        #[test]
        fn no_other_shares_gain_more(
            exact in prop::collection::vec(0_u64..4, 8),
            parameters in prop::collection::vec((0_u32..9, 1_u64..6, any::<bool>()), 3),
        ) {
            let gains: Vec<Gain> = parameters
                .iter()
                .map(|&(gain, offset, once)| if once { Gain::Once(f64::from(gain) / 9.0) } else { Gain::Hyperbola { numerator: f64::from(gain), offset } })
                .collect();
            let supply = Supply::new(&exact);
            let total = |shares: &[u64]| -> f64 {
                let of = |c: usize| (0..shares[c]).map(|k| gains[c].of_next(k)).sum::<f64>();
                (0..3).map(of).sum()
            };
            let best = allocate(&gains, &supply);
            prop_assert!(supply.can_serve(&best));
            for a in 0..=supply.of_class(0) {
                for b in 0..=supply.of_class(1) {
                    for c in 0..=supply.of_class(2) {
                        let other = [a, b, c];
                        prop_assert!(!supply.can_serve(&other) || total(&other) <= total(&best) + 1e-12);
                    }
                }
            }
        }
    }
}
