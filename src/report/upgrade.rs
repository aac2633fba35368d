//! What an upgrade of Kubernetes changes, as text and JSON: the outcome, the first instant at which the two runs
//! diverge, and the rules behind it. [`crate::experiment::paired_runs`] runs both.

use super::timeline::{clock, line};
use crate::experiment::{OutcomeChange, PartingLines, RunView, TimelineLine};
use crate::release::{MODELLED, ReleaseRule};
use serde::Serialize;

/// The line that names the modelled release; empty for the default release.
pub fn release_line(kubernetes: &str) -> String {
    match kubernetes == MODELLED.profile.name() {
        true => String::new(),
        false => format!("Kubernetes {kubernetes}\n\n"),
    }
}

/// The first instant at which two runs diverge: what each does then, or that it does nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parting {
    /// Seconds since the start, as text.
    pub seconds: String,
    /// What happens before the upgrade.
    pub from: String,
    /// What happens after it.
    pub to: String,
}

/// Where two runs diverge: at the earlier of the lines in which they differ. The other run does nothing at that instant.
pub fn parting(lines: PartingLines) -> Parting {
    let PartingLines { from, to } = lines;
    let at = [&from, &to].into_iter().flatten().map(|(at, _)| at.clone()).min();
    let at = at.expect("of two timelines that differ, one has a line more");
    let shown = |line: Option<TimelineLine>| match line {
        Some((own, text)) if own == at => text,
        _ => "nothing then".to_owned(),
    };
    Parting { seconds: at.trim().to_owned(), from: shown(from), to: shown(to) }
}

/// The lines of a run's timeline: the time, padded so that text is ordered as time is, and what changes.
pub fn timeline_lines((run, codes): RunView<'_>, visit: &mut dyn FnMut(TimelineLine)) {
    for entry in &run.recorder.timeline {
        if let Some((object, text)) = line(entry, run, codes) {
            visit((format!("{:>20}", clock(entry.at, run).trim()), format!("{object}  {text}")));
        }
    }
}

/// The effect of a rule on these Jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RuleEffect {
    /// None: it is about what these Jobs do not have.
    #[default]
    Unused,
    /// None in these replications; it may have one in others.
    Possible,
    /// What is written differs, but no outcome.
    Seen,
    /// The outcome of a Job changes, or whether the API server accepts the input.
    Outcome,
}

/// A rule that holds in only one of two releases.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleChange {
    /// Its short id.
    pub id: &'static str,
    /// What it is.
    pub title: &'static str,
    /// Its effect on these Jobs.
    pub effect: RuleEffect,
    /// What the earlier release does.
    pub from: &'static str,
    /// What the later release does.
    pub to: &'static str,
}

impl RuleChange {
    /// A rule that holds in one of two releases: in the later one, or in the earlier.
    pub fn of(rule: ReleaseRule, holds_after: bool, effect: RuleEffect) -> Self {
        let row = rule.row();
        let (from, to) = if holds_after { (row.without, row.with) } else { (row.with, row.without) };
        RuleChange { id: row.id, title: row.title, effect, from, to }
    }
}

/// What an upgrade changes.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeReport {
    /// The release before the upgrade.
    pub from: String,
    /// The release after the upgrade.
    pub to: String,
    /// Replications that were run.
    pub replications: u32,
    /// Those in which the outcome of a Job changes.
    pub changed: u32,
    /// The first replication in which an outcome changes, or else the first in which anything differs.
    pub replication: Option<u32>,
    /// How the outcomes differ there.
    pub differences: Vec<OutcomeChange>,
    /// Where the two runs diverge there.
    pub parting: Option<Parting>,
    /// Why the API server of the earlier release refuses the input; empty if it accepts it.
    pub refused_before: Vec<String>,
    /// Why the API server of the later release refuses the input.
    pub refused_after: Vec<String>,
    /// The messages that only the earlier API server gives, and those that only the later one gives.
    pub notices: [Vec<String>; 2],
    /// The rules in which the releases differ; those that change an outcome come first.
    pub rules: Vec<RuleChange>,
}

impl UpgradeReport {
    /// Whether an outcome changes.
    pub fn changes_outcome(&self) -> bool {
        self.changed > 0 || !self.refused_before.is_empty() || !self.refused_after.is_empty()
    }
}

/// The report as text.
pub fn upgrade(report: &UpgradeReport) -> String {
    let mut text = format!("{} → {}: {}\n", report.from, report.to, verdict(report));
    for difference in &report.differences {
        let OutcomeChange { job, what, from, to } = difference;
        text += &format!("  job/{job}: {what} {from} → {to}\n");
    }
    if let Some(Parting { seconds, from, to }) = &report.parting {
        let width = report.from.chars().count().max(report.to.chars().count());
        text += &format!("The two runs part {seconds} s after the start:\n");
        text += &format!("  {:width$}  {from}\n  {:width$}  {to}\n", report.from, report.to);
    }
    for (release, refused) in [(&report.from, &report.refused_before), (&report.to, &report.refused_after)] {
        lines_under(&mut text, &format!("The API server of {release} refuses this"), refused);
    }
    for (release, notices) in [&report.from, &report.to].into_iter().zip(&report.notices) {
        lines_under(&mut text, &format!("Said of {release} only"), notices);
    }
    let groups = [
        (RuleEffect::Outcome, "Rules that change an outcome here"),
        (RuleEffect::Seen, "Rules that change what is written here, and no outcome"),
        (RuleEffect::Possible, "Rules that change nothing in these replications, and could in others"),
    ];
    for (effect, title) in groups {
        let rules = report.rules.iter().filter(|rule| rule.effect == effect);
        let rules = rules.map(|rule| {
            let RuleChange { id, title, from, to, .. } = rule;
            format!("{id}: {title}\n    {}: {from}\n    {}: {to}", report.from, report.to)
        });
        lines_under(&mut text, title, &rules.collect::<Vec<_>>());
    }
    let unused = report.rules.iter().filter(|rule| rule.effect == RuleEffect::Unused);
    let unused: Vec<String> = unused.map(|rule| format!("{}: {}", rule.id, rule.title)).collect();
    lines_under(&mut text, "Rules about what these Jobs do not have", &unused);
    text
}

fn verdict(report: &UpgradeReport) -> String {
    let plural = if report.replications == 1 { "" } else { "s" };
    let (changed, all) = (report.changed, format!("{} replication{plural}", report.replications));
    let first = report.replication.map_or(String::new(), |n| format!("replication {n}"));
    match (changed, &report.parting) {
        _ if !report.refused_before.is_empty() && !report.refused_after.is_empty() => "refused by both".to_owned(),
        _ if !report.refused_after.is_empty() => "no longer accepted".to_owned(),
        _ if !report.refused_before.is_empty() => "accepted only now".to_owned(),
        (0, None) => format!("nothing changes in {all}"),
        (0, Some(_)) => format!("no outcome changes in {all}; {first}:"),
        _ => format!("the outcome changes in {changed} of {all}; {first}:"),
    }
}

/// Appends a title and the lines below it, if there are any.
fn lines_under(text: &mut String, title: &str, lines: &[String]) {
    if !lines.is_empty() {
        *text += &format!("\n{title}:\n");
        lines.iter().for_each(|line| *text += &format!("  {line}\n"));
    }
}
