//! What waited in Kueue's queues in a run, and for how long, in sentences. Their heading says that Kueue is a model
//! here: unlike the Job controller it is no exact copy.

use super::experiment::digits;
use super::layout::Layout;
use super::waiting::rounded;
use crate::api::ClusterQueue;
use crate::experiment::Setup;
use crate::record::{QueueTally, RecordedRun};
use crate::text::thousands;
use crate::time::SimDuration;

/// The sentences; `None` without Kueue.
pub(super) fn queues(run: &RecordedRun, setup: &Setup, layout: Layout) -> Option<String> {
    let kueue = setup.config.kueue.as_ref()?;
    let mut rows = Vec::new();
    for (queue, tally) in kueue.queues.iter().zip(&run.recorder.queues) {
        let name = if rows.is_empty() { "Kueue (a model):" } else { "" };
        rows.push(vec![name.to_owned(), format!("{} ({}): {}", queue.name, queue.strategy.as_str(), admitted(tally))]);
        rows.extend(length(tally, run).map(|text| vec![String::new(), text]));
        rows.extend(first(tally, queue, run).map(|text| vec![String::new(), text]));
    }
    Some(layout.table(&rows, "", 2))
}

fn jobs(n: u64) -> String {
    format!("{} Job{}", thousands(n), if n == 1 { "" } else { "s" })
}

fn admitted(tally: &QueueTally) -> String {
    let waits = &tally.waits;
    let text = format!("{} admitted", jobs(tally.admitted.into()));
    if waits.count == 0 {
        return text;
    }
    let mean = rounded(SimDuration::from_nanos(waits.total.as_nanos() / waits.count as i64));
    let how = match waits.count {
        1 => format!("after {mean}"),
        _ => format!("after {mean} on average, longest {}", rounded(waits.longest)),
    };
    // Some may have been admitted without a wait.
    if waits.count == u64::from(tally.admitted) {
        return format!("{text} {how}");
    }
    format!("{text}, {} of them {how}", thousands(waits.count))
}

fn length(tally: &QueueTally, run: &RecordedRun) -> Option<String> {
    let length = &tally.length;
    if length.most() == 0 {
        return None;
    }
    let mean = digits(length.mean(run.end - run.recorder.start));
    let waits = match length.value() {
        0 => String::new(),
        n => format!("; {} at the end", if n == 1 { "1 still waits".to_owned() } else { format!("{n} still wait") }),
    };
    Some(format!("at most {} waited at a time, {mean} on average{waits}", jobs(length.most().into())))
}

/// Why the first waiting Job is not admitted.
fn first(tally: &QueueTally, queue: &ClusterQueue, run: &RecordedRun) -> Option<String> {
    let (id, misfit) = tally.first.as_ref().filter(|_| tally.length.value() > 0)?;
    let name = run.recorder.job(*id).map_or("a Job", |job| &job.name);
    Some(format!("the first is {name}: {}", misfit.text(queue)))
}
