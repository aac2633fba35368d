//! The interactive timeline: its markup. The script finds the elements by their ids and draws the timeline from the
//! data. Reports have it, and so does the page that simulates.

use crate::experiment::result::ResultFile;
use maud::{Markup, html};

/// The script: one function, `jobsimLives`.
pub const LIVES_SCRIPT: &str = include_str!("lives.js");

/// The colours of the timeline's legend, and what they stand for; the script draws Pods in the same ones. Hatching and
/// words repeat what colours say, for those who cannot tell the colours apart.
const LEGEND: [(&str, &str); 7] = [
    ("c4", "pending"),
    ("c2", "ran, succeeded"),
    ("c3", "ran, failed (hatched)"),
    ("c1", "ran, stopped"),
    ("c6", "waits for a restart"),
    ("c5", "terminating (hatched)"),
    ("grid", "the Job waits (back-off)"),
];

/// Colours of the stages of Jobs, in the order of [`crate::record::Stage`].
const LEGEND_OF_JOBS: [(&str, &str); 7] = [
    ("c2", "running"),
    ("c4", "starting"),
    ("c1", "waiting for room (hatched)"),
    ("c5", "waiting for the throttle (hatched)"),
    ("c3", "back-off (hatched)"),
    ("grid", "suspended"),
    ("c6", "controller"),
];

/// How fast it plays: virtual seconds per second, or everything in half a minute. The script reads the first of each
/// pair.
const SPEEDS: [(&str, &str); 6] =
    [("all", "all in 30 s"), ("1", "1×"), ("10", "10×"), ("60", "60×"), ("600", "600×"), ("3600", "3,600×")];

fn legend(id: &str, entries: &[(&str, &str)]) -> Markup {
    html! {
        p class="legend" id=(id) {
            @for (colour, words) in entries {
                span { i class="key" style=(format!("background:var(--{colour})")) {} (words) }
            }
        }
    }
}

/// The section of a report.
pub(super) fn section(results: &[(String, ResultFile)]) -> Markup {
    let mut timelines = results.iter().flat_map(|(_, r)| &r.points).flat_map(|point| &point.timelines);
    let heading = match timelines.any(|timeline| timeline.jobs.len() > 1) {
        true => "What happened, Job by Job and Pod by Pod",
        false => "What happened, Pod by Pod",
    };
    html! {
        h2 id="timeline" class="screen" { (heading) }
        "\n"
        section class="screen" { (lives()) }
        "\n"
    }
}

/// The timeline: lanes, and a moment that can be moved through time.
pub fn lives() -> Markup {
    html! {
        div class="bar" {
            label for="pick" { "of" }
            select id="pick" {}
            label for="find" { "name or index" }
            input id="find" size="10" placeholder="17, 0-9, web-3" autocomplete="off";
            label for="only" { "outcome" }
            select id="only" {
                option value="" { "any" }
                @for outcome in ["succeeded", "failed", "stopped", "unfinished", "disrupted"] {
                    option { (outcome) }
                }
            }
            span class="group" {
                button id="out" type="button" aria-label="zoom out" { "−" }
                button id="in" type="button" aria-label="zoom in" { "+" }
                button id="all" type="button" { "whole" }
            }
        }
        canvas id="lives" tabindex="0" role="application" aria-describedby="about keys"
            aria-label="Lives of Pods over time" {}
        div id="beside" hidden {
            p class="meta" { "The other future, at the same scale:" }
            canvas id="other" role="img" aria-label="Lives of Pods over time, if something else had been done" {}
        }
        input id="scrub" type="range" min="0" max="1000" step="any" value="0" aria-label="moment" hidden;
        div class="bar" id="moments" hidden {
            button id="first" type="button" aria-label="to the first change" { "|◀" }
            button id="back" type="button" { "◀ step" }
            button id="play" type="button" aria-pressed="false" { "▶ play" }
            button id="next" type="button" { "step ▶" }
            button id="failure" type="button" { "next failure" }
            button id="last" type="button" aria-label="to the last change" { "▶|" }
            label for="speed" { "speed" }
            select id="speed" {
                @for (value, words) in SPEEDS { option value=(value) { (words) } }
            }
        }
        div id="about" aria-live="polite" {}
        div id="moment" hidden {
            h3 { "At " span id="when" {} }
            div class="now" {
                (part("now-why", "Why"))
                (part("now-clock", "Waits"))
                (part("now-pods", "Pods"))
                (part("now-controller", "What the controller sees"))
                (part("now-conditions", "Conditions"))
                (part("now-events", "Events"))
            }
        }
        (legend("of-pods", &LEGEND))
        (legend("of-jobs", &LEGEND_OF_JOBS))
        (keys())
    }
}

fn part(id: &str, heading: &str) -> Markup {
    html! { section { h4 { (heading) } div id=(id) {} } }
}

/// What mouse and keys do in the timeline.
fn keys() -> Markup {
    html! {
        p class="meta" id="keys" {
            "Mouse: point, drag to move, Ctrl and wheel (or the buttons) to zoom, Shift and wheel for other rows; double-click for \
             a moment; click a Job for its Pods. Keys: "
            kbd { "+" } " " kbd { "-" } " " kbd { "0" } " zoom, " kbd { "←" } " " kbd { "→" } " move, "
            kbd { "↑" } " " kbd { "↓" } " from Pod to Pod, " kbd { "," } " " kbd { "." }
            " step through what happened, " kbd { "f" } " to the next failure, " kbd { "space" } " play, "
            kbd { "Home" } " " kbd { "End" } ", " kbd { "PgUp" } " " kbd { "PgDn" } " other rows."
        }
    }
}
