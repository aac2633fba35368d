//! Knobs: fields of the text that the page shows next to it, and edits of one field that leave everything else as it is
//! written. An edit changes the text, not a tree, so comments and layout stay. Where a value ends is only guessed for
//! some of what YAML allows. So the result is read again, and refused if it says anything but what it should.

use super::{NAME, PageRefusal};
use crate::scenario::{Problem, Setting};
use crate::text::path::{PathStep, parse_path};
use crate::text::{TreeNode, Value as Tree, read_documents};
use serde_json::{Value, json};

/// The fields that can be set next to the text: the path of each, and the value that holds if the text does not set it
/// (empty: none). `spec` is that of the first Job or CronJob; all else belongs to the scenario.
const KNOBS: &[(&str, &str)] = &[
    ("spec.parallelism", "1"),
    ("spec.completions", ""),
    ("spec.backoffLimit", "6"),
    ("spec.backoffLimitPerIndex", ""),
    ("spec.activeDeadlineSeconds", ""),
    ("spec.completionMode", "NonIndexed"),
    ("spec.podReplacementPolicy", "TerminatingOrFailed"),
    ("spec.template.spec.restartPolicy", ""),
    ("pods.outcome.fail", "0%"),
    ("pods.run", "1m"),
    ("pods.start", "0.5s"),
    ("pods.terminate", ""),
    ("seed", "1"),
];

/// The values of the knobs for a text; none if the text cannot be read.
pub fn knobs(text: &str) -> Vec<Value> {
    let Ok(documents) = read_documents(text) else { return Vec::new() };
    let knob = |(path, otherwise): &(&str, &str)| {
        let found =
            place_of(&documents, path).and_then(|(document, steps)| steps.iter().try_fold(&documents[document], child));
        let value = found.map(|node| node.to_json());
        let is_scalar = !value.as_ref().is_some_and(|value| value.is_object() || value.is_array());
        let line = found.map(|node| node.line);
        json!({"path": path, "value": value, "default": otherwise, "line": line, "settable": is_scalar})
    };
    KNOBS.iter().map(knob).collect()
}

/// The text with a field set; an empty value removes the field.
///
/// # Errors
/// The text or the value cannot be read, or the edited text would not say this value.
pub fn set(text: &str, path: &str, value: &str) -> Result<Value, PageRefusal> {
    let about = |message: String| PageRefusal::from(vec![Problem::about(NAME, message)]);
    let documents = read_documents(text).map_err(|error| vec![Problem::of(NAME, error)])?;
    if parse_path(path).is_err() {
        return Err(about(format!("{path:?} is no path")));
    }
    let new = if value.trim().is_empty() { None } else { Some(Setting::new(path, value).map_err(about)?.value) };
    let Some((document, steps)) = place_of(&documents, path) else {
        return with_scenario(text, path, value, &documents);
    };
    let refused = || about(format!("{path} cannot be set from here: change it in the text"));
    let edited = match &new {
        Some(new) => TextEdit { text, root: &documents[document] }.set(&steps, &written(new)),
        None => TextEdit { text, root: &documents[document] }.remove(&steps),
    };
    let edited = edited.ok_or_else(refused)?;
    // The edited text must say this value, and otherwise what it said before.
    let mut expected: Vec<Value> = documents.iter().map(TreeNode::to_json).collect();
    enter(&mut expected[document], &steps, new.map(|new| new.to_json()));
    let found: Vec<Value> = read_documents(&edited).map_err(|_| refused())?.iter().map(TreeNode::to_json).collect();
    if found == expected { Ok(json!({"text": edited})) } else { Err(refused()) }
}

/// A text without a scenario gets one, because the field belongs to it.
fn with_scenario(text: &str, path: &str, value: &str, documents: &[TreeNode]) -> Result<Value, PageRefusal> {
    let is_there = documents.iter().any(is_scenario);
    if is_there || path.starts_with("spec.") {
        let why = if is_there { "the scenario has no place for it" } else { "there is no Job in the text" };
        return Err(vec![Problem::about(NAME, format!("{path} cannot be set: {why}"))].into());
    }
    if value.trim().is_empty() {
        return Ok(json!({"text": text}));
    }
    // New fields go before the last one of a document. So that they do not come between `apiVersion` and `kind`, the
    // first name of the path is the last field here, with an empty value for `set` to fill.
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let empty = if rest.is_empty() { "null" } else { "{}" };
    let head = format!("apiVersion: jobsim/v1\nkind: Scenario\n{first}: {empty}\n---\n");
    set(&(head + text.trim_start_matches("---\n")), path, value)
}

