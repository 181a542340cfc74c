//! Any text can be evaluated as a Python literal, and what has been evaluated can be written or is refused.
#![no_main]

use adapter_spec::python::{dumps, literal_eval};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(object) = literal_eval(text) {
        let _ = dumps(&object);
    }
});
