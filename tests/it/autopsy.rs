//! Autopsies held against what the simulator knows: dumps are taken of simulated clusters, as a cluster would show itself, and
//! each cause that an autopsy names is compared with what the record of the run says.

use crate::cli::{outcome, scenario};
use crate::toy::{folder, write};
use jobsim::autopsy::{Autopsy, Dump, JobAutopsy, LikelyCause, ObservedWait, StartFate, WaitCause};
use jobsim::experiment::{JobTimeline, Simulator, Timeline, build_timeline};
use jobsim::record::RecordedRun;
use jobsim::release::Release;
use jobsim::report::{autopsy_json, cluster_dump};
use jobsim::scenario::Input;
use jobsim::scenario::source::Source;
use jobsim::time::SimTime;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A scenario, and when dumps are taken of it.
struct Shape {
    name: &'static str,
    kubernetes: &'static str,
    spec: &'static str,
    pods: &'static str,
    rest: &'static str,
    dumps: &'static [&'static str],
}

impl Shape {
    const fn new(name: &'static str, spec: &'static str, pods: &'static str, rest: &'static str) -> Self {
        Shape { name, kubernetes: "1.37", spec, pods, rest, dumps: &["3m", "12m", "50m", "2h"] }
    }

    fn of(self, kubernetes: &'static str) -> Self {
        Shape { kubernetes, ..self }
    }

    fn text(&self) -> String {
        let job = "metadata: {name: j}, spec:";
        let template = "template: {spec: {restartPolicy: Never, containers: [{name: main, image: app}]}}";
        let inline = match self.spec.contains("schedule") {
            true => format!(
                "{{apiVersion: batch/v1, kind: CronJob, {job} {{{}, jobTemplate: {{spec: {{{template}}}}}}}}}",
                self.spec
            ),
            false if self.spec.contains("OnFailure") => format!(
                "{{apiVersion: batch/v1, kind: Job, {job} {{{}, {}}}}}",
                self.spec.trim_start_matches("OnFailure, "),
                template.replace("Never", "OnFailure")
            ),
            false => format!("{{apiVersion: batch/v1, kind: Job, {job} {{{}, {template}}}}}", self.spec),
        };
        format!(
            "apiVersion: jobsim/v1\nkind: Scenario\nkubernetes: \"{}\"\nstart: 2026-11-28T10:00:00Z\nuntil: 12h\njobs: [{{inline: \
             {inline}}}]\npods: {{{}}}\n{}\n",
            self.kubernetes, self.pods, self.rest
        )
    }
}

/// Shapes of courses, each with what happens to it.
fn shapes() -> Vec<Shape> {
    let failing = "run: 30s, outcome: {fail: 60%}";
    let shape = Shape::new;
    vec![
        shape("back-off streak", "backoffLimit: 8", "run: 20s, outcome: {fail: 100%}", ""),
        shape("back-off beside successes", "completions: 12, parallelism: 3, backoffLimit: 20", failing, ""),
        shape("throttle", "completions: 300, parallelism: 150", "run: 2m", ""),
        shape("room", "completions: 15, parallelism: 6", "run: 90s", "cluster: {slots: 2}"),
        shape("image pull", "completions: 6, parallelism: 2", "run: 1m, pull: \"uniform(20s, 60s)\"", ""),
        shape("pulls that fail", "completions: 6, parallelism: 3", "run: 1m, outcome: {pullFailure: 60%}", ""),
        shape(
            "controller down",
            "completions: 12, parallelism: 3",
            "run: 50s",
            "actions: [{at: 130s, controllerDown: 5m}]",
        ),
        shape(
            "controller restarted in a streak",
            "backoffLimit: 9",
            "run: 20s, outcome: {fail: 100%}",
            "actions: [{at: 5m, controllerDown: 20s}]",
        ),
        shape(
            "suspended and resumed",
            "completions: 12, parallelism: 4",
            "run: 3m, terminate: 10s",
            "actions: [{at: 4m, suspend: j}, {at: 9m, resume: j}, {at: 14m, suspend: j}, {at: 20m, resume: j}]",
        ),
        shape("deadline", "activeDeadlineSeconds: 400, completions: 40, parallelism: 2", "run: 1m, terminate: 20s", ""),
        shape(
            "FailJob",
            "completions: 9, parallelism: 1, podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator: In, values: [42]}}]}",
            "run: 40s, byAttempt: {\"1-3\": {outcome: {fail: 100%}}, \"4\": {outcome: {exitCodes: {42: 1}}}}",
            "",
        ),
        shape(
            "limit per index",
            "completions: 8, parallelism: 4, completionMode: Indexed, backoffLimitPerIndex: 3",
            "run: 40s, byIndex: {\"1,6\": {outcome: {fail: 100%}}, \"3\": {outcome: {fail: 60%}}}",
            "",
        ),
        shape(
            "replaced when ended",
            "completions: 6, parallelism: 2, podReplacementPolicy: Failed",
            "run: 3m, terminate: 25s",
            "actions: [{at: 1m, deletePods: {job: j}}, {at: 6m, deletePods: {job: j, share: 50%}}]",
        ),
        shape(
            "success policy",
            "completions: 6, parallelism: 6, completionMode: Indexed, successPolicy: {rules: [{succeededIndexes: \"0\"}]}",
            "run: 10m, terminate: 20s, byIndex: {\"0\": {run: 2m}}",
            "",
        ),
        shape(
            "deleted by hand",
            "completions: 6, parallelism: 2",
            "run: 4m, terminate: 5s",
            "actions: [{at: 1m, deletePods: {job: j, share: 50%}}, {at: 10m, deletePods: {job: j}}]",
        ),
        shape(
            "evictions, Events combined",
            "completions: 60, parallelism: 8, completionMode: Indexed, backoffLimit: 1000",
            "run: \"uniform(2m, 6m)\", terminate: 30s",
            "disruptions: [{eviction: {rate: 4/h}}]",
        ),
        shape(
            "evictions, limit per index",
            "completions: 60, parallelism: 8, completionMode: Indexed, backoffLimitPerIndex: 9, podReplacementPolicy: Failed",
            "run: \"uniform(2m, 6m)\", terminate: 30s",
            "disruptions: [{eviction: {rate: 4/h}}]",
        ),
        shape(
            "creations refused",
            "completions: 6, parallelism: 3",
            "run: 100s",
            "cluster: {createFailures: [{from: 90s, to: 5m}]}",
        ),
        shape("restarts", "OnFailure, backoffLimit: 5", "run: 20s, outcome: {fail: 100%}", ""),
        shape("old release, back-off", "backoffLimit: 4", "run: 20s, outcome: {fail: 100%}", "").of("1.30"),
        shape("old release, deadline", "activeDeadlineSeconds: 200, completions: 40", "run: 1m, terminate: 20s", "")
            .of("1.30"),
    ]
}

