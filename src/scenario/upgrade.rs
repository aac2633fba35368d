//! An upgrade: one input under two releases of Kubernetes, and under each of them with one rule as the other has it, so
//! that a change can be attributed to a rule. Nothing is simulated here.

use super::input::Input;
use super::problem::Problems;
use super::resolve::Resolved;
use crate::release::{Release, ReleaseRule};

/// One input under two releases.
#[derive(Clone, Debug)]
pub struct Upgrade {
    input: Input,
    /// The release before.
    pub from: Release,
    /// The release after.
    pub to: Release,
}

impl Upgrade {
    /// This input before and after.
    pub fn of(input: Input, from: Release, to: Release) -> Self {
        Upgrade { input, from, to }
    }

    /// The rules in which the two releases differ, in the order of the table.
    pub fn rules(&self) -> Vec<ReleaseRule> {
        self.from.profile.rules.differing(self.to.profile.rules).collect()
    }

    /// The input under a release.
    ///
    /// # Errors
    /// Everything that is wrong with it in that release.
    pub fn under(&self, release: Release) -> Result<Resolved, Problems> {
        let mut input = self.input.clone();
        input.release = Some(release);
        input.resolve()
    }

    /// Each of the two releases with this rule as the other one has it. Beside the release itself, each makes a pair
    /// that differs in this rule alone.
    pub fn switched(&self, rule: ReleaseRule) -> [Release; 2] {
        let holds = self.to.profile.rules.has(rule);
        [self.from.with_rule(rule, holds), self.to.with_rule(rule, !holds)]
    }
}
