//! The stack machine.

use std::collections::HashMap;

use super::super::super::error::{Cause, Fault};
use super::super::globals::Global;
use super::heap::{Heap, Item, Object};
use super::input::Input;
use super::opcode::Opcode;
use super::stack::Stack;
use super::{MAX_MEMO, MAX_OPCODES};

/// Answers where a pickle reaches out of itself.
pub(in super::super) trait Host {
    /// The thing of this name, or why it is refused.
    fn global(&mut self, module: &str, name: &str) -> Result<Global, Cause>;

    /// What a known thing makes of its arguments.
    fn call(&mut self, heap: &mut Heap<'_>, callable: Global, arguments: &[Item]) -> Result<Item, Cause>;

    /// What is kept outside of the pickle under an id.
    fn persistent(&mut self, heap: &Heap<'_>, id: Item) -> Result<Item, Cause>;
}

/// A host for pickles of plain data.
pub(in super::super) struct NoHost;

impl Host for NoHost {
    fn global(&mut self, module: &str, name: &str) -> Result<Global, Cause> {
        Err(Cause::WouldRun { callable: format!("{module}.{name}") })
    }

    fn call(&mut self, _: &mut Heap<'_>, _: Global, _: &[Item]) -> Result<Item, Cause> {
        Err(Cause::malformed("a call in plain data"))
    }

    fn persistent(&mut self, _: &Heap<'_>, _: Item) -> Result<Item, Cause> {
        Err(Cause::malformed("a storage in plain data"))
    }
}

/// Reads the pickle at `start`; gives the heap, the value, and where the pickle ends.
pub(in super::super) fn run<'a>(
    bytes: &'a [u8],
    start: usize,
    host: &mut impl Host,
) -> Result<(Heap<'a>, Item, usize), Fault> {
    let mut machine = Machine {
        input: Input::new(bytes, start),
        heap: Heap::new(&bytes[start..]),
        stack: Stack::default(),
        memo: HashMap::new(),
        host,
    };
    for _ in 0..MAX_OPCODES {
        let at = machine.input.at;
        let byte = machine.input.byte()?;
        let Some(opcode) = Opcode::from_byte(byte) else {
            return Err(Cause::malformed(format!("{byte:#04x} is not a pickle opcode")).at(at));
        };
        if opcode == Opcode::Stop {
            let value = machine.stack.pop().map_err(|cause| cause.at(at))?;
            return Ok((machine.heap, value, machine.input.at));
        }
        machine.step(opcode, at)?;
        machine.stack.within_bounds().map_err(|cause| cause.at(at))?;
    }
    Err(Cause::Limit { what: "opcodes", bound: MAX_OPCODES }.at(machine.input.at))
}

struct Machine<'a, 'h, H> {
    input: Input<'a>,
    heap: Heap<'a>,
    stack: Stack,
    memo: HashMap<u32, Item>,
    host: &'h mut H,
}

impl<H: Host> Machine<'_, '_, H> {
    /// Does one opcode that stands at byte `at`.
    fn step(&mut self, opcode: Opcode, at: usize) -> Result<(), Fault> {
        let item = match opcode {
            Opcode::Proto => return self.protocol(),
            Opcode::Frame => return self.frame(),
            Opcode::BinInt => Item::Int(i64::from(i32::from_le_bytes(self.input.array()?))),
            Opcode::BinInt1 => Item::Int(i64::from(self.input.byte()?)),
            Opcode::BinInt2 => Item::Int(i64::from(u16::from_le_bytes(self.input.array()?))),
            Opcode::Long1 => self.long::<1>()?,
            Opcode::Long4 => self.long::<4>()?,
            Opcode::BinFloat => Item::Float(f64::from_be_bytes(self.input.array()?)),
            Opcode::ShortBinUnicode => Item::Text(self.input.counted_text::<1>()?),
            Opcode::BinUnicode => Item::Text(self.input.counted_text::<4>()?),
            Opcode::BinUnicode8 => Item::Text(self.input.counted_text::<8>()?),
            Opcode::ShortBinString | Opcode::ShortBinBytes => Item::Bytes(self.input.counted::<1>()?),
            Opcode::BinString | Opcode::BinBytes => Item::Bytes(self.input.counted::<4>()?),
            Opcode::BinBytes8 | Opcode::ByteArray8 => Item::Bytes(self.input.counted::<8>()?),
            Opcode::BinPut => return self.input.byte().and_then(|key| self.remember(key.into(), at)),
            Opcode::LongBinPut => {
                let key = u32::from_le_bytes(self.input.array()?);
                return self.remember(key, at);
            }
            Opcode::Memoize => {
                let key = self.memo.len() as u32;
                return self.remember(key, at);
            }
            Opcode::BinGet => {
                let key = self.input.byte()?;
                self.recall(key.into(), at)?
            }
            Opcode::LongBinGet => {
                let key = u32::from_le_bytes(self.input.array()?);
                self.recall(key, at)?
            }
            Opcode::Global => {
                let (module, name) = (self.input.line()?, self.input.line()?);
                Item::Global(self.host.global(module, name).map_err(|cause| cause.at(at))?)
            }
            _ => return self.build(opcode).map_err(|cause| cause.at(at)),
        };
        self.stack.push(item);
        Ok(())
    }

