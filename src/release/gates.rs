//! Feature gates that affect modelled behaviour: in which releases each exists, its default, whether it is locked, and
//! which rules it switches. Other gates have no effect here.
//!
//! Source: `pkg/features/kube_features.go` of each release.

use super::rules::{ReleaseRule, ReleaseRules};
use super::version::{KubernetesVersion, MINORS};

/// The stage of a gate in a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateStage {
    /// The release has no such gate.
    Absent,
    /// Off by default.
    Off,
    /// On by default.
    On,
    /// On and locked: it cannot be turned off.
    Locked,
}

/// A feature gate.
#[derive(Clone, Copy, Debug)]
pub struct FeatureGate {
    /// Its name.
    pub name: &'static str,
    /// Its stage in each minor release, from the oldest modelled one to the newest.
    pub stages: [GateStage; MINORS],
    /// The rules that hold if and only if it is on.
    pub switches: &'static [ReleaseRule],
    /// The oldest minor release in which turning it away from its default is modelled.
    pub modelled_since: u8,
}

/// The gates, ordered by name.
pub const GATES: &[FeatureGate] = {
    use super::rules::ReleaseRule::*;
    use GateStage::{Absent, Locked, Off, On};
    const fn gate(
        name: &'static str,
        stages: [GateStage; MINORS],
        switches: &'static [ReleaseRule],
        modelled_since: u8,
    ) -> FeatureGate {
        FeatureGate { name, stages, switches, modelled_since }
    }
    &[
        gate(
            "ContainerRestartRules",
            [Absent, Absent, Absent, Absent, Off, On, On, On],
            &[KeepsContainerRestartRules],
            30,
        ),
        gate(
            "ElasticIndexedJob",
            [On, Locked, Locked, Locked, Absent, Absent, Absent, Absent],
            &[ScalesIndexedJobs],
            30,
        ),
        gate(
            "JobBackoffLimitPerIndex",
            [On, On, On, Locked, Locked, Locked, Locked, Absent],
            &[KeepsBackoffLimitPerIndex],
            30,
        ),
        gate(
            "JobManagedBy",
            [Off, Off, On, On, On, Locked, Locked, Locked],
            &[ValidatesStatusWrites, KeepsManagedBy],
            // In v1.30 the gate enabled fewer checks of the status than later.
            31,
        ),
        gate(
            "JobPodFailurePolicy",
            [On, Locked, Locked, Absent, Absent, Absent, Absent, Absent],
            &[KeepsPodFailurePolicy],
            30,
        ),
        gate("JobSuccessPolicy", [Off, On, On, Locked, Locked, Locked, Locked, Absent], &[KeepsSuccessPolicy], 30),
        gate(
            "KubeletCrashLoopBackOffMax",
            [Absent, Absent, Off, Off, Off, On, On, On],
            &[ConfiguresRestartBackoff],
            30,
        ),
        gate(
            "MutablePodResourcesForSuspendedJobs",
            [Absent, Absent, Absent, Absent, Absent, Off, On, On],
            &[EditsResources],
            36,
        ),
        gate(
            "MutableSchedulingDirectivesForSuspendedJobs",
            [Absent, Absent, Absent, Absent, Absent, Off, On, On],
            &[ClearsStartTimeOnSuspension, EditsTemplateAfterStart],
            36,
        ),
        gate(
            "ReduceDefaultCrashLoopBackOffDecay",
            [Absent, Absent, Absent, Off, Off, Off, Off, Off],
            &[ShortensRestartBackoff],
            30,
        ),
        gate(
            "StaleControllerConsistencyJob",
            [Absent, Absent, Absent, Absent, Absent, Absent, On, On],
            &[ChecksCachesBeforeSync],
            30,
        ),
    ]
};

impl FeatureGate {
    /// Its stage in a release.
    pub fn stage(&self, version: KubernetesVersion) -> GateStage {
        self.stages[version.place()]
    }

