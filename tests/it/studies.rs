//! The studies in `reports/` are what `jobsim studies` makes of `scenarios/` today, byte for byte: answers, records and
//! pictures. Each answers its question in two sentences, whose numbers come from the replications, and one picture.

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
    let ends = [".csv", ".svg", ".md"];
    let (kept, new) = (texts(&here.join("reports"), &ends), texts(&made, &ends));
    let names = |texts: &BTreeMap<String, String>| texts.keys().cloned().collect::<Vec<_>>();
    let how = "make them anew with `jobsim studies` in the repository's folder (after `rm -r reports`), and look at what changed";
    assert_eq!(names(&kept), names(&new), "{how}");
    let first_page = |root: &Path| fs::read_to_string(root.join("README.md")).expect("there is a first page");
    assert_eq!(first_page(&here.join("reports")), first_page(&made), "{how}");
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
        assert!(readme.contains("```\njobsim ") && readme.contains("Seed "), "{}", study.display());
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
    assert!(studies >= 8 && pages + 7 >= studies, "{studies} studies, {pages} pages");
    assert!(size < LARGEST, "{size} bytes");
}

/// The answer as a scenario has it, with its braces.
fn written_answer(scenario: &str) -> String {
    let from = scenario.split_once("\n  answer: >-\n").expect("its study has an answer").1;
    let lines = from.lines().take_while(|line| line.starts_with("    "));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// A text without what stands in braces.
fn without_measures(text: &str) -> String {
    let mut parts = text.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |words, part| words + part.split_once('}').expect("braces are closed").1)
}

/// Sentences end where a full stop is followed by a space, or by nothing.
fn sentences(text: &str) -> usize {
    text.split_inclusive(". ").filter(|sentence| sentence.trim_end().ends_with('.')).count()
}

#[test]
fn each_question_is_answered_in_two_sentences_whose_numbers_are_measured() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for scenario in fs::read_dir(here.join("scenarios")).unwrap().map(|entry| entry.unwrap().path()) {
        let name = scenario.file_stem().unwrap().to_string_lossy().into_owned();
        let written = written_answer(&fs::read_to_string(&scenario).unwrap());
        let words = without_measures(&written);
        assert!(written.contains('{') && !words.contains(|c: char| c.is_ascii_digit()), "{name}: {words}");
        let readme = fs::read_to_string(here.join("reports").join(&name).join("README.md")).unwrap();
        let mut blocks = readme.split("\n\n");
        let (question, answer) = (blocks.next().unwrap_or_default(), blocks.next().unwrap_or_default());
        assert!(question.starts_with("# ") && question.ends_with('?'), "{name}: {question}");
        assert_eq!(sentences(answer), 2, "{name}: {answer}");
        assert!(!answer.contains('{') && !answer.contains("never") || words.contains("never"), "{name}: {answer}");
        assert!(blocks.next().unwrap_or_default().starts_with("!["), "{name}: the picture follows");
    }
}

#[test]
fn the_first_page_leads_to_every_study_with_a_small_picture() {
    let reports = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports");
    let page = fs::read_to_string(reports.join("README.md")).unwrap();
    let links: Vec<&str> = page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(to, _)| to).collect();
    for link in &links {
        assert!(reports.join(link).is_file(), "{link} leads nowhere");
    }
    let studies = texts(&reports, &["README.md"]).len();
    for (what, times) in [("/thumbnail.svg", 1), ("/README.md", 2)] {
        assert_eq!(links.iter().filter(|link| link.ends_with(what)).count(), times * studies, "{what}");
    }
    for (name, readme) in texts(&reports, &["README.md"]) {
        let study = reports.join(&name).parent().expect("it is in a folder").to_path_buf();
        let pictures: Vec<String> = fs::read_dir(&study)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|file| file.ends_with(".svg"))
            .collect();
        let [_, _] = &pictures[..] else { panic!("{name}: one picture and its thumbnail, not {pictures:?}") };
        let picture = pictures.iter().find(|picture| *picture != "thumbnail.svg").expect("a picture");
        assert!(readme.contains(&format!("]({picture})")), "{name} shows {picture}");
        let size = fs::metadata(study.join("thumbnail.svg")).unwrap().len();
        assert!(size <= 15_000, "{name}: {size} bytes");
    }
}

#[test]
fn an_answer_that_claims_what_is_not_so_is_refused() {
    let root = folder("studies-claims");
    let scenario = |study: &str| {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/backoff.yaml")).unwrap();
        let (before, after) = text.split_once("study:\n").expect("it has a study");
        let rest = after.split_once("jobs:\n").expect("it has Jobs").1;
        let path = root.join("backoff.yaml");
        fs::write(&path, format!("{before}study: {study}\njobs:\n{rest}")).unwrap();
        let out = root.join("out").display().to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_jobsim"));
        let output = command.args(["studies", &path.display().to_string(), "-o", &out]).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(scenario("{answer: 'It burns {mean(podsCreated)}.', holds: [max(podsCreated) == 8]}").0, Some(0));
    for (study, why) in [
        ("{holds: [max(podsCreated) < 8]}", "study.holds: the answer claims max(podsCreated) < 8, and it is 8"),
        ("{answer: 'It takes {mean(wishes)}.'}", "study.answer: "),
        ("{plot: pie}", "study.plot: \"pie\" is none of the pictures that there are: backoff, "),
        ("{command: [watch]}", "study.command: "),
        ("{sentence: x}", "backoff.yaml:8:9: study.sentence: unknown field"),
    ] {
        let (code, talk) = scenario(study);
        assert_eq!(code, Some(2), "{study}: {talk}");
        assert!(talk.contains(why), "{study}: {talk}");
    }
}
