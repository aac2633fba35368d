//! The flags that choose a release of Kubernetes, which all commands that simulate or validate share. Releases are in
//! [`crate::release`].

use super::out::{Failure, OutputStreams};
use crate::release::{MODELLED, Release, ReleaseProfile};
use crate::scenario::{Problem, cluster_version};

/// Which release of Kubernetes is modelled.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Release of Kubernetes")]
pub struct ReleaseArgs {
    /// The release that is modelled: 1.30 to 1.37, also with a patch release such as 1.34.4 [default: the scenario's, or
    /// 1.37]
    #[arg(long, value_name = "RELEASE", conflicts_with = "cluster_version")]
    pub kubernetes: Option<String>,

    /// The release of the cluster for which `kubectl version -o json` wrote this file
    #[arg(long, value_name = "FILE")]
    pub cluster_version: Option<String>,

    /// Turn a feature gate on or off, where that release lets it
    #[arg(long, value_name = "NAME=true|false")]
    pub feature_gate: Vec<String>,
}

impl ReleaseArgs {
    /// The flags as settings of a scenario: path and value.
    ///
    /// # Errors
    /// A file or a flag that cannot be understood.
    pub fn settings(&self) -> Result<Vec<(String, String)>, Problem> {
        let mut settings = Vec::new();
        if let Some(name) = self.name()? {
            settings.push(("kubernetes".to_owned(), format!("{name:?}")));
        }
        for (gate, on) in self.gates()? {
            settings.push((format!("featureGates.{gate}"), on.to_string()));
        }
        Ok(settings)
    }

    /// The release that the flags ask for, for a command without a scenario. Prints notices.
    ///
    /// # Errors
    /// A file or a flag that cannot be understood, a release or gate that there is not.
    pub fn profile(&self, streams: &mut OutputStreams<'_>) -> Result<ReleaseProfile, Failure> {
        let problem = |problem: Problem| Failure::Error(problem.to_string());
        let named = match self.name().map_err(problem)? {
            Some(name) => Release::named(&name).map_err(|why| problem(about(why)))?,
            None => (MODELLED, None),
        };
        if let Some(notice) = named.1 {
            streams.warn(&notice);
        }
        let with = |release: Release, (gate, on): (&str, bool)| release.with_gate(gate, on);
        let release = self.gates().map_err(problem)?.into_iter().try_fold(named.0, with);
        Ok(release.map_err(|why| problem(about(why)))?.profile)
    }

    /// Whether the flags ask for a release.
    pub fn is_asked(&self) -> bool {
        self.kubernetes.is_some() || self.cluster_version.is_some() || !self.feature_gate.is_empty()
    }

    fn name(&self) -> Result<Option<String>, Problem> {
        match (&self.kubernetes, &self.cluster_version) {
            (Some(name), _) => Ok(Some(name.clone())),
            (None, Some(file)) => cluster_version(file).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn gates(&self) -> Result<Vec<(&str, bool)>, Problem> {
        let read = |text: &String| match text.split_once('=') {
            Some((name, "true")) => Some((name.len(), true)),
            Some((name, "false")) => Some((name.len(), false)),
            _ => None,
        };
        let gate = |text| match read(text) {
            Some((end, on)) => Ok((&text[..end], on)),
            None => Err(about(format!("--feature-gate: {text:?}: write NAME=true or NAME=false"))),
        };
        self.feature_gate.iter().map(gate).collect()
    }
}

fn about(why: String) -> Problem {
    Problem::about("command line", why)
}
