//! The cookbook, docs/cookbook.md: questions as people ask them, each with one command, its answer, and the rule with its source.
//! Every command is run here, and what it printed is held against the page: the lines below the command, each number in bold, and
//! each time that an answer names. `JOBSIM_WRITE_DOCS=1 cargo test --test it cookbook` writes the lines anew; words are written by
//! hand.

use crate::cli::{flat, jobsim};
use crate::questions::words;
use jobsim::experiment::Simulator;
use jobsim::record::RecordedRun;
use jobsim::report::cluster_dump;
use jobsim::scenario::{Input, Setting};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The heading of the false statements.
const BELIEFS: &str = "## What many pages say, and what happens";

/// The lines that are shown of an answer, unless the page says otherwise.
const SHOWN: &str = "Result, Asked";

/// An entry of the page: from one heading of the third level to the next heading.
#[derive(Debug, Default)]
struct Entry {
    heading: String,
    is_belief: bool,
    /// The places of the lines of the block: the line with the command, and the one that closes it.
    block: Option<(usize, usize)>,
    command: String,
    /// The headings of the lines that are shown.
    shown: String,
    /// The paragraphs after the block.
    answer: String,
    rule: String,
    source: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The entries of the page.
fn entries(page: &[&str]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let (mut is_belief, mut is_open, mut shown) = (false, false, SHOWN.to_owned());
    for (n, line) in page.iter().enumerate() {
        if line.starts_with("## ") {
            is_belief = *line == BELIEFS;
        }
        if let Some(heading) = line.strip_prefix("### ") {
            entries.push(Entry { heading: heading.to_owned(), is_belief, ..Entry::default() });
            shown = SHOWN.to_owned();
            continue;
        }
        let Some(entry) = entries.last_mut() else { continue };
        if let Some(parts) = line.strip_prefix("<!-- shows: ").and_then(|rest| rest.strip_suffix(" -->")) {
            shown = parts.to_owned();
        } else if *line == "```console" {
            assert!(entry.block.is_none(), "{}: one command is enough", entry.heading);
            is_open = true;
            entry.block = Some((n + 1, n + 1));
            entry.shown = std::mem::take(&mut shown);
        } else if *line == "```" {
            is_open = false;
            entry.block = entry.block.map(|(from, _)| (from, n));
        } else if is_open {
            let is_command = entry.command.is_empty() || entry.command.ends_with('\\');
            if is_command {
                // A shell takes a backslash in quotes as it stands.
                let so_far = format!("{}{line}", entry.command);
                let is_quoted = line.ends_with('\\') && so_far.matches('\'').count() % 2 == 1;
                assert!(!is_quoted, "{}: a line is broken in quotes", entry.heading);
                entry.command = entry.command.trim_end_matches('\\').to_owned() + line;
            }
        } else if let Some(rule) = line.strip_prefix("Rule: ") {
            entry.rule = rule.to_owned();
        } else if let Some(source) = line.strip_prefix("Source: ") {
            entry.source = source.to_owned();
        } else if entry.rule.is_empty() && !line.starts_with("## ") {
            entry.answer += &format!("{line}\n");
        }
    }
    entries
}

/// What a command prints on standard output.
fn output(command: &str) -> String {
    let words = words(command.strip_prefix("$ ").unwrap_or_else(|| panic!("{command}: begins with $")));
    assert_eq!(words[0], "jobsim", "{command}");
    let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    let output = jobsim(&arguments).current_dir(root()).output().expect("the command runs");
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{command}: {talk}");
    // A warning is for the reader who pastes the command, too.
    assert!(talk.lines().all(|line| line.starts_with("warning: ")), "{command}: {talk}");
    String::from_utf8(output.stdout).expect("it is text")
}

/// What the commands print, in their order. They share nothing, so two run at a time.
fn outputs(entries: &[Entry]) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(entry) = entries.get(n) else { return done };
            done.push((n, output(&entry.command)));
        }
    };
    let mut all: Vec<(usize, String)> = std::thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads.into_iter().flat_map(|thread| thread.join().expect("each command ends well")).collect()
    });
    all.sort_unstable_by_key(|(n, _)| *n);
    all.into_iter().map(|(_, text)| text).collect()
}

/// The lines of an output that begin with one of these words, with those that belong to them; what is left out is an ellipsis.
fn excerpt(text: &str, shown: &str) -> String {
    if shown == "all" {
        return text.trim_end().to_owned();
    }
    let wanted: Vec<&str> = shown.split(", ").collect();
    let (mut lines, mut is_in): (Vec<&str>, bool) = (Vec::new(), false);
    for line in text.lines() {
        let is_head = wanted.iter().any(|head| line.trim_start().starts_with(head));
        // What goes on is further in than its head, and a head of its own is not.
        is_in = is_head || is_in && line.starts_with("   ") && !line.trim().is_empty();
        if is_in {
            lines.push(line);
        } else if lines.last() != Some(&"…") {
            lines.push("…");
        }
    }
    lines.join("\n")
}