pub(super) fn is_scenario(document: &TreeNode) -> bool {
    document.get("apiVersion").and_then(TreeNode::as_text).is_some_and(|version| version.starts_with("jobsim/"))
}

/// The document and the steps that lead to a field: in the first Job (or a CronJob's template of one) for `spec`, in
/// the scenario for everything else. `None` if there is no such document.
fn place_of(documents: &[TreeNode], path: &str) -> Option<(usize, Vec<PathStep>)> {
    let steps = parse_path(path).ok()?;
    let names = |path: &str| parse_path(path).unwrap_or_default();
    if steps.first() != Some(&PathStep::name("spec")) {
        let document = documents.iter().position(is_scenario)?;
        // What the first entry says about its own Pods has precedence over what is said about all.
        let own: Vec<PathStep> = names("jobs[0]").into_iter().chain(steps.iter().cloned()).collect();
        let has_own = own.iter().try_fold(&documents[document], child).is_some();
        return Some((document, if has_own { own } else { steps }));
    }
    documents.iter().enumerate().find_map(|(n, document)| {
        let entries = match document.get("jobs").map(|jobs| &jobs.value) {
            Some(Tree::List(entries)) if is_scenario(document) => entries.len(),
            _ => 0,
        };
        let above = (0..entries).map(|entry| format!("jobs[{entry}].inline")).chain([String::new()]);
        above.map(|above| names(&above)).find_map(|above| {
            let object = above.iter().try_fold(document, child)?;
            let kind = object.get("kind").and_then(TreeNode::as_text)?;
            let inner = match kind {
                "Job" => Vec::new(),
                "CronJob" => names("spec.jobTemplate"),
                _ => return None,
            };
            Some((n, above.into_iter().chain(inner).chain(steps.iter().cloned()).collect()))
        })
    })
}

fn child<'a>(node: &'a TreeNode, step: &PathStep) -> Option<&'a TreeNode> {
    match (step, &node.value) {
        (PathStep::Name(name), _) => node.get(name),
        (PathStep::Place(place), Tree::List(list)) => list.get(*place),
        _ => None,
    }
}

/// Sets a field of a value, or removes it.
fn enter(value: &mut Value, steps: &[PathStep], new: Option<Value>) {
    let Some((step, rest)) = steps.split_first() else { return };
    match (step, value) {
        (PathStep::Name(name), Value::Object(fields)) if rest.is_empty() => match new {
            Some(new) => drop(fields.insert(name.clone(), new)),
            None => drop(fields.shift_remove(name)),
        },
        (PathStep::Name(name), Value::Object(fields)) if new.is_some() || fields.contains_key(name) => {
            enter(fields.entry(name.clone()).or_insert_with(|| json!({})), rest, new);
        }
        (PathStep::Place(place), Value::Array(list)) => {
            if let Some(inner) = list.get_mut(*place) {
                enter(inner, rest, new);
            }
        }
        _ => {}
    }
}

/// A scalar as YAML: unquoted if its characters mean nothing in YAML and it is read back as the same text, which `5`
/// and `true` are not.
fn written(value: &TreeNode) -> String {
    match &value.value {
        Tree::Text(text) => {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '%' | '-' | '_' | '/' | '+');
            let reads_same =
                read_documents(text).is_ok_and(|read| matches!(&read[..], [one] if one.value == value.value));
            let is_plain = !text.is_empty() && text.chars().all(is_plain) && reads_same;
            if is_plain { text.clone() } else { json!(text).to_string() }
        }
        _ => value.to_json().to_string(),
    }
}

/// An edit of one field of a document.
pub(super) struct TextEdit<'a> {
    pub(super) text: &'a str,
    pub(super) root: &'a TreeNode,
}

