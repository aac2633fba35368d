//! TEMPORARY stand-in until the real manifest reader lands.
#![allow(missing_docs)]
use super::*;
use serde_json::Value;
#[derive(Clone, Debug)]
pub struct JobObject {
    pub object: Value,
    pub namespace: String,
    pub name: String,
    pub spec: std::sync::Arc<JobSpec>,
}
pub enum PatchOutcome {
    Unchanged,
    Changed(Box<JobObject>),
}
pub fn refusal(kind: &str, name: &str, errors: &[FieldError]) -> String {
    format!("{kind} {name:?} is invalid: {}", errors[0])
}
fn i(v: &Value, k: &str) -> Option<i64> {
    v.get(k).and_then(Value::as_i64)
}
impl JobObject {
    pub fn from_value(v: &Value) -> Result<JobObject, Vec<FieldError>> {
        let s = &v["spec"];
        let t = &s["template"]["spec"];
        let names = |k: &str| {
            t[k].as_array()
                .map(|a| a.iter().map(|c| c["name"].as_str().unwrap_or("").to_owned()).collect())
                .unwrap_or_default()
        };
        let par = i(s, "parallelism");
        let comp = i(s, "completions");
        let completions = if comp.is_none() && par.is_none() { Some(1) } else { comp.map(|c| c as i32) };
        let per = i(s, "backoffLimitPerIndex").map(|x| x as i32);
        let pfp = s.get("podFailurePolicy").map(|p| PodFailurePolicy {
            rules: p["rules"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| PodFailurePolicyRule {
                    action: match r["action"].as_str().unwrap() {
                        "FailJob" => PodFailurePolicyAction::FailJob,
                        "FailIndex" => PodFailurePolicyAction::FailIndex,
                        "Ignore" => PodFailurePolicyAction::Ignore,
                        _ => PodFailurePolicyAction::Count,
                    },
                    requirement: if let Some(e) = r.get("onExitCodes") {
                        PodFailureRequirement::OnExitCodes {
                            container_name: e["containerName"].as_str().map(Into::into),
                            operator: if e["operator"] == "In" {
                                ExitCodesOperator::In
                            } else {
                                ExitCodesOperator::NotIn
                            },
                            values: e["values"]
                                .as_array()
                                .unwrap()
                                .iter()
                                .map(|x| x.as_i64().unwrap() as i32)
                                .collect(),
                        }
                    } else {
                        PodFailureRequirement::OnPodConditions(
                            r["onPodConditions"]
                                .as_array()
                                .unwrap()
                                .iter()
                                .map(|c| PodConditionPattern {
                                    condition_type: c["type"].as_str().unwrap().into(),
                                    status: c["status"].as_str().unwrap_or("True").into(),
                                })
                                .collect(),
                        )
                    },
                })
                .collect(),
        });
        let sp = s.get("successPolicy").map(|p| SuccessPolicy {
            rules: p["rules"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| SuccessPolicyRule {
                    succeeded_indexes: r
                        .get("succeededIndexes")
                        .map(|x| Intervals::parse(x.as_str().unwrap()).unwrap()),
                    succeeded_count: i(r, "succeededCount").map(|x| x as i32),
                })
                .collect(),
        });
        let spec = JobSpec {
            parallelism: par.unwrap_or(1) as i32,
            completions,
            completion_mode: if s["completionMode"] == "Indexed" {
                CompletionMode::Indexed
            } else {
                CompletionMode::NonIndexed
            },
            backoff_limit: i(s, "backoffLimit").map(|x| x as i32).unwrap_or(if per.is_some() { i32::MAX } else { 6 }),
            backoff_limit_per_index: per,
            max_failed_indexes: i(s, "maxFailedIndexes").map(|x| x as i32),
            active_deadline_seconds: i(s, "activeDeadlineSeconds"),
            ttl_seconds_after_finished: i(s, "ttlSecondsAfterFinished").map(|x| x as i32),
            suspend: s["suspend"] == true,
            pod_replacement_policy: match s["podReplacementPolicy"].as_str() {
                Some("Failed") => PodReplacementPolicy::Failed,
                None if pfp.is_some() => PodReplacementPolicy::Failed,
                _ => PodReplacementPolicy::TerminatingOrFailed,
            },
            pod_failure_policy: pfp,
            success_policy: sp,
            managed_by: s["managedBy"].as_str().map(Into::into),
            template: PodTemplate {
                restart_policy: if t["restartPolicy"] == "OnFailure" {
                    RestartPolicy::OnFailure
                } else {
                    RestartPolicy::Never
                },
                containers: names("containers"),
                init_containers: names("initContainers"),
                termination_grace_period_seconds: i(t, "terminationGracePeriodSeconds").unwrap_or(30),
            },
        };
        Ok(JobObject {
            object: v.clone(),
            namespace: "default".into(),
            name: v["metadata"]["name"].as_str().unwrap_or("job").into(),
            spec: std::sync::Arc::new(spec),
        })
    }
    pub fn merge_patch(&self, patch: &Value, _status: &JobStatus) -> Result<PatchOutcome, Vec<FieldError>> {
        let mut v = self.object.clone();
        if v["spec"].get("completions").is_none()
            && let Some(c) = self.spec.completions
        {
            v["spec"]["completions"] = c.into();
        }
        if v["spec"].get("parallelism").is_none() {
            v["spec"]["parallelism"] = self.spec.parallelism.into();
        }
        for (k, x) in patch["spec"].as_object().unwrap() {
            if x.is_null() {
                v["spec"].as_object_mut().unwrap().remove(k);
            } else {
                v["spec"][k] = x.clone();
            }
        }
        let new = Self::from_value(&v)?;
        if new.spec == self.spec {
            return Ok(PatchOutcome::Unchanged);
        }
        if let (Some(m), Some(c)) = (new.spec.max_failed_indexes, new.spec.completions)
            && m > c
        {
            return Err(vec![FieldError::new(
                ErrorType::Invalid,
                "spec.maxFailedIndexes",
                m.into(),
                "must be less than or equal to completions",
            )]);
        }
        Ok(PatchOutcome::Changed(Box::new(new)))
    }
}
