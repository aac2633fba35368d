//! `--junit`, `--sarif` and `--github` of `validate` and `run`: what was checked, written in addition to the answer.
//! The formats are in [`crate::report::CheckReport`].

use super::experiment::flag;
use super::out::{Failure, OutputStreams};
use super::outputs::{self, Output};
use crate::advice::{self, Diagnostic, DiagnosticLevel, FileReport, ValidationReport};
use crate::experiment::result::{FileText, GoalResult};
use crate::report::{self, CheckFinding, CheckLevel, CheckReport, CheckRule, CheckedInput};
use std::path::{Path, PathBuf};

/// Where what was checked is written, for tools.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CheckFiles {
    /// Write what was checked as JUnit XML too
    #[arg(long, value_name = "FILE", help_heading = "For other tools")]
    pub junit: Option<PathBuf>,

    /// Write what was found as SARIF 2.1.0 too, for code scanning
    #[arg(long, value_name = "FILE", help_heading = "For other tools")]
    pub sarif: Option<PathBuf>,

    /// Print annotations for a GitHub workflow too
    #[arg(long, help_heading = "For other tools")]
    pub github: bool,
}

/// Rules for answers of the API server, which have no codes of their own.
const SERVER: [(&str, &str, CheckLevel); 3] = [
    ("api-server-error", "The API server refuses it", CheckLevel::Error),
    ("api-server-warning", "The API server warns about it", CheckLevel::Warning),
    ("note", "It is said so that nothing is passed over in silence", CheckLevel::Note),
];

/// The name of the rule for goals.
const GOAL: &str = "goal";

impl CheckFiles {
    /// Whether any of the flags is given.
    pub fn is_given(&self) -> bool {
        self.junit.is_some() || self.sarif.is_some() || self.github
    }

    /// Refuses files that would overwrite an input or one another, before anything is done.
    ///
    /// # Errors
    /// Such a file; annotations where the answer is a document for machines.
    pub fn check(&self, read: &[String], texts: &[FileText], is_plain: bool) -> Result<(), Failure> {
        if self.github && !is_plain {
            return Err(flag("github", &"prints annotations beside the text for people, so it needs -o plain"));
        }
        let given = |name, path: &'_ Option<PathBuf>| path.clone().map(|path| (name, path));
        let named: Vec<(&'static str, PathBuf)> =
            [given("junit", &self.junit), given("sarif", &self.sarif)].into_iter().flatten().collect();
        let named: Vec<Output<'_>> = named.iter().map(|(name, path)| (*name, path.as_path())).collect();
        outputs::check(read, texts, &named)
    }

    /// Writes what was checked.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, checked: &CheckReport, streams: &mut OutputStreams<'_>) -> Result<(), Failure> {
        let whole = |path: &Path, text: String| outputs::write_whole(path, text.as_bytes());
        if let Some(path) = &self.junit {
            // The schema requires a time; nothing else depends on it.
            let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S");
            whole(path, report::junit(checked, &now.to_string()))?;
        }
        if let Some(path) = &self.sarif {
            whole(path, format!("{:#}\n", report::sarif(checked)))?;
        }
        if self.github {
            // A workflow command must be on one line, so it is not wrapped.
            write!(streams.data, "{}", report::annotations(checked))?;
        }
        Ok(())
    }
}

/// What `validate` checked; with `strict` warnings fail.
pub fn of_validation(verdict: &ValidationReport, strict: bool) -> CheckReport {
    let inputs: Vec<CheckedInput> = verdict.files.iter().map(|file| of_file(file, strict)).collect();
    let used = |id: &str| inputs.iter().any(|input| input.findings.iter().any(|finding| finding.rule == id));
    let of_server = SERVER.iter().map(|&(id, title, level)| CheckRule {
        id: id.to_owned(),
        title: title.to_owned(),
        help: format!("{title}: what is said are its own words, by the rules of the release."),
        level,
    });
    let of_advice = advice::rules().into_iter().map(|rule| CheckRule {
        id: rule.code.to_owned(),
        title: rule.title.to_owned(),
        help: format!("{}\n\nSource: {}", rule.why, rule.source),
        level: match rule.severity {
            advice::Severity::Warning => CheckLevel::Warning,
            advice::Severity::Hint => CheckLevel::Note,
        },
    });
    let rules = of_server.chain(of_advice).filter(|rule| used(&rule.id)).collect();
    CheckReport { command: "validate", rules, inputs }
}

