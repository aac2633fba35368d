//! Nothing that a text can ask for runs or grows without end: each bound of `docs/limits.md` is met, refuses with its
//! message, and can be raised as it is said there. The cases are in `tests/cases`.

use crate::cli::{flat, jobsim, outcome};
use crate::toy::{folder, write, write_bytes};
use jobsim::experiment::{Bound, Budget, Exhausted, Plan, RunControl, Setup, Simulator, replicate, replicate_each};
use jobsim::explain::{explain, worst_case};
use jobsim::limits::*;
use jobsim::scenario::source::Source;
use jobsim::scenario::{Design, DesignFactor, Input, Problems, Resolved};
use jobsim::text::{read_documents, thousands};
use jobsim::time::SimDuration;
use std::fs;
use std::path::{Path, PathBuf};

/// The file of a case.
fn case(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name).display().to_string()
}

fn resolved(scenario: &str, budget: Budget) -> Result<Resolved, Problems> {
    let source = Source { name: "s.yaml".to_owned(), folder: PathBuf::new(), text: scenario.to_owned() };
    let mut input = Input::of_sources(vec![source])?;
    input.budget = budget;
    input.resolve()
}

/// A scenario of one Job with these fields of its spec, and what else is in it.
fn scenario(spec: &str, rest: &str) -> String {
    format!(
        "apiVersion: jobsim/v1\nkind: Scenario\n{rest}\njobs:\n  - inline:\n      apiVersion: batch/v1\n      kind: Job\n      \
         metadata: {{name: j}}\n      spec:\n        {spec}\n        template: {{spec: {{restartPolicy: Never, containers: \
         [{{name: c, image: x}}]}}}}\n"
    )
}

/// A CronJob that is due every minute.
fn minutely(spec: &str, rest: &str) -> String {
    format!(
        "apiVersion: jobsim/v1\nkind: Scenario\n{rest}\njobs:\n  - inline:\n      apiVersion: batch/v1\n      kind: CronJob\n      \
         metadata: {{name: cj}}\n      spec:\n        {spec}\n        schedule: '* * * * *'\n        jobTemplate: {{spec: \
         {{template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: x}}]}}}}}}}}\n"
    )
}

/// How a simulation is stopped.
fn stopped(scenario: &str, budget: Budget) -> Option<Exhausted> {
    let setup = resolved(scenario, budget).expect("it is a scenario").setup;
    Simulator::new(&setup).run(0, false).exhausted
}

const SMALL: Budget = Budget {
    at_once: 2_000,
    events: 20_000,
    pods: 500,
    changes: 1_000,
    starts: 5_000,
    records: 100,
    jobs: 1_000,
    values: 100_000,
};

