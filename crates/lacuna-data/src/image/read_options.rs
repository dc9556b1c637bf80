//! What only the user can say about a picture: which channels are its colours, and which values are
//! black and white.

use std::fmt;
use std::str::FromStr;

/// How to read pictures that are more than three channels of 8 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReadOptions {
    /// Which channels of a TIFF file are shown; other files have no choice.
    pub channels: Option<ChannelMap>,
    /// Which values are black and white, where a channel has more than 8 bits.
    pub window: Option<Window>,
}

/// The channels shown as red, green and blue, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelMap([usize; 3]);

/// The value shown as black and the one shown as white; between them it is linear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    low: f64,
    high: f64,
}

/// A choice that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadOptionError {
    /// Not one or three numbers from 1.
    #[error("channels are three numbers from 1, such as 3,2,1, or one for grey, not `{0}`")]
    Channels(String),
    /// Not two finite numbers in ascending order.
    #[error("a window is two numbers, the smaller first, such as 0,4095, not `{0}`")]
    Window(String),
}

impl ChannelMap {
    /// The first channel, as grey.
    pub(super) const GREY: Self = Self([1; 3]);
    /// The first three channels.
    pub(super) const RGB: Self = Self([1, 2, 3]);

    /// Red, green and blue, counted from 0.
    pub(super) fn indices(self) -> [usize; 3] {
        self.0.map(|channel| channel - 1)
    }
}

impl FromStr for ChannelMap {
    type Err = ReadOptionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || ReadOptionError::Channels(text.to_owned());
        let numbers = text.split(',').map(|part| part.trim().parse::<usize>().map_err(|_| bad()));
        let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
        match numbers[..] {
            [grey] if grey > 0 => Ok(Self([grey; 3])),
            [r, g, b] if r.min(g).min(b) > 0 => Ok(Self([r, g, b])),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for ChannelMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "{r},{g},{b}")
    }
}

impl Window {
    /// From the value of black to the value of white.
    ///
    /// # Errors
    /// If they are not finite, or white is not above black.
    pub fn new(low: f64, high: f64) -> Result<Self, ReadOptionError> {
        // their difference must be finite too
        if low < high && (high - low).is_finite() {
            Ok(Self { low, high })
        } else {
            Err(ReadOptionError::Window(format!("{low},{high}")))
        }
    }

    /// The shade of a value, rounded; what is no number is black.
    pub(super) fn shade(self, value: f64) -> u8 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        (share * 255.0).round() as u8
    }
}

impl FromStr for Window {
    type Err = ReadOptionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || ReadOptionError::Window(text.to_owned());
        let (low, high) = text.split_once(',').ok_or_else(bad)?;
        let number = |part: &str| part.trim().parse::<f64>().map_err(|_| bad());
        Self::new(number(low)?, number(high)?).map_err(|_| bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_from_text() {
        for (text, expected) in [
            ("3,2,1", Some([2, 1, 0])),
            (" 4 ", Some([3, 3, 3])),
            ("0,1,2", None),
            ("1,2", None),
            ("1,2,3,4", None),
            ("a", None),
            ("", None),
        ] {
            assert_eq!(text.parse().ok().map(ChannelMap::indices), expected, "{text}");
        }
        for (text, expected) in [
            ("0,255", Some([0, 100, 255])),
            ("50, 150", Some([0, 128, 255])),
            ("-1e400,0", None),
            ("-1.7e308,1.7e308", None),
            ("5,5", None),
            ("5,1", None),
            ("5", None),
            ("NaN,1", None),
        ] {
            let window: Option<Window> = text.parse().ok();
            assert_eq!(window.map(|w| [0.0, 100.0, 300.0].map(|v| w.shade(v))), expected, "{text}");
        }
        assert_eq!("0,1".parse::<Window>().unwrap().shade(f64::NAN), 0);
    }
}
