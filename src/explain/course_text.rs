//! A course as text for a terminal, and the rules behind the waits and the ends of a run. The words of the rules are in
//! [`super::rules`].

use super::course::{BackoffMoment, CourseStep, JobMoment, RunCourse};
use super::explainer::{of_end, of_wait};
use super::rules::{AppliedRule, restart_rule};
use super::rules_of_cluster::{create_refused_rule, skip_rule};
use super::text::wrapped;
use super::{count, rounded};
use crate::experiment::Setup;
use crate::record::{CronRecord, JobRecord, RecordedRun, SkipReason};
use crate::report::{Layout, status_word};
use crate::time::{SimDuration, SimTime};

/// The greatest number of Jobs whose waits and ends are explained one by one.
const EXPLAINED_JOBS: usize = 5;

/// The rules behind the waits and ends of a run.
pub fn why_text(run: &RecordedRun<'_>, setup: &Setup, layout: Layout) -> String {
    let mut text = "Why\n".to_owned();
    let of_users: Vec<&JobRecord> =
        run.recorder.jobs.iter().filter(|job| job.owner.is_none() && job.created.is_some()).collect();
    for job in of_users.iter().take(EXPLAINED_JOBS) {
        let mut section = WhySection { lines: Vec::new(), last_source: "", width: layout.width() };
        section.job(job, run, setup, layout.listed());
        let name = if of_users.len() > 1 { format!("  job/{}\n", job.name) } else { String::new() };
        text += &name;
        section.lines.iter().for_each(|line| text += &format!("{line}\n"));
    }
    if of_users.len() > EXPLAINED_JOBS {
        text += &format!("  … {} more\n", count((of_users.len() - EXPLAINED_JOBS) as u64, "Job"));
    }
    for cronjob in &run.recorder.cronjobs {
        let mut section = WhySection { lines: Vec::new(), last_source: "", width: layout.width() };
        section.cronjob(cronjob);
        section.lines.iter().for_each(|line| text += &format!("{line}\n"));
    }
    if text.lines().count() == 1 {
        text += "  nothing was waited for, and nothing has ended\n";
    }
    text
}

/// The lines about one object.
struct WhySection {
    lines: Vec<String>,
    /// The last source that was written: consecutive lines with the same source give it once.
    last_source: &'static str,
    width: usize,
}

impl WhySection {
    fn job(&mut self, job: &JobRecord, run: &RecordedRun<'_>, setup: &Setup, listed: usize) {
        let created = job.created.unwrap_or(SimTime::ZERO);
        for w in job.waits.iter().take(listed) {
            let (since, until) = (w.since - created, w.wait.until - created);
            let what = format!("wait at +{}: {} until +{}", rounded(since), rounded(until - since), rounded(until));
            self.rule(&what, &of_wait(&w.wait, job, &setup.config.params));
        }
        self.more(job.waits.len().saturating_sub(listed), "wait");
        for w in job.restart_waits.first.iter().take(listed) {
            let (since, until) = (w.since - created, w.until - created);
            let what = format!("restart at +{}: {} after the exit", rounded(until), rounded(until - since));
            self.rule(&what, &restart_rule(w.pod.restarts.max(0) as usize, setup.kubelet.delays));
        }
        self.more(job.restart_waits.first.len().saturating_sub(listed), "restart");
        if job.creations_refused > 0 {
            let what = format!("{} refused", count(job.creations_refused.into(), "creation"));
            self.rule(&what, &create_refused_rule());
        }
        if let (Some(rule), Some(facts), Some(at)) = (of_end(job, run), &job.facts, job.finished) {
            let word = status_word(&facts.status, facts.deleting);
            let reason = facts.status.finished().map_or("", |end| end.reason_text());
            self.rule(&format!("{word} at +{}: {reason}", rounded(at - created)), &rule);
        }
    }

    fn cronjob(&mut self, cronjob: &CronRecord) {
        let skipped = SkipReason::ALL.iter().zip(cronjob.skipped).filter(|&(_, n)| n > 0);
        for (reason, n) in skipped {
            let what = format!("cronjob/{}: {} left out", cronjob.name, count(n.into(), "start"));
            self.rule(&format!("{what}: {}", reason.as_str()), &skip_rule(*reason));
        }
    }

    fn more(&mut self, n: usize, what: &str) {
        if n > 0 {
            self.lines.push(format!("  … {} more (--all)", count(n as u64, what)));
        }
    }

    fn rule(&mut self, what: &str, rule: &AppliedRule) {
        self.lines.extend(wrapped(what, self.width - 2).iter().map(|line| format!("  {line}")));
        self.lines.extend(wrapped(&rule.text, self.width - 4).iter().map(|line| format!("    {line}")));
        if rule.source != self.last_source {
            self.lines.extend(source_lines(rule.source, self.width - 4).map(|line| format!("    {line}")));
            self.last_source = rule.source;
        }
    }
}

