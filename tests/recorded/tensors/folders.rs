//! Archives of folders, and tensors in several files.

use std::path::Path;

use adapter_spec::tensors::{Archive, ShardedTensors};
use libtest_mimic::Failed;
use serde_json::{Map, Value, json};

use super::{accepted, expected, same};

pub(super) fn compare_archive(path: &Path) -> Result<(), Failed> {
    let expected = expected(path)?;
    let read = Archive::open(path).and_then(|archive| {
        let mut files = Map::new();
        for name in archive.names() {
            let bytes = archive.read(name)?.expect("the name is one of the archive's");
            files.insert(name.to_owned(), hex(&bytes).into());
        }
        Ok(files)
    });
    let Some(files) = accepted(read, &expected)? else { return Ok(()) };
    same("files", &Value::Object(files), &expected["files"])?;
    let archive = Archive::from_bytes("held", std::fs::read(path)?)?;
    same("a file that is not there", &json!(archive.read("none")?.is_none()), &json!(true))
}

pub(super) fn compare_sharded(path: &Path) -> Result<(), Failed> {
    let expected = expected(path)?;
    let Some(sharded) = accepted(ShardedTensors::open(path), &expected)? else { return Ok(()) };
    let mut tensors = Map::new();
    for tensor in sharded.iter() {
        let held = |name| sharded.shards().iter().find(|shard| shard.get(name).is_some());
        let file = held(tensor.name()).and_then(|shard| Path::new(shard.name()).file_name());
        tensors.insert(tensor.name().to_owned(), file.map(|file| file.to_string_lossy()).into());
        same(
            tensor.name(),
            &json!(sharded.get(tensor.name()).map(|found| hex(&found.bytes()))),
            &hex(&tensor.bytes()).into(),
        )?;
    }
    same("length", &json!(sharded.len()), &json!(tensors.len()))?;
    same("tensors", &Value::Object(tensors), &expected["tensors"])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
