//! What is wrong with the text in the editor, line by line, and the values of its fields. The text is only resolved,
//! not simulated, so that the editor can ask while a user types.

use super::{LessonAnswer, NAME, PageRefusal, edit, input_of, source_of};
use crate::advice::ValidationReport;
use crate::release::ReleaseProfile;
use crate::scenario::{Problem, judge};
use serde_json::{Value, json};

/// Everything that is said about a text, with places; and the values of its knobs.
///
/// # Errors
/// The text is not one that the page can judge at all.
pub fn check(text: &str) -> Result<Value, PageRefusal> {
    let source = source_of(text)?;
    let judged = judge(&source, ReleaseProfile::default(), &[]);
    let report = ValidationReport::of_files(judged.files, true).to_json();
    let mut findings: Vec<Value> = report["files"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|file| file["findings"].as_array().cloned().unwrap_or_default())
        .collect();
    let is_wrong = |finding: &Value| finding["level"] == "error" || finding["level"] == "unreadable";
    let resolved = input_of(text).and_then(|input| Ok(input.resolve()?));
    let mut notices = Vec::new();
    let mut seen = json!({});
    match resolved {
        Ok(resolved) => {
            notices = resolved.notices;
            let setup = &resolved.setup;
            seen = json!({
                "jobs": setup.jobs.iter().take(JOBS).map(|job| &*job.object.name).collect::<Vec<_>>(),
                "question": setup.question, "replications": setup.replications, "seed": setup.seed,
                "kubernetes": setup.release.name(),
            });
        }
        // Validation has found the errors already, with their places; resolving the text would only repeat them.
        Err(PageRefusal::Wrong(_)) if findings.iter().any(is_wrong) => {}
        Err(PageRefusal::Wrong(problems)) => findings.extend(problems.iter().map(super::problem)),
        Err(PageRefusal::Not(why)) => findings.push(super::problem(&Problem::about(NAME, why))),
    }
    let errors = findings.iter().filter(|finding| is_wrong(finding)).count();
    Ok(json!({"ok": errors == 0, "errors": errors, "findings": findings, "notices": notices, "seen": seen,
        "knobs": edit::knobs(text)}))
}

/// What is wrong with a text before a page opens with it, one message each; empty if nothing is. A lesson is simulated,
/// because exactly one of its guesses must hold.
pub fn troubles(text: &str) -> Vec<String> {
    if text.lines().any(|line| line.starts_with("apiVersion: jobsim/lesson")) {
        return LessonAnswer::of(text).err().into_iter().flatten().map(|problem| problem.message).collect();
    }
    let said = |finding: &Value| finding["message"].as_str().map(str::to_owned);
    match check(text) {
        Ok(answer) if answer["ok"] == true => Vec::new(),
        Ok(answer) => answer["findings"].as_array().into_iter().flatten().filter_map(said).collect(),
        Err(refusal) => said(&json!({"message": refusal.to_json()["error"]})).into_iter().collect(),
    }
}

/// The most Jobs that the page is told the names of.
const JOBS: usize = 50;
