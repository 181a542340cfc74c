use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvError, TryRecvError, sync_channel};

use gen_lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CompletionOptions, CompletionParams, Diagnostic,
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    HoverParams, InitializeResult, PublishDiagnosticsParams, ServerCapabilities, ServerInfo, TextDocumentSyncKind,
    TextDocumentSyncOptions,
};
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::client::Client;
use super::file::File;
use super::settings::Settings;
use super::text::Encoding;
use super::transport::{self, Incoming};
use super::{actions, completion, diagnostics, hover};

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The client said goodbye first.
    Orderly,
    /// It did not.
    Abrupt,
}

/// So many messages wait at most. The client waits with the next.
const WAITING: usize = 64;

/// Serves one client until it goes.
///
/// # Errors
/// If the output cannot be written to.
pub fn run(input: impl Read + Send + 'static, output: impl Write) -> io::Result<Exit> {
    let (sender, receiver) = sync_channel(WAITING);
    // It ends with the input, or with the process: nothing can interrupt its reading.
    std::thread::spawn(move || {
        let mut input = BufReader::new(input);
        // An input that can no longer be read has ended: its client has gone, and there is nobody to tell.
        while let Ok(Some(incoming)) = transport::read(&mut input) {
            if sender.send(incoming).is_err() {
                break;
            }
        }
    });
    Session {
        output,
        settings: Settings::silent(),
        failure: None,
        receiver,
        waiting: VecDeque::new(),
        phase: Phase::New,
        client: Client::new(&Value::Null),
        files: BTreeMap::new(),
    }
    .serve()
}

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Running,
    ShutDown,
}

struct Session<W> {
    output: W,
    receiver: Receiver<Incoming>,
    /// Messages that came and are not handled yet.
    waiting: VecDeque<Incoming>,
    phase: Phase,
    client: Client,
    settings: Settings,
    /// What is wrong with the files of settings, as the user was last told.
    failure: Option<String>,
    files: BTreeMap<String, File>,
}

impl<W: Write> Session<W> {
    /// Handles messages in their order. Texts are judged only while none waits, so that of many edits the last counts.
    fn serve(mut self) -> io::Result<Exit> {
        loop {
            let is_idle = !self.files.values().any(|file| file.is_dirty);
            if self.fetch(is_idle).is_err() {
                return Ok(self.exit());
            }
            match self.waiting.pop_front() {
                Some(Incoming::Message(Message::Notification(notification))) if notification.method == "exit" => {
                    return Ok(self.exit());
                }
                Some(incoming) => self.handle(incoming)?,
                None => self.judge_one()?,
            }
        }
    }

    fn exit(&self) -> Exit {
        if self.phase == Phase::ShutDown { Exit::Orderly } else { Exit::Abrupt }
    }

