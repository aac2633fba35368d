//! The page that simulates, in a headless Chromium, from a file and without a network. It needs the simulator as
//! WebAssembly: `JOBSIM_WASM=target/browser/jobsim.wasm cargo test --test it page_browser`, after `browser/build.sh`. Without
//! it, or without a browser, tests say by name that they were skipped.

use crate::browser::Browser;
use crate::cli::{flat, outcome};
use crate::toy::folder;
use jobsim::report::human_duration;
use jobsim::time::SimDuration;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A browser with the page in it, and where the page is.
fn opened(test: &str, file: Option<&str>) -> Option<(Browser, PathBuf)> {
    let Some(wasm) = std::env::var_os("JOBSIM_WASM") else {
        eprintln!("{test}: SKIPPED, as JOBSIM_WASM does not name the simulator (browser/build.sh)");
        return None;
    };
    let wasm = Path::new(env!("CARGO_MANIFEST_DIR")).join(wasm).display().to_string();
    let page = folder(test).join("jobsim.html");
    let name = page.display().to_string();
    let file: Vec<&str> = file.into_iter().collect();
    let (_, talk, code) = outcome(&[&["page"][..], &file, &["-o", &name, "--wasm", &wasm]].concat());
    assert_eq!(code, 0, "{talk}");
    let browser = Browser::start(test)?;
    browser.open(&page);
    browser.wait("return document.documentElement.dataset.ready");
    Some((browser, page))
}

fn data(browser: &Browser, name: &str) -> String {
    let value = browser.run(&format!("return document.documentElement.dataset.{name} ?? ''"));
    value.as_str().expect("a text").to_owned()
}

fn text(browser: &Browser, id: &str) -> String {
    let value = browser.run(&format!("return document.getElementById('{id}').textContent"));
    value.as_str().expect("a text").to_owned()
}

fn click(browser: &Browser, selector: &str) {
    browser.run(&format!("document.querySelector({}).click()", json!(selector)));
}

fn number(browser: &Browser, name: &str) -> f64 {
    let value = browser.run(&format!("return document.getElementById('lives').dataset.{name}"));
    value.as_str().expect("it is there").parse().expect("a number")
}

fn type_text(browser: &Browser, words: &str) {
    let keys: Vec<String> = words.chars().map(String::from).collect();
    browser.keys(&keys.iter().map(String::as_str).collect::<Vec<_>>());
}

/// Opens a scenario from its card, and waits for the run.
fn open_card(browser: &Browser, name: &str) {
    click(browser, &format!("#scenarios [data-name='{name}']"));
    browser.wait("return document.documentElement.dataset.shown");
}

/// Nothing went wrong, and nothing was asked for but what the page made itself.
fn is_quiet(browser: &Browser) {
    assert_eq!(browser.console(), [""; 0]);
    let asked = "return performance.getEntriesByType('resource').filter((e) => !e.name.startsWith('blob:')).length";
    assert_eq!(browser.run(asked), Value::from(0));
}

const JOB: &str = "{apiVersion: batch/v1, kind: Job, metadata: {name: typed}, spec: {backoffLimit: 1, template: {spec: \
                   {restartPolicy: Never, containers: [{name: c, image: x}]}}}}";

