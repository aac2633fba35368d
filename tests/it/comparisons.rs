//! Comparisons: common random numbers make differences sharp, against independent streams as they really are; whose luck
//! is whose when Jobs have other names; and what is said of it.

use crate::cli::{flat, outcome};
use crate::design::{JOB, job, json, on};
use crate::toy::write;
use jobsim::experiment::result::{ResultFile, ResultKind};
use jobsim::experiment::{Measure, Plan, Replication, Response, RunControl, Setup, replicate};
use jobsim::scenario::{Input, Setting};
use jobsim::stats::Moments;
use std::path::Path;

fn setup(scenario: &str, set: &[&str]) -> Setup {
    let path = crate::cli::scenario(scenario);
    let mut input = Input::read(&[path]).expect("it can be read");
    for text in set {
        input.set(Setting::parse(text).expect("a setting")).expect("it fits");
    }
    input.resolve().expect("it resolves").setup
}

fn records(setups: &[&Setup], replications: u32) -> Vec<Vec<Replication>> {
    let measures: &[Measure] = &[];
    let (threads, keep_records, precision, confidence) = (0, true, &[][..], 0.95);
    let plan = Plan { replications, threads, keep_records, measures, precision, confidence };
    replicate(setups, &plan, RunControl::NOBODY).points.into_iter().map(|point| point.records).collect()
}

/// The variance of the paired difference in a response.
fn variance(base: &[Replication], with: &[Replication], name: &str) -> f64 {
    let response = Response::named(name).expect("a response");
    let pairs =
        base.iter().zip(with).filter_map(|(a, b)| Some(response.of(&b.all)? as f64 - response.of(&a.all)? as f64));
    pairs.collect::<Moments>().variance().expect("there are several")
}

/// By which factor common random numbers make the variance smaller than independent streams, which are really run.
fn reduction(scenario: &str, policies: [&str; 2], name: &str) -> f64 {
    const REPLICATIONS: u32 = 150;
    let [base, with] = policies.map(|set| setup(scenario, &[set]));
    let apart = Setup { seed: with.seed + 1_000_003, ..with.clone() };
    let [base, together, apart] = &records(&[&base, &with, &apart], REPLICATIONS)[..] else { panic!("three") };
    variance(base, apart, name) / variance(base, together, name)
}

#[test]
fn common_random_numbers_cut_the_variance_of_differences_five_times_at_least() {
    let replacement = ["spec.podReplacementPolicy=TerminatingOrFailed", "spec.podReplacementPolicy=Failed"];
    let failure = ["spec.backoffLimit=4", "spec.podFailurePolicy=null"];
    for (scenario, policies, name) in [
        ("eviction-overshoot.yaml", replacement, "duration"),
        ("eviction-overshoot.yaml", replacement, "backoffWait"),
        ("eviction-overshoot.yaml", replacement, "requests"),
        ("spot-policy.yaml", failure, "timeToComplete"),
        ("spot-policy.yaml", failure, "wastedPodTime"),
    ] {
        let times = reduction(scenario, policies, name);
        assert!((5.0..1e9).contains(&times), "{name} of {scenario}: {times} times");
    }
}

#[test]
fn what_is_said_of_the_variance_is_what_independent_streams_have() {
    let (_, file) = job("comparisons-variance");
    let answer = json("compare", &file, &["--with", "spec.parallelism=2", "-n", "300"]);
    let differences = answer["comparisons"][0]["differences"].as_array().expect("differences");
    let duration = differences.iter().find(|d| d["name"] == "duration").expect("it is there");
    let said = duration["varianceReduction"].as_f64().expect("a number");
    let run = |set: &[&str]| -> Vec<f64> {
        let (lines, _, code) = on("run", &file, &[set, &["-n", "300", "-o", "jsonl"]].concat());
        assert_eq!(code, 0);
        let records = lines.lines().map(|l| serde_json::from_str::<Replication>(l).expect("a record"));
        records.map(|r| r.all.duration.expect("it ends").as_secs_f64()).collect()
    };
    let (base, with) = (run(&[]), run(&["--set", "spec.parallelism=2"]));
    let apart = run(&["--set", "spec.parallelism=2", "--seed", "77"]);
    let variance = |b: &[f64]| base.iter().zip(b).map(|(a, b)| b - a).collect::<Moments>().variance().expect("many");
    let measured = variance(&apart) / variance(&with);
    assert!((0.75..1.33).contains(&(said / measured)), "said {said}, measured {measured}");
    let mean = base.iter().zip(&with).map(|(a, b)| b - a).sum::<f64>() / 300.0;
    assert!((duration["mean"].as_f64().expect("a number") - mean).abs() < 1e-6);
}

