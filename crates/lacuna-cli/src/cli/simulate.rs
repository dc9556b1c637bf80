//! Arguments of `lacuna simulate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use lacuna_data::simulate::{Keep, Outline, PaintPattern, SimulateConfig};

/// Turn complete masks into the partial annotation of a busy expert, keeping the truth beside it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lacuna simulate --data full --output-dir partial --paint nearest --fraction .45 --seed 1
  lacuna simulate --data full --output-dir partial --paint core --margin-px 4 --neither 3
  lacuna simulate --data full --output-dir partial --paint strokes --fraction .1 \\
      --fraction-of gum=.3 --box-margin 10 --box-jitter 5

The source needs complete masks for every picture: its truth, or masks imported with \
`--unpainted background`. Pictures, truth and splits are copied; every random choice depends on the seed, \
the case and the class alone.")]
pub(crate) struct SimulateArgs {
    /// Data set with complete masks
    #[arg(long, value_name = "DS", value_hint = ValueHint::DirPath)]
    pub(crate) data: PathBuf,
    /// Folder of the new data set; must not exist or be empty
    #[arg(long, value_name = "DS2", value_hint = ValueHint::DirPath)]
    pub(crate) output_dir: PathBuf,
    /// Seed of every random choice
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) paint: PaintArgs,
    #[command(flatten)]
    pub(crate) region: RegionArgs,
}

/// What the expert paints.
#[derive(Debug, Args)]
#[command(next_help_heading = "Paint")]
pub(crate) struct PaintArgs {
    /// Which part of each class is painted
    #[arg(long, value_enum, value_name = "PATTERN", default_value = "nearest")]
    pub(crate) paint: PaintArg,
    /// Share of each class's pixels (of its instances under missed-instances) that is painted
    #[arg(long, value_name = "SHARE", default_value_t = SimulateConfig::default().fraction)]
    pub(crate) fraction: f64,
    /// Share of one class, as in `gum=.3`; repeat for more
    #[arg(long, value_name = "CLASS=SHARE", value_parser = share_of)]
    pub(crate) fraction_of: Vec<(String, f64)>,
    /// Width of the brush under strokes, in pixels
    #[arg(long, value_name = "PX", default_value_t = SimulateConfig::default().stroke_width)]
    pub(crate) stroke_width: f64,
    /// Under core: paint everything but a margin of this width [default: the deepest --fraction]
    #[arg(long, value_name = "PX")]
    pub(crate) margin_px: Option<f64>,
    /// Under peripheral: what is painted first
    #[arg(long, value_enum, value_name = "SIDE", default_value = "middle")]
    pub(crate) keep: KeepArg,
    /// Probability that a piece of painted border is overrun
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) stray: f64,
    /// How far paint runs over the border, in pixels
    #[arg(long, value_name = "PX", default_value_t = SimulateConfig::default().stray_width)]
    pub(crate) stray_width: f64,
    /// Then erase what is painted in one of five areas, the corners and the centre, drawn for each case: the
    /// paper's masked masks
    #[arg(long)]
    pub(crate) erase_area: bool,
    /// Strokes of *neither* on pixels of no class: negative for every class
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) neither: usize,
    /// Width of these strokes, in pixels
    #[arg(long, value_name = "PX", default_value_t = SimulateConfig::default().neither_width)]
    pub(crate) neither_width: f64,
}