fn of_file(file: &FileReport, strict: bool) -> CheckedInput {
    let passed = file.objects.iter().map(|object| {
        let (kind, namespace, name) = advice::identity(&object.object);
        format!("{kind} {namespace}/{name} is accepted")
    });
    let finding = |entry: &Diagnostic| {
        let (of_server, fails) = match entry.level {
            DiagnosticLevel::Unreadable | DiagnosticLevel::Error => (SERVER[0], true),
            DiagnosticLevel::Warning => (SERVER[1], strict),
            DiagnosticLevel::Hint | DiagnosticLevel::Note => (SERVER[2], false),
        };
        let field = if entry.field.is_empty() { String::new() } else { format!("{}: ", entry.field) };
        let meant = entry.suggestion.as_ref().map_or(String::new(), |word| format!(" (did you mean {word:?}?)"));
        CheckFinding {
            level: of_server.2,
            rule: entry.code.unwrap_or(of_server.0).to_owned(),
            subject: if entry.field.is_empty() { "the file".to_owned() } else { entry.field.clone() },
            message: format!("{field}{}{meant}", entry.message),
            line: entry.line,
            column: entry.column,
            fails,
        }
    };
    CheckedInput {
        name: file.file.clone(),
        is_file: Path::new(&file.file).exists(),
        passed: passed.collect(),
        findings: file.entries.iter().map(finding).collect(),
    }
}

/// The goals of a run, and whether they hold (with `surely`, by their whole intervals). The place of a goal is where a
/// file states it, or else the first file.
pub fn of_goals(goals: &[GoalResult], surely: bool, files: &[FileText]) -> CheckReport {
    let mut inputs: Vec<CheckedInput> = Vec::new();
    for goal in goals {
        let place = files.iter().find_map(|file| {
            let line = file.text.lines().position(|line| line.contains(&goal.goal))?;
            Some((file, line + 1))
        });
        let name = place.map(|(file, _)| file).or(files.first()).map_or("command line", |file| &file.name);
        let at = place_of(&mut inputs, name);
        if goal.holds && (goal.sure || !surely) {
            inputs[at].passed.push(format!("{GOAL}: {}", goal.goal));
            continue;
        }
        inputs[at].findings.push(CheckFinding {
            level: CheckLevel::Error,
            rule: GOAL.to_owned(),
            subject: goal.goal.clone(),
            message: report::goal_line(goal, surely),
            line: place.map_or(1, |(_, line)| line),
            column: 1,
            fails: true,
        });
    }
    let rule = CheckRule {
        id: GOAL.to_owned(),
        title: "What is expected of the Jobs holds".to_owned(),
        help: "A goal (--expect, or expect: of the scenario) is measured over replications; with --sure its whole interval must \
               satisfy it."
            .to_owned(),
        level: CheckLevel::Error,
    };
    let is_used = inputs.iter().any(|input| !input.findings.is_empty());
    CheckReport { command: "run", rules: if is_used { vec![rule] } else { Vec::new() }, inputs }
}

/// The index of an input by its name; it is added if it is missing.
fn place_of(inputs: &mut Vec<CheckedInput>, name: &str) -> usize {
    inputs.iter().position(|input| input.name == name).unwrap_or_else(|| {
        let is_file = Path::new(name).exists();
        inputs.push(CheckedInput { name: name.to_owned(), is_file, ..CheckedInput::default() });
        inputs.len() - 1
    })
}
