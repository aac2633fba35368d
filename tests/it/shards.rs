//! Shards merge to the bytes of the whole, whatever their number and order; checkpoints survive kill -9; what does not belong
//! together is refused by name.

use crate::cli::{flat, outcome};
use crate::design::{RANDOM, job};
use crate::toy::{folder, write};
use jobsim::experiment::result::ResultFile;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Two Jobs and a CronJob, with Pods of which some fail.
const SEVERAL: &str = "apiVersion: jobsim/v1
kind: Scenario
seed: 11
until: 2d
pods: {run: 'exponential(mean=20m)', outcome: {fail: 10%}}
cluster: {slots: 3}
expect: ['share(nightly.doneBy(06:00)) >= 10%', 'p95(b.duration) <= 20h']
jobs:
  - inline: &job
      apiVersion: batch/v1
      kind: Job
      metadata: {name: a}
      spec: {completions: 4, parallelism: 2, template: &pod {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}
  - inline:
      apiVersion: batch/v1
      kind: Job
      metadata: {name: b}
      spec: {completions: 3, parallelism: 3, completionMode: Indexed, backoffLimitPerIndex: 1, template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}
  - inline:
      apiVersion: batch/v1
      kind: CronJob
      metadata: {name: nightly}
      spec: {schedule: '0 2 * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: OnFailure, containers: [{name: c, image: x}]}}}}}
";

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Runs a command that must succeed; gives its standard output.
fn good(arguments: &[&str]) -> String {
    let (data, talk, code) = outcome(arguments);
    assert_eq!(code, 0, "{arguments:?}: {talk}");
    data
}

/// The refusal of a command.
fn refused(arguments: &[&str]) -> String {
    let (data, talk, code) = outcome(arguments);
    assert_eq!((code, data.as_str()), (2, ""), "{arguments:?}: {talk}");
    talk
}

/// The parts of a command in so many shards.
fn parts(root: &Path, command: &[&str], of: usize) -> Vec<PathBuf> {
    let folder = root.join(format!("parts-{of}"));
    fs::create_dir(&folder).unwrap();
    let save = text(&folder);
    for n in 1..=of {
        good(&[command, &["--shard", &format!("{n}/{of}"), "--save", &save]].concat());
    }
    (1..=of).map(|n| folder.join(format!("{n}-of-{of}.part"))).collect()
}

/// Checks that shards of a command merge to the bytes and the answer of the whole, in any order.
fn check_merged(root: &Path, command: &[&str], shards: &[usize], records: bool) {
    let path = |name: &str| text(&root.join(name));
    let (whole, merged) = (path("whole.json"), path("merged.json"));
    let (rows, merged_rows) = (path("whole.csv"), path("merged.csv"));
    let with_rows = |rows: &'static str| if records { vec!["--records", rows] } else { Vec::new() };
    let leak = |text: &String| -> &'static str { Box::leak(text.clone().into_boxed_str()) };
    let answer = good(&[command, &["--save", &whole], &with_rows(leak(&rows))].concat());
    let expected = fs::read(&whole).unwrap();
    for &of in shards {
        let mut files: Vec<String> = parts(root, command, of).iter().map(|part| text(part)).collect();
        // A fixed shuffle, and the reverse.
        files.sort_by_key(jobsim::experiment::digest::digest_of);
        for _ in 0..2 {
            files.reverse();
            let named: Vec<&str> = files.iter().map(String::as_str).collect();
            let out = ["-o", &merged];
            let shown = good(&[&["merge"], &named[..], &out, &with_rows(leak(&merged_rows))].concat());
            assert_eq!(shown, answer, "{command:?} in {of}");
            assert!(fs::read(&merged).unwrap() == expected, "{command:?} in {of}");
            assert!(!records || fs::read(&rows).unwrap() == fs::read(&merged_rows).unwrap());
        }
    }
}

#[test]
fn shards_of_a_run_merge_to_the_bytes_of_the_whole() {
    let root = folder("shards-run");
    let file = text(&write(root.join("several.yaml"), [SEVERAL]));
    let (show, goal) = (["--show", "p95(longestBackoff)"], ["--expect", "share(a.complete within 5h) >= 1%"]);
    let command = [&["run", &file, "-n", "20"], &show[..], &goal].concat();
    check_merged(&root, &command, &[1, 2, 3, 7, 64], true);
}

#[test]
fn shards_of_a_sweep_merge_to_the_bytes_of_the_whole() {
    let (root, file) = job("shards-sweep");
    let of = ["-P", "spec.backoffLimit=0..2", "-L", "pods.terminate=5s,40s", "-n", "7"];
    check_merged(&root, &[&["sweep", &file], &RANDOM[..], &of].concat(), &[1, 2, 3, 7, 64], false);
}

#[test]
fn shards_of_a_comparison_merge_to_the_bytes_of_the_whole() {
    let (root, file) = job("shards-compare");
    let of = ["--with", "spec.parallelism=1", "--with", "spec.backoffLimit=6", "-n", "30"];
    check_merged(&root, &[&["compare", &file], &RANDOM[..], &of].concat(), &[1, 2, 3, 7, 64], false);
}

/// Sums of Pods' time beyond 104 days are no longer exact as floating-point seconds.
#[test]
fn long_times_keep_their_nanoseconds() {
    let (root, file) = job("shards-long");
    let of = ["--run", "weibull(shape=1.4, scale=90d)", "--fail", "10%", "-n", "9", "--until", "3000d"];
    check_merged(&root, &[&["run", &file], &of[..]].concat(), &[4], true);
}

#[test]
fn what_does_not_belong_together_is_refused_by_name() {
    let (root, file) = job("shards-refused");
    let run = |more: &[&'static str]| [&["run", &file], &RANDOM[..], more].concat();
    let first = parts(&root, &run(&["-n", "30"]), 3);
    let [a, b, c] = [0, 1, 2].map(|n| text(&first[n]));
    let out = text(&root.join("r.json"));
    let talk = refused(&["merge", &a, &c, "-o", &out]);
    assert!(talk.contains("replications 10 to 19 of 30 are missing (--partial merges what there is)"), "{talk}");
    let talk = refused(&["merge", &a, &b, &c, &b, "-o", &out]);
    assert!(talk.contains("replications 10 to 19 are in ") && talk.contains("give each part once"), "{talk}");
    let other = root.join("seed.part");
    good(&[&run(&["-n", "30", "--seed", "5"])[..], &["--shard", "2/3", "--save", &text(&other)]].concat());
    let talk = refused(&["merge", &a, &text(&other), &c, "-o", &out]);
    assert!(talk.contains("seed.part does not belong to ") && talk.contains("seed 5, not 1"), "{talk}");
    let bytes = fs::read(&first[1]).unwrap();
    fs::write(root.join("cut.part"), &bytes[..bytes.len() - 9]).unwrap();
    let talk = refused(&["merge", &a, &text(&root.join("cut.part")), &c, "-o", &out]);
    assert!(talk.contains("cut.part: the part is damaged"), "{talk}");
    assert!(refused(&["merge", &a, &file, "-o", &out]).contains("this is no part"));
    assert!(!Path::new(&out).exists(), "nothing was written");

    let (data, talk, code) = outcome(&["merge", &a, &c, "-o", &out, "--partial"]);
    assert_eq!(code, 0, "{talk}");
    assert!(talk.contains("replications 10 to 19 of 30 are missing") && !data.is_empty(), "{talk}");
    let result: ResultFile = jobsim::report::load(Path::new(&out)).unwrap();
    let numbers: Vec<u32> = result.points[0].records.iter().map(|record| record.replication).collect();
    assert!(result.partial && numbers == (0..10).chain(20..30).collect::<Vec<_>>(), "{numbers:?}");

    fs::write(&file, fs::read_to_string(&file).unwrap().replace("backoffLimit: 2", "backoffLimit: 3")).unwrap();
    let talk = refused(&["merge", &a, &b, &c, "-o", &out]);
    assert!(talk.contains("the files are no longer those of which the parts were made"), "{talk}");
}

#[test]
fn what_has_no_parts_is_refused_with_the_reason() {
    let (root, file) = job("shards-flags");
    let part = text(&root.join("a.part"));
    let shard = ["--shard", "1/2", "--save", &part];
    for (more, why) in [
        (&["-n", "9", "--shard", "1/2"][..], "needs --save FILE.part"),
        (&["-n", "9", "--shard", "1/2", "--save", "a.json"], "a part is saved as .part"),
        (&[&shard[..], &["--precision", "mean(duration)=1%"]].concat(), "does not go with --precision"),
        (&shard, "there is one replication"),
        (&[&shard[..], &["-n", "9", "--records", "r.csv"]].concat(), "the records of a shard are in its part"),
        (&[&shard[..], &["-n", "9", "--from-status=now"]].concat(), "another now"),
        (&[&shard[..], &["-n", "9", "--checkpoint", &part]].concat(), "overwrite the file of --save"),
        (&["-n", "9", "--shard", "auto", "--save", &part], "none of JOB_COMPLETION_INDEX"),
        (&["-n", "9", "--checkpoint", &file], "this would overwrite the input"),
    ] {
        let talk = refused(&[&["run", &file], more].concat());
        assert!(talk.contains(why), "{more:?}: {talk}");
    }
    let talk = refused(&["run", "-", "-n", "9", "--shard", "1/2", "--save", &part]);
    assert!(talk.contains("standard input"), "{talk}");
}

#[test]
fn the_environment_of_an_array_names_the_shard() {
    let (root, file) = job("shards-auto");
    let mut command = crate::cli::jobsim(&["run", &file, "-n", "9", "--shard", "auto/3", "--save", &text(&root)]);
    let output = command.env("JOB_COMPLETION_INDEX", "2").output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(talk.contains("shard 3/3: JOB_COMPLETION_INDEX is 2\n"), "{talk}");
    assert!(talk.contains("shard 3/3: replications 6 to 8 saved in "), "{talk}");
    assert!(root.join("3-of-3.part").exists());
}

/// The names of all files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

#[cfg(unix)]
#[test]
fn a_campaign_that_is_killed_at_any_moment_ends_in_the_same_bytes() {
    let (root, file) = job("shards-killed");
    let path = |name: &str| text(&root.join(name));
    let command = |save: &str| {
        let run = ["run", &file, "-n", "3000", "--threads", "2", "--save", save].map(str::to_owned);
        run.into_iter().chain(RANDOM.map(str::to_owned)).collect::<Vec<_>>()
    };
    let kept = ["--checkpoint", &path("c.part"), "--checkpoint-every", "50ms"].map(str::to_owned);
    let killed: Vec<String> = command(&path("killed.json")).into_iter().chain(kept).collect();
    let mut sizes = Vec::new();
    // Moments that are the same in each run of the test, though not on each machine.
    for n in 0..20_u64 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_jobsim"))
            .args(&killed)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(40 + n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 400));
        child.kill().unwrap();
        child.wait().unwrap();
        sizes.push(fs::metadata(root.join("c.part")).map_or(0, |there| there.len()));
    }
    assert!(sizes.is_sorted(), "what is done stays done: {sizes:?}");
    assert!(sizes[0] < sizes[19], "it goes on: {sizes:?}");
    let words: Vec<&str> = killed.iter().map(String::as_str).collect();
    good(&words);
    let whole = command(&path("whole.json"));
    good(&whole.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(fs::read(root.join("killed.json")).unwrap() == fs::read(root.join("whole.json")).unwrap());
    assert_eq!(names(&root), ["c.part", "job.yaml", "killed.json", "whole.json"]);

    let talk = refused(&["run", &file, "-n", "3000", "--checkpoint", &path("c.part")]);
    assert!(talk.contains("c.part: the checkpoint is of another experiment ("), "{talk}");
}

/// A limit on the size of files stands for a disk that is full.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_last_checkpoint() {
    let (root, file) = job("shards-full");
    let path = |name: &str| text(&root.join(name));
    let run = |limit: &str| {
        let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\"");
        let more = ["--checkpoint", &path("c.part"), "--checkpoint-every", "20ms", "--save", &path("r.json")];
        let words = [&["run", &file, "-n", "1500"], &RANDOM[..], &more].concat();
        let output =
            Command::new("sh").args(["-c", &script, env!("CARGO_BIN_EXE_jobsim")]).args(words).output().unwrap();
        (String::from_utf8(output.stderr).unwrap(), output.status.code())
    };
    let (talk, code) = run("60");
    assert!(code == Some(2) && talk.contains("c.part: cannot be written: File too large"), "{talk}");
    assert_eq!(names(&root), ["c.part", "job.yaml"], "no half of a file is left");
    assert_eq!(run("unlimited").1, Some(0));
    good(&[&["run", &file, "-n", "1500", "--save", &path("whole.json")], &RANDOM[..]].concat());
    assert!(fs::read(root.join("r.json")).unwrap() == fs::read(root.join("whole.json")).unwrap());
}

