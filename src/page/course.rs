//! The course of a replication in the form in which the page steps through it: for each Job its steps, what the
//! controller saw and remembered where that changed, and the rules behind the steps, each once. The words come from
//! [`crate::explain`].

use crate::experiment::Timeline;
use crate::explain::{AppliedRule, CourseStep, JobMoment, RunCourse, backoff_formula};
use crate::release::JobControllerParams;
use crate::time::SimDuration;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Adds a course to the timeline of the same replication, which is already JSON.
pub fn add(value: &mut Value, timeline: &Timeline, course: &RunCourse, params: &JobControllerParams) {
    let owners = Owners::of(timeline);
    let mut rules = RuleList::default();
    let mut jobs: Vec<(Vec<Value>, Vec<Value>)> = vec![Default::default(); timeline.jobs.len()];
    let mut last: Vec<Option<&JobMoment>> = vec![None; timeline.jobs.len()];
    let mut failed = vec![0; timeline.jobs.len()];
    for step in &course.steps {
        let mut said = owners.divide(step, &mut rules);
        for moment in &step.jobs {
            let Some(&job) = owners.jobs.get(moment.job.as_str()) else { continue };
            // The controller may count a Pod as failed before it has ended, such as one on a lost node. Then no change
            // of the Pod says that the step fails.
            let is_more = std::mem::replace(&mut failed[job], moment.failed) < moment.failed;
            said.iter_mut().filter(|(of, ..)| *of == job).for_each(|(.., fails)| *fails |= is_more);
        }
        for (job, says, fails) in said {
            jobs[job].0.push(json!([step.at, i32::from(fails), says]));
        }
        for moment in &step.jobs {
            let Some(&job) = owners.jobs.get(moment.job.as_str()) else { continue };
            let is_same = last[job].is_some_and(|last| last.sees == moment.sees && is_same_clock(last, moment));
            if !is_same {
                jobs[job].1.push(json!({"at": step.at, "sees": moment.sees, "backoff": moment.backoff}));
                last[job] = Some(moment);
            }
        }
    }
    value["rules"] = rules.list.iter().map(|rule| json!([rule.text, rule.source])).collect();
    value["stepsLeftOut"] = json!(course.left_out);
    let of_jobs = value["jobs"].as_array_mut().into_iter().flatten();
    for ((of, (steps, moments)), job) in of_jobs.zip(jobs).zip(&timeline.jobs) {
        (of["steps"], of["moments"]) = (json!(steps), json!(moments));
        for (n, wait) in job.waits.iter().enumerate().filter(|(_, wait)| wait.what == "backoff") {
            let backoff = SimDuration::from_secs_f64(wait.backoff.unwrap_or(0.0));
            of["waits"][n]["formula"] = json!(backoff_formula(wait.failures.unwrap_or(0), backoff, params));
        }
    }
}

/// Whether both remember the same back-off. What is left of it changes at every step, and the page computes that from
/// the time. Bits are compared, because both are copies of the same number if nothing has changed.
fn is_same_clock(a: &JobMoment, b: &JobMoment) -> bool {
    let of =
        |moment: &JobMoment| moment.backoff.as_ref().map(|clock| (clock.index, clock.failures, clock.until.to_bits()));
    of(a) == of(b)
}

/// The Job that an object belongs to, by names.
struct Owners<'a> {
    jobs: HashMap<&'a str, usize>,
    pods: HashMap<&'a str, usize>,
}

impl<'a> Owners<'a> {
    fn of(timeline: &'a Timeline) -> Self {
        let jobs = timeline.jobs.iter().enumerate();
        Owners {
            jobs: jobs.clone().map(|(n, job)| (job.name.as_str(), n)).collect(),
            pods: jobs.flat_map(|(n, job)| job.pods.iter().map(move |pod| (pod.name.as_str(), n))).collect(),
        }
    }

    /// What a step says about each Job, and whether something fails there. A step that concerns no Job in particular,
    /// such as one of nodes and controllers, is told for all.
    fn divide(&self, step: &CourseStep, rules: &mut RuleList) -> Vec<(usize, Vec<Value>, bool)> {
        let mut of_jobs: Vec<(usize, Vec<Value>, bool)> = Vec::new();
        for change in &step.changes {
            let rule = change.why.as_ref().map_or(-1, |rule| rules.place(rule));
            let owner = match change.object.split_once('/') {
                Some(("job", name)) => self.jobs.get(name),
                Some(("pod", name)) => self.pods.get(name),
                _ => None,
            };
            let owners = owner.map_or(0..self.jobs.len(), |&job| job..job + 1);
            for job in owners {
                let says = json!([format!("{}: {}", change.object, change.what), rule]);
                match of_jobs.iter_mut().find(|(of, ..)| *of == job) {
                    Some((_, all, fails)) => {
                        all.push(says);
                        *fails |= change.is_failure;
                    }
                    None => of_jobs.push((job, vec![says], change.is_failure)),
                }
            }
        }
        of_jobs
    }
}

/// Rules, each once.
#[derive(Default)]
struct RuleList {
    list: Vec<AppliedRule>,
    places: HashMap<(String, &'static str), usize>,
}

impl RuleList {
    fn place(&mut self, rule: &AppliedRule) -> i64 {
        let next = self.list.len();
        let place = *self.places.entry((rule.text.clone(), rule.source)).or_insert(next);
        if place == next {
            self.list.push(rule.clone());
        }
        place as i64
    }
}
