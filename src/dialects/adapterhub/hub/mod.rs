//! The Hub's info cards, and a whole Hub repository.

pub(crate) mod rules;