/// The rows of the tables in `docs/limits.md`: what, and how much, as the constants have it.
fn rows() -> Vec<(&'static str, String)> {
    let mib = |bytes: u64| format!("{} MiB", thousands(bytes >> 20));
    let n = |number: u64| thousands(number);
    let budget = Budget::default();
    vec![
        ("events of one millisecond", format!("{}, and {EVENTS_AT_ONCE_OF_A_JOB} for each Job", n(budget.at_once))),
        ("events of a replication", n(budget.events)),
        ("Pods at a time, with those that have ended and whose Job still exists", n(budget.pods)),
        ("changes of a timeline", n(budget.changes)),
        ("due starts of all CronJobs of a replication", n(budget.starts)),
        ("due starts that are listed one by one (`-o json`, timelines)", n(budget.changes)),
        ("Jobs of a scenario, copies included, and of all points of a design", n(budget.jobs)),
        ("values of manifests, each as often as an entry or a point of a design reads it", n(budget.values)),
        ("records of replications that are kept (`--save`, `--records`, `-o jsonl`, studies)", n(budget.records)),
        ("replications", n(MOST_REPLICATIONS.into())),
        ("a duration", format!("{} days", n(LONGEST_DURATION as u64 / 86_400))),
        ("arrivals of a Poisson process that has neither `count` nor `until`", n(DEFAULT_ARRIVALS.into())),
        ("points of a design", n(MOST_POINTS)),
        ("shards of an experiment", n(MOST_SHARDS.into())),
        ("values of a field of a design", n(MOST_LEVELS)),
        ("values of a field of which `solve` tries a few", n(MOST_SEARCHED)),
        ("nodes at a time, those of `nodesFrom` and the `max` of all pools", n(MOST_NODES.into())),
        ("Pods without a Job that are placed on nodes", n(MOST_PLACED.into())),
        ("Pods of one Job of which `schedule` judges whether they fit", n(MOST_PLACED.into())),
        ("the price of a node for an hour", n(HIGHEST_PRICE as u64)),
        ("conditions of a Job", n(MOST_CONDITIONS as u64)),
        ("containers of a Pod, init containers included", n(MOST_CONTAINERS as u64)),
        ("workers of the Job controller", n(MOST_WORKERS as u64)),
        ("nested distributions", n(DEEPEST_DISTRIBUTION as u64)),
        ("starts that `next` lists of a CronJob", n(MOST_LISTED_STARTS.into())),
        ("Pods of a Job of which `autopsy` says how likely it completes", n(MOST_PODS_AHEAD as u64)),
        ("Jobs of a dump that go on of which `autopsy` says how likely they complete", n(MOST_JOBS_AHEAD as u64)),
        ("events of a replication with which `autopsy` goes on from a dump", n(EVENTS_AHEAD)),
        ("changes that `run --step` goes through", n(MOST_STEPPED as u64)),
        ("the text in the page, in bytes", n(PAGE_TEXT as u64)),
        ("events of a replication in the page, and of all of them", n(PAGE_EVENTS)),
        ("Pods at a time in the page", n(PAGE_PODS)),
        ("changes of a timeline in the page", n(PAGE_CHANGES)),
        ("changes that the page goes through, step by step", n(PAGE_STEPPED as u64)),
        ("due starts of all CronJobs in the page", n(PAGE_STARTS)),
        ("Jobs of a scenario in the page", n(PAGE_JOBS)),
        ("replications in the page", n(PAGE_REPLICATIONS.into())),
        ("a file of manifests, a scenario, a dump, a CSV file", mib(LARGEST_FILE)),
        ("a dump of a cluster for `autopsy`", mib(LARGEST_DUMP)),
        ("a saved result", mib(LARGEST_RESULT)),
        ("a part of an experiment (`--shard`, `--checkpoint`)", mib(LARGEST_PART)),
        ("a line of a recording", mib(LONGEST_LINE)),
        (
            "what a packed result or recording unpacks to",
            format!("{}, or {LARGEST_UNPACKING} times its size", mib(FREELY_UNPACKED)),
        ),
        ("nested lists and objects of a text", n(DEEPEST_TEXT as u64)),
        ("nested lists and objects of a recorded case", n(DEEPEST_CASE as u64)),
        ("events and samples of a recorded case", n(CASE_STEPS)),
        ("values of a text, those that aliases repeat included", n(MOST_VALUES as u64)),
        ("values that aliases repeat", n(MOST_REPEATED as u64)),
        ("the text of an amount (`cpu`, `memory` and so on), in bytes", n(LONGEST_AMOUNT as u64)),
        ("text that anchors and aliases repeat", mib(MOST_REPEATED_TEXT as u64)),
        ("values of a CSV column", n(MOST_CSV_VALUES as u64)),
        ("errors that are told of a text", n(MOST_COMPLAINTS as u64)),
    ]
}

/// The message that `docs/limits.md` promises for a bound.
fn promised(what: &str) -> String {
    let docs = docs();
    let row = docs.lines().find(|line| line.starts_with(&format!("| {what} |"))).expect("it is in the table");
    row.split('|').nth(4).expect("a row has four cells").trim().to_owned()
}

fn docs() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/limits.md")).expect("it can be read")
}

#[test]
fn the_table_for_users_is_that_of_the_constants() {
    let docs = docs();
    let in_docs: Vec<(&str, String)> = docs
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| what | at most") && !line.starts_with("| ---"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (cells[1], cells[2].to_owned())
        })
        .collect();
    assert_eq!(in_docs, rows());
}

