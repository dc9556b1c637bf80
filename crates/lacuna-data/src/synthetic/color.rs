//! Linear-light RGB.

use std::ops::{Add, Mul};

/// A colour in linear light; 1 is white, more is over-exposed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Color(pub(super) [f32; 3]);

impl Color {
    /// White light.
    pub(super) const WHITE: Self = Self([1.0; 3]);

    /// The linear colour of an sRGB one (power 2.2).
    pub(super) fn srgb(red: f32, green: f32, blue: f32) -> Self {
        Self([red, green, blue].map(|value| (value / 255.0).max(0.0).powf(2.2)))
    }

    /// From this colour at 0 to `other` at 1.
    pub(super) fn mix(self, other: Self, share: f32) -> Self {
        let share = share.clamp(0.0, 1.0);
        self * (1.0 - share) + other * share
    }

    /// Multiplied channel by channel.
    pub(super) fn tint(self, other: Self) -> Self {
        Self([self.0[0] * other.0[0], self.0[1] * other.0[1], self.0[2] * other.0[2]])
    }
}

impl Add for Color {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self([self.0[0] + other.0[0], self.0[1] + other.0[1], self.0[2] + other.0[2]])
    }
}

impl Mul<f32> for Color {
    type Output = Self;

    fn mul(self, factor: f32) -> Self {
        Self(self.0.map(|value| value * factor))
    }
}
