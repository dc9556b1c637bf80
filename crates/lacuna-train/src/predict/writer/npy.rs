//! NumPy's `.npy` files, version 1.0: float32, little-endian, in C order.

use std::io;
use std::path::Path;

use lacuna_data::atomic_file::write_atomic;

/// Header and magic together fill a multiple of this, so that the values are aligned.
const ALIGNMENT: usize = 64;
/// Magic, version and length of the header.
const PREFIX: usize = 10;

/// Writes `values` of the given shape, the last axis varying fastest.
pub(super) fn write(path: &Path, shape: [usize; 3], values: &[f32]) -> io::Result<()> {
    write_atomic(path, |writer| {
        writer.write_all(&header(shape))?;
        for chunk in values.chunks(1 << 14) {
            let bytes: Vec<u8> = chunk.iter().flat_map(|value| value.to_le_bytes()).collect();
            writer.write_all(&bytes)?;
        }
        Ok(())
    })
}

fn header(shape: [usize; 3]) -> Vec<u8> {
    let [classes, height, width] = shape;
    let mut text = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({classes}, {height}, {width}), }}"
    );
    let length = (PREFIX + text.len() + 1).next_multiple_of(ALIGNMENT) - PREFIX;
    text.push_str(&" ".repeat(length - 1 - text.len()));
    text.push('\n');
    [b"\x93NUMPY\x01\x00", &(length as u16).to_le_bytes()[..], text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `numpy.save` writes for `numpy.arange(6, dtype="f4").reshape(1, 2, 3)`.
    #[test]
    fn the_bytes_are_numpys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let values: Vec<f32> = (0..6).map(|i| i as f32).collect();
        write(&path, [1, 2, 3], &values).unwrap();
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }";
        let mut expected = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        expected.extend(format!("{text:<117}\n").bytes());
        expected.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        assert_eq!(fs_err::read(&path).unwrap(), expected);
    }

    #[test]
    fn values_are_aligned_whatever_the_shape() {
        for shape in [[1, 1, 1], [64, 20_000, 20_000], [2, 0, 0]] {
            assert_eq!(header(shape).len() % ALIGNMENT, 0, "{shape:?}");
        }
    }
}