#[test]
fn every_bound_stands_in_one_place() {
    // Bounds of Kubernetes, and how much is listed, are no limits of this program; nor are the length of a YAML key and
    // Go's 2^63.
    const ELSEWHERE: &[&str] = &["apiserver", "release", "plot", "report", "explain", "advice", "controller", "limits"];
    const KNOWN: &[&str] = &["LONGEST_KEY", "text/suggest.rs", "cron/go_text.rs"];
    let scattered = crate::source_text::sources().into_iter().filter(|source| !ELSEWHERE.contains(&&*source.room()));
    let complaints: Vec<String> = scattered
        .flat_map(|source| {
            let is_bound =
                |line: &&str| ["const LARGEST", "const DEEPEST", "const LONGEST"].iter().any(|c| line.contains(c));
            let lines: Vec<String> =
                source.code.lines().filter(is_bound).map(|line| source.complain(line.trim())).collect();
            lines
        })
        .filter(|complaint| !KNOWN.iter().any(|known| complaint.contains(known)))
        .collect();
    crate::source_text::assert_none(complaints);
}

/// Case `05-zeno`: a Job whose Pods take no time and are replaced at once.
#[test]
fn time_that_stands_still_is_told() {
    let zeno = case("05-zeno.yaml");
    let (data, talk, code) = outcome(&["run", &zeno]);
    assert_eq!((data.as_str(), code), ("", 2), "{talk}");
    for word in ["replication 0: ", &promised("events of one millisecond"), "µs", "1,000,020 events", "--budget"] {
        assert!(talk.contains(word), "{word:?}: {talk}");
    }
}

#[test]
fn time_that_stands_still_is_told_of_each_kind_of_experiment() {
    let text = fs::read_to_string(case("05-zeno.yaml")).expect("the case can be read");
    let zeno = resolved(&text, SMALL).expect("it is a scenario").setup;
    let fine = resolved(&scenario("backoffLimit: 2", ""), SMALL).expect("it is a scenario").setup;
    let is_zeno = |why: Exhausted| why.bound == Bound::AtOnce && why.after < SimDuration::from_millis(1);
    let plan =
        Plan { replications: 20, threads: 2, keep_records: true, measures: &[], precision: &[], confidence: 0.95 };
    let found = replicate(&[&fine, &zeno], &plan, RunControl::NOBODY).exhausted.expect("it is stopped");
    assert_eq!((found.replication, found.setup, is_zeno(found.why)), (0, 1, true), "{found:?}");
    let points = replicate_each(&[(&fine, &[]), (&zeno, &[])], &plan, RunControl::NOBODY);
    let found: Vec<_> = points.iter().map(|point| point.exhausted.map(|(n, why)| (n, is_zeno(why)))).collect();
    assert_eq!(found, [None, Some((0, true))]);

    let mut simulator = Simulator::new(&zeno);
    let mut recorder = simulator.begin(0, false);
    while simulator.step(&mut recorder).is_some() {}
    assert!(simulator.exhausted().is_some_and(is_zeno) && simulator.next_time().is_none());
    assert!(Simulator::new(&fine).run(0, true).exhausted.is_none());
    // A replication that was stopped leaves nothing behind for the next.
    let mut simulator = Simulator::new(&zeno);
    assert_eq!([simulator.run(0, false), simulator.run(1, false)].map(|s| s.exhausted.is_some()), [true; 2]);
}

#[test]
fn an_explanation_is_complete_or_an_error() {
    let of_budget = |budget| resolved(&scenario("backoffLimit: 2", ""), budget).expect("it is a scenario").setup;
    let all = explain(&of_budget(Budget::default()), &|_| ()).expect("it is small");
    assert_eq!(all.len(), 1);
    let explained = |events| explain(&of_budget(Budget { events, ..Budget::default() }), &|_| ());
    let worst = worst_case(&of_budget(Budget::default()));
    let mut simulator = Simulator::new(&worst);
    simulator.run(0, true);
    let of_worst_case = simulator.world().dispatched;
    // The worst case itself is short. What comes without its first limit takes longer, and is as much a part of the
    // explanation.
    for most in [of_worst_case / 2, 2 * of_worst_case] {
        let why = explained(most).expect_err("too few events");
        assert_eq!((why.bound, why.most), (Bound::Events, most));
    }
}

