//! Completions for shells, and man pages, both from the options themselves.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{self, Roff};

use crate::arguments::{self, Cli, TEMPLATE};
use crate::failure::{Failure, Result};

/// Prints completions for a shell
#[derive(Debug, Args)]
#[command(
    help_template = TEMPLATE,
    before_help = "Examples:
  rdsiam completions bash > /usr/share/bash-completion/completions/rdsiam
  rdsiam completions zsh > /usr/local/share/zsh/site-functions/_rdsiam
  rdsiam completions fish > ~/.config/fish/completions/rdsiam.fish
"
)]
pub(crate) struct CompletionsOptions {
    shell: Shell,
}

/// Writes a man page for each command into a folder
#[derive(Debug, Args)]
#[command(
    help_template = TEMPLATE,
    before_help = "Examples:
  rdsiam man /usr/local/share/man/man1
"
)]
pub(crate) struct ManOptions {
    folder: PathBuf,
}

pub(crate) fn shell(given: &CompletionsOptions) -> Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(
        given.shell,
        &mut Cli::<arguments::Command>::command(),
        "rdsiam",
        &mut text,
    );
    io::stdout()
        .write_all(&text)
        .map_err(|error| Failure::general(format!("standard output: {error}")))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man(given: &ManOptions) -> Result<ExitCode> {
    let folder = &given.folder;
    let mut all = Cli::<arguments::Command>::command();
    all.build();
    let shown = all.get_subcommands().filter(|command| !command.is_hide_set());
    std::fs::create_dir_all(folder)
        .and_then(|()| std::iter::once(&all).chain(shown).try_for_each(|one| page(one, folder)))
        .map_err(|error| Failure::configuration(format!("{}: {error}", folder.display())))?;
    Ok(ExitCode::SUCCESS)
}

/// The page of a command, with the examples that its help begins with.
fn page(command: &Command, folder: &Path) -> io::Result<()> {
    let page = Man::new(command.clone());
    let mut text = Vec::new();
    page.render(&mut text)?;
    let mut examples = Roff::new();
    if let Some(help) = command.get_before_help() {
        let help = help.to_string();
        examples.control("SH", ["EXAMPLES"]).control("nf", []);
        for line in help.lines().skip(1) {
            examples.text([roff::roman(line)]);
        }
        examples.control("fi", []);
    }
    let examples = examples.to_roff();
    let text = String::from_utf8_lossy(&text).replacen(
        ".SH DESCRIPTION",
        &format!("{examples}.SH DESCRIPTION"),
        1,
    );
    std::fs::write(folder.join(page.get_filename()), text)
}