#[test]
fn a_campaign_on_kubernetes_passes_our_own_review() {
    let (root, file) = job("shards-campaign");
    write(root.join("runs.csv"), ["seconds", "60", "90"]);
    write(
        root.join("night.yaml"),
        ["apiVersion: jobsim/v1\nkind: Scenario\njobs: [{manifest: job.yaml}]\npods: {run: {csv: {file: runs.csv}}}\n"],
    );
    let campaign = |more: &[&str]| {
        let output = crate::cli::jobsim(&[&["campaign"], more].concat()).current_dir(&root).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code())
    };
    let of = ["--", "run", "night.yaml", "-n", "1000"];
    let kubernetes = ["kubernetes", "--shards", "64", "--image", "registry.example/jobsim:1"];
    let (manifests, talk, code) = campaign(&[&kubernetes[..], &["--name", "night"], &of].concat());
    assert_eq!((code, talk.as_str()), (Some(0), ""));
    for text in ["path: \"night.yaml\"", "path: \"job.yaml\"", "path: \"runs.csv\"", "completions: 64", "\"auto/64\""] {
        assert!(manifests.contains(text), "{text}: {manifests}");
    }
    let written = text(&write(root.join("campaign.yaml"), [&manifests]));
    let (said, talk, code) = outcome(&["validate", &written, "--strict"]);
    let said = flat(&said);
    assert!(
        code == 0 && said.starts_with("2 accepted, 2 of other kinds skipped (1 ConfigMap, 1 Persist"),
        "{said} {talk}"
    );

    for (words, why) in [
        (&["validate", "night.yaml"][..], "only run, sweep and compare can be run in shards"),
        (&["run", "night.yaml"], "there is one replication"),
        (&["run", "night.yaml", "-n", "9", "--save", "a.json"], "give it without --shard"),
        (&["run", "night.yaml", "-n", "9", "--precision", "mean(duration)=1%"], "a fixed number of replications"),
        (&["run", "../shards-campaign/job.yaml", "-n", "9"], "a ConfigMap holds files below the folder"),
        (&["run", "nowhere.yaml", "-n", "9"], "nowhere.yaml: No such file"),
        (&["run", "night.yaml", "-n", "x"], "after --: invalid value 'x'"),
    ] {
        let (data, talk, code) = campaign(&[&kubernetes[..], &["--"], words].concat());
        assert!(code == Some(2) && data.is_empty() && talk.contains(why), "{words:?}: {talk}");
    }
    assert!(
        campaign(&["slurm", "--shards", "4", "--name", "Night", "--", "run", &file, "-n", "9"])
            .1
            .contains("is no name")
    );
}

