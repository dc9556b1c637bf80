//! Lacuna as a library: segmentation models from images in which only a part was annotated.
//!
//! What was painted becomes evidence, evidence becomes target and weight, and a pixel nobody spoke
//! about has weight 0:
//!
//! ```
//! use lacuna::data::supervision::policy::{PolicyName, SupervisionPolicy};
//! use lacuna::data::{Annotation, Class, ClassSet, Evidence, Size, Ternary};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let class = |name: &str| Class { name: name.to_owned(), color: [0; 3] };
//! let exclusive = vec!["gum".to_owned(), "teeth".to_owned()];
//! let classes = ClassSet::new(vec![class("gum"), class("teeth")], &[exclusive], &[])?;
//!
//! let mut annotation = Annotation::unknown(Size::new(2, 1), classes.len());
//! annotation.masks[0].values_mut()[0] = Ternary::Positive; // the left pixel is gum
//!
//! let evidence = Evidence::collect(&annotation, &classes);
//! let supervision = SupervisionPolicy::named(PolicyName::Fusion).supervise(&evidence);
//! // gum: known, unknown; teeth: known not to be a tooth, unknown
//! assert_eq!(supervision.weight, [1.0, 0.0, 1.0, 0.0]);
//! assert_eq!(supervision.target, [1.0, 0.0, 0.0, 0.0]);
//! # Ok(())
//! # }
//! ```

pub use lacuna_data as data;
pub use lacuna_metrics as metrics;
pub use lacuna_nn as nn;
pub use lacuna_report as report;
pub use lacuna_train as train;