#[test]
fn each_bound_of_a_simulation_stops_it() {
    let failing = "pods: {run: 1ms, outcome: {fail: 100%}}\ncluster: {preset: ideal, controller: {podFailureBackoff: 1ms, \
                   maxPodFailureBackoff: 1ms}}";
    let onfailure = scenario("backoffLimit: 6", "pods: {run: 1s}\nuntil: 1000d");
    let endless = scenario("backoffLimit: 2147483647", failing);
    let bound = |scenario: &str, budget: Budget| stopped(scenario, budget).map(|why| (why.bound, why.most));
    assert_eq!(bound(&endless, SMALL), Some((Bound::Pods, 500)));
    assert_eq!(bound(&endless, Budget { pods: u64::MAX, ..SMALL }), Some((Bound::Events, 20_000)));
    assert_eq!(bound(&onfailure, SMALL), None);

    let suspended = minutely("suspend: true", "until: 365d");
    assert_eq!(bound(&suspended, SMALL), Some((Bound::Starts, 5_000)));
    assert_eq!(bound(&suspended, Budget { starts: 525_600, ..SMALL }), None);
    let setup = resolved(&suspended, SMALL).expect("it is a scenario").setup;
    let mut simulator = Simulator::new(&setup);
    simulator.keep_starts = true;
    let why = simulator.run(0, false).exhausted.expect("each start is listed");
    assert_eq!((why.bound, why.most), (Bound::Starts, 1_000));

    let setup = resolved(&scenario("completions: 200", "pods: {run: 1s}"), SMALL).expect("it is a scenario").setup;
    let mut simulator = Simulator::new(&setup);
    assert_eq!(simulator.run(0, true).exhausted.map(|why| why.bound), Some(Bound::Changes));
    assert_eq!(simulator.run(0, false).exhausted, None);
}

/// Each bound says what `docs/limits.md` promises.
#[test]
fn what_stops_a_simulation_says_so_as_the_table_has_it() {
    let budget = Budget::default();
    for (what, bound, most) in [
        ("events of one millisecond", Bound::AtOnce, budget.at_once),
        ("events of a replication", Bound::Events, budget.events),
        ("Pods at a time, with those that have ended and whose Job still exists", Bound::Pods, budget.pods),
        ("changes of a timeline", Bound::Changes, budget.changes),
        ("due starts of all CronJobs of a replication", Bound::Starts, budget.starts),
        ("due starts that are listed one by one (`-o json`, timelines)", Bound::Starts, budget.changes),
    ] {
        let text = Exhausted { bound, most, after: SimDuration::ZERO, at: Default::default() }.to_string();
        assert!(text.contains(&promised(what)) && text.contains("--budget"), "{what}: {text}");
    }
}

/// The flag raises the bounds: with it more Jobs may be planned.
#[test]
fn the_flag_raises_the_bounds() {
    let root = folder("limits-flag");
    let file = write(
        root.join("jobs.yaml"),
        [scenario("backoffLimit: 0", "").replace("  - inline:", "  - count: 200001\n    inline:")],
    );
    let file = file.display().to_string();
    let (_, talk, code) = outcome(&["run", &file]);
    let promised = promised("Jobs of a scenario, copies included, and of all points of a design");
    assert!(code == 2 && talk.contains(&promised) && talk.contains("--budget"), "{talk}");
    let (_, talk, code) = outcome(&[
        "run",
        &file,
        "--budget",
        "2",
        "--set",
        "jobs[0].at=1d",
        "--until",
        "1s",
        "--set",
        "jobs[0].count=400001",
    ]);
    assert!(code == 2 && talk.contains("at most 400,000;"), "{talk}");
    for wrong in ["0", "-1", "1.5", "x", "1000001"] {
        assert_eq!(outcome(&["run", &file, "--budget", wrong]).2, 2, "{wrong}");
    }
}

