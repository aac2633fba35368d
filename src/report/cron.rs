//! CronJobs for people: the lines of `kubectl get cronjobs`, the timeline's lines, and what kubectl cannot show: which
//! starts were made, how late, and which were left out, and why. It computes nothing that is not recorded.

use super::Run;
use crate::record::{CronFacts, What};

/// A line of the timeline about a CronJob or the whole cluster: the object and what changed of it.
pub(super) fn line(what: &What, run: &Run) -> Option<(String, String)> {
    let cronjob = |id: crate::id::CronJobId| format!("cronjob/{}", run.recorder.cronjobs[id.ix()].name);
    let cluster = |text: &str| Some(("cluster".to_owned(), text.to_owned()));
    match what {
        What::ControllersDown => cluster("the controllers died, with all that they knew"),
        What::ControllersUp => cluster("new controllers started"),
        What::ActRefused(text) => cluster(&format!("refused: {text}")),
        What::CronJob(id, before, now) => Some((cronjob(*id), change(before.as_ref(), now)?)),
        What::CronNotice(notice) => {
            let raised = if notice.count > 1 { " (count raised)" } else { "" };
            let (reason, message) = (notice.emission.reason, &notice.emission.message);
            Some((cronjob(notice.cronjob), format!("Event {reason}: {message}{raised}")))
        }
        _ => None,
    }
}

/// What a write of a CronJob changed; its status says nothing that its Events do not.
fn change(before: Option<&CronFacts>, now: &CronFacts) -> Option<String> {
    let Some(before) = before else { return Some("created".to_owned()) };
    if now.gone {
        return Some("gone".to_owned());
    }
    let (old, new) = (&before.spec, &now.spec);
    let mut parts = Vec::new();
    if now.deleting && !before.deleting {
        parts.push("marked for deletion".to_owned());
    }
    let mut field = |name: &str, was: String, is: String| {
        if was != is {
            parts.push(format!("edited: {name} {was} → {is}"));
        }
    };
    let zone = |spec: &crate::api::CronJobSpec| spec.time_zone.clone().unwrap_or_else(|| "unset".to_owned());
    let seconds = |n: Option<i64>| n.map_or("unset".to_owned(), |n| n.to_string());
    let policy = |spec: &crate::api::CronJobSpec| spec.concurrency_policy.as_str().to_owned();
    field("suspend", old.suspend.to_string(), new.suspend.to_string());
    field("schedule", old.schedule.clone(), new.schedule.clone());
    field("timeZone", zone(old), zone(new));
    field("concurrencyPolicy", policy(old), policy(new));
    field("startingDeadlineSeconds", seconds(old.starting_deadline_seconds), seconds(new.starting_deadline_seconds));
    (!parts.is_empty()).then(|| parts.join(", "))
}
