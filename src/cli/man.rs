//! `adapter-lint man`

use std::path::PathBuf;

use adapter_spec::files;
use anyhow::{Context as _, bail};
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::{CLEAN, Cli, print_at_once};

/// Arguments of `man`.
#[derive(clap::Args)]
#[command(after_help = "To read a page at once:\n  adapter-lint man | man -l -")]
pub(super) struct Args {
    /// The subcommand; without it, the page is for the whole program.
    command: Option<String>,
    /// Write the pages for the program and all subcommands into this folder.
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    folder: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<u8> {
        let mut program = Cli::command();
        program.build();
        if let Some(folder) = &self.folder {
            std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
            let commands = program.get_subcommands().filter(|command| command.get_name() != "help");
            for command in std::iter::once(&program).chain(commands) {
                let path = folder.join(Man::new(command.clone()).get_filename());
                files::replace(&path, &text(command)?).with_context(|| path.display().to_string())?;
            }
            return Ok(CLEAN);
        }
        let page = match &self.command {
            None => text(&program)?,
            Some(name) => match program.find_subcommand(name) {
                Some(command) => text(command)?,
                None => bail!("there is no subcommand `{name}`"),
            },
        };
        print_at_once(&page)?;
        Ok(CLEAN)
    }
}

fn text(command: &Command) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    // A blank in place of the date: the same version gives the same page. Nothing at all would shift what follows.
    let source = concat!("adapter-lint ", env!("CARGO_PKG_VERSION"));
    Man::new(command.clone()).date(" ").source(source).manual("User Commands").render(&mut page)?;
    Ok(page)
}
