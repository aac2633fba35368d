//! A report as one page: question, answer in words, tables, pictures, an interactive timeline, the data and the exact
//! command. The page asks for nothing from anywhere: styles, script and data stand in it, and its policy forbids
//! requests. It computes nothing about a result that is not in the result.

mod data;
mod prose;
mod tables;

pub use prose::answer;

use crate::experiment::result::ResultFile;
use crate::plot;
use std::fmt::Write as _;

/// No requests at all; what is inline may run.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:";

/// The page about these results, each with its name.
pub fn html(results: &[(String, ResultFile)]) -> String {
    let title = title(results);
    let mut page = String::with_capacity(1 << 20);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{}</title>\
         <style>{}\n{}</style></head>\n<body><button id=\"theme\" type=\"button\" title=\"light or dark\">◐ theme</button>\n\
         <header><p class=\"meta\">jobsim report</p><h1>{}</h1></header>\n<main>\n",
        escaped(&title),
        plot::STYLE,
        include_str!("style.css"),
        escaped(&title)
    );
    // A number and its sign stay together.
    page += &prose::section(results).replace(" %", "\u{a0}%");
    page += timeline(results);
    pictures(&mut page, results);
    page += &tables::section(results).replace(" %", "\u{a0}%");
    page += &sources(results);
    let _ = write!(
        page,
        "</main>\n<script type=\"application/json\" id=\"data\">{}</script>\n<script>{}</script>\n</body></html>\n",
        data::json(results),
        include_str!("script.js")
    );
    page
}

/// The question, or what was run.
fn title(results: &[(String, ResultFile)]) -> String {
    let question = results.iter().find_map(|(_, r)| r.question.clone());
    question.unwrap_or_else(|| {
        let names: Vec<&str> = results.iter().map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    })
}

/// Text that means nothing to a browser.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The interactive timeline; nothing where no replication kept one.
fn timeline(results: &[(String, ResultFile)]) -> &'static str {
    let has = results.iter().flat_map(|(_, r)| &r.points).any(data::has_timeline);
    if !has {
        return "";
    }
    "<h2 id=\"timeline\">What happened, Pod by Pod</h2>\n<section class=\"screen\">\
     <div class=\"bar\"><label for=\"pick\">of</label><select id=\"pick\"></select>\
     <label for=\"find\">index or name</label><input id=\"find\" size=\"10\" placeholder=\"17, 0-9, web-3\" autocomplete=\"off\">\
     <label for=\"only\">outcome</label><select id=\"only\"><option value=\"\">any</option><option>succeeded</option>\
     <option>failed</option><option>stopped</option><option>unfinished</option><option>disrupted</option></select></div>\
     <div class=\"bar\"><button id=\"out\" type=\"button\" aria-label=\"zoom out\">−</button>\
     <button id=\"in\" type=\"button\" aria-label=\"zoom in\">+</button><button id=\"all\" type=\"button\">whole</button>\
     <button id=\"back\" type=\"button\">◀ step</button><button id=\"next\" type=\"button\">step ▶</button></div>\
     <canvas id=\"lives\" tabindex=\"0\" role=\"application\" aria-describedby=\"about keys\" \
     aria-label=\"Lives of Pods over time\"></canvas>\
     <div id=\"about\" aria-live=\"polite\"></div>\
     <p class=\"legend\"><span><i class=\"key\" style=\"background:var(--c4)\"></i>pending</span>\
     <span><i class=\"key\" style=\"background:var(--c2)\"></i>ran, succeeded</span>\
     <span><i class=\"key\" style=\"background:var(--c3)\"></i>ran, failed (hatched)</span>\
     <span><i class=\"key\" style=\"background:var(--c1)\"></i>ran, stopped</span>\
     <span><i class=\"key\" style=\"background:var(--c6)\"></i>waits for a restart</span>\
     <span><i class=\"key\" style=\"background:var(--c5)\"></i>terminating (hatched)</span>\
     <span><i class=\"key\" style=\"background:var(--grid)\"></i>the Job waits (back-off)</span></p>\
     <p class=\"meta\" id=\"keys\">Mouse: point, wheel to zoom, drag to move, shift and wheel for other rows. Keys: <kbd>+</kbd> <kbd>-</kbd> \
     <kbd>0</kbd> zoom, <kbd>←</kbd> <kbd>→</kbd> move, <kbd>↑</kbd> <kbd>↓</kbd> from Pod to Pod, <kbd>,</kbd> <kbd>.</kbd> step \
     through what the controller did, <kbd>Home</kbd> <kbd>End</kbd>, <kbd>PgUp</kbd> <kbd>PgDn</kbd> other rows.</p></section>\n"
}

fn pictures(page: &mut String, results: &[(String, ResultFile)]) {
    let charts = plot::all_charts(results);
    if charts.is_empty() {
        return;
    }
    page.push_str("<h2 id=\"pictures\">Pictures</h2>\n");
    for chart in charts {
        let _ = writeln!(
            page,
            "<figure id=\"{}\">\n{}</figure>",
            escaped(&chart.file_stem()),
            plot::svg_inline(&chart.scene())
        );
    }
}

/// The files that were read, and the exact command.
fn sources(results: &[(String, ResultFile)]) -> String {
    let mut text = "<h2 id=\"sources\">What was run</h2>\n".to_owned();
    for (name, result) in results {
        let command: Vec<String> = result.command.iter().enumerate().map(|(n, word)| quoted(n, word)).collect();
        let _ = writeln!(
            text,
            "<h3>{}</h3><pre class=\"command\">{}</pre><p class=\"meta\">jobsim {}, modelling Kubernetes {}; seed {}.</p>",
            escaped(name),
            escaped(&command.join(" ")),
            escaped(&result.jobsim),
            escaped(&result.kubernetes),
            result.seed
        );
        for file in &result.files {
            let (name, text_of) = (escaped(&file.name), escaped(&file.text));
            let _ = writeln!(text, "<details open><summary>{name}</summary><pre>{text_of}</pre></details>");
        }
    }
    text
}

/// A word of a command line as a shell takes it; the command itself by its name alone.
fn quoted(place: usize, word: &str) -> String {
    if place == 0 {
        return word.rsplit(['/', '\\']).next().unwrap_or(word).to_owned();
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,%+@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_command_are_quoted_as_needed() {
        for (word, shown) in [
            ("--fail", "--fail"),
            ("5%", "5%"),
            ("weibull(shape=1)", "'weibull(shape=1)'"),
            ("it's", "'it'\\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(1, word), shown);
        }
        assert_eq!(quoted(0, "/usr/bin/jobsim"), "jobsim");
    }

    #[test]
    fn a_page_about_nothing_is_a_page() {
        let mut result = ResultFile::new(crate::experiment::result::ResultKind::Run, "v1.37");
        result.question = Some("Does <script>alert(1)</script> run?".to_owned());
        result.points.push(crate::experiment::result::Point::default());
        let page = html(&[("x".to_owned(), result)]);
        assert!(page.contains("<h1>Does &lt;script&gt;alert(1)&lt;/script&gt; run?</h1>"));
        assert!(!page.contains("<script>alert") && !page.contains("id=\"lives\""));
        assert!(page.ends_with("</body></html>\n"));
    }
}
