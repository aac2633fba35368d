//! How texts are read at the edges of YAML and JSON. `lexical.jsonl` holds texts with the verdicts of the readers that
//! decide: `server` is what sigs.k8s.io/yaml 1.6 (over go.yaml.in/yaml/v2 2.4.4) makes of the first document, `strictError`
//! what its strict mode adds, `kubectl` the objects that the stream decoder of k8s.io/apimachinery v0.37.2 finds. The
//! files in `tests/reading/` are inputs that were once read wrongly.

use crate::cli::{flat, outcome};
use jobsim::text::{read_as_kubectl, read_as_server};
use serde_json::Value;
use std::path::Path;

/// Equal, where numbers are equal that are the same number.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| is_same(value, other)))
        }
        _ => a == b,
    }
}

/// What differs from the server's verdict.
fn against_server(case: &Value, text: &str) -> Option<String> {
    match (read_as_server(text), case.get("server")) {
        (Ok(mut reading), Some(expected)) => {
            let got = reading.documents.pop().map_or(Value::Null, |document| document.to_json());
            let is_strict_too = reading.complaints.is_empty() == case.get("strictError").is_none();
            (!is_same(&got, expected) || !is_strict_too)
                .then(|| format!("server {expected}, here {got} {:?}", reading.complaints))
        }
        (Ok(_), None) => Some(format!("the server refuses it: {}", case["serverError"])),
        (Err(error), Some(expected)) => Some(format!("server {expected}, here {error}")),
        (Err(_), None) => None,
    }
}

/// What differs from what kubectl reads. That a document is an object is checked elsewhere.
fn against_kubectl(case: &Value, text: &str) -> Option<String> {
    if case["kubectlError"].as_str().is_some_and(|error| error.starts_with("not an object")) {
        return None;
    }
    match (read_as_kubectl(text), case.get("kubectl")) {
        (Ok(reading), Some(expected)) => {
            let got: Value = reading.documents.iter().map(jobsim::text::TreeNode::to_json).collect();
            (!is_same(&got, expected)).then(|| format!("kubectl {expected}, here {got}"))
        }
        (Ok(_), None) => Some(format!("kubectl refuses it: {}", case["kubectlError"])),
        (Err(error), Some(expected)) => Some(format!("kubectl {expected}, here {error}")),
        (Err(_), None) => None,
    }
}

#[test]
fn texts_are_read_as_the_server_and_kubectl_read_them() {
    let cases: Vec<Value> =
        include_str!("lexical.jsonl").lines().map(|line| serde_json::from_str(line).expect("a case is JSON")).collect();
    assert!(cases.len() >= 400, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let text = case["text"].as_str().expect("a case has a text");
        let differences = [against_server(case, text), against_kubectl(case, text)];
        wrong.extend(differences.into_iter().flatten().map(|difference| format!("{}: {difference}", case["name"])));
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Validates a file of `tests/reading/`: what it says, and the exit code.
fn validate(file: &str) -> (String, i32) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reading").join(file).display().to_string();
    let (data, talk, code) = outcome(&["validate", "--no-advice", &path]);
    (format!("{data}{talk}"), code)
}

#[test]
fn what_the_server_and_kubectl_read_is_accepted() {
    for file in ["flow-closing-bracket.yaml", "quoted-continuation.yaml", "comment-nospace.yaml"] {
        let (said, code) = validate(file);
        assert_eq!(code, 0, "{file}: {said}");
    }
}

#[test]
fn what_neither_reads_is_refused() {
    for file in ["url-in-flow.yaml", "tab-line.yaml", "tab-comment.yaml", "escape.yaml", "directive.yaml"] {
        let (said, code) = validate(file);
        assert_eq!(code, 2, "{file}: {said}");
        assert!(said.contains("not valid YAML"), "{file}: {said}");
    }
}

#[test]
fn where_the_strict_server_and_kubectl_differ_both_are_said() {
    for (file, error, note) in [
        ("dupkey.yaml", "stands twice", "keeps only the last of the two"),
        ("json-dup.yaml", "stands twice", "keeps only the last of the two"),
        ("json-float.yaml", "must be a whole number", "writes it without its fraction"),
    ] {
        let (said, code) = validate(file);
        let said = flat(&said);
        assert_eq!(code, 1, "{file}: {said}");
        assert!(said.contains(error) && said.contains(note), "{file}: {said}");
    }
}

#[test]
fn a_patch_with_a_misspelt_field_is_refused_with_its_place() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reading/patch-unknown-field.yaml");
    let (data, talk, code) = outcome(&["run", &path.display().to_string()]);
    assert_eq!((data.as_str(), code), ("", 2));
    let place = "patch-unknown-field.yaml:6:45: actions[0].patch.patch.spec.parallellism";
    assert!(talk.contains(place) && talk.contains("did you mean \"parallelism\"?"), "{talk}");
}
