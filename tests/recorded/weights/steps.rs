//! Takes the steps of a flaw, as the recorder did.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use adapter_spec::dialects::adapterhub::checkpoint::Role;
use adapter_spec::tensors::{Dtype, Existing, Outgoing, TensorFile, write_safetensors, write_torch_zip};
use serde_json::Value;

use super::judged::weights;
use super::recording::Step;

/// Copies a case, with its flaw.
pub(super) fn spoil(from: &Path, into: &Path, role: Role, steps: &[Step]) {
    let path = weights(from, role).expect("there are weights");
    for file in [from.join(role.config_name()), path.clone()] {
        fs::copy(&file, into.join(file.file_name().expect("it is a file"))).expect("the file can be copied");
    }
    let target = into.join(path.file_name().expect("it is a file"));
    let mut tensors: Option<Tensors> = None;
    for step in steps {
        match step {
            Step::Model { .. } => {}
            Step::Config { path, value } => set(&into.join(role.config_name()), path, value),
            Step::Truncate { bytes } => {
                let held = fs::read(&target).expect("the file can be read");
                fs::write(&target, &held[..held.len() - bytes]).expect("the file can be written");
            }
            step => tensors.get_or_insert_with(|| Tensors::read(&path)).take(step),
        }
    }
    if let Some(tensors) = tensors {
        tensors.write(&target);
    }
}

fn set(path: &Path, keys: &[String], value: &Value) {
    let mut root: Value =
        serde_json::from_slice(&fs::read(path).expect("the config can be read")).expect("the config is JSON");
    let (last, inner) = keys.split_last().expect("the path has a key");
    let object = inner.iter().fold(&mut root, |value, key| &mut value[key.as_str()]);
    object[last.as_str()] = value.clone();
    fs::write(path, root.to_string()).expect("the config can be written");
}

/// The tensors of a file, changed or not.
struct Tensors {
    by_name: BTreeMap<String, One>,
}

#[derive(Clone)]
struct One {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
    /// Those of one number are one memory.
    tie: usize,
}

