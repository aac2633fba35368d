//! The releases of Kubernetes that could have left such objects: each clue tells whether a rule holds, and a release
//! fits if its rules agree. Without clues nothing is concluded.

use super::course::{CourseEnd, JobCourse};
use super::cron::CronAutopsy;
use super::dump::Dump;
use super::waits::WaitCause;
use super::{JobAutopsy, ObservedWait};
use crate::api::JobConditionType;
use crate::release::{KubernetesVersion, NEWEST_PATCHES, ReleaseRule, ReleaseRules};
use crate::time::SimDuration;

/// What an object reveals about a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseClue {
    /// The rule.
    pub rule: ReleaseRule,
    /// Whether it holds.
    pub holds: bool,
    /// The evidence.
    pub what: String,
}

/// The releases that fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseFit {
    /// The evidence for and against rules.
    pub clues: Vec<ReleaseClue>,
    /// The modelled releases that fit all clues, in words, such as `v1.31 to v1.33`; empty if none does.
    pub fitting: String,
    /// The newest of them.
    pub newest: Option<KubernetesVersion>,
    /// How many minor releases fit.
    pub minors: usize,
    /// What nodes among the objects say.
    pub told: Vec<String>,
    /// Whether a Pod waited for six minutes, the longest back-off before the modelled releases.
    pub has_old_cap: bool,
}

impl ReleaseFit {
    pub(super) fn new(dump: &Dump, jobs: &[JobAutopsy], cronjobs: &[CronAutopsy]) -> Self {
        let mut clues = Vec::new();
        for job in jobs {
            of_job(job, &mut clues);
        }
        let said = dump.events.iter().filter(|event| event.reason == "SawCompletedJob");
        for event in said {
            let holds = event.message.contains("condition: ");
            if holds || event.message.contains("status: ") {
                let what = format!("the Event SawCompletedJob says {:?}", event.message);
                clues.push(ReleaseClue { rule: ReleaseRule::SetsLastSuccessAtOnce, holds, what });
            }
        }
        let _ = cronjobs;
        clues.dedup_by(|a, b| (a.rule, a.holds) == (b.rule, b.holds));
        let fitting = fitting(&clues);
        let minors: Vec<u8> = fitting.iter().map(|(version, _)| version.minor).collect();
        ReleaseFit {
            fitting: in_words(&fitting),
            newest: fitting.last().map(|(_, last)| *last),
            minors: minors.len(),
            told: dump.versions.iter().cloned().collect(),
            has_old_cap: jobs.iter().any(has_old_cap),
            clues,
        }
    }

    /// Whether the dump distinguishes some releases from others.
    pub fn tells_anything(&self) -> bool {
        !self.clues.is_empty() && self.minors < NEWEST_PATCHES.len()
    }
}

/// By minor release, the first and the last patch release that fit.
fn fitting(clues: &[ReleaseClue]) -> Vec<(KubernetesVersion, KubernetesVersion)> {
    let fits = |version: &KubernetesVersion| {
        let rules = ReleaseRules::of(*version);
        clues.iter().all(|clue| rules.has(clue.rule) == clue.holds)
    };
    let of_minor = |newest: &KubernetesVersion| {
        let all = (0..=newest.patch).map(|patch| KubernetesVersion::new(newest.minor, patch));
        let fitting: Vec<KubernetesVersion> = all.filter(fits).collect();
        Some((*fitting.first()?, *fitting.last()?))
    };
    NEWEST_PATCHES.iter().filter_map(of_minor).collect()
}

fn in_words(fitting: &[(KubernetesVersion, KubernetesVersion)]) -> String {
    let is_whole =
        |(first, last): &(KubernetesVersion, KubernetesVersion)| first.patch == 0 && NEWEST_PATCHES.contains(last);
    let mut parts: Vec<String> = Vec::new();
    let mut place = 0;
    while place < fitting.len() {
        let one = &fitting[place];
        if !is_whole(one) {
            parts.push(if one.0 == one.1 { one.0.to_string() } else { format!("{} to {}", one.0, one.1) });
            place += 1;
            continue;
        }
        let follows = |n: usize| {
            fitting
                .get(place + n)
                .is_some_and(|next| is_whole(next) && usize::from(next.0.minor) == usize::from(one.0.minor) + n)
        };
        let run = (1..).take_while(|n| follows(*n)).count();
        let (first, last) = (one.0.minor_name(), fitting[place + run].0.minor_name());
        parts.push(if run == 0 { first } else { format!("{first} to {last}") });
        place += run + 1;
    }
    parts.join(", ")
}

fn of_job(job: &JobAutopsy, clues: &mut Vec<ReleaseClue>) {
    let (course, mut clue) = (&job.course, |rule, holds, what: String| clues.push(ReleaseClue { rule, holds, what }));
    let name = &course.name;
    let announced = [JobConditionType::FailureTarget, JobConditionType::SuccessCriteriaMet];
    let announced = announced.into_iter().find_map(|kind| course.holds(kind));
    let rule = ReleaseRule::EndWaitsForTerminatingPods;
    // Every release announces these two.
    let by_policy = |reason: &str| matches!(reason, "PodFailurePolicy" | "SuccessPolicy");
    match (course.finished(), announced) {
        (_, Some(condition)) if !by_policy(&condition.reason) => {
            clue(rule, true, format!("Job {name}: its end was announced ({})", condition.kind));
        }
        (Some(end), None) if !by_policy(&end.reason) => {
            let reason = if end.reason.is_empty() { " without a reason" } else { "" };
            clue(rule, false, format!("Job {name}: it became {}{reason}, and nothing announced that", end.kind));
        }
        _ => {}
    }
    for field in &course.kept_fields {
        let rule = match *field {
            "successPolicy" => ReleaseRule::KeepsSuccessPolicy,
            _ => ReleaseRule::KeepsManagedBy,
        };
        clue(rule, true, format!("Job {name}: the API server has kept spec.{field}"));
    }
    suspension(course, &mut clue);
    numbers(course, &job.waits, &mut clue);
    events(course, &mut clue);
}

