//! The release of Kubernetes that a scenario is about: its name, its feature gates, and the output of `kubectl
//! version`. What a release does is in [`crate::release`].

use super::document::ScenarioDocument;
use super::problem::{FieldProblem, Problem};
use super::scalars::{scalar, text_of};
use super::source;
use crate::release::{KubernetesVersion, MODELLED, Release};
use crate::text::{TreeNode, Value, read_documents};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};
use std::borrow::Cow;

/// A release: `1.34`, or with its patch release `1.34.4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseName(pub String);

impl ReleaseName {
    fn of(node: &TreeNode) -> Result<Self, String> {
        let text = match node.value {
            // YAML reads 1.30 as the number 1.3; the minor releases that are modelled have two digits.
            Value::Float(number) => format!("{number:.2}"),
            _ => text_of(node, "release of Kubernetes: write one such as `1.34` or `1.34.4`")?,
        };
        KubernetesVersion::parse(&text)?;
        Ok(ReleaseName(text))
    }
}

scalar!(
    ReleaseName as "KubernetesRelease",
    ReleaseName::of,
    json_schema!({
        "type": ["string", "number"],
        "description": "a release of Kubernetes: 1.34, or with its patch release 1.34.4",
    })
);

/// The release that a scenario requests, and a notice for the user.
///
/// # Errors
/// A release that is not modelled, or a feature gate that the release does not have or has locked.
pub(super) fn release_of(scenario: &ScenarioDocument) -> Result<(Release, Option<String>), FieldProblem> {
    let named = scenario.kubernetes.as_ref().map(|name| Release::named(&name.0)).transpose();
    let (mut release, notice) = named.map_err(|why| FieldProblem::new("kubernetes", why))?.unwrap_or((MODELLED, None));
    for (gate, &on) in &scenario.feature_gates {
        release = release.with_gate(gate, on).map_err(|why| FieldProblem::new(format!("featureGates.{gate}"), why))?;
    }
    Ok((release, notice))
}

/// The version of a cluster, from a file with the output of `kubectl version -o json` (or yaml).
///
/// # Errors
/// If the file cannot be read or does not mention a server.
pub fn cluster_version(path: &str) -> Result<String, Problem> {
    for source in source::read(path)? {
        let documents = read_documents(&source.text).map_err(|error| Problem::of(&source.name, error))?;
        let server = documents.iter().find_map(|document| document.get("serverVersion")?.get("gitVersion")?.as_text());
        if let Some(version) = server {
            return Ok(version.to_owned());
        }
    }
    let what =
        "there is no serverVersion.gitVersion in it: `kubectl version -o json` with access to the cluster writes it";
    Err(Problem::about(path, what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::read_first_document;

    #[test]
    fn a_release_may_be_written_as_a_number() {
        for (text, name) in
            [("1.30", "1.30"), ("1.34", "1.34"), ("'1.34'", "1.34"), ("1.34.4", "1.34.4"), ("v1.31", "v1.31")]
        {
            let node = read_first_document(text).unwrap();
            assert_eq!(ReleaseName::of(&node), Ok(ReleaseName(name.to_owned())), "{text}");
        }
        for text in ["1.29", "1", "one", "[1.34]", "true"] {
            assert!(ReleaseName::of(&read_first_document(text).unwrap()).is_err(), "{text}");
        }
    }
}
