//! The rules that differ between releases, as a set of switches. [`super::rule_table`] says what each is about. The
//! controllers and the API server ask for a rule by name, never for a version.

use super::rule_table::ROWS;
use super::version::{KubernetesVersion, MINORS, OLDEST_MINOR};

/// A rule that holds in some releases only. Its short id is [`ReleaseRule::id`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ReleaseRule {
    /// A sync whose caches do not show its own last writes yet fails before it does anything.
    ChecksCachesBeforeSync,
    /// `startTime` is cleared when a Job is suspended.
    ClearsStartTimeOnSuspension,
    /// `active` is written as 0 during a back-off.
    ReportsNoActivePodsInBackoff,
    /// Nothing is done between the write of a Job's end and its watch event.
    RemembersWrittenEnd,
    /// The API server checks what controllers write into a Job's status.
    ValidatesStatusWrites,
    /// The API server rejects the new `startTime` of a Job that is resumed after it had started.
    RefusesStartTimeOnResume,
    /// The API server accepts the end of a suspended Job with no completions, which has no `startTime`.
    AcceptsEndWithoutStart,
    /// Normal and Warning Events of an object share one budget.
    SharesEventBudget,
    /// One worker for orphans, one key per Pod, and a sync for each update of a finished Job.
    HasOneOrphanWorker,
    /// A Job's end waits until no Pod is terminating, and a condition announces it.
    EndWaitsForTerminatingPods,
    /// `ready` and `terminating` reflect the deletions of the sync that writes them.
    CountsItsOwnDeletions,
    /// The API server keeps `successPolicy`.
    KeepsSuccessPolicy,
    /// The API server keeps `managedBy`.
    KeepsManagedBy,
    /// The template of a suspended Job that had started can be edited once no Pod is active.
    EditsTemplateAfterStart,
    /// The template of a suspended Job can be edited before its condition Suspended is True.
    EditsTemplateBeforeCondition,
    /// Resources of a suspended Job's template can be edited.
    EditsResources,
    /// An empty `onPodConditions[].status` means True in a CronJob's template too.
    DefaultsConditionsInCronJobs,
    /// `lastSuccessfulTime` is set in the pass that sees the Job finish.
    SetsLastSuccessAtOnce,
    /// Jobs of a CronJob are found by its UID, and a pass that ends without an error or a wake-up
    /// resets the requeue back-off.
    FindsJobsByOwnerUid,
    /// The kubelet syncs the Pod as soon as the restart back-off is over.
    LooksWhenBackoffEnds,
    /// A kubelet's longest restart back-off can be configured.
    ConfiguresRestartBackoff,
    /// The restart back-off starts at 1 s and ends at 60 s.
    ShortensRestartBackoff,
    /// The API server keeps `backoffLimitPerIndex`.
    KeepsBackoffLimitPerIndex,
    /// The API server keeps `podFailurePolicy`.
    KeepsPodFailurePolicy,
    /// Completions of an Indexed Job can be edited together with its parallelism.
    ScalesIndexedJobs,
    /// The API server keeps the restart rules of single containers.
    KeepsContainerRestartRules,
}

/// In which patch releases of a minor release a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// In none of them.
    Never,
    /// In all of them.
    Always,
    /// Up to and including this patch release.
    UpTo(u16),
    /// From this patch release on.
    From(u16),
}

impl Holds {
    const fn in_patch(self, patch: u16) -> bool {
        match self {
            Holds::Never => false,
            Holds::Always => true,
            Holds::UpTo(last) => patch <= last,
            Holds::From(first) => patch >= first,
        }
    }
}

/// A row of the table of rules and releases.
#[derive(Clone, Copy, Debug)]
pub struct RuleRow {
    /// The rule.
    pub rule: ReleaseRule,
    /// Its short id.
    pub id: &'static str,
    /// A title of a few words.
    pub title: &'static str,
    /// Where it holds in each minor release, from the oldest modelled one to the newest.
    pub holds: [Holds; MINORS],
    /// What a release with the rule does, as a sentence.
    pub with: &'static str,
    /// What a release without the rule does, as a sentence.
    pub without: &'static str,
    /// The fields that it concerns.
    pub fields: &'static [&'static str],
    /// Its source in Kubernetes: a file or a feature gate.
    pub source: &'static str,
    /// Whether a recording shows it; if not, the source code is the only evidence.
    pub is_recorded: bool,
}

impl RuleRow {
    /// Where it holds, in words: `v1.36 and later`, `v1.32 to v1.33, v1.34 up to v1.34.9`.
    pub fn where_it_holds(&self) -> String {
        let minor = |place: usize| format!("v1.{}", OLDEST_MINOR as usize + place);
        let mut parts = Vec::new();
        let mut place = 0;
        while place < MINORS {
            let name = minor(place);
            match self.holds[place] {
                Holds::Never => {}
                Holds::UpTo(patch) => parts.push(format!("{name} up to {name}.{patch}")),
                Holds::From(patch) => parts.push(format!("{name} from {name}.{patch} on")),
                Holds::Always => {
                    let run = self.holds[place..].iter().take_while(|holds| **holds == Holds::Always).count();
                    let last = place + run - 1;
                    parts.push(match (place, last) {
                        (0, last) if last + 1 == MINORS => "all modelled releases".to_owned(),
                        (_, last) if last + 1 == MINORS => format!("{name} and later"),
                        (0, last) => format!("{} and earlier", minor(last)),
                        (place, last) if place == last => name,
                        (_, last) => format!("{name} to {}", minor(last)),
                    });
                    place = last;
                }
            }
            place += 1;
        }
        if parts.is_empty() { "no release, unless a feature gate is turned on".to_owned() } else { parts.join(", ") }
    }
}