/// Copies and points are counted before any is built, over all entries and points.
#[test]
fn jobs_are_counted_before_they_are_made() {
    let text = |count: u32| {
        scenario("backoffLimit: 0", "").replace("  - inline:", &format!("  - count: {count}\n    inline:"))
    };
    let budget = Budget { jobs: 100, ..Budget::default() };
    assert!(resolved(&text(100), budget).is_ok());
    let refused = resolved(&text(101), budget).unwrap_err()[0].to_string();
    assert!(refused.contains("count: up to 101 Jobs: at most 100;"), "{refused}");
    let source = Source { name: "s.yaml".to_owned(), folder: PathBuf::new(), text: text(60) };
    let mut input = Input::of_sources(vec![source]).expect("it is a scenario");
    input.budget = budget;
    let factor = DesignFactor::ranges("pods.run=1s..9999s:1s").expect("it is a range");
    let refused = Design::grid(&input, &[factor]).expect_err("two points have 120 Jobs")[0].to_string();
    assert!(refused.contains("more than 100 Jobs in all points together;"), "{refused}");
}

/// A small scenario can name one large manifest thousands of times, or vary a field of it in thousands of points.
#[test]
fn the_values_of_manifests_are_counted_as_often_as_they_are_read() {
    let folder = folder("limits-values");
    let env = (0..100).map(|n| format!("{{name: v{n}, value: x}}")).collect::<Vec<_>>().join(", ");
    let job = format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec: {{template: {{spec: {{restartPolicy: Never, \
         containers: [{{name: c, image: x, env: [{env}]}}]}}}}}}\n"
    );
    fs::write(folder.join("job.yaml"), &job).expect("a file can be written");
    let resolved = |entries: usize| {
        let entry = |n| format!("- {{manifest: job.yaml, name: j{n}}}\n");
        let text =
            format!("apiVersion: jobsim/v1\nkind: Scenario\njobs:\n{}", (0..entries).map(entry).collect::<String>());
        let mut input = Input::of_sources(vec![Source { name: "s.yaml".to_owned(), folder: folder.clone(), text }])
            .expect("a scenario");
        input.budget = Budget { values: 10_000, ..Budget::default() };
        input.resolve()
    };
    // Each has 100 variables of three values (object, name and text), and a few around them.
    let ten = resolved(10).expect("they are few enough");
    assert_eq!((ten.files.len(), ten.setup.jobs.len()), (2, 10), "the file is kept once");
    let values = ten.values / 10;
    assert!((300..350).contains(&values), "{values}");
    assert!(resolved((10_000 / values) as usize).is_ok());
    let refused = resolved((10_000 / values) as usize + 1).unwrap_err()[0].to_string();
    assert!(refused.contains("more than 10,000 values in all manifests, each counted as often"), "{refused}");

    let source = Source { name: "j.yaml".to_owned(), folder: folder.clone(), text: job };
    let mut input = Input::of_sources(vec![source]).expect("a manifest");
    input.budget = Budget { values: 10_000, ..Budget::default() };
    // Points that are refused one by one are read like others.
    for levels in ["spec.completions=1..9999", "spec.completions=-9999..-1"] {
        let factor = DesignFactor::ranges(levels).expect("it is a range");
        let refused = Design::grid(&input, &[factor]).expect_err("there are thousands of points")[0].to_string();
        assert!(refused.contains("more than 10,000 values in the manifests of all points"), "{levels}: {refused}");
    }
}

#[test]
fn containers_of_a_pod_are_counted() {
    let text = |containers: usize| {
        let each = |n| format!("{{name: i{n}, image: x, restartPolicy: Always}}");
        let sidecars = (1..containers).map(each).collect::<Vec<_>>().join(", ");
        scenario("backoffLimit: 0", "")
            .replace("containers: [", &format!("initContainers: [{sidecars}], containers: ["))
    };
    assert!(resolved(&text(1_000), Budget::default()).is_ok());
    let refused = resolved(&text(1_001), Budget::default()).unwrap_err()[0].to_string();
    assert!(refused.contains("Job j: 1,001 containers of a Pod: at most 1,000 are simulated"), "{refused}");
}