#[test]
fn jobs_of_other_names_use_the_random_draws_of_those_in_their_position() {
    let (root, file) = job("comparisons-names");
    let other = write(root.join("other.yaml"), [JOB.replace("import", "load")]).display().to_string();
    let (text, talk, code) = outcome(&["compare", &file, &other, "--fail", "15%", "-n", "40"]);
    assert_eq!(code, 0);
    let pairing = "Jobs with other names are paired by position and use the same random draws: load as import";
    assert!(talk.contains(pairing), "{talk}");
    assert!(flat(&text).contains("makes no difference"), "{text}");

    // Namesakes come first; the other Jobs are paired in order, or have random draws of their own.
    let pair =
        |first: &str, second: &str| format!("{}---\n{}", JOB.replace("import", first), JOB.replace("import", second));
    let two = write(root.join("two.yaml"), [pair("a", "import")]).display().to_string();
    let (text, talk, code) = outcome(&["compare", &file, &two, "--fail", "15%", "-n", "5"]);
    assert_eq!(code, 0, "{talk}");
    assert!(
        talk.contains("two.yaml: has no partner in ")
            && talk.contains(" and uses random draws of its own: a\n")
            && !talk.contains("paired by position"),
        "{talk}"
    );
    assert!(text.contains("podsCreated"), "{text}");
}

#[test]
fn cronjobs_of_other_names_share_their_random_draws_start_by_start() {
    let (root, _) = job("comparisons-cronjobs");
    let file = |name: &str, schedule: &str| {
        let text = format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: {name}}}\nspec:\n  schedule: \"{schedule}\"\n  \
             jobTemplate: {{spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: i}}]}}}}}}}}\n"
        );
        write(root.join(format!("{name}.yaml")), [text]).display().to_string()
    };
    let (nightly, often) = (file("nightly", "*/10 * * * *"), file("often", "*/10 * * * *"));
    let flags = ["--fail", "20%", "--run", "exponential(mean=4m)", "--until", "2h", "-n", "20"];
    let (text, talk, code) = outcome(&[&["compare", &nightly, &often], &flags[..]].concat());
    assert_eq!(code, 0, "{talk}");
    assert!(talk.contains("often as nightly") && flat(&text).contains("makes no difference"), "{talk}{text}");
    // A Job has no place among CronJobs.
    let one = write(root.join("one.yaml"), [JOB]).display().to_string();
    let (_, talk, code) = outcome(&[&["compare", &nightly, &one], &flags[..]].concat());
    assert_eq!(code, 0, "{talk}");
    assert!(talk.contains("one.yaml: has no partner in ") && !talk.contains("paired by position"), "{talk}");
}

#[test]
fn one_seed_is_used_for_all() {
    let (root, file) = job("comparisons-seeds");
    let text =
        "apiVersion: jobsim/v1\nkind: Scenario\nseed: 5\njobs: [{manifest: job.yaml}]\npods: {outcome: {fail: 15%}}\n";
    let scenario = write(root.join("scenario.yaml"), [text]).display().to_string();
    let (text, talk, code) = outcome(&["compare", &file, &scenario, "--set", "pods.outcome.fail=15%", "-n", "40"]);
    assert_eq!(code, 0);
    assert!(talk.contains("scenario.yaml: uses the seed of "), "{talk}");
    assert!(flat(&text).contains("makes no difference") && flat(&text).contains("(seed 1)"), "{text}");
}