fn suspension(course: &JobCourse, clue: &mut impl FnMut(ReleaseRule, bool, String)) {
    let name = &course.name;
    let Some(since) = course.holds(JobConditionType::Suspended).map(|condition| condition.at) else { return };
    if course.spec.suspend {
        let had_started = course.pods.iter().any(|pod| pod.created < since);
        match course.started {
            Some(_) => {
                let what = format!("Job {name}: it is suspended and has kept its startTime");
                clue(ReleaseRule::ClearsStartTimeOnSuspension, false, what);
            }
            None if had_started => {
                let what = format!("Job {name}: it is suspended, had started, and has no startTime");
                clue(ReleaseRule::ClearsStartTimeOnSuspension, true, what);
            }
            None => {}
        }
        return;
    }
    // It was resumed, and yet nothing about that was written.
    let later = course.pods.iter().filter(|pod| pod.created > since + SimDuration::from_secs(2)).count();
    let long_ago =
        course.pods.iter().any(|pod| pod.created > since && course.taken - pod.created > SimDuration::from_secs(10));
    if later > 0 && long_ago && course.started.is_some() {
        let what = format!("Job {name}: it was resumed and has Pods, and its status still says Suspended");
        clue(ReleaseRule::RefusesStartTimeOnResume, true, what);
    }
}

fn numbers(course: &JobCourse, waits: &[ObservedWait], clue: &mut impl FnMut(ReleaseRule, bool, String)) {
    let (name, numbers) = (&course.name, &course.numbers);
    if course.finished().is_some() && numbers.active == 0 && numbers.ready > 0 {
        let what = format!("Job {name}: it has ended, and its status says ready {} beside active 0", numbers.ready);
        clue(ReleaseRule::CountsItsOwnDeletions, false, what);
    } else if numbers.ready > numbers.active {
        let what = format!("Job {name}: its status says ready {} beside active {}", numbers.ready, numbers.active);
        clue(ReleaseRule::ValidatesStatusWrites, false, what);
    }
    // During a back-off, some releases write that no Pod is active.
    let settled = SimDuration::from_secs(3);
    let waits_now = waits
        .iter()
        .any(|wait| wait.cause == WaitCause::Backoff && wait.to.is_none() && wait.from + settled < course.taken);
    let is_active = |pod: &&super::CoursePod| {
        pod.end == CourseEnd::Unfinished && pod.deleted.is_none() && pod.created + settled < course.taken
    };
    let active = course.pods.iter().filter(is_active).count();
    if waits_now && active > 0 && course.finished().is_none() {
        let holds = numbers.active == 0;
        let what = format!(
            "Job {name}: a back-off is waited out, {active} Pods are active, and its status says active {}",
            numbers.active
        );
        clue(ReleaseRule::ReportsNoActivePodsInBackoff, holds, what);
    }
}

/// Whether Normal and Warning Events share a budget.
fn events(course: &JobCourse, clue: &mut impl FnMut(ReleaseRule, bool, String)) {
    let Some(end) = course.finished().filter(|end| end.kind == "Failed") else { return };
    let hour = SimDuration::from_secs(3_300);
    let normal: u32 =
        course.events.iter().filter(|event| event.reason.starts_with("Successful")).map(|event| event.count).sum();
    let is_recent = course.taken - course.created < hour;
    if !course.has_events || !is_recent || normal < 25 {
        return;
    }
    let said = course.events.iter().any(|event| event.reason == end.reason);
    let what = match said {
        true => format!("Job {}: the Warning about its end is there beside {normal} Normal Events", course.name),
        false => format!("Job {}: the Warning about its end is missing beside {normal} Normal Events", course.name),
    };
    clue(ReleaseRule::SharesEventBudget, !said, what);
}

/// Six minutes instead of ten after seven failures or more.
fn has_old_cap(job: &JobAutopsy) -> bool {
    let course = &job.course;
    let mut failures: Vec<_> =
        course.pods.iter().filter(|pod| pod.end == CourseEnd::Failed).filter_map(|pod| pod.ended).collect();
    failures.sort_unstable();
    if failures.len() < 7 || course.pods.iter().any(|pod| pod.end == CourseEnd::Succeeded) {
        return false;
    }
    let gaps = failures[6..].iter().filter_map(|last| {
        let next = course.pods.iter().map(|pod| pod.created).filter(|created| created >= last).min()?;
        Some(next - *last)
    });
    let near = |gap: &SimDuration| *gap >= SimDuration::from_secs(359) && *gap <= SimDuration::from_secs(364);
    let gaps: Vec<SimDuration> = gaps.collect();
    !gaps.is_empty() && gaps.iter().all(near)
}
