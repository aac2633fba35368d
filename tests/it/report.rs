//! `jobsim report`: one page that asks for nothing, answers in a browser, and is small and quick.

use crate::browser::Browser;
use crate::toy::folder;
use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Runs a command that must succeed; gives its standard output.
fn jobsim(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_jobsim")).args(arguments).output().expect("the command runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("output is text")
}

/// The page about a scenario of the repository.
fn page(root: &Path, scenario: &str, more: &[&str]) -> PathBuf {
    let file = crate::cli::scenario(scenario);
    let result = root.join("result.json").display().to_string();
    let page = root.join("report.html");
    jobsim(&[&["run", &file, "--save", &result], more].concat());
    jobsim(&["report", &result, "-o", &page.display().to_string()]);
    page
}

#[test]
fn a_page_holds_everything_and_asks_for_nothing() {
    let page = fs::read_to_string(page(&folder("report-whole"), "spot-policy.yaml", &["-n", "40"])).unwrap();
    for part in [
        "<h1>Do spot interruptions eat the retry budget, and does a podFailurePolicy save it?</h1>",
        "replications finish within",
        "<svg xmlns=",
        "id=\"lives\"",
        "class=\"command\">jobsim run ",
        "podFailurePolicy:",
        "\"csv\":\"replication,job,end,reason,cut,duration",
    ] {
        assert!(page.contains(part), "{part} is not in the page");
    }
    // Names of XML and of files in the data are no requests; nothing else may look like one.
    for wanted in ["src=", "href=", "@import", "url(", "fetch(", "XMLHttpRequest", "import("] {
        assert!(!page.replace("link.href", "").contains(wanted), "{wanted}");
    }
}

#[test]
fn a_thousand_replications_of_a_hundred_pods_are_a_small_page() {
    let root = folder("report-size");
    let spec = ["--set", "spec.completions=100", "--set", "spec.parallelism=10", "--set", "spec.backoffLimit=100"];
    let more =
        [&spec[..], &["--set", "pods.outcome={fail: 5%}", "--run", "weibull(shape=1.4, scale=3m)", "-n", "1000"]]
            .concat();
    let result = root.join("result.json").display().to_string();
    let page = root.join("report.html");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/backoff.yaml").display().to_string();
    jobsim(&[&["run", &file, "--save", &result], &more[..]].concat());
    jobsim(&["report", &result, "-o", &page.display().to_string()]);
    let size = fs::metadata(&page).unwrap().len();
    assert!(size < 3_000_000, "{size} bytes");
}

/// An attribute of the timeline's canvas, as a number.
fn number(browser: &Browser, name: &str) -> f64 {
    let value = browser.run(&format!("return document.getElementById('lives').dataset.{name}"));
    value.as_str().expect("it is there").parse().expect("a number")
}

fn text(browser: &Browser, name: &str) -> String {
    let value = browser.run(&format!("return document.getElementById('lives').dataset.{name}"));
    value.as_str().expect("it is there").to_owned()
}

fn about(browser: &Browser) -> String {
    browser.run("return document.getElementById('about').textContent").as_str().expect("text").to_owned()
}

