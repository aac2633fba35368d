//! The studies in `reports/` are what `jobsim studies` makes of `scenarios/` today: records and pictures, byte for byte.

use crate::toy::folder;
use assert_cmd::Command;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The largest that all studies together may be, in bytes.
const LARGEST: u64 = 5_000_000;

/// Texts of files with these ends, by their path below a folder.
fn texts(root: &Path, ends: &[&str]) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for study in fs::read_dir(root).expect("the folder is there").map(|entry| entry.unwrap().path()) {
        if !study.is_dir() {
            continue;
        }
        for file in fs::read_dir(&study).unwrap().map(|entry| entry.unwrap().path()) {
            let name = file.strip_prefix(root).unwrap().display().to_string();
            if ends.iter().any(|end| name.ends_with(end)) {
                texts.insert(name, fs::read_to_string(&file).expect("it is text"));
            }
        }
    }
    texts
}

#[test]
fn the_studies_are_up_to_date() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = folder("studies");
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobsim"));
    let made_name = made.display().to_string();
    command.current_dir(here).args(["studies", "scenarios", "-o", &made_name]).assert().success();
    let ends = [".csv", ".svg"];
    let (kept, new) = (texts(&here.join("reports"), &ends), texts(&made, &ends));
    let names = |texts: &BTreeMap<String, String>| texts.keys().cloned().collect::<Vec<_>>();
    let how = "make them anew with `jobsim studies` in the repository's folder (after `rm -r reports`), and look at what changed";
    assert_eq!(names(&kept), names(&new), "{how}");
    let differing: Vec<_> = new.iter().filter(|(name, text)| kept[*name] != **text).map(|(name, _)| name).collect();
    assert!(differing.is_empty(), "{differing:?} differ: {how}");
}

#[test]
fn there_is_a_study_for_each_scenario_and_all_are_small() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut size = 0;
    let (mut studies, mut pages) = (0, 0);
    for scenario in fs::read_dir(here.join("scenarios")).unwrap().map(|entry| entry.unwrap().path()) {
        if scenario.extension().is_none_or(|e| e != "yaml") {
            continue;
        }
        studies += 1;
        let study = here.join("reports").join(scenario.file_stem().unwrap());
        let readme = fs::read_to_string(study.join("README.md")).expect("it has a study");
        assert!(readme.contains("```\njobsim run scenarios/") && readme.contains("Seed "), "{}", study.display());
        match fs::read_to_string(study.join("report.html")) {
            Ok(page) => {
                let is_whole = page.ends_with("</body></html>\n") && page.contains("id=\"lives\"");
                assert!(is_whole && readme.contains("[report.html](report.html)"), "{}", study.display());
                pages += 1;
            }
            Err(_) => assert!(readme.contains("too large to be kept here"), "{}", study.display()),
        }
        size += fs::read_dir(&study).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum::<u64>();
    }
    assert!(studies >= 8 && pages + 2 >= studies, "{studies} studies, {pages} pages");
    assert!(size < LARGEST, "{size} bytes");
}
