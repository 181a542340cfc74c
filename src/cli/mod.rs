//! The command line: one file a subcommand, each a struct of arguments and a `run`. No logic of its own.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Nothing wrong.
pub(crate) const CLEAN: u8 = 0;
/// Errors were found.
pub(crate) const FOUND: u8 = 1;
/// The work could not be done.
pub(crate) const FAILED: u8 = 2;

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
    /// Print the full config that a name, a file, a card or a config string stands for.
    resolve Resolve,
}

/// Lint, resolve and describe adapter configs.
#[derive(Parser)]
#[command(name = "adapter-lint", version, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    check: check::Args,
}

/// Runs the program with the process's arguments.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Some(command) => command.run(),
        None => cli.check.run(),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            anstream::eprintln!("adapter-lint: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}