#[test]
fn a_manifest_is_typed_broken_mended_scrubbed_and_stepped_through() {
    let test = "a_manifest_is_typed_broken_mended_scrubbed_and_stepped_through";
    let Some((browser, _)) = opened(test, None) else { return };
    click(&browser, "#to-own");
    browser.wait("return document.documentElement.dataset.shown");
    // Types a manifest over what is there.
    browser.run("const t = document.getElementById('text'); t.focus(); t.select()");
    type_text(&browser, JOB);
    browser.wait("return document.getElementById('headline').textContent.includes('typed: Complete')");
    // A mistake is shown at its line, and what was probably meant.
    browser.run("const t = document.getElementById('text'), at = t.value.indexOf('Limit') + 5; t.focus(); t.setSelectionRange(at, at)");
    type_text(&browser, "x");
    browser.wait("return document.querySelector('#lines .error')");
    assert!(text(&browser, "problems").contains("did you mean backoffLimit?"), "{}", text(&browser, "problems"));
    assert_eq!(browser.run("return document.querySelector('#lines .error').textContent"), json!("✗ 1"));
    browser.keys(&["\u{e003}"]); // backspace
    browser.wait(
        "return !document.querySelector('#lines .error') && document.querySelector('#result:not(.old)') !== null",
    );
    // A knob edits the text, and follows it.
    let turn = "const k = document.getElementById('knob-pods.outcome.fail'); k.value = '100%'; k.dispatchEvent(new Event('change'))";
    browser.run(turn);
    browser.wait("return document.getElementById('headline').textContent.includes('BackoffLimitExceeded')");
    let written = browser.run("return document.getElementById('text').value");
    assert!(written.as_str().expect("text").contains("pods: {outcome: {fail: 100%}}"), "{written}");
    browser.run("const t = document.getElementById('text'); t.focus(); t.value = t.value.replace('backoffLimit: 1', 'backoffLimit: 2'); t.dispatchEvent(new Event('input'))");
    browser.wait("return document.getElementById('knob-spec.backoffLimit').value === '2'");

    // Scrubs with the keyboard, then steps.
    browser.wait("return document.getElementById('headline').textContent.includes('BackoffLimitExceeded') && document.getElementById('lives').dataset.rows === '3'");
    browser.run("document.getElementById('scrub').focus()");
    browser.keys(&["\u{e014}", "\u{e014}", "\u{e014}"]); // right
    let scrubbed = number(&browser, "now");
    assert!(scrubbed > 0.0, "{scrubbed}");
    browser.run("document.getElementById('lives').focus()");
    let step = number(&browser, "step");
    browser.keys(&["."]);
    assert_eq!(number(&browser, "step"), step + 1.0);
    browser.keys(&["\u{e011}", "f"]); // home, the next failure
    assert!(text(&browser, "about").contains("exit code 1, Failed"), "{}", text(&browser, "about"));
    assert!(text(&browser, "now-why").contains("backoffLimit 2"), "{}", text(&browser, "now-why"));
    browser.keys(&[".", "."]);
    assert!(
        text(&browser, "now-clock").contains("until the next Pod may be created. 1 failure in a row"),
        "{}",
        text(&browser, "now-clock")
    );
    assert!(text(&browser, "now-pods").contains("Error") && text(&browser, "now-events").contains("SuccessfulCreate"));
    assert!(text(&browser, "now-controller").contains("failures in a row"));
    browser.keys(&["\u{e010}"]); // end
    assert!(text(&browser, "now-conditions").contains("BackoffLimitExceeded"));
    browser.keys(&["\u{e011}", " "]); // home, play
    browser.wait("return document.getElementById('lives').dataset.now > 3");
    browser.keys(&[" "]);
    is_quiet(&browser);
}

#[test]
fn what_if_shows_both_futures_and_a_link_brings_them_back() {
    let test = "what_if_shows_both_futures_and_a_link_brings_them_back";
    let Some((browser, page)) = opened(test, None) else { return };
    open_card(&browser, "backoff");
    browser.run("document.getElementById('lives').focus()");
    browser.keys(&["f", "f"]);
    let now = number(&browser, "now");
    browser.run("document.getElementById('what-field').value = 'backoffLimit'; document.getElementById('what-value').value = '3'");
    click(&browser, "#what-edit");
    browser.wait("return document.querySelector('#futures table')");
    let futures = text(&browser, "futures");
    assert!(futures.contains("backoffLimit becomes 3") && futures.contains("Pods created84"), "{futures}");
    assert_eq!(browser.run("return document.getElementById('beside').hidden"), json!(false));
    assert_eq!((number(&browser, "now"), number(&browser, "rows")), (now, 4.0));

    // A link holds all of it.
    click(&browser, "#copy-link");
    browser.wait("return document.documentElement.dataset.copied");
    let link = data(&browser, "copied");
    assert!(link.contains("#1") && link.len() < 3_000, "{link}");
    browser.visit("about:blank");
    browser.visit(&link);
    browser.wait("return document.querySelector('#futures table')");
    assert!((number(&browser, "now") - now).abs() < 1e-5);
    assert_eq!(text(&browser, "futures"), futures);
    click(&browser, "#what-nothing");
    browser.wait("return document.getElementById('lives').dataset.rows === '8'");

    // A Pod that runs may be lost: then it fails, and counts.
    browser.run("const s = document.getElementById('scrub'); s.value = 20; s.dispatchEvent(new Event('input'))");
    assert_eq!(browser.run("return document.getElementById('what-pod').length"), json!(2));
    click(&browser, "#what-fail");
    browser.wait("return document.querySelector('#futures table')");
    let lost = text(&browser, "futures");
    assert!(lost.contains("the node of failing-") && lost.contains("most above parallelism00"), "{lost}");

    // What was tried can be kept: it stands in the text as an action, and the run is the same.
    click(&browser, "#what-keep");
    browser.wait("return document.getElementById('text').value.includes('\"nodeLost\"') && document.getElementById('what-keep').hidden && !document.querySelector('#futures table')");
    assert_eq!(data(&browser, "errors"), "0");

    // In a frame there is the timeline alone.
    browser.visit(&link.replace("jobsim.html#", "jobsim.html?embed=1#"));
    browser.wait("return document.querySelector('#futures table')");
    assert_eq!(
        browser.run("return ['top', 'input'].map((id) => getComputedStyle(document.getElementById(id)).display)"),
        json!(["none", "none"])
    );
    // A few letters may unpack to very much.
    let bomb = "return jobsimLinks.write({text: 'a'.repeat(6 << 20)}).then((hash) => jobsimLinks.read(hash)).then(() => 'read', (e) => e.message)";
    assert_eq!(browser.run(bomb), json!("it is too large"));
    // A link of another version, and one that is cut off, are refused in words.
    for (hash, why) in [("#9abc", "of version \"9\""), ("#1abc", "cut off or spoilt")] {
        browser.visit("about:blank");
        browser.visit(&format!("file://{}{hash}", page.display()));
        browser.wait("return !document.getElementById('refusal').hidden");
        assert!(text(&browser, "refusal").contains(why), "{}", text(&browser, "refusal"));
    }
    is_quiet(&browser);
}

