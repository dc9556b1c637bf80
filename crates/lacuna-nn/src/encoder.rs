//! Encoders: image in, features at halving resolutions out.

pub mod resnet;

pub use resnet::{Features, ResNet18};
