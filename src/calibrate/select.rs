//! Which objects of a dump count: Pods of Jobs, each of them once. A dump of a namespace also contains the Pods of
//! Deployments and others, and repeats Pods that were listed twice.

use super::object::DumpedObject;
use super::observe::latest;
use std::collections::HashMap;

/// The Job that a Pod belongs to: its controller's name if that is a Job, or its label (an old and a new one) if it has
/// no owner, as in dumps that were cut down.
pub(super) fn job_of(pod: &DumpedObject) -> Option<&str> {
    let owners = &pod.metadata.owner_references;
    if owners.is_empty() {
        let labels = &pod.metadata.labels;
        return labels.get("batch.kubernetes.io/job-name").or_else(|| labels.get("job-name")).map(String::as_str);
    }
    let only = owners.first().filter(|_| owners.len() == 1);
    let controller = owners.iter().find(|owner| owner.controller).or(only);
    controller.filter(|owner| owner.kind == "Job").map(|owner| owner.name.as_str())
}

/// The Pods to observe, and how many were left out because they belong to no Job. If no Pod belongs to a Job, all of
/// them count: then the dump has been stripped of owners and labels.
pub(super) fn pods<'a>(objects: &'a [DumpedObject], job: Option<&str>) -> (Vec<&'a DumpedObject>, usize) {
    let all = once_each(objects.iter().filter(|object| object.kind == "Pod"));
    if job.is_some() {
        return (all.into_iter().filter(|pod| job_of(pod) == job).collect(), 0);
    }
    let (of_jobs, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|pod| job_of(pod).is_some());
    if of_jobs.is_empty() { (others, 0) } else { (of_jobs, others.len()) }
}

/// Events about images that were pulled, each once.
pub(super) fn pulled_events(objects: &[DumpedObject]) -> Vec<&DumpedObject> {
    once_each(objects.iter().filter(|object| object.kind == "Event" && object.reason == "Pulled"))
}

/// The objects without repetitions. Of an object that occurs twice, the state with the later instant is kept.
fn once_each<'a>(objects: impl Iterator<Item = &'a DumpedObject>) -> Vec<&'a DumpedObject> {
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut kept: Vec<&DumpedObject> = Vec::new();
    for object in objects {
        let metadata = &object.metadata;
        let key = match (metadata.uid.as_str(), metadata.name.as_str()) {
            // Without a name there is no way to tell whether two objects are the same.
            ("", "") => {
                kept.push(object);
                continue;
            }
            ("", name) => (metadata.namespace.as_str(), name),
            // A uid contains no namespace, and a namespace is not a uid.
            (uid, _) => ("", uid),
        };
        match places.get(&key) {
            Some(&place) if latest(object) >= latest(kept[place]) => kept[place] = object,
            Some(_) => {}
            None => {
                places.insert(key, kept.len());
                kept.push(object);
            }
        }
    }
    kept
}
