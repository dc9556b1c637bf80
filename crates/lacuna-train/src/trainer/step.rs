//! One optimizer step over one or several micro-batches.

use lacuna_data::batch::Batch;
use lacuna_nn::engine::Tensor;
use lacuna_nn::{Denominator, Gradients, LossError, consistency, engine};
use tracing::debug_span;

use super::{TrainError, Trainer};
use crate::config::LossFactors;
use crate::predict::Network;

/// What the losses of a step's micro-batches are divided by.
struct Whole {
    known: Denominator,
    /// Pairs of pixel and class of which nothing is known.
    unknown: usize,
    images: usize,
}

impl Trainer<'_> {
    /// Forward, loss, backward and update; the loss, or `None` when nothing is known in any batch.
    ///
    /// The denominator is that of all micro-batches together, so that their losses and gradients
    /// add up to those of one large batch.
    pub(super) fn optimizer_step(
        &mut self,
        batches: &[Batch],
        lr: f64,
    ) -> Result<Option<f64>, TrainError> {
        let whole = self.whole(batches)?;
        if whole.known.is_empty() {
            return Ok(None);
        }
        let mut gradients = Gradients::default();
        let mut loss = 0.0;
        for batch in batches {
            loss += self.micro_batch(batch, &whole, &mut gradients)?;
        }
        if let Some(limit) = self.setup.config.clip_grad_norm {
            gradients.clip_norm(limit as f32);
        }
        let _span = debug_span!("optimizer").entered();
        self.optimizer.step_in_place(&mut self.model, &gradients, lr);
        if let Some(average) = &mut self.average {
            average.update(&self.model, self.optimizer.steps());
        }
        Ok(Some(loss))
    }

    fn whole(&self, batches: &[Batch]) -> Result<Whole, LossError> {
        let loss = &self.setup.loss;
        let of =
            |batch: &Batch| loss.denominator(&batch.targets, &batch.weights, batch.target_shape());
        let unknown = |batch: &Batch| batch.weights.iter().filter(|w| **w == 0.0).count();
        Ok(Whole {
            known: batches.iter().map(of).sum::<Result<Denominator, LossError>>()?,
            unknown: batches.iter().map(unknown).sum(),
            images: batches.iter().map(Batch::len).sum(),
        })
    }

    fn micro_batch(
        &self,
        batch: &Batch,
        whole: &Whole,
        gradients: &mut Gradients,
    ) -> Result<f64, TrainError> {
        let images = engine::tensor(batch.images.clone(), batch.image_shape(), &self.setup.device);
        let logits = debug_span!("forward")
            .in_scope(|| self.setup.config.precision.autocast(|| self.model.forward(images)));
        let loss = debug_span!("loss").in_scope(|| self.loss(batch, logits, whole))?;
        let backward = || gradients.accumulate(Gradients::of(&loss, &self.model));
        debug_span!("backward").in_scope(backward);
        let value = engine::values(loss).map_err(|reason| TrainError::Device { reason })?;
        Ok(value.first().copied().map_or(f64::NAN, f64::from))
    }

    /// The loss over what is known, and what is asked for beside it.
    fn loss(
        &self,
        batch: &Batch,
        logits: Tensor<4>,
        whole: &Whole,
    ) -> Result<Tensor<1>, TrainError> {
        let Batch { images, targets, weights, .. } = batch;
        let output = self.setup.loss.forward(logits.clone(), targets, weights, &whole.known)?;
        let LossFactors { consistency: agreement, gated_crf, crf, .. } = self.setup.config.loss;
        let mut total = output.total;
        if agreement == 0.0 && gated_crf == 0.0 {
            return Ok(total);
        }
        let logits = self.setup.config.activation.class_logits(logits);
        if gated_crf > 0.0 {
            let sd = self.setup.normalization.sd;
            let loss = crf.forward(logits.clone(), images, sd, whole.images)?;
            total = total + loss.mul_scalar(gated_crf);
        }
        if agreement > 0.0
            && let Some(teacher) = self.teacher(batch)?
        {
            let loss = consistency(logits, &teacher, weights, whole.unknown)?;
            total = total + loss.mul_scalar(agreement * self.rampup());
        }
        Ok(total)
    }

    /// What the moving average of the weights says of the same pictures.
    fn teacher(&self, batch: &Batch) -> Result<Option<Vec<f32>>, TrainError> {
        let Some(average) = &self.average else { return Ok(None) };
        let (activation, device) = (self.setup.config.activation, &self.setup.device);
        let network = Network { model: average.model(), activation, device };
        let probabilities = network.probabilities(batch.images.clone(), batch.len(), batch.size);
        probabilities.map(Some).map_err(|reason| TrainError::Device { reason })
    }

    /// exp(−5 (1 − t)²) over the first part of the run (Tarvainen and Valpola 2017), then 1.
    fn rampup(&self) -> f64 {
        let steps = self.setup.schedule.total_steps as f64;
        let length = self.setup.config.loss.consistency_rampup * steps;
        let t = (self.progress.total_steps as f64 / length.max(1.0)).min(1.0);
        (-5.0 * (1.0 - t).powi(2)).exp()
    }
}
