//! Whatever a client sends to the language server: every request is answered once, and all that is sent back is messages.
//!
//! The first byte says what the client can and what file is open, or that the rest goes to the server as it is. Else the
//! second byte says how many steps of four bytes each follow; the text is the rest. A step asks something or edits.
#![no_main]

use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};

use adapter_spec::server::run;
use serde_json::{Value, json};

/// None of them is on the disk.
const FILES: [(&str, &str); 4] = [
    ("untitled:adapter_config.json", "json"),
    ("untitled:head_config.json", "json"),
    ("untitled:hub/adapters/me/card.yaml", "yaml"),
    ("untitled:x/adapter_config.json", "yaml"),
];
const ENCODINGS: [&str; 3] = ["utf-8", "utf-16", "utf-32"];
/// The rest goes to the server as it is.
const RAW: u8 = 0xff;
/// What is typed.
const TYPED: [&str; 16] = [
    "",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ": ",
    "\n",
    "\r",
    "\u{e4}",
    "\u{1f600}",
    "\"r\": 8",
    "- ",
    "\"config\": {",
    "u",
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((kind, rest)) = bytes.split_first() else { return };
    if *kind == RAW {
        messages(&serve(rest.to_vec()));
        return;
    }
    let Some((count, rest)) = rest.split_first() else { return };
    let (steps, text) = rest.split_at((usize::from(*count % 16) * 4).min(rest.len()));
    let text = String::from_utf8_lossy(text);
    let mut client = Client { file: usize::from(*kind) % FILES.len(), sent: Vec::new(), asked: 0 };
    let encoding = ENCODINGS[usize::from(*kind) / FILES.len() % ENCODINGS.len()];
    let capabilities = json!({"general": {"positionEncodings": [encoding]}, "textDocument": {
        "completion": {"completionItem": {"snippetSupport": kind & 0x80 != 0}},
    }});
    client.ask("initialize", &json!({"processId": null, "rootUri": null, "capabilities": capabilities}));
    let (uri, language) = FILES[client.file];
    let document = json!({"uri": uri, "languageId": language, "version": 1, "text": text});
    client.tell("textDocument/didOpen", &json!({"textDocument": document}));
    steps.chunks_exact(4).for_each(|step| client.step([step[0], step[1], step[2], step[3]]));
    client.ask("shutdown", &Value::Null);
    client.tell("exit", &Value::Null);
    let answers = messages(&serve(client.sent));
    for id in 1..=client.asked {
        assert_eq!(answers.iter().filter(|answer| answer["id"] == id).count(), 1, "the answer to {id}");
    }
});

struct Client {
    file: usize,
    sent: Vec<u8>,
    asked: i32,
}

impl Client {
    /// What is done, where (line and character), and how far or with what.
    fn step(&mut self, [what, line, character, more]: [u8; 4]) {
        let document = json!({"uri": FILES[self.file].0, "version": 2});
        let position = |line: u8, character: u8| json!({"line": line, "character": character});
        let (start, more_lines) = (position(line, character), what >> 6);
        let end = position(line.saturating_add(more_lines), character.saturating_add(more >> 4));
        let range = json!({"start": start, "end": end});
        match what % 4 {
            0 => self.ask("textDocument/completion", &json!({"textDocument": document, "position": start})),
            1 => self.ask("textDocument/hover", &json!({"textDocument": document, "position": start})),
            2 => {
                let context = json!({"diagnostics": []});
                let params = json!({"textDocument": document, "range": range, "context": context});
                self.ask("textDocument/codeAction", &params);
            }
            _ => {
                let change = json!({"range": range, "text": TYPED[usize::from(more % 16)]});
                let params = json!({"textDocument": document, "contentChanges": [change]});
                self.tell("textDocument/didChange", &params);
            }
        }
    }

    fn ask(&mut self, method: &str, params: &Value) {
        self.asked += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.asked, "method": method, "params": params}));
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.sent, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("a vector can be written to");
    }
}

/// What the server sends back.
fn serve(input: Vec<u8>) -> Vec<u8> {
    let output = Output::default();
    run(Cursor::new(input), output.clone()).expect("memory can be written to");
    std::mem::take(&mut *output.0.lock().expect("nobody panicked"))
}

#[derive(Default, Clone)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panicked").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The messages of a stream that has nothing else.
fn messages(mut stream: &[u8]) -> Vec<Value> {
    let mut messages = Vec::new();
    while !stream.is_empty() {
        let rest = stream.strip_prefix(b"Content-Length: ").expect("a header");
        let end = rest.windows(4).position(|window| window == b"\r\n\r\n").expect("an empty line");
        let length: usize =
            std::str::from_utf8(&rest[..end]).ok().and_then(|text| text.parse().ok()).expect("a length");
        let (message, rest) = rest[end + 4..].split_at(length);
        messages.push(serde_json::from_slice(message).expect("JSON"));
        stream = rest;
    }
    messages
}
