//! Since when each Pod had been wanted: a Job's Pods are processed in order of time, and each new Pod takes the place
//! that has been free the longest. `creation` explains why a place stayed free.

use super::course::{CourseEnd, JobCourse};
use super::loss::take_for_lost;
use super::waits::SLACK;
use crate::api::JobConditionType;
use crate::time::SimTime;
use std::collections::{HashMap, HashSet, VecDeque};

/// Why a place is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VacancyOrigin {
    /// The Job was created.
    Start,
    /// It was resumed.
    Resume,
    /// This Pod left it.
    Left(usize),
}

/// A free place, and since when it has been free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vacancy {
    pub since: SimTime,
    pub origin: VacancyOrigin,
}

/// The places of a Job over time.
#[derive(Clone, Debug, Default)]
pub(super) struct Vacancies {
    /// For each Pod of the course, the place that it took; `None` if it is unknown since when that was free.
    pub taken: Vec<Option<Vacancy>>,
    /// Places that are still free.
    pub open: Vec<Vacancy>,
}

/// What changes the number of wanted or active Pods, ordered within a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Suspended,
    Left(usize),
    Resumed,
    Created(usize),
    Over,
}

struct CourseReplay<'a> {
    course: &'a mut JobCourse,
    queue: VecDeque<Vacancy>,
    taken: Vec<Option<Vacancy>>,
    /// Pods that are active.
    active: HashSet<usize>,
    succeeded: i64,
    succeeded_indexes: HashSet<u32>,
    /// By index: when its last Pod left.
    left_of_index: HashMap<u32, (SimTime, usize)>,
    suspended: bool,
    over: bool,
}

/// Processes a course. Pods that are gone without a trace are assumed to have left when another took their place.
pub(super) fn replay(course: &mut JobCourse) -> Vacancies {
    if course.lacks_pods {
        return Vacancies { taken: vec![None; course.pods.len()], open: Vec::new() };
    }
    let mut steps: Vec<(SimTime, Step)> = Vec::new();
    for (place, pod) in course.pods.iter().enumerate() {
        steps.push((pod.created, Step::Created(place)));
        steps.extend(pod.left().map(|at| (at, Step::Left(place))));
    }
    for (from, to) in &course.suspended {
        steps.push((*from, Step::Suspended));
        steps.extend(to.map(|to| (to, Step::Resumed)));
    }
    let ends = [JobConditionType::FailureTarget, JobConditionType::SuccessCriteriaMet];
    let announced = ends.into_iter().filter_map(|kind| course.holds(kind)).map(|condition| condition.at).min();
    steps.extend(announced.or(course.finished().map(|end| end.at)).map(|at| (at, Step::Over)));
    steps.sort_unstable();
    let suspended = course.suspended.first().is_some_and(|(from, _)| *from <= course.created);
    let pods = course.pods.len();
    let succeeded = course.unseen_successes;
    let mut replay = CourseReplay {
        course,
        queue: VecDeque::new(),
        taken: vec![None; pods],
        active: HashSet::new(),
        succeeded,
        succeeded_indexes: HashSet::new(),
        left_of_index: HashMap::new(),
        suspended,
        over: false,
    };
    let created = replay.course.created;
    replay.settle(created, VacancyOrigin::Start);
    for (at, step) in steps {
        replay.step(at, step);
    }
    let open = if replay.course.deleting { Vec::new() } else { replay.queue.into() };
    Vacancies { taken: replay.taken, open }
}

impl CourseReplay<'_> {
    fn step(&mut self, at: SimTime, step: Step) {
        match step {
            Step::Left(place) => {
                // Some Pods are known to have ended before they are known to have been created.
                self.active.remove(&place);
                let pod = &self.course.pods[place];
                if let Some(index) = pod.index {
                    self.left_of_index.insert(index, (at, place));
                }
                if pod.end == CourseEnd::Succeeded {
                    match pod.index.filter(|_| self.course.spec.is_indexed()) {
                        Some(index) if !self.succeeded_indexes.insert(index) => {}
                        _ => self.succeeded += 1,
                    }
                }
                self.settle(at, VacancyOrigin::Left(place));
            }
            Step::Suspended => {
                self.suspended = true;
                self.queue.clear();
            }
            Step::Resumed => {
                self.suspended = false;
                self.settle(at, VacancyOrigin::Resume);
            }
            Step::Created(place) => self.created(at, place),
            Step::Over => {
                self.over = true;
                self.queue.clear();
            }
        }
    }

    fn created(&mut self, at: SimTime, place: usize) {
        let index = self.course.pods[place].index.filter(|_| self.course.spec.backoff_limit_per_index.is_some());
        let retry = index.and_then(|index| self.left_of_index.get(&index)).copied();
        if self.queue.is_empty() && !self.suspended && !self.over {
            self.find_lost(at);
        }
        let unseen = self.course.unseen_failures + self.course.unseen_successes > 0;
        self.taken[place] = match (retry, index) {
            // With a limit per index, a place may stay free because no index may be tried yet.
            (Some((left, before)), _) => {
                self.queue.pop_front();
                Some(Vacancy { since: left, origin: VacancyOrigin::Left(before) })
            }
            (None, Some(_)) => self.queue.pop_back(),
            // If this Pod came as soon as another one left, the place that has been free for longer belongs to a Pod
            // that left no trace.
            (None, None) if unseen && self.queue.back().is_some_and(|last| at - last.since <= SLACK) => {
                self.queue.pop_back()
            }
            (None, None) => self.queue.pop_front(),
        };
        let is_first = self.taken[place].is_some_and(|vacancy| vacancy.origin == VacancyOrigin::Start);
        if unseen && is_first && at - self.course.created > SLACK {
            self.taken[place] = None;
        }
        if self.course.pods[place].left().is_none_or(|left| left >= at) {
            self.active.insert(place);
        }
    }

    /// A Pod came although no place was free: one that is gone must have left before.
    fn find_lost(&mut self, at: SimTime) {
        let pods = &self.course.pods;
        let lost = self.active.iter().copied().filter(|place| pods[*place].end == CourseEnd::Unknown);
        if let Some(lost) = lost.min_by_key(|place| (pods[*place].created, *place)) {
            take_for_lost(&mut self.course.pods[lost], at);
            self.active.remove(&lost);
        }
    }

    /// Adjusts the number of free places.
    fn settle(&mut self, at: SimTime, origin: VacancyOrigin) {
        let wanted = self.wanted();
        let missing = (wanted - self.active.len() as i64).max(0) as usize;
        while self.queue.len() > missing {
            self.queue.pop_back();
        }
        while self.queue.len() < missing {
            self.queue.push_back(Vacancy { since: at, origin });
        }
    }

    fn wanted(&self) -> i64 {
        if self.suspended || self.over {
            return 0;
        }
        let spec = &self.course.spec;
        let parallelism = i64::from(spec.parallelism);
        match spec.completions {
            None if self.succeeded > 0 => 0,
            None => parallelism,
            Some(completions) => (i64::from(completions) - self.succeeded).min(parallelism).max(0),
        }
    }
}