#[test]
fn the_timeline_answers_to_mouse_and_keys() {
    let page = page(&folder("report-browser"), "backoff.yaml", &[]);
    let Some(browser) = Browser::start("the_timeline_answers_to_mouse_and_keys") else { return };
    browser.open(&page);
    assert_eq!(number(&browser, "rows"), 8.0, "a row for each Pod");
    let whole = number(&browser, "to");
    assert!((540.0..560.0).contains(&whole), "{whole}");
    assert!(about(&browser).contains("Failed (BackoffLimitExceeded) after 9m"), "{}", about(&browser));

    // Keys, when the timeline has the focus: zoom, move, back to the whole.
    browser.run(
        "document.getElementById('lives').scrollIntoView({block: 'center'}); document.getElementById('lives').focus()",
    );
    browser.keys(&["+", "+"]);
    let (from, to) = (number(&browser, "from"), number(&browser, "to"));
    assert!((0.63..0.65).contains(&((to - from) / whole)), "two steps of a fifth each: {from} to {to}");
    browser.keys(&["\u{e014}"]); // right
    assert!(number(&browser, "from") > from);
    browser.keys(&["0"]);
    assert_eq!((number(&browser, "from"), number(&browser, "to")), (0.0, whole));

    // From Pod to Pod, and through what the controller did.
    browser.keys(&["\u{e015}"]); // down
    assert_eq!(text(&browser, "pod"), "failing-1");
    assert!(about(&browser).contains("exit code 42"), "{}", about(&browser));
    assert!(about(&browser).contains("back-off 20s after 2 in a row"), "{}", about(&browser));
    browser.keys(&["\u{e010}"]); // end
    assert_eq!(number(&browser, "step") + 1.0, number(&browser, "steps"));
    assert!(about(&browser).contains("BackoffLimitExceeded"), "{}", about(&browser));
    browser.keys(&[","]);
    assert_eq!(number(&browser, "step") + 2.0, number(&browser, "steps"));
    // The moment has conditions and waits; rules are told of runs, and not of what was saved.
    let shown = |id: &str| browser.run(&format!("return document.getElementById('{id}').textContent"));
    assert!(
        shown("now-conditions").as_str().expect("text").contains("BackoffLimitExceeded"),
        "{}",
        shown("now-conditions")
    );
    assert_eq!(browser.run("return document.getElementById('now-why').parentElement.hidden"), Value::from(true));
    browser.keys(&["\u{e011}", "f"]); // home, the next failure
    assert!(about(&browser).contains("exit code 42, Failed"), "{}", about(&browser));
    browser.keys(&[".", "."]);
    assert!(shown("now-clock").as_str().expect("text").contains("2 failures in a row"), "{}", shown("now-clock"));
    browser.keys(&["0"]);

    // The mouse: point at the first Pod, turn the wheel, press a button.
    let place =
        browser.run("const b = document.getElementById('lives').getBoundingClientRect(); return [b.left, b.top]");
    let at = |dx: f64, dy: f64| [place[0].as_f64().unwrap() + dx, place[1].as_f64().unwrap() + dy].map(|x| x as i64);
    browser.mouse(at(100.0, 200.0), false);
    browser.mouse(at(105.0, 10.0), false);
    assert_eq!(text(&browser, "pod"), "failing-1");
    let scrolled = |browser: &Browser| browser.run("return scrollY").as_f64().expect("a number");
    let before = scrolled(&browser);
    browser.wheel(at(300.0, 60.0), 120);
    assert_eq!(number(&browser, "to"), whole, "the wheel alone does not zoom");
    // Browsers scroll when they next draw.
    let has_scrolled = (0..40).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        scrolled(&browser) > before
    });
    assert!(has_scrolled, "it scrolls the page");
    browser.run(&format!("scrollTo(0, {before})"));
    browser.run(
        "document.getElementById('lives').dispatchEvent(new WheelEvent('wheel',
            {deltaY: -120, ctrlKey: true, cancelable: true, bubbles: true, clientX: 400, clientY: 300}))",
    );
    assert!(number(&browser, "to") - number(&browser, "from") < whole * 0.9, "with Ctrl it does");
    let button =
        browser.run("const b = document.getElementById('all').getBoundingClientRect(); return [b.left + 5, b.top + 5]");
    browser.mouse([button[0].as_f64().unwrap() as i64, button[1].as_f64().unwrap() as i64], true);
    assert_eq!(number(&browser, "to"), whole);

    // Filters.
    let filter =
        "const f = document.getElementById('find'); f.value = 'failing-3'; f.dispatchEvent(new Event('input'))";
    browser.run(filter);
    assert_eq!(number(&browser, "rows"), 1.0);
    browser.run(
        "const f = document.getElementById('find'); f.value = ''; f.dispatchEvent(new Event('input'));
        const o = document.getElementById('only'); o.value = 'succeeded'; o.dispatchEvent(new Event('change'))",
    );
    assert_eq!(number(&browser, "rows"), 0.0);

    // Light and dark.
    let paper = |browser: &Browser| browser.run("return getComputedStyle(document.body).backgroundColor");
    let light = paper(&browser);
    browser.run("document.getElementById('theme').click()");
    assert_ne!(paper(&browser), light);

    // Nothing went wrong, and nothing was asked for.
    assert_eq!(browser.console(), [""; 0]);
    assert_eq!(browser.run("return performance.getEntriesByType('resource').length"), Value::from(0));
}

#[test]
fn indexes_are_filtered_by_ranges_and_pages_without_timeline_have_none() {
    let root = folder("report-indexes");
    let page = page(&root, "poison-index.yaml", &["-n", "20"]);
    let Some(browser) = Browser::start("indexes_are_filtered_by_ranges_and_pages_without_timeline_have_none") else {
        return;
    };
    browser.open(&page);
    assert_eq!(number(&browser, "rows"), 20.0);
    for (words, rows) in [("17", 1.0), ("0-4", 5.0), ("99", 0.0)] {
        browser.run(&format!(
            "const f = document.getElementById('find'); f.value = '{words}'; f.dispatchEvent(new Event('input'))"
        ));
        assert_eq!(number(&browser, "rows"), rows, "{words}");
    }
    assert_eq!(browser.console(), [""; 0]);
}

