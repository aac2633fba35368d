//! Releases of Kubernetes: each rule has an example in tests/releases that differs between two releases, and a sentence that
//! `jobsim upgrade` says about it. What recordings show is in tests/conformance/releases.

use crate::cli::{flat, outcome};
use jobsim::experiment::{PartingLines, RememberedRuns, RunDifference, Setup, Simulator, paired_runs};
use jobsim::record::RecordedRun;
use jobsim::release::{GATES, GateStage, MODELLED, NEWEST_PATCHES, Release, ReleaseRule};
use jobsim::report;
use jobsim::scenario::{Input, Upgrade};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An example: a scenario whose first line says `# RULE FROM TO: what happens`.
struct ReleaseExample {
    file: PathBuf,
    rule: ReleaseRule,
    from: String,
    to: String,
}

fn examples() -> Vec<ReleaseExample> {
    let entries = fs::read_dir(root().join("tests/releases")).expect("tests/releases is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    files.sort();
    files.into_iter().map(example).collect()
}

fn example(file: PathBuf) -> ReleaseExample {
    let text = fs::read_to_string(&file).expect("it is text");
    let first =
        text.lines().next().and_then(|line| line.strip_prefix("# ")?.split_once(": ")).expect("it says its rule");
    let words: Vec<&str> = first.0.split(' ').collect();
    let [id, from, to] = words[..] else { panic!("{}: {words:?}", file.display()) };
    let rule = ReleaseRule::all().find(|rule| rule.id() == id).expect("the rule is in the table");
    ReleaseExample { rule, from: from.to_owned(), to: to.to_owned(), file }
}

fn input(file: &Path) -> Input {
    Input::read(&[file.display().to_string()]).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn release(name: &str) -> Release {
    Release::named(name).expect("it is modelled").0
}

/// Whether an input does the same under two releases that are given as a pair.
fn differs(upgrade: &Upgrade, from: Release, to: Release) -> bool {
    match (upgrade.under(from), upgrade.under(to)) {
        (Ok(before), Ok(after)) => {
            let mut runs = RememberedRuns::of(&before.setup, report::timeline_lines);
            runs.difference(&after.setup, 1, &|| ()).expect("it is small") > RunDifference::Nothing
        }
        (before, after) => before.is_err() != after.is_err(),
    }
}

#[test]
fn each_example_differs_between_its_releases_by_its_rule() {
    for example in examples() {
        let (from, to) = (release(&example.from), release(&example.to));
        let upgrade = Upgrade::of(input(&example.file), from, to);
        let name = example.file.display();
        assert!(upgrade.rules().contains(&example.rule), "{name}: the rule does not change there");
        assert!(differs(&upgrade, from, to), "{name}: {} and {} do the same", example.from, example.to);
        let [before, after] = upgrade.switched(example.rule);
        let by_rule = differs(&upgrade, upgrade.from, before) || differs(&upgrade, after, upgrade.to);
        assert!(by_rule, "{name}: the rule alone changes nothing");
    }
}

/// The first lines in which two timelines differ, from whole timelines.
fn first_difference(from: &Setup, to: &Setup, replication: u32) -> PartingLines {
    let lines = |setup: &Setup| {
        let mut simulator = Simulator::new(setup);
        let end = simulator.run(replication, true);
        let run = RecordedRun { recorder: simulator.recorder(), end: end.end, cut: end.cut };
        let mut lines = Vec::new();
        report::timeline_lines((&run, &simulator.world().env.codes), &mut |line| lines.push(line));
        lines
    };
    let (from, to) = (lines(from), lines(to));
    let place = (0..).find(|&place| from.get(place) != to.get(place)).expect("they differ");
    PartingLines { from: from.get(place).cloned(), to: to.get(place).cloned() }
}

#[test]
fn runs_that_are_remembered_by_a_digest_part_where_whole_timelines_do() {
    let mut ended = 0;
    for example in examples() {
        let upgrade = Upgrade::of(input(&example.file), release(&example.from), release(&example.to));
        let (Ok(before), Ok(after)) = (upgrade.under(upgrade.from), upgrade.under(upgrade.to)) else { continue };
        let [mut runs, mut others] =
            [&before, &after].map(|side| RememberedRuns::of(&side.setup, report::timeline_lines));
        let paired = paired_runs(&mut runs, &mut others, 3, &|| ()).expect("it is small");
        let (replication, lines) = paired.first_parting.expect("they differ");
        assert_eq!(lines, first_difference(&before.setup, &after.setup, replication), "{}", example.file.display());
        ended += u32::from(lines.from.is_none() || lines.to.is_none());
        // What is remembered says the same as the runs themselves.
        let by_digest = runs.difference(&after.setup, 3, &|| ()).expect("it is small");
        let expected = if paired.changed > 0 { RunDifference::Outcome } else { RunDifference::Written };
        assert_eq!(by_digest, expected, "{}", example.file.display());
        assert_eq!(runs.difference(&before.setup, 3, &|| ()).expect("it is small"), RunDifference::Nothing);
    }
    assert!(ended > 0, "no example has a timeline that is the beginning of the other");
}

#[test]
fn every_rule_has_an_example_of_releases_or_of_a_feature_gate() {
    let with_example: BTreeSet<ReleaseRule> = examples().iter().map(|example| example.rule).collect();
    let by_gate: BTreeSet<ReleaseRule> = GATED.iter().flat_map(|(name, ..)| switched_by(name)).collect();
    let without: Vec<&str> = ReleaseRule::all()
        .filter(|rule| !with_example.contains(rule) && !by_gate.contains(rule))
        .map(ReleaseRule::id)
        .collect();
    assert_eq!(without, Vec::<&str>::new());
}

fn switched_by(gate: &str) -> Vec<ReleaseRule> {
    GATES.iter().find(|known| known.name == gate).expect("the gate is in the table").switches.to_vec()
}

/// Gates that no release has at another value by default: a release, the value, and a scenario's Job and what is done to it.
const GATED: [(&str, &str, bool, &str); 4] = [
    (
        "JobBackoffLimitPerIndex",
        "1.32",
        false,
        // The default of backoffLimit stays that of a limit per index: the Job tries for ever.
        "until: 10m
pods: {run: 10s, outcome: {fail: 100%}}
jobs:
- inline: {apiVersion: batch/v1, kind: Job, metadata: {name: a}, spec: {completionMode: Indexed, completions: 2,
    backoffLimitPerIndex: 0, template: {spec: {restartPolicy: Never, containers: [{name: main, image: app}]}}}}",
    ),
    (
        "JobPodFailurePolicy",
        "1.30",
        false,
        "pods: {run: 10s, outcome: {fail: 100%, failExitCode: 3}}
jobs:
- inline: {apiVersion: batch/v1, kind: Job, metadata: {name: a}, spec: {podFailurePolicy: {rules: [{action: FailJob,
    onExitCodes: {operator: In, values: [3]}}]},
    template: {spec: {restartPolicy: Never, containers: [{name: main, image: app}]}}}}",
    ),
    (
        "ElasticIndexedJob",
        "1.30",
        false,
        "pods: {run: 1m}
jobs:
- inline: {apiVersion: batch/v1, kind: Job, metadata: {name: a}, spec: {completionMode: Indexed, completions: 2,
    parallelism: 2, template: {spec: {restartPolicy: Never, containers: [{name: main, image: app}]}}}}
actions: [{at: 10s, scale: {job: a, parallelism: 3, completions: 3}}]",
    ),
    (
        "ReduceDefaultCrashLoopBackOffDecay",
        "1.33",
        true,
        "pods: {run: 10s, outcome: {fail: 100%}}
jobs:
- inline: {apiVersion: batch/v1, kind: Job, metadata: {name: a},
    spec: {template: {spec: {restartPolicy: OnFailure, containers: [{name: main, image: app}]}}}}",
    ),
];

#[test]
fn a_feature_gate_changes_what_it_decides_about() {
    for (gate, name, on, body) in GATED {
        let text = format!("apiVersion: jobsim/v1\nkind: Scenario\n{body}\n");
        let source = jobsim::scenario::source::Source { name: gate.to_owned(), folder: PathBuf::new(), text };
        let input = Input::of_sources(vec![source]).unwrap_or_else(|problems| panic!("{gate}: {problems:?}"));
        let usual = release(name);
        let other = usual.with_gate(gate, on).expect("the release lets it");
        assert!(differs(&Upgrade::of(input, usual, other), usual, other), "{gate}");
    }
}

/// What each release reports of itself: every gate and its default (tests/gates; v1.37 reported nothing).
#[test]
fn the_defaults_of_gates_are_those_that_releases_report() {
    for (place, newest) in NEWEST_PATCHES[..NEWEST_PATCHES.len() - 1].iter().enumerate() {
        let file = root().join(format!("tests/gates/{newest}.txt"));
        let reported = fs::read_to_string(&file).expect("the release has reported");
        for gate in GATES {
            let line = reported.lines().find_map(|line| line.strip_prefix(gate.name)?.strip_prefix('='));
            let on = line.map(|line| line.starts_with("true"));
            let expected = match gate.stages[place] {
                GateStage::Absent => None,
                GateStage::Off => Some(false),
                GateStage::On | GateStage::Locked => Some(true),
            };
            assert_eq!(on, expected, "{} in {newest}", gate.name);
            // A gate is locked when its feature is generally available: then no stage follows the value.
            let is_final = line.is_some_and(|line| line.trim_end() == "true");
            assert_eq!(gate.stages[place] == GateStage::Locked, is_final, "{} in {newest}", gate.name);
        }
    }
}

/// What a user reads about a rule: its title and what each of the two releases does.
#[test]
fn upgrade_says_a_sentence_about_each_rule() {
    for example in examples() {
        let (file, rule) = (example.file.display().to_string(), example.rule);
        let args = ["upgrade", &file, "--from", &example.from, "--to", &example.to, "-n", "1"];
        let (text, talk, code) = outcome(&args);
        assert!(code == 0 || code == 1, "{file}: {talk}");
        let (from, to) = (release(&example.from).profile.name(), release(&example.to).profile.name());
        let row = rule.row();
        let holds_after = release(&example.to).profile.rules.has(rule);
        let (before, after) = if holds_after { (row.without, row.with) } else { (row.with, row.without) };
        for said in [
            format!("  {}: {}\n", row.id, row.title),
            format!("    {from}: {before}\n"),
            format!("    {to}: {after}\n"),
        ] {
            assert!(flat(&text).contains(&flat(&said)), "{file}: {said:?} is missing in\n{text}");
        }
        let (json, _, same) = outcome(&[&args[..], &["-o", "json"]].concat());
        assert_eq!(same, code);
        let json: Value = serde_json::from_str(&json).expect("it is JSON");
        let found = json["rules"].as_array().and_then(|rules| rules.iter().find(|found| found["id"] == row.id));
        let effect = found.expect("the rule is listed")["effect"].as_str().expect("it is text").to_owned();
        assert!(["seen", "outcome"].contains(&&*effect), "{file}: {effect}");
        let changes = json["changed"].as_u64() > Some(0) || json["refusedBefore"] != serde_json::json!([]);
        assert_eq!(changes, code == 1, "{file}: an outcome that changes is exit code 1");
    }
}

/// `JOBSIM_WRITE_DOCS=1 cargo test` writes the page anew.
#[test]
fn the_page_of_releases_is_in_step_with_the_tables() {
    let path = root().join("docs/releases.md");
    let page = jobsim::release::markdown();
    if std::env::var_os("JOBSIM_WRITE_DOCS").is_some() {
        fs::write(&path, &page).expect("docs can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "run `JOBSIM_WRITE_DOCS=1 cargo test --test it the_page_of_releases`");
}

#[test]
fn a_release_is_chosen_by_flag_file_or_scenario_and_said() {
    let folder = tempfile("choice");
    let job = folder.join("job.yaml");
    fs::write(&job, MANIFEST).expect("it can be written");
    let job = job.display().to_string();
    let (usual, ..) = outcome(&["run", &job]);
    assert!(!usual.contains("Kubernetes"), "{usual}");
    let (old, ..) = outcome(&["run", &job, "--kubernetes", "1.30"]);
    assert!(old.starts_with("Kubernetes v1.30\n\n"), "{old}");
    let version = folder.join("version.json");
    fs::write(
        &version,
        r#"{"clientVersion": {"gitVersion": "v1.37.0"}, "serverVersion": {"gitVersion": "v1.34.4-eks-1"}}"#,
    )
    .expect("it can be written");
    let (by_file, ..) = outcome(&["run", &job, "--cluster-version", &version.display().to_string(), "-o", "json"]);
    let by_file: Value = serde_json::from_str(&by_file).expect("it is JSON");
    assert_eq!(by_file["kubernetes"], "v1.34.4");
    let scenario = folder.join("scenario.yaml");
    let text = "apiVersion: jobsim/v1\nkind: Scenario\nkubernetes: 1.30\nfeatureGates: {JobSuccessPolicy: true}\njobs: [{manifest: job.yaml}]\n";
    fs::write(&scenario, text).expect("it can be written");
    let scenario = scenario.display().to_string();
    let (by_scenario, ..) = outcome(&["run", &scenario]);
    assert!(by_scenario.starts_with("Kubernetes v1.30 with SUCC\n\n"), "{by_scenario}");
    let (by_flag, ..) = outcome(&["run", &scenario, "--kubernetes", "1.31", "-n", "3"]);
    assert!(by_flag.starts_with("Kubernetes v1.31\n\n"), "{by_flag}");
    let saved = folder.join("saved.json").display().to_string();
    outcome(&["compare", &job, "--kubernetes", "1.31,1.37", "-n", "3", "--save", &saved]);
    let result: Value = serde_json::from_str(&fs::read_to_string(&saved).expect("it was saved")).expect("it is JSON");
    assert_eq!(result["kubernetes"], "v1.31, v1.37");
    assert_eq!(result["points"][0]["name"], "kubernetes=v1.31");
}

#[test]
fn a_release_or_gate_that_there_is_not_is_refused() {
    let folder = tempfile("refused");
    let job = folder.join("job.yaml");
    fs::write(&job, MANIFEST).expect("it can be written");
    let job = job.display().to_string();
    let refused = |args: &[&str]| {
        let (data, talk, code) = outcome(&[&["run", &job], args].concat());
        assert_eq!((data.as_str(), code), ("", 2), "{talk}");
        talk
    };
    assert!(refused(&["--kubernetes", "1.29"]).contains("1.30 to 1.37"));
    assert!(
        refused(&["--feature-gate", "JobManagedBy=false"]).contains("v1.37.2 has locked the feature gate JobManagedBy")
    );
    let none = refused(&["--kubernetes", "1.35", "--feature-gate", "StaleControllerConsistencyJob=false"]);
    assert!(none.contains("v1.35.8 has no feature gate StaleControllerConsistencyJob"), "{none}");
    assert!(refused(&["--feature-gate", "JobManagedBy"]).contains("write NAME=true or NAME=false"));
    assert!(refused(&["--cluster-version", &job]).contains("serverVersion.gitVersion"));
    assert!(refused(&["--kubernetes", "1.31,1.37"]).contains("no release of Kubernetes"));
}

#[test]
fn a_field_that_came_later_is_refused_and_a_gated_one_is_dropped_and_said() {
    let folder = tempfile("fields");
    let job = folder.join("job.yaml");
    let with = |field: &str| MANIFEST.replace("spec:\n  template:", &format!("spec:\n  {field}\n  template:"));
    fs::write(&job, with("scheduling: {}")).expect("it can be written");
    let job = job.display().to_string();
    let (text, _, code) = outcome(&["validate", &job, "--kubernetes", "1.36"]);
    assert!(
        code == 1 && flat(&text).contains(&flat("v1.36 has no such field in JobSpec: it came with v1.37")),
        "{text}"
    );
    assert_eq!(outcome(&["validate", &job]).2, 0);
    fs::write(&job, with("managedBy: example.com/other")).expect("it can be written");
    let (text, _, code) = outcome(&["validate", &job, "--kubernetes", "1.31"]);
    assert!(code == 0 && flat(&text).contains(&flat("spec.managedBy: v1.31 takes this field and drops it")), "{text}");
    assert!(!outcome(&["validate", &job, "--kubernetes", "1.32"]).0.contains("drops it"));
}

/// The cap of six minutes, which releases up to v1.26 had.
#[test]
fn the_profile_for_teaching_has_the_old_cap() {
    let folder = tempfile("teaching");
    let job = folder.join("job.yaml");
    fs::write(&job, MANIFEST.replace("spec:\n  template:", "spec:\n  backoffLimit: 8\n  template:"))
        .expect("it can be written");
    let job = job.display().to_string();
    let args = ["run", &job, "--fail", "100%", "--run", "10s", "-o", "json", "--kubernetes"];
    let longest = |release: &str| {
        let (json, talk, _) = outcome(&[&args[..], &[release]].concat());
        let json: Value = serde_json::from_str(&json).expect("it is JSON");
        (json["record"]["longestBackoff"].as_f64(), talk)
    };
    assert_eq!(longest("1.30").0, Some(600.0));
    let (seconds, talk) = longest("1.26");
    assert_eq!(seconds, Some(360.0));
    assert!(talk.contains("a profile for teaching"), "{talk}");
}

#[test]
fn lessons_say_since_when_a_rule_holds() {
    let (text, ..) = outcome(&["explain", "--field", "successPolicy"]);
    assert!(text.contains("SUCC (v1.31 and later)"), "{text}");
}

/// The newest release of the table is the one that is modelled unless another is asked for.
#[test]
fn the_usual_release_is_the_newest() {
    assert_eq!(MODELLED.profile.version, NEWEST_PATCHES[NEWEST_PATCHES.len() - 1]);
    assert_eq!(MODELLED, release("1.37"));
}

const MANIFEST: &str = "apiVersion: batch/v1
kind: Job
metadata: {name: plain}
spec:
  template: {spec: {restartPolicy: Never, containers: [{name: main, image: app}]}}
";

/// A folder of its own for a test.
fn tempfile(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("releases-{name}"));
    fs::create_dir_all(&folder).expect("it can be made");
    folder
}
