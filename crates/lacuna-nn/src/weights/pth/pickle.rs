//! A reader for the pickles in weight files that can only build data.
//!
//! It knows the few opcodes that `torch.save` writes and a closed list of names; a pickle that asks for anything
//! else is refused by name.

use std::collections::BTreeMap;

use super::object::{Global, Object, Pickle, Storage, TensorView, Value, allowed};

/// Most bytes of a pickle (the tensors' values are not in it).
const MAX_BYTES: usize = 64 << 20;
/// Most entries of stack and memo.
const MAX_OBJECTS: usize = 4 << 20;

/// Reads one pickle from the start of `bytes`: its objects, the outermost, and how long it was.
pub(super) fn load(bytes: &[u8]) -> Result<(Pickle, Value, usize), String> {
    let mut machine = Machine { bytes, ..Machine::default() };
    while machine.result.is_none() {
        if machine.position > MAX_BYTES || machine.memo.len() > MAX_OBJECTS {
            return Err("pickle too large".to_owned());
        }
        let opcode = machine.byte()?;
        machine.execute(opcode)?;
    }
    let root = machine.result.unwrap_or(Value::None);
    Ok((machine.objects, root, machine.position))
}

#[derive(Default)]
struct Machine<'a> {
    bytes: &'a [u8],
    position: usize,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: BTreeMap<usize, Value>,
    objects: Pickle,
    result: Option<Value>,
}

