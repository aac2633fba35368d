//! The house rules that a compiler does not hold: who may import whom, who may print, read files, start threads or
//! look at the clock, and how a source file opens and how long it may be. The tables here are the rules.
//!
//! It reads text, not syntax: comments are left out, so links in documentation may point anywhere.

use crate::source_text::{assert_none, is_word, says, sources, without_comment, word};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The longest a source file may be, in lines.
const LONGEST_FILE: usize = 400;

/// The largest part of `src` that one room may be, in percent of lines.
const LARGEST_ROOM: usize = 14;

/// The rooms, from the bottom up, with the rooms that each may import besides itself. Imports go downwards only.
const ROOMS: &[(&str, &[&str])] = &[
    ("limits", &[]),
    ("time", &[]),
    ("id", &[]),
    ("text", &["limits", "time"]),
    ("stats", &[]),
    ("kernel", &["time", "id"]),
    ("release", &["time"]),
    ("cron", &["text", "time"]),
    ("api", &["limits", "text", "time", "id"]),
    ("apiserver", &["release", "api", "cron", "text", "time", "id"]),
    ("controller", &["release", "cron", "api", "time", "id"]),
    ("scheduler", &["release", "api", "time", "id"]),
    ("kubelet", &["api", "time"]),
    ("manifest", &["limits", "release", "apiserver", "api", "text", "time", "id"]),
    ("advice", &["release", "manifest", "controller", "apiserver", "cron", "api", "text", "time", "id"]),
    ("model", &["limits", "release", "stats", "kernel", "controller", "apiserver", "api", "text", "time", "id"]),
    ("record", &["release", "model", "controller", "kernel", "cron", "apiserver", "api", "text", "time", "id"]),
    (
        "world",
        &[
            "limits",
            "release",
            "record",
            "model",
            "scheduler",
            "controller",
            "kubelet",
            "kernel",
            "cron",
            "apiserver",
            "api",
            "text",
            "time",
            "id",
        ],
    ),
    (
        "conformance",
        &[
            "limits",
            "release",
            "world",
            "record",
            "model",
            "controller",
            "kernel",
            "apiserver",
            "cron",
            "api",
            "text",
            "time",
            "id",
        ],
    ),
    (
        "experiment",
        &[
            "limits",
            "release",
            "stats",
            "world",
            "record",
            "model",
            "scheduler",
            "controller",
            "kernel",
            "apiserver",
            "cron",
            "api",
            "text",
            "time",
            "id",
        ],
    ),
    ("calibrate", &["release", "stats", "kernel", "model", "api", "text", "time"]),
    (
        "autopsy",
        &["limits", "release", "model", "manifest", "controller", "apiserver", "cron", "api", "text", "time", "id"],
    ),
    (
        "scenario",
        &[
            "limits",
            "release",
            "calibrate",
            "experiment",
            "advice",
            "manifest",
            "stats",
            "world",
            "record",
            "model",
            "controller",
            "kernel",
            "apiserver",
            "cron",
            "api",
            "text",
            "time",
            "id",
        ],
    ),
    ("plot", &["release", "autopsy", "experiment", "record", "api", "cron", "text", "time"]),
    (
        "report",
        &[
            "limits",
            "release",
            "plot",
            "autopsy",
            "calibrate",
            "experiment",
            "stats",
            "world",
            "record",
            "model",
            "controller",
            "kubelet",
            "kernel",
            "cron",
            "apiserver",
            "api",
            "text",
            "time",
            "id",
        ],
    ),
    (
        "explain",
        &[
            "release",
            "manifest",
            "report",
            "scenario",
            "experiment",
            "world",
            "record",
            "model",
            "controller",
            "cron",
            "apiserver",
            "api",
            "text",
            "time",
            "id",
        ],
    ),
    (
        "page",
        &[
            "limits",
            "release",
            "explain",
            "report",
            "plot",
            "scenario",
            "experiment",
            "world",
            "record",
            "advice",
            "text",
            "time",
        ],
    ),
    (
        "cli",
        &[
            "limits",
            "release",
            "page",
            "explain",
            "report",
            "plot",
            "autopsy",
            "scenario",
            "calibrate",
            "conformance",
            "experiment",
            "stats",
            "world",
            "record",
            "model",
            "manifest",
            "advice",
            "apiserver",
            "cron",
            "api",
            "text",
            "time",
            "id",
        ],
    ),
];

