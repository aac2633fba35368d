//! Everything that is wrong with a source, according to the API server, the format of scenarios and a reviewer. Nothing
//! is simulated.

use super::input::{Input, Setting};
use super::problem::Problem;
use super::source::Source;
use crate::advice::{Diagnostic, DiagnosticLevel, FileReport, JudgedFor};
use crate::experiment::Setup;
use crate::release::ReleaseProfile;
use crate::text::Value as Tree;

/// The verdicts on a source.
#[derive(Debug)]
pub struct Judged {
    /// The file itself, then the manifests that it refers to.
    pub files: Vec<FileReport>,
    /// The setup, if it is a scenario.
    pub setup: Option<Setup>,
}

/// Judges a file: manifests by the API server's rules, scenarios by their own rules and those of their manifests.
/// `profile` is the release for manifests alone. `settings` are paths and values that are laid over a scenario, which
/// may name another release.
pub fn judge(source: &Source, profile: ReleaseProfile, settings: &[(String, String)]) -> Judged {
    // Most files are manifests; large ones should not be read twice.
    let input = source.text.contains("jobsim/").then(|| Input::of_sources(vec![source.clone()]).ok()).flatten();
    let Some(mut input) = input.filter(|input| input.is_given) else {
        let cluster = JudgedFor { release: profile, has_nodes: false };
        return Judged { files: vec![FileReport::of_text(&source.name, &source.text, cluster)], setup: None };
    };
    let set = |input: &mut Input| -> Result<(), Problem> {
        for (path, value) in settings {
            let about = |why: String| Problem::about("command line", why);
            input.set(Setting::new(path, value).map_err(about)?)?;
        }
        Ok(())
    };
    match set(&mut input).map_err(|problem| vec![problem]).and_then(|()| input.resolve()) {
        Ok(resolved) => {
            let has_nodes = resolved.setup.config.nodes.is_some();
            let cluster = JudgedFor { release: resolved.setup.release, has_nodes };
            let entries = match input.scenario.node.get("jobs").map(|jobs| &jobs.value) {
                Some(Tree::List(entries)) => &entries[..],
                _ => &[],
            };
            let inline = entries.iter().filter_map(|entry| entry.get("inline"));
            let beside = input.manifests.iter().map(|document| &document.node);
            let mut files = vec![FileReport::of_documents(&source.name, inline.chain(beside), cluster)];
            let named = resolved.files.iter().filter(|file| file.name != source.name);
            files.extend(named.map(|file| FileReport::of_text(&file.name, &file.text, cluster)));
            Judged { files, setup: Some(resolved.setup) }
        }
        Err(problems) => {
            let mut files = vec![FileReport::empty(&source.name)];
            for problem in problems {
                let at = files.iter().position(|file| file.file == problem.file);
                let at = at.unwrap_or_else(|| {
                    files.push(FileReport::empty(&problem.file));
                    files.len() - 1
                });
                files[at].entries.push(entry(problem));
            }
            Judged { files, setup: None }
        }
    }
}

/// A problem of a scenario as a diagnostic.
fn entry(problem: Problem) -> Diagnostic {
    let Problem { place, field, message, suggestion, .. } = problem;
    let (line, column) = place.unwrap_or((0, 0));
    Diagnostic { level: DiagnosticLevel::Error, code: None, line, column, field, message, suggestion }
}