/// What happened, and a dump of it.
struct Taken {
    timeline: Timeline,
    dump: Value,
    at: SimTime,
    start: SimTime,
}

/// Runs a scenario up to an instant.
fn taken(text: &str, replication: u32, at: &str) -> Taken {
    let source = Source { name: "s.yaml".to_owned(), folder: PathBuf::new(), text: text.to_owned() };
    let input = Input::of_sources(vec![source]).unwrap_or_else(|why| panic!("{why:?}\n{text}"));
    let setup = input.resolve().unwrap_or_else(|why| panic!("{why:?}\n{text}")).setup;
    let mut simulator = Simulator::new(&setup);
    let mut recorder = simulator.begin(replication, true);
    let end = setup.start + jobsim::model::duration::parse(at).expect("a time");
    while simulator.next_time().is_some_and(|next| next <= end) {
        simulator.step(&mut recorder);
    }
    let run = RecordedRun { recorder: &recorder, end, cut: false };
    let codes = &simulator.world().env.codes;
    let timeline = build_timeline(&run, codes, &setup, replication);
    Taken { timeline, dump: cluster_dump(&run, &setup, simulator.world()), at: end, start: setup.start }
}

fn autopsy(dump: &Value, kubernetes: &str, at: Option<SimTime>) -> Autopsy {
    let mut read = Dump::default();
    read.read(&dump.to_string()).expect("it is a dump");
    let release = Release::named(kubernetes).expect("it is modelled").0;
    let autopsy = Autopsy::new(&read, &release, at).expect("there is a Job");
    // What is stepped over when a text is read is nothing that anybody asks for.
    let mut whole = Dump::default();
    whole.take(dump.clone()).expect("it is a dump");
    let of_whole = Autopsy::new(&whole, &release, at).expect("there is a Job");
    let none = vec![None; autopsy.jobs.len()];
    assert_eq!(autopsy_json(&autopsy, &none), autopsy_json(&of_whole, &none));
    autopsy
}

/// What the record says was waited for, from when to when; in seconds since the start.
fn truth(taken: &Taken, job: &JobTimeline, shape: &Shape) -> Vec<(WaitCause, f64, f64)> {
    let end = taken.timeline.end;
    let mut spans: Vec<(WaitCause, f64, f64)> = Vec::new();
    for wait in &job.waits {
        let cause = match wait.what.as_str() {
            "backoff" => WaitCause::Backoff,
            "restart" => WaitCause::Restart,
            "throttle" => WaitCause::Throttle,
            _ => WaitCause::Room,
        };
        spans.push((cause, wait.from, wait.to.min(end)));
    }
    let announces = |c: &String| c.starts_with("FailureTarget") || c.starts_with("SuccessCriteriaMet");
    let announced = job.changes.iter().find(|change| change.conditions.iter().any(announces)).map(|change| change.at);
    for pod in &job.pods {
        if shape.pods.contains("pull")
            && let Some(bound) = pod.bound
        {
            spans.push((WaitCause::ImagePull, bound, pod.running.unwrap_or(end)));
        }
        let over = pod.finished.or(pod.gone).unwrap_or(end);
        let since = if shape.spec.contains("podReplacementPolicy: Failed") { Some(0.0) } else { announced };
        if let Some((deleted, since)) = pod.deletion.zip(since) {
            spans.push((WaitCause::Terminating, deleted.max(since), over));
        }
    }
    let mut suspended = None;
    for change in &job.changes {
        match (suspended, change.suspend) {
            (None, true) => suspended = Some(change.at),
            (Some(from), false) => {
                spans.push((WaitCause::Suspended, from, change.at));
                suspended = None;
            }
            _ => {}
        }
    }
    spans.extend(suspended.map(|from| (WaitCause::Suspended, from, end)));
    let mut down = None;
    for (at, up) in &taken.timeline.controllers {
        match (down, up) {
            (None, false) => down = Some(*at),
            (Some(from), true) => {
                spans.push((WaitCause::ControllerDown, from, *at));
                down = None;
            }
            _ => {}
        }
    }
    spans.extend(down.map(|from| (WaitCause::ControllerDown, from, end)));
    let refused = job.troubles.iter().filter(|trouble| trouble.what == "createRefused").map(|trouble| trouble.at);
    // Between two refusals the controller waits for its next try, and after the last for the one that is taken.
    let refused: Vec<f64> = refused.collect();
    for at in &refused {
        let later = refused.iter().copied().chain(job.pods.iter().map(|pod| pod.created)).filter(|other| other > at);
        spans.push((WaitCause::Refused, *at, later.fold(end, f64::min)));
    }
    spans
}