fn source_lines(source: &str, width: usize) -> impl Iterator<Item = String> {
    wrapped(&format!("[{source}]"), width).into_iter()
}

fn seconds(seconds: f64) -> SimDuration {
    SimDuration::from_secs_f64(seconds)
}

/// A step in lines of at most `width` characters: what changed, why, and the state of the Jobs.
pub fn step_lines(course: &RunCourse, step: usize, width: usize) -> Vec<String> {
    let Some(CourseStep { at, changes, jobs }) = course.steps.get(step) else { return Vec::new() };
    let mut lines = vec![format!("+{}  (step {} of {})", seconds(*at), step + 1, course.steps.len())];
    let mut last: Option<&AppliedRule> = None;
    for (n, change) in changes.iter().enumerate() {
        let mark = if change.is_failure { "!" } else { " " };
        let what = wrapped(&format!("{}: {}", change.object, change.what), width - 4);
        for (n, line) in what.iter().enumerate() {
            lines.push(if n == 0 { format!("{mark} {line}") } else { format!("    {line}") });
        }
        // Consecutive changes with the same reason share it, below the last of them.
        let next = changes.get(n + 1).and_then(|next| next.why.as_ref());
        let Some(why) = change.why.as_ref().filter(|why| next != Some(*why) && last != Some(*why)) else { continue };
        lines.extend(wrapped(&why.text, width - 6).iter().map(|line| format!("      {line}")));
        lines.extend(source_lines(why.source, width - 6).map(|line| format!("      {line}")));
        last = Some(why);
    }
    for moment in jobs {
        lines.extend(moment_lines(moment, width));
    }
    lines
}

/// A Job at an instant.
fn moment_lines(m: &JobMoment, width: usize) -> Vec<String> {
    let counted = format!("succeeded {}, failed {}, uncounted {}", m.succeeded, m.failed, m.uncounted);
    let head = wrapped(&format!("= job/{} {}: {counted}", m.job, m.status), width - 4);
    let mut lines: Vec<String> = head.iter().map(|line| format!("  {line}")).collect();
    let mut line = |what: &str, text: &str| {
        for (n, part) in wrapped(text, width - 16).iter().enumerate() {
            lines.push(format!("    {:<10}{part}", if n == 0 { what } else { "" }));
        }
    };
    line("stored", &format!("active {}, ready {}, terminating {}", m.active, m.ready, m.terminating));
    if let Some(s) = &m.sees {
        let mut text = format!("active {}, ready {}, terminating {}", s.active, s.ready, s.terminating);
        for (n, what) in [
            (i64::from(s.unaccounted), "finished and not accounted for"),
            (s.expected_creations, "created and not yet seen"),
            (s.expected_deletions, "deleted and not yet seen"),
        ] {
            if n > 0 {
                text += &format!(", {n} {what}");
            }
        }
        line("seen", &text);
    }
    if let Some(clock) = &m.backoff {
        line("back-off", &clock_text(clock));
    }
    lines
}

fn clock_text(clock: &BackoffMoment) -> String {
    let failures = count(clock.failures.max(0) as u64, "failure");
    let of = clock.index.map_or(String::new(), |index| format!(" of index {index}"));
    let whole = seconds(clock.seconds);
    // Without a product, or with a cut one, the formula already shows the result.
    let equals = if clock.formula.contains('×') && !clock.formula.contains("cut") {
        format!(" = {whole}")
    } else {
        String::new()
    };
    let left = match clock.left > 0.0 {
        true => format!("{} left, until +{}", seconds(clock.left), rounded(seconds(clock.until))),
        false => "over".to_owned(),
    };
    format!("{failures}{of} in a row, {}{equals}; {left}", clock.formula)
}

/// All steps of a course.
pub fn course_text(course: &RunCourse, width: usize) -> String {
    let legend =
        "! marks what failed. Of a Job: stored is its status in the API, seen is what the controller's cache shows.";
    let mut text = wrapped(legend, width).join("\n") + "\n\n";
    for step in 0..course.steps.len() {
        step_lines(course, step, width).iter().for_each(|line| text += &format!("{line}\n"));
        text.push('\n');
    }
    text += &ending_line(course);
    text.push('\n');
    text
}

/// The line after the last step.
pub fn ending_line(course: &RunCourse) -> String {
    let end = seconds(course.end);
    match (course.left_out, course.cut) {
        (0, false) => format!("nothing more happens after +{end}"),
        (0, true) => format!("virtual time is over at +{end}"),
        (n, _) => format!("… {} more, up to +{end}, are not kept", count(n, "change")),
    }
}
