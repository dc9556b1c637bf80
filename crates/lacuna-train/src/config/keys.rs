//! Every key of the configuration, in the order of the reference: a flat table.

use lacuna_data::augment::Resize;
use lacuna_data::supervision::PolicyName;
use lacuna_data::supervision::policy::{Conflict, Void};
use lacuna_nn::{Activation, Architecture, Precision, Reduction};

use super::key::{Key, Kind, Range, names};
use super::named::{LrSchedule, OptimizerName, Preset, SamplingName, ValidationMetric};

const NOT_NEGATIVE: Range = Range::at_least(0.0);
const SHARE: Range = Range::closed(0.0, 1.0);
const FACTOR: Range = Range { max: 10.0, ..Range::above(0.0) };

macro_rules! keys {
    ($($constant:ident = $name:literal, $kind:expr, $doc:literal;)*) => {
        $(pub(super) const $constant: Key = Key { name: $name, kind: $kind, doc: $doc };)*
        /// Every key, in the order of the reference.
        pub const KEYS: &[Key] = &[$($constant),*];
    };
}

keys! {
    PRESET = "preset", Kind::Choice(names::<Preset>),
        "Values for everything that is not set: `default`; `paper`, the published recipe number by number; `quick`, small pictures and few epochs.";
    DATA = "data", Kind::Text("a folder"),
        "The data set to train on.";
    SPLIT = "split", Kind::Text("the name of a split, a file name without folder"),
        "Which split of the data set, by name.";
    FOLD = "fold", Kind::Integer(0, 9_999),
        "Which fold of the split, from 0.";
    REPLAY_SPLIT = "replay_split", Kind::Text("the name of a split, a file name without folder"),
        "A split whose training cases are seen more often, as far as this run trains on them: `replay_share` of every batch at least. For rounds of correction, which would otherwise forget what the first round taught (rehearsal, Robins 1995).";
    REPLAY_SHARE = "replay_share", Kind::Number(SHARE),
        "Share of every step of the optimizer that is drawn from the cases of `replay_split`, over the epoch as exactly as whole pictures allow; what chance has drawn of them counts.";
    ARCHITECTURE = "architecture", Kind::Choice(names::<Architecture>),
        "The network: `unet-resnet18` is segmentation_models.pytorch's U-Net; `unet-resnet18-paper` has a wider decoder and a branch at full resolution, and costs four times as much.";
    ACTIVATION = "activation", Kind::Choice(names::<Activation>),
        "From outputs to probabilities: `sigmoid`, each class for itself; `softmax`, for classes that all exclude each other, with a background: the loss is then categorical cross-entropy over pixels of which class or background is known, the others ignored, as users of nnU-Net's ignore label train.";
    ENCODER_DEPTH = "encoder_depth", Kind::Integer(3, 5),
        "Stages of the ResNet18 encoder, as segmentation_models.pytorch counts: stem = 1, layer1 = 2, … layer4 = 5. With fewer there are fewer weights, but the decoder is wider at full resolution and a step takes longer.";
    ENCODER_WEIGHTS = "encoder_weights", Kind::Text("\"imagenet\", \"none\" or a weight file"),
        "Where the encoder starts: `imagenet` (see `lacuna weights fetch resnet18`), `none` for random weights, or a .pth or .safetensors file.";
    PRETRAINED_WEIGHTS = "pretrained_weights", Kind::Text("the checkpoint of a run with the same classes"),
        "A checkpoint that the whole network starts from, in place of `encoder_weights`: training goes on where another run ended, on more data or with other settings.";
    IMAGE_SIZE = "image_size", Kind::Size,
        "Size of the network's input in pixels, one number for a square or [height, width]; divisible by 2^encoder_depth.";
    RESIZE = "resize", Kind::Choice(names::<Resize>),
        "How a picture of another shape is fitted: `pad` keeps its proportions and adds a border in which nothing is known, `stretch` changes them, `crop` cuts off what does not fit.";
    SAMPLING = "sampling", Kind::Choice(names::<SamplingName>),
        "How samples are taken from a picture: `resize` takes it whole; `patch` takes parts as large as `image_size`, half of them centred on something known, every class and negatives in turn. A network of patches predicts in overlapping tiles at the same scale.";
    PATCH_SCALE = "patch_scale", Kind::Number(Range { max: 8.0, ..Range::above(0.0) }),
        "With `sampling = \"patch\"`: pixels of a patch per pixel of the picture, the same for all pictures; 1 = the pictures' own resolution.";
    NORMALIZATION = "normalization", Kind::Normalization,
        "Colour normalisation: ImageNet's, computed on the training cases, that of the pretrained checkpoint, or given. Default: `checkpoint` with `pretrained_weights`, else `imagenet` with pretrained encoder weights, `dataset` without.";
    POLICY = "policy", Kind::Choice(names::<PolicyName>),
        "Which evidence counts: `standard` takes unpainted for negative; `positive-only` knows only paint; `fusion` adds negatives from exclusive classes; `box` adds negatives outside the region to `standard`, `positive+box` to painted pixels, `fusion+box` to `fusion`.";
    BOX_TRUST = "box_trust", Kind::Number(Range::closed(0.0, 1.0)),
        "Regions that a detector drew give no negatives if their score is below this; one without a score has 0. Regions that people drew always count.";
    CONFLICT = "conflict", Kind::Choice(names::<Conflict>),
        "What a pixel painted as two exclusive classes is: `unknown` for both, or `positive` for both. Default: `positive` for `standard` and `box`, else `unknown`.";
    VOID = "void", Kind::Choice(names::<Void>),
        "What lies beyond the picture's border: `unknown`, or `unpainted`, which `standard` and `box` take for negative, as torchvision's rotation does.";
    REDUCTION = "reduction", Kind::Choice(names::<Reduction>),
        "What the loss is averaged over: `known` pixels; `all` pixels, as in the paper; `known-per-class`, every class counting the same.";
    OPTIMIZER = "optimizer", Kind::Choice(names::<OptimizerName>),
        "`sgd` (with momentum, no dampening) or `adamw`, with PyTorch's update rules.";
    LR = "lr", Kind::Number(Range { max: 100.0, ..Range::above(0.0) }),
        "The learning rate, after the warm-up.";
    MOMENTUM = "momentum", Kind::Number(Range::half_open(0.0, 1.0)),
        "Momentum of `sgd`; `adamw` has PyTorch's betas .9 and .999.";
    WEIGHT_DECAY = "weight_decay", Kind::Number(NOT_NEGATIVE),
        "L2 penalty of `sgd`, decoupled weight decay of `adamw`; on every trainable tensor.";
    LR_SCHEDULE = "lr_schedule", Kind::Choice(names::<LrSchedule>),
        "How the learning rate falls to 0 over the run, step by step: `constant` does not, `poly` is (1 − t/T)^poly_power, `cosine` is half a cosine.";
    POLY_POWER = "poly_power", Kind::Number(Range::above(0.0)),
        "Exponent of the `poly` schedule.";
    WARMUP_EPOCHS = "warmup_epochs", Kind::Integer(0, 100_000),
        "Epochs in which the learning rate rises linearly from 1 % of its value.";
    EPOCHS = "epochs", Kind::Integer(1, 100_000),
        "How often every training case is seen; with `steps_per_epoch`, how often that many steps are done.";
    STEPS_PER_EPOCH = "steps_per_epoch", Kind::Integer(0, 1_000_000),
        "Steps of the optimizer in an epoch, over the training cases again and again; 0 = every case once. For a handful of pictures, with which an epoch would be a step or two.";
    BATCH_SIZE = "batch_size", Kind::Integer(1, 4_096),
        "Pictures in memory at once.";
    ACCUMULATE = "accumulate", Kind::Integer(1, 4_096),
        "Batches that make one step of the optimizer; their loss is that of one large batch.";
    CLIP_GRAD_NORM = "clip_grad_norm", Kind::Number(NOT_NEGATIVE),
        "Largest norm of the gradient; 0 = not clipped.";
    EMA_DECAY = "ema_decay", Kind::Number(Range::half_open(0.0, 1.0)),
        "Decay of a moving average of the weights over the steps, which is what is validated, kept and used to predict; 0 = the weights themselves. In the first steps it is (1 + t) / (10 + t) where that is less.";
    VALIDATION_METRIC = "validation_metric", Kind::Choice(names::<ValidationMetric>),
        "What chooses the best checkpoint, on known pixels of the validation cases. `none`: no validation, the validation cases are trained on too, and the last epoch counts.";
    EARLY_STOPPING_PATIENCE = "early_stopping_patience", Kind::Integer(0, 100_000),
        "Stop when the validation metric has not risen for that many epochs; 0 = never.";
    CHECKPOINT_EVERY = "checkpoint_every", Kind::Number(Range { max: 100_000.0, ..Range::above(0.0) }),
        "Minutes after which a checkpoint is written within an epoch too: what a killed run can lose.";
    SEED = "seed", Kind::Integer(0, i64::MAX),
        "The seed of every random choice.";
    NUM_WORKERS = "num_workers", Kind::Integer(1, 256),
        "Threads that load and augment pictures; their number does not change the result.";
    DEVICE = "device", Kind::Text("cpu, cuda, vulkan, metal or webgpu, with :N for the N-th"),
        "Where to compute.";
    THREADS = "threads", Kind::Integer(0, 4_096),
        "Threads the engine computes with; 0 = all cores.";
    PRECISION = "precision", Kind::Choice(names::<Precision>),
        "Number format of the factors in the convolutions of training on the CPU. `bf16` keeps weights, statistics, loss and optimizer in f32; it pays on processors with AVX512_BF16 and is slower elsewhere. Validation is always in `f32`.";
    LOSS_BCE = "loss.bce", Kind::Number(NOT_NEGATIVE),
        "Factor of the cross-entropy: binary for each class, categorical with `activation = \"softmax\"`.";
    LOSS_DICE = "loss.dice", Kind::Number(NOT_NEGATIVE),
        "Factor of the soft Dice loss over known pixels.";
    LOSS_FOCAL = "loss.focal", Kind::Number(NOT_NEGATIVE),
        "Factor of the focal loss (Lin et al. 2017).";
    LOSS_FOCAL_GAMMA = "loss.focal_gamma", Kind::Number(NOT_NEGATIVE),
        "Exponent of the focal loss: 0 or at least 1.";
    LOSS_FOCAL_ALPHA = "loss.focal_alpha", Kind::Number(Range::closed(-1.0, 1.0)),
        "Weight of the positives in the focal loss, from 0 to 1; -1 = positives and negatives count the same, as in torchvision.";
    LOSS_CONSISTENCY = "loss.consistency", Kind::Number(NOT_NEGATIVE),
        "Factor of the mean squared difference to the probabilities of the moving average of the weights (`ema_decay`) on unknown pixels (mean teacher, Tarvainen and Valpola 2017).";
    LOSS_CONSISTENCY_RAMPUP = "loss.consistency_rampup", Kind::Number(SHARE),
        "Share of the run's steps over which `loss.consistency` rises as exp(−5 (1 − t)²).";
    LOSS_GATED_CRF = "loss.gated_crf", Kind::Number(NOT_NEGATIVE),
        "Factor of the gated CRF loss: neighbours of like colour should be of one class (Obukhov et al. 2019); .1 in that paper.";
    LOSS_GATED_CRF_RADIUS = "loss.gated_crf_radius", Kind::Integer(1, 15),
        "Farthest neighbour of the gated CRF loss along each axis, in pixels.";
    LOSS_GATED_CRF_SIGMA_XY = "loss.gated_crf_sigma_xy", Kind::Number(Range::above(0.0)),
        "Standard deviation of its kernel in pixels.";
    LOSS_GATED_CRF_SIGMA_RGB = "loss.gated_crf_sigma_rgb", Kind::Number(Range::above(0.0)),
        "Standard deviation of its kernel in colour, on the scale 0–1.";
    ROTATION = "augmentation.rotation", Kind::Number(Range::closed(0.0, 180.0)),
        "Rotation about the centre, uniform in ± this many degrees.";
    SCALE = "augmentation.scale", Kind::Pair(FACTOR),
        "Zoom about the centre, its logarithm uniform between the two; [1, 1] = none.";
    SCALE_PROBABILITY = "augmentation.scale_probability", Kind::Number(SHARE),
        "Share of the samples that are zoomed.";
    HORIZONTAL_FLIP = "augmentation.horizontal_flip", Kind::Number(SHARE),
        "Probability of a left-right flip.";
    VERTICAL_FLIP = "augmentation.vertical_flip", Kind::Number(SHARE),
        "Probability of a top-bottom flip: for pictures without an upside, such as microscopy.";
    BRIGHTNESS = "augmentation.brightness", Kind::Number(SHARE),
        "Brightness factor, uniform in 1 ± this.";
    CONTRAST = "augmentation.contrast", Kind::Number(SHARE),
        "Contrast factor, uniform in 1 ± this.";
    SATURATION = "augmentation.saturation", Kind::Number(SHARE),
        "Saturation factor, uniform in 1 ± this.";
    GAMMA = "augmentation.gamma", Kind::Pair(FACTOR),
        "Exponent of the colour values, its logarithm uniform between the two; [1, 1] = none.";
    GAMMA_PROBABILITY = "augmentation.gamma_probability", Kind::Number(SHARE),
        "Share of the samples whose gamma is varied.";
    BLUR_SIGMA = "augmentation.blur_sigma", Kind::Pair(Range::closed(0.0, 100.0)),
        "Standard deviation of a Gaussian blur in pixels, uniform between the two; [0, 0] = no blur.";
    BLUR_KERNEL = "augmentation.blur_kernel", Kind::Integer(1, 255),
        "Side of the blur's kernel in pixels, odd.";
    BLUR_PROBABILITY = "augmentation.blur_probability", Kind::Number(SHARE),
        "Share of the samples that are blurred.";
    LOW_RESOLUTION = "augmentation.low_resolution", Kind::Pair(Range { max: 1.0, ..Range::above(0.0) }),
        "Share of the resolution that is left on each axis, uniform between the two; [1, 1] = all of it.";
    LOW_RESOLUTION_PROBABILITY = "augmentation.low_resolution_probability", Kind::Number(SHARE),
        "Share of the samples whose resolution is lowered.";
    NOISE_SD = "augmentation.noise_sd", Kind::Pair(SHARE),
        "Standard deviation of Gaussian noise on the scale 0–1, uniform between the two; [0, 0] = none.";
    NOISE_PROBABILITY = "augmentation.noise_probability", Kind::Number(SHARE),
        "Share of the samples with noise.";
    WEIGHT_PAINTED = "source_weights.painted", Kind::Number(NOT_NEGATIVE),
        "Weight of painted positives and negatives, and of what parts and wholes imply.";
    WEIGHT_EXCLUSION = "source_weights.exclusion", Kind::Number(NOT_NEGATIVE),
        "Weight of negatives from exclusive classes.";
    WEIGHT_REGION = "source_weights.region", Kind::Number(NOT_NEGATIVE),
        "Weight of negatives from outside the region.";
    WEIGHT_BACKGROUND = "source_weights.background", Kind::Number(NOT_NEGATIVE),
        "Weight of negatives from declared background.";
    WEIGHT_ACCEPTED = "source_weights.accepted", Kind::Number(NOT_NEGATIVE),
        "Weight of what a model suggested and a person accepted.";
    WEIGHT_ASSUMED = "source_weights.assumed", Kind::Number(NOT_NEGATIVE),
        "Weight of unpainted pixels under `standard` and `box`.";
    CLASS_WEIGHTS = "class_weights", Kind::ByClass(NOT_NEGATIVE),
        "A factor on the loss of each class, by its name; 1 for those not named.";
}
