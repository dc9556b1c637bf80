//! One optimizer step over one or several micro-batches.

use lacuna_data::batch::Batch;
use lacuna_nn::{Denominator, Gradients, LossError, engine};
use tracing::debug_span;

use super::{TrainError, Trainer};

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
        let denominator = batches
            .iter()
            .map(|batch| Denominator::of(&batch.weights, batch.target_shape()))
            .sum::<Result<Denominator, LossError>>()?;
        if denominator.is_empty() {
            return Ok(None);
        }
        let mut gradients = Gradients::default();
        let mut loss = 0.0;
        for batch in batches {
            loss += self.micro_batch(batch, &denominator, &mut gradients)?;
        }
        if let Some(limit) = self.setup.config.clip_grad_norm {
            gradients.clip_norm(limit as f32);
        }
        let _span = debug_span!("optimizer").entered();
        self.optimizer.step_in_place(&mut self.model, &gradients, lr);
        Ok(Some(loss))
    }

    fn micro_batch(
        &self,
        batch: &Batch,
        denominator: &Denominator,
        gradients: &mut Gradients,
    ) -> Result<f64, TrainError> {
        let images = engine::tensor(batch.images.clone(), batch.image_shape(), &self.setup.device);
        let logits = debug_span!("forward")
            .in_scope(|| self.setup.config.precision.autocast(|| self.model.forward(images)));
        let output = debug_span!("loss").in_scope(|| {
            self.setup.loss.forward(logits, &batch.targets, &batch.weights, denominator)
        })?;
        let backward = || gradients.accumulate(Gradients::of(&output.total, &self.model));
        debug_span!("backward").in_scope(backward);
        let value = engine::values(output.total).map_err(|reason| TrainError::Device { reason })?;
        Ok(value.first().copied().map_or(f64::NAN, f64::from))
    }
}