/// Whether most of a wait was spent with the cause that it names: nothing else that the record knows takes more of it.
fn is_right(wait: &ObservedWait, spans: &[(WaitCause, f64, f64)], taken: &Taken) -> Result<(), String> {
    let seconds = |at: SimTime| (at - taken.start).as_secs_f64();
    let (from, to) = (seconds(wait.from), wait.to.map_or(taken.timeline.end, seconds) + 1.0);
    let mut covered: BTreeMap<WaitCause, f64> = BTreeMap::new();
    for cause in WaitCause::ALL {
        let mut own: Vec<(f64, f64)> =
            spans.iter().filter(|span| span.0 == cause).map(|span| (span.1.max(from), span.2.min(to))).collect();
        own.retain(|(a, b)| b > a);
        own.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut upto = from;
        for (a, b) in own {
            *covered.entry(cause).or_default() += (b - a.max(upto)).max(0.0);
            upto = upto.max(b);
        }
    }
    let said = covered.get(&wait.cause).copied().unwrap_or(0.0);
    // What a dead controller would have waited for is not what was waited for.
    let most = covered.values().copied().fold(0.0, f64::max);
    match said + 2.0 >= most && said > 0.0 {
        true => Ok(()),
        false => {
            Err(format!("{:?} {from} to {to}: {said} of it; the record has {covered:?}: {}", wait.cause, wait.rule))
        }
    }
}

/// Waits of the record that lasted, and that an autopsy does not tell.
fn untold(job: &JobAutopsy, spans: &[(WaitCause, f64, f64)], taken: &Taken) -> Vec<String> {
    let seconds = |at: SimTime| (at - taken.start).as_secs_f64();
    let told = |span: &(WaitCause, f64, f64)| {
        job.waits.iter().any(|wait| {
            let (from, to) = (seconds(wait.from), wait.to.map_or(taken.timeline.end, seconds) + 1.0);
            (wait.cause == span.0 || wait.also.iter().any(|(cause, _)| *cause == span.0))
                && from - 2.0 < span.2
                && to + 2.0 > span.1
        })
    };
    // A back-off is a wait only if a Pod was wanted; the throttle holds up single requests.
    let kinds = [WaitCause::Backoff, WaitCause::Suspended, WaitCause::ImagePull];
    let lasting = spans
        .iter()
        .filter(|span| kinds.contains(&span.0) && span.2 - span.1 > 6.0 && span.1 < taken.timeline.end - 6.0);
    lasting.filter(|span| !told(span)).map(|span| format!("{span:?} is not told")).collect()
}

#[test]
fn causes_of_waits_are_those_that_the_record_knows() {
    let (mut right, mut all, mut unknown, mut wrong, mut missed) = (0, 0, 0, Vec::new(), Vec::new());
    for shape in shapes() {
        for at in shape.dumps {
            for replication in 0..2 {
                let taken = taken(&shape.text(), replication, at);
                let autopsy = autopsy(&taken.dump, shape.kubernetes, Some(taken.at));
                let (job, record) = (&autopsy.jobs[0], &taken.timeline.jobs[0]);
                let spans = truth(&taken, record, &shape);
                for wait in &job.waits {
                    // What only Events would tell is not known when they are gone, and nobody guesses.
                    if wait.cause == WaitCause::Unknown && *at == "2h" {
                        unknown += 1;
                        continue;
                    }
                    all += 1;
                    match is_right(wait, &spans, &taken) {
                        Ok(()) => right += 1,
                        Err(why) => wrong.push(format!("{} at {at}, {replication}: {why}", shape.name)),
                    }
                }
                // Events of more than an hour ago are gone, and with them what they told.
                if *at != "2h" {
                    missed.extend(
                        untold(job, &spans, &taken).into_iter().map(|what| format!("{} at {at}: {what}", shape.name)),
                    );
                }
                assert_eq!(job.end.reason, record.reason, "{} at {at}: the end's cause", shape.name);
            }
        }
    }
    assert!(all > 200 && unknown < all / 5, "{all} waits are few, {unknown} are not known");
    assert!(right * 100 >= all * 95, "{right} of {all} right\n{}", wrong.join("\n"));
    assert!(missed.len() * 20 <= all, "{} of {all} are not told\n{}", missed.len(), missed.join("\n"));
}

