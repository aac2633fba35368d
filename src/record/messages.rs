//! The texts of conditions and Events, as Kubernetes spells them, with the names of a run's Pods. It does not decide
//! which is used when.

use super::recorder::pod_name_of;
use super::{JobRecord, NoticeRecord, is_warning};
use crate::api::JobMessage;
use crate::controller::job::Emission;
use crate::id::PodId;
use crate::record::RecordedRun;

/// The name of a Pod.
pub fn name_of(pod: PodId, job: &JobRecord, run: &RecordedRun) -> String {
    run.recorder.pods.name_of(pod).map_or_else(|| "<unknown>".to_owned(), |parts| pod_name_of(&job.name, parts))
}

/// The text of a condition's message.
pub fn message_text(message: JobMessage, job: &JobRecord, run: &RecordedRun) -> String {
    let container = |n: u16| {
        let spec = job.facts.as_ref().map(|f| f.spec.clone());
        let names = spec.map(|s| [&s.template.containers[..], &s.template.init_containers[..]].concat());
        names.and_then(|n2| n2.get(usize::from(n)).cloned()).unwrap_or_default()
    };
    message.text(|pod| format!("{}/{}", job.namespace, name_of(pod, job, run)), container)
}

/// An Event's reason and message.
pub fn event_text(emission: Emission, job: &JobRecord, run: &RecordedRun) -> (&'static str, String) {
    match emission {
        Emission::SuccessfulCreate(pod) => ("SuccessfulCreate", format!("Created pod: {}", name_of(pod, job, run))),
        Emission::SuccessfulDelete(pod) => ("SuccessfulDelete", format!("Deleted pod: {}", name_of(pod, job, run))),
        Emission::FailedCreate(why) => {
            ("FailedCreate", format!("Error creating: {}", run.recorder.creation_refusal(why)))
        }
        Emission::Suspended => ("Suspended", "Job suspended".to_owned()),
        Emission::Resumed => ("Resumed", "Job resumed".to_owned()),
        Emission::Completed => ("Completed", "Job completed".to_owned()),
        Emission::TooManySucceededPods => {
            ("TooManySucceededPods", "Too many succeeded pods running after completion count reached".to_owned())
        }
        Emission::Failed(reason, message) => (reason.as_str(), message_text(message, job, run)),
    }
}

/// An Event's type, reason and message as the API has them.
pub fn notice_text(notice: &NoticeRecord, job: &JobRecord, run: &RecordedRun) -> (&'static str, &'static str, String) {
    let (reason, message) = event_text(notice.emission, job, run);
    let kind = if is_warning(notice.emission) { "Warning" } else { "Normal" };
    let combined = if notice.combined { "(combined from similar events): " } else { "" };
    (kind, reason, format!("{combined}{message}"))
}
