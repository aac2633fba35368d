//! The page that simulates in a browser: what it asks of the library, its lessons, and the command that writes it. What
//! needs the simulator as WebAssembly is in `page_browser`.

use crate::cli::{jobsim, outcome, scenario};
use crate::toy::{folder, write, write_bytes};
use jobsim::page::{LESSON_TEXTS, LessonAnswer, LibraryText, PredictionLesson, SCENARIO_TEXTS, answer};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Asks what the page asks.
fn ask(request: &Value) -> Value {
    serde_json::from_str(&answer(&request.to_string())).expect("an answer is JSON")
}

fn text(name: &str) -> String {
    fs::read_to_string(scenario(name)).expect("it can be read")
}

/// The names of the files of a folder that end so.
fn names(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("it can be read").path());
    let of = entries.filter(|path| path.extension().is_some_and(|e| e == "yaml"));
    let mut names: Vec<String> =
        of.map(|path| path.file_stem().expect("it has a name").to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn every_scenario_and_every_lesson_is_in_the_page() {
    let sorted = |texts: &[LibraryText]| {
        let mut names: Vec<String> = texts.iter().map(|text| text.name.to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(sorted(SCENARIO_TEXTS), names("scenarios"));
    assert_eq!(sorted(LESSON_TEXTS), names("docs/lessons"));
    assert!(LESSON_TEXTS.len() >= 15, "{} lessons", LESSON_TEXTS.len());
}

#[test]
fn the_simulator_finds_one_right_guess_of_every_lesson() {
    for LibraryText { name, text } in LESSON_TEXTS {
        let found = LessonAnswer::of(text).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        assert!((2..=5).contains(&found.lesson.guesses.len()), "{name}");
        assert!(found.lesson.question.ends_with('?') && found.lesson.rule.ends_with('.'), "{name}");
        assert!(found.measured.iter().all(|goal| goal.holds && goal.value.is_some()), "{name}: {:?}", found.measured);
        // What is simulated is what the page shows, and nothing is wrong with it.
        let checked = ask(&json!({"do": "check", "text": found.text}));
        assert_eq!(checked["ok"], json!(true), "{name}: {checked}");
    }
}

#[test]
fn a_lesson_of_which_no_guess_or_two_hold_is_refused() {
    let lesson = |second: &str| {
        format!(
            "apiVersion: jobsim/lesson/v1\nkind: Lesson\ntitle: t\nquestion: q?\nguesses:\n- {{says: a, holds: [mean(podsCreated) == 9]}}\n\
             - {{says: b, holds: [{second}]}}\nrule: r.\nsource: s\n---\n{}",
            "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {restartPolicy: Never, containers: \
             [{name: c, image: x}]}}}\n"
        )
    };
    let said =
        |text: &str| LessonAnswer::of(text).map(|found| found.right).map_err(|problems| problems[0].message.clone());
    assert_eq!(said(&lesson("mean(podsCreated) == 1")), Ok(1));
    assert_eq!(said(&lesson("mean(podsCreated) == 2")), Err("none of the guesses holds".to_owned()));
    let both = lesson("mean(podsCreated) == 1").replace("== 9", "< 9");
    assert_eq!(said(&both), Err("2 of the guesses hold: one must".to_owned()));
    assert!(said(&lesson("mean(pods) == 1")).unwrap_err().starts_with("guesses[1]: "));
    assert!(said("apiVersion: jobsim/lesson/v1\nkind: Lesson\n").unwrap_err().contains("title"));
}

/// `JOBSIM_WRITE_DOCS=1 cargo test --test it page` writes it.
#[test]
fn the_schema_of_lessons_is_that_of_their_type() {
    let schema = schemars::schema_for!(PredictionLesson).to_value();
    let schema = serde_json::to_string_pretty(&schema).expect("it is JSON") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lesson.schema.json");
    if std::env::var_os("JOBSIM_WRITE_DOCS").is_some() {
        fs::write(&path, &schema).expect("it can be written");
    }
    assert!(fs::read_to_string(&path).unwrap_or_default() == schema, "docs/lesson.schema.json is of another version");
}

#[test]
fn the_answer_has_the_bytes_of_the_command() {
    for name in ["backoff.yaml", "controller-down.yaml", "poison-index.yaml", "eviction-overshoot.yaml"] {
        let (said, _, code) = outcome(&["run", &scenario(name), "-o", "json"]);
        assert!(code == 0 && said.len() > 1_000, "{name}");
        assert!(ask(&json!({"do": "answer", "text": text(name)}))["text"] == json!(said), "{name}");
    }
}

#[test]
fn problems_have_places() {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  parallelsm: 2\n  template:\n    spec: {restartPolicy: \
               Never, containers: [{name: c, image: x}]}\n";
    let checked = ask(&json!({"do": "check", "text": job}));
    let first = &checked["findings"][0];
    assert_eq!(
        (&checked["ok"], &first["line"], &first["suggestion"]),
        (&json!(false), &json!(5), &json!("parallelism"))
    );
    let knob = |checked: &Value, path: &str| {
        let all = checked["knobs"].as_array().expect("a list").clone();
        all.into_iter().find(|knob| knob["path"] == path).expect("it is a knob")["value"].clone()
    };
    let checked = ask(&json!({"do": "check", "text": job.replace("parallelsm", "parallelism")}));
    assert_eq!((&checked["ok"], knob(&checked, "spec.parallelism")), (&json!(true), json!(2)), "{checked}");
    for hostile in ["", "{", "a: [", "\u{1}", "- x", "kind: Job", "apiVersion: jobsim/v1\nkind: Scenario\n"] {
        assert_eq!(ask(&json!({"do": "check", "text": hostile}))["ok"], json!(false), "{hostile:?}");
        for request in ["run", "answer", "pictures"] {
            assert!(ask(&json!({"do": request, "text": hostile}))["error"].is_string(), "{request} {hostile:?}");
        }
    }
    for request in ["", "{}", "{\"do\": \"fly\"}", "{\"do\": \"run\", \"text\": 1}"] {
        assert!(answer(request).contains("\"error\":\"no request: "), "{request}");
    }
}

#[test]
fn what_is_too_large_is_refused_with_its_reason() {
    let job = |spec: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec:\n  {spec}\n  template: {{spec: {{restartPolicy: \
             Never, containers: [{{name: c, image: x}}]}}}}\n"
        )
    };
    let said = |request: Value| ask(&request)["error"].as_str().unwrap_or_default().to_owned();
    let pods = said(json!({"do": "run", "text": job("completions: 60000\n  parallelism: 60000")}));
    assert!(pods.contains("more than the page takes") && pods.contains("the command goes further"), "{pods}");
    let many = said(json!({"do": "many", "text": job("parallelism: 1"), "replications": 1_000_000}));
    assert!(many.contains("from 1 to 10,000"), "{many}");
    let long = said(json!({"do": "check", "text": "#".repeat(2_000_000)}));
    assert!(long.contains("the page takes 1,048,576"), "{long}");
    let work =
        said(json!({"do": "many", "text": job("completions: 4000\n  parallelism: 500"), "replications": 10_000}));
    assert!(work.contains("replications take about"), "{work}");
}

#[test]
fn another_future_has_the_same_past() {
    let text = text("backoff.yaml");
    let run =
        |actions: Value| ask(&json!({"do": "run", "text": text, "actions": actions}))["timeline"]["jobs"][0].clone();
    let (base, other) =
        (run(json!([])), run(json!(["{at: 100.000001s, patch: {job: failing, patch: {spec: {backoffLimit: 3}}}}"])));
    let before = |job: &Value| {
        let steps = job["steps"].as_array().expect("it has steps").iter();
        steps.filter(|step| step[0].as_f64() < Some(100.0)).cloned().collect::<Vec<_>>()
    };
    assert!(before(&base).len() > 20 && before(&base) == before(&other));
    let ends = |job: &Value| (job["pods"].as_array().map(Vec::len), job["finished"].as_f64().unwrap_or_default());
    assert_eq!(ends(&base).0, Some(8));
    assert!(ends(&other).0 == Some(4) && ends(&other).1 < 110.0, "{:?}", ends(&other));
    let refused = ask(&json!({"do": "run", "text": text, "actions": ["{at: 1s, fly: away}"]}));
    assert!(refused["error"].as_str().expect("it is refused").contains("fly"), "{refused}");
}

#[test]
fn a_step_tells_what_happened_and_by_which_rule() {
    let answered = ask(&json!({"do": "run", "text": text("backoff.yaml")}));
    let (timeline, rules) = (&answered["timeline"], &answered["timeline"]["rules"]);
    let job = &timeline["jobs"][0];
    let steps = job["steps"].as_array().expect("it has steps");
    let lines = steps.iter().flat_map(|step| step[2].as_array().expect("a list"));
    let rule_of = |words: &str| {
        let line = lines.clone().find(|line| line[0].as_str().is_some_and(|said| said.contains(words)));
        let place = line.unwrap_or_else(|| panic!("{words}"))[1].as_i64().expect("a place");
        usize::try_from(place).map_or("", |place| rules[place][0].as_str().expect("a rule has words")).to_owned()
    };
    assert!(rule_of("pod/failing-1: created").contains("parallelism 2"), "{}", rule_of("pod/failing-1: created"));
    assert!(
        rule_of("pod/failing-3: created").contains("the back-off is over: "),
        "{}",
        rule_of("pod/failing-3: created")
    );
    assert!(rule_of("job/failing: waits until").contains("10s × 2^1"), "{}", rule_of("job/failing: waits until"));
    assert!(rule_of("FailureTarget=True").contains("more than backoffLimit 6"), "{}", rule_of("FailureTarget=True"));
    // Each rule stands there once, with its source; steps are in order.
    let rules: Vec<&Value> = rules.as_array().expect("a list").iter().collect();
    assert!(rules.iter().all(|rule| rule[1].as_str().is_some_and(|source| !source.is_empty())));
    assert!((0..rules.len()).all(|n| !rules[..n].contains(&rules[n])));
    assert!(steps.windows(2).all(|two| two[0][0].as_f64() < two[1][0].as_f64()));
    // What the controller sees and remembers is told where it changes.
    let moments = job["moments"].as_array().expect("moments are kept");
    assert!(moments.iter().any(|moment| moment["sees"]["expectedCreations"] == 2), "{moments:?}");
    assert!(moments.iter().any(|moment| moment["backoff"]["formula"] == "10s × 2^3"), "{moments:?}");
    assert_eq!(job["waits"][0]["formula"], "10s × 2^1");
    assert_eq!(timeline["stepsLeftOut"], json!(0));
    // A Pod that is evicted counts as failed before it has ended: that is a failure to go to.
    let evicted = ask(&json!({"do": "run", "text": text("eviction-overshoot.yaml")}));
    let fails = |step: &&Value| step[1] == 1;
    let failing: Vec<&Value> =
        evicted["timeline"]["jobs"][0]["steps"].as_array().expect("steps").iter().filter(fails).collect();
    assert!(failing.len() >= 5 && failing[0].to_string().contains("failed 1"), "{failing:?}");
}

#[test]
fn the_command_says_what_is_missing_and_writes_whole_pages() {
    let root = folder("page-command");
    let page = root.join("page.html").display().to_string();
    let (_, talk, code) = outcome(&["page", "-o", &page, "--wasm", &root.join("none.wasm").display().to_string()]);
    assert!(code == 2 && talk.contains("none.wasm: "), "{talk}");
    let wrong = write(root.join("wrong.wasm"), ["hello"]).display().to_string();
    let (_, talk, code) = outcome(&["page", "-o", &page, "--wasm", &wrong]);
    assert!(code == 2 && talk.contains("not WebAssembly"), "{talk}");
    assert!(!Path::new(&page).exists());
    let wasm = write_bytes(root.join("some.wasm"), b"\0asm\x01\0\0\0").display().to_string();
    let (_, talk, code) = outcome(&["page", &scenario("backoff.yaml"), "-o", &page, "--wasm", &wasm]);
    assert_eq!((talk.as_str(), code), ("", 0));
    let html = fs::read_to_string(&page).expect("it is written");
    assert!(html.contains("\"text\":\"# How long does a Job go on trying") && html.ends_with("</body></html>\n"));
    for wanted in ["http-equiv=\"Content-Security-Policy\"", "default-src 'none'", "id=\"lives\"", "jobsimLives"] {
        assert!(html.contains(wanted), "{wanted}");
    }
    for request in ["src=", "@import", "url(", "fetch(", "XMLHttpRequest", "import("] {
        assert!(!html.contains(request), "{request}");
    }
    // A lesson of one's own is what the page begins with; one that cannot be answered is warned about.
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lessons/the-cap.yaml").display().to_string();
    let (_, talk, code) = outcome(&["page", &own, "-o", &page, "--wasm", &wasm]);
    assert_eq!((talk.as_str(), code), ("", 0));
    assert!(fs::read_to_string(&page).expect("it is written").contains("\"lesson\":\"own\""));
    let lesson = fs::read_to_string(&own).expect("it can be read").replace("> 9m", "> 90m");
    let wrong = write(root.join("lesson.yaml"), [lesson]).display().to_string();
    let (_, talk, code) = outcome(&["page", &wrong, "-o", &page, "--wasm", &wasm]);
    assert!(code == 0 && talk.contains("none of the guesses holds"), "{talk}");
    let job = write(root.join("job.yaml"), ["kind: Job"]).display().to_string();
    let (_, talk, code) = outcome(&["page", &job, "-o", &page, "--wasm", &wasm]);
    assert!(code == 0 && talk.contains("warning: the page will say: "), "{talk}");
    let (_, talk, code) = outcome(&["page", &job, "-o", &job, "--wasm", &wasm]);
    assert!(code == 2 && talk.contains("overwrite"), "{talk}");
    jobsim(&["page", "--help"]).assert().success();
}
