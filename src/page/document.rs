//! The page as a file: markup, styles, scripts, scenarios and lessons, and the simulator as compressed WebAssembly. It
//! loads nothing, and its policy forbids requests. So it works from a disk, where browsers do not let a page read the
//! files beside it.
//!
//! Markup is written with maud, which escapes every value. Only what is already markup passes unescaped: styles,
//! scripts, data.

use super::lesson::PredictionLesson;
use super::library::{LESSON_TEXTS, LibraryText, SCENARIO_TEXTS};
use crate::report::{LIVES_SCRIPT, PAGE_STYLE, lives, page_head};
use crate::text::{TreeNode, from_node, read_documents, visible};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};
use std::io::{self, Write};

/// What a page opens with.
#[derive(Clone, Debug, Default)]
pub struct PageContent {
    /// The text in the editor; without one the page opens with its gallery.
    pub text: Option<String>,
    /// The simulator, compiled for `wasm32-unknown-unknown` (`browser/build.sh`).
    pub wasm: Vec<u8>,
}

/// No requests at all; inline scripts may run, and so may a worker made from this page's own texts and the simulator in
/// it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'wasm-unsafe-eval' blob:; \
                      worker-src blob:; img-src data: blob:; base-uri 'none'; form-action 'none'";

const STYLE: &str = include_str!("assets/page.css");
const SCRIPT: &str = include_str!("assets/page.js");
const EDITOR: &str = include_str!("assets/editor.js");
const LINKS: &str = include_str!("assets/links.js");
const WORKER: &str = include_str!("assets/worker.js");

/// The page.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn page(content: &PageContent) -> io::Result<String> {
    let simulator = packed(&content.wasm)?;
    let markup = html! {
        (PreEscaped("<!doctype html>\n"))
        html lang="en" {
            (page_head(POLICY, "jobsim: what a Kubernetes Job does, step by step", &[PAGE_STYLE, STYLE]))
            "\n"
            body {
                (head()) "\n"
                main { (start()) "\n" (lesson()) "\n" (work()) }
                "\n"
                div id="said" role="status" aria-live="polite" {}
                script type="application/json" id="data" { (PreEscaped(data(content))) }
                "\n"
                // A browser runs no script of this type: the page reads these two as texts and makes a worker of them.
                script type="text/plain" id="worker" { (PreEscaped(WORKER)) }
                "\n"
                script type="text/plain" id="simulator" { (simulator) }
                "\n"
                script { (PreEscaped(LIVES_SCRIPT)) (PreEscaped(LINKS)) (PreEscaped(EDITOR)) (PreEscaped(SCRIPT)) }
            }
        }
        "\n"
    };
    Ok(visible(&markup.into_string()).into_owned())
}

fn head() -> Markup {
    html! {
        header id="top" {
            a id="home" href="#" { "jobsim" }
            nav {
                button type="button" id="to-gallery" { "Gallery" }
                button type="button" id="to-own" { "Your Job" }
                button type="button" id="theme" { "◐ theme" }
            }
        }
    }
}

/// The start page: lessons and scenarios as cards, which the script builds.
fn start() -> Markup {
    html! {
        section id="start" {
            h1 { "What does a Kubernetes Job do, and why?" }
            p {
                "This page holds a simulator of the Job controller. It runs here, in the page, without a cluster and without a \
                 network: change a Job, and see what the controller does about it, step by step, with the rule behind each step."
            }
            h2 id="lessons-head" { "Lessons: guess, then see" }
            div class="cards" id="lessons" {}
            h2 id="scenarios-head" { "Scenarios" }
            div class="cards" id="scenarios" {}
        }
    }
}

fn lesson() -> Markup {
    html! {
        section id="lesson" hidden {
            h1 id="lesson-title" tabindex="-1" {}
            p id="lesson-question" {}
            form id="guesses" {
                fieldset { legend { "Your guess" } div id="guess-list" {} }
                button type="submit" id="reveal" disabled { "Run it" }
            }
            div id="lesson-answer" aria-live="polite" hidden {}
            div class="bar" {
                button type="button" id="lesson-before" { "◀ lesson before" }
                button type="button" id="lesson-next" { "next lesson ▶" }
            }
        }
    }
}