/// Links that were once given out: `tests/links.txt` has one a line, with what it must open.
#[test]
fn old_links_keep_working() {
    let Some((browser, page)) = opened("old_links_keep_working", None) else { return };
    let links = include_str!("../links.txt");
    let lines: Vec<&str> = links.lines().filter(|line| !line.starts_with("# ")).collect();
    assert!(lines.len() >= 3);
    for line in lines {
        let [hash, pods, moment, first] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        browser.visit("about:blank");
        browser.visit(&format!("file://{}{hash}", page.display()));
        browser.wait("return document.documentElement.dataset.shown");
        assert_eq!(browser.run("return document.getElementById('lives').dataset.rows"), json!(pods), "{line}");
        let now = browser.run("return document.getElementById('lives').dataset.now");
        assert!(moment == "-" || now == json!(moment), "{line}: {now}");
        let written = browser.run("return document.getElementById('text').value.split('\\n')[0]");
        assert_eq!(written, json!(first), "{line}");
    }
}

#[test]
fn a_lesson_asks_before_it_tells() {
    let Some((browser, _)) = opened("a_lesson_asks_before_it_tells", None) else { return };
    click(&browser, "#lessons [data-name='pods-of-a-limit']");
    browser.wait("return document.documentElement.dataset.errors === '0'");
    let hidden = |id: &str| browser.run(&format!("return document.getElementById('{id}').hidden")) == json!(true);
    assert!(hidden("result") && hidden("lesson-answer"));
    assert_eq!(browser.run("return document.getElementById('reveal').disabled"), json!(true));
    click(&browser, "#guess-list input[value='0']");
    click(&browser, "#reveal");
    browser.wait("return document.documentElement.dataset.shown");
    let answer = text(&browser, "lesson-answer");
    assert!(answer.starts_with("Not so: 5 Pods") && answer.contains("mean(podsCreated): 5"), "{answer}");
    assert!(answer.contains("N + 1 Pods") && answer.contains("exceedsBackoffLimit"), "{answer}");
    assert_eq!(number(&browser, "rows"), 5.0);
    click(&browser, "#lesson-next");
    browser.wait("return document.getElementById('lesson-answer').hidden");
    click(&browser, "#guess-list input[value='2']");
    click(&browser, "#reveal");
    browser.wait("return document.documentElement.dataset.lesson === 'right'");
    is_quiet(&browser);
}

