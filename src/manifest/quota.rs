//! ResourceQuotas in manifests, as far as they concern Pods. What they allow is decided by [`ResourceQuota`].

use crate::api::{COUNT_PODS, Quantity, QuotaAmounts, QuotaScope, ResourceQuota, ScopeOperator};
use crate::apiserver::decode::decode;
use crate::apiserver::rules::{at, entries, list, member, text};
use crate::text::{ReadError, TreeNode};
use serde_json::Value as Json;
use std::sync::Arc;

/// A quota, and its parts that have no effect because they do not concern Pods.
#[derive(Clone, Debug)]
pub struct LoadedQuota {
    /// The quota.
    pub quota: ResourceQuota,
    /// Names of resources that are not Pods', such as `services` or `count/jobs.batch`.
    pub others: Vec<String>,
}

/// Reads a ResourceQuota; `None` if the object is of another kind.
///
/// # Errors
/// Everything that is wrong with it, with places.
pub fn resource_quota(object: &TreeNode) -> Result<Option<LoadedQuota>, Vec<ReadError>> {
    let word = |name: &str| object.get(name).and_then(TreeNode::as_text).unwrap_or_default();
    if (word("kind"), word("apiVersion")) != ("ResourceQuota", "v1") {
        return Ok(None);
    }
    let (json, complaints) = decode(object, "ResourceQuota");
    if !complaints.is_empty() {
        return Err(complaints.types.into_iter().chain(complaints.unknown).collect());
    }
    let complain = |path: &str, why: String| vec![object.at_path(path).error(path, why)];
    let meta = member(&json, "metadata");
    let (mut hard, mut others) = (QuotaAmounts::new(), Vec::new());
    for (name, amount) in entries(at(&json, &["spec", "hard"]).unwrap_or(&Json::Null)) {
        // The decoder has already checked the amount.
        let Some(amount) = Quantity::of(amount) else { continue };
        if amount.is_negative() {
            return Err(complain(
                &format!("spec.hard[{name}]"),
                format!("{amount} is negative: 0 or more may be used"),
            ));
        }
        match is_of_pods(name) {
            true => drop(hard.insert(Arc::from(name), amount)),
            false => others.push(name.to_owned()),
        }
    }
    let spec = member(&json, "spec");
    let mut scopes = Vec::new();
    for (n, name) in list(spec, "scopes").iter().enumerate() {
        let name = name.as_str().unwrap_or_default();
        let scope = plain_scope(name)
            .or_else(|| (name == "PriorityClass").then_some(QuotaScope::PriorityClass(ScopeOperator::Exists)));
        scopes.push(scope.ok_or_else(|| complain(&format!("spec.scopes[{n}]"), unknown_scope(name)))?);
    }
    for (n, requirement) in list(member(spec, "scopeSelector"), "matchExpressions").iter().enumerate() {
        let path = |field: &str| format!("spec.scopeSelector.matchExpressions[{n}].{field}");
        scopes.push(selected_scope(requirement).map_err(|(field, why)| complain(&path(field), why))?);
    }
    let namespace = Some(text(meta, "namespace")).filter(|name| !name.is_empty()).unwrap_or("default").to_owned();
    let name = text(meta, "name").to_owned();
    Ok(Some(LoadedQuota { quota: ResourceQuota { namespace, name, hard, scopes, ..ResourceQuota::default() }, others }))
}

/// Whether Pods use the resource with this name. Source: `podResources` of `pkg/quota/v1/evaluator/core/pods.go`.
fn is_of_pods(name: &str) -> bool {
    const PLAIN: [&str; 11] = [
        COUNT_PODS,
        "pods",
        "cpu",
        "memory",
        "ephemeral-storage",
        "requests.cpu",
        "requests.memory",
        "requests.ephemeral-storage",
        "limits.cpu",
        "limits.memory",
        "limits.ephemeral-storage",
    ];
    let is_huge_pages = name.starts_with("hugepages-") || name.starts_with("requests.hugepages-");
    PLAIN.contains(&name) || is_huge_pages || name.starts_with("requests.") && name.contains('/')
}

fn plain_scope(name: &str) -> Option<QuotaScope> {
    Some(match name {
        "Terminating" => QuotaScope::Terminating,
        "NotTerminating" => QuotaScope::NotTerminating,
        "BestEffort" => QuotaScope::BestEffort,
        "NotBestEffort" => QuotaScope::NotBestEffort,
        "CrossNamespacePodAffinity" => QuotaScope::CrossNamespacePodAffinity,
        _ => return None,
    })
}