    /// Does an opcode that looks at nothing but the stack.
    fn build(&mut self, opcode: Opcode) -> Result<(), Cause> {
        let item = match opcode {
            Opcode::Mark => {
                self.stack.mark();
                return Ok(());
            }
            Opcode::Pop => return self.stack.drop_top(),
            Opcode::PopMark => return self.stack.pop_mark().map(|_| ()),
            Opcode::Dup => self.stack.top()?,
            Opcode::None => Item::None,
            Opcode::NewTrue => Item::Bool(true),
            Opcode::NewFalse => Item::Bool(false),
            Opcode::EmptyList | Opcode::EmptySet => self.heap.add(Object::List(Vec::new())),
            Opcode::EmptyTuple => self.heap.add(Object::Tuple(Vec::new())),
            Opcode::EmptyDict => self.heap.add(Object::Dict(Vec::new())),
            Opcode::List | Opcode::FrozenSet => {
                let items = self.stack.pop_mark()?;
                self.heap.add(Object::List(items))
            }
            Opcode::Tuple => {
                let items = self.stack.pop_mark()?;
                self.heap.add(Object::Tuple(items))
            }
            Opcode::Tuple1 => self.tuple(1)?,
            Opcode::Tuple2 => self.tuple(2)?,
            Opcode::Tuple3 => self.tuple(3)?,
            Opcode::Dict => {
                let items = self.stack.pop_mark()?;
                self.heap.add(Object::Dict(pairs(&items)?))
            }
            Opcode::Append => {
                let item = self.stack.pop()?;
                return self.extend_list(vec![item]);
            }
            Opcode::Appends | Opcode::AddItems => {
                let items = self.stack.pop_mark()?;
                return self.extend_list(items);
            }
            Opcode::SetItem => {
                let (value, key) = (self.stack.pop()?, self.stack.pop()?);
                return self.extend_dict(&[key, value]);
            }
            Opcode::SetItems => {
                let items = self.stack.pop_mark()?;
                return self.extend_dict(&items);
            }
            Opcode::StackGlobal => self.stack_global()?,
            Opcode::Reduce => self.reduce()?,
            Opcode::Build => return self.set_state(),
            Opcode::BinPersId => {
                let id = self.stack.pop()?;
                self.host.persistent(&self.heap, id)?
            }
            _ => return Err(Cause::unsupported(format!("the pickle opcode {}", opcode.name()))),
        };
        self.stack.push(item);
        Ok(())
    }

    fn stack_global(&mut self) -> Result<Item, Cause> {
        let (name, module) = (self.stack.pop()?, self.stack.pop()?);
        match (self.heap.text(module), self.heap.text(name)) {
            (Some(module), Some(name)) => Ok(Item::Global(self.host.global(module, name)?)),
            _ => Err(Cause::malformed("the name of a global is not a string")),
        }
    }

