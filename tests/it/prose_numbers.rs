//! The back-off's numbers stand in prose too: in the README, in the documents, in what `explain` and `validate` say. Here
//! each such sentence is written with numbers that are computed from the controller's own formula, and must be found in
//! its file; and a line that speaks of the back-off in numbers must be one of these. So a change of the formula, or a new
//! sentence, fails here until prose and code agree. Numbers in words are known up to twelve. What a file says of other
//! back-offs (the kubelet's, the work queue's) is not looked at.

use jobsim::controller::job::backoff_for;
use jobsim::release::MODELLED;
use std::path::Path;

/// The wait after so many failures in a row, in seconds.
fn wait(failures: i32) -> i64 {
    backoff_for(failures, &MODELLED.job_controller).as_nanos() / 1_000_000_000
}

/// How many failures in a row it takes until the wait grows no more.
fn failures_to_cap() -> i32 {
    (1..64).find(|&n| wait(n) == wait(n + 1)).expect("the back-off has a cap")
}

fn word(n: i64) -> &'static str {
    ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
        [usize::try_from(n).expect("not negative")]
}

fn capitalised(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// As the README's output shows it: `5m20s`.
fn short(seconds: i64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, s) => format!("{s}s"),
        (m, s) => format!("{m}m{s}s"),
    }
}

/// Each file with the sentences that it owes to the formula.
fn sentences() -> Vec<(&'static str, Vec<String>)> {
    let (first, second, third, cap, n) = (wait(1), wait(2), wait(3), failures_to_cap(), wait(failures_to_cap()));
    assert_eq!(n % 60, 0, "prose gives the cap in whole minutes");
    let minutes = n / 60;
    let constants = format!("DefaultJobPodFailureBackOff {first} s, MaxJobPodFailureBackOff {minutes} min");
    let advice = vec![
        constants,
        format!("the controller waits {first} s, then {second}, {third} and so on up to {minutes} minutes"),
        format!("The replacement of failed Pods waits at least {first} s"),
        format!("when {} Pods fail together, the Job creates no Pod for {} minutes", word(cap.into()), word(minutes)),
        format!("After {} failures in a row every further retry waits {} minutes", word(cap.into()), word(minutes)),
    ];
    vec![
        (
            "README.md",
            (1..=3).map(|n| 2 * n).map(|n| format!("(back-off {} after {n} failures)", short(wait(n)))).collect(),
        ),
        ("docs/advice.md", advice.clone()),
        ("src/advice/retries.rs", advice),
        (
            "docs/semantics.md",
            vec![
                format!("Back-off = {first} s × 2^(failures−1), at most {minutes} min"),
                format!(
                    "After {} failures in a row the next Pod waits {} s, after {cap} and more {n} s",
                    cap - 1,
                    wait(cap - 1)
                ),
            ],
        ),
        (
            "src/explain/lessons.rs",
            vec![
                format!("the next Pods wait {first} s × 2^(n − 1)"),
                format!("counted from the last failure and cut to {} minutes", word(minutes)),
                format!("after the Pod failure back-off ({first} s to {minutes} min)"),
            ],
        ),
        (
            "src/explain/pitfalls.rs",
            vec![
                format!(
                    "{} Pods that fail together already bring the cap of {} minutes",
                    word(cap.into()),
                    word(minutes)
                ),
                format!("After {} failures in a row the wait is {}", word(i64::from(cap) - 1), short(wait(cap - 1))),
                format!("after {} and more {} minutes", word(cap.into()), word(minutes)),
                format!("{} cap is {} minutes", "controller's", word(minutes)),
                format!("the replacement waits, up to {} minutes", word(minutes)),
                format!("/// The cap is {} minutes", word(minutes)),
            ],
        ),
        ("scenarios/controller-restart.yaml", vec![format!("the count towards the {} minutes", word(minutes))]),
    ]
}

/// A file as running text: lines, comment marks and Rust's continuations joined by single spaces.
fn prose(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).unwrap_or_else(|why| panic!("{file}: {why}"));
    let words = text.split_whitespace().filter(|word| !matches!(*word, "\\" | "#"));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn each_sentence_about_the_back_off_has_the_formulas_numbers() {
    for (file, sentences) in sentences() {
        let text = prose(file);
        for sentence in sentences {
            assert!(text.contains(&sentence), "{file} should say {sentence:?}: does another number stand there?");
        }
    }
}

#[test]
fn no_other_sentence_gives_the_back_off_in_numbers() {
    let minutes = wait(failures_to_cap()) / 60;
    let amounts = [
        format!(" {} s", wait(1)),
        format!(" {} s", wait(failures_to_cap() - 1)),
        format!("{minutes} min"),
        format!("{} minutes", word(minutes)),
        format!("{} minutes", capitalised(word(minutes))),
    ];
    for (file, known) in sentences() {
        let mut rest = prose(file);
        for sentence in known {
            rest = rest.replace(&sentence, "…");
        }
        for sentence in rest
            .split(['.', ';', '|'])
            .filter(|s| s.contains("failures in a row") || s.contains("Pod failure back-off"))
        {
            let found = amounts.iter().find(|amount| sentence.contains(*amount));
            assert_eq!(found, None, "{file} gives the back-off in numbers that no test compares: {sentence:?}");
        }
    }
}