/// Nodes, what runs on them from the start, and what they cost.
#[test]
fn nodes_and_what_runs_on_them_are_counted_before_they_are_made() {
    let refusal = |cluster: &str, rest: &str| {
        let text = scenario("backoffLimit: 0", &format!("cluster: {{{cluster}}}")) + rest;
        resolved(&text, Budget::default()).unwrap_err()[0].to_string()
    };
    let pools =
        |max: u32| format!("nodes: {{a: {{allocatable: {{cpu: 4}}, max: {max}}}, b: {{allocatable: {{cpu: 4}}}}}}");
    assert!(
        resolved(&scenario("backoffLimit: 0", &format!("cluster: {{{}}}", pools(99_999))), Budget::default()).is_ok()
    );
    let refused = refusal(&pools(100_000), "");
    assert!(
        refused.contains(&promised("nodes at a time, those of `nodesFrom` and the `max` of all pools")),
        "{refused}"
    );

    let priced = |price: &str| format!("nodes: {{a: {{allocatable: {{cpu: 4}}, pricePerHour: {price}}}}}");
    let refused = refusal(&priced("1000000.5"), "");
    assert!(refused.contains(&promised("the price of a node for an hour")), "{refused}");

    let deployment = |replicas: u32| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{replicas: {replicas}, selector: {{}}, \
             template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: c, image: x}}]}}}}}}\n"
        )
    };
    let refused = refusal(&pools(2), &deployment(2_147_483_647));
    assert!(refused.contains(&promised("Pods without a Job that are placed on nodes")), "{refused}");
}

/// A Poisson process gives as many arrivals as are asked for, and says how many if nothing is.
#[test]
fn arrivals_are_never_cut_in_silence() {
    let text = |fields: &str| {
        scenario("backoffLimit: 0", "")
            .replace("  - inline:", &format!("  - arrivals: {{poisson: 3600/h{fields}}}\n    inline:"))
    };
    for (fields, jobs, told) in
        [(", count: 1500", 1_500, false), ("", 1_000, true), (", count: 20, until: 1h", 20, false)]
    {
        let resolved = resolved(&text(fields), Budget::default()).expect("it is a scenario");
        assert_eq!(resolved.setup.jobs.len(), jobs, "{fields}");
        let promised = promised("arrivals of a Poisson process that has neither `count` nor `until`");
        assert_eq!(resolved.notices.iter().any(|notice| notice.contains(&promised)), told, "{:?}", resolved.notices);
    }
    let refused = resolved(&text(", count: 200001"), Budget::default()).unwrap_err()[0].to_string();
    assert!(refused.contains("arrivals: up to 200,001 Jobs: at most 200,000"), "{refused}");
}

/// Cases `09-job-past-2292` and `08-cronjob-2292-hang`: start and end lie within the clock, however they are given.
#[test]
fn a_simulation_lies_within_the_clock() {
    let (job, cronjob) = (case("09-job-past-2292.yaml"), case("08-cronjob-2292-hang.yaml"));
    let (_, talk, code) =
        outcome(&["run", &job, "--run", "30000d", "--until", "36500d", "--from", "2250-01-01T00:00:00Z"]);
    assert!(code == 2 && talk.contains("until: virtual time would begin at 2250-01-01T00:00:00Z"), "{talk}");
    assert!(talk.contains("the end of the clock, 2292-04-10T23:47:15Z"), "{talk}");
    let fields = ["--set", "until=36500d", "--set", "start=2250-01-01T00:00:00Z"];
    assert_eq!(outcome(&[&["run", &job], &fields[..]].concat()).2, 2);
    assert_eq!(outcome(&[&["validate", &scenario_file(), "--set"][..], &["until=36500d"]].concat()).2, 2);
    for (file, from) in
        [(&job, "2291-12-01T00:00:00Z"), (&cronjob, "2292-04-09T00:00:00Z"), (&job, "2292-04-10T23:47:16Z")]
    {
        let (_, talk, code) = outcome(&["run", file, "--from", from, "--run", "1s"]);
        assert!(
            code == 0 && talk.contains("virtual time ends with the clock, at 2292-04-10T23:47:15Z"),
            "{from}: {talk}"
        );
    }
    let (_, talk, code) =
        outcome(&["sweep", &job, "--from", "2250-01-01T00:00:00Z", "-L", "until=1d,36500d", "-n", "1"]);
    assert!(code == 2 && talk.contains("until: virtual time would begin"), "{talk}");
}

