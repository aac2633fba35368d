//! A report as one page: question, answer in words, tables, pictures, an interactive timeline, the data and the exact
//! command. Styles, script and data are part of the page, and its policy forbids requests. It shows a result; it does
//! not simulate.
//! Markup is written with maud, which escapes every value. Only what is already markup ([`PreEscaped`]: styles, the
//! script, the data, pictures) passes unescaped.

mod autopsy;
mod data;
mod lives;
mod prose;
mod tables;

pub use autopsy::autopsy_page;
pub use data::add_fleet;
pub use lives::{LIVES_SCRIPT, lives};
pub use prose::answer;

/// The style of pages.
pub const PAGE_STYLE: &str = include_str!("style.css");

use crate::experiment::result::{ResultFile, ResultKind};
use crate::plot;
use crate::report::shell_line;
use crate::text::visible;
use maud::{Markup, PreEscaped, html};

/// No requests at all; inline styles and scripts are allowed.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:";

/// The head of a page that needs no network: its policy, its title, and its styles after those of the pictures.
pub fn page_head(policy: &str, title: &str, styles: &[&str]) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta name="viewport" content="width=device-width,initial-scale=1";
            title { (title) }
            style { (PreEscaped(plot::STYLE)) @for style in styles { "\n" (PreEscaped(style)) } }
        }
    }
}

/// The page about these results, each with its name.
pub fn page(results: &[(String, ResultFile)]) -> String {
    let title = title(results);
    let markup = html! {
        (PreEscaped("<!doctype html>\n"))
        html lang="en" {
            (page_head(POLICY, &title, &[PAGE_STYLE]))
            "\n"
            body {
                button id="theme" type="button" title="light or dark" { "◐ theme" }
                "\n"
                header { p class="meta" { "jobsim report" } h1 { (title) } }
                "\n"
                main {
                    "\n"
                    (no_break(prose::section(results)))
                    @if results.iter().flat_map(|(_, r)| &r.points).any(data::has_timeline) { (lives::section(results)) }
                    (pictures(results))
                    (no_break(tables::section(results)))
                    (sources(results))
                }
                "\n"
                script type="application/json" id="data" { (PreEscaped(data::json(results))) }
                "\n"
                script { (PreEscaped(LIVES_SCRIPT)) (PreEscaped(include_str!("script.js"))) }
                "\n"
            }
        }
        "\n"
    };
    // Data may come from others: characters that a reader would not see are made visible.
    visible(&markup.into_string()).into_owned()
}

/// Keeps numbers and their percent signs on one line, by a no-break space.
fn no_break(markup: Markup) -> Markup {
    PreEscaped(markup.into_string().replace(" %", "\u{a0}%"))
}

/// The question, or what was run.
fn title(results: &[(String, ResultFile)]) -> String {
    let question = results.iter().find_map(|(_, r)| r.question.clone());
    question.or_else(|| asked(&results.first()?.1)).unwrap_or_else(|| {
        let names: Vec<&str> = results.iter().map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    })
}

/// The question that a command answers, for a scenario that states none.
fn asked(result: &ResultFile) -> Option<String> {
    let first = result.points.first()?;
    let of = match first.summary.all.job.as_str() {
        "" | "all" => "these Jobs".to_owned(),
        job => job.to_owned(),
    };
    let mut paths: Vec<&str> = Vec::new();
    for setting in result.points.iter().flat_map(|point| &point.settings) {
        if !paths.contains(&setting.path.as_str()) {
            paths.push(&setting.path);
        }
    }
    let (paths, verb) = (paths.join(" and "), if paths.len() > 1 { "do" } else { "does" });
    Some(match result.kind {
        ResultKind::Run => format!("What becomes of {of}?"),
        ResultKind::Sweep if !paths.is_empty() => format!("What {verb} {paths} change for {of}?"),
        ResultKind::Solve if !paths.is_empty() => format!("Which {paths} does it take for {of}?"),
        ResultKind::Sweep | ResultKind::Solve => format!("What becomes of {of}?"),
        ResultKind::Compare => {
            let with: Vec<&str> = result.comparisons.iter().map(|comparison| comparison.with.as_str()).collect();
            format!("What is better for {of}: {} or {}?", first.name, with.join(" or "))
        }
    })
}

fn pictures(results: &[(String, ResultFile)]) -> Markup {
    let charts = plot::all_charts(results);
    html! {
        @if !charts.is_empty() { h2 id="pictures" { "Pictures" } "\n" }
        @for chart in charts {
            figure id=(chart.file_stem()) {
                "\n"
                // An SVG scales as a whole, text included. So each picture has two layouts, and the style shows the one
                // that fits. Screen readers are to read only one of them.
                div class="wide" { (PreEscaped(plot::svg_inline(&chart.scene()))) }
                div class="narrow" aria-hidden="true" { (PreEscaped(plot::svg_inline(&chart.scene_of_width(plot::NARROW)))) }
            }
            "\n"
        }
    }
}

/// The files that were read, and the exact command.
fn sources(results: &[(String, ResultFile)]) -> Markup {
    html! {
        h2 id="sources" { "What was run" }
        "\n"
        @for (name, result) in results {
            h3 { (name) }
            pre class="command" { (shell_line(&result.command)) }
            p class="meta" {
                "jobsim " (result.jobsim) ", modelling Kubernetes " (result.kubernetes) "; seed " (result.seed) "."
            }
            "\n"
            @for file in &result.files {
                details open { summary { (file.name) } pre { (file.text) } }
                "\n"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_about_nothing_is_a_page() {
        let mut result = ResultFile::new(ResultKind::Run, "v1.37");
        result.question = Some("Does <script>alert(1)</script> run?".to_owned());
        result.points.push(crate::experiment::result::Point::default());
        let page = page(&[("x".to_owned(), result)]);
        assert!(page.contains("<h1>Does &lt;script&gt;alert(1)&lt;/script&gt; run?</h1>"));
        assert!(!page.contains("<script>alert") && !page.contains("id=\"lives\""));
        assert!(page.ends_with("</body></html>\n"));
    }
}
