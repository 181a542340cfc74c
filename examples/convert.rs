//! Converts a saved adapter for PEFT: `cargo run --example convert SOURCE TARGET`, two folders.

use std::error::Error;
use std::path::Path;

use adapter_spec::convert::{Container, Options, Plan, Source, Target};
use adapter_spec::files::Existing;

#[expect(clippy::print_stdout, reason = "what is lost is its output")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(source), Some(target)) = (arguments.next(), arguments.next()) else {
        return Err("two folders are needed: the adapter, and the one to write".into());
    };
    let source = Source::open(Path::new(&source))?;
    let plan = Plan::new(&source, &Options::to(Target::Peft))?;
    for change in &plan.changes {
        println!("{}: {}", if change.loses() { "lost" } else { "note" }, change.what);
    }
    if plan.loses() {
        return Err("the function would not be kept".into());
    }
    // Written as a whole or not at all, then read back and compared.
    let proof = plan.write(&source, Path::new(&target), Container::Safetensors, Existing::Refuse, &|_| ())?;
    println!("{} tensors as they were, {} recomputed", proof.identical, proof.computed);
    Ok(())
}