/// A page of a fleet with long names, and of a comparison with a long name: what could make a window too narrow.
fn wide_pages(root: &Path) -> Vec<PathBuf> {
    let fleet = page(root, "slots.yaml", &["-n", "4"]);
    let (result, compared) = (root.join("compared.json"), root.join("compared.html"));
    let file = crate::cli::scenario("drain.yaml");
    let (result, with) =
        (result.display().to_string(), "spec.podReplacementPolicy=Failed; pods.terminate=uniform(60s, 80s)");
    jobsim(&["compare", &file, "--with", with, "-n", "4", "--save", &result]);
    jobsim(&["report", &result, "-o", &compared.display().to_string()]);
    vec![fleet, compared]
}

#[test]
fn no_column_is_cut_and_no_letter_is_small_at_any_width() {
    let pages = wide_pages(&folder("report-widths"));
    let Some(browser) = Browser::start("no_column_is_cut_and_no_letter_is_small_at_any_width") else { return };
    for page in &pages {
        for (width, theme) in [(400, "light"), (400, "dark"), (600, "light"), (900, "dark"), (1_600, "light")] {
            browser.window(width, theme);
            browser.open(page);
            let about = format!("{}, {width}, {theme}", page.display());
            let beyond = browser.run(
                "document.querySelectorAll('details').forEach((d) => { d.open = true; });
                const isCut = (e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1
                    || (e.matches('.scroll') && e.scrollWidth > e.clientWidth + 1);
                return [...document.querySelectorAll('main, main *')].filter((e) => !e.closest('svg') && isCut(e))
                    .map((e) => e.tagName + '.' + e.className + '#' + e.id + ' ' + e.textContent.slice(0, 40))",
            );
            assert_eq!(beyond, serde_json::json!([]), "{about}");
            let least = browser.run(
                "const seen = [...document.querySelectorAll('figure svg')].filter((s) => s.getBoundingClientRect().width > 0);
                const scale = (s) => s.getBoundingClientRect().width / s.viewBox.baseVal.width;
                return [seen.length, Math.min(...seen.flatMap((s) => [...s.querySelectorAll('text')]
                    .map((t) => scale(s) * t.getAttribute('font-size'))))]",
            );
            assert!(least[0].as_u64() >= Some(4) && least[1].as_f64() >= Some(9.4), "{about}: {least}");
            let [dark, light] = ["rgb(22, 24, 29)", "rgb(255, 255, 255)"];
            let paper = browser.run("return getComputedStyle(document.body).backgroundColor");
            assert_eq!(paper, if theme == "dark" { dark } else { light }, "{about}");
        }
        assert_eq!(browser.console(), [""; 0]);
    }
}

#[test]
fn a_fleet_has_a_timeline_of_its_jobs_that_leads_to_their_pods() {
    let page = page(&folder("report-fleet"), "drain.yaml", &["--set", "jobs[0].count=3", "--set", "jobs[0].every=1m"]);
    let Some(browser) = Browser::start("a_fleet_has_a_timeline_of_its_jobs_that_leads_to_their_pods") else { return };
    browser.open(&page);
    assert_eq!(number(&browser, "rows"), 3.0, "a row for each Job");
    assert!(about(&browser).contains("3 Jobs"), "{}", about(&browser));
    browser.run("document.getElementById('lives').focus()");
    browser.keys(&["\u{e015}"]); // down
    assert!(about(&browser).starts_with("encode-1: ") && about(&browser).contains("running"), "{}", about(&browser));
    assert_eq!(browser.run("return document.getElementById('of-pods').hidden"), Value::from(true));
    browser.run("const p = document.getElementById('pick'); p.value = 1; p.dispatchEvent(new Event('change'))");
    assert!(number(&browser, "rows") >= 18.0, "its Pods");
    assert_eq!(browser.console(), [""; 0]);
}

#[test]
fn the_title_is_a_question() {
    let root = folder("report-title");
    let manifest = root.join("job.yaml");
    let job = "{apiVersion: batch/v1, kind: Job, metadata: {name: import}, spec: {template: {spec: {restartPolicy: Never, \
               containers: [{name: main, image: x}]}}}}";
    fs::write(&manifest, job).unwrap();
    let file = manifest.display().to_string();
    let cases: [(&[&str], &str); 3] = [
        (&["run", &file], "What becomes of import?"),
        (
            &["sweep", &file, "-P", "spec.backoffLimit=0..1", "-n", "2"],
            "What does spec.backoffLimit change for import?",
        ),
        (
            &["compare", &file, "--with", "spec.backoffLimit=1", "-n", "2"],
            "What is better for import: base or spec.backoffLimit=1?",
        ),
    ];
    for (n, (command, title)) in cases.into_iter().enumerate() {
        let (result, page) = (root.join(format!("{n}.json")), root.join(format!("{n}.html")));
        let (result, page) = (result.display().to_string(), page.display().to_string());
        jobsim(&[command, &["--save", &result]].concat());
        jobsim(&["report", &result, "-o", &page]);
        let text = fs::read_to_string(&page).unwrap();
        assert!(text.contains(&format!("<h1>{title}</h1>")), "{title}");
    }
}
