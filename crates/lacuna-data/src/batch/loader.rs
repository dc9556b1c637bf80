//! Worker threads that draw an epoch's batches ahead of the trainer, in a fixed order.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use rand::seq::SliceRandom;
use tracing::debug_span;

use super::{Batch, CaseCache, CaseSource};
use crate::augment::{Sample, SampleConfig};
use crate::random;
use crate::supervision::SupervisionPolicy;

/// Batches a worker may hold ready before it waits.
const READY: usize = 2;

/// What an epoch's batches consist of.
#[derive(Clone, Debug)]
pub struct BatchPlan {
    /// How samples are drawn.
    pub sample: SampleConfig,
    /// How evidence becomes target and weight.
    pub policy: SupervisionPolicy,
    /// Number of classes.
    pub classes: usize,
    /// Samples a batch; the last of an epoch may have fewer.
    pub batch_size: usize,
    /// Samples an epoch: all cases, then all again in another order, until it is enough.
    pub samples: usize,
    /// Cases of which every batch holds some.
    pub replay: Replay,
    /// The run's seed.
    pub seed: u64,
}

/// Cases of which every step holds some (rehearsal: Robins 1995, Connection Science 7:123).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    /// The cases, by index.
    pub cases: Vec<usize>,
    /// Their share of the samples at least, over the whole epoch: what one step cannot hold of it the next ones do.
    pub share: f64,
    /// Samples of a step of the optimizer.
    pub every: usize,
}

impl Replay {
    /// How many of the `count` samples after the first `before` are to be of these cases.
    fn quota(&self, before: usize, count: usize) -> usize {
        let until = |samples: usize| (self.share * samples as f64 + 1e-9).floor() as usize;
        until(before + count) - until(before)
    }
}

impl BatchPlan {
    /// The order in which an epoch sees `cases` cases.
    pub fn order(&self, cases: usize, epoch: usize) -> Vec<Draw> {
        let passes = if cases == 0 { 0 } else { self.samples.div_ceil(cases) };
        let mut order: Vec<_> =
            (0..passes).flat_map(|pass| self.pass(cases, epoch, pass)).collect();
        order.truncate(self.samples);
        self.rehearse(&mut order, epoch, passes);
        for (turn, draw) in order.iter_mut().enumerate() {
            draw.turn = turn;
        }
        order
    }

    /// Puts cases to replay in place of the last others of each step that holds too few of them.
    fn rehearse(&self, order: &mut [Draw], epoch: usize, passes: usize) {
        let Replay { cases, every, .. } = &self.replay;
        if cases.is_empty() {
            return;
        }
        // numbers of passes that the cases have not been seen in
        let mut again = (passes..).flat_map(|pass| self.replayed(epoch, pass));
        let every = (*every).max(1);
        for (step, draws) in order.chunks_mut(every).enumerate() {
            let is_replayed = |draw: &&mut Draw| cases.contains(&draw.case);
            let wanted = self.replay.quota(step * every, draws.len());
            let missing = wanted.saturating_sub(draws.iter_mut().filter(is_replayed).count());
            let others = draws.iter_mut().rev().filter(|draw| !is_replayed(draw));
            for (draw, replayed) in others.take(missing).zip(&mut again) {
                *draw = replayed;
            }
        }
    }

    fn replayed(&self, epoch: usize, pass: usize) -> Vec<Draw> {
        let mut order: Vec<_> =
            self.replay.cases.iter().map(|&case| Draw { case, pass, turn: 0 }).collect();
        order.shuffle(&mut random::stream(self.seed, "replay", &key(&[epoch], pass)));
        order
    }

    fn pass(&self, cases: usize, epoch: usize, pass: usize) -> Vec<Draw> {
        let mut order: Vec<_> = (0..cases).map(|case| Draw { case, pass, turn: 0 }).collect();
        order.shuffle(&mut random::stream(self.seed, "shuffle", &key(&[epoch], pass)));
        order
    }

    /// Draws a sample; the same for the same seed, epoch and draw, whatever the batch size,
    /// worker or order.
    fn draw<S: CaseSource>(
        &self,
        cache: &CaseCache<S>,
        epoch: usize,
        Draw { case, pass, turn }: Draw,
    ) -> Result<Sample, S::Error> {
        let mut rng = random::stream(self.seed, "augment", &key(&[epoch, case], pass));
        Ok(self.sample.draw(&*cache.get(case)?, &self.policy, turn, &mut rng))
    }

