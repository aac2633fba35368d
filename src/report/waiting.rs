//! Where the time of Jobs went, as a table: each Job and all together by the causes on its critical path; and the slots
//! that they shared. Waiting for the throttle is part of the path, so it has no figure of its own.

use super::answer_lines::AnswerLine;
use super::experiment::percent;
use super::headline::named_shares;
use super::layout::Layout;
use crate::experiment::{Outcome, PathTimes, Replication};
use crate::record::{PathCause, RecordedRun};
use crate::text::{counted, thousands};
use crate::time::SimDuration;

/// Causes with a smaller part of all paths than this have no column.
const LEAST: f64 = 0.0005;

/// The table, and the shared resources; `None` for a single Job without slots.
pub(super) fn waiting(run: &RecordedRun, record: &Replication, name: &str, layout: Layout) -> Option<String> {
    let all = &record.all;
    if all.jobs <= 1 && all.shared.slots == 0 {
        return None;
    }
    // Of a single Job the headline has said where its time went.
    let mut text = if all.jobs > 1 { layout.blocks(&rows(record, name, layout), 3, "", 2) } else { String::new() };
    let more = record.series.len().saturating_sub(layout.listed());
    if more > 0 {
        text += &format!("… {} more (--all)\n", thousands(more as u64));
    }
    text += &layout.table(&slots(run, all), "", 2);
    Some(text)
}

/// A row per series and one for all together: each cause's share of the critical paths. A cause on which no Job spent
/// time has no column.
fn rows(record: &Replication, name: &str, layout: Layout) -> Vec<Vec<String>> {
    let all = &record.all;
    let is_shown = |cause: &PathCause| share(all.path, *cause) >= LEAST;
    let causes: Vec<PathCause> = PathCause::ALL.into_iter().filter(is_shown).collect();
    let mut heading = vec!["CRITICAL PATH".to_owned(), "JOBS".to_owned(), "LIFE".to_owned()];
    heading.extend(causes.iter().map(|cause| cause.heading().to_owned()));
    let line = |name: &str, outcome: &Outcome| {
        let mut cells = vec![name.to_owned(), thousands(outcome.jobs.into()), rounded(outcome.path.life())];
        // A share that the headline states is not stated differently here.
        let named = named_shares(outcome.path);
        let named_of = |cause| named.iter().find(|(other, _)| *other == Some(cause)).map(|(_, share)| share.clone());
        cells.extend(causes.iter().map(|cause| match share(outcome.path, *cause) {
            0.0 => "-".to_owned(),
            share => named_of(*cause).unwrap_or_else(|| percent(share)),
        }));
        cells
    };
    let mut rows = vec![heading];
    rows.extend(record.series.iter().take(layout.listed()).map(|named| line(&named.job, &named.outcome)));
    rows.push(line(if record.series.is_empty() { name } else { "all" }, all));
    rows
}

/// The share of a cause in paths.
fn share(path: PathTimes, cause: PathCause) -> f64 {
    let life = path.life();
    if life.is_positive() { path.of(cause).as_secs_f64() / life.as_secs_f64() } else { 0.0 }
}

/// A span to the millisecond, or to the second if it is long.
pub(super) fn rounded(span: SimDuration) -> String {
    let unit = if span >= SimDuration::from_secs(100) { 1_000_000_000 } else { 1_000_000 };
    SimDuration::from_nanos((span.as_nanos() + unit / 2) / unit * unit).to_string()
}

fn slots(run: &RecordedRun, all: &Outcome) -> Vec<Vec<String>> {
    let shared = &all.shared;
    if shared.slots == 0 {
        return Vec::new();
    }
    let capacity = &run.recorder.capacity;
    let used = shared.utilisation() as f64 * 1e-9;
    let text = format!("{} slots, {} of their time taken", thousands(shared.slots.into()), percent(used));
    if capacity.room.count == 0 {
        return vec![vec![AnswerLine::Slots.heading(), text + "; no Pod waited for room"]];
    }
    let (total, longest) = (rounded(capacity.room.total), rounded(capacity.room.longest));
    let waits = counted(capacity.room.count, "wait");
    let at_once = thousands(capacity.queue.most().into());
    let waits =
        format!("{waits} of Pods for room, {at_once} at the same time at most: {total} in sum, longest {longest}");
    vec![vec![AnswerLine::Slots.heading(), text], vec![String::new(), waits]]
}