/// The editor and its results.
fn work() -> Markup {
    html! {
        div id="work" hidden {
            section id="input" aria-label="What is simulated" {
                h2 { "Manifest" }
                div id="editor" {
                    div id="lines" aria-hidden="true" {}
                    div id="paper" {
                        pre id="marks" aria-hidden="true" {}
                        textarea id="text" spellcheck="false" wrap="off" autocapitalize="off" autocomplete="off"
                            aria-label="manifest or scenario, as YAML" aria-describedby="verdict" {}
                    }
                }
                p id="verdict" role="status" {}
                ul id="problems" {}
                details id="knob-box" open { summary { "Knobs" } div id="knobs" {} }
                div class="bar" {
                    button type="button" id="copy-link" { "copy link" }
                    button type="button" id="copy-yaml" { "copy YAML" }
                    button type="button" id="copy-command" { "copy command" }
                    button type="button" id="copy-svg" { "copy SVG" }
                    button type="button" id="save-svg" { "save SVG" }
                }
            }
            section id="output" aria-label="What happens" {
                div class="bar" id="run-bar" {
                    button type="button" id="run" title="Ctrl+Enter" { "run" }
                    label { "replication " input id="replication" type="number" min="0" max="99999999" value="0"; }
                    label { input type="checkbox" id="at-once" checked; " as I type" }
                    button type="button" id="cancel" hidden { "cancel" }
                    span id="busy" role="status" {}
                }
                div id="refusal" role="alert" hidden {}
                div id="result" {
                    p id="headline" {}
                    (lives())
                    (what_if())
                    (more())
                }
            }
        }
    }
}

/// "What if", from the chosen moment on.
fn what_if() -> Markup {
    html! {
        details id="what-if" {
            summary { "What if, from this moment?" }
            p class="meta" id="what-hint" { "First go to a moment of the run: step, play or move the slider." }
            div class="bar" {
                label { "the Job's " select id="what-field" {
                    @for field in ["parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "suspend"] {
                        option { (field) }
                    }
                } }
                label { "becomes " input id="what-value" size="8" autocomplete="off"; }
                button type="button" id="what-edit" { "edit it" }
            }
            div class="bar" {
                label { "the Pod " select id="what-pod" {} }
                button type="button" id="what-fail" { "fails (its node is lost)" }
                button type="button" id="what-delete" { "is deleted" }
                button type="button" id="what-evict" { "is evicted" }
            }
            div class="bar" {
                button type="button" id="what-keep" hidden { "write it into the text" }
                button type="button" id="what-nothing" hidden { "nothing, after all" }
            }
            div id="futures" class="scroll" {}
        }
    }
}

/// What else there is to see.
fn more() -> Markup {
    html! {
        details id="words-box" { summary { "What kubectl and jobsim say at the end" } pre id="words" {} }
        details id="pictures-box" { summary { "Pictures of this run" } div id="pictures" {} }
        details id="many-box" {
            summary { "How likely, how long: many replications" }
            div class="bar" {
                label { "replications " input id="replications" type="number" min="1" max="10000" value="1000"; }
                button type="button" id="run-many" { "run them" }
                button type="button" id="cancel-many" hidden { "cancel" }
                span id="many-busy" role="status" {}
            }
            pre id="many-words" {}
            div id="many-pictures" {}
        }
    }
}

/// Scenarios and lessons, as JSON that can be embedded.
fn data(content: &PageContent) -> String {
    let scenario = |text: &LibraryText| json!({"name": text.name, "question": question(text.text), "text": text.text});
    // A text that is a lesson opens as a lesson, and does not go into the editor.
    let own = content.text.as_deref().and_then(|text| lesson_json(OWN, text));
    let lessons = LESSON_TEXTS.iter().filter_map(|text| lesson_json(text.name, text.text));
    let data = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "scenarios": SCENARIO_TEXTS.iter().map(scenario).collect::<Vec<Value>>(),
        "lesson": own.as_ref().map(|_| OWN),
        "text": content.text.as_ref().filter(|_| own.is_none()),
        "lessons": lessons.chain(own).collect::<Vec<Value>>(),
    });
    // HTML ends a script at the first `</script>`, also within a string; JSON can write `<` as an escape.
    data.to_string().replace('<', "\\u003c")
}

/// The name of the lesson that a page opens with.
const OWN: &str = "own";

/// What the page shows of a lesson before it is answered; `None` if the text is not a lesson.
fn lesson_json(name: &str, text: &str) -> Option<Value> {
    let lesson: PredictionLesson = from_node(read_documents(text).ok()?.first()?).ok()?;
    let guesses: Vec<&String> = lesson.guesses.iter().map(|guess| &guess.says).collect();
    Some(json!({"name": name, "title": lesson.title, "question": lesson.question, "text": text, "guesses": guesses}))
}

/// The question of a scenario.
fn question(text: &str) -> Option<String> {
    let documents = read_documents(text).ok()?;
    documents.iter().find_map(|document| document.get("question").and_then(TreeNode::as_text).map(str::to_owned))
}

/// Bytes, compressed by deflate without a header, which browsers call `deflate-raw` and unpack themselves, as base64.
fn packed(bytes: &[u8]) -> io::Result<String> {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(bytes)?;
    Ok(base64(&deflate.finish()?))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > three.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_as_base64() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn what_is_in_the_page_ends_no_script() {
        let text = Some("# </script><script>alert(1)</script>".to_owned());
        let page = page(&PageContent { text, wasm: vec![0; 3] }).expect("memory suffices");
        assert!(!page.contains("<script>alert") && page.contains("\\u003c/script>"));
        // Scripts stand in the page as they are, so they must not contain their own end tag.
        assert_eq!(page.matches("</script>").count(), 4);
    }
}
