//! The storage of the CPU's tensors: read in place, taken from what earlier operators no longer need, and given back.
//!
//! A fresh page costs several times what it costs to write it, and a training step of the same size takes the same
//! lengths again. So an operator that is the last to hold a tensor gives its values back here instead of to the system.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::TensorData;

/// A tensor of the CPU engine.
pub(crate) type CpuTensor = FloatTensor<Flex>;

/// Values kept that nobody uses, at most: 2 GiB.
const MOST: usize = 1 << 29;
/// Shorter ones are left to the allocator, which keeps small blocks itself.
const SHORTEST: usize = 1 << 14;

struct Free {
    by_length: BTreeMap<usize, Vec<Vec<f32>>>,
    total: usize,
}

static FREE: Mutex<Free> = Mutex::new(Free { by_length: BTreeMap::new(), total: 0 });

/// `len` values left over from earlier use, or zeros.
pub(crate) fn take(len: usize) -> Vec<f32> {
    let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
    let found = free.by_length.get_mut(&len).and_then(Vec::pop);
    if found.is_some() {
        free.total -= len;
    }
    drop(free);
    found.unwrap_or_else(|| vec![0.0; len])
}

/// Keeps the storage of a tensor for [`take`] if no one else holds it.
pub(crate) fn give(tensor: CpuTensor) {
    let len = tensor.shape().num_elements();
    if len < SHORTEST || !tensor.is_unique() || !covers_storage(&tensor) {
        return;
    }
    if let Ok(values) = tensor.into_data().try_into_vec::<f32>() {
        keep(values);
    }
}

fn keep(values: Vec<f32>) {
    let len = values.len();
    let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
    if len > MOST {
        return;
    }
    if free.total + len > MOST {
        // Other lengths were needed before and are not any more.
        *free = Free { by_length: BTreeMap::new(), total: 0 };
    }
    free.total += len;
    free.by_length.entry(len).or_default().push(values);
}

/// A tensor with these values.
pub(crate) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> CpuTensor {
    CpuTensor::from_data(TensorData::new(values, shape))
}

/// The same tensor, its storage being its values in row-major order and nothing else.
pub(crate) fn contiguous(tensor: CpuTensor) -> CpuTensor {
    if covers_storage(&tensor) { tensor } else { tensor.to_contiguous() }
}

fn covers_storage(tensor: &CpuTensor) -> bool {
    let layout = tensor.layout();
    let bytes = layout.num_elements() * size_of::<f32>();
    layout.is_contiguous() && layout.start_offset() == 0 && tensor.bytes().len() == bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_comes_back_when_no_one_holds_it() {
        // A length no other test uses.
        const LEN: usize = SHORTEST + 77;
        let first = tensor(vec![7.0; LEN], [LEN]);
        let shared = first.clone();
        give(first);
        assert_eq!(take(LEN)[0], 0.0, "still held");
        give(shared);
        assert_eq!(take(LEN), vec![7.0; LEN]);
        assert_eq!(take(LEN), vec![0.0; LEN], "only once");
    }

    #[test]
    fn views_are_copied_and_not_kept() {
        let whole = tensor((0..6).map(|value| value as f32).collect(), [2, 3]);
        let view = whole.narrow(0, 1, 1);
        assert_eq!(contiguous(view).storage::<f32>(), [3.0, 4.0, 5.0]);
    }
}
