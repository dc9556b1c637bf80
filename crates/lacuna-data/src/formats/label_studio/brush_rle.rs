//! The brush strokes of Label Studio: a bit stream of runs over RGBA bytes, of which alpha counts.
//!
//! The layout is that of <https://github.com/thi-ng/umbrella/tree/develop/packages/rle-pack>, as read and
//! written by `label_studio_sdk.converter.brush`: 32 bits for the number of words, 5 for the word size less
//! one, four times 4 for the bits of a length less one; then 1 bit (repeated or literal), 2 for which of
//! the four, the length less one, and one word or as many as that.

use crate::annotation::BinaryMask;
use crate::image::Size;

const WORD_BITS: u32 = 8;
const LENGTH_BITS: [u32; 4] = [3, 4, 8, 16];

/// Reads the alpha of every pixel.
///
/// # Errors
/// If the stream is not exactly `size` in RGBA, or damaged.
pub(super) fn alpha(bytes: &[u8], size: Size) -> Result<Vec<u8>, String> {
    let mut alpha = vec![0; size.area()];
    let words = size.area() as u64 * 4;
    decode(bytes, words, |at, length, value| {
        // word 4i + 3 is the alpha of pixel i
        alpha[at / 4..(at + length) / 4].fill(value);
    })?;
    Ok(alpha)
}

/// Calls `visit` with place, length and value of each run of a stream of `words` bytes.
fn decode(bytes: &[u8], words: u64, mut visit: impl FnMut(usize, usize, u8)) -> Result<(), String> {
    let mut bits = Bits { bytes, at: 0 };
    let stated = u64::from(bits.read(32)?);
    if stated != words {
        return Err(format!("a brush stroke of {stated} values, not {words}"));
    }
    let word_bits = bits.read(5)? + 1;
    if word_bits != WORD_BITS {
        return Err(format!("a brush stroke of {word_bits}-bit values, not 8"));
    }
    let mut length_bits = [0; 4];
    for bits_of_length in &mut length_bits {
        *bits_of_length = bits.read(4)? + 1;
    }
    let mut at = 0;
    while (at as u64) < words {
        let is_repeated = bits.read(1)? == 1;
        let which = bits.read(2)? as usize;
        let length = bits.read(length_bits[which])? as usize + 1;
        if (at + length) as u64 > words {
            return Err("a brush stroke with a run beyond its end".to_owned());
        }
        if is_repeated {
            visit(at, length, bits.read(WORD_BITS)? as u8);
        } else {
            for i in 0..length {
                visit(at + i, 1, bits.read(WORD_BITS)? as u8);
            }
        }
        at += length;
    }
    Ok(())
}

/// Bits from the highest of each byte to the lowest.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn read(&mut self, count: u32) -> Result<u32, String> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8).ok_or("a brush stroke that is cut off")?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Ok(value)
    }
}

/// The stream of a mask, byte for byte as the SDK writes it.
pub(super) fn encode(mask: &BinaryMask) -> Vec<u8> {
    let mut stream = Stream::new(mask.size().area() * 4);
    let mut values = mask.values();
    while let Some(first) = values.first() {
        let length = values.iter().position(|value| value != first).unwrap_or(values.len());
        stream.run(length * 4, if *first { 255 } else { 0 });
        values = &values[length..];
    }
    stream.finish()
}

struct Stream {
    bytes: Vec<u8>,
    bits: usize,
}

impl Stream {
    fn new(words: usize) -> Self {
        let mut stream = Self { bytes: Vec::new(), bits: 0 };
        stream.push(words as u32, 32);
        stream.push(WORD_BITS - 1, 5);
        for bits in LENGTH_BITS {
            stream.push(bits - 1, 4);
        }
        stream
    }

    fn push(&mut self, value: u32, count: u32) {
        for bit in (0..count).rev() {
            if self.bits.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> bit & 1) as u8) << (7 - self.bits % 8);
            }
            self.bits += 1;
        }
    }

    /// Equal words; the SDK writes a single one as a literal.
    fn run(&mut self, mut length: usize, value: u8) {
        while length > 0 {
            let part = length.min(1 << LENGTH_BITS[3]);
            let fits = |bits: &u32| part <= 1 << bits;
            let which = LENGTH_BITS.iter().position(fits).unwrap_or(3);
            self.push(u32::from(part > 1), 1);
            self.push(which as u32, 2);
            self.push(part as u32 - 1, LENGTH_BITS[which]);
            self.push(u32::from(value), WORD_BITS);
            length -= part;
        }
    }

    /// The SDK fills up to a byte with one to eight zeros.
    fn finish(mut self) -> Vec<u8> {
        if self.bits.is_multiple_of(8) {
            self.bytes.push(0);
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::formats::test_data::reference;

    #[derive(Deserialize)]
    struct Vectors {
        vectors: Vec<Vector>,
        malformed: Vec<Malformed>,
    }

    #[derive(Deserialize)]
    struct Vector {
        name: String,
        values: Vec<u8>,
        rle: Vec<u8>,
    }

    #[derive(Deserialize)]
    struct Malformed {
        rle: Vec<u16>,
    }

    fn vectors() -> Vectors {
        let text = fs_err::read_to_string(reference("label_studio_rle.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn streams_are_those_of_the_sdk_both_ways() {
        for vector in vectors().vectors {
            let mut values = vec![0; vector.values.len()];
            decode(&vector.rle, values.len() as u64, |at, length, value| {
                values[at..at + length].fill(value);
            })
            .unwrap();
            assert_eq!(values, vector.values, "{}", vector.name);
            let mut stream = Stream::new(values.len());
            for same in values.chunk_by(|a, b| a == b) {
                stream.run(same.len(), same[0]);
            }
            assert_eq!(stream.finish(), vector.rle, "{}", vector.name);
        }
    }

    #[test]
    fn malformed_streams_are_errors() {
        for malformed in vectors().malformed {
            let bytes: Vec<u8> = malformed.rle.iter().map(|value| *value as u8).collect();
            assert!(alpha(&bytes, Size::new(3, 1)).is_err());
            assert!(decode(&bytes, 18, |_, _, _| ()).is_err());
        }
        // announces 2^32 - 1 values
        let error = alpha(&[255, 255, 255, 255, 57, 27, 0], Size::new(100, 100)).unwrap_err();
        assert!(error.contains("4294967295 values"), "{error}");
    }

    proptest! {
        #[test]
        fn masks_come_back(width in 1usize..90, runs in prop::collection::vec(1usize..300, 0..20)) {
            let bits = runs.iter().enumerate().flat_map(|(i, length)| vec![i % 2 == 1; *length]);
            let mut bits: Vec<bool> = bits.collect();
            bits.resize(bits.len().next_multiple_of(width).max(width), false);
            let size = Size::new(width, bits.len() / width);
            let mask = BinaryMask::new(size, bits).unwrap();
            let found = alpha(&encode(&mask), size).unwrap();
            let found: Vec<bool> = found.iter().map(|value| *value == 255).collect();
            prop_assert_eq!(found, mask.values());
        }

        #[test]
        fn no_stream_panics(bytes in prop::collection::vec(any::<u8>(), 0..60), width in 0usize..20) {
            let mut bytes = bytes;
            let size = Size::new(width, 3);
            if bytes.len() > 8 {
                bytes[..4].copy_from_slice(&(size.area() as u32 * 4).to_be_bytes());
                bytes[4..7].copy_from_slice(&[57, 27, 252]);
            }
            let _ = alpha(&bytes, size);
        }
    }
}
