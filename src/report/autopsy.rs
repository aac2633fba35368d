//! An autopsy as text: first what happened, why, and what to change; then the course of events, each wait with its
//! rule, and what no rule explains. [`crate::autopsy`] finds all of it; `autopsy_rows` decides what stands in the rows.

use super::autopsy_next::AutopsyForecast;
use super::autopsy_rows::{
    course_rows, cronjob_headline, difference_row, headline, is_worth, release, start_rows, summary_rows, wait_row,
};
use super::layout::Layout;
use super::table::row;
use crate::autopsy::{Autopsy, CronAutopsy, JobAutopsy, JobCourse, ObservedWait};
use crate::text::{rfc3339, thousands};

/// The whole text. `forecasts` belong to the Jobs at the same places.
pub fn autopsy_text(autopsy: &Autopsy, forecasts: &[Option<AutopsyForecast>], layout: Layout) -> String {
    let mut parts: Vec<String> = autopsy.cronjobs.iter().map(|cronjob| of_cronjob(cronjob, layout)).collect();
    let worth: Vec<usize> = (0..autopsy.jobs.len()).filter(|n| is_worth(&autopsy.jobs[*n], autopsy)).collect();
    let shown = layout.listed().min(worth.len());
    for &place in &worth[..shown] {
        let forecast = forecasts.get(place).and_then(Option::as_ref);
        parts.push(of_job(autopsy, &autopsy.jobs[place], forecast, layout));
    }
    let quiet = autopsy.jobs.len() - worth.len();
    let mut last = Vec::new();
    if worth.len() > shown {
        last.push(row(["More:", &format!("{} more Jobs (--all)", thousands((worth.len() - shown) as u64))]));
    }
    if quiet > 0 {
        last.push(row(["Others:", &format!("{} Jobs completed without a wait", thousands(quiet as u64))]));
    }
    last.push(row(["Release:", &release(autopsy)]));
    last.extend(autopsy.missing.iter().map(|what| row(["Missing:", what])));
    parts.push(layout.table(&last, "", 2));
    parts.join("\n")
}

fn of_job(autopsy: &Autopsy, job: &JobAutopsy, forecast: Option<&AutopsyForecast>, layout: Layout) -> String {
    let mut text = layout.fold(&format!("{}\n", headline(autopsy, job)));
    text += &layout.table(&summary_rows(job, forecast, autopsy.taken), "  ", 2);
    text += &course_text(&job.course, layout);
    text += &waits_text(job, layout);
    if !job.differences.is_empty() {
        text += "\nWhat the rules do not explain\n";
        let rows: Vec<Vec<String>> = job.differences.iter().take(layout.listed()).map(difference_row).collect();
        text += &layout.table(&rows, "  ", 2);
    }
    text
}

fn course_text(course: &JobCourse, layout: Layout) -> String {
    let mut rows = course_rows(course);
    // A long course is cut in its middle: how it began and how it ended say most.
    let most = layout.listed().saturating_mul(2);
    if rows.len() > most {
        let cut = rows.len() - most;
        let told = vec![String::new(), format!("… {} more (--all)", thousands(cut as u64))];
        rows.splice(most / 2..most / 2 + cut, [told]);
    }
    let day = rfc3339(course.created);
    format!("\nCourse ({}, UTC; times are cut to whole seconds)\n{}", &day[..10], layout.table(&rows, "  ", 2))
}

fn waits_text(job: &JobAutopsy, layout: Layout) -> String {
    if job.course.lacks_pods && job.waits.is_empty() {
        return "\nWaits: they cannot be told without the Pods\n".to_owned();
    }
    if job.waits.is_empty() {
        return "\nWaits: none of 3 s or more\n".to_owned();
    }
    let now = job.course.taken;
    let mut waits: Vec<&ObservedWait> = job.waits.iter().collect();
    // The longest waits are shown, in the order of time.
    if waits.len() > layout.listed() {
        waits.sort_by_key(|wait| std::cmp::Reverse(wait.lasted(now)));
        waits.truncate(layout.listed());
        waits.sort_by_key(|wait| wait.from);
    }
    let more = job.waits.len() - waits.len();
    let rows: Vec<Vec<String>> = waits.iter().map(|wait| wait_row(wait, &job.course)).collect();
    let mut text = format!("\nWaits, each with its rule\n{}", layout.table(&rows, "  ", 2));
    if more > 0 {
        text += &format!("  … {} shorter ones (--all)\n", thousands(more as u64));
    }
    text
}

fn of_cronjob(cronjob: &CronAutopsy, layout: Layout) -> String {
    let mut rows = start_rows(cronjob);
    let skip = rows.len().saturating_sub(layout.listed());
    if skip > 0 {
        let told = vec![String::new(), format!("… {} earlier ones (--all)", thousands(skip as u64))];
        rows.splice(..skip, [told]);
    }
    layout.fold(&format!("{}\n", cronjob_headline(cronjob))) + &layout.table(&rows, "  ", 2)
}
