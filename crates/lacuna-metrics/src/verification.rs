//! Dice, precision and recall on **all** pixels of held-back pictures, from a few hundred points that
//! a person answers.
//!
//! Known pixels are a selected sample: people paint what is easy. Here the pixels are drawn by chance
//! instead, so the result holds for every pixel, within an interval. For each class on its own:
//!
//! 1. [`Strata`] divides the pixels by predicted class, band of the probability, and whether they are
//!    annotated; [`Strata::count_pixels`] counts a picture.
//! 2. [`PointBudget::allocate`] gives each stratum its points, [`PointSample::draw`] draws them.
//! 3. [`PointSample::locate`] finds them while each picture is read once more. A person answers
//!    yes, no or *cannot tell* ([`Answer`]) in the order of the sample, and may stop early.
//! 4. [`Survey::record`] counts the answers, [`Survey::estimate`] gives the [`ClassEstimate`].
//!
//! # Value
//!
//! Every pixel of stratum h has the chance n_h / N_h to be drawn, so each answered point stands for
//! N_h / n_h pixels (Horvitz and Thompson 1952, JASA 47:663). With y_h yes among n_h yes and no:
//!
//! > TP = TP_known + Σ_{h predicted} N_h y_h / n_h  and  FN = FN_known + Σ_{h not predicted} N_h y_h / n_h
//! >
//! > Dice = 2 TP / (P + TP + FN), precision = TP / P, recall = TP / (TP + FN), where P, the number of
//! > predicted pixels, is known exactly.
//!
//! These are pooled over the pictures, not means over pictures. TP, FN and the precision are
//! unbiased; Dice and recall are ratios of unbiased numbers.
//!
//! **Annotated pixels are counted, not sampled**: their truth is the annotation, so a census of them
//! adds no error, and every point goes where nobody has looked. A few points are asked about them all
//! the same ([`PointBudget::checks`]): not for the estimate, but to see whether who answers means the
//! same as who painted ([`Agreement`]).
//!
//! **Unsure** answers are left out of n_h: the value takes the unsure pixels of a stratum to be like
//! its others. How far that could be wrong is in [`Estimate::unsure_range`], and
//! [`Estimate::unsure_interval`] does not assume it.
//!
//! # Which truth an interval covers
//!
//! [`Estimate::interval`] is about **these pictures**: the measure one would get by answering every
//! pixel of them. Only the draw of the points is random, so it does not matter that pixels of a
//! picture are alike, or errors come in clusters, or groups are few: within a stratum the points are a
//! simple random sample of all its pixels.
//!
//! [`Estimate::group_interval`] is about **other groups** (patients) of which these are a random
//! sample: the group bootstrap. It is wider where groups differ, and needs groups to resample.
//!
//! Neither covers a person's mistakes, nor pictures of another kind.
//!
//! # Intervals
//!
//! A resample of the answers alone would fail where all answers of a stratum agree: 0 misses among 150
//! points of a million pixels is not "no misses". So each resample gives every point an exponential
//! weight (Rubin 1981, *Annals of Statistics* 9:130), and adds to each stratum a phantom point that
//! says *no* for one end and *yes* for the other. The positives of stratum h are then
//!
//! > y_h + (N_h − n_h) θ, with θ from Beta(y_h, n_h − y_h + 1) at the low end and from
//! > Beta(y_h + 1, n_h − y_h) at the high end (without the finite-population correction).
//!
//! For one stratum the percentiles are the Clopper–Pearson limits. All three measures grow with
//! positives in predicted strata and fall with those in the others; so the low end of a measure
//! joins low ends of the first with high ends of the others, as in melded confidence intervals (Fay,
//! Proschan and Brittain 2015, *Biometrics* 71:146), which hold their level in all cases known.
//! A stratum without answers counts as wholly open. The group bootstrap weighs whole groups instead of
//! points, pixels and answers alike, more unevenly the fewer they are; the phantoms stay.
//!
//! In simulations (`tests/verification_coverage.rs`) both cover in at least 95 % of draws, most often
//! in 98 %. What is rare stays unsure: if a class has half a percent of the pixels, 200 points without
//! a miss leave room for more missed pixels than the class has, and the interval says so.
//!
//! ```
//! use lacuna_metrics::BootstrapSettings;
//! use lacuna_metrics::verification::{Answer, ClassPixels, PointBudget, PointSample, Strata, Survey};
//!
//! # fn main() -> Result<(), lacuna_metrics::MetricError> {
//! let probabilities: Vec<f32> = (0..10_000_u16).map(|pixel| f32::from(pixel) / 10_000.0).collect();
//! let annotation = vec![None; 10_000];
//! let picture = ClassPixels { probabilities: &probabilities, annotation: &annotation };
//! let is_there = |pixel: usize| pixel >= 6_000; // what the person sees; predicted from 5,000 on
//!
//! let strata = Strata::around(0.5)?;
//! let counts = vec![strata.count_pixels(picture)?]; // of each picture; their sum is planned with
//! let allocation = PointBudget::default().allocate(&strata, &counts[0]);
//! let sample = PointSample::draw(&counts, &allocation, 42, 0)?;
//!
//! let mut survey = Survey::new::<&str>(&strata, &counts, None)?;
//! for (turn, pixel) in sample.locate(&strata, 0, picture)? {
//!     let answer = if is_there(pixel) { Answer::Yes } else { Answer::No };
//!     survey.record(&sample.points[turn], answer)?;
//! }
//! let dice = survey.estimate(&BootstrapSettings::default())?.dice;
//! let interval = dice.interval.unwrap();
//! assert!(interval.lo < 8.0 / 9.0 && 8.0 / 9.0 < interval.hi); // the Dice on all 10,000 pixels
//! assert!(interval.hi - interval.lo < 0.1);
//! # Ok(())
//! # }
//! ```

mod allocation;
mod estimate;
mod gain;
mod interval;
mod sample;
mod stratum;
mod survey;
mod table;

pub use allocation::PointBudget;
pub use estimate::{Agreement, ClassEstimate, Estimate};
pub use gain::{Gain, GainSurvey};
pub use interval::MIN_GROUPS;
pub use sample::{DrawnPoint, PointSample};
pub use stratum::{ClassPixels, DEFAULT_BAND_EDGES, Strata, Stratum, StratumCounts};
pub use survey::{Answer, AnswerCounts, Survey};