    /// Takes in what has come; waits for it if there is nothing else to do. Requests that are cancelled meanwhile are
    /// not handled. An error means that nothing will come any more and nothing is left.
    fn fetch(&mut self, is_idle: bool) -> Result<(), RecvError> {
        if is_idle && self.waiting.is_empty() {
            let first = self.receiver.recv()?;
            self.take_in(first);
        }
        while self.waiting.len() < WAITING {
            match self.receiver.try_recv() {
                Ok(incoming) => self.take_in(incoming),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) if self.waiting.is_empty() && is_idle => return Err(RecvError),
                Err(TryRecvError::Disconnected) => break,
            }
        }
        Ok(())
    }

    fn take_in(&mut self, incoming: Incoming) {
        if let Incoming::Message(Message::Notification(notification)) = &incoming
            && notification.method == "$/cancelRequest"
            && let Some(id) = notification.params.get("id")
            // Nothing waits under what is no id, and notifications have no answer.
            && let Ok(id) = serde_json::from_value::<RequestId>(id.clone())
        {
            for waiting in &mut self.waiting {
                if matches!(waiting, Incoming::Message(Message::Request(request)) if request.id == id) {
                    let (code, reason) = (ErrorCode::RequestCanceled, "cancelled".to_owned());
                    *waiting = Incoming::Malformed { id: Some(id), code, reason };
                    break;
                }
            }
            return;
        }
        self.waiting.push_back(incoming);
    }

    fn handle(&mut self, incoming: Incoming) -> io::Result<()> {
        match incoming {
            Incoming::Malformed { id: Some(id), code, reason } => self.send(Response::new_err(id, code as i32, reason)),
            Incoming::Malformed { id: None, code, reason } => transport::refuse(&mut self.output, code, &reason),
            Incoming::Message(Message::Request(request)) => {
                let id = request.id.clone();
                // A fault of ours in one answer must not take the editor's server away. The released program, which does
                // not unwind, ends all the same, and editors start it again.
                let answer = catch_unwind(AssertUnwindSafe(|| self.answer(request)));
                let answer = answer.unwrap_or_else(|_| Err((ErrorCode::InternalError, "this is a bug".to_owned())));
                self.send(match answer {
                    Ok(result) => Response::new_ok(id, result),
                    Err((code, reason)) => Response::new_err(id, code as i32, reason),
                })
            }
            Incoming::Message(Message::Notification(notification)) if self.phase == Phase::Running => {
                self.notice(notification)
            }
            // Answers to what was not asked, and notifications before the start and after the end.
            Incoming::Message(Message::Notification(_) | Message::Response(_)) => Ok(()),
        }
    }

    fn answer(&mut self, request: Request) -> Result<Value, (ErrorCode, String)> {
        let Request { method, params, .. } = request;
        match (self.phase, method.as_str()) {
            (Phase::New, "initialize") => {
                let result = to_value(self.initialize(&params));
                self.phase = Phase::Running;
                result
            }
            (Phase::New, _) => Err((ErrorCode::ServerNotInitialized, "`initialize` comes first".to_owned())),
            (Phase::ShutDown, _) => Err((ErrorCode::InvalidRequest, "the server is shut down".to_owned())),
            (Phase::Running, "initialize") => Err((ErrorCode::InvalidRequest, "it is initialized already".to_owned())),
            (Phase::Running, "shutdown") => {
                self.phase = Phase::ShutDown;
                Ok(Value::Null)
            }
            (Phase::Running, "textDocument/completion") => {
                let at = read::<CompletionParams>(params)?.text_document_position_params;
                let file = self.files.get_mut(&at.text_document.uri.0);
                to_value(file.map(|file| completion::at(at.position, file, &self.client, &self.settings)))
            }
            (Phase::Running, "textDocument/hover") => {
                let at = read::<HoverParams>(params)?.text_document_position_params;
                let file = self.files.get_mut(&at.text_document.uri.0);
                to_value(file.and_then(|file| hover::at(at.position, file, &self.client, &self.settings)))
            }
            (Phase::Running, "textDocument/codeAction") => {
                let params = read::<CodeActionParams>(params)?;
                let file = self.files.get_mut(&params.text_document.uri.0);
                to_value(file.map(|file| actions::at(&params, file, &self.client, &self.settings)))
            }
            _ => Err((ErrorCode::MethodNotFound, format!("there is no method `{method}`"))),
        }
    }

    fn initialize(&mut self, params: &Value) -> InitializeResult {
        self.client = Client::new(params);
        let encoding = match self.client.encoding {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::Utf32 => "utf-32",
        };
        // Only after the answer may the user be told what is wrong with the settings.
        let settings = json!({ "settings": params.get("initializationOptions") });
        let notification = Notification::new("workspace/didChangeConfiguration".to_owned(), settings);
        self.waiting.push_front(Incoming::Message(Message::Notification(notification)));
        InitializeResult {
            capabilities: ServerCapabilities {
                position_encoding: Some(encoding.into()),
                text_document_sync: Some(
                    TextDocumentSyncOptions {
                        open_close: Some(true),
                        change: Some(TextDocumentSyncKind::Incremental),
                        save: Some(true.into()),
                        ..TextDocumentSyncOptions::default()
                    }
                    .into(),
                ),
                completion_provider: Some(CompletionOptions {
                    trigger_characters: Some(["\"", ":", " ", ",", "[", "{"].map(str::to_owned).to_vec()),
                    ..CompletionOptions::default()
                }),
                hover_provider: Some(true.into()),
                code_action_provider: Some(
                    CodeActionOptions {
                        code_action_kinds: Some(vec![CodeActionKind::QuickFix, CodeActionKind::new(actions::FIX_ALL)]),
                        ..CodeActionOptions::default()
                    }
                    .into(),
                ),
                ..ServerCapabilities::default()
            },
            server_info: Some(ServerInfo {
                name: "adapter-lint".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        }
    }

    fn notice(&mut self, notification: Notification) -> io::Result<()> {
        let Notification { method, params } = notification;
        let failed = match method.as_str() {
            "textDocument/didOpen" => read::<DidOpenTextDocumentParams>(params).map(|params| {
                self.settings.refresh();
                let file = File::new(params.text_document, self.client.encoding);
                let uri = file.uri.clone();
                self.files.insert(uri.clone(), file);
                Some(uri)
            }),
            "textDocument/didChange" => read::<DidChangeTextDocumentParams>(params).map(|params| {
                let uri = &params.text_document.text_document_identifier.uri.0;
                if let Some(file) = self.files.get_mut(uri) {
                    file.edit(params.content_changes, params.text_document.version);
                }
                None
            }),
            "textDocument/didSave" => {
                // Files of settings may have been written meanwhile.
                self.settings.refresh();
                self.files.values_mut().for_each(File::forget);
                read::<DidSaveTextDocumentParams>(params).map(|params| Some(params.text_document.uri.0))
            }
            "workspace/didChangeWatchedFiles" => {
                self.settings.refresh();
                self.files.values_mut().for_each(File::forget);
                return Ok(());
            }
            "textDocument/didClose" => match read::<DidCloseTextDocumentParams>(params) {
                Ok(params) => return self.close(&params.text_document.uri.0),
                Err(error) => Err(error),
            },
            "workspace/didChangeConfiguration" => {
                return self.configure(params.get("settings").unwrap_or(&Value::Null));
            }
            _ => return Ok(()),
        };
        match failed {
            Ok(Some(on_disk)) => self.judge_weights(&on_disk),
            Ok(None) => Ok(()),
            Err((_, reason)) => self.tell("window/logMessage", &format!("{method}: {reason}")),
        }
    }

    /// Forgets a text, and takes back what was said of it.
    fn close(&mut self, uri: &str) -> io::Result<()> {
        let Some(file) = self.files.remove(uri) else { return Ok(()) };
        #[cfg(feature = "oracle")]
        for (name, _) in file.path.iter().flat_map(|path| super::weights::beside(path)) {
            self.publish(super::uri::sibling(uri, name), None, Vec::new())?;
        }
        self.publish(file.uri, None, Vec::new())
    }

    fn configure(&mut self, settings: &Value) -> io::Result<()> {
        match Settings::read(settings, self.client.root.as_deref()) {
            Ok((settings, unknown)) => {
                self.settings = settings;
                self.files.values_mut().for_each(File::forget);
                match unknown {
                    Some(unknown) => self.tell("window/showMessage", &format!("adapter-lint's settings: {unknown}")),
                    None => Ok(()),
                }
            }
            Err(reason) => {
                let message = format!("adapter-lint's settings: {reason}; they stay as they were");
                self.tell("window/showMessage", &message)
            }
        }
    }

    /// Judges one of the texts that have changed, and publishes what was found.
    fn judge_one(&mut self) -> io::Result<()> {
        let Some(file) = self.files.values_mut().find(|file| file.is_dirty) else { return Ok(()) };
        file.is_dirty = false;
        let settings = &self.settings;
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let judged = file.judged(settings);
            let found = if judged.is_ours() { judged.linted.findings.clone() } else { Vec::new() };
            (found, judged.failure.clone())
        }));
        let (found, failure) = judged.unwrap_or_default();
        let found = found.iter().map(|finding| diagnostics::of_finding(finding, file, &self.client, &self.settings));
        let (uri, version, found) = (file.uri.clone(), file.version, found.collect());
        if failure != self.failure {
            if let Some(failure) = &failure {
                self.tell("window/showMessage", failure)?;
            }
            self.failure = failure;
        }
        self.publish(uri, Some(version), found)
    }

    #[cfg(feature = "oracle")]
    fn judge_weights(&mut self, config: &str) -> io::Result<()> {
        let path = self.files.get(config).and_then(|file| file.path.clone());
        for (name, path) in path.iter().flat_map(|path| super::weights::beside(path)) {
            let judge = || super::weights::judge(&path, &self.settings, &self.client);
            let found = catch_unwind(AssertUnwindSafe(judge)).unwrap_or_default();
            self.publish(super::uri::sibling(config, name), None, found)?;
        }
        Ok(())
    }

    #[cfg(not(feature = "oracle"))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "weights need the oracle")]
    fn judge_weights(&mut self, _config: &str) -> io::Result<()> {
        Ok(())
    }

    fn publish(&mut self, uri: String, version: Option<i32>, diagnostics: Vec<Diagnostic>) -> io::Result<()> {
        let version = version.filter(|_| self.client.diagnostics_version);
        let params = PublishDiagnosticsParams { uri: uri.into(), version, diagnostics };
        self.send(Notification::new("textDocument/publishDiagnostics".to_owned(), params))
    }

    /// Tells the user something, as a warning.
    fn tell(&mut self, method: &str, message: &str) -> io::Result<()> {
        self.send(Notification::new(method.to_owned(), json!({ "type": 2, "message": message })))
    }

    fn send(&mut self, message: impl Into<Message>) -> io::Result<()> {
        message.into().write(&mut self.output)
    }
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, (ErrorCode, String)> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

fn to_value(result: impl Serialize) -> Result<Value, (ErrorCode, String)> {
    serde_json::to_value(result).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}
