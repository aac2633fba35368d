//! The first example of each subcommand's help works when it is pasted in the repository, and `jobsim` alone says how to begin.
//! The examples run in a folder that looks like the repository, so that what they write is not left in it.

use crate::cli::outcome;
use crate::toy::folder;
use clap::CommandFactory;
use jobsim::cli::Cli;
use std::path::{Path, PathBuf};

/// The first example of a help: the command alone, without the words beside it.
fn first_example(help: &str) -> Option<String> {
    let (_, examples) = help.split_once("Examples:\n")?;
    let line = examples.lines().next()?.trim_start();
    // Three blanks set off what it does.
    Some(line.split("   ").next().unwrap_or(line).to_owned())
}

/// The subcommands that people use, with their first examples.
fn examples() -> Vec<(String, Option<String>)> {
    let cli = Cli::command();
    let shown = cli.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help");
    let example = |command: &clap::Command| {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        (command.get_name().to_owned(), first_example(&help))
    };
    shown.map(example).collect()
}

#[test]
fn every_subcommand_has_an_example_of_itself() {
    for (name, example) in examples() {
        let example = example.unwrap_or_else(|| panic!("{name}: its help has no examples"));
        assert!(example.contains(&format!("jobsim {name}")), "{name}: {example}");
    }
}

#[cfg(unix)]
#[test]
fn each_first_example_works_when_pasted_in_the_repository() {
    let root = like_the_repository();
    let bin = Path::new(env!("CARGO_BIN_EXE_jobsim")).parent().expect("it is in a folder");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    for (name, example) in examples() {
        let example = example.expect("it has one");
        // The simulator of the page is built by a compiler of its own.
        let built = example.split(' ').find(|word| word.starts_with("target/"));
        if let Some(built) = built.filter(|built| !root.join(built).exists()) {
            eprintln!("skipped for want of {built}: {example}");
            continue;
        }
        let mut shell = std::process::Command::new("sh");
        let output =
            shell.args(["-c", &example]).current_dir(&root).env("PATH", &path).output().expect("there is a shell");
        let talk = String::from_utf8_lossy(&output.stderr);
        // 1 is an answer: no.
        assert!(matches!(output.status.code(), Some(0 | 1)), "{name}: {example}: {talk}");
        assert!(!talk.contains("error:"), "{name}: {example}: {talk}");
    }
}

/// A folder with links to what the repository holds.
#[cfg(unix)]
fn like_the_repository() -> PathBuf {
    let (root, source) = (folder("first-examples"), Path::new(env!("CARGO_MANIFEST_DIR")));
    for name in ["docs", "scenarios", "target", "tests"] {
        std::os::unix::fs::symlink(source.join(name), root.join(name)).expect("a link can be made");
    }
    root
}

#[test]
fn without_a_command_three_lines_say_how_to_begin() {
    let (text, talk, code) = outcome(&[]);
    assert_eq!((text.lines().count(), talk.as_str(), code), (3, "", 0), "{text}");
    assert!(text.lines().all(|line| line.starts_with("jobsim ") && line.chars().count() <= 80), "{text}");
    for command in ["run", "validate"] {
        assert!(text.contains(&format!("jobsim {command} ")) && Cli::command().find_subcommand(command).is_some());
    }
}