impl Machine<'_> {
    fn execute(&mut self, opcode: u8) -> Result<(), String> {
        match opcode {
            0x80 => self.skip(1),                  // PROTO
            0x95 => self.skip(8),                  // FRAME
            b'(' => self.mark(),                   // MARK
            b'0' => self.pop().map(drop),          // POP
            b'N' => self.push(Value::None),        // NONE
            0x88 => self.push(Value::Bool(true)),  // NEWTRUE
            0x89 => self.push(Value::Bool(false)), // NEWFALSE
            b'J' | b'K' | b'M' | 0x8a | b'G' => self.number(opcode),
            b'X' | 0x8c | 0x8d => self.text(opcode),
            b')' | b't' | 0x85 | 0x86 | 0x87 => self.tuple(opcode),
            b']' => self.new_object(Object::List(Vec::new())), // EMPTY_LIST
            b'}' => self.new_object(Object::Dictionary(Vec::new())), // EMPTY_DICT
            b'a' | b'e' => self.append(opcode == b'e'),        // APPEND, APPENDS
            b's' | b'u' => self.set_items(opcode == b'u'),     // SETITEM, SETITEMS
            b'q' | b'r' | 0x94 => self.remember(opcode),
            b'h' | b'j' => self.recall(opcode),
            b'c' | 0x93 => self.global(opcode),
            b'Q' => self.persistent(), // BINPERSID
            b'R' => self.call(),       // REDUCE
            b'b' => self.build(),      // BUILD
            b'.' => self.stop(),       // STOP
            other => Err(format!(
                "pickle opcode 0x{other:02x} is not one that torch.save writes: refused"
            )),
        }
    }

    fn take(&mut self, length: usize) -> Result<&[u8], String> {
        let end = self.position.checked_add(length).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or("pickle is cut off")?;
        let taken = &self.bytes[self.position..end];
        self.position = end;
        Ok(taken)
    }

    fn skip(&mut self, length: usize) -> Result<(), String> {
        self.take(length).map(drop)
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// An unsigned little-endian number of `length` bytes, at most 8.
    fn unsigned(&mut self, length: usize) -> Result<u64, String> {
        let bytes = self.take(length)?;
        Ok(bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    fn length(&mut self, bytes: usize) -> Result<usize, String> {
        usize::try_from(self.unsigned(bytes)?)
            .map_err(|_| "pickle with an impossible length".to_owned())
    }

    fn push(&mut self, value: Value) -> Result<(), String> {
        if self.stack.len() >= MAX_OBJECTS {
            return Err("pickle too large".to_owned());
        }
        self.stack.push(value);
        Ok(())
    }

    fn new_object(&mut self, object: Object) -> Result<(), String> {
        let value = self.objects.add(object)?;
        self.push(value)
    }

    /// Nothing below the innermost mark can be taken.
    fn pop(&mut self) -> Result<Value, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err("pickle takes from an empty stack".to_owned());
        }
        self.stack.pop().ok_or_else(|| "pickle takes from an empty stack".to_owned())
    }

    fn mark(&mut self) -> Result<(), String> {
        if self.marks.len() > MAX_OBJECTS {
            return Err("pickle too large".to_owned());
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Value>, String> {
        let start = self.marks.pop().ok_or("pickle closes what it never opened")?;
        Ok(self.stack.split_off(start.min(self.stack.len())))
    }

    fn number(&mut self, opcode: u8) -> Result<(), String> {
        let value = match opcode {
            b'J' => Value::Int(i64::from(self.unsigned(4)? as u32 as i32)),
            b'K' => Value::Int(self.unsigned(1)? as i64),
            b'M' => Value::Int(self.unsigned(2)? as i64),
            0x8a => self.long()?,
            _ => {
                self.skip(8)?;
                Value::OtherNumber
            }
        };
        self.push(value)
    }

    /// LONG1: two's complement in as many bytes as it takes.
    fn long(&mut self) -> Result<Value, String> {
        let length = self.length(1)?;
        let bytes = self.take(length)?;
        if length > 8 {
            return Ok(Value::OtherNumber);
        }
        let fill = if bytes.last().is_some_and(|byte| *byte >= 0x80) { 0xff } else { 0 };
        let mut wide = [fill; 8];
        wide[..length].copy_from_slice(bytes);
        Ok(Value::Int(i64::from_le_bytes(wide)))
    }

    fn text(&mut self, opcode: u8) -> Result<(), String> {
        let width = match opcode {
            b'X' => 4,
            0x8c => 1,
            _ => 8,
        };
        let length = self.length(width)?;
        let text = String::from_utf8_lossy(self.take(length)?).into();
        self.push(Value::Text(text))
    }

    fn tuple(&mut self, opcode: u8) -> Result<(), String> {
        let count = match opcode {
            b')' => 0,
            b't' => {
                let items = self.pop_to_mark()?;
                return self.new_object(Object::List(items));
            }
            small => usize::from(small - 0x84),
        };
        let mut items = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        self.new_object(Object::List(items))
    }

    /// Takes what is to be added to the container under it.
    fn additions(&mut self, many: bool) -> Result<Vec<Value>, String> {
        if many { self.pop_to_mark() } else { self.pop().map(|item| vec![item]) }
    }

    fn top(&mut self) -> Result<&mut Object, String> {
        match self.stack.last() {
            Some(Value::Object(index)) => Ok(&mut self.objects.arena[*index]),
            _ => Err("pickle adds to something that is no container".to_owned()),
        }
    }

    fn append(&mut self, many: bool) -> Result<(), String> {
        let items = self.additions(many)?;
        match self.top()? {
            Object::List(list) => list.extend(items),
            _ => return Err("pickle appends to something that is no list".to_owned()),
        }
        Ok(())
    }

    fn set_items(&mut self, many: bool) -> Result<(), String> {
        let mut items = if many {
            self.pop_to_mark()?
        } else {
            let value = self.pop()?;
            vec![self.pop()?, value]
        }
        .into_iter();
        let Object::Dictionary(entries) = self.top()? else {
            return Err("pickle sets items of something that is no dictionary".to_owned());
        };
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            entries.push((key, value));
        }
        Ok(())
    }

    fn remember(&mut self, opcode: u8) -> Result<(), String> {
        let slot = match opcode {
            b'q' => self.length(1)?,
            b'r' => self.length(4)?,
            _ => self.memo.len(),
        };
        let value = self.stack.last().cloned().ok_or("pickle remembers nothing")?;
        self.memo.insert(slot, value);
        Ok(())
    }

    fn recall(&mut self, opcode: u8) -> Result<(), String> {
        let slot = self.length(if opcode == b'h' { 1 } else { 4 })?;
        let value =
            self.memo.get(&slot).cloned().ok_or("pickle recalls what it never remembered")?;
        self.push(value)
    }

    fn global(&mut self, opcode: u8) -> Result<(), String> {
        let (module, name) = if opcode == b'c' {
            (self.line()?.into(), self.line()?.into())
        } else {
            let name = self.pop()?;
            match (self.pop()?, name) {
                (Value::Text(module), Value::Text(name)) => (module, name),
                _ => return Err("pickle names something that is no text".to_owned()),
            }
        };
        let known = allowed(&module, &name);
        let known = known.ok_or_else(|| {
            format!("asks for {module}.{name}, which weights do not need: refused")
        })?;
        self.push(Value::Global(known))
    }

    fn line(&mut self) -> Result<String, String> {
        let rest = &self.bytes[self.position..];
        let length =
            rest.iter().take(1024).position(|byte| *byte == b'\n').ok_or("pickle is cut off")?;
        let line = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.skip(1)?;
        Ok(line)
    }

    /// `("storage", type, key, location, count, view)`: a reference to raw values outside the pickle.
    fn persistent(&mut self) -> Result<(), String> {
        let reference = self.pop()?;
        let storage = match self.objects.items(&reference) {
            Some(
                [
                    Value::Text(what),
                    Value::Global(Global::Storage(kind)),
                    Value::Text(key),
                    _,
                    _,
                    rest @ ..,
                ],
            ) if &**what == "storage" && matches!(rest, [] | [Value::None]) => {
                Storage { key: key.clone(), kind: *kind }
            }
            _ => return Err("pickle refers to something that is no storage".to_owned()),
        };
        self.objects.storages.insert(storage.key.clone(), storage.kind);
        self.new_object(Object::Storage(storage))
    }

    fn call(&mut self) -> Result<(), String> {
        let arguments = self.pop()?;
        let function = self.pop()?;
        let arguments = self.objects.items(&arguments).ok_or("pickle calls without arguments")?;
        match (function, arguments) {
            (Value::Global(Global::OrderedDict), []) => {
                self.new_object(Object::Dictionary(Vec::new()))
            }
            (Value::Global(Global::RebuildTensor), arguments) => {
                let view =
                    self.rebuild_tensor(arguments).ok_or("pickle with a malformed tensor")?;
                self.new_object(Object::Tensor(view))
            }
            (Value::Global(Global::RebuildParameter), [tensor, ..]) => {
                let tensor = tensor.clone();
                self.push(tensor)
            }
            _ => Err("pickle makes a call that weights do not need: refused".to_owned()),
        }
    }

    /// `(storage, offset, size, stride, …)`.
    fn rebuild_tensor(&self, arguments: &[Value]) -> Option<TensorView> {
        let [storage, Value::Int(offset), shape, strides, ..] = arguments else { return None };
        let Object::Storage(storage) = self.objects.object(storage)? else { return None };
        let sizes = |value: &Value| -> Option<Vec<usize>> {
            let size = |item: &Value| {
                if let Value::Int(size) = item { usize::try_from(*size).ok() } else { None }
            };
            self.objects.items(value)?.iter().map(size).collect()
        };
        let (shape, strides) = (sizes(shape)?, sizes(strides)?);
        let offset = usize::try_from(*offset).ok()?;
        (shape.len() == strides.len()).then(|| TensorView {
            storage: storage.clone(),
            offset,
            shape,
            strides,
        })
    }

    /// Attributes of a dictionary (`_metadata` of a state dict) are of no use here.
    fn build(&mut self) -> Result<(), String> {
        self.pop()?;
        match self.top()? {
            Object::Dictionary(_) => Ok(()),
            _ => Err("pickle sets attributes of something that is no dictionary".to_owned()),
        }
    }

    fn stop(&mut self) -> Result<(), String> {
        self.result = Some(self.pop()?);
        Ok(())
    }
}
