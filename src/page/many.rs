//! Many replications for the page: how likely, how long, and how certain.

use super::one::{CONFIDENCE, drawn, result_of, simulate};
use super::{BEYOND, PageRefusal};
use crate::experiment::result::ResultFile;
use crate::experiment::{Goal, Measure, Plan, PointTally, RunControl, Simulator, replicate};
use crate::limits::{PAGE_EVENTS, PAGE_REPLICATIONS};
use crate::report::{self, Layout};
use crate::scenario::Resolved;
use crate::text::thousands;
use serde_json::{Value, json};

/// The answer about this many replications in words, and pictures.
///
/// # Errors
/// The text cannot be read or resolved, or the replications exceed the bounds of the page.
pub fn many(text: &str, replications: u32) -> Result<Value, PageRefusal> {
    let resolved = super::resolved(text)?;
    let setup = &resolved.setup;
    let result = result(&resolved, replications)?;
    let point = &result.points[0];
    let asked = report::asked_rows(point, false);
    let words = report::experiment(setup, &point.summary, &asked, Layout::document());
    let (summary, goals) = (json!(point.summary), json!(point.goals));
    Ok(json!({"words": words, "summary": summary, "goals": goals, "pictures": drawn(result)}))
}

/// What the command would save for this many replications.
///
/// # Errors
/// The replications exceed the bounds of the page.
pub fn result(resolved: &Resolved, replications: u32) -> Result<ResultFile, PageRefusal> {
    let tally = tally(resolved, replications, &resolved.expect)?;
    Ok(result_of(&resolved.setup, tally, &resolved.expect))
}

/// This many replications, and what they say about the goals.
///
/// # Errors
/// The replications exceed the bounds of the page.
pub fn tally(resolved: &Resolved, replications: u32, goals: &[Goal]) -> Result<PointTally, PageRefusal> {
    if !(1..=PAGE_REPLICATIONS).contains(&replications) {
        let most = thousands(PAGE_REPLICATIONS.into());
        return Err(PageRefusal::Not(format!("{replications} replications: from 1 to {most} in the page")));
    }
    check_work(resolved, replications)?;
    let measures: Vec<Measure> = goals.iter().map(|goal| goal.measure.clone()).collect();
    let plan =
        Plan { replications, keep_records: true, measures: &measures, confidence: CONFIDENCE, ..Plan::default() };
    let mut replicated = replicate(&[&resolved.setup], &plan, RunControl::NOBODY);
    if let Some(found) = replicated.exhausted {
        return Err(PageRefusal::Not(format!("replication {}: {}: {BEYOND}", found.replication, found.why.why())));
    }
    Ok(replicated.points.pop().unwrap_or_default())
}

/// Refuses a run that would take too long, judged by the events of the first replication: the replications of a setup
/// differ, but seldom by so much that it matters.
fn check_work(resolved: &Resolved, replications: u32) -> Result<(), PageRefusal> {
    let mut simulator = Simulator::new(&resolved.setup);
    simulate(&mut simulator, 0, false)?;
    let events = simulator.world().dispatched.saturating_mul(replications.into());
    if events <= PAGE_EVENTS {
        return Ok(());
    }
    let (events, most) = (thousands(events), thousands(PAGE_EVENTS));
    let replications = thousands(replications.into());
    Err(PageRefusal::Not(format!(
        "{replications} replications take about {events} events, and the page does {most}: {BEYOND}"
    )))
}
