//! The stack of the machine, and the marks on it. Nothing below the last mark can be reached.

use super::super::super::error::Cause;
use super::heap::Item;
use super::{MAX_MARKS, MAX_STACK};

#[derive(Default)]
pub(super) struct Stack {
    items: Vec<Item>,
    /// How many items there were at each mark.
    marks: Vec<usize>,
}

impl Stack {
    pub(super) fn push(&mut self, item: Item) {
        self.items.push(item);
    }

    pub(super) fn mark(&mut self) {
        self.marks.push(self.items.len());
    }

    pub(super) fn top(&self) -> Result<Item, Cause> {
        let start = self.start_of(1)?;
        Ok(self.items[start])
    }

    pub(super) fn pop(&mut self) -> Result<Item, Cause> {
        self.start_of(1)?;
        self.items.pop().ok_or_else(underflow)
    }

    /// The topmost items, the lowest first.
    pub(super) fn pop_many(&mut self, count: usize) -> Result<Vec<Item>, Cause> {
        let start = self.start_of(count)?;
        Ok(self.items.split_off(start))
    }

    /// Everything down to the last mark, and the mark.
    pub(super) fn pop_mark(&mut self) -> Result<Vec<Item>, Cause> {
        let mark = self.marks.pop().ok_or_else(underflow)?;
        Ok(self.items.split_off(mark))
    }

    /// Takes away what is on top: a mark, or else an item.
    pub(super) fn drop_top(&mut self) -> Result<(), Cause> {
        match self.marks.pop_if(|mark| *mark == self.items.len()) {
            Some(_) => Ok(()),
            None => self.pop().map(|_| ()),
        }
    }

    pub(super) fn within_bounds(&self) -> Result<(), Cause> {
        if self.items.len() > MAX_STACK {
            return Err(Cause::Limit { what: "items on the stack of a pickle", bound: MAX_STACK as u64 });
        }
        if self.marks.len() > MAX_MARKS {
            return Err(Cause::Limit { what: "marks on the stack of a pickle", bound: MAX_MARKS as u64 });
        }
        Ok(())
    }

    /// Where the topmost `count` items begin, if so many lie above the last mark.
    fn start_of(&self, count: usize) -> Result<usize, Cause> {
        let floor = self.marks.last().copied().unwrap_or(0);
        self.items.len().checked_sub(count).filter(|start| *start >= floor).ok_or_else(underflow)
    }
}

fn underflow() -> Cause {
    Cause::malformed("the stack of the pickle is empty")
}
