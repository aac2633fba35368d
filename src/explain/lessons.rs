//! Runs a lesson about a field: a small Job in two or three variants, whose simulation shows the difference. The texts
//! are in `lesson_table`.

use super::lesson_table::{LESSONS, Lesson};
use super::pitfalls::brief;
use super::steps::WorstCaseEnd;
use super::what_if::VariantRunner;
use super::worst::worst_case;
use super::{WorstCaseStep, steps};
use crate::release::{ReleaseRule, RuleRow};
use crate::scenario::source::Source;
use crate::scenario::{Input, Problems};
use serde::Serialize;
use std::path::PathBuf;

/// A lesson with the results of its examples.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaughtLesson {
    /// The field below `spec`.
    pub field: &'static str,
    /// What it does.
    pub teaches: Vec<&'static str>,
    /// The source of the rule.
    pub source: &'static str,
    /// In which releases rules about it hold: a line for each rule that not all modelled releases have.
    pub releases: Vec<String>,
    /// The variants, run.
    pub examples: Vec<Example>,
}

/// A variant that was run.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Example {
    /// Its label.
    pub label: &'static str,
    /// The settings that are laid over the bare Job, as for `--set`.
    pub settings: Vec<&'static str>,
    /// How it ended.
    pub outcome: String,
    /// Its steps.
    pub steps: Vec<WorstCaseStep>,
    /// Its end.
    pub end: WorstCaseEnd,
}

/// The Job of the examples, whose Pods run for ten seconds.
const BARE: &str = "apiVersion: jobsim/v1
kind: Scenario
until: 3d
pods: {run: 10s}
jobs:
- inline:
    apiVersion: batch/v1
    kind: Job
    metadata: {name: example}
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: main, image: example}]
";

/// The names of the fields that have a lesson.
pub fn fields_with_lessons() -> impl Iterator<Item = &'static str> {
    LESSONS.iter().map(|lesson| lesson.field)
}

/// Runs the lesson about a field, given with or without the prefix `spec.`; `None` if there is none.
///
/// # Errors
/// An example cannot be read.
pub fn teach(field: &str) -> Result<Option<TaughtLesson>, Problems> {
    let name = field.rsplit('.').next().unwrap_or(field);
    let Some(lesson) = LESSONS.iter().find(|lesson| lesson.field.eq_ignore_ascii_case(name)) else { return Ok(None) };
    let examples = lesson.variants.iter().map(|v| example(lesson, v)).collect::<Result<_, _>>()?;
    let Lesson { field, teaches, source, .. } = *lesson;
    Ok(Some(TaughtLesson { field, teaches: teaches.to_vec(), source, releases: releases_of(field), examples }))
}

/// In which releases rules about a field hold.
fn releases_of(field: &str) -> Vec<String> {
    let about = ReleaseRule::all().map(ReleaseRule::row).filter(|row| row.fields.contains(&field));
    let line = |row: &RuleRow| {
        let (holds, with, without) = (row.where_it_holds(), row.with, row.without);
        format!("{} ({holds}): {with}. Otherwise {without}.", row.id)
    };
    about.map(line).collect()
}

fn example(lesson: &Lesson, (label, settings): &(&'static str, &'static [&'static str])) -> Result<Example, Problems> {
    let source = Source { name: "example".to_owned(), folder: PathBuf::new(), text: BARE.to_owned() };
    let mut input = Input::of_sources(vec![source])?;
    for setting in *settings {
        input.set(crate::scenario::Setting::parse(setting).map_err(|p| vec![p])?).map_err(|p| vec![p])?;
    }
    let setup = input.resolve()?.setup;
    let setup = if lesson.all_fail { worst_case(&setup) } else { setup };
    let runner = VariantRunner::new(&|_| ());
    let ran = runner.run_to_the_end(&setup).expect("a lesson's Job is small");
    let end = WorstCaseEnd::of(0, &ran);
    let (steps, _) = steps::steps(0, &ran, &setup);
    let mut outcome = brief(&end);
    let overshoot = ran.record(0).overshoot.total;
    if overshoot.episodes > 0 {
        outcome += &format!(
            "; up to {} above parallelism for {}",
            super::count(u64::from(overshoot.most), "Pod"),
            super::rounded(overshoot.time)
        );
    }
    if let Some(gone) = ran.record(0).gone {
        outcome += &format!("; deleted at +{}", super::rounded(gone - setup.start));
    }
    Ok(Example { label, settings: settings.to_vec(), outcome, steps, end })
}
