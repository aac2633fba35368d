//! What people see first: the headline of an answer, measures for capacity, goals on a flag, and that nothing is silent.

use crate::cli::outcome;
use crate::toy::{folder, write};
use serde_json::Value;

const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: import}\nspec: {completions: 4, parallelism: 2, template: \
                   {spec: {restartPolicy: Never, containers: [{name: main, image: x}]}}}\n";
const NIGHTLY: &str = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec: {schedule: \"0 2 * * *\", timeZone: \
                       Europe/Berlin, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, \
                       image: x}]}}}}}\n";

fn file(test: &str, name: &str, text: &str) -> String {
    write(folder(test).join(name), [text]).display().to_string()
}

fn json(args: &[&str]) -> Value {
    let (text, talk, code) = outcome(args);
    assert!(code < 2, "{talk}");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn an_answer_begins_with_what_was_assumed_and_what_came_out() {
    let job = file("answers-first", "job.yaml", JOB);
    let (text, _, code) = outcome(&["run", &job]);
    assert!(code == 0 && text.starts_with("Assumed:  Pods run 1m and never fail"), "{text}");
    assert!(text.contains("\nResult:   import: Complete after 2m3s"), "{text}");
    assert!(text.contains("\nTime:     of its 2m") && text.contains("2m running"), "{text}");
    assert!(text.contains("\nChange:   a higher parallelism (now 2 of 4 completions)"), "{text}");
    assert!(text.find("NAME").unwrap() > text.find("Change:").unwrap(), "kubectl's view comes after it: {text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let told = outcome(&["run", &job, "--run", "1m", "--fail", "0%"]).0;
    assert!(!told.contains("Assumed:"), "{told}");
    // What labels say of all Jobs is not assumed; of a second one without them it is.
    let models = "models: [{matchLabels: {app: a}, pods: {run: 2m, outcome: {fail: 1%}}}]\n";
    let labelled = JOB.replace("name: import}", "name: import, labels: {app: a}}");
    assert_ne!(labelled, JOB);
    let root = folder("answers-labels");
    write(root.join("labelled.yaml"), [&labelled]);
    write(root.join("other.yaml"), [JOB.replace("name: import", "name: other")]);
    for (jobs, is_assumed) in
        [("[{manifest: labelled.yaml}]", false), ("[{manifest: labelled.yaml}, {manifest: other.yaml}]", true)]
    {
        let text = format!("apiVersion: jobsim/v1\nkind: Scenario\njobs: {jobs}\n{models}");
        let scenario = write(root.join("s.yaml"), [text]).display().to_string();
        assert_eq!(outcome(&["run", &scenario]).0.contains("Assumed:"), is_assumed, "{jobs}");
    }
    let many = outcome(&["run", &job, "--fail", "10%", "-n", "50"]).0;
    assert!(
        many.starts_with(
            "Assumed:  Pods run 1m, as nothing says otherwise (--run changes that)\nResult:   import: Complete in"
        ),
        "{many}"
    );
    assert!(many.lines().take(8).any(|line| line.starts_with("Time:")), "{many}");
}

#[test]
fn long_lists_are_cut_with_a_count_and_the_flag_that_shows_all() {
    let root = folder("answers-fleet");
    write(root.join("job.yaml"), [JOB]);
    let text =
        "apiVersion: jobsim/v1\nkind: Scenario\njobs: [{manifest: job.yaml, count: 40, every: 1s}]\npods: {run: 10s}\n";
    let fleet = write(root.join("fleet.yaml"), [text]).display().to_string();
    let (cut, _, _) = outcome(&["run", &fleet]);
    assert!(cut.contains("… 30 more Jobs (--all)") && cut.lines().count() < 40, "{cut}");
    let (all, _, _) = outcome(&["run", &fleet, "--all"]);
    assert!(all.contains("import-40 ") && !all.contains("more Jobs (--all)"), "{all}");
    // Events are kept for an hour.
    let (old, _, _) = outcome(&["run", &root.join("job.yaml").display().to_string(), "--run", "50m"]);
    assert!(old.contains("2 older than an hour") && !old.contains("pod: import-1\n"), "{old}");
}

/// One Job of each kind of wait: the causes add up to its life, and the largest is the one that was built in.
#[test]
fn the_critical_path_adds_up_and_names_the_cause() {
    let root = folder("answers-path");
    let job = write(root.join("job.yaml"), [JOB]).display().to_string();
    let restarts = JOB.replace("Never", "OnFailure");
    let restarts = write(root.join("restarts.yaml"), [restarts.as_str()]).display().to_string();
    for (args, cause) in [
        (vec![&*job, "--run", "1h"], "running"),
        (vec![&*job, "--fail", "100%", "--run", "1s"], "backoff"),
        (vec![&*job, "--set", "cluster.slots=1", "--run", "10m", "--set", "spec.parallelism=4"], "room"),
        (vec![&*job, "--start", "1h"], "starting"),
        (vec![&*job, "--run", "1s", "--set", "spec.completions=300", "--set", "spec.parallelism=300"], "throttle"),
        (vec![&*restarts, "--set", "pods.outcome.fail=[100%, 100%, 100%, 100%, 0%]", "--run", "1s"], "restart"),
        (vec![&*job, "--set", "pods.byAttempt={1-3: {outcome: {fail: 100%}}}", "--run", "10h"], "lost"),
        (vec![&*job, "--set", "actions=[{at: 1s, suspend: import}, {at: 5h, resume: import}]"], "suspended"),
    ] {
        let answer = json(&[&["run"], &args[..], &["-o", "json"]].concat());
        let path = answer["record"]["path"].as_object().expect("there is a path");
        let sum: f64 = path.values().map(|span| span.as_f64().unwrap()).sum();
        let life = answer["record"]["shared"]["span"].as_f64().unwrap();
        assert!((sum - life).abs() < 1e-6, "{args:?}: {sum} s of {life} s");
        let largest = path.iter().max_by(|a, b| a.1.as_f64().unwrap().total_cmp(&b.1.as_f64().unwrap())).unwrap();
        assert_eq!(largest.0, cause, "{args:?}: {path:?}");
    }
}

/// Two of three nights are done by six: Berlin's clock is two hours ahead of UTC in October.
#[test]
fn the_share_of_nights_that_are_done_by_six_is_measured() {
    let nightly = file("answers-six", "nightly.yaml", NIGHTLY);
    let run = |more: &[&str]| {
        let common = ["run", &nightly, "--from", "2026-10-01", "--days", "20", "-o", "json"];
        json(&[&common[..], more].concat())
    };
    let value = |answer: &Value| answer["measures"][0]["value"].as_f64().expect("it is measured");
    // It takes from 3 h to 6 h, and four hours lie between two and six.
    let answer = run(&["--run", "uniform(3h, 6h)", "--show", "share(nightly.doneBy('06:00'))", "-n", "200"]);
    assert!((value(&answer) - 1.0 / 3.0).abs() < 0.03, "{}", answer["measures"]);
    let utc = run(&["--run", "uniform(3h, 6h)", "--show", "share(doneBy('06:00 UTC'))", "-n", "200"]);
    assert!(value(&utc) > 0.99, "six in UTC is eight in Berlin: {}", utc["measures"]);
    let within = run(&["--run", "uniform(3h, 6h)", "--show", "share(complete within 4h)", "-n", "200"]);
    assert!((value(&within) - value(&answer)).abs() < 0.01, "{}", within["measures"]);
    let longer = run(&["--run", "uniform(3h, 6h)", "--show", "share(longer than 4h)", "-n", "200"]);
    assert!((value(&longer) + value(&within) - 1.0).abs() < 0.01, "{}", longer["measures"]);
    // A start that is skipped is not done: with Forbid each second one is left out.
    let forbid = ["spec.concurrencyPolicy=Forbid", "spec.schedule=0 */12 * * *", "spec.startingDeadlineSeconds=600"];
    let forbid = [["--set", forbid[0]], ["--set", forbid[1]], ["--set", forbid[2]], ["--run", "20h"]].concat();
    let skipped = run(&[&forbid[..], &["--show", "share(complete within 21h)"]].concat());
    assert!((value(&skipped) - 0.5).abs() < 0.02, "{}", skipped["measures"]);
}

/// A Job that runs on when the days are over is neither Complete nor failed, and its Pod is no waste.
#[test]
fn a_fixed_horizon_is_no_failure() {
    let nightly = file("answers-horizon", "nightly.yaml", NIGHTLY);
    let answer = json(&["run", &nightly, "--days", "3", "--run", "23h30m", "-o", "json", "--show", "P(Complete)"]);
    let record = &answer["record"];
    assert_eq!((&record["ends"]["complete"], &record["ends"]["unfinished"]), (&2.into(), &1.into()), "{record}");
    assert_eq!((&record["end"], record["wastedPodTime"].as_f64()), (&"Complete".into(), Some(0.0)));
    assert_eq!(answer["measures"][0]["value"].as_f64(), Some(1.0));
}

#[test]
fn goals_stand_on_a_flag_and_can_be_asked_to_be_sure() {
    let job = file("answers-goals", "job.yaml", JOB);
    let run =
        |more: &[&str]| outcome(&[&["run", &job, "--fail", "30%", "--set", "spec.backoffLimit=3"], more].concat());
    let (text, talk, code) = run(&["--expect", "P(Complete) >= 99%"]);
    assert!(code == 1 && text.contains("misses  P(Complete) >= 99%") && text.contains("1,000"), "{text}{talk}");
    let (text, _, code) = run(&["--expect", "P(Complete) >= 50%", "-n", "3"]);
    assert!(code == 0 && text.contains("holds") && text.contains("too few to be sure"), "{text}");
    let (text, _, code) = run(&["--expect", "P(Complete) >= 50%", "-n", "3", "--sure"]);
    assert!(code == 1 && text.contains("unsure  P(Complete)"), "{text}");
    let (_, talk, code) = run(&["--sure"]);
    assert!(code == 2 && talk.contains("--expect"), "{talk}");
    let (text, _, code) = run(&["--show", "allRunning", "--show", "max(mostRunning)"]);
    assert!(code == 0 && text.contains("mean(allRunning)") && text.contains("max(mostRunning)  2\n"), "{text}");
    let (_, talk, code) = run(&["--expect", "p95(duratoin) <= 1h"]);
    assert!(code == 2 && talk.contains("--expect") && talk.contains("did you mean \"duration\""), "{talk}");
}

/// All Pods of a fleet count together; what is the most of a single Job has another name.
#[test]
fn most_running_is_of_all_jobs_together() {
    let root = folder("answers-most");
    write(root.join("job.yaml"), [JOB]);
    let text = "apiVersion: jobsim/v1\nkind: Scenario\njobs: [{manifest: job.yaml, count: 30}]\npods: {run: 1h}\n";
    let fleet = write(root.join("fleet.yaml"), [text]).display().to_string();
    for n in ["1", "2"] {
        let answer = json(&[
            "run",
            &fleet,
            "-n",
            n,
            "-o",
            "json",
            "--show",
            "mean(mostRunning)",
            "--show",
            "mean(mostRunningInJob)",
            "--show",
            "max(makespan)",
            "--show",
            "max(allRunning)",
        ]);
        let value = |n: usize| answer["measures"][n]["value"].as_f64().unwrap();
        assert_eq!((value(0), value(1)), (60.0, 2.0));
        assert!(value(2) > 7_200.0 && value(3) < 60.0, "{}", answer["measures"]);
    }
}

/// The same document for one replication and for many, whatever is saved beside it; and as the schema says.
#[test]
fn machines_get_one_shape_and_its_schema_holds() {
    let root = folder("answers-shape");
    let job = write(root.join("job.yaml"), [JOB]).display().to_string();
    let nightly = write(root.join("nightly.yaml"), [NIGHTLY]).display().to_string();
    let schema = jobsim::report::output_schema();
    let check = |args: &[&str]| {
        let answer = json(args);
        let mut wrong = Vec::new();
        validate(&answer, &schema, &schema, "", &mut wrong);
        assert!(wrong.is_empty(), "{args:?}: {wrong:?}");
        answer
    };
    let keys = |answer: &Value| answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let one = check(&["run", &job, "--fail", "20%", "-o", "json"]);
    let many = check(&[
        "run",
        &job,
        "--fail",
        "20%",
        "-o",
        "json",
        "-n",
        "5",
        "--expect",
        "P(Complete) >= 1%",
        "--show",
        "p99.9(duration)",
    ]);
    assert!(keys(&many).iter().all(|key| keys(&one).contains(key)), "{:?} {:?}", keys(&one), keys(&many));
    let saved = root.join("r.json").display().to_string();
    let records = root.join("r.csv").display().to_string();
    let beside = check(&["run", &job, "--fail", "20%", "-o", "json", "--save", &saved, "--records", &records]);
    assert_eq!(beside, one, "--save and --records change nothing");
    assert!(root.join("r.json").exists() && root.join("r.csv").exists());
    check(&["run", &nightly, "--days", "3", "-o", "json"]);
    check(&["sweep", &job, "-P", "spec.backoffLimit=0..1", "-n", "3", "-o", "json"]);
    check(&["compare", &job, "--set", "spec.parallelism=4", "-n", "3", "-o", "json"]);
    check(&[
        "solve",
        &job,
        "--field",
        "spec.parallelism=1..4",
        "--goal",
        "p95(duration) <= 3m",
        "-n",
        "5",
        "-o",
        "json",
    ]);
}

/// The part of JSON Schema that the output's schema uses.
pub fn validate(value: &Value, schema: &Value, root: &Value, at: &str, wrong: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let def = &root["$defs"][name.rsplit('/').next().unwrap()];
        assert!(def.is_object(), "{name}");
        return validate(value, def, root, at, wrong);
    }
    if let Some(alternatives) = schema["anyOf"].as_array() {
        let fits = |one: &Value| {
            let mut own = Vec::new();
            validate(value, one, root, at, &mut own);
            own.is_empty()
        };
        if !alternatives.iter().any(fits) {
            wrong.push(format!("{at}: no alternative fits"));
        }
        return;
    }
    let is_type = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    };
    let fits = match &schema["type"] {
        Value::String(name) => is_type(name),
        Value::Array(names) => names.iter().any(|name| is_type(name.as_str().unwrap())),
        _ => true,
    };
    let is_known = schema["enum"].as_array().is_none_or(|all| all.contains(value));
    let is_it = schema.get("const").is_none_or(|one| one == value);
    if !fits || !is_known || !is_it {
        wrong.push(format!("{at}: {value}"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            wrong.push(format!("{at}.{name} is missing"));
        }
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(of) => validate(field, of, root, &format!("{at}.{name}"), wrong),
            None if schema["additionalProperties"] == false => wrong.push(format!("{at}.{name} is not in the schema")),
            None => {}
        }
    }
    if let (Some(items), Some(of)) = (value.as_array(), schema.get("items")) {
        items.iter().for_each(|item| validate(item, of, root, &format!("{at}[]"), wrong));
    }
}

/// Each of these did something else than one expects, without a word.
#[test]
fn nothing_is_silent() {
    let root = folder("answers-silent");
    let job = write(root.join("job.yaml"), [JOB]).display().to_string();
    let saved = |name: &str, more: &[&str]| {
        let path = root.join(name).display().to_string();
        let (_, talk, code) = outcome(&[&["run", &job, "--save", &path], more].concat());
        assert_eq!(code, 0, "{talk}");
        path
    };
    let (a, b) = (saved("a.json", &[]), saved("b.json", &["--seed", "2"]));
    let picture = root.join("x.jpg").display().to_string();
    let (_, talk, code) = outcome(&["plot", &a, "-o", &picture]);
    assert!(code == 2 && talk.contains(".svg or .png") && !root.join("x.jpg").exists(), "{talk}");
    let (_, talk, code) = outcome(&["plot", &a, &b, "--kind", "ecdf", "-o", &root.join("p").display().to_string()]);
    assert!(code == 1 && talk.contains("ecdf: nothing to draw") && talk.contains("two replications (-n)"), "{talk}");
    let (_, talk, code) = outcome(&["explain", &job, "--fail", "20%"]);
    assert!(code == 0 && talk.contains("--fail changes nothing here"), "{talk}");
    for (set, meant) in [
        ("backoffLimit=3", "spec.backoffLimit"),
        ("schedule=@daily", "spec.schedule"),
        ("restartPolicy=OnFailure", "spec.template.spec.restartPolicy"),
    ] {
        let (_, talk, code) = outcome(&["run", &job, "--set", set]);
        assert!(code == 2 && talk.contains(&format!("did you mean \"{meant}\"")), "{set}: {talk}");
    }
    let (text, talk, code) = outcome(&["run", &job, "--run", "5 m"]);
    assert!(code == 0 && text.contains("Complete after 10m3s"), "{text}{talk}");
    let clap =
        assert_cmd::Command::new(env!("CARGO_BIN_EXE_jobsim")).args(["run", &job, "--seed", "-1"]).output().unwrap();
    let talk = String::from_utf8_lossy(&clap.stderr).into_owned();
    assert!(clap.status.code() == Some(2) && talk.contains("a whole number from 0"), "{talk}");
    let (text, talk, code) = outcome(&["run", &job, "--from", "2026-10-24"]);
    assert!(code == 0 && text.contains("at 2026-10-24T00:02:03Z"), "{text}{talk}");
    let (_, talk, code) = outcome(&["run", &job, "--from", "2026-10-32"]);
    assert!(code == 2 && talk.contains("or a date"), "{talk}");
}

/// `kubectl get pods -o yaml` says the same as `-o json`.
#[test]
fn calibration_reads_yaml() {
    let pod = |n: u32| {
        format!(
            "- kind: Pod\n  metadata: {{name: p{n}, creationTimestamp: \"2026-11-28T07:00:00Z\", labels: {{job-name: import}}}}\n  spec: \
             {{nodeName: n1, containers: [{{name: m}}]}}\n  status: {{phase: Succeeded, containerStatuses: [{{name: m, state: \
             {{terminated: {{exitCode: 0, startedAt: \"2026-11-28T07:00:02Z\", finishedAt: \"2026-11-28T07:0{n}:02Z\"}}}}}}]}}\n"
        )
    };
    let text = format!("apiVersion: v1\nkind: List\nitems:\n{}", (1..8).map(pod).collect::<String>());
    let yaml = file("answers-calibrate", "pods.yaml", &text);
    let (text, talk, code) = outcome(&["calibrate", &yaml]);
    assert!(code == 0 && text.contains("Calibrated by 7 Pods of Job import"), "{text}{talk}");
}