/// The scenario that says how long a campaign takes is about the Job that `jobsim campaign` writes.
#[test]
fn the_scenario_of_a_campaign_has_the_job_of_a_campaign() {
    let (_, file) = job("shards-scenario");
    let folder = Path::new(&file).parent().unwrap().to_owned();
    let words = ["--shards", "200", "--image", "registry.example/jobsim:0.1", "--", "run", "job.yaml", "-n", "1000"];
    let mut command = crate::cli::jobsim(&[&["campaign", "kubernetes"], &words[..]].concat());
    let manifests = String::from_utf8(command.current_dir(folder).output().unwrap().stdout).unwrap();
    let scenario = fs::read_to_string(crate::cli::scenario("campaign.yaml")).unwrap();
    let documents = jobsim::text::read_documents(&manifests).unwrap();
    let simulated = jobsim::text::read_documents(&scenario).unwrap();
    let spec = documents[2].get("spec").unwrap();
    for (field, value) in [
        ("completions", "200"),
        ("parallelism", "50"),
        ("completionMode", "Indexed"),
        ("backoffLimitPerIndex", "3"),
        ("maxFailedIndexes", "0"),
        ("podReplacementPolicy", "Failed"),
        ("activeDeadlineSeconds", "86400"),
    ] {
        let of_job = format!("{:?}", spec.get(field).unwrap().value);
        assert!(of_job.contains(value), "{field}: {of_job}");
        assert!(scenario.contains(&format!("{field}: {value}\n")), "{field} of the scenario");
    }
    let rules = ["onPodConditions: [{type: DisruptionTarget}]", "containerName: jobsim, operator: In, values: [2]"];
    assert!(rules.iter().all(|rule| scenario.contains(rule)), "{scenario}");
    assert_eq!(simulated.len(), 1);
}
