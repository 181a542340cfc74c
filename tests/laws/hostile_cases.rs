//! Golden cases with one array changed: another shape, nothing in it, or not a number. The oracle computes or refuses, and
//! never panics.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use adapter_spec::oracle::{Files, kinds};
use adapter_spec::tensors::{Dtype, Outgoing, Tensor, TensorFile, safetensors_bytes};

/// From an array to the shape and bytes of another.
type Change = dyn Fn(Tensor<'_>) -> (Vec<usize>, Vec<u8>);

/// The arrays of a case, one of them changed.
fn changed(arrays: &TensorFile, name: &str, change: &Change) -> TensorFile {
    let outgoing = arrays.iter().map(|tensor| {
        if tensor.name() != name {
            return Outgoing::from(tensor);
        }
        let (shape, bytes) = change(tensor);
        Outgoing::new(tensor.name(), tensor.dtype(), shape, move || Ok(Cow::Owned(bytes)))
    });
    let bytes = safetensors_bytes(outgoing, &BTreeMap::new()).expect("it can be written");
    TensorFile::from_bytes("changed", bytes).expect("it can be read")
}

#[test]
fn no_array_makes_the_oracle_panic() {
    let mut tried = 0;
    for (index, files) in Files::below("fixtures/oracle".as_ref()).expect("the cases").iter().enumerate() {
        let (case, arrays) = files.read().expect("the case can be read");
        let inner: Vec<_> = arrays.iter().filter(|tensor| !tensor.name().starts_with("output/")).collect();
        for (at, tensor) in inner.iter().enumerate().filter(|(at, _)| (at + index) % 5 == 0) {
            let reversed =
                |tensor: Tensor<'_>| (tensor.shape().iter().rev().copied().collect(), tensor.bytes().into_owned());
            let flat = |tensor: Tensor<'_>| (vec![tensor.elements()], tensor.bytes().into_owned());
            let empty = |tensor: Tensor<'_>| (vec![0; tensor.shape().len().max(1)], Vec::new());
            let nan = |tensor: Tensor<'_>| {
                let mut bytes = tensor.bytes().into_owned();
                if tensor.dtype() == Dtype::F32 {
                    bytes.chunks_exact_mut(4).for_each(|number| number.copy_from_slice(&f32::NAN.to_le_bytes()));
                } else {
                    bytes.fill(0x7f);
                }
                (tensor.shape().to_vec(), bytes)
            };
            let changes: [&Change; 4] = [&reversed, &flat, &empty, &nan];
            let change = changes[(at / 5 + index) % 4];
            let arrays = changed(&arrays, tensor.name(), change);
            let run = catch_unwind(AssertUnwindSafe(|| kinds::run::<f64>(&case, &arrays).is_ok()));
            assert!(run.is_ok(), "{} with `{}` changed", case.id, tensor.name());
            tried += 1;
        }
    }
    assert!(tried > 1000, "only {tried} changes were tried");
}
