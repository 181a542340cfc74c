//! Pickles, protocols 2 to 5, as far as torch needs them. A pickle is a program for a stack machine; the opcodes that
//! could call something are handed to a [`Host`], which knows a short list of functions and refuses the rest.

mod heap;
mod input;
mod machine;
mod opcode;
mod stack;

pub(super) use heap::{Heap, Item, Object, Text};
pub(super) use machine::{Host, NoHost, run};

/// The most opcodes of one pickle. A model of 100,000 tensors needs 4 million.
const MAX_OPCODES: u64 = 1 << 24;

/// The most things on the stack at once.
const MAX_STACK: usize = 1 << 20;

/// The most marks on the stack at once, which is how deep lists can stand in lists.
const MAX_MARKS: usize = 1 << 12;

/// The most things remembered.
const MAX_MEMO: usize = 1 << 22;

/// The most items that calls copy from one container into another. All others come from an opcode each, but a list can
/// be copied by every call of `set`. Python 2's `OrderedDict` of 100,000 tensors has as many.
const MAX_COPIED: usize = 1 << 20;

/// The most arguments of a call. No function that is known takes more than nine.
const MAX_ARGUMENTS: usize = 16;

/// The longest text or integer.
const MAX_TEXT: usize = 16 << 20;