/// Clocks that differ and a control plane that is slow are taken for what they are, and not for a controller that was down.
#[test]
fn clocks_and_slow_control_planes_are_told_apart_from_controllers_that_are_down() {
    let spec = "completions: 8, parallelism: 2, backoffLimit: 20";
    for (clocks, by) in
        [("nodes: 20s", 20.0), ("nodes: -20s", -20.0), ("controllers: 8s", 8.0), ("controllers: -8s", -8.0)]
    {
        let rest: &str = Box::leak(format!("cluster: {{clocks: {{{clocks}}}}}").into_boxed_str());
        let shape = Shape::new("clocks", spec, "run: 60s, outcome: {fail: 40%}", rest);
        let taken = taken(&shape.text(), 0, "30m");
        let autopsy = autopsy(&taken.dump, shape.kubernetes, Some(taken.at));
        let job = &autopsy.jobs[0];
        assert_eq!(job.end.state, "Complete", "{clocks}");
        let other: Vec<_> = job.waits.iter().filter(|wait| wait.cause != WaitCause::Backoff).collect();
        assert!(other.is_empty() && !job.waits.is_empty(), "{clocks}: {other:?}");
        let skew = job.differences.iter().find(|difference| difference.likely == LikelyCause::ClockSkew);
        let found =
            skew.and_then(|skew| skew.by).unwrap_or_else(|| panic!("{clocks}: {:?}", job.differences)).as_secs_f64();
        assert!((found - by).abs() <= 2.0, "{clocks}: {found}");
    }
    let shape = Shape::new("slow", spec, "run: 60s, outcome: {fail: 40%}", "cluster: {preset: slow}");
    let taken = taken(&shape.text(), 0, "30m");
    let autopsy = autopsy(&taken.dump, shape.kubernetes, Some(taken.at));
    let causes: Vec<WaitCause> = autopsy.jobs[0].waits.iter().map(|wait| wait.cause).collect();
    assert!(
        causes.contains(&WaitCause::SlowControlPlane) && !causes.contains(&WaitCause::ControllerDown),
        "{causes:?}"
    );
}

/// Many Jobs share the controllers' client: a Job that waits for the requests of others waits for no dead controller.
#[test]
fn requests_of_other_jobs_are_seen_in_the_dump() {
    let file = scenario("shared-throttle.yaml");
    let out = folder("autopsy-shared").join("d.json").display().to_string();
    let (_, talk, code) = outcome(&["run", &file, "--replication", "0", "--dump", &out, "--dump-at", "10m"]);
    assert!(code < 2, "{talk}");
    let (json, _, _) = outcome(&["autopsy", &out, "-o", "json", "--no-forecast"]);
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    let waits: Vec<&Value> =
        json["jobs"].as_array().expect("Jobs").iter().flat_map(|job| job["waits"].as_array().expect("waits")).collect();
    let count = |cause: &str| waits.iter().filter(|wait| wait["cause"] == cause).count();
    assert!(
        count("throttle") * 20 >= (waits.len() - count("backoff")) * 19,
        "{} of {}: {waits:?}",
        count("throttle"),
        waits.len()
    );
}

/// CronJobs, and what happens to them.
fn cronjobs() -> Vec<Shape> {
    let shape = |name, spec, pods, rest| Shape { dumps: &["26m", "53m", "178m"], ..Shape::new(name, spec, pods, rest) };
    vec![
        shape("Forbid", "schedule: \"*/5 * * * *\", concurrencyPolicy: Forbid", "run: 12m", ""),
        shape(
            "Forbid and a deadline",
            "schedule: \"*/5 * * * *\", concurrencyPolicy: Forbid, startingDeadlineSeconds: 100",
            "run: 12m",
            "",
        ),
        shape(
            "starting deadline",
            "schedule: \"*/5 * * * *\", startingDeadlineSeconds: 60",
            "run: 1m",
            "actions: [{at: 12m, controllerDown: 10m}]",
        ),
        shape("controller down", "schedule: \"*/5 * * * *\"", "run: 1m", "actions: [{at: 12m, controllerDown: 10m}]"),
        shape("suspended", "schedule: \"*/5 * * * *\"", "run: 1m", "actions: [{at: 14m, suspend: j}]"),
        shape("nothing amiss", "schedule: \"*/5 * * * *\"", "run: 1m", ""),
    ]
}

