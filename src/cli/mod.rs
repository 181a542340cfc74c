//! The command line: one file a subcommand, each a struct of arguments and a `run`. No logic of its own.

mod input;
mod model;
mod progress;
mod rewrite;
mod spec;
mod values;

use std::io;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

/// What the program is called.
const NAME: &str = "adapter-lint";

/// Nothing wrong.
pub(crate) const CLEAN: u8 = 0;
/// Errors were found.
pub(crate) const FOUND: u8 = 1;
/// The work could not be done.
pub(crate) const FAILED: u8 = 2;
/// Somebody stopped the program; what shells say of one that Ctrl-C has ended.
const STOPPED: i32 = 130;
/// Nobody read the output to its end, so that nothing is known of it: as the shell tells of programs that SIGPIPE ends.
const UNREAD: u8 = 141;

/// Declares the subcommands: a row names the module, and thereby the command.
macro_rules! subcommands {
    ($($(#[$doc:meta])* $module:ident $variant:ident,)*) => {
        $(mod $module;)*

        #[derive(Subcommand)]
        enum Command {
            $($(#[$doc])* $variant($module::Args),)*
        }

        impl Command {
            fn run(self) -> anyhow::Result<u8> {
                match self {
                    $(Self::$variant(args) => args.run(),)*
                }
            }
        }
    };
}

subcommands! {
    /// Lint files and folders (the default).
    check Check,
    /// Explain a rule or a key of a config.
    explain Explain,
    /// List all rules.
    rules Rules,
    /// Print a JSON Schema, or write all of them.
    schema Schema,
    /// Print the full config for a name, a file, a card or a config string.
    resolve Resolve,
    /// Print every tensor that an adapter has in a base model: its place, shape and saved names.
    params Params,
    /// Draw what a config does to a Transformer layer, as SVG or PNG.
    draw Draw,
    /// Show what a folder, an archive or a weights file holds: which adapters, and which tensors.
    inspect Inspect,
    /// Run the oracle over a folder of golden cases.
    oracle Oracle,
    /// Compare what another implementation computed with golden cases.
    verify Verify,
    /// Run a whole model with saved adapters.
    run Run,
    /// Convert a saved adapter to another release or another library.
    convert Convert,
    /// Show whether two saved adapters are the same function, and where they differ.
    diff Diff,
    /// Replace the networks of prefixes with the prefixes that they compute.
    eject Eject,
    /// Merge a PEFT adapter into the weights of its base model.
    merge Merge,
    /// Write an adapter under another name.
    rename Rename,
    /// Run a language server for editors, over standard input and output.
    server Server,
    /// Print completions for a shell.
    completions Completions,
    /// Print the man page for the program or a subcommand.
    man Man,
}

/// Lint, resolve and describe adapter configs.
#[derive(Parser)]
#[command(
    name = NAME,
    version,
    about,
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 no errors, 1 errors found, 2 the work could not be done, 130 stopped while writing, \
                  141 the output was not read to its end."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// When to use colours; `NO_COLOR` is respected.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
    #[command(flatten)]
    check: check::Args,
}

/// When to use colours.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Color {
    /// On a terminal.
    Auto,
    /// Even in a file or pipe.
    Always,
    /// Not at all.
    Never,
}

/// Runs the program with the process's arguments.
pub(crate) fn run() -> ExitCode {
    completions::answer();
    let cli = Cli::parse();
    match cli.color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
    let result = match cli.command {
        Some(command) => {
            leave_nothing_behind();
            command.run()
        }
        None => cli.check.run(),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) if is_broken_pipe(&error) => ExitCode::from(UNREAD),
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::from(FAILED)
        }
    }
}

/// Takes unfinished outputs away when somebody stops the program. Where that cannot be arranged it stops all the same, and
/// a hidden file may stay.
fn leave_nothing_behind() {
    _ = ctrlc::set_handler(|| {
        adapter_spec::files::abandon();
        std::process::exit(STOPPED);
    });
}

/// The names of the subcommands.
fn subcommands() -> impl Iterator<Item = String> {
    let command = Cli::command();
    let names: Vec<_> = command.get_subcommands().map(|subcommand| subcommand.get_name().to_owned()).collect();
    names.into_iter()
}

/// Writes a text to standard output. Its reader may close it early.
fn print_at_once(text: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()
}

/// Says on standard error what could not be done.
fn complain(what: &str) {
    talk(&format!("adapter-lint: {what}"));
}

/// Says something to the person at the terminal, apart from the output.
fn talk(what: &str) {
    use std::io::Write as _;
    // Nobody is left to hear that standard error is closed.
    // What it quotes may come from a hostile file: no escape of it reaches the terminal.
    for line in what.split('\n') {
        let _ = writeln!(anstream::stderr(), "{}", adapter_spec::report::one_line(line));
    }
}

/// Whether the reader of the output, such as `head`, has seen enough.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let of_json = || error.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
    error.downcast_ref::<io::Error>().map(io::Error::kind).or_else(of_json) == Some(io::ErrorKind::BrokenPipe)
}
