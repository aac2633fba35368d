//! Where the time of Jobs went, as a table: each Job by the causes on its critical path, and all together; and what they
//! shared, slots and tokens.

use super::experiment::{digits, percent};
use super::layout::Layout;
use super::table::table;
use crate::experiment::{Outcome, PathTimes, Replication};
use crate::record::{Client, PathCause, RecordedRun, Waits};
use crate::text::thousands;
use crate::time::SimDuration;

/// Causes that take less of all paths than this have no column.
const LEAST: f64 = 0.0005;

/// The table, and the shared resources; `None` for a single Job that waited for neither slots nor tokens.
pub(super) fn waiting(run: &RecordedRun, record: &Replication, name: &str, layout: Layout) -> Option<String> {
    let all = &record.all;
    if all.jobs <= 1 && !all.shared.waited() {
        return None;
    }
    // Of one Job the headline has it all.
    let mut text = if all.jobs > 1 { table(&rows(record, name, layout), "", 2) } else { String::new() };
    let more = record.series.len().saturating_sub(layout.listed());
    if more > 0 {
        text += &format!("… {} more (--all)\n", thousands(more as u64));
    }
    let mut lines = slots(run, all);
    lines.extend(tokens(run));
    text += &layout.table(&lines, "", 2);
    Some(text)
}

/// A row per series, and one for all together: each cause's share of the critical paths. What no Job spent time with has
/// no column.
fn rows(record: &Replication, name: &str, layout: Layout) -> Vec<Vec<String>> {
    let all = &record.all;
    let is_shown = |cause: &PathCause| share(all.path, *cause) >= LEAST;
    let causes: Vec<PathCause> = PathCause::ALL.into_iter().filter(is_shown).collect();
    let mut heading = vec!["CRITICAL PATH".to_owned(), "JOBS".to_owned(), "LIFE".to_owned()];
    heading.extend(causes.iter().map(|cause| cause.heading().to_owned()));
    let line = |name: &str, outcome: &Outcome| {
        let mut cells = vec![name.to_owned(), thousands(outcome.jobs.into()), rounded(outcome.path.life())];
        cells.extend(causes.iter().map(|cause| match share(outcome.path, *cause) {
            0.0 => "-".to_owned(),
            share => percent(share),
        }));
        cells
    };
    let mut rows = vec![heading];
    rows.extend(record.series.iter().take(layout.listed()).map(|named| line(&named.job, &named.outcome)));
    rows.push(line(if record.series.is_empty() { name } else { "all" }, all));
    rows
}

/// The part that a cause has of paths.
fn share(path: PathTimes, cause: PathCause) -> f64 {
    let life = path.life();
    if life.is_positive() { path.of(cause).as_secs_f64() / life.as_secs_f64() } else { 0.0 }
}

/// A span to the millisecond, or to the second if it is long.
pub(super) fn rounded(span: SimDuration) -> String {
    let unit = if span >= SimDuration::from_secs(100) { 1_000_000_000 } else { 1_000_000 };
    SimDuration::from_nanos((span.as_nanos() + unit / 2) / unit * unit).to_string()
}

fn times(waits: &Waits) -> String {
    let plural = if waits.count == 1 { "" } else { "s" };
    let (total, longest) = (rounded(waits.total), rounded(waits.longest));
    format!("{} time{plural}, {total} in all, longest {longest}", thousands(waits.count))
}

fn slots(run: &RecordedRun, all: &Outcome) -> Vec<Vec<String>> {
    let shared = &all.shared;
    if shared.slots == 0 {
        return Vec::new();
    }
    let capacity = &run.recorder.capacity;
    let used = shared.utilisation() as f64 * 1e-9;
    let text = format!("{}, {} of their time taken", thousands(shared.slots.into()), percent(used));
    if capacity.room.count == 0 {
        return vec![vec!["Slots:".to_owned(), text + "; no Pod waited for room"]];
    }
    let waits = format!(
        "Pods waited for room {}; at most {} at a time, {} on average",
        times(&capacity.room),
        thousands(capacity.queue.most().into()),
        digits(capacity.queue.mean(shared.span))
    );
    vec![vec!["Slots:".to_owned(), text], vec![String::new(), waits]]
}

fn tokens(run: &RecordedRun) -> Vec<Vec<String>> {
    let capacity = &run.recorder.capacity;
    let clients = [(Client::Jobs, "Job"), (Client::Ttl, "TTL"), (Client::CronJobs, "CronJob")];
    let waited = clients.into_iter().filter(|(client, _)| capacity.tokens[*client as usize].count > 0);
    let line = |(n, (client, name)): (usize, (Client, &str))| {
        let heading = if n == 0 { "Requests:" } else { "" };
        let waits = times(&capacity.tokens[client as usize]);
        vec![heading.to_owned(), format!("those of the {name} controller, and its Events, waited for tokens {waits}")]
    };
    waited.enumerate().map(line).collect()
}