#[test]
fn starts_of_cronjobs_have_the_fate_that_the_record_knows() {
    let (mut right, mut all, mut unknown, mut wrong) = (0, 0, 0, Vec::new());
    for shape in cronjobs() {
        for at in shape.dumps {
            let taken = taken(&shape.text(), 0, at);
            let autopsy = autopsy(&taken.dump, shape.kubernetes, Some(taken.at));
            for start in &autopsy.cronjobs[0].starts {
                let due = (start.due - taken.start).as_secs_f64();
                let Some(record) = taken.timeline.cron_jobs[0].starts.iter().find(|one| (one.due - due).abs() < 0.5)
                else {
                    continue;
                };
                if start.fate == StartFate::Unknown {
                    unknown += 1;
                    continue;
                }
                let truth = match (record.fate.as_str(), record.reason.as_str()) {
                    ("started", _) if record.started.is_some_and(|at| at - record.due < 3.0) => "inTime",
                    ("started", _) => "late",
                    ("open", _) => "open",
                    (_, "active") => "forbidden",
                    (_, "deadline") => "deadline",
                    (_, "suspended") => "suspended",
                    // A dead controller is what a deadline cannot be met for.
                    (_, "controllersDown") if shape.spec.contains("Deadline") => "deadline",
                    (_, "controllersDown") => "controllerDown",
                    (_, other) => other,
                };
                all += 1;
                match start.fate.key() == truth {
                    true => right += 1,
                    false => wrong.push(format!("{} at {at}: +{due}: {truth}, and not {start:?}", shape.name)),
                }
            }
        }
    }
    assert!(all > 60 && unknown < all, "{all} starts, {unknown} are not known");
    assert!(right * 100 >= all * 95, "{right} of {all} right\n{}", wrong.join("\n"));
}

#[test]
fn the_release_is_among_those_that_fit_and_is_told_where_it_can_be() {
    let shapes = [
        Shape::new("ended", "backoffLimit: 2", "run: 20s, outcome: {fail: 100%}", ""),
        Shape::new("deadline", "activeDeadlineSeconds: 100, completions: 40", "run: 1m, terminate: 20s", ""),
        Shape::new("suspended", "completions: 8, parallelism: 2", "run: 1m", "actions: [{at: 90s, suspend: j}]"),
        Shape::new(
            "in a back-off beside others",
            "completions: 20, parallelism: 3, backoffLimit: 30",
            "run: 3m, byAttempt: {\"1-2\": {run: 20s, outcome: {fail: 100%}}, \"4-5\": {run: 20s, outcome: {fail: 100%}}}",
            "",
        ),
        Shape {
            dumps: &["12m"],
            ..Shape::new(
                "many Events",
                "completions: 60, parallelism: 60, backoffLimit: 3",
                "run: 20s, outcome: {fail: 100%}",
                "",
            )
        },
        Shape { dumps: &["17m"], ..Shape::new("CronJob", "schedule: \"*/5 * * * *\"", "run: 1m", "") },
    ];
    let mut told: BTreeMap<(&str, u8), String> = BTreeMap::new();
    for shape in shapes {
        for minor in 30..=37_u8 {
            let release = format!("1.{minor}");
            let shape = Shape { kubernetes: Box::leak(release.clone().into_boxed_str()), ..shape_of(&shape) };
            for at in shape.dumps {
                let taken = taken(&shape.text(), 0, at);
                let autopsy = autopsy(&taken.dump, "1.37", Some(taken.at));
                let fit = &autopsy.releases;
                let again = self::autopsy(&taken.dump, &release, Some(taken.at)).releases;
                assert_eq!(
                    fit.fitting, again.fitting,
                    "{} {release} at {at}: the rules that it reads by do not matter",
                    shape.name
                );
                let rules = Release::named(&release).expect("it is modelled").0.profile.rules;
                let odd: Vec<_> = fit.clues.iter().filter(|clue| rules.has(clue.rule) != clue.holds).collect();
                assert!(odd.is_empty(), "{} {release} at {at}: {odd:?}", shape.name);
                told.insert((shape.name, minor), fit.fitting.clone());
            }
        }
    }
    // At the last dump of each.
    assert_eq!((told[&("ended", 30)].as_str(), told[&("ended", 34)].as_str()), ("v1.30", "v1.31 to v1.37"));
    assert_eq!(
        (told[&("suspended", 33)].as_str(), told[&("suspended", 37)].as_str()),
        ("v1.30 to v1.35", "v1.36 to v1.37")
    );
    assert_eq!((told[&("CronJob", 30)].as_str(), told[&("CronJob", 31)].as_str()), ("v1.30", "v1.31 to v1.37"));
    assert_eq!(told[&("many Events", 31)], "v1.31");
}

fn shape_of(shape: &Shape) -> Shape {
    Shape { ..*shape }
}

