//! Files of `torch.save`: a pickle that says how tensors lie in storages, and the storages.

mod flatten;
mod globals;
pub(super) mod legacy;
mod pickle;
mod rebuild;
pub(super) mod zip;