    /// The rules of a release with this gate on or off.
    ///
    /// # Errors
    /// If the release has no such gate or has locked it, or if its effect there is not modelled.
    pub fn set(&self, version: KubernetesVersion, rules: ReleaseRules, on: bool) -> Result<ReleaseRules, String> {
        let (name, stage) = (self.name, self.stage(version));
        match stage {
            GateStage::Absent => {
                let known: Vec<String> = self.known_in().map(|minor| format!("v1.{minor}")).collect();
                return Err(format!("{version} has no feature gate {name}; it is in {}", known.join(", ")));
            }
            GateStage::Locked if !on => return Err(format!("{version} has locked the feature gate {name}: it is on")),
            _ => {}
        }
        let is_default = on == matches!(stage, GateStage::On | GateStage::Locked);
        if !is_default && version.minor < self.modelled_since {
            let word = if on { "on" } else { "off" };
            return Err(format!("what the feature gate {name} does in {version} when it is {word} is not modelled"));
        }
        if is_default {
            return Ok(rules);
        }
        Ok(self.switches.iter().fold(rules, |rules, &rule| rules.with(rule, on)))
    }

    /// The minor releases that have it.
    fn known_in(&self) -> impl Iterator<Item = u8> {
        let there = (super::version::OLDEST_MINOR..).zip(self.stages);
        there.filter(|(_, stage)| *stage != GateStage::Absent).map(|(minor, _)| minor)
    }
}

/// The gate with this name.
///
/// # Errors
/// If no modelled gate has this name; the message lists those that exist.
pub fn gate(name: &str) -> Result<&'static FeatureGate, String> {
    GATES.iter().find(|gate| gate.name == name).ok_or_else(|| {
        let known: Vec<&str> = GATES.iter().map(|gate| gate.name).collect();
        format!(
            "the feature gate {name:?} decides about nothing that is modelled; those that do are {}",
            known.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> KubernetesVersion {
        KubernetesVersion::parse(text).unwrap().0
    }

    fn set(name: &str, release: &str, on: bool) -> Result<ReleaseRules, String> {
        let version = version(release);
        gate(name)?.set(version, ReleaseRules::of(version), on)
    }

    /// The rules of a release follow from its gates at their defaults.
    #[test]
    fn the_table_of_rules_agrees_with_the_defaults_of_gates() {
        for (place, newest) in super::super::version::NEWEST_PATCHES.iter().enumerate() {
            let rules = ReleaseRules::of(*newest);
            for gate in GATES {
                let on = matches!(gate.stages[place], GateStage::On | GateStage::Locked);
                // A gate is removed once its rules hold for good.
                let is_removed =
                    gate.stages[place] == GateStage::Absent && gate.stages[..place].contains(&GateStage::Locked);
                for &rule in gate.switches {
                    assert_eq!(rules.has(rule), on || is_removed, "{} {newest} {rule:?}", gate.name);
                }
            }
        }
    }

    #[test]
    fn gates_are_refused_where_a_release_has_none_or_has_locked_them() {
        let refused = |name, release, on| set(name, release, on).unwrap_err();
        let none = refused("StaleControllerConsistencyJob", "1.35", false);
        assert_eq!(none, "v1.35.8 has no feature gate StaleControllerConsistencyJob; it is in v1.36, v1.37");
        let locked = refused("JobManagedBy", "1.36", false);
        assert_eq!(locked, "v1.36.5 has locked the feature gate JobManagedBy: it is on");
        assert!(refused("JobPodTemplates", "1.36", true).contains("decides about nothing that is modelled"));
        assert!(refused("JobManagedBy", "1.30", true).ends_with("is not modelled"));
        assert_eq!(set("JobManagedBy", "1.36", true), Ok(ReleaseRules::of(version("1.36"))));
        let without = set("StaleControllerConsistencyJob", "1.36", false).unwrap();
        assert!(!without.has(ReleaseRule::ChecksCachesBeforeSync));
    }
}