#[test]
fn replications_pictures_copies_and_refusals() {
    let Some((browser, _)) =
        opened("replications_pictures_copies_and_refusals", Some(&crate::cli::scenario("spot-policy.yaml")))
    else {
        return;
    };
    browser.wait("return document.documentElement.dataset.shown");
    browser.run("document.getElementById('replications').value = 200");
    click(&browser, "#run-many");
    browser.wait("return document.querySelector('#many-pictures svg')");
    let (said, _, _) = outcome(&["run", &crate::cli::scenario("spot-policy.yaml"), "-n", "200"]);
    let words = text(&browser, "many-words");
    let head = words.split("\n\n").next().unwrap_or_default();
    assert!(head.len() > 200 && flat(&said).contains(&flat(head)), "{words}");
    assert!(browser.run("return document.querySelectorAll('#many-pictures figure').length").as_u64() >= Some(3));
    browser.run("document.getElementById('pictures-box').open = true");
    browser.wait("return document.querySelector('#pictures svg')");
    click(&browser, "#copy-command");
    browser.wait("return document.documentElement.dataset.copied?.startsWith('jobsim run - --timeline <<')");
    click(&browser, "#copy-yaml");
    browser.wait("return document.documentElement.dataset.copied === document.getElementById('text').value");
    click(&browser, "#save-svg");
    browser.wait("return document.documentElement.dataset.saved?.startsWith('gantt')");
    click(&browser, "#copy-svg");
    browser.wait("return document.documentElement.dataset.copied?.startsWith('<svg') || document.documentElement.dataset.copied?.startsWith('<?xml')");
    // What is too large is refused, with its reason, and the page goes on.
    let large = json!(JOB.replace("backoffLimit: 1", "completions: 90000, parallelism: 90000"));
    browser.run(&format!(
        "const t = document.getElementById('text'); t.value = {large}; t.dispatchEvent(new Event('input'))"
    ));
    browser.wait("return !document.getElementById('refusal').hidden");
    assert!(text(&browser, "refusal").contains("more than the page takes"), "{}", text(&browser, "refusal"));
    is_quiet(&browser);
}

#[test]
fn it_fits_every_width_in_light_and_dark() {
    let Some((browser, _)) = opened("it_fits_every_width_in_light_and_dark", None) else { return };
    let beyond = "const isCut = (e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
        const scrolls = (e) => e.closest('#editor, .now div, pre, svg, .scroll, #said');
        return [...document.querySelectorAll('body, body *')].filter((e) => e.getClientRects().length && !scrolls(e) && isCut(e))
            .map((e) => e.tagName + '#' + e.id + '.' + e.className)";
    let paper = |browser: &Browser| browser.run("return getComputedStyle(document.body).backgroundColor");
    for (width, theme) in
        [(400, "light"), (400, "dark"), (900, "light"), (900, "dark"), (1_600, "light"), (1_600, "dark")]
    {
        browser.window(width, theme);
        let dark = theme == "dark";
        assert_eq!(
            paper(&browser),
            json!(if dark { "rgb(22, 24, 29)" } else { "rgb(255, 255, 255)" }),
            "{width} {theme}"
        );
        click(&browser, "#to-gallery");
        browser.wait("return document.querySelectorAll('.small svg').length > 3");
        assert_eq!(browser.run(beyond), json!([]), "the gallery, {width} {theme}");
        open_card(&browser, "eviction-overshoot");
        browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; }); document.getElementById('lives').focus()");
        browser.keys(&["f", "."]);
        browser.wait("return document.querySelector('#pictures svg')");
        assert_eq!(browser.run(beyond), json!([]), "{width} {theme}");
    }
    // The reader's choice goes before the system's.
    click(&browser, "#theme");
    assert_eq!(paper(&browser), json!("rgb(255, 255, 255)"));
    // Every field and button has a name for those who do not see it.
    let nameless = "return [...document.querySelectorAll('button, input, select, textarea, canvas')]
        .filter((e) => !e.textContent.trim() && !e.getAttribute('aria-label') && !e.labels?.length).map((e) => e.id)";
    assert_eq!(browser.run(nameless), json!([]));
    is_quiet(&browser);
}

/// The script has kubectl's ages a second time, as reports are read without the simulator.
#[test]
fn ages_are_those_of_kubectl() {
    let Some((browser, _)) = opened("ages_are_those_of_kubectl", None) else { return };
    let seconds: Vec<i64> = (0..60)
        .map(|n| [n, 119 + n, 60 * n + 7, 3_600 * n + 61, 86_400 * n + 3_700, 86_400 * 60 * n][n as usize % 6])
        .collect();
    let ours: Vec<String> = seconds.iter().map(|&s| human_duration(SimDuration::from_secs(s))).collect();
    let theirs = browser.run(&format!("const {{age}} = jobsimLives(); return {}.map(age)", json!(seconds)));
    assert_eq!(theirs, json!(ours));
}