/// The parts of the world, from the bottom up; those on one line may know one another. Imports inside the world go
/// downwards only: what a lower part sets in motion in a higher one is an event, or waits in the environment.
const PARTS_OF_THE_WORLD: &[&[&str]] = &[
    &["config"],
    &["event"],
    &["store"],
    &["env", "cluster_watch", "quotas", "kueue"],
    &["wire"],
    &["nodes"],
    &["controllers"],
    &["users"],
    &["dispatch", "reclaim", "recording"],
];

/// Words that only some rooms may say, and why.
const WORDS: &[(&[&str], &[&str], &str)] = &[
    (
        &["println!", "eprintln!", "print!", "eprint!"],
        &[],
        "only cli prints, and there through `cli::out`: these macros panic when nobody listens",
    ),
    (&["dbg!", "todo!", "unimplemented!"], &[], "left over from the work"),
    (&["io::stdout", "io::stderr"], &["cli"], "only cli prints"),
    (&["process::exit", "process::ExitCode"], &["cli", "main"], "only cli ends the process"),
    (&["io::stdin"], &["cli", "scenario"], "input comes in by cli and scenario"),
    (&["rayon", "std::thread", "thread::spawn"], &["experiment", "conformance", "cli"], "no threads here"),
    (&["std::fs", "fs::", "File::"], &["scenario", "conformance", "report", "cli"], "no files here"),
    (&["Instant::now", "SystemTime", "Zoned::now", "Timestamp::now"], &["cli"], "no real clock here"),
    (&["std::env", "env::var", "env::args"], &["cli"], "no environment here"),
];

/// The first names in the paths that begin with `prefix`: `crate::a::b` and `crate::{a::b, c}` give a, and a and c.
fn heads<'a>(code: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let starts = code.match_indices(prefix).filter(|(at, _)| !code[..*at].ends_with(|c: char| is_word(c) || c == ':'));
    starts.flat_map(|(at, _)| heads_of_tree(&code[at + prefix.len()..])).collect()
}