    fn batch<S: CaseSource>(
        &self,
        cache: &CaseCache<S>,
        epoch: usize,
        draws: &[Draw],
    ) -> Result<Batch, S::Error> {
        let _span = debug_span!("prepare_batch").entered();
        let draw = |&draw: &Draw| Ok((draw.case, self.draw(cache, epoch, draw)?));
        let samples = draws.iter().map(draw).collect::<Result<Vec<_>, _>>()?;
        Ok(Batch::collate(samples, self.classes, self.sample.frame))
    }
}

/// One sample of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// Which case.
    pub case: usize,
    /// How often the epoch has seen all cases before.
    pub pass: usize,
    /// Its place in the epoch, from 0.
    pub turn: usize,
}

/// The first pass of an epoch has the key it has where there is no other.
fn key(numbers: &[usize], pass: usize) -> Vec<u64> {
    let pass = (pass > 0).then_some(pass);
    numbers.iter().copied().chain(pass).map(|number| number as u64).collect()
}

/// The batches of one epoch, from `first` on; an iterator that holds a bounded number of them.
pub struct Loader<E> {
    workers: Vec<Receiver<Result<Batch, E>>>,
    next: usize,
    end: usize,
}

impl<E: Send + 'static> Loader<E> {
    /// Starts `workers` threads (at least one) on the batches of `epoch` from the `first` on.
    ///
    /// Worker w prepares every `workers`-th batch, so that the order does not depend on timing.
    pub fn start<S>(
        plan: &BatchPlan,
        cache: &Arc<CaseCache<S>>,
        epoch: usize,
        first: usize,
        workers: usize,
    ) -> Self
    where
        S: CaseSource<Error = E> + 'static,
    {
        let order = plan.order(cache.len(), epoch);
        let batches: Vec<Vec<Draw>> =
            order.chunks(plan.batch_size.max(1)).map(<[Draw]>::to_vec).collect();
        let workers = workers.max(1);
        let start = |worker: usize| {
            let (sender, receiver) = sync_channel(READY);
            let mine =
                batches.iter().skip(first + worker).step_by(workers).cloned().collect::<Vec<_>>();
            let (plan, cache) = (plan.clone(), Arc::clone(cache));
            thread::spawn(move || prepare(&plan, &cache, epoch, &mine, &sender));
            receiver
        };
        let receivers = (0..workers).map(start).collect();
        Self { workers: receivers, next: 0, end: batches.len().saturating_sub(first) }
    }
}

/// Prepares batches until all are done, one fails, or nobody listens any more.
fn prepare<S: CaseSource>(
    plan: &BatchPlan,
    cache: &CaseCache<S>,
    epoch: usize,
    batches: &[Vec<Draw>],
    sender: &SyncSender<Result<Batch, S::Error>>,
) {
    for draws in batches {
        let batch = plan.batch(cache, epoch, draws);
        let failed = batch.is_err();
        if sender.send(batch).is_err() || failed {
            return;
        }
    }
}

impl<E> Iterator for Loader<E> {
    type Item = Result<Batch, E>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.end {
            return None;
        }
        let batch = self.workers[self.next % self.workers.len()].recv().ok()?;
        self.next += 1;
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotation::{Annotation, Ternary};
    use crate::augment::{Augmentation, Fill, Normalization, Resize, Sampling};
    use crate::class::{Class, ClassSet};
    use crate::image::{Image, Size};
    use crate::supervision::Evidence;
    use crate::supervision::policy::PolicyName;

    struct Cases(usize);

    impl CaseSource for Cases {
        type Error = String;

        fn len(&self) -> usize {
            self.0
        }

        fn read(&self, index: usize) -> Result<(Image, Evidence), String> {
            if index == 99 {
                return Err("case 99 is broken".to_owned());
            }
            let size = Size::new(20, 12);
            let class = Class { name: "a".to_owned(), color: [0; 3] };
            let classes = ClassSet::new(vec![class], &[], &[]).map_err(|e| e.to_string())?;
            let mut annotation = Annotation::unknown(size, 1);
            annotation.masks[0].values_mut()[index] = Ternary::Positive;
            Ok((Image::filled(size, [index as u8; 3]), Evidence::collect(&annotation, &classes)))
        }
    }

    fn plan(batch_size: usize) -> BatchPlan {
        BatchPlan {
            sample: SampleConfig {
                frame: Size::new(16, 16),
                sampling: Sampling::Resize(Resize::Pad),
                augmentation: Augmentation::PAPER,
                normalization: Normalization::IMAGENET,
                fill: Fill::Mean,
            },
            policy: SupervisionPolicy::named(PolicyName::Fusion),
            classes: 1,
            batch_size,
            samples: 11,
            replay: Replay::default(),
            seed: 7,
        }
    }