/// The spans in bold.
fn bold(text: &str) -> impl Iterator<Item = &str> {
    text.split("**").skip(1).step_by(2)
}

/// Times in a text, such as `2m36s`.
fn times(text: &str) -> impl Iterator<Item = &str> {
    let is_time = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_digit())
            && word.ends_with(['s', 'm', 'h', 'd'])
            && word.chars().all(|c| c.is_ascii_digit() || ".dhms".contains(c))
    };
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').map(|word| word.trim_matches('.')).filter(is_time)
}

#[test]
fn every_command_says_what_the_page_says() {
    let path = root().join("docs/cookbook.md");
    let text = fs::read_to_string(&path).expect("the page is there");
    let page: Vec<&str> = text.lines().collect();
    let entries = entries(&page);
    let outputs = outputs(&entries);
    let mut written: Vec<String> = Vec::new();
    let (mut at, mut complaints) = (0, Vec::new());
    for (entry, output) in entries.iter().zip(&outputs) {
        let (from, to) = entry.block.unwrap_or_else(|| panic!("{}: has a command", entry.heading));
        let commands = page[from..to].iter().take_while(|line| line.ends_with('\\')).count() + 1;
        written.extend(page[at..from + commands].iter().map(|line| (*line).to_owned()));
        let excerpt = excerpt(output, &entry.shown);
        written.extend(excerpt.lines().map(str::to_owned));
        at = to;
        let output = flat(output);
        let command = flat(&entry.command);
        let numbers: Vec<String> = bold(&entry.answer).map(flat).collect();
        if numbers.is_empty() {
            complaints.push(format!("{}: no number in bold", entry.heading));
        }
        let shown = flat(&excerpt);
        for number in numbers.iter().filter(|number| !shown.contains(number.as_str())) {
            complaints.push(format!("{}: {number:?} is not in what is shown: {shown}", entry.heading));
        }
        for time in times(&entry.answer).filter(|time| !output.contains(time) && !command.contains(time)) {
            complaints.push(format!("{}: {time} is neither in the command nor in what it prints", entry.heading));
        }
        if entry.rule.is_empty() || entry.source.is_empty() {
            complaints.push(format!("{}: has no rule, or no source", entry.heading));
        }
    }
    written.extend(page[at..].iter().map(|line| (*line).to_owned()));
    let written = written.join("\n") + "\n";
    assert_eq!(complaints, Vec::<String>::new());
    if std::env::var_os("JOBSIM_WRITE_DOCS").is_some() {
        fs::write(&path, &written).expect("it can be written");
    } else {
        let differs = text.lines().zip(written.lines()).find(|(old, new)| old != new);
        assert!(
            text == written,
            "docs/cookbook.md: JOBSIM_WRITE_DOCS=1 cargo test --test it cookbook writes it: {differs:?}"
        );
    }
}

#[test]
fn there_are_enough_of_them_and_each_is_asked_once() {
    let text = fs::read_to_string(root().join("docs/cookbook.md")).expect("the page is there");
    let page: Vec<&str> = text.lines().collect();
    let entries = entries(&page);
    let beliefs = entries.iter().filter(|entry| entry.is_belief).count();
    let questions = entries.len() - beliefs;
    assert!(questions >= 40 && beliefs >= 25, "{questions} questions, {beliefs} beliefs");
    for entry in &entries {
        let is_named = if entry.is_belief { entry.heading.starts_with('"') } else { entry.heading.ends_with('?') };
        assert!(is_named, "{}: a question ends with ?, a belief stands in quotation marks", entry.heading);
    }
    let mut headings: Vec<&str> = entries.iter().map(|entry| &*entry.heading).collect();
    headings.sort_unstable();
    headings.dedup();
    assert_eq!(headings.len(), entries.len());
}

/// The dump that the page takes apart: what kubectl would show of a Job of which every Pod has failed.
#[test]
fn the_dump_is_what_a_cluster_would_show() {
    let mut input =
        Input::read(&[root().join("docs/cookbook/job.yaml").display().to_string()]).expect("it can be read");
    for setting in ["spec.backoffLimit=4", "pods.run=30s", "pods.outcome.fail=100%", "start=2026-11-28T10:00:00Z"] {
        input.set(Setting::parse(setting).expect("it is a setting")).expect("it fits");
    }
    let setup = input.resolve().expect("it is a scenario").setup;
    let mut simulator = Simulator::new(&setup);
    let simulated = simulator.run(0, true);
    let run = RecordedRun { recorder: simulator.recorder(), end: simulated.end, cut: simulated.cut };
    let dump = format!("{:#}\n", cluster_dump(&run, &setup, simulator.world()));
    let path = root().join("docs/cookbook/dump.json");
    if std::env::var_os("JOBSIM_WRITE_DOCS").is_some() {
        fs::write(&path, &dump).expect("it can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == dump, "docs/cookbook/dump.json: JOBSIM_WRITE_DOCS=1 cargo test --test it cookbook writes it");
}
