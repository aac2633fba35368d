//! What a page in a browser asks of the library, and the page itself. Text goes in and text comes out, so that the page
//! needs nothing but a function: a request is JSON, and so is its answer. It opens no file, and keeps nothing from one
//! request to the next.
//! `jobsim.html` is one file. The texts of the page, the scenarios and the lessons live in this room (`assets`,
//! `library`); the simulator is added as WebAssembly when the page is written (`document`).

mod check;
mod course;
mod document;
mod edit;
mod keep;
mod lesson;
mod library;
mod many;
mod one;

pub use check::troubles;
pub use document::{PageContent, page};
pub use lesson::{LessonAnswer, PredictionLesson};
pub use library::{LESSON_TEXTS, LibraryText, SCENARIO_TEXTS};

use crate::experiment::Budget;
use crate::limits;
use crate::scenario::source::Source;
use crate::scenario::{Input, Problem, Problems, Resolved};
use crate::text::thousands;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What the page asks. `do` names the request.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
enum PageRequest {
    /// Which version this is.
    Version,
    /// What is wrong with a text, and the values that it sets.
    Check { text: String },
    /// The answer of `jobsim run -o json`, to the byte.
    Answer { text: String },
    /// One replication, with everything that happened in it.
    Run {
        text: String,
        #[serde(default)]
        replication: u32,
        /// What users do in addition, as YAML.
        #[serde(default)]
        actions: Vec<String>,
    },
    /// Pictures of one replication.
    Pictures {
        text: String,
        #[serde(default)]
        replication: u32,
    },
    /// A small picture for the gallery.
    Thumbnail { text: String },
    /// Many replications.
    Many { text: String, replications: u32 },
    /// The text with a field set, and everything else as it was.
    Set { text: String, path: String, value: String },
    /// The text with actions that were tried.
    Keep { text: String, actions: Vec<String> },
    /// A lesson with its answer.
    Lesson { text: String },
}

/// Answers a request of the page.
pub fn answer(request: &str) -> String {
    let answer = match serde_json::from_str(request) {
        Ok(request) => respond(request).unwrap_or_else(|refusal| refusal.to_json()),
        Err(error) => json!({"error": format!("no request: {error}")}),
    };
    answer.to_string()
}

fn respond(request: PageRequest) -> Result<Value, PageRefusal> {
    match request {
        PageRequest::Version => Ok(json!({"version": env!("CARGO_PKG_VERSION")})),
        PageRequest::Check { text } => check::check(&text),
        PageRequest::Answer { text } => one::answer(&text),
        PageRequest::Run { text, replication, actions } => one::run(&text, replication, &actions),
        PageRequest::Pictures { text, replication } => one::pictures(&text, replication),
        PageRequest::Thumbnail { text } => one::thumbnail(&text),
        PageRequest::Many { text, replications } => many::many(&text, replications),
        PageRequest::Set { text, path, value } => edit::set(&text, &path, &value),
        PageRequest::Keep { text, actions } => keep::keep(&text, &actions),
        PageRequest::Lesson { text } => lesson::taught(&text),
    }
}

/// Why a request has no answer.
#[derive(Clone, Debug)]
enum PageRefusal {
    /// The text is wrong.
    Wrong(Problems),
    /// The request is too large for the page or cannot be answered; the text says why.
    Not(String),
}

impl From<Problems> for PageRefusal {
    fn from(problems: Problems) -> Self {
        PageRefusal::Wrong(problems)
    }
}

impl PageRefusal {
    fn to_json(&self) -> Value {
        match self {
            PageRefusal::Not(why) => json!({"error": why}),
            PageRefusal::Wrong(problems) => {
                let text: Vec<String> = problems.iter().map(without_file).collect();
                json!({"error": text.join("\n"), "problems": problems.iter().map(problem).collect::<Vec<_>>()})
            }
        }
    }
}

/// The name that the page's text has in problems.
const NAME: &str = "manifest";

/// A problem in words, without a file name: the page has only one text.
fn without_file(problem: &Problem) -> String {
    let text = problem.to_string();
    text.strip_prefix(&format!("{NAME}:")).unwrap_or(&text).trim_start().to_owned()
}

fn problem(problem: &Problem) -> Value {
    let (line, column) = problem.place.unzip();
    json!({"level": "error", "line": line, "column": column, "field": problem.field, "message": problem.message,
        "suggestion": problem.suggestion})
}

/// The text as a source, if it is not too long. It has no folder: the page cannot open the files that a text names.
fn source_of(text: &str) -> Result<Source, PageRefusal> {
    if text.len() > limits::PAGE_TEXT {
        let (most, bytes) = (thousands(limits::PAGE_TEXT as u64), thousands(text.len() as u64));
        return Err(PageRefusal::Not(format!("the text has {bytes} bytes, and the page takes {most}")));
    }
    Ok(Source { name: NAME.to_owned(), folder: PathBuf::new(), text: text.to_owned() })
}

/// The text, parsed within the bounds of the page.
fn input_of(text: &str) -> Result<Input, PageRefusal> {
    let mut input = Input::of_sources(vec![source_of(text)?])?;
    input.budget = Budget {
        events: limits::PAGE_EVENTS,
        pods: limits::PAGE_PODS,
        changes: limits::PAGE_CHANGES,
        starts: limits::PAGE_STARTS,
        records: limits::PAGE_REPLICATIONS.into(),
        jobs: limits::PAGE_JOBS,
        ..Budget::default()
    };
    Ok(input)
}

fn resolved(text: &str) -> Result<Resolved, PageRefusal> {
    Ok(input_of(text)?.resolve()?)
}

/// The end of every refusal that is caused by the page's bounds.
const BEYOND: &str = "this is more than the page takes; the command goes further (jobsim run)";
