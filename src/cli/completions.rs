//! `jobsim completions`: a completion script for a shell. It installs nothing.

use super::out::{CommandAnswer, Failure, OutputStreams};
use clap_complete::Shell;

const EXAMPLES: &str = "\
Examples:
  jobsim completions bash > jobsim.bash     to be sourced
  jobsim completions bash > ~/.local/share/bash-completion/completions/jobsim
  jobsim completions zsh > \"${fpath[1]}/_jobsim\"
  jobsim completions fish > ~/.config/fish/completions/jobsim.fish";

/// The flags of `jobsim completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Writes the script for `command`.
///
/// # Errors
/// Output that cannot be written.
pub fn run(
    args: &Args,
    command: &mut clap::Command,
    streams: &mut OutputStreams<'_>,
) -> Result<CommandAnswer, Failure> {
    // Written to memory first, because the generator panics if it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "jobsim", &mut script);
    streams.data.write_all(&script)?;
    Ok(CommandAnswer::Yes)
}