impl ReleaseRule {
    /// Its row in the table.
    pub fn row(self) -> &'static RuleRow {
        &ROWS[self as usize]
    }

    /// Its short id, such as `STALE`.
    pub fn id(self) -> &'static str {
        self.row().id
    }

    /// All rules, in the order of the table.
    pub fn all() -> impl Iterator<Item = ReleaseRule> {
        ROWS.iter().map(|row| row.rule)
    }
}

/// A set of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReleaseRules(u32);

impl ReleaseRules {
    /// The empty set.
    pub const NONE: ReleaseRules = ReleaseRules(0);

    /// The rules of a version with its feature gates at their defaults.
    pub const fn of(version: KubernetesVersion) -> Self {
        let mut rules = ReleaseRules::NONE;
        let mut n = 0;
        while n < ROWS.len() {
            let row = &ROWS[n];
            rules = rules.with(row.rule, row.holds[version.place()].in_patch(version.patch));
            n += 1;
        }
        rules
    }

    /// Whether a rule holds.
    #[inline]
    pub const fn has(self, rule: ReleaseRule) -> bool {
        self.0 >> rule as u8 & 1 == 1
    }

    /// The same set with a rule switched on or off.
    #[must_use]
    pub const fn with(self, rule: ReleaseRule, holds: bool) -> Self {
        let bit = 1 << rule as u8;
        if holds { ReleaseRules(self.0 | bit) } else { ReleaseRules(self.0 & !bit) }
    }

    /// The rules in which two sets differ, in the order of the table.
    pub fn differing(self, other: ReleaseRules) -> impl Iterator<Item = ReleaseRule> {
        ReleaseRule::all().filter(move |&rule| self.has(rule) != other.has(rule))
    }
}

#[cfg(test)]
mod tests {
    use super::ReleaseRule::*;
    use super::*;

    fn rules(text: &str) -> ReleaseRules {
        ReleaseRules::of(KubernetesVersion::parse(text).unwrap().0)
    }

    #[test]
    fn each_line_stands_at_the_place_of_its_rule() {
        for (place, row) in ROWS.iter().enumerate() {
            assert_eq!(row.rule as usize, place, "{}", row.id);
            let others = ROWS[..place].iter();
            assert!(others.clone().all(|other| other.id != row.id), "{} stands twice", row.id);
        }
        assert!(ROWS.len() <= 32, "a set has a bit for each rule");
    }

    #[test]
    fn where_a_rule_holds_is_said_in_words() {
        for (rule, words) in [
            (ChecksCachesBeforeSync, "v1.36 and later"),
            (SharesEventBudget, "v1.31 and earlier"),
            (
                ReportsNoActivePodsInBackoff,
                "v1.33 and earlier, v1.34 up to v1.34.9, v1.35 up to v1.35.6, v1.36 up to v1.36.2",
            ),
            (AcceptsEndWithoutStart, "v1.32 from v1.32.7 on, v1.33 from v1.33.3 on, v1.34 and later"),
            (KeepsPodFailurePolicy, "all modelled releases"),
            (ShortensRestartBackoff, "no release, unless a feature gate is turned on"),
        ] {
            assert_eq!(rule.row().where_it_holds(), words);
        }
    }

    #[test]
    fn what_changed_within_a_minor_release() {
        let edges = [
            (ReportsNoActivePodsInBackoff, "1.34.9", "1.34.10"),
            (ReportsNoActivePodsInBackoff, "1.35.6", "1.35.7"),
            (ReportsNoActivePodsInBackoff, "1.36.2", "1.36.3"),
            (RefusesStartTimeOnResume, "1.32.9", "1.32.10"),
            (RefusesStartTimeOnResume, "1.33.5", "1.33.6"),
            (RefusesStartTimeOnResume, "1.34.1", "1.34.2"),
        ];
        for (rule, last, first_without) in edges {
            assert!(rules(last).has(rule) && !rules(first_without).has(rule), "{rule:?} {last}");
        }
        assert!(
            !rules("1.36.1").has(EditsTemplateBeforeCondition) && rules("1.36.2").has(EditsTemplateBeforeCondition)
        );
        assert!(!rules("1.33.2").has(AcceptsEndWithoutStart) && rules("1.33.3").has(AcceptsEndWithoutStart));
    }

    /// CHANGES: 1.37 without STALE and STARTNIL is 1.35, and so on, without a remainder.
    #[test]
    fn releases_differ_in_what_the_recordings_say() {
        let ids = |a: &str, b: &str| -> Vec<&str> {
            let recorded = rules(a).differing(rules(b)).filter(|rule| rule.row().is_recorded);
            recorded.map(ReleaseRule::id).collect()
        };
        assert_eq!(ids("1.37", "1.36"), Vec::<&str>::new());
        assert_eq!(ids("1.36", "1.35"), ["STALE", "STARTNIL"]);
        assert_eq!(ids("1.35", "1.34"), Vec::<&str>::new());
        assert_eq!(ids("1.34", "1.33"), ["ZERO"]);
        assert_eq!(ids("1.33", "1.32"), Vec::<&str>::new());
        assert_eq!(ids("1.32", "1.31"), ["VALID", "SPAM"]);
        assert_eq!(ids("1.31", "1.30"), ["TERM", "DELCNT", "SUCC"]);
    }
}
