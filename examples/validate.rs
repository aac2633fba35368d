//! Validates a manifest: what the API server would say, then what a reviewer would say. Run it with
//! `cargo run --example validate`.

use jobsim::advice::{Level, Verdict};
use std::fmt::Write;

/// A misspelt field, and a policy that needs another `restartPolicy`.
const MANIFEST: &str = "
apiVersion: batch/v1
kind: Job
metadata:
  name: import
spec:
  paralelism: 2
  template:
    spec:
      restartPolicy: Always
      containers:
        - name: main
          image: registry.example/import:3
";

/// What the example prints.
pub fn answer() -> String {
    let verdict = Verdict::of(&[("job.yaml", MANIFEST)], true);
    let mut text = String::new();
    for file in &verdict.files {
        for entry in &file.entries {
            let (level, code) = (entry.level.as_str(), entry.code.unwrap_or("-"));
            let _ = writeln!(text, "{}:{}:{}: {level} {code}: {}", file.file, entry.line, entry.column, entry.message);
        }
    }
    let errors = verdict.count(Level::Error) + verdict.count(Level::Unreadable);
    let _ = writeln!(text, "{}", if errors == 0 { "accepted" } else { "refused" });
    text
}

fn main() {
    print!("{}", answer());
}
