//! The rules that differ between releases, as switches: a set of those that hold. What each is about stands in
//! [`super::rule_table`]; the controllers and the API server ask for a rule by name, never for a version.

use super::rule_table::ROWS;
use super::version::{KubernetesVersion, MINORS, OLDEST_MINOR};

/// A rule that some releases have and others have not. The short id of each is its [`ReleaseRule::id`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ReleaseRule {
    /// A sync whose caches are behind its own last writes ends with an error before it does anything.
    ChecksCachesBeforeSync,
    /// `startTime` is cleared when a Job is suspended.
    ClearsStartTimeOnSuspension,
    /// `active` is written as 0 while a back-off is waited out.
    ReportsNoActivePodsInBackoff,
    /// Nothing is done between the write of a Job's end and its event.
    RemembersWrittenEnd,
    /// The API server checks what controllers write into a Job's status.
    ValidatesStatusWrites,
    /// The API server refuses the new `startTime` of a Job that is resumed after it had started.
    RefusesStartTimeOnResume,
    /// The API server takes the end of a suspended Job of no completions, which has no `startTime`.
    AcceptsEndWithoutStart,
    /// Normal and Warning Events of an object share one budget.
    SharesEventBudget,
    /// One worker for orphans, one key for each Pod, and a sync for each update of a finished Job.
    HasOneOrphanWorker,
    /// A Job's end waits until no Pod is terminating, and is announced by a condition.
    EndWaitsForTerminatingPods,
    /// `ready` and `terminating` follow the deletions of the sync that writes them.
    CountsItsOwnDeletions,
    /// The API server keeps `successPolicy`.
    KeepsSuccessPolicy,
    /// The API server keeps `managedBy`.
    KeepsManagedBy,
    /// The template of a suspended Job can be edited after it had started, once no Pod is active.
    EditsTemplateAfterStart,
    /// The template of a suspended Job can be edited before its condition Suspended is True.
    EditsTemplateBeforeCondition,
    /// Resources of a suspended Job's template can be edited.
    EditsResources,
    /// An empty `onPodConditions[].status` means True in a CronJob's template too.
    DefaultsConditionsInCronJobs,
    /// `lastSuccessfulTime` is set in the pass that sees the Job finish.
    SetsLastSuccessAtOnce,
    /// Jobs of a CronJob are found by its UID, and a silent pass resets the repeats.
    FindsJobsByOwnerUid,
    /// The kubelet looks again when the restart back-off is over.
    LooksWhenBackoffEnds,
    /// The longest restart back-off of a kubelet can be configured.
    ConfiguresRestartBackoff,
    /// The restart back-off begins with 1 s and ends with 60 s.
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
    /// In none.
    Never,
    /// In all.
    Always,
    /// Up to and including this one.
    UpTo(u16),
    /// From this one on.
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

/// The line of a rule in the table of rules and releases.
#[derive(Clone, Copy, Debug)]
pub struct RuleRow {
    /// The rule.
    pub rule: ReleaseRule,
    /// Its short id, for looking up.
    pub id: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Where it holds, from the oldest modelled minor release to the newest.
    pub holds: [Holds; MINORS],
    /// What a release with it does, as a sentence.
    pub with: &'static str,
    /// What a release without it does, as a sentence.
    pub without: &'static str,
    /// Fields that it concerns.
    pub fields: &'static [&'static str],
    /// Where Kubernetes has it: a file, or a gate.
    pub source: &'static str,
    /// Whether a recording shows it; if not, it is from the sources alone.
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
    /// Its line in the table.
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
    /// None.
    pub const NONE: ReleaseRules = ReleaseRules(0);

    /// Those of a version, with its feature gates at their defaults.
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

    /// The same with a rule that holds, or does not.
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
