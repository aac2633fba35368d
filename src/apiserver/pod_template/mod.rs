//! Pod templates as the API server treats them: its defaults, its rules and its warnings. A template is decoded before
//! it gets here, so its types are right. The rules about Jobs are elsewhere; they check `restartPolicy` again.
//!
//! The rules are tables in the server's order, so that errors come out in its order too. Source:
//! `pkg/apis/core/validation`, `pkg/apis/core/v1/defaults.go` and `pkg/api/pod/warnings.go` of Kubernetes v1.37 with
//! every feature gate at its default, and the recorded answers in `tests/conformance/validation`.

mod claims;
mod containers;
mod defaults;
mod env;
mod image;
mod mounts;
mod overlaps;
mod profiles;
mod projected;
mod remote;
mod resources;
mod scheduling;
mod security;
mod spec;
#[cfg(test)]
mod tests;
mod volumes;
mod warnings;
mod windows;

pub(crate) use defaults::default_pod_template;
pub(crate) use warnings::pod_template_warnings;

use crate::apiserver::rules::{self, Errors, Path, Scope};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a cluster, or the object before an update, allows beyond the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodOptions {
    /// Whether containers may be privileged. The recordings are of a server that forbids it; most clusters allow it
    /// (`kube-apiserver --allow-privileged`).
    pub allow_privileged: bool,
    /// Whether label selectors may contain values that no label can have, because the stored object already does.
    pub allow_invalid_label_values: bool,
    /// The same for node selectors.
    pub allow_invalid_node_label_values: bool,
    /// Whether a part of an image volume may be mounted.
    pub allow_image_sub_path: bool,
}

impl PodOptions {
    /// Nothing beyond the rules, as the recorded server allows for a new object.
    pub const STRICT: PodOptions = PodOptions {
        allow_privileged: false,
        allow_invalid_label_values: false,
        allow_invalid_node_label_values: false,
        allow_image_sub_path: false,
    };
}

/// Appends the API server's errors about a Pod template that has its defaults, in its order. `path` is the template's
/// path, such as `spec.template`.
pub(crate) fn validate_pod_template(template: &Value, path: &Path, options: &PodOptions, errors: &mut Errors) {
    let none = Value::Object(serde_json::Map::new());
    let metadata = rules::given(template, "metadata").unwrap_or(&none);
    let spec = rules::given(template, "spec").unwrap_or(&none);
    let mut scope = Scope { spec, options, volumes: BTreeMap::new(), claims: claims::claim_names(spec) };
    rules::judge(metadata, spec::METADATA, path, &scope, errors);
    let spec_path = path.child("spec");
    let volumes_path = spec_path.child("volumes");
    scope.volumes = volumes::judge_volumes(rules::list(spec, "volumes"), &volumes_path, &scope, errors);
    rules::judge(spec, spec::SPEC, &spec_path, &scope, errors);
    let annotations = rules::given(metadata, "annotations").unwrap_or(&none);
    profiles::judge_profiles_agree(annotations, spec, &spec_path, errors);
    if !rules::list(spec, "ephemeralContainers").is_empty() {
        let path = spec_path.child("ephemeralContainers");
        errors.forbidden(path, "ephemeral containers not allowed in pod template");
    }
}
