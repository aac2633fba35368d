//! `jobsim plot`: files, kinds, formats, and that the same result gives the same bytes.

use crate::cli::scenario;
use crate::toy::folder;
use assert_cmd::Command;
use std::fs;
use std::path::{Path, PathBuf};

/// A command's standard output, standard error and exit code.
fn outcome(arguments: &[&str]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_jobsim")).args(arguments).output().expect("the command runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(output.stdout), text(output.stderr), output.status.code().expect("it exits by itself"))
}

/// The saved result of a scenario of the repository.
fn saved(root: &Path, name: &str, more: &[&str]) -> String {
    let path = root.join(format!("{name}.json")).display().to_string();
    let file = scenario(&format!("{name}.yaml"));
    let (_, talk, code) = outcome(&[&["run", &file, "--save", &path], more].concat());
    assert_eq!(code, 0, "{talk}");
    path
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_result_gives_its_pictures_and_always_the_same() {
    let root = folder("plot-all");
    let result = saved(&root, "spot-policy", &["-n", "50"]);
    let (first, second) = (root.join("first"), root.join("second"));
    let (names, talk, code) = outcome(&["plot", &result, "-o", &first.display().to_string()]);
    assert_eq!((talk.as_str(), code), ("", 0));
    assert_eq!(outcome(&["plot", &result, "-o", &second.display().to_string()]).2, 0);
    let drawn: Vec<String> =
        files(&first).iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(drawn, ["backoff.svg", "budget.svg", "ecdf.svg", "gantt.svg", "overshoot.svg", "retries.svg"]);
    assert_eq!(names.lines().count(), drawn.len());
    for (a, b) in files(&first).iter().zip(files(&second)) {
        let text = fs::read_to_string(a).unwrap();
        assert_eq!(text, fs::read_to_string(b).unwrap());
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n") && text.len() < 100_000, "{}", a.display());
        assert!(!text.contains("NaN") && !text.contains("inf"), "{}", a.display());
        assert!(text.contains("<desc>") && !text.contains("http://www.w3.org/1999/xlink"), "{}", a.display());
    }
}

#[test]
fn one_picture_goes_to_one_file_or_to_standard_output() {
    let root = folder("plot-one");
    let result = saved(&root, "backoff", &[]);
    let png = root.join("x.png").display().to_string();
    assert_eq!(outcome(&["plot", &result, "--kind", "backoff", "-o", &png]).2, 0);
    let bytes = fs::read(&png).unwrap();
    assert!(bytes.starts_with(b"\x89PNG") && bytes.len() > 10_000, "{} bytes", bytes.len());
    let (svg, _, code) = outcome(&["plot", &result, "--kind", "backoff", "-o", "-"]);
    assert_eq!(code, 0);
    assert!(
        svg.contains("8 Pods created, 8 failed; the back-off was waited for 3 times, the longest is 5m20s"),
        "{svg}"
    );
    let (_, talk, code) = outcome(&["plot", &result, "-o", &png]);
    assert_eq!(code, 2);
    assert!(talk.contains("holds one picture, and there are"), "{talk}");
}

#[test]
fn a_picture_is_as_wide_as_asked_and_its_text_keeps_its_size() {
    let root = folder("plot-width");
    let result = saved(&root, "backoff", &[]);
    let draw = |width: &str| outcome(&["plot", &result, "--kind", "backoff", "--width", width, "-o", "-"]);
    for width in ["320", "400", "1600"] {
        let (svg, _, code) = draw(width);
        assert_eq!(code, 0);
        assert!(svg.contains(&format!("viewBox=\"0 0 {width} ")) && svg.contains("font-size=\"11\""), "{svg}");
    }
    assert_eq!(draw("100").2, 2);
}

#[test]
fn several_variants_show_the_same_replication() {
    let root = folder("plot-same");
    let path = root.join("compared.json").display().to_string();
    let file = scenario("eviction-overshoot.yaml");
    let with = "spec.podReplacementPolicy=Failed";
    assert_eq!(outcome(&["compare", &file, "--with", with, "-n", "15", "--save", &path]).2, 0);
    let saved: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let chosen = |point: usize| {
        let timelines = saved["points"][point]["timelines"].as_array().unwrap();
        timelines.iter().map(|t| t["replication"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert!(chosen(0).len() > 1);
    assert_eq!(chosen(0), chosen(1));
    let folder = root.join("drawn").display().to_string();
    assert_eq!(outcome(&["plot", &path, "--kind", "overshoot", "-o", &folder]).2, 0);
    let captions: Vec<String> =
        files(Path::new(&folder)).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let which = |text: &str| {
        text.split("(replication ").nth(1).and_then(|rest| rest.split([',', '.']).next()).map(str::to_owned)
    };
    assert_eq!(captions.len(), 3, "each variant, and both over replications");
    assert_eq!((which(&captions[0]), which(&captions[0])), (which(&captions[2]), Some(chosen_median(&saved))));
}

fn chosen_median(saved: &serde_json::Value) -> String {
    let timelines = saved["points"][0]["timelines"].as_array().unwrap();
    let is_median = |t: &&serde_json::Value| t["chosenAs"].as_array().unwrap().contains(&"median".into());
    timelines.iter().find(is_median).expect("there is one")["replication"].to_string()
}

#[test]
fn cron_jobs_have_dates_and_outages_are_shaded() {
    let root = folder("plot-dates");
    let result = saved(&root, "controller-down", &[]);
    let folder = root.join("drawn").display().to_string();
    assert_eq!(outcome(&["plot", &result, "-o", &folder]).2, 0);
    let drawn = files(Path::new(&folder));
    assert_eq!(drawn.len(), 4);
    for file in drawn {
        let svg = fs::read_to_string(&file).unwrap();
        for part in [">03:00</text>", "(1 Jan 2000, UTC)", ">controllers down</text>", "fill-opacity=\"0.30\""] {
            assert!(svg.contains(part), "{}: {part}", file.display());
        }
    }
}

#[test]
fn several_results_are_drawn_together() {
    let root = folder("plot-several");
    let (a, b) = (saved(&root, "outage", &["-n", "30"]), saved(&root, "spot-policy", &["-n", "30"]));
    let (svg, _, code) = outcome(&["plot", &a, &b, "--kind", "ecdf", "-o", "-"]);
    assert_eq!(code, 0);
    assert!(svg.contains(">outage</text>") && svg.contains(">spot-policy</text>"), "{svg}");
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let root = folder("plot-nothing");
    let result = saved(&root, "throttle-200", &[]);
    let (data, talk, code) = outcome(&["plot", &result, "--kind", "backoff,heatmap", "-o", "-"]);
    assert_eq!((data.as_str(), code), ("", 1));
    assert!(talk.contains("nothing to draw"), "{talk}");
    let manifest = scenario("backoff.yaml");
    let (_, talk, code) = outcome(&["plot", &manifest]);
    assert_eq!(code, 2);
    assert!(talk.contains("backoff.yaml: this is no result that jobsim saved"), "{talk}");
    assert_eq!(outcome(&["plot", &result, "--kind", "pie"]).2, 2);
}