fn heads_of_tree(tree: &str) -> Vec<&str> {
    let Some(inside) = tree.strip_prefix('{') else { return vec![word(tree)] };
    let mut depth = 0;
    let mut heads = vec![word(inside.trim_start())];
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(word(inside[at + 1..].trim_start())),
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

#[test]
fn imports_go_downwards_only() {
    let mut complaints = Vec::new();
    for source in sources() {
        let room = source.room();
        if room == "lib" || room == "main" {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            complaints.push(source.complain("its room has no line in the table of rooms (tests/it/tidy.rs)"));
            continue;
        };
        // `super::super::room` from a module of a room is another way to say `crate::room`.
        let imports = heads(&source.code, "crate::").into_iter().chain(heads(&source.code, "super::super::"));
        let foreign = imports.filter(|import| *import != room && ROOMS.iter().any(|(name, _)| name == import));
        let forbidden = foreign.filter(|import| !allowed.contains(import));
        complaints.extend(forbidden.map(|import| source.complain(format!("{room} may not import {import}"))));
    }
    assert_none(complaints);
}

#[test]
fn imports_inside_the_world_go_downwards_only() {
    let rank = |part: &str| PARTS_OF_THE_WORLD.iter().position(|parts| parts.contains(&part));
    let mut complaints = Vec::new();
    for source in sources() {
        let Ok(below) = source.path.strip_prefix("world") else { continue };
        let parts: Vec<_> =
            below.iter().map(|part| part.to_string_lossy().trim_end_matches(".rs").to_owned()).collect();
        if parts == ["mod"] {
            continue;
        }
        let Some(own) = rank(&parts[0]) else {
            complaints.push(source.complain("it has no line in the table of the world's parts (tests/it/tidy.rs)"));
            continue;
        };
        // How this file says `crate::world` otherwise.
        let is_top = parts.len() == 1 || (parts.len() == 2 && parts[1] == "mod");
        let otherwise = if is_top { "super::" } else { "super::super::" };
        let imports = heads(&source.code, "crate::world::").into_iter().chain(heads(&source.code, otherwise));
        let upwards = imports.filter(|import| rank(import).is_some_and(|import| import > own));
        complaints.extend(upwards.map(|import| source.complain(format!("{} may not import {import}", parts[0]))));
    }
    assert_none(complaints);
}

#[test]
fn the_table_of_rooms_is_a_downward_order() {
    for (place, (room, allowed)) in ROOMS.iter().enumerate() {
        for import in *allowed {
            let below = ROOMS[..place].iter().any(|(name, _)| name == import);
            assert!(below, "{room} may import {import}, which does not stand below it");
        }
    }
}

#[test]
fn every_room_of_the_library_is_in_the_table() {
    let library = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).expect("lib.rs is text");
    let rooms = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for room in rooms {
        assert!(ROOMS.iter().any(|(name, _)| *name == room), "{room} has no line in the table of rooms");
    }
}

#[test]
fn only_some_rooms_print_read_files_and_start_threads() {
    let mut complaints = Vec::new();
    // Tests may read what they test with.
    for source in sources().into_iter().filter(|source| !source.is_of_tests()) {
        let room = source.room();
        for (phrases, rooms, why) in WORDS.iter().filter(|(_, rooms, _)| !rooms.contains(&room.as_str())) {
            let said = phrases.iter().filter(|phrase| says(&source.code, phrase));
            let where_to = if rooms.is_empty() { String::new() } else { format!(" (only in {})", rooms.join(", ")) };
            complaints.extend(said.map(|phrase| source.complain(format!("`{phrase}`: {why}{where_to}"))));
        }
    }
    assert_none(complaints);
}

#[test]
fn every_file_says_what_it_is_and_is_not_too_long() {
    let mut complaints = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//! ") {
            complaints.push(source.complain("does not open with `//!`: what it is and what it is not"));
        }
        let lines = source.text.lines().count();
        if lines > LONGEST_FILE {
            complaints.push(source.complain(format!("has {lines} lines; {LONGEST_FILE} are allowed")));
        }
    }
    assert_none(complaints);
}

#[test]
fn no_room_is_overgrown() {
    let mut rooms: BTreeMap<String, usize> = BTreeMap::new();
    sources().iter().for_each(|source| *rooms.entry(source.room()).or_default() += source.text.lines().count());
    let all: usize = rooms.values().sum();
    let part = |lines: usize| format!("{:.1} %", lines as f64 * 100.0 / all as f64);
    let large = rooms.iter().filter(|&(_, &lines)| lines * 100 > all * LARGEST_ROOM);
    assert_none(
        large.map(|(room, &lines)| format!("{room} is {} of src; {LARGEST_ROOM} % are allowed", part(lines))).collect(),
    );
}

#[test]
fn imports_are_read_rightly() {
    let code =
        "use crate::{api::{Job, Pod}, time::SimTime,\n  id};\nlet x = crate::world::step(); pub(crate) fn f() {}";
    assert_eq!(heads(code, "crate::"), BTreeSet::from(["api", "time", "id", "world"]));
    assert_eq!(heads("use my_crate::api;", "crate::"), BTreeSet::new());
    assert!(says("print!(1)", "print!") && !says("sprint!(1)", "print!"));
    assert_eq!(without_comment("let x = 1; // see crate::world"), "let x = 1; ");
}
