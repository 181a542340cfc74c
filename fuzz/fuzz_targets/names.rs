//! Any text is taken apart as the name of a tensor, in every layout, or is none; what is taken apart is put together as it
//! was.
#![no_main]

use adapter_spec::dialects::adapterhub::names::{AdapterKind, Layout, Name};
use adapter_spec::dialects::peft::names as peft;

libfuzzer_sys::fuzz_target!(|input: (&str, &str)| {
    let (tensor, adapter) = input;
    if let Some((name, layout)) = Name::parse(tensor, adapter) {
        let plain = name.to_string();
        let again = Name::parse(&plain, adapter).expect("it is a name today");
        assert!(again.1 == Layout::Plain);
        if layout == Layout::Plain {
            assert_eq!(plain, tensor);
            assert_eq!(again.0, name);
        }
        for kind in [AdapterKind::Task, AdapterKind::Language] {
            if let Some(typed) = name.typed(kind) {
                assert!(Name::parse(&typed, adapter).is_some());
            }
        }
    }
    let name = peft::Name::parse(tensor);
    // As it is saved: wrapped, and without the name of the adapter.
    let spelled = name.to_string();
    let again = peft::Name::parse(&spelled);
    if name.wrapped && name.adapter.is_none() {
        assert_eq!(spelled, tensor);
        assert_eq!(again, name);
    }
});