    fn epoch(workers: usize, budget: usize, first: usize) -> Vec<Batch> {
        let cache = Arc::new(CaseCache::new(Cases(11), plan(4).sample, budget));
        Loader::start(&plan(4), &cache, 3, first, workers).map(Result::unwrap).collect()
    }

    #[test]
    fn batches_depend_on_neither_workers_nor_cache() {
        let reference = epoch(1, usize::MAX, 0);
        assert_eq!(reference.iter().map(Batch::len).collect::<Vec<_>>(), [4, 4, 3]);
        for (workers, budget) in [(2, usize::MAX), (5, 0), (1, 3000)] {
            assert_eq!(epoch(workers, budget, 0), reference, "{workers} workers, {budget} bytes");
        }
        assert_eq!(epoch(2, usize::MAX, 2), reference[2..]);
    }

    #[test]
    fn every_case_comes_once_an_epoch() {
        let mut cases: Vec<usize> = epoch(2, 0, 0).into_iter().flat_map(|b| b.cases).collect();
        cases.sort_unstable();
        assert_eq!(cases, (0..11).collect::<Vec<_>>());
        assert_ne!(plan(4).order(11, 0), plan(4).order(11, 1));
    }

    #[test]
    fn a_longer_epoch_goes_over_all_cases_again() {
        let longer = BatchPlan { samples: 25, ..plan(4) };
        let order = longer.order(11, 3);
        assert_eq!(order.len(), 25);
        assert_eq!(order[..11], plan(4).order(11, 3));
        for (pass, draws) in order.chunks(11).enumerate() {
            assert!(draws.iter().all(|draw| draw.pass == pass));
        }
        let cases = |draws: &[Draw]| draws.iter().map(|draw| draw.case).collect::<Vec<_>>();
        assert_ne!(cases(&order[..11]), cases(&order[11..22]));
        let cache = CaseCache::new(Cases(11), plan(4).sample, usize::MAX);
        let draw = |pass| longer.draw(&cache, 3, Draw { case: 5, pass, turn: 0 }).unwrap();
        assert_ne!(draw(0), draw(1), "the second time it is augmented in another way");
        assert!(longer.order(0, 3).is_empty());
    }

    #[test]
    fn every_batch_holds_its_share_of_the_cases_to_replay() {
        let replay = Replay { cases: vec![2, 9], share: 0.25, every: 4 };
        let rehearsed = BatchPlan { samples: 103, replay, ..plan(4) };
        let plain = BatchPlan { replay: Replay::default(), ..rehearsed.clone() };
        let (order, before) = (rehearsed.order(11, 3), plain.order(11, 3));
        assert_eq!(order, rehearsed.order(11, 3));
        let is_replayed = |draw: &&Draw| [2, 9].contains(&draw.case);
        for (batch, plain) in order.chunks(4).zip(before.chunks(4)) {
            let drawn = plain.iter().filter(is_replayed).count();
            let wanted = usize::from(plain.len() == 4);
            assert_eq!(batch.iter().filter(is_replayed).count(), drawn.max(wanted));
            let changed = batch.iter().zip(plain).filter(|(a, b)| a != b).count();
            assert_eq!(changed, wanted.saturating_sub(drawn), "no more is replaced than needed");
        }
        let seen: std::collections::BTreeSet<_> = order.iter().map(|d| (d.case, d.pass)).collect();
        assert_eq!(seen.len(), order.len(), "no two samples are the same");
        assert!(order.iter().enumerate().all(|(turn, draw)| draw.turn == turn));
        let all = Replay { cases: vec![2], share: 1.0, every: 4 };
        let only = BatchPlan { replay: all, ..plan(4) }.order(11, 0);
        assert!(only.iter().all(|draw| draw.case == 2));
        // steps of one sample: every fourth, and the others are what they were
        let replay = Replay { cases: vec![2], share: 0.25, every: 1 };
        let single = BatchPlan { replay, samples: 11, ..plan(1) }.order(11, 3);
        let plain = BatchPlan { samples: 11, ..plan(1) }.order(11, 3);
        let others = |order: &[Draw]| order.iter().filter(|draw| draw.case != 2).count();
        assert!((others(&plain) - others(&single)) <= 2 && others(&single) < others(&plain));
    }

    #[test]
    fn an_unreadable_case_ends_the_epoch_with_its_error() {
        let cache = Arc::new(CaseCache::new(Cases(100), plan(4).sample, 0));
        let plan = BatchPlan { samples: 100, ..plan(4) };
        let last = Loader::start(&plan, &cache, 0, 0, 2).find_map(Result::err);
        assert_eq!(last.as_deref(), Some("case 99 is broken"));
    }
}
