//! A command inside another program, such as a Python interpreter: its texts come from memory, its output is returned,
//! and its result is handed over instead of being saved. The commands themselves are unchanged.

use super::out::{Failure, OutputStreams};
use super::{Cli, Command};
use crate::experiment::result::ResultFile;
use crate::scenario::source::{self, Source};
use crate::scenario::{Problem, Problems};
use clap::Parser;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

/// What the host program gives to a command, and takes from it.
#[derive(Debug)]
pub struct Host {
    /// The command line, as it is kept with a result.
    pub command: Vec<String>,
    /// Texts that stand for files: a file of the same name is not read.
    pub sources: Vec<Source>,
    /// Set to end an experiment early, with a partial result.
    pub stop: &'static AtomicBool,
    result: Mutex<Option<ResultFile>>,
}

impl Host {
    /// Keeps the result that would have been saved.
    pub fn keep(&self, result: &ResultFile) {
        *self.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result.clone());
    }
}

/// Reads files, folders and standard input; a text of the host takes precedence over a file with its name.
///
/// # Errors
/// What cannot be read.
pub fn read(host: Option<&Arc<Host>>, path: &str) -> Result<Vec<Source>, Problem> {
    let own = host.and_then(|host| host.sources.iter().find(|source| source.name == path));
    own.map_or_else(|| source::read(path), |source| Ok(vec![source.clone()]))
}

/// The outcome of a command.
#[derive(Debug)]
pub struct EmbeddedAnswer {
    /// How it ended: the exit code of the command.
    pub code: u8,
    /// What it printed.
    pub data: String,
    /// Its warnings.
    pub talk: String,
    /// The result, if the command has one.
    pub result: Option<ResultFile>,
}

/// Why a command has no answer.
#[derive(Debug)]
pub enum EmbeddedError {
    /// Problems with its input, each with its place.
    Problems(Problems),
    /// Everything else, in words.
    Words(String),
}

/// Runs a command, given its words without the program's name.
///
/// # Errors
/// The error of the command.
pub fn run(words: &[String], sources: Vec<Source>, stop: &'static AtomicBool) -> Result<EmbeddedAnswer, EmbeddedError> {
    let command: Vec<String> = std::iter::once("jobsim".to_owned()).chain(words.iter().cloned()).collect();
    let usage = |error: clap::Error| EmbeddedError::Words(error.render().to_string());
    let mut cli = Cli::try_parse_from(&command).map_err(usage)?;
    let host = Arc::new(Host { command, sources, stop, result: Mutex::default() });
    give(&mut cli.command, &host);
    let (mut data, mut talk) = (Vec::new(), Vec::new());
    let answer = cli.command.run(&mut OutputStreams { data: &mut data, talk: &mut talk, columns: None });
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let (answer, talk) = match answer {
        Ok(answer) => (answer, text(talk)),
        Err(Failure::Saved { text: of_part, answer }) => (answer, text(talk) + &of_part),
        Err(Failure::Problems(problems)) => return Err(EmbeddedError::Problems(problems)),
        Err(Failure::Error(words) | Failure::Usage(words)) => return Err(EmbeddedError::Words(words)),
        Err(Failure::Write(error)) => return Err(EmbeddedError::Words(format!("cannot write the output: {error}"))),
    };
    let code = answer.exit_code();
    let result = host.result.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(EmbeddedAnswer { code, data: text(data), talk, result })
}

/// Tells a command about its host. Commands that only read and write files need no host.
fn give(command: &mut Command, host: &Arc<Host>) {
    let host = Some(host.clone());
    match command {
        Command::Run(args) => (args.what.host, args.replicating.host) = (host.clone(), host),
        Command::Sweep(args) => (args.what.host, args.replicating.host) = (host.clone(), host),
        Command::Compare(args) => (args.what.host, args.replicating.host) = (host.clone(), host),
        Command::Solve(args) => (args.what.host, args.replicating.host) = (host.clone(), host),
        Command::Merge(args) => args.host = host,
        Command::Explain(args) => args.what.host = host,
        Command::Validate(args) => args.host = host,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      \
                       restartPolicy: Never\n      containers: [{name: c, image: i}]\n";

    fn command(words: &str, text: &str) -> Result<EmbeddedAnswer, EmbeddedError> {
        static STOP: AtomicBool = AtomicBool::new(false);
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let source = Source { name: "memory.yaml".to_owned(), folder: PathBuf::new(), text: text.to_owned() };
        run(&words, vec![source], &STOP)
    }

    #[test]
    fn a_text_in_memory_is_simulated_and_its_result_handed_over() {
        let answer = command("run memory.yaml -n 5", JOB).expect("it is a Job");
        let result = answer.result.expect("a run has a result");
        assert_eq!((answer.code, result.points[0].records.len()), (0, 5), "{}", answer.talk);
        assert_eq!(result.command, ["jobsim", "run", "memory.yaml", "-n", "5"]);
        assert!(answer.data.contains("Complete in all of 5 replications"), "{}", answer.data);
    }

    #[test]
    fn a_problem_has_its_place() {
        let error = command("run memory.yaml", &JOB.replace("template", "tempalte")).expect_err("a misspelt field");
        let EmbeddedError::Problems(problems) = error else { panic!("{error:?}") };
        assert_eq!((problems[0].file.as_str(), problems[0].place.map(|(line, _)| line)), ("memory.yaml", Some(5)));
        assert!(matches!(command("run memory.yaml --nothing", JOB), Err(EmbeddedError::Words(_))));
    }
}
