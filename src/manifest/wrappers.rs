//! Kinds that wrap Jobs, or Pods like those of Jobs: what they are, and which part of them can be simulated. They are
//! not read.

/// Kind, what it is, and what can be extracted.
const WRAPPERS: [(&str, &str, &str); 12] = [
    ("JobSet", "of JobSet: it creates Jobs", "spec.replicatedJobs[].template is the template of a Job"),
    (
        "Workflow",
        "of Argo: it creates Pods itself, no Jobs",
        "a step is like a Job with parallelism 1 and its retryStrategy",
    ),
    ("CronWorkflow", "of Argo: it creates Workflows by a schedule", "no Job comes of it"),
    ("PipelineRun", "of Tekton: it creates TaskRuns", "no Job comes of it"),
    ("TaskRun", "of Tekton: it creates one Pod", "its Pod is like that of a Job with backoffLimit 0"),
    ("ScaledJob", "of KEDA: it creates Jobs as a queue grows", "spec.jobTargetRef is the spec of a Job"),
    (
        "PyTorchJob",
        "of Kubeflow's training operator: it creates Pods itself",
        "each of spec.pytorchReplicaSpecs has a template",
    ),
    ("TFJob", "of Kubeflow's training operator: it creates Pods itself", "each of spec.tfReplicaSpecs has a template"),
    ("MPIJob", "of Kubeflow's MPI operator: its launcher is a Job", "spec.mpiReplicaSpecs.Launcher has the template"),
    ("RayJob", "of KubeRay: its submitter is a Job", "`kubectl get job` shows it"),
    ("SparkApplication", "of the Spark operator: it creates Pods itself", "no Job comes of it"),
    ("AppWrapper", "of CodeFlare: it wraps other objects", "spec.components[].template may be a Job"),
];

/// What a kind is, and which part of it can be simulated; `None` if it wraps no Job.
pub fn wrapper(kind: &str) -> Option<String> {
    let (_, what, extract) = WRAPPERS.iter().find(|(name, ..)| *name == kind)?;
    Some(format!(
        "{kind} {what}, and it is not simulated ({extract}; `kubectl get jobs -o yaml` has the Jobs there are)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappers_are_named_as_what_they_are() {
        assert!(wrapper("JobSet").is_some_and(|text| text.starts_with("JobSet of JobSet: it creates Jobs")));
        assert_eq!((wrapper("Deployment"), wrapper("Job")), (None, None));
    }
}