impl Tensors {
    fn read(path: &Path) -> Self {
        let file = TensorFile::open(path).expect("the case is sound");
        let names: Vec<_> = file.iter().map(|tensor| tensor.name().to_owned()).collect();
        let tie = |name: &str| names.iter().position(|own| own == name).expect("an alias is in the file");
        let all = file.iter().map(|tensor| {
            let one = One {
                dtype: tensor.dtype(),
                shape: tensor.shape().to_vec(),
                bytes: tensor.bytes().into_owned(),
                tie: tie(tensor.alias().name()),
            };
            (tensor.name().to_owned(), one)
        });
        Self { by_name: all.collect() }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Drop { names } => names.iter().for_each(|name| _ = self.by_name.remove(name)),
            Step::Rename { names } => {
                let moved: Vec<_> = names.iter().map(|(old, new)| (new, self.by_name.remove(old))).collect();
                self.by_name.extend(moved.into_iter().map(|(new, one)| (new.clone(), one.expect("it is in the file"))));
            }
            Step::Copy { names } => {
                for (old, new) in names {
                    let mut one = self.by_name[old].clone();
                    one.tie = self.fresh();
                    self.by_name.insert(new.clone(), one);
                }
            }
            Step::Transpose { names } => self.each(names, |one| {
                let [rows, columns] = one.shape[..] else { panic!("a matrix is transposed") };
                let size = one.dtype.size();
                let at = |row, column| (row * columns + column) * size;
                let places = (0..columns).flat_map(|column| (0..rows).map(move |row| (row, column)));
                one.bytes = places.flat_map(|(r, c)| one.bytes[at(r, c)..][..size].to_vec()).collect();
                one.shape = vec![columns, rows];
            }),
            Step::Cut { names, axis } => self.each(names, |one| {
                let inner = one.shape[axis + 1..].iter().product::<usize>() * one.dtype.size();
                let whole = one.shape[*axis] * inner;
                one.bytes = one.bytes.chunks(whole).flat_map(|part| part[..whole - inner].to_vec()).collect();
                one.shape[*axis] -= 1;
            }),
            Step::Reshape { names, shape } => self.each(names, |one| one.shape.clone_from(shape)),
            Step::Fill { names, value, first } => self.each(names, |one| {
                let number: f64 = match value {
                    Value::String(text) => text.parse().expect("a number"),
                    value => value.as_f64().expect("a number"),
                };
                let element = encoded(one.dtype, number, 0.0);
                let count = one.bytes.len() / one.dtype.size();
                let filled = if *first { count.min(1) } else { count };
                let bytes = element.repeat(filled);
                one.bytes[..bytes.len()].copy_from_slice(&bytes);
            }),
            Step::Cast { names, dtype } => {
                let dtype = Dtype::from_name(dtype).expect("a type of torch");
                self.each(names, |one| {
                    let numbers = decoded(one);
                    one.bytes = numbers.into_iter().flat_map(|(re, im)| encoded(dtype, re, im)).collect();
                    one.dtype = dtype;
                });
            }
            Step::Add { name, shape } => {
                let bytes = 0.5_f32.to_le_bytes().repeat(shape.iter().product());
                let one = One { dtype: Dtype::F32, shape: shape.clone(), bytes, tie: self.fresh() };
                self.by_name.insert(name.clone(), one);
            }
            Step::Config { .. } | Step::Truncate { .. } | Step::Model { .. } => {}
        }
    }

    /// Changes tensors, each of which is a memory of its own then.
    fn each(&mut self, names: &[String], edit: impl Fn(&mut One)) {
        for name in names {
            let tie = self.fresh();
            let one = self.by_name.get_mut(name).expect("it is in the file");
            edit(one);
            one.tie = tie;
        }
    }

    fn fresh(&self) -> usize {
        self.by_name.values().map(|one| one.tie + 1).max().unwrap_or_default()
    }

    fn write(self, path: &Path) {
        let outgoing = self.by_name.into_iter().map(|(name, One { dtype, shape, bytes, tie })| {
            Outgoing::new(name, dtype, shape, move || Ok(Cow::Owned(bytes))).tied(tie)
        });
        let written = if path.extension().is_some_and(|end| end == "safetensors") {
            write_safetensors(path, outgoing, &BTreeMap::new(), Existing::Overwrite)
        } else {
            write_torch_zip(path, outgoing, Existing::Overwrite)
        };
        written.expect("the tensors can be written");
    }
}

/// The numbers of a tensor, each with its imaginary part.
fn decoded(one: &One) -> Vec<(f64, f64)> {
    let elements = one.bytes.chunks_exact(one.dtype.size());
    match one.dtype {
        Dtype::F32 => elements.map(|b| (f32::from_le_bytes(b.try_into().expect("four bytes")).into(), 0.0)).collect(),
        Dtype::F64 => elements.map(|b| (f64::from_le_bytes(b.try_into().expect("eight bytes")), 0.0)).collect(),
        Dtype::F16 => elements.map(|b| (half::f16::from_le_bytes([b[0], b[1]]).into(), 0.0)).collect(),
        Dtype::Bf16 => elements.map(|b| (half::bf16::from_le_bytes([b[0], b[1]]).into(), 0.0)).collect(),
        Dtype::I64 => elements.map(|b| (i64::from_le_bytes(b.try_into().expect("eight bytes")) as f64, 0.0)).collect(),
        other => panic!("{other} is not drawn"),
    }
}

fn encoded(dtype: Dtype, re: f64, im: f64) -> Vec<u8> {
    match dtype {
        Dtype::F32 => (re as f32).to_le_bytes().to_vec(),
        Dtype::F64 => re.to_le_bytes().to_vec(),
        Dtype::F16 => half::f16::from_f64(re).to_le_bytes().to_vec(),
        Dtype::Bf16 => half::bf16::from_f64(re).to_le_bytes().to_vec(),
        Dtype::I8 => (re as i8).to_le_bytes().to_vec(),
        Dtype::I64 => (re as i64).to_le_bytes().to_vec(),
        Dtype::Bool => vec![u8::from(re.abs() > 0.0)],
        Dtype::C64 => [(re as f32).to_le_bytes(), (im as f32).to_le_bytes()].concat(),
        other => panic!("{other} is not drawn"),
    }
}
