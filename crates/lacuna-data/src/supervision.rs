//! From what was said to what may be learned: evidence per class and pixel, and the policies that
//! turn evidence into targets and weights.

pub mod audit;
pub mod erase;
pub mod evidence;
pub mod layers;
pub mod policy;
pub mod region_audit;

pub use audit::Audit;
pub use evidence::{Evidence, EvidenceBits};
pub use layers::{Layer, Layers};
pub use policy::{PolicyName, SupervisionPolicy};
