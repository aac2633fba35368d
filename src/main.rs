//! The `jobsim` command. It is not a place for logic: everything is in the library's [`jobsim::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    jobsim::cli::main()
}
