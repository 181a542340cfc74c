//! The command line of `adapter-spec`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
