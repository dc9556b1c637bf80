//! TFRecord framing: `tensorflow/core/lib/io/record_writer.cc`.

/// The record of `data`: its length (u64), the checksum of the length, the data, their checksum; all
/// little-endian.
pub(super) fn framed(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(data.len() + 16);
    record.extend(length);
    record.extend(masked_crc(&length).to_le_bytes());
    record.extend(data);
    record.extend(masked_crc(data).to_le_bytes());
    record
}

/// CRC-32C, rotated and shifted so that a checksum of data with checksums is no trap (`crc32c.h`).
fn masked_crc(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
pub(super) mod tests {
    use prost::Message;

    use super::super::message::{Event, Summary, Value, event, value};
    use super::*;

    /// The data of every record, checksums checked.
    pub(in super::super) fn read(mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        while !bytes.is_empty() {
            let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            let data = bytes[12..12 + length].to_vec();
            assert_eq!(bytes[..16 + length], framed(&data));
            bytes = &bytes[16 + length..];
            records.push(data);
        }
        records
    }

    fn hex(bytes: &[u8]) -> String {
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.map(|digit| char::from_digit(u32::from(digit), 16).unwrap()).collect()
    }

    /// `refs/train/tensorboard_golden.py` writes the same two events with TensorBoard's own writer.
    #[test]
    fn bytes_are_those_of_tensorboards_own_writer() {
        let version = event::What::FileVersion("brain.Event:2".into());
        let value =
            Value { tag: "val/dice/gum".into(), value: Some(value::Value::SimpleValue(0.625)) };
        let summary = event::What::Summary(Summary { value: vec![value] });
        let events = [
            Event { wall_time: 1_700_000_000.25, step: 0, what: Some(version) },
            Event { wall_time: 1_700_000_001.5, step: 300, what: Some(summary) },
        ];
        let bytes: Vec<u8> =
            events.iter().flat_map(|event| framed(&event.encode_to_vec())).collect();
        let golden = include_str!("../../../../../refs/train/tensorboard_golden.hex");
        assert_eq!(hex(&bytes), golden.trim());
    }

    #[test]
    fn the_checksum_is_crc32c() {
        // RFC 3720, B.4: 32 bytes of zeros.
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
    }
}
