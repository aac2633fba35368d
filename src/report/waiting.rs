//! What Jobs waited for, as a table: each Job by stage, and all together; and what they shared, slots and tokens.

use super::experiment::{digits, percent};
use super::table::table;
use crate::experiment::{Outcome, Replication};
use crate::record::RecordedRun;
use crate::record::{Client, Stage, Waits};
use crate::text::thousands;
use crate::time::SimDuration;

/// The most Jobs, or series of Jobs, that are listed.
const LISTED: usize = 40;

/// The table, and the shared resources; `None` for a single Job that waited for neither slots nor tokens.
pub fn waiting(run: &RecordedRun, record: &Replication, name: &str) -> Option<String> {
    let all = &record.all;
    if all.jobs <= 1 && !all.shared.waited() {
        return None;
    }
    let mut text = table(&rows(record, name), "", 3);
    if spans(all).into_iter().fold(SimDuration::ZERO, |sum, span| sum + span) > all.shared.stages.life() {
        text += "Waits count while other Pods of the Job run, too: a row may come to more than its life.\n";
    }
    if record.series.len() > LISTED {
        text += &format!("… {} more (-o json has them all)\n", record.series.len() - LISTED);
    }
    text += &slots(run, all);
    text += &tokens(run, all);
    Some(text)
}

/// What a Job did or waited for, by stage. Room, tokens and back-offs are waited for also while Pods of the Job run: then
/// its stage is another, but it waits all the same, so these are the whole waits.
fn spans(outcome: &Outcome) -> [SimDuration; Stage::ALL.len()] {
    let shared = &outcome.shared;
    let mut spans = shared.stages.each();
    spans[Stage::Room as usize] = shared.queueing;
    spans[Stage::Throttle as usize] = shared.held_up;
    spans[Stage::Backoff as usize] = outcome.backoff_wait;
    spans
}

/// A row per series, and one for all together. What no Job did or waited for has no column.
fn rows(record: &Replication, name: &str) -> Vec<Vec<String>> {
    let all = &record.all;
    let stages: Vec<usize> = (0..Stage::ALL.len()).filter(|&n| spans(all)[n].is_positive()).collect();
    let mut heading = vec!["WAITING".to_owned(), "JOBS".to_owned(), "LIFE".to_owned()];
    heading.extend(stages.iter().map(|&n| Stage::ALL[n].key().to_uppercase()));
    let line = |name: &str, outcome: &Outcome| {
        let (each, life) = (spans(outcome), outcome.shared.stages.life());
        let mut cells = vec![name.to_owned(), thousands(outcome.jobs.into()), rounded(life)];
        cells.extend(stages.iter().map(|&n| cell(each[n], life)));
        cells
    };
    let mut rows = vec![heading];
    rows.extend(record.series.iter().take(LISTED).map(|named| line(&named.job, &named.outcome)));
    rows.push(line(if record.series.is_empty() { name } else { "all" }, all));
    rows
}

fn cell(span: SimDuration, life: SimDuration) -> String {
    if !span.is_positive() {
        return "-".to_owned();
    }
    format!("{} ({})", rounded(span), percent(span.as_secs_f64() / life.as_secs_f64()))
}

/// A span to the millisecond, or to the second if it is long.
fn rounded(span: SimDuration) -> String {
    let unit = if span >= SimDuration::from_secs(100) { 1_000_000_000 } else { 1_000_000 };
    SimDuration::from_nanos((span.as_nanos() + unit / 2) / unit * unit).to_string()
}

fn times(waits: &Waits) -> String {
    let plural = if waits.count == 1 { "" } else { "s" };
    let (total, longest) = (rounded(waits.total), rounded(waits.longest));
    format!("{} time{plural}, {total} in all, longest {longest}", thousands(waits.count))
}

fn slots(run: &RecordedRun, all: &Outcome) -> String {
    let shared = &all.shared;
    if shared.slots == 0 {
        return String::new();
    }
    let capacity = &run.recorder.capacity;
    let used = shared.utilisation() as f64 * 1e-9;
    let mut text = format!("Slots:      {}, {} of their time taken", thousands(shared.slots.into()), percent(used));
    text += &match capacity.room.count {
        0 => "; no Pod waited for room\n".to_owned(),
        _ => format!(
            "\n            Pods waited for room {}; at most {} at a time, {} on average\n",
            times(&capacity.room),
            thousands(capacity.queue.most().into()),
            digits(capacity.queue.mean(shared.span))
        ),
    };
    text
}

fn tokens(run: &RecordedRun, all: &Outcome) -> String {
    let capacity = &run.recorder.capacity;
    let clients = [(Client::Jobs, "Job"), (Client::Ttl, "TTL"), (Client::CronJobs, "CronJob")];
    let mut text = String::new();
    for (client, name) in clients {
        let waits = &capacity.tokens[client as usize];
        if waits.count == 0 {
            continue;
        }
        let heading = if text.is_empty() { "Throttle:" } else { "" };
        text += &format!("{heading:<12}requests and Events of the {name} controller waited {}", times(waits));
        if client == Client::Jobs && all.shared.span.is_positive() {
            let share = capacity.throttled.total().as_secs_f64() / all.shared.span.as_secs_f64();
            text += &format!(
                "; at least one waited in {} of the time from the first creation to the last end",
                percent(share.min(1.0))
            );
        }
        text.push('\n');
    }
    text
}