fn scenario_file() -> String {
    let root = folder("limits-clock");
    write(root.join("late.yaml"), [scenario("backoffLimit: 0", "start: 2250-01-01T00:00:00Z")]).display().to_string()
}

/// Case `03-action-minute-overflow`: a name that no Job can have is no target.
#[test]
fn names_of_jobs_that_no_schedule_makes_are_refused() {
    let text = fs::read_to_string(case("03-action-minute-overflow.yaml")).expect("the case can be read");
    for minute in [
        "9223372036854775807",
        "-9223372036854775808",
        "153722867280912931",
        "029000000",
        "+29000000",
        "-1",
        "0",
        "169500948",
    ] {
        let text = text.replace("9223372036854775807", minute);
        let refused = resolved(&text, Budget::default()).expect_err(minute)[0].to_string();
        assert!(refused.contains("actions[0].suspend: there is no Job or CronJob"), "{minute}: {refused}");
    }
    for minute in ["15778080", "169500947"] {
        let text = text.replace("9223372036854775807", minute);
        assert!(resolved(&text, Budget::default()).is_ok(), "{minute}");
    }
}

/// Case `10-zip-bomb`: packed input is bounded as other input is.
#[test]
fn packed_files_are_bounded() {
    let root = folder("limits-packed");
    let bomb = vec![b' '; (FREELY_UNPACKED + (1 << 20)) as usize];
    for (name, arguments) in [
        ("zeros.json.gz", &["report", "-o", "-"][..]),
        ("zeros.json.gz", &["plot", "-o", "-"]),
        ("zeros.jsonl.gz", &["conformance"]),
    ] {
        let file = write_bytes(root.join(name), &bomb).display().to_string();
        let (_, talk, code) = outcome(&[arguments, &[&*file]].concat());
        assert_eq!(code, 2, "{talk}");
        let promised = promised("what a packed result or recording unpacks to");
        assert!(talk.contains(&promised) || talk.contains(&self::promised("a line of a recording")), "{talk}");
    }
    let lines = write_bytes(root.join("lines.jsonl.gz"), &vec![b'\n'; bomb.len()]).display().to_string();
    let (_, talk, code) = outcome(&["conformance", &lines]);
    assert!(code == 2 && talk.contains("unpacks to more than 64 MiB"), "{talk}");
}

#[test]
fn files_are_bounded() {
    let root = folder("limits-files");
    let large = vec![b'#'; (LARGEST_FILE + 1) as usize];
    let file = write_bytes(root.join("large.yaml"), &large).display().to_string();
    let promised = promised("a file of manifests, a scenario, a dump, a CSV file");
    for command in ["run", "validate", "next", "calibrate", "explain"] {
        let (_, talk, code) = outcome(&[command, &file]);
        assert!(code == 2 && talk.contains(&promised), "{command}: {talk}");
    }
    write_bytes(root.join("large.csv"), &large);
    let csv = write(root.join("csv.yaml"), [scenario("backoffLimit: 0", "pods: {run: {csv: {file: large.csv}}}")]);
    let (_, talk, code) = outcome(&["run", &csv.display().to_string()]);
    assert!(code == 2 && talk.contains(&promised), "{talk}");
}

/// Aliases repeat neither values nor text without bound.
#[test]
fn aliases_are_bounded() {
    let laughs: String = (1..9).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
        let before = vec![format!("*a{}", n - 1); 9].join(", ");
        format!("{text}a{n}: &a{n} [{before}]\n")
    });
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 1_000].join(", "));
    let (values, bytes) = (promised("values that aliases repeat"), promised("text that anchors and aliases repeat"));
    for text in [laughs, long] {
        let error = read_documents(&text).expect_err("it is too much").to_string();
        assert!(error.contains(&values) && error.contains(&bytes), "{error}");
    }
    let few = format!("a: &a {{x: y}}\nb: [{}]\n", vec!["*a"; 50_000].join(", "));
    assert!(read_documents(&few).is_ok());
}

