//! What was read is written and read again, and is the same.
#![allow(dead_code, reason = "each target needs a part")]

use std::collections::BTreeMap;

use adapter_spec::document::{json, write, yaml};
use adapter_spec::tensors::{Outgoing, TensorFile, safetensors_bytes, torch_zip_bytes};
use adapter_spec::value::Value;

/// A value as JSON.
pub fn json(value: &Value) {
    let text = write::to_json(value);
    let (root, problems) = json::parse(&text);
    assert!(problems.iter().all(|problem| problem.kind.keeps_the_value()), "{problems:?} in {text}");
    // As text, since a NaN is not equal to itself.
    assert_eq!(root.map(|root| format!("{:?}", root.to_value())), Some(format!("{value:?}")), "{text}");
}

/// A value as YAML.
pub fn yaml(value: &Value) {
    let text = write::to_yaml(value);
    let (root, problems) = yaml::parse(&text);
    assert!(problems.is_empty(), "{problems:?} in {text}");
    assert_eq!(root.map(|root| format!("{:?}", root.to_value())), Some(format!("{value:?}")), "{text}");
}

/// The tensors of a file, in both formats. Expanded tensors and those that share memory can be many times the file: such
/// are left alone.
pub fn tensors(file: &TensorFile) {
    if file.iter().map(|tensor| tensor.byte_len()).fold(0, usize::saturating_add) > 1 << 20 {
        return;
    }
    for tensor in file.iter() {
        assert_eq!(tensor.bytes().len(), tensor.byte_len());
        assert_eq!(tensor.alias().alias().name(), tensor.alias().name());
        let _ = (tensor.to_f64_vec(), tensor.to_f32_vec(), tensor.to_i64_vec());
    }
    let torch = torch_zip_bytes(file.iter().map(Outgoing::from)).expect("what was read can be written");
    let torch = TensorFile::from_bytes("again", torch).expect("what was written can be read");
    are_the_same(&torch, file);
    for (again, tensor) in torch.iter().zip(file.iter()) {
        assert_eq!(again.alias().name(), tensor.alias().name());
    }
    if file.iter().all(|tensor| tensor.dtype().safetensors().is_some() && tensor.name() != "__metadata__") {
        let plain = safetensors_bytes(file.iter().map(Outgoing::from), &BTreeMap::new()).expect("the types have names");
        are_the_same(&TensorFile::from_bytes("again", plain).expect("what was written can be read"), file);
    }
}

fn are_the_same(again: &TensorFile, file: &TensorFile) {
    assert_eq!(again.len(), file.len());
    for (again, tensor) in again.iter().zip(file.iter()) {
        assert_eq!((again.name(), again.dtype(), again.shape()), (tensor.name(), tensor.dtype(), tensor.shape()));
        assert_eq!(again.bytes(), tensor.bytes());
    }
}