fn unknown_scope(name: &str) -> String {
    format!(
        "{name:?} is no scope of Pods: those are Terminating, NotTerminating, BestEffort, NotBestEffort, PriorityClass and \
         CrossNamespacePodAffinity"
    )
}

/// A scope of `scopeSelector`. The error is the wrong field and the reason.
fn selected_scope(requirement: &Json) -> Result<QuotaScope, (&'static str, String)> {
    let (name, operator) = (text(requirement, "scopeName"), text(requirement, "operator"));
    let values: Vec<String> = list(requirement, "values").iter().filter_map(Json::as_str).map(str::to_owned).collect();
    if let Some(scope) = plain_scope(name) {
        let why = || ("operator", format!("{operator:?}: scope {name} is selected with Exists only"));
        return (operator == "Exists").then_some(scope).ok_or_else(why);
    }
    if name != "PriorityClass" {
        return Err(("scopeName", unknown_scope(name)));
    }
    Ok(QuotaScope::PriorityClass(match (operator, values.is_empty()) {
        ("In", false) => ScopeOperator::In(values),
        ("NotIn", false) => ScopeOperator::NotIn(values),
        ("In" | "NotIn", true) => return Err(("values", format!("is missing: operator {operator} needs values"))),
        ("Exists", true) => ScopeOperator::Exists,
        ("DoesNotExist", true) => ScopeOperator::DoesNotExist,
        ("Exists" | "DoesNotExist", false) => return Err(("values", format!("operator {operator} has no values"))),
        _ => return Err(("operator", format!("{operator:?} is none of In, NotIn, Exists and DoesNotExist"))),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::read_documents;

    fn read(spec: &str) -> Result<LoadedQuota, String> {
        let text =
            format!("apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: q, namespace: batch}}\nspec: {spec}\n");
        let documents = read_documents(&text).expect("it is YAML");
        resource_quota(&documents[0]).map(|quota| quota.expect("it is a quota")).map_err(|errors| errors[0].to_string())
    }

    #[test]
    fn a_quota_is_read_as_far_as_it_is_about_pods() {
        let loaded =
            read("{hard: {pods: 3, requests.cpu: 1500m, services: 2}, scopes: [NotTerminating]}").expect("a quota");
        let hard: Vec<String> = loaded.quota.hard.iter().map(|(name, amount)| format!("{name}={amount}")).collect();
        assert_eq!(hard, ["pods=3", "requests.cpu=1500m"]);
        assert_eq!(
            (loaded.others, loaded.quota.scopes),
            (vec!["services".to_owned()], vec![QuotaScope::NotTerminating])
        );
        let selector = "{scopeName: PriorityClass, operator: In, values: [high]}";
        let loaded = read(&format!("{{hard: {{pods: 3}}, scopeSelector: {{matchExpressions: [{selector}]}}}}"));
        let high = QuotaScope::PriorityClass(ScopeOperator::In(vec!["high".to_owned()]));
        assert_eq!(loaded.expect("a quota").quota.scopes, [high]);
    }

    #[test]
    fn nonsense_is_refused_with_its_place() {
        let selector =
            |fields: &str| format!("{{hard: {{pods: 1}}, scopeSelector: {{matchExpressions: [{{{fields}}}]}}}}");
        for (spec, error) in [
            ("{hard: {pods: -1}}".to_owned(), "4:21: spec.hard[pods]: -1 is negative: 0 or more may be used"),
            ("{hard: {pods: many}}".to_owned(), "4:21: spec.hard[pods]: must be an amount"),
            ("{scopes: [Big]}".to_owned(), "4:17: spec.scopes[0]: \"Big\" is no scope of Pods: those are Terminating,"),
            (
                selector("scopeName: PriorityClass, operator: In"),
                "4:60: spec.scopeSelector.matchExpressions[0].values: is missing: operator In needs values",
            ),
            (
                selector("scopeName: BestEffort, operator: In, values: [a]"),
                "4:94: spec.scopeSelector.matchExpressions[0].operator: \"In\": scope BestEffort is selected with Exists only",
            ),
        ] {
            let told = read(&spec).expect_err(&spec);
            assert!(told.starts_with(error), "{spec}: {told}");
        }
    }
}