/// The box that a non-expert draws around everything.
#[derive(Debug, Args)]
#[command(next_help_heading = "Box")]
pub(crate) struct RegionArgs {
    /// Nobody draws a box
    #[arg(long, conflicts_with_all = ["box_margin", "box_margin_share", "box_jitter", "box_jitter_share", "box_may_cut"])]
    pub(crate) no_box: bool,
    /// Distance of the box from the outermost pixels, in pixels
    #[arg(long, value_name = "PX", default_value_t = SimulateConfig::default().box_margin)]
    pub(crate) box_margin: f64,
    /// The same in shares of the box's longer side, added to it
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) box_margin_share: f64,
    /// Each side of the box moves by up to this much at random, in pixels
    #[arg(long, value_name = "PX", default_value_t = 0.0)]
    pub(crate) box_jitter: f64,
    /// The same in shares of the box's longer side, added to it
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) box_jitter_share: f64,
    /// A polygon of up to twelve sides in place of the box, at the same distance
    #[arg(long, conflicts_with = "no_box")]
    pub(crate) polygon: bool,
    /// The box may cut off pixels of a class
    #[arg(long)]
    pub(crate) box_may_cut: bool,
}

/// Painting patterns.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PaintArg {
    /// The share nearest to a random point
    Nearest,
    /// Brush strokes inside the class
    Strokes,
    /// Away from every border
    Core,
    /// Distant, dark or far-side parts are skipped (see --keep)
    Peripheral,
    /// Whole instances, such as teeth, are skipped
    MissedInstances,
    /// Everything but one of five areas: the corners and the centre
    FiveArea,
    /// Everything
    Complete,
}

/// What is painted first under `peripheral`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KeepArg {
    /// Nearest to the vertical middle line: back teeth are skipped
    Middle,
    /// Nearest to the centre of the picture
    Centre,
    /// The brightest pixels
    Bright,
    /// The left part
    Left,
    /// The right part
    Right,
    /// The upper part
    Top,
    /// The lower part
    Bottom,
}

impl RegionArgs {
    fn outline(&self) -> Outline {
        match (self.no_box, self.polygon) {
            (true, _) => Outline::None,
            (false, true) => Outline::Polygon,
            (false, false) => Outline::Box,
        }
    }
}

impl SimulateArgs {
    /// The settings of the simulation.
    pub(crate) fn config(&self) -> SimulateConfig {
        let (paint, region) = (&self.paint, &self.region);
        SimulateConfig {
            paint: paint.paint.into(),
            fraction: paint.fraction,
            fractions: paint.fraction_of.iter().cloned().collect(),
            stroke_width: paint.stroke_width,
            core_margin: paint.margin_px,
            keep: paint.keep.into(),
            stray: paint.stray,
            stray_width: paint.stray_width,
            erase_area: paint.erase_area,
            neither: paint.neither,
            neither_width: paint.neither_width,
            outline: region.outline(),
            box_margin: region.box_margin,
            box_margin_share: region.box_margin_share,
            box_jitter: region.box_jitter,
            box_jitter_share: region.box_jitter_share,
            box_may_cut: region.box_may_cut,
        }
    }
}

impl From<PaintArg> for PaintPattern {
    fn from(pattern: PaintArg) -> Self {
        match pattern {
            PaintArg::Nearest => Self::Nearest,
            PaintArg::Strokes => Self::Strokes,
            PaintArg::Core => Self::Core,
            PaintArg::Peripheral => Self::Peripheral,
            PaintArg::MissedInstances => Self::MissedInstances,
            PaintArg::FiveArea => Self::FiveArea,
            PaintArg::Complete => Self::Complete,
        }
    }
}

impl From<KeepArg> for Keep {
    fn from(keep: KeepArg) -> Self {
        match keep {
            KeepArg::Middle => Self::Middle,
            KeepArg::Centre => Self::Centre,
            KeepArg::Bright => Self::Bright,
            KeepArg::Left => Self::Left,
            KeepArg::Right => Self::Right,
            KeepArg::Top => Self::Top,
            KeepArg::Bottom => Self::Bottom,
        }
    }
}

fn share_of(text: &str) -> Result<(String, f64), String> {
    let (class, share) = text.split_once('=').ok_or("write it as CLASS=SHARE, such as gum=.3")?;
    let share = share.trim().parse().map_err(|_| format!("`{share}` is no number"))?;
    Ok((class.trim().to_owned(), share))
}
