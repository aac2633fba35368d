//! Validates a manifest: what the API server would say, then what a reviewer would say. Run it with
//! `cargo run --example validate`.

use jobsim::advice::{DiagnosticLevel, ValidationReport};
use std::fmt::Write;

/// A Job with a misspelt field.
const MANIFEST: &str = "
apiVersion: batch/v1
kind: Job
metadata:
  name: import
spec:
  paralelism: 2
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: main
          image: registry.example/import:3
";

/// What the example prints.
pub fn answer() -> String {
    let verdict = ValidationReport::of(&[("job.yaml", MANIFEST)], true);
    let mut text = String::new();
    for file in &verdict.files {
        for entry in &file.entries {
            let place = format!("{}:{}:{}", file.file, entry.line, entry.column);
            let suggestion =
                entry.suggestion.as_ref().map_or(String::new(), |word| format!(" (did you mean {word:?}?)"));
            let level = entry.level.as_str();
            let _ = writeln!(text, "{place}: {level}: {}: {}{suggestion}", entry.field, entry.message);
        }
    }
    let errors = verdict.count(DiagnosticLevel::Error) + verdict.count(DiagnosticLevel::Unreadable);
    let _ = writeln!(text, "{}", if errors == 0 { "accepted" } else { "refused" });
    text
}

fn main() {
    print!("{}", answer());
}
