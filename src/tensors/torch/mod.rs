//! Files of `torch.save`: a pickle that says how tensors lie in storages, and the storages.

mod flatten;
mod globals;
pub(super) mod legacy;
mod pickle;
mod rebuild;
pub(super) mod zip;

/// The protocol that a pickle says it has.
fn protocol(pickle: &[u8]) -> Option<u8> {
    const PROTO: u8 = 0x80;
    match pickle {
        [PROTO, protocol, ..] => Some(*protocol),
        _ => None,
    }
}
