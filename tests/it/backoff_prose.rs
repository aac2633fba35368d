//! Copies of the back-off's numbers in prose: each must still say what `jobsim::release` says. The sentences are built
//! here from the constants; a failure names the text that has to follow a changed constant.

use jobsim::release::{JobControllerParams, MODELLED};
use jobsim::time::SimDuration;
use std::fs;
use std::path::Path;

/// The back-off after so many failures in a row, written out once more: base × 2^(n − 1), cut to the cap.
fn backoff(failures: u32, base: SimDuration, cap: SimDuration) -> SimDuration {
    let nanos = base.as_nanos().saturating_mul(1 << (failures - 1));
    SimDuration::from_nanos(nanos.min(cap.as_nanos()))
}

fn seconds(span: SimDuration) -> i64 {
    span.as_nanos() / 1_000_000_000
}

fn minutes(span: SimDuration) -> i64 {
    seconds(span) / 60
}

/// A small number as a word.
fn word(number: i64) -> String {
    match number {
        6 => "six".to_owned(),
        7 => "seven".to_owned(),
        10 => "ten".to_owned(),
        _ => number.to_string(),
    }
}

/// What must stand in which file.
fn sentences(p: &JobControllerParams) -> Vec<(&'static str, String)> {
    let (base, cap) = (p.pod_failure_backoff, p.max_pod_failure_backoff);
    let after = |failures| backoff(failures, base, cap);
    let doubled = format!(
        "{} s, then {}, {} and so on up to {} minutes",
        seconds(base),
        seconds(after(2)),
        seconds(after(3)),
        minutes(cap)
    );
    let requeue = |n| seconds(backoff(n, p.requeue_backoff, p.max_requeue_backoff));
    vec![
        ("docs/semantics.md", format!("{} s × 2^(failures−1), at most {} min", seconds(base), minutes(cap))),
        ("docs/advice.md", doubled.clone()),
        ("src/advice/retries.rs", doubled),
        ("src/explain/lesson_table.rs", format!("{} s × 2^(n − 1)", seconds(base))),
        (
            "src/explain/lesson_table.rs",
            format!("counted from the last failure and cut to {} minutes", word(minutes(cap))),
        ),
        ("src/explain/lesson_table.rs", format!("Pod failure back-off ({} s to {} min)", seconds(base), minutes(cap))),
        ("src/explain/pitfalls.rs", format!("the released controller's cap is {} minutes", word(minutes(cap)))),
        (
            "src/explain/pitfalls.rs",
            format!(
                "After six failures in a row the wait is {}, after seven and more {} minutes",
                after(6),
                word(minutes(cap))
            ),
        ),
        ("README.md", format!("(back-off {} after 2 failures)", after(2))),
        ("README.md", format!("(back-off {} after 4 failures)", after(4))),
        ("README.md", format!("(back-off {} after 6 failures)", after(6))),
        (
            "scenarios/quota.yaml",
            format!(
                "{}, {}, {} … at most {} seconds",
                requeue(1),
                requeue(2),
                requeue(3),
                seconds(p.max_requeue_backoff)
            ),
        ),
    ]
}

/// What must stand where the cap is told: in the words of advice and explanations, and in documents.
fn sentences_about_the_cap(p: &JobControllerParams) -> Vec<(&'static str, String)> {
    let (base, cap) = (p.pod_failure_backoff, p.max_pod_failure_backoff);
    let together = (1..64).find(|&failures| backoff(failures, base, cap) == cap).expect("the cap is reached");
    let (together, minutes_in_words) = (word(together.into()), word(minutes(cap)));
    let (base, minutes) = (seconds(base), minutes(cap));
    let constants = format!("DefaultJobPodFailureBackOff {base} s, MaxJobPodFailureBackOff {minutes} min");
    let in_vain = format!("when {together} Pods fail together, the Job creates no Pod for {minutes_in_words} minutes");
    vec![
        ("docs/advice.md", constants.clone()),
        ("src/advice/retries.rs", constants),
        ("docs/advice.md", in_vain.clone()),
        ("src/advice/retries.rs", in_vain),
        (
            "src/explain/pitfalls.rs",
            format!("{together} Pods that fail together already bring the cap of {minutes_in_words} minutes"),
        ),
        ("docs/autopsy.md", format!("{base} s, doubled with each failure in a row up to {minutes} min")),
        ("docs/lessons/the-cap.yaml", format!("cut to {minutes} minutes")),
        ("src/report/change.rs", format!("the back-off doubles with each in a row, up to {minutes}m")),
        (
            "src/scenario/document/cluster.rs",
            format!("Longest Pod failure back-off (6m in older releases). [default: {minutes}m]"),
        ),
    ]
}

/// The text as one line: without line ends, comment signs and the backslashes that continue a string.
fn flat(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !["\\", "#", "//", "///", "//!"].contains(word));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn prose_says_what_the_code_does() {
    let controller = &MODELLED.job_controller;
    let all = sentences(controller).into_iter().chain(sentences_about_the_cap(controller));
    for (file, sentence) in all {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("the file is there");
        assert!(
            flat(&text).contains(&sentence),
            "{file} no longer says {sentence:?}: follow the constants, or change the sentence here too"
        );
    }
}