#[test]
fn a_dump_without_names_tells_the_same() {
    for shape in shapes().into_iter().chain(cronjobs()) {
        let taken = taken(&shape.text(), 1, "20m");
        let mut named = taken.dump.clone();
        // What a cluster has, and what nobody should see.
        for item in named["items"].as_array_mut().expect("a List") {
            item["metadata"]["annotations"]["corp.example/owner"] = "secret-team".into();
            item["metadata"]["labels"]["team"] = "secret-team".into();
            if item["kind"] == "Pod" {
                item["spec"]["containers"][0]["image"] = "registry.corp.example/secret-image:1".into();
                item["spec"]["containers"][0]["env"] =
                    serde_json::json!([{"name": "SECRET_NAME", "value": "secret-value"}]);
                item["status"]["podIP"] = "10.0.0.7".into();
                item["spec"]["volumes"] = serde_json::json!([{"name": "v", "hostPath": {"path": "/secret-path"}}]);
            }
            if item["kind"] == "Event" && item["reason"] == "Pulling" {
                item["message"] = "Pulling image \"registry.corp.example/secret-image:1\"".into();
            }
        }
        let redacted = jobsim::autopsy::redacted(&[named.clone()]);
        let text = redacted.to_string();
        for secret in ["secret", "SECRET", "corp", "10.0.0.7", "registry"] {
            assert!(
                !text.contains(secret),
                "{}: {secret} is in {}",
                shape.name,
                &text[text.find(secret).unwrap_or(0)..][..80]
            );
        }
        let [before, after] = [&named, &redacted].map(|dump| autopsy(dump, shape.kubernetes, Some(taken.at)));
        assert_eq!(before.jobs.len(), after.jobs.len());
        for (a, b) in before.jobs.iter().zip(&after.jobs) {
            let told = |job: &JobAutopsy| -> Vec<_> {
                job.waits.iter().map(|w| (w.from, w.to, w.cause, w.pods.len(), w.is_certain)).collect()
            };
            assert_eq!(told(a), told(b), "{}", shape.name);
            assert_eq!(
                (&a.end.reason, a.end.decided, a.differences.len()),
                (&b.end.reason, b.end.decided, b.differences.len()),
                "{}",
                shape.name
            );
        }
        let starts = |autopsy: &Autopsy| -> Vec<_> {
            autopsy.cronjobs.iter().flat_map(|c| &c.starts).map(|s| (s.due, s.fate)).collect()
        };
        assert_eq!(starts(&before), starts(&after), "{}", shape.name);
        assert_eq!(before.releases.fitting, after.releases.fitting, "{}", shape.name);
    }
}

/// A dump as files, of a Job that waits for its back-off.
fn dumped(test: &str) -> (PathBuf, String) {
    let root = folder(test);
    let file = root.join("dump.json");
    let (_, talk, code) =
        outcome(&["run", &scenario("backoff.yaml"), "--dump", &file.display().to_string(), "--dump-at", "4m"]);
    assert_eq!(code, 0, "{talk}");
    let file = file.display().to_string();
    (root, file)
}