/// A status is copied at every write, so users cannot make it grow without end.
#[test]
fn conditions_of_a_job_are_bounded() {
    let actions: Vec<String> =
        (0..MOST_CONDITIONS + 5).map(|n| format!("{{at: 1s, setCondition: {{job: j, type: T{n}}}}}")).collect();
    let text = scenario("backoffLimit: 0", &format!("pods: {{run: 1h}}\nactions: [{}]", actions.join(", ")));
    let file = write(folder("limits-conditions").join("s.yaml"), [text]).display().to_string();
    let (data, talk, code) = outcome(&["run", &file, "--all"]);
    assert_eq!(code, 0, "{talk}");
    assert!(flat(&data).contains(&promised("conditions of a Job")), "{data}");
}

/// Digits are multiplied by one another, so their number is bounded, as text and as a number.
#[test]
fn digits_of_an_amount_are_bounded() {
    let root = folder("limits-amounts");
    let promised = promised("the text of an amount (`cpu`, `memory` and so on), in bytes");
    for quote in ["\"", ""] {
        let validate = |digits: usize| {
            let amount = format!("{quote}{}{quote}", "7".repeat(digits));
            let text = format!(
                "{{\"apiVersion\": \"batch/v1\", \"kind\": \"Job\", \"metadata\": {{\"name\": \"j\"}}, \"spec\": {{\"template\": {{\"spec\": \
                 {{\"restartPolicy\": \"Never\", \"containers\": [{{\"name\": \"c\", \"image\": \"x:1\", \"resources\": {{\"requests\": \
                 {{\"memory\": {amount}}}, \"limits\": {{\"memory\": {amount}}}}}}}]}}}}}}}}"
            );
            let file = write(root.join("job.json"), [text]).display().to_string();
            outcome(&["validate", "--no-advice", &file])
        };
        let (data, talk, code) = validate(LONGEST_AMOUNT);
        assert_eq!(code, 0, "{data}{talk}");
        let (data, talk, code) = validate(LONGEST_AMOUNT + 1);
        assert!(code != 0 && flat(&data).contains(&promised) && data.len() < 2_000, "{data}{talk}");
    }
}

/// A recorded case that asks for no end is no case.
#[test]
fn recorded_cases_have_an_end() {
    let job = r#"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j","namespace":"default"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"x"}]}}}}"#;
    let root = folder("limits-recorded");
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/jobs/basic.jsonl.gz");
    let mut first = String::new();
    let packed = fs::File::open(recorded).expect("a corpus comes with the source");
    let mut lines = std::io::BufReader::new(flate2::read::MultiGzDecoder::new(packed));
    std::io::BufRead::read_line(&mut lines, &mut first).expect("it is text");
    let mut case: serde_json::Value = serde_json::from_str(&first).expect("a line is JSON");
    case["job"] = serde_json::from_str(job).expect("it is JSON");
    case["default_pod"] = serde_json::Value::Null;
    case["pods"] = serde_json::json!([]);
    case["horizon_us"] = i64::MAX.into();
    let file = write(root.join("endless.jsonl"), [case.to_string()]).display().to_string();
    let (data, talk, code) = outcome(&["conformance", &file]);
    assert!(code != 0 && !data.is_empty() | !talk.is_empty(), "{data}{talk}");
}

/// The most records that memory is asked for.
#[test]
fn records_that_are_kept_are_bounded() {
    let root = folder("limits-records");
    let file = write(root.join("s.yaml"), [scenario("backoffLimit: 0", "replications: 1000001")]).display().to_string();
    let save = root.join("r.json").display().to_string();
    let (_, talk, code) = outcome(&["run", &file, "--save", &save]);
    assert!(
        code == 2 && talk.contains("1,000,001 records of replications would be kept: at most 1,000,000;"),
        "{talk}"
    );
    let (_, talk, code) = outcome(&["run", &file, "--set", "replications=100000001"]);
    assert!(code == 2 && talk.contains("replications: 100000001"), "{talk}");
    assert_eq!(jobsim(&["run", &file, "-n", "100000001"]).output().expect("it runs").status.code(), Some(2));
}

#[test]
fn a_setup_that_is_fine_is_not_stopped() {
    let setup: Setup =
        resolved(&minutely("concurrencyPolicy: Allow", "until: 2d"), Budget::default()).expect("fine").setup;
    let simulated = Simulator::new(&setup).run(0, false);
    assert_eq!(simulated.exhausted, None);
}
