//! The scenarios of the repository: each says which question it answers, is simulated without a warning, and gives the
//! same text on every machine. The texts in `tests/golden/` are golden records: whoever changes one has changed behaviour.

use crate::cli::outcome;
use std::fs;
use std::path::{Path, PathBuf};

/// Every scenario, by name.
fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("there are scenarios")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .collect();
    files.sort();
    files
}

#[test]
fn each_opens_with_the_question_that_it_answers() {
    let files = scenarios();
    assert!(files.len() >= 8, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).expect("it is text");
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("# ") && first.ends_with('?'), "{}: {first}", file.display());
        let question = first.trim_start_matches("# ");
        assert!(
            text.contains(&format!("question: {question}\n")) || text.contains(&format!("question: \"{question}\"\n"))
        );
    }
}

#[test]
fn each_gives_the_same_text_everywhere() {
    for file in scenarios() {
        let path = file.display().to_string();
        let (text, talk, code) = outcome(&["run", &path]);
        assert_eq!((talk.as_str(), code), ("", 0), "{path}");
        let name = file.file_stem().expect("it has a name").to_string_lossy().into_owned();
        let report = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.txt"));
        if std::env::var_os("JOBSIM_WRITE_DOCS").is_some() {
            fs::write(&report, &text).expect("it can be written");
        }
        let written = fs::read_to_string(&report).unwrap_or_default();
        assert_eq!(text, written, "{}: JOBSIM_WRITE_DOCS=1 cargo test --test it scenarios writes it", report.display());
    }
}

#[test]
fn the_pace_of_creations_is_that_of_a_live_control_plane() {
    // Measured on a v1.37 control plane: last Pod created after 8.86 s, Complete after 20.06 s.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/throttle-200.yaml");
    let (text, _, _) = outcome(&["run", &file.display().to_string(), "-o", "json"]);
    let run: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let job = &run["jobs"][0];
    for (field, measured) in [("lastPodCreatedSeconds", 8.86), ("finishedSeconds", 20.06)] {
        let simulated = job[field].as_f64().expect("it happened");
        assert!((simulated - measured).abs() < 0.3, "{field}: {simulated} s, measured {measured} s");
    }
}

/// Case `06-poisson-unbounded`: arrivals are counted before any is built.
#[test]
fn more_arrivals_than_are_simulated_are_refused() {
    let text = "apiVersion: jobsim/v1\nkind: Scenario\njobs:\n  - arrivals: {poisson: 1e10/h, until: 4h}\n    inline:\n      \
                apiVersion: batch/v1\n      kind: Job\n      metadata: {name: j}\n      spec: {template: {spec: \
                {restartPolicy: Never, containers: [{name: c, image: x}]}}}\n";
    let file = crate::toy::write(crate::toy::folder("poisson-unbounded").join("scenario.yaml"), [text]);
    let (data, talk, code) = outcome(&["validate", &file.display().to_string()]);
    assert_eq!(code, 1, "{data}{talk}");
    assert!(format!("{data}{talk}").contains("at most 200,000;"), "{data}{talk}");
}
