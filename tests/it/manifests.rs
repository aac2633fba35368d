//! Manifests, as text: what is read of YAML is what Kubernetes reads, hostile text ends in an error, and no text
//! makes the loader panic.

use flate2::read::GzDecoder;
use jobsim::manifest::load_manifests;
use jobsim::text::{read_as_server, read_documents, read_json};
use proptest::prelude::*;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::LazyLock;

fn records(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/validation").join(file);
    let lines = BufReader::new(GzDecoder::new(File::open(path).expect("the corpus is there"))).lines();
    // A few nest deeper than this reader goes; what they are about is the nesting.
    lines.filter_map(|line| serde_json::from_str(&line.expect("it is text")).ok()).collect()
}

#[test]
fn yaml_is_read_as_kubernetes_reads_it() {
    let mut wrong = Vec::new();
    for record in records("decode.jsonl.gz") {
        let Some(expected) = record.get("yamlAsJSON") else { continue };
        // Of a field that stands twice, what the recorder shows is the last.
        let got = match read_as_server(record["raw"].as_str().expect("a text")) {
            Ok(mut reading) => reading.documents.pop().map_or(Value::Null, |node| node.to_json()),
            Err(error) => Value::from(error.to_string()),
        };
        if got != *expected {
            wrong.push(format!("{} {}:\n  {expected}\n  {got}", record["id"], record["name"]));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn hostile_text_is_refused() {
    let bomb = (0..40).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        format!("{text}a{}: &a{} [*a{n}, *a{n}, *a{n}]\n", n + 1, n + 1)
    });
    let fields: String = (0..400_000).map(|n| format!("f{n}: 1\n")).collect();
    let twice = format!("{fields}f399999: 1\n");
    let values = format!("[{}1]", "1,".repeat(2_000_001));
    let flow = format!("[\n{}", "x,\n".repeat(2_000_001));
    let merges = format!("a: &a {{{}}}\nb:\n{}", "x: 1", "  <<: *a\n".repeat(200_000));
    let unknown: String = (0..20_000).map(|n| format!("  field{n}: 1\n")).collect();
    let unknown = format!("apiVersion: batch/v1\nkind: Job\nspec:\n{unknown}");
    let label = format!("apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {}\n", "a".repeat(3_000_000));
    let cases = [
        (bomb, "anchors and aliases repeat more than"),
        ("[".repeat(1_000_000), ""),
        ("- ".repeat(1_000_000), ""),
        ("{\"a\":".repeat(1_000_000), ""),
        ("{".repeat(1_000_000), ""),
        ("? ".repeat(100_000), ""),
        (twice, "twice"),
        (values, "more than"),
        (flow, "more than"),
        ("- 1\n".repeat(2_000_001), "more than 2000000 values"),
        (merges, ""),
        (unknown, "there is no such field in JobSpec"),
        (label, "metadata.name"),
        ("\u{7}".repeat(2_000_000), "control character"),
        ("x".repeat(4_000_000), "a manifest is an object"),
        ("a: ".repeat(1_000_000), "YAML"),
        (format!("a: {}", "9".repeat(5_000_000)), "kind"),
        ("&a ".repeat(300_000), ""),
        ("- &a *a\n".repeat(100_000), ""),
        ("\"".repeat(1_000_001), ""),
        ("# comment\n".repeat(2_000_000), "no Job or CronJob"),
        ("---\n".repeat(1_000_000), "no Job or CronJob"),
    ];
    for (text, part) in &cases {
        let error = load_manifests(text).expect_err("it is refused")[0].to_string();
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn ten_thousand_documents_are_loaded() {
    let document = "---\napiVersion: batch/v1\nkind: Job\nmetadata:\n  name: job-NUMBER\n  labels: {app: x, tier: batch}\nspec:\n  \
                    parallelism: 4\n  completions: 10\n  backoffLimit: 3\n  template:\n    metadata: {labels: {app: x}}\n    \
                    spec:\n      restartPolicy: Never\n      containers:\n      - name: main\n        image: busybox:1.36\n        \
                    command: [sh, -c, 'sleep 10']\n        resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: \
                    128Mi}}\n        env: [{name: A, value: '1'}, {name: B, value: '2'}]\n";
    let text: String = (0..10_000).map(|n| document.replace("NUMBER", &n.to_string())).collect();
    let loaded = load_manifests(&text).unwrap_or_else(|errors| panic!("{}", errors[0]));
    assert_eq!(loaded.objects.len(), 10_000);
}

/// Manifests of the corpus as text, to be damaged.
static MANIFESTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let created = records("create.jsonl.gz").into_iter().chain(records("cronjob.jsonl.gz"));
    let manifests = created.filter_map(|record| record.get("manifest").map(ToString::to_string));
    let raw = records("decode.jsonl.gz").into_iter().filter_map(|record| record["raw"].as_str().map(str::to_owned));
    manifests.step_by(7).chain(raw.step_by(3)).collect()
});

/// What is put into a manifest: what has meaning in YAML, JSON, or the rules.
const PIECES: [&str; 24] = [
    "\n",
    "  ",
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "\"",
    "'",
    "null",
    "-1",
    "9999999999",
    "1e9",
    "&a",
    "*a",
    "<<: ",
    "---\n",
    "é",
    "\u{0}",
    "Indexed",
    "0-1",
    "!!int ",
    "\\ud800",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn no_text_makes_the_loader_panic(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..6_usize, prop::sample::select(&PIECES[..])), 1..6),
    ) {
        let mut text: Vec<char> = which.get(&MANIFESTS).chars().collect();
        for (at, cut, piece) in edits {
            let from = at.index(text.len() + 1);
            let to = (from + cut).min(text.len());
            text.splice(from..to, piece.chars());
        }
        let text: String = text.into_iter().collect();
        let _ = load_manifests(&text);
        let _ = read_documents(&text);
        let _ = read_json(&text);
    }
}
