//! Pod templates as the API server takes them: its defaults, its rules and its warnings, about a template that was decoded
//! (its types are right). It is neither the decoding nor the rules about Jobs, which see to `restartPolicy` once more.
//!
//! The rules are tables in the server's order (`rules` is their language), so that errors come in its order too. Source:
//! `pkg/apis/core/validation`, `pkg/apis/core/v1/defaults.go` and `pkg/api/pod/warnings.go` of Kubernetes v1.37 with
//! every feature gate at its default, and the recorded answers in `tests/conformance/validation`.

mod claims;
mod containers;
mod defaults;
mod env;
mod formats;
mod image;
mod mounts;
mod profiles;
mod projected;
mod remote;
mod resources;
mod rules;
mod scheduling;
mod security;
mod shapes;
mod spec;
#[cfg(test)]
mod tests;
mod volumes;
mod warnings;
mod windows;

use super::quantity::Quantity;
pub use defaults::default_pod_template;
pub use warnings::pod_template_warnings;

use super::FieldError;
use rules::{Errors, Path, Scope};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// What a cluster, or the object before an update, allows beyond the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodOptions {
    /// Whether containers may be privileged. The records are of a server that does not allow it; most clusters do
    /// (`kube-apiserver --allow-privileged`).
    pub allow_privileged: bool,
    /// Whether selectors of labels may ask for values that no label can have, as the stored object does already.
    pub allow_invalid_label_values: bool,
    /// The same for selectors of nodes.
    pub allow_invalid_node_label_values: bool,
    /// Whether a part of an image volume may be mounted.
    pub allow_image_sub_path: bool,
}

/// Appends what the API server finds wrong with a Pod template that has its defaults, in its order. `path` is the
/// template's place, such as `spec.template`.
pub fn validate_pod_template(template: &Value, path: &str, options: &PodOptions, errors: &mut Vec<FieldError>) {
    let none = Value::Object(serde_json::Map::new());
    let metadata = rules::field(template, "metadata").unwrap_or(&none);
    let spec = rules::field(template, "spec").unwrap_or(&none);
    let path = Path::root(path);
    let before = errors.len();
    let mut errors = Errors(errors);
    let mut scope = Scope { spec, options, volumes: BTreeMap::new(), claims: claims::claim_names(spec) };
    rules::judge(metadata, spec::METADATA, &path, &scope, &mut errors);
    let spec_path = path.child("spec");
    let volumes_path = spec_path.child("volumes");
    scope.volumes = volumes::judge_volumes(rules::list(spec, "volumes"), &volumes_path, &scope, &mut errors);
    rules::judge(spec, spec::SPEC, &spec_path, &scope, &mut errors);
    let annotations = rules::field(metadata, "annotations").unwrap_or(&none);
    profiles::judge_profiles_agree(annotations, spec, &spec_path, &mut errors);
    if !rules::list(spec, "ephemeralContainers").is_empty() {
        let path = spec_path.child("ephemeralContainers");
        errors.forbidden(&path, "ephemeral containers not allowed in pod template");
    }
    keep_first(errors.0, before);
}

/// The server tells an error once, however often it has found it: two labels with the same wrong value are one error.
fn keep_first(errors: &mut Vec<FieldError>, before: usize) {
    let mut told: HashSet<String> = HashSet::new();
    let new = errors.split_off(before);
    errors.extend(new.into_iter().filter(|error| told.insert(error.to_string())));
}
