//! Messages of the protocol on a stream: a length, a blank line, and as many bytes of JSON. Nothing that is read ends
//! the reading but the end of the stream.

use std::io::{self, BufRead, Read as _, Write};

use lsp_server::{ErrorCode, Message, RequestId};
use serde_json::{Value, json};

use crate::document::MAX_BYTES;

/// The largest message that is read: the largest document, with every other byte escaped.
const MAX_MESSAGE: u64 = MAX_BYTES * 2;

/// The longest line of a header.
const MAX_HEADER: u64 = 8 << 10;

/// What a client sent.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A message.
    Message(Message),
    /// Something that is none.
    Malformed {
        /// The request that it may have been.
        id: Option<RequestId>,
        /// Which error it is.
        code: ErrorCode,
        /// What is wrong with it.
        reason: String,
    },
}

impl Incoming {
    fn malformed(code: ErrorCode, reason: impl Into<String>) -> Self {
        Self::Malformed { id: None, code, reason: reason.into() }
    }
}

/// The next message; `None` at the end of the stream.
///
/// # Errors
/// If the stream cannot be read.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let mut length = None;
    let mut lines = 0;
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(MAX_HEADER).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() {
            if lines == 0 {
                continue;
            }
            break;
        }
        lines += 1;
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        if name.eq_ignore_ascii_case("content-length") {
            // One that is no number is answered as none.
            length = value.trim().parse::<u64>().ok();
        }
    }
    let Some(length) = length else {
        return Ok(Some(Incoming::malformed(ErrorCode::ParseError, "a header without a Content-Length")));
    };
    if length > MAX_MESSAGE {
        io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
        let reason = format!("a message of {} MiB; at most {} MiB are read", length >> 20, MAX_MESSAGE >> 20);
        return Ok(Some(Incoming::malformed(ErrorCode::InvalidRequest, reason)));
    }
    let mut bytes = Vec::new();
    if (input.by_ref().take(length).read_to_end(&mut bytes)? as u64) < length {
        return Ok(None);
    }
    Ok(Some(parse(&bytes)))
}

fn parse(bytes: &[u8]) -> Incoming {
    if let Ok(message) = serde_json::from_slice(bytes) {
        return Incoming::Message(message);
    }
    match serde_json::from_slice::<Value>(bytes) {
        Err(error) => Incoming::malformed(ErrorCode::ParseError, format!("not JSON: {error}")),
        Ok(value) => {
            // Without an id that can be read, the answer has none.
            let id = value.get("id").and_then(|id| serde_json::from_value(id.clone()).ok());
            let reason = "neither a request, a notification nor a response".to_owned();
            Incoming::Malformed { id, code: ErrorCode::InvalidRequest, reason }
        }
    }
}

/// Answers something of which nobody knows which request it was.
///
/// # Errors
/// If the stream cannot be written to.
pub(super) fn refuse(output: &mut impl Write, code: ErrorCode, reason: &str) -> io::Result<()> {
    let answer = json!({"jsonrpc": "2.0", "id": null, "error": {"code": code as i32, "message": reason}}).to_string();
    write!(output, "Content-Length: {}\r\n\r\n{answer}", answer.len())?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut input: &[u8]) -> Vec<Incoming> {
        std::iter::from_fn(|| read(&mut input).expect("memory can be read")).collect()
    }

    #[test]
    fn goes_on_behind_what_is_no_message() {
        let bytes = b"Content-Length: 3\r\n\r\n{]}X-Other: 1\r\n\r\nContent-Length: 12\r\n\r\n[1, 2, 3, 4]content-length:24\r\n\r\n\
            {\"method\":\"initialized\"}Content-Length: 99\r\n\r\n{";
        let found: Vec<String> = all(&bytes[..]).iter().map(|incoming| format!("{incoming:?}")).collect();
        assert_eq!(found.len(), 4, "{found:#?}");
        assert!(found[0].contains("ParseError") && found[1].contains("Content-Length"));
        assert!(found[2].contains("InvalidRequest"));
        assert!(found[3].contains("initialized"), "{}", found[3]);
    }

    #[test]
    fn steps_over_what_is_too_large() {
        let length = MAX_MESSAGE + 1;
        let header = format!("Content-Length: {length}\r\n\r\n");
        let body = io::repeat(b' ').take(length);
        let next = b"Content-Length: 17\r\n\r\n{\"method\":\"exit\"}";
        let mut input = io::BufReader::new(header.as_bytes().chain(body).chain(&next[..]));
        assert!(matches!(read(&mut input), Ok(Some(Incoming::Malformed { .. }))));
        assert!(matches!(read(&mut input), Ok(Some(Incoming::Message(Message::Notification(_))))));
    }
}
