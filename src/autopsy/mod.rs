//! Autopsies: what happened to a Job, compared with what its controller would do. A dump (Jobs, CronJobs, Pods and
//! Events as kubectl shows them) becomes a course; each wait of the course gets the rule that explains it, with what
//! remains unexplained.
//!
//! - `dump`: the objects of some texts, and what is missing among them;
//! - `essence`: the part of a Job's spec that is read;
//! - `course`: what happened to one Job and its Pods, and when; `loss`: which of its Pods are gone, and what is known
//!   about them;
//! - `clocks`: clocks that differ;
//! - `vacancy`: since when each created Pod had been wanted;
//! - `backoff`: the failures in a row that the controller had in memory;
//! - `creation`: why Pods were created when they were (`inactivity`: what held the controller up); `pending`: why they ran when they did; `ending`: why the Job ended;
//! - `cron`: which starts of a CronJob were made, late or not at all;
//! - `releases`: the releases of Kubernetes that could have left such objects;
//! - `pace`: a control plane that is slow but not down;
//! - `differences`: what no rule explains, and its likely cause;
//! - `next`: what is bound to happen if nothing changes;
//! - `redact`: the same dump without names.
//!
//! Nothing is simulated here, and no random numbers are drawn. Times of the API are whole seconds: what is said to have
//! happened at a second happened within it.

mod backoff;
mod clocks;
mod course;
mod creation;
mod cron;
mod differences;
mod dump;
mod ending;
mod essence;
mod inactivity;
mod loss;
mod next;
mod pace;
mod pending;
mod reading;
mod redact;
mod releases;
mod vacancy;
mod waits;

pub use course::{CourseCondition, CourseEnd, CoursePod, JobCourse};
pub use cron::{CronAutopsy, DueStart, StartFate};
pub use differences::{CourseDifference, LikelyCause};
pub use dump::Dump;
pub use ending::{EndFinding, NextLimit};
pub use next::NextSteps;
pub use redact::redacted;
pub use releases::{ReleaseClue, ReleaseFit};
pub use waits::{ObservedWait, WaitCause};

use crate::release::Release;
use crate::time::SimTime;

/// What is known about one Job.
#[derive(Clone, Debug)]
pub struct JobAutopsy {
    /// What happened, and when.
    pub course: JobCourse,
    /// Its waits, in order of their beginning.
    pub waits: Vec<ObservedWait>,
    /// How it ended, or why it has not.
    pub end: EndFinding,
    /// What no rule explains.
    pub differences: Vec<CourseDifference>,
    /// What is bound to happen.
    pub next: Option<NextSteps>,
}

/// What is known about everything in a dump.
#[derive(Clone, Debug)]
pub struct Autopsy {
    /// When the dump was taken, as far as it shows.
    pub taken: SimTime,
    /// The Jobs, in order of creation.
    pub jobs: Vec<JobAutopsy>,
    /// The CronJobs.
    pub cronjobs: Vec<CronAutopsy>,
    /// The releases that fit.
    pub releases: ReleaseFit,
    /// What is missing in the dump, and the consequences.
    pub missing: Vec<String>,
}

impl Autopsy {
    /// Examines everything in a dump by the rules of a release. `taken` is when it was taken; without it, the latest
    /// time that it shows.
    ///
    /// # Errors
    /// If the dump contains no Job or CronJob, or one that no API server would have stored.
    pub fn new(dump: &Dump, release: &Release, taken: Option<SimTime>) -> Result<Self, Vec<String>> {
        let taken = taken.into_iter().chain(dump.latest()).max().unwrap_or_default();
        let mut courses = JobCourse::all(dump, release, taken)?;
        courses.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
        let traffic = creation::ControllerTraffic::of(&courses);
        let jobs: Vec<JobAutopsy> =
            courses.into_iter().map(|course| JobAutopsy::new(course, release, &traffic)).collect();
        let cronjobs = CronAutopsy::all(dump, &jobs, release, taken)?;
        if jobs.is_empty() && cronjobs.is_empty() {
            return Err(vec![format!("there is no Job or CronJob in it{}", dump.what_there_is())]);
        }
        let releases = ReleaseFit::new(dump, &jobs, &cronjobs);
        Ok(Autopsy { taken, missing: dump.missing(&jobs), jobs, cronjobs, releases })
    }
}

impl JobAutopsy {
    fn new(mut course: JobCourse, release: &Release, traffic: &creation::ControllerTraffic) -> Self {
        let params = &release.job_controller;
        let created = creation::waits(&mut course, params, traffic);
        let mut waits = created.waits;
        waits.extend(pending::waits(&course));
        let end = EndFinding::new(&course, params);
        waits.extend(ending::waits(&course, &end, traffic));
        pace::judge(&mut waits, &created.reactions);
        waits.sort_by_key(|wait| (wait.from, wait.to.is_none(), wait.to));
        let differences = differences::of(&course, &waits, &created.early);
        let next = NextSteps::new(&course, &created.open, params);
        JobAutopsy { course, waits, end, differences, next }
    }
}
