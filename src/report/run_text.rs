//! The text about one replication: the headline first, then what kubectl would show, then details.

use super::headline::headline;
use super::layout::Layout;
use super::summary::{details, summary};
use super::{cron, kubectl, kueue, nodes, waiting};
use crate::experiment::{JobEnd, Outcome, Replication, Setup};
use crate::record::{JobRecord, RecordedRun};
use crate::text::thousands;

/// The most Jobs that are described one by one. If there are more, only Jobs that are not Complete are, up to this
/// many.
const DESCRIBED: usize = 5;

/// The text about one replication of a setup; `asked` are the rows about what the user asked for.
pub fn run_text(
    run: &RecordedRun,
    setup: &Setup,
    record: &Replication,
    asked: &[Vec<String>],
    layout: Layout,
) -> String {
    let mut text = headline(run, setup, record, asked, layout);
    let name = setup.series.first().map_or("", |name| name);
    let mut parts = vec![kubectl::get(run, layout)];
    let mut jobs = described(run, layout);
    let is_single = jobs.len() == 1 && run.recorder.jobs.len() == 1;
    if is_single {
        // What kubectl shows about the Job stands together.
        parts.push(kubectl::describe(jobs[0], run, layout));
    }
    for (planned, cronjob) in setup.cronjobs.iter().zip(&run.recorder.cronjobs) {
        let named = record.series.get(planned.series).map(|named| &named.outcome);
        let outcome = named.or((setup.series.len() == 1).then_some(&record.all));
        parts.push(cron::starts(cronjob, outcome, run, layout));
    }
    parts.extend(waiting::waiting(run, record, name, layout));
    parts.extend(kueue::queues(run, setup, layout));
    parts.extend(nodes::nodes(record, layout));
    parts.push(cron::refused(run, layout));
    let all = jobs_of_users(run).count();
    let left_out = all - jobs.len();
    if is_single {
        parts.push(details(jobs[0], run, layout));
        jobs.clear();
    }
    for job in jobs {
        parts.push(kubectl::describe(job, run, layout));
        parts.push(summary(job, run, layout));
    }
    if left_out > 0 {
        let wrong = if left_out == all { "all are Complete; " } else { "" };
        let more = thousands(left_out as u64);
        parts.push(format!("… {more} more Jobs are not described one by one ({wrong}--all, or -o json)\n"));
    }
    for part in parts.iter().filter(|part| !part.is_empty()) {
        text += &format!("\n{part}");
    }
    text
}

/// The Jobs that users created; those of CronJobs are too many and are summarised.
fn jobs_of_users<'a>(run: &RecordedRun<'a>) -> impl Iterator<Item = &'a JobRecord> {
    run.recorder.jobs.iter().filter(|job| job.owner.is_none() && job.created.is_some())
}

fn described<'a>(run: &RecordedRun<'a>, layout: Layout) -> Vec<&'a JobRecord> {
    let all: Vec<&JobRecord> = jobs_of_users(run).collect();
    if all.len() <= DESCRIBED || layout.shows_all() {
        return all;
    }
    let is_wrong = |job: &&JobRecord| Outcome::of(job, run.end).end != JobEnd::Complete;
    all.into_iter().filter(is_wrong).take(DESCRIBED).collect()
}
