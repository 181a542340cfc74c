//! Files, folders and standard input: what is read, and what is not.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use adapter_spec::dialects::is_weights_name;
use adapter_spec::dialects::peft::WEIGHTS_NAMES;
use adapter_spec::document::{Document, Format, MAX_BYTES};
use adapter_spec::files::{self, Found};
use adapter_spec::tensors;
use anyhow::{Context as _, bail};

/// Whether a file is called as AdapterHub or PEFT call weights.
pub(super) fn is_weights(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(is_weights_name)
}

/// Reads a file.
pub(super) fn read(path: &Path) -> anyhow::Result<Document> {
    let (file, bytes) = regular(path, files::find(path))?;
    read_file(path, file, bytes)
}

/// Reads a file that has at most so many bytes; `None` if it has more. `is_file` tells that a regular one was seen there.
pub(super) fn read_small(path: &Path, is_file: bool, at_most: u64) -> anyhow::Result<Option<Document>> {
    let (file, bytes) = regular(path, if is_file { files::find_seen(path) } else { files::find(path) })?;
    if bytes > at_most { Ok(None) } else { read_file(path, file, bytes).map(Some) }
}

/// A regular file that was found at a path, and how many bytes it has.
fn regular(path: &Path, found: io::Result<Found>) -> anyhow::Result<(File, u64)> {
    let shown = || path.display().to_string();
    match found.with_context(shown)? {
        Found::Folder => bail!("{}: is a folder", shown()),
        Found::Special => bail!("{}: not a regular file; use `-` to read standard input", shown()),
        Found::File(file, bytes) => Ok((file, bytes)),
    }
}

fn read_file(path: &Path, file: File, bytes: u64) -> anyhow::Result<Document> {
    if bytes > MAX_BYTES {
        return Ok(Document::too_large(bytes));
    }
    let mut what = None;
    let format = |bytes: &[u8]| {
        what = What::of(bytes).filter(|_| Format::of_path(path).is_none());
        format_of(path)
    };
    let document = read_from(file, bytes, format).with_context(|| path.display().to_string())?;
    match what {
        None => Ok(document),
        Some(What::Text) => bail!(
            "{}: it is neither called as a config nor begins as one; if it is one all the same, give it on standard input \
             (`adapter-lint -`)",
            path.display()
        ),
        Some(What::Bytes(what)) => bail!(
            "{}: {what}, not a config; weights are checked under the names that the libraries give them, such as {}, and \
             `inspect` shows any",
            path.display(),
            WEIGHTS_NAMES[0]
        ),
    }
}

/// Reads standard input. `name` tells the format.
pub(super) fn read_stdin(name: &str) -> anyhow::Result<Document> {
    read_from(std::io::stdin().lock(), 0, |_| format_of(Path::new(name))).context("standard input")
}

/// Reads standard input that has no name: JSON if it starts with a brace, else YAML.
pub(super) fn read_nameless_stdin() -> anyhow::Result<Document> {
    let starts_with_brace = |bytes: &[u8]| bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let format = |bytes: &[u8]| if starts_with_brace(bytes) { Format::Json } else { Format::Yaml };
    read_from(std::io::stdin().lock(), 0, format).context("standard input")
}

/// `expected` is how many bytes there probably are, at most [`MAX_BYTES`].
fn read_from(reader: impl Read, expected: u64, format: impl FnOnce(&[u8]) -> Format) -> anyhow::Result<Document> {
    // With one more, the end is seen without asking for more room.
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0) + 1);
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    let format = format(&bytes);
    Ok(Document::read(bytes, format))
}

/// The format that a file's name tells, else JSON.
pub(super) fn format_of(path: &Path) -> Format {
    Format::of_path(path).unwrap_or(Format::Json)
}

/// Whether a file is neither called as configs or weights are nor begins as a config does. What cannot be read may be
/// anything.
pub(super) fn is_something_else(path: &Path) -> bool {
    if Format::of_path(path).is_some() || is_weights(path) {
        return false;
    }
    let Ok(Found::File(file, _)) = files::find(path) else { return false };
    let mut start = Vec::new();
    if file.take(512).read_to_end(&mut start).is_err() {
        return false;
    }
    begins_otherwise(&start)
}

/// Whether a text begins otherwise than the object does that a config is.
fn begins_otherwise(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    !text.is_empty() && text[0] != b'{'
}

/// How configs begin by mistake.
const MISTAKEN: [&[u8]; 4] = [b"[", b"/", b"\xff\xfe", b"\xfe\xff"];

/// What a file is that does not begin as a config does.
enum What {
    /// No text, but this.
    Bytes(&'static str),
    /// Some other text.
    Text,
}

impl What {
    fn of(bytes: &[u8]) -> Option<Self> {
        Some(match tensors::Format::of_start(bytes) {
            Some(tensors::Format::Safetensors) => Self::Bytes("a file of safetensors"),
            Some(tensors::Format::TorchZip) => Self::Bytes("a zip archive or a file of torch"),
            Some(tensors::Format::TorchLegacy) => Self::Bytes("a pickle"),
            _ if bytes.starts_with(tensors::GZIP) => Self::Bytes("a compressed file"),
            // A list, a comment and UTF-16 are mistakes that people make in a config, and rules tell of them.
            _ if begins_otherwise(bytes) && !MISTAKEN.iter().any(|start| bytes.starts_with(start)) => Self::Text,
            _ => return None,
        })
    }
}
