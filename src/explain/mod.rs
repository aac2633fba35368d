//! What happens to a Job if everything goes wrong, and by which rules; and why things happened in a run. There is no
//! randomness and no statistics here: the simulator runs the worst case, and this module explains each step, each field
//! and each common mistake. No formula is evaluated a second time.
//!
//! It does not validate manifests, and it prints nothing.

mod course;
mod course_text;
mod cronjobs;
mod explainer;
mod field_page;
mod fields;
mod lesson_table;
mod lessons;
mod limits;
mod pitfalls;
mod rules;
mod rules_of_cluster;
mod steps;
mod text;
mod what_if;
mod worst;

pub use course::{BackoffMoment, ControllerSees, CourseChange, CourseStep, JobMoment, RunCourse};
pub use course_text::{course_text, ending_line, step_lines, why_text};
pub use explainer::{CourseExplainer, of_end, of_wait};
pub use field_page::{FieldEffect, FieldPage, field_json, field_page, field_text, is_path};
pub use fields::FieldNote;
pub use lesson_table::Lesson;
pub use lessons::{TaughtLesson, fields_with_lessons, teach};
pub use limits::JobLimit;
pub use pitfalls::Pitfall;
pub use rules::{AppliedRule, backoff_formula};
pub use steps::{WorstCaseEnd, WorstCaseStep};
pub use text::{lesson_text, text};
pub use what_if::ExplanationProgress;
pub use worst::worst_case;

use crate::experiment::{Exhausted, Setup};
use crate::time::SimDuration;
use serde::{Serialize, Serializer};
use what_if::VariantRunner;

/// The greatest number of Jobs that are explained.
const EXPLAINED: usize = 5;

/// What happens to one Job in the worst case, and why.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The Job's name.
    pub job: String,
    /// The assumptions of the worst case, one sentence each.
    pub supposes: Vec<String>,
    /// The attempts.
    pub steps: Vec<WorstCaseStep>,
    /// How many steps before the last one are left out of `steps`.
    pub steps_left_out: usize,
    /// The end.
    pub end: WorstCaseEnd,
    /// The limits, in the order in which they take effect.
    pub limits: Vec<JobLimit>,
    /// Each field that matters here.
    pub fields: Vec<FieldNote>,
    /// Common mistakes about such a Job, and what is true.
    pub pitfalls: Vec<Pitfall>,
}

/// Explains the Jobs of a setup, and the first Job of each CronJob; at most five of them. `watcher` is called often
/// and told how far the work is.
///
/// # Errors
/// A run that would use more than its budget.
pub fn explain(given: &Setup, watcher: &dyn Fn(ExplanationProgress)) -> Result<Vec<Explanation>, Exhausted> {
    let setup = &cronjobs::as_jobs(given);
    let worst = worst_case(setup);
    let runner = VariantRunner::new(watcher);
    let explained = 0..setup.jobs.len().min(EXPLAINED);
    let all = runner.run(&worst, explained.clone()).map(|ran| {
        let one = |job: usize| {
            let end = WorstCaseEnd::of(job, &ran);
            let (steps, steps_left_out) = steps::steps(job, &ran, &worst);
            let of_worst_case = worst::supposes(job, setup, &worst);
            Explanation {
                job: ran.record(job).name.clone(),
                supposes: cronjobs::supposes(job, given).into_iter().chain(of_worst_case).collect(),
                limits: limits::limits(job, &worst, &end, &runner),
                fields: fields::fields(job, &worst, &end),
                pitfalls: pitfalls::pitfalls(job, &worst, &ran, &end, &runner),
                steps,
                steps_left_out,
                end,
            }
        };
        explained.map(one).collect()
    });
    match runner.exhausted() {
        Some(why) => Err(why),
        None => Ok(all.unwrap_or_default()),
    }
}

/// Seconds, for JSON.
fn seconds<S: Serializer>(d: &SimDuration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(d.as_secs_f64())
}

/// Seconds or null, for JSON.
fn seconds_or_null<S: Serializer>(d: &Option<SimDuration>, serializer: S) -> Result<S::Ok, S::Error> {
    d.map(SimDuration::as_secs_f64).serialize(serializer)
}

/// A duration as written in sentences: rounded to a tenth of a second.
fn rounded(d: SimDuration) -> SimDuration {
    const TENTH: i64 = 100_000_000;
    match d.as_nanos() {
        n if n < TENTH / 2 => SimDuration::ZERO,
        n => SimDuration::from_nanos((n + TENTH / 2) / TENTH * TENTH),
    }
}

/// `1 Pod`, `2 Pods`.
fn count(n: u64, one: &str) -> String {
    let (digits, mut text) = (n.to_string(), String::new());
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    let plural = match (n, one) {
        (1, _) => one.to_owned(),
        (_, "index") => "indexes".to_owned(),
        _ => format!("{one}s"),
    };
    format!("{text} {plural}")
}

/// `1 Pod still runs`, `2 Pods still run`.
fn still_run(pods: u32) -> String {
    format!("{} still run{}", count(u64::from(pods), "Pod"), if pods == 1 { "s" } else { "" })
}
