//! Autopsies: what happened to a Job, held against what its controller would do. A dump (Jobs, CronJobs, Pods and Events as
//! kubectl shows them) becomes a course; each wait of the course gets the rule that explains it, with what is left
//! unexplained.
//!
//! - `dump`: the objects of some texts, and what is missing among them (`reading`: how they are read);
//! - `essence`: what is read of a Job's spec;
//! - `course`: what happened to one Job and its Pods, and when; `loss`: which of its Pods are gone, and what is known of
//!   them;
//! - `clocks`: clocks that differ;
//! - `vacancy`: since when each Pod was wanted that was created;
//! - `backoff`: the failures in a row that the controller had in memory;
//! - `creation`: why Pods were created when they were (`inactivity`: what held the controller up); `pending`: why they ran when they did; `ending`: why the Job ended;
//! - `cron`: which starts of a CronJob were made, late or not at all;
//! - `releases`: the releases of Kubernetes that would have left such objects;
//! - `pace`: a control plane that is slow and not down;
//! - `differences`: what no rule explains, and what is likely behind it;
//! - `next`: what is bound to happen if nothing changes;
//! - `redact`: the same dump without names.
//!
//! It simulates nothing and draws nothing by chance. Times of the API are whole seconds: what is said to have happened at a
//! second happened within it.

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

/// What is known of one Job.
#[derive(Clone, Debug)]
pub struct JobAutopsy {
    /// What happened, and when.
    pub course: JobCourse,
    /// Its waits, by their beginning.
    pub waits: Vec<ObservedWait>,
    /// How it ended, or why it has not.
    pub end: EndFinding,
    /// What no rule explains.
    pub differences: Vec<CourseDifference>,
    /// What is bound to happen.
    pub next: Option<NextSteps>,
}

/// What is known of all that a dump holds.
#[derive(Clone, Debug)]
pub struct Autopsy {
    /// When the dump was taken, as far as it shows.
    pub taken: SimTime,
    /// The Jobs, in the order of their creation.
    pub jobs: Vec<JobAutopsy>,
    /// The CronJobs.
    pub cronjobs: Vec<CronAutopsy>,
    /// The releases that fit.
    pub releases: ReleaseFit,
    /// What is missing in the dump, and what follows from that.
    pub missing: Vec<String>,
}

impl Autopsy {
    /// Looks at everything in a dump by the rules of a release. `taken` says when it was taken; without it that is the latest
    /// time that it shows.
    ///
    /// # Errors
    /// A dump without a Job or CronJob, or one that no API server would have stored.
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
