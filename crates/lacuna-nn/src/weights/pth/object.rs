//! The data that a pickle in a weight file can describe.
//!
//! Containers live in one arena and refer to each other by number, so that neither cycles nor deep nesting can
//! exhaust the stack.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::FloatKind;

/// Most containers in one pickle.
const MAX_OBJECTS: usize = 4 << 20;

/// What a pickle's objects can be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// A whole number beyond 64 bits, or a floating-point one: nothing here needs their value.
    OtherNumber,
    Text(Rc<str>),
    Global(Global),
    /// A list, tuple, dictionary, storage or tensor in the arena.
    Object(usize),
}

/// The names a pickle may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Storage(ScalarKind),
}

/// What a storage holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ScalarKind {
    Float(FloatKind),
    /// Whole numbers or truth values of so many bytes each.
    Other(usize),
}

impl ScalarKind {
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Float(kind) => kind.bytes(),
            Self::Other(bytes) => bytes,
        }
    }
}

/// A run of raw values in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Storage {
    pub(super) key: Rc<str>,
    pub(super) kind: ScalarKind,
}

/// A strided view of a storage; offset and strides count values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TensorView {
    pub(super) storage: Storage,
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    pub(super) strides: Vec<usize>,
}

impl TensorView {
    /// The largest index that the view touches, or none if it cannot be counted.
    pub(super) fn last_index(&self) -> Option<usize> {
        self.shape.iter().zip(&self.strides).try_fold(self.offset, |last, (size, stride)| {
            last.checked_add(size.saturating_sub(1).checked_mul(*stride)?)
        })
    }

    /// The index of a position inside the view.
    pub(super) fn index(&self, position: &[usize]) -> usize {
        self.offset
            + position.iter().zip(&self.strides).map(|(at, stride)| at * stride).sum::<usize>()
    }
}

/// What the arena holds.
#[derive(Debug)]
pub(super) enum Object {
    List(Vec<Value>),
    Dictionary(Vec<(Value, Value)>),
    Storage(Storage),
    Tensor(TensorView),
}

/// The objects that a pickle described.
#[derive(Debug, Default)]
pub(super) struct Pickle {
    pub(super) arena: Vec<Object>,
    pub(super) storages: BTreeMap<Rc<str>, ScalarKind>,
}

impl Pickle {
    pub(super) fn object(&self, value: &Value) -> Option<&Object> {
        if let Value::Object(index) = value { self.arena.get(*index) } else { None }
    }

    /// The items of a list or tuple.
    pub(super) fn items(&self, value: &Value) -> Option<&[Value]> {
        if let Some(Object::List(items)) = self.object(value) { Some(items) } else { None }
    }

    /// The entries of a dictionary.
    pub(super) fn entries(&self, value: &Value) -> Option<&[(Value, Value)]> {
        if let Some(Object::Dictionary(entries)) = self.object(value) {
            Some(entries)
        } else {
            None
        }
    }

    /// A tensor.
    pub(super) fn tensor(&self, value: &Value) -> Option<&TensorView> {
        if let Some(Object::Tensor(view)) = self.object(value) { Some(view) } else { None }
    }

    /// What the storage called `key` holds.
    pub(super) fn storage_kind(&self, key: &str) -> Option<ScalarKind> {
        self.storages.get(key).copied()
    }

    /// Puts an object into the arena.
    pub(super) fn add(&mut self, object: Object) -> Result<Value, String> {
        if self.arena.len() >= MAX_OBJECTS {
            return Err("pickle with too many objects".to_owned());
        }
        self.arena.push(object);
        Ok(Value::Object(self.arena.len() - 1))
    }
}

/// The closed list of names.
pub(super) fn allowed(module: &str, name: &str) -> Option<Global> {
    match (module, name) {
        ("collections", "OrderedDict") => Some(Global::OrderedDict),
        ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Some(Global::RebuildTensor),
        ("torch._utils", "_rebuild_parameter") => Some(Global::RebuildParameter),
        ("torch" | "torch.storage" | "torch.cuda", storage) => {
            storage_kind(storage).map(Global::Storage)
        }
        _ => None,
    }
}

fn storage_kind(name: &str) -> Option<ScalarKind> {
    Some(match name {
        "FloatStorage" => ScalarKind::Float(FloatKind::F32),
        "DoubleStorage" => ScalarKind::Float(FloatKind::F64),
        "HalfStorage" => ScalarKind::Float(FloatKind::F16),
        "BFloat16Storage" => ScalarKind::Float(FloatKind::Bf16),
        "LongStorage" => ScalarKind::Other(8),
        "IntStorage" => ScalarKind::Other(4),
        "ShortStorage" => ScalarKind::Other(2),
        "CharStorage" | "ByteStorage" | "BoolStorage" => ScalarKind::Other(1),
        _ => return None,
    })
}