    fn protocol(&mut self) -> Result<(), Fault> {
        let at = self.input.at;
        match self.input.byte()? {
            2..=5 => Ok(()),
            other => Err(Cause::unsupported(format!("pickle protocol {other}")).at(at)),
        }
    }

    /// A frame only helps those who read in blocks; it must not be longer than the file.
    fn frame(&mut self) -> Result<(), Fault> {
        let needed = u64::from_le_bytes(self.input.array()?);
        let left = self.input.left() as u64;
        if needed > left { Err(Cause::Truncated { needed, left }.at(self.input.at)) } else { Ok(()) }
    }

    fn long<const N: usize>(&mut self) -> Result<Item, Fault> {
        let text = self.input.counted::<N>()?;
        let bytes = self.heap.bytes_of(text);
        let is_negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let sign = if is_negative { 0xff } else { 0 };
        let (low, high) = bytes.split_at(bytes.len().min(size_of::<i64>()));
        let fits = high.iter().all(|byte| *byte == sign)
            && (high.is_empty() || low.last().is_some_and(|byte| (byte & 0x80 != 0) == is_negative));
        if !fits {
            return Ok(Item::LongInt(text));
        }
        let mut int = [sign; size_of::<i64>()];
        int[..low.len()].copy_from_slice(low);
        Ok(Item::Int(i64::from_le_bytes(int)))
    }

    fn remember(&mut self, key: u32, at: usize) -> Result<(), Fault> {
        let item = self.stack.top().map_err(|cause| cause.at(at))?;
        self.memo.insert(key, item);
        if self.memo.len() > MAX_MEMO {
            return Err(Cause::Limit { what: "entries in the memo of a pickle", bound: MAX_MEMO as u64 }.at(at));
        }
        Ok(())
    }

    fn recall(&self, key: u32, at: usize) -> Result<Item, Fault> {
        let item = self.memo.get(&key).copied();
        item.ok_or_else(|| Cause::malformed(format!("the memo has no entry {key}")).at(at))
    }

    /// Calls what is below the top with what is on top.
    fn reduce(&mut self) -> Result<Item, Cause> {
        let (arguments, callable) = (self.stack.pop()?, self.stack.pop()?);
        let Item::Global(callable) = callable else {
            return Err(Cause::malformed("something is called that is not a function"));
        };
        let arguments = self.heap.arguments(arguments)?;
        self.host.call(&mut self.heap, callable, &arguments)
    }

    /// Sets attributes, which only a dict may have; they are left out.
    fn set_state(&mut self) -> Result<(), Cause> {
        let state = self.stack.pop()?;
        let target = self.stack.top()?;
        match (self.heap.object(target), self.heap.object(state)) {
            (Some(Object::Dict(_)), Some(Object::Dict(_))) => Ok(()),
            _ => Err(Cause::unsupported("state that is set on something other than a dict")),
        }
    }

    fn tuple(&mut self, length: usize) -> Result<Item, Cause> {
        let items = self.stack.pop_many(length)?;
        Ok(self.heap.add(Object::Tuple(items)))
    }

    fn extend_list(&mut self, items: Vec<Item>) -> Result<(), Cause> {
        let top = self.stack.top()?;
        match self.heap.object_mut(top) {
            Some(Object::List(list)) => {
                list.extend(items);
                Ok(())
            }
            _ => Err(Cause::malformed("something is appended to what is not a list")),
        }
    }

    fn extend_dict(&mut self, items: &[Item]) -> Result<(), Cause> {
        let items = pairs(items)?;
        let top = self.stack.top()?;
        match self.heap.object_mut(top) {
            Some(Object::Dict(dict)) => {
                dict.extend(items);
                Ok(())
            }
            _ => Err(Cause::malformed("a key is set in what is not a dict")),
        }
    }
}

/// Keys and values that follow each other.
fn pairs(items: &[Item]) -> Result<Vec<(Item, Item)>, Cause> {
    match items.as_chunks::<2>() {
        (pairs, []) => Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect()),
        _ => Err(Cause::malformed("a key without a value")),
    }
}