impl TextEdit<'_> {
    /// The text with the field set; `None` if there is no place for it.
    fn set(&self, steps: &[PathStep], value: &str) -> Option<String> {
        let (there, depth) = self.deepest(steps);
        let rest = &steps[depth..];
        if rest.is_empty() {
            let from = self.byte(there.line, there.column)?;
            let to = from + self.scalar_length(from, self.is_flow(steps))?;
            return Some([&self.text[..from], value, &self.text[to..]].concat());
        }
        let Tree::Map(fields) = &there.value else { return None };
        let mut field = value.to_owned();
        for (n, step) in rest.iter().enumerate().rev() {
            let PathStep::Name(name) = step else { return None };
            field = format!("{name}: {field}");
            if n > 0 {
                field = format!("{{{field}}}");
            }
        }
        let at = self.byte(there.line, there.column)?;
        if self.text[at..].starts_with('{') {
            let comma = if fields.is_empty() { "" } else { ", " };
            return Some([&self.text[..=at], &field, comma, &self.text[at + 1..]].concat());
        }
        // A node knows where it begins, not where it ends, so a new field goes before one that is there. The last one
        // is often the largest, such as `template`, and reads well at the end.
        let (last, _) = fields.last()?;
        let at = self.byte(last.line, last.column)?;
        let indent = " ".repeat(last.column - 1);
        Some([&self.text[..at], &field, "\n", &indent, &self.text[at..]].concat())
    }

    /// The text without the field: in braces with its comma, otherwise with its line. `None` if it cannot be removed; a
    /// field that is not there is removed already.
    fn remove(&self, steps: &[PathStep]) -> Option<String> {
        let (above, depth) = self.deepest(&steps[..steps.len() - 1]);
        let Some(PathStep::Name(name)) = steps.last() else { return None };
        let Tree::Map(fields) = &above.value else { return None };
        let found = fields.iter().find(|(field, _)| field.name == *name).filter(|_| depth + 1 == steps.len());
        let Some((field, value)) = found else { return Some(self.text.to_owned()) };
        let from = self.byte(field.line, field.column)?;
        let value_at = self.byte(value.line, value.column)?;
        let is_flow = self.is_flow(steps);
        let to = value_at + self.scalar_length(value_at, is_flow)?;
        if is_flow {
            let after = &self.text[to..];
            let rest = after.trim_start().strip_prefix(',').map(str::trim_start);
            let before = self.text[..from].trim_end();
            return Some(match rest {
                Some(rest) => [&self.text[..from], rest].concat(),
                None => [before.strip_suffix(',').unwrap_or(&self.text[..from]), after].concat(),
            });
        }
        let line = self.text[..from].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[to..].find('\n').map_or(self.text.len(), |at| to + at + 1);
        let is_alone = self.text[line..from].chars().all(|c| c == ' ');
        is_alone.then(|| [&self.text[..line], &self.text[end..]].concat())
    }

    /// The deepest value on the way that exists, and the number of steps that lead to it.
    fn deepest(&self, steps: &[PathStep]) -> (&TreeNode, usize) {
        let mut at = (self.root, 0);
        for step in steps {
            let Some(next) = child(at.0, step) else { break };
            at = (next, at.1 + 1);
        }
        at
    }

    /// Whether the field stands between braces.
    fn is_flow(&self, steps: &[PathStep]) -> bool {
        (0..steps.len()).any(|depth| {
            let (node, found) = self.deepest(&steps[..depth]);
            let at = self.byte(node.line, node.column);
            found == depth && at.is_some_and(|at| self.text[at..].starts_with(['{', '[']))
        })
    }

    /// The length of the scalar at a place, in bytes, as far as its line shows it. Scalars of several lines and doubled
    /// quotes are not understood; the edited text then reads differently, and `set` refuses it.
    fn scalar_length(&self, from: usize, is_flow: bool) -> Option<usize> {
        let rest = &self.text[from..];
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        if let Some(inside) = line.strip_prefix('"') {
            let mut is_escaped = false;
            let end = inside.char_indices().find(|&(_, c)| {
                let ends = c == '"' && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                ends
            });
            return end.map(|(at, _)| at + 2);
        }
        if let Some(inside) = line.strip_prefix('\'') {
            return inside.find('\'').map(|at| at + 2);
        }
        let mut end = line.find(" #").unwrap_or(line.len());
        if is_flow {
            end = line[..end].find([',', '}', ']']).unwrap_or(end);
        }
        Some(line[..end].trim_end().len()).filter(|&length| length > 0)
    }

    /// The byte at a line and a column, both from 1; columns count characters.
    pub(super) fn byte(&self, line: usize, column: usize) -> Option<usize> {
        let mut start = 0;
        for _ in 1..line {
            start += self.text[start..].find('\n')? + 1;
        }
        let mut columns = self.text[start..].char_indices().map(|(at, _)| start + at).chain([self.text.len()]);
        columns.nth(column.checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCENARIO: &str = "# What a person wrote.
apiVersion: jobsim/v1
kind: Scenario
jobs:
  - inline:
      apiVersion: batch/v1
      kind: Job
      metadata: {name: a}
      spec:
        parallelism: 2 # two
        template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}
pods: {run: '30s', outcome: {fail: 10%}}
";

    fn edited(text: &str, path: &str, value: &str) -> Result<String, String> {
        let said = |refusal: PageRefusal| refusal.to_json()["error"].as_str().unwrap_or_default().to_owned();
        set(text, path, value).map(|answer| answer["text"].as_str().unwrap_or_default().to_owned()).map_err(said)
    }

    #[test]
    fn a_field_is_set_and_all_else_stays_as_it_is_written() {
        let cases = [
            ("spec.parallelism", "5", "parallelism: 2 # two", "parallelism: 5 # two"),
            ("spec.template.spec.restartPolicy", "OnFailure", "restartPolicy: Never", "restartPolicy: OnFailure"),
            ("pods.run", "1m", "run: '30s'", "run: 1m"),
            ("pods.run", "uniform(1s, 2s)", "run: '30s'", "run: \"uniform(1s, 2s)\""),
            ("pods.outcome.fail", "", "outcome: {fail: 10%}", "outcome: {}"),
            ("pods.start", "2s", "pods: {run", "pods: {start: 2s, run"),
            ("spec.backoffLimit", "3", "        template:", "        backoffLimit: 3\n        template:"),
            ("spec.parallelism", "", "        parallelism: 2 # two\n", ""),
            ("seed", "7", "pods: {run", "seed: 7\npods: {run"),
        ];
        for (path, value, before, after) in cases {
            assert_eq!(edited(SCENARIO, path, value), Ok(SCENARIO.replace(before, after)), "{path}={value}");
        }
    }

    #[test]
    fn a_manifest_gets_a_scenario_where_it_needs_one() {
        let job = "kind: Job\napiVersion: batch/v1\nspec:\n  backoffLimit: 1\n";
        assert_eq!(
            edited(job, "pods.outcome.fail", "20%").as_deref(),
            Ok(
                "apiVersion: jobsim/v1\nkind: Scenario\npods: {outcome: {fail: 20%}}\n---\nkind: Job\napiVersion: batch/v1\nspec:\n  backoffLimit: 1\n"
            )
        );
        assert_eq!(edited(job, "spec.backoffLimit", "4"), Ok(job.replace('1', "4").replace("v4", "v1")));
        assert!(edited("apiVersion: v1\nkind: Pod\n", "spec.backoffLimit", "4").is_err());
    }

    #[test]
    fn what_cannot_be_edited_is_refused_and_not_spoilt() {
        for (text, path) in [
            (
                "apiVersion: jobsim/v1\nkind: Scenario\npods: &x {run: 1s}\nmodels: [{matchLabels: {}, pods: *x}]\n",
                "pods.run",
            ),
            ("apiVersion: jobsim/v1\nkind: Scenario\npods:\n", "pods.run"),
            ("apiVersion: jobsim/v1\nkind: Scenario\npods: {run: {a: 1}}\n", "pods.run"),
        ] {
            let said = edited(text, path, "5s").unwrap_err();
            assert!(said.contains("change it in the text"), "{said}");
        }
    }
}