#[test]
fn a_verdict_says_what_is_better_by_how_much_and_how_sure() {
    let (root, file) = job("comparisons-verdict");
    let saved = root.join("compare.json").display().to_string();
    let with = ["--with", "spec.parallelism=6", "--with", "spec.backoffLimit=0; spec.parallelism=6"];
    let (text, talk, code) = on("compare", &file, &[&with[..], &["-n", "300", "--save", &saved]].concat());
    assert_eq!((talk.as_str(), code), ("", 0));
    for part in [
        "spec.parallelism=6 against base",
        "spec.parallelism=6 is better than base in the time to complete",
        "Better: the time to complete: ",
        "lower in ",
        "spec.backoffLimit=0, spec.parallelism=6 is worse than base in the probability to complete",
        "Worse: the probability to complete: ",
        "because it gives up",
        "Common random numbers made the variance up to ",
    ] {
        assert!(flat(&text).contains(part), "{part}\nis not in\n{text}");
    }
    let result: ResultFile = jobsim::report::load(Path::new(&saved)).expect("it is read back");
    assert_eq!((result.kind, result.points.len(), result.comparisons.len()), (ResultKind::Compare, 3, 2));
    assert!(!result.comparisons[0].verdict.is_empty());
    let picture = root.join("compare.png").display().to_string();
    assert_eq!(outcome(&["plot", &saved, "--kind", "compare", "-o", &picture]).2, 0);
    let page = root.join("page.html").display().to_string();
    assert_eq!(outcome(&["report", &saved, "-o", &page]).2, 0);
    assert!(std::fs::read_to_string(page).expect("text").contains("is better than base in the time to complete"));

    // The short form for one variant, in other forms, whatever the threads.
    let one = |form: &str, threads: &str| {
        let more = ["--set", "spec.parallelism=6", "-n", "60", "-o", form, "--threads", threads];
        let (text, talk, code) = on("compare", &file, &more);
        assert_eq!((talk.as_str(), code), ("", 0));
        text
    };
    assert_eq!(one("csv", "1"), one("csv", "16"));
    assert_eq!(one("csv", "2").lines().count(), 2 + Response::ALL.len());
    let markdown = one("markdown", "2");
    assert!(markdown.starts_with("**spec.parallelism=6 is better than base in the time to complete"), "{markdown}");
    for line in [
        "|  | before | after: spec.parallelism=6 | difference |  |",
        "| the time to complete | ",
        "<details><summary>Every response</summary>",
        "| against the base | response | base | variant | difference |",
    ] {
        assert!(markdown.contains(line), "{line}: {markdown}");
    }
    let judged = markdown.lines().find(|line| line.starts_with("| the time to complete |")).expect("it is judged");
    assert!(judged.contains("**better**, lower in "), "{judged}");
}

#[test]
fn undecided_differences_say_how_many_replications_would_decide() {
    let (_, file) = job("comparisons-undecided");
    let (text, ..) = on("compare", &file, &["--with", "pods.outcome.fail=15.2%", "-n", "200"]);
    assert!(text.contains("Undecided: ") && text.contains("more replications would decide"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_reason() {
    let (root, file) = job("comparisons-refusals");
    let nowhere = root.join("nowhere.yaml").display().to_string();
    for (more, why) in [
        (&[][..], "there is nothing to compare with"),
        (&["--with", "spec.backofLimit=3"], "did you mean \"backoffLimit\"?"),
        (&["--with", "spec.backoffLimit"], "sets nothing"),
        (&["--with", "spec.backoffLimit=-1"], "must be greater than or equal to 0"),
        (&["--with", "spec.backoffLimit=3", "--show", "duratoin"], "did you mean \"duration\"?"),
        (&[&nowhere], "nowhere.yaml"),
    ] {
        let (data, talk, code) = on("compare", &file, more);
        assert_eq!((data.as_str(), code), ("", 2), "{more:?}");
        assert!(talk.contains(why), "{more:?}: {talk}");
    }
}

#[test]
fn the_front_page_shows_what_the_commands_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("it is text");
    let section =
        readme.split("## What changes it").nth(1).and_then(|rest| rest.split("## ").next()).expect("there is one");
    let mut said = String::new();
    let mut commands = 0;
    for line in section.split("```").nth(1).expect("it has a block").lines().skip(1) {
        if let Some(command) = line.strip_prefix("$ jobsim ") {
            // Words in quotation marks are one.
            let words = command.split('\'').enumerate().flat_map(|(n, part)| match n % 2 {
                0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
                _ => vec![part.to_owned()],
            });
            let words: Vec<String> = words
                .map(|w| if w.starts_with("scenarios/") { root.join(w).display().to_string() } else { w })
                .collect();
            let (text, talk, code) = outcome(&words.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!((talk.as_str(), code), ("", 0), "{command}");
            (said, commands) = (text, commands + 1);
        } else if !line.is_empty() && line != "…" {
            assert!(said.lines().any(|l| l == line), "{line}\nis not in\n{said}");
        }
    }
    assert_eq!(commands, 3);
}
