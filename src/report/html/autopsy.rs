//! An autopsy as one page: for each Job what happened and why, a picture of its course with the model's course behind
//! it, and each wait with its rule. The page loads nothing and has no script.

use super::{PAGE_STYLE, POLICY, page_head};
use crate::autopsy::{Autopsy, CronAutopsy, JobAutopsy};
use crate::plot;
use crate::report::AutopsyForecast;
use crate::report::autopsy_rows::{
    course_rows, cronjob_headline, difference_row, headline, is_worth, release, start_rows, summary_rows, wait_row,
};
use crate::text::{rfc3339, visible};
use maud::{Markup, PreEscaped, html};

/// The most Jobs that have a section of their own.
const SECTIONS: usize = 50;

/// The page. `forecasts` belong to the Jobs at the same places.
pub fn autopsy_page(autopsy: &Autopsy, forecasts: &[Option<AutopsyForecast>]) -> String {
    let worth: Vec<usize> = (0..autopsy.jobs.len()).filter(|n| is_worth(&autopsy.jobs[*n], autopsy)).collect();
    let title = match (&autopsy.cronjobs[..], &autopsy.jobs[..]) {
        ([cronjob, ..], _) => format!("Autopsy of CronJob {}", cronjob.name),
        (_, [job]) => format!("Autopsy of Job {}", job.course.name),
        (_, jobs) => format!("Autopsy of {} Jobs", jobs.len()),
    };
    let markup = html! {
        (PreEscaped("<!doctype html>\n"))
        html lang="en" {
            (page_head(POLICY, &title, &[PAGE_STYLE]))
            "\n"
            body {
                header { p class="meta" { "jobsim autopsy, of " (rfc3339(autopsy.taken)) } h1 { (title) } }
                "\n"
                main {
                    @for cronjob in &autopsy.cronjobs { (of_cronjob(cronjob)) }
                    @for &place in worth.iter().take(SECTIONS) {
                        (of_job(autopsy, &autopsy.jobs[place], forecasts.get(place).and_then(Option::as_ref)))
                    }
                    @if worth.len() > SECTIONS { p { (worth.len() - SECTIONS) " more Jobs are not on this page." } }
                    h2 { "The dump" }
                    p { "Releases: " (release(autopsy)) "." }
                    ul { @for what in &autopsy.missing { li { "Missing: " (what) } } }
                }
            }
        }
        "\n"
    };
    visible(&markup.into_string()).into_owned()
}

fn of_cronjob(cronjob: &CronAutopsy) -> Markup {
    html! {
        h2 { (cronjob_headline(cronjob)) }
        (table(&["due", "what became of it"], &start_rows(cronjob)))
    }
}

fn of_job(autopsy: &Autopsy, job: &JobAutopsy, forecast: Option<&AutopsyForecast>) -> Markup {
    let waits: Vec<Vec<String>> = job.waits.iter().map(|wait| wait_row(wait, &job.course)).collect();
    let differences: Vec<Vec<String>> = job.differences.iter().map(difference_row).collect();
    let chart = plot::autopsy_chart(job);
    html! {
        h2 { (headline(autopsy, job)) }
        "\n"
        ul class="words" {
            @for row in summary_rows(job, forecast, autopsy.taken) { li { strong { (row[0]) } " " (row[1]) } }
        }
        "\n"
        @if let Some(chart) = chart {
            figure {
                div class="wide" { (PreEscaped(plot::svg_inline(&chart.scene()))) }
                div class="narrow" aria-hidden="true" { (PreEscaped(plot::svg_inline(&chart.scene_of_width(plot::NARROW)))) }
            }
        }
        "\n"
        h3 { "Waits, each with its rule" }
        @if waits.is_empty() { p { "None of 3 s or more." } } @else { (table(&["from", "to", "what, and by which rule"], &waits)) }
        @if !differences.is_empty() {
            h3 { "What the rules do not explain" }
            (table(&["by", "what"], &differences))
        }
        details { summary { "Course" } (table(&["at", "what"], &course_rows(&job.course))) }
        "\n"
    }
}

/// A table. Each cell knows its heading, which the style puts before it where a window is too narrow for columns.
fn table(heads: &[&str], rows: &[Vec<String>]) -> Markup {
    html! {
        div class="scroll" {
            table {
                thead { tr { @for head in heads { th style="text-align:left" { (head) } } } }
                tbody {
                    @for row in rows {
                        tr { @for (n, cell) in row.iter().enumerate() { td style="text-align:left" data-head=(heads[n]) { (cell) } } }
                    }
                }
            }
        }
        "\n"
    }
}