#[test]
fn the_command_says_what_happened_and_what_comes_next() {
    let (root, file) = dumped("autopsy-command");
    let (text, talk, code) = outcome(&["autopsy", &file]);
    assert_eq!((talk.as_str(), code), ("", 0));
    for part in [
        "goes on",
        "Next Pod:",
        "back-off of",
        "Chance:",
        "What if:",
        "Waits, each with its rule",
        "Course (",
        "Release:",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let (json, _, _) = outcome(&["autopsy", &file, "-o", "json"]);
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!((&json["format"], &json["jobs"][0]["waits"][0]["cause"]), (&"jobsim/autopsy".into(), &"backoff".into()));
    let next = json["jobs"][0]["next"]["nextPod"].as_str().expect("a rule says it").to_owned();
    // By YAML, in several files and from standard input it is the same.
    let whole: Value = serde_json::from_str(&std::fs::read_to_string(&file).expect("it is there")).expect("JSON");
    let (mut jobs, mut others) = (Vec::new(), Vec::new());
    for item in whole["items"].as_array().expect("a List") {
        if item["kind"] == "Job" { jobs.push(item.clone()) } else { others.push(item.clone()) }
    }
    let a = write(root.join("a.json"), [jobs[0].to_string()]).display().to_string();
    let b = write(root.join("b.json"), [serde_json::json!({"kind": "List", "items": others}).to_string()])
        .display()
        .to_string();
    for words in [vec!["autopsy", &a, &b, "-o", "json"], vec!["autopsy", &a, &a, &b, &b, "--no-forecast", "-o", "json"]]
    {
        let (text, talk, code) = outcome(&words);
        assert_eq!(code, 0, "{talk}");
        let again: Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(
            (&again["jobs"][0]["waits"], again["jobs"][0]["next"]["nextPod"].as_str()),
            (&json["jobs"][0]["waits"], Some(next.as_str()))
        );
    }
    let page = root.join("p.html").display().to_string();
    let picture = root.join("p.svg").display().to_string();
    let (_, talk, code) = outcome(&["autopsy", &file, "--page", &page, "--picture", &picture]);
    assert_eq!((talk.as_str(), code), ("", 0));
    let page = std::fs::read_to_string(page).expect("it was written");
    assert!(page.contains("Autopsy of Job") && page.contains("<svg") && !page.contains("src="), "{} bytes", page.len());
    assert!(std::fs::read_to_string(picture).expect("it was written").starts_with("<svg"));
}

/// A dump without Pods, or without Events, tells less, and says so.
#[test]
fn what_is_missing_in_a_dump_is_said_and_nobody_is_accused() {
    let (root, file) = dumped("autopsy-missing");
    let whole: Value = serde_json::from_str(&std::fs::read_to_string(&file).expect("it is there")).expect("JSON");
    let without = |kind: &str| {
        let items: Vec<&Value> =
            whole["items"].as_array().expect("a List").iter().filter(|item| item["kind"] != kind).collect();
        let text = serde_json::json!({"kind": "List", "items": items}).to_string();
        let file = write(root.join(format!("no-{kind}.json")), [text]).display().to_string();
        let (json, talk, code) = outcome(&["autopsy", &file, "-o", "json"]);
        assert_eq!(code, 0, "{talk}");
        serde_json::from_str::<Value>(&json).expect("it is JSON")
    };
    let [no_pods, no_events] = ["Pod", "Event"].map(without);
    assert_eq!(
        (&no_pods["jobs"][0]["waits"], &no_pods["jobs"][0]["differences"]),
        (&Value::Array(vec![]), &Value::Array(vec![]))
    );
    assert!(no_pods["missing"][0].as_str().is_some_and(|what| what.starts_with("no Pods")), "{}", no_pods["missing"]);
    assert!(
        no_events["missing"][0].as_str().is_some_and(|what| what.starts_with("no Events")),
        "{}",
        no_events["missing"]
    );
    let causes = |json: &Value| -> Vec<Value> {
        json["jobs"][0]["waits"].as_array().expect("waits").iter().map(|wait| wait["cause"].clone()).collect()
    };
    assert!(!causes(&no_events).is_empty() && causes(&no_events).iter().all(|cause| *cause == "backoff"));
}

/// The same objects, as kubectl and the API write them: lists that say their kind last, members without kind, documents in a row.
#[test]
fn a_dump_is_read_in_every_shape() {
    let (root, file) = dumped("autopsy-shapes");
    let whole: Value = serde_json::from_str(&std::fs::read_to_string(&file).expect("it is there")).expect("JSON");
    let items = whole["items"].as_array().expect("a List");
    let of = |kind: &str| -> Vec<Value> { items.iter().filter(|item| item["kind"] == kind).cloned().collect() };
    let bare = |kind: &str| -> Vec<Value> {
        let mut items = of(kind);
        items.iter_mut().filter_map(Value::as_object_mut).for_each(|item| {
            item.retain(|name, _| !["kind", "apiVersion"].contains(&name.as_str()));
        });
        items
    };
    let texts = |items: &[Value]| items.iter().map(Value::to_string).collect::<Vec<String>>();
    let typed = |kind: &str| format!("{{\"kind\": \"{kind}List\", \"items\": {}}}", Value::from(bare(kind)));
    let late = |kind: &str| format!("{{\"items\": {}, \"kind\": \"{kind}List\"}}", Value::from(bare(kind)));
    let shapes = [
        ("array", Value::Array(items.clone()).to_string()),
        ("row", texts(items).join("\n")),
        ("documents", texts(items).join("\n---\n")),
        ("typed", ["Job", "Pod", "Event"].map(typed).join("\n")),
        ("late", ["Job", "Pod", "Event"].map(late).join("\n")),
    ];
    let (plain, _, _) = outcome(&["autopsy", &file, "-o", "json"]);
    for (name, text) in shapes {
        let path = write(root.join(format!("{name}.json")), [text]).display().to_string();
        let (said, talk, code) = outcome(&["autopsy", &path, "-o", "json"]);
        assert_eq!((said == plain, code), (true, 0), "{name}: {talk}");
    }
}

/// A Job whose failures are all ignored can go on for ever.
#[test]
fn a_job_without_an_end_in_sight_is_told() {
    let text = "apiVersion: jobsim/v1\nkind: Scenario\njobs: [{inline: {apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: \
                {podFailurePolicy: {rules: [{action: Ignore, onExitCodes: {operator: In, values: [42]}}]}, template: {spec: \
                {restartPolicy: Never, containers: [{name: main, image: app}]}}}}}]\npods: {run: 1m, outcome: {fail: 100%, \
                failExitCode: 42}}\nuntil: 1d\n";
    let file = write(folder("autopsy-endless").join("dump.json"), [taken(text, 0, "20m").dump.to_string()]);
    let (said, talk, code) = outcome(&["autopsy", &file.display().to_string()]);
    assert_eq!(code, 0, "{talk}");
    assert!(said.contains("not told: a run from here has no end in sight"), "{said}");
}

#[test]
fn what_is_no_dump_is_refused() {
    let root = folder("autopsy-refused");
    let refused = |text: &str| {
        let file = write(root.join("d.json"), [text]).display().to_string();
        let (data, talk, code) = outcome(&["autopsy", &file]);
        assert_eq!((data.as_str(), code), ("", 2), "{talk}");
        talk.replace(&format!("{}/", root.display()), "")
    };
    assert!(refused("{\"kind\": \"List\", \"items\": 7}").contains("expected a list of objects as items"));
    assert!(refused("[1]").contains("neither an object nor a list of objects"));
    assert!(
        refused("{\"kind\": \"Pod\", \"metadata\": {\"name\": \"p\"}}").contains("there is no Job or CronJob in it")
    );
    assert!(refused("{\"a\": 1}").contains("without kind"));
    assert!(refused("{\"kind\": \"Job\", \"metadata\": {\"name\": \"j\"}, \"spec\": {}}").contains("Job j: "));
    assert!(refused("{").contains("not valid JSON"));
    let cut = "{\"kind\": \"Job\", \"metadata\": {\"name\": \"j\"}, \"spec\": {\"template\": {\"spec\": {\"restartPolicy\": \"Never\", \
               \"containers\": [{\"name\": \"c\"}]}}}}";
    assert!(refused(cut).contains("metadata.creationTimestamp is missing"));
}

/// What the dump in `docs` is of.
const EXAMPLE: &str = "apiVersion: jobsim/v1\nkind: Scenario\nseed: 4\nstart: 2026-11-28T10:00:00Z\njobs:\n  - inline:\n      \
                       apiVersion: batch/v1\n      kind: Job\n      metadata: {name: import, namespace: shop}\n      spec: \
                       {completions: 8, parallelism: 2, backoffLimit: 6, activeDeadlineSeconds: 3600, template: {spec: \
                       {restartPolicy: Never, containers: [{name: main, image: \"import:7\"}]}}}\npods: {run: \
                       \"uniform(60s, 100s)\", outcome: {fail: 40%}}\nactions: [{at: 5m, controllerDown: 3m}]\n";

/// The example of the page: its dump and what is said of it. `JOBSIM_WRITE_DOCS=1` writes both anew.
#[test]
fn the_example_of_the_page_is_what_the_command_says() {
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs");
    let root = folder("autopsy-example");
    let (made, scenario) = (root.join("made.json"), write(root.join("s.yaml"), [EXAMPLE]).display().to_string());
    let (_, talk, code) = outcome(&["run", &scenario, "--dump", &made.display().to_string(), "--dump-at", "11m40s"]);
    assert_eq!(code, 0, "{talk}");
    let made = std::fs::read_to_string(made).expect("it was written");
    let (page, dump) = (docs.join("autopsy.md"), docs.join("autopsy.json"));
    let writes = std::env::var_os("JOBSIM_WRITE_DOCS").is_some();
    if writes {
        std::fs::write(&dump, &made).expect("it can be written");
    }
    assert_eq!(
        std::fs::read_to_string(&dump).unwrap_or_default(),
        made,
        "JOBSIM_WRITE_DOCS=1 writes docs/autopsy.json"
    );
    let (text, _, _) = outcome(&["autopsy", &dump.display().to_string()]);
    let (head, _) = text.split_once("\nCourse").expect("the course comes after the head");
    let waits = text.split_once("\nWaits").map(|(_, rest)| format!("\nWaits{rest}")).expect("there are waits");
    let block = format!("```console\n$ jobsim autopsy docs/autopsy.json\n{head}…\n{waits}```\n");
    let written = std::fs::read_to_string(&page).expect("it is there");
    let (before, rest) = written.split_once("<!-- example -->\n").expect("a place for the example");
    let (shown, after) = rest.split_once("<!-- end -->\n").expect("its end");
    if writes {
        std::fs::write(&page, format!("{before}<!-- example -->\n{block}<!-- end -->\n{after}"))
            .expect("it can be written");
        return;
    }
    assert_eq!(shown, block, "JOBSIM_WRITE_DOCS=1 writes docs/autopsy.md");
}

/// The plugin asks kubectl for the lists, and jobsim for the rest.
#[cfg(unix)]
#[test]
fn the_plugin_asks_kubectl_for_the_objects() {
    let (root, file) = dumped("autopsy-plugin");
    let whole: Value = serde_json::from_str(&std::fs::read_to_string(&file).expect("it is there")).expect("JSON");
    let list = |kind: &str| {
        let items: Vec<&Value> =
            whole["items"].as_array().expect("a List").iter().filter(|item| item["kind"] == kind).collect();
        serde_json::json!({"kind": "List", "items": items}).to_string()
    };
    for (name, kind) in [("jobs", "Job"), ("pods", "Pod"), ("events", "Event")] {
        write(root.join(format!("{name}.json")), [list(kind)]);
    }
    let script = "#!/bin/sh\nhere=$(dirname \"$0\")\necho \"$@\" >>\"$here/asked\"\ncase $2 in jobs*) cat \"$here/jobs.json\";; \
                  pods) cat \"$here/pods.json\";; events) cat \"$here/events.json\";; *) exit 1;; esac\n";
    let kubectl = write(root.join("kubectl"), [script]);
    std::fs::set_permissions(&kubectl, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it is ours");
    // As krew lays it out: the script beside the program, and a link to it elsewhere.
    let (store, bin) = (root.join("store"), root.join("bin"));
    for folder in [&store, &bin] {
        std::fs::create_dir_all(folder).expect("it is ours");
    }
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("contrib/kubectl/kubectl-jobsim");
    std::fs::copy(script, store.join("kubectl-jobsim")).expect("it is ours");
    for (to, link) in [
        (env!("CARGO_BIN_EXE_jobsim").into(), store.join("jobsim")),
        (PathBuf::from("../store/kubectl-jobsim"), bin.join("kubectl-jobsim")),
    ] {
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(to, link).expect("it is ours");
    }
    let output = std::process::Command::new("sh")
        .arg(bin.join("kubectl-jobsim"))
        .args(["autopsy", "-n", "my shop", "job/failing", "--no-forecast", "-o", "json", "--context=c"])
        .env("KUBECTL", &kubectl)
        .output()
        .expect("there is a shell");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}");
    let json: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(
        (&json["jobs"][0]["name"], &json["jobs"][0]["waits"][0]["cause"]),
        (&"failing".into(), &"backoff".into())
    );
    let asked = std::fs::read_to_string(root.join("asked")).expect("kubectl was asked");
    let lines: Vec<&str> = asked.lines().collect();
    let rest = "-n my shop --context=c -o json";
    assert_eq!(
        lines,
        [
            format!("get jobs.batch/failing {rest}"),
            format!("get pods -l job-name=failing {rest}"),
            format!("get events {rest}"),
            format!("get nodes {rest}"),
        ]
    );
}
