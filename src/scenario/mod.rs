//! What a user writes: scenario files and manifests, parsed strictly and resolved to an [`crate::experiment::Setup`].
//! Nothing is simulated here. Rules of the format: a field that Kubernetes has keeps its name and meaning, every time
//! has a unit, an unknown name is an error with a suggestion, and a field has a default wherever one makes sense.
//!
//! The way of a file: [`source`] reads its text, `input` parses the text and lays settings over it, [`document`]
//! defines the fields, `resolve` looks names up and reads manifests, and `planning` makes copies of Jobs. A `design`
//! goes this way once for each of its points. Every error is a [`Problem`] with its place.

mod actions;
mod arrivals;
mod begun_pods;
mod cluster;
mod containers;
mod csv_column;
mod design;
pub mod document;
mod entries;
mod factor;
mod failures_in_memory;
mod horizon;
mod input;
mod judged;
mod kubernetes;
mod kueue;
mod manifests;
mod named_files;
mod node_actions;
mod node_scalars;
mod nodes;
mod owners;
mod planning;
mod pod_actions;
mod pods;
mod precedence;
mod problem;
mod range;
mod reference;
mod residents;
mod resolve;
pub mod run_scalars;
pub mod scalars;
pub mod source;
mod stages;
mod status_actions;
pub mod status_scalars;
mod unused;
mod upgrade;

pub use design::{Design, DesignPoint, RefusedPoint};
pub use factor::{DesignFactor, FactorLevel, Levels};
pub use input::{Input, Setting, SourceDocument};
pub use judged::{Judged, judge};
pub use kubernetes::cluster_version;
pub use problem::{FieldProblem, Problem, Problems};
pub use range::ValueRange;
pub use reference::scenario_page;
pub use resolve::Resolved;
pub use upgrade::Upgrade;

/// The JSON Schema of scenario files.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(document::ScenarioDocument).to_value()
}
