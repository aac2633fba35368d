//! What a careful reviewer would say about a Job or CronJob that the API server accepts: rules with a code, a source
//! and an example, in one table. Nothing is refused or simulated here.
//!
//! Invariant: every rule finds something in its `bad` example and nothing in its `good` one.

mod cron;
mod document;
mod indexes;
mod lifetime;
#[cfg(test)]
mod limit_tests;
mod pods;
mod policies;
#[cfg(test)]
mod proposal_tests;
mod retries;
mod selectors;
mod subject;
#[cfg(test)]
mod tests;
mod times;
mod verdict;

pub use document::{explain, list, markdown};
pub use verdict::{Diagnostic, DiagnosticLevel, FileReport, JudgedFor, ValidationReport, identity};

use crate::manifest::Manifest;
use subject::{Findings, ReviewedObjects, Subject};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It is most likely not intended.
    Warning,
    /// It is worth knowing.
    Hint,
}

impl Severity {
    /// Its name in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Hint => "hint",
        }
    }
}

/// A rule of the reviewer.
#[derive(Debug)]
pub struct AdviceRule {
    /// `J` and a number for rules about Jobs (a CronJob's too), `C` for those about CronJobs alone. Never reused.
    pub code: &'static str,
    /// How much its findings matter.
    pub severity: Severity,
    /// The rule in a sentence.
    pub title: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// The reason for the rule, in a paragraph.
    pub why: &'static str,
    /// The relevant fields of a manifest that breaks the rule, as YAML.
    pub bad: &'static str,
    /// The same fields, corrected.
    pub good: &'static str,
    check: AdviceCheck,
}

/// What a rule examines.
#[derive(Clone, Copy, Debug)]
enum AdviceCheck {
    /// A Job, or the Jobs of a CronJob.
    Job(fn(&Subject<'_>, &mut Findings)),
    /// A CronJob.
    CronJob(fn(&cron::Timed<'_>, &mut Findings)),
    /// A Job among the other Jobs of its namespace.
    Several(fn(&Subject<'_>, &ReviewedObjects<'_>, &mut Findings)),
}

/// A place where a manifest breaks a rule.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static AdviceRule,
    /// The path of the field that should be changed.
    pub field: String,
    /// What was found, with the numbers of this manifest.
    pub message: String,
}

/// The tables of rules.
const TABLES: [&[AdviceRule]; 7] =
    [retries::RULES, policies::RULES, indexes::RULES, lifetime::RULES, pods::RULES, selectors::RULES, cron::RULES];

/// All rules, by code.
pub fn rules() -> Vec<&'static AdviceRule> {
    let mut rules: Vec<&AdviceRule> = TABLES.iter().copied().flatten().collect();
    rules.sort_by_key(|rule| (rule.code.starts_with('C'), rule.code));
    rules
}

/// The rule with this code, in upper or lower case.
pub fn rule(code: &str) -> Option<&'static AdviceRule> {
    rules().into_iter().find(|rule| rule.code.eq_ignore_ascii_case(code))
}

/// The findings about each of these objects, by itself and in relation to the others.
pub fn review(manifests: &[&Manifest]) -> Vec<Vec<Finding>> {
    let subjects: Vec<Subject<'_>> = manifests.iter().map(|manifest| Subject::of(manifest)).collect();
    let (rules, objects) = (rules(), ReviewedObjects::of(&subjects));
    let about = |subject: &Subject<'_>| {
        let mut findings = Vec::new();
        for rule in &rules {
            let found = look(rule, subject, &objects);
            findings.extend(found.into_iter().map(|(field, message)| Finding { rule, field, message }));
        }
        findings
    };
    subjects.iter().map(about).collect()
}

fn look(rule: &AdviceRule, subject: &Subject<'_>, objects: &ReviewedObjects<'_>) -> Vec<(String, String)> {
    let mut findings = Findings::default();
    match rule.check {
        AdviceCheck::Job(check) => check(subject, &mut findings),
        AdviceCheck::Several(check) => check(subject, objects, &mut findings),
        AdviceCheck::CronJob(check) => {
            if let Some(timed) = subject.cron_job.and_then(cron::Timed::of) {
                check(&timed, &mut findings);
            }
        }
    }
    findings.0
}
