//! ResourceQuota: how much the Pods of a namespace may use together, and how much one Pod uses. Values and how they
//! relate; the world keeps count of the current usage.

use super::Quantity;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Amounts by the name that a quota gives them, such as `requests.cpu`.
pub(crate) type QuotaAmounts = BTreeMap<Arc<str>, Quantity>;

/// The resource that counts existing Pods, finished or not.
pub const COUNT_PODS: &str = "count/pods";

/// The part of a ResourceQuota that concerns Pods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceQuota {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec.hard`.
    pub(crate) hard: QuotaAmounts,
    /// `spec.scopes` and `spec.scopeSelector`: a Pod counts if it is in all of them.
    pub scopes: Vec<QuotaScope>,
    /// What Pods outside the simulation use.
    pub(crate) used_by_others: QuotaAmounts,
}

/// A scope of a quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuotaScope {
    /// Pods with `activeDeadlineSeconds`.
    Terminating,
    /// Pods without `activeDeadlineSeconds`.
    NotTerminating,
    /// Pods that request and limit neither CPU nor memory.
    BestEffort,
    /// All other Pods.
    NotBestEffort,
    /// Pods whose affinity names namespaces.
    CrossNamespacePodAffinity,
    /// Pods of a priority class.
    PriorityClass(ScopeOperator),
}

/// How a quota selects priority classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeOperator {
    /// One of these classes.
    In(Vec<String>),
    /// None of these classes.
    NotIn(Vec<String>),
    /// Any class.
    Exists,
    /// No class at all.
    DoesNotExist,
}

/// What quotas see of the Pods made from one template.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodQuotaUse {
    /// What a Pod uses until it finishes.
    pub(crate) amounts: QuotaAmounts,
    /// Whether it has `activeDeadlineSeconds`.
    pub is_terminating: bool,
    /// Whether it requests and limits neither CPU nor memory.
    pub is_best_effort: bool,
    /// Whether its affinity names namespaces.
    pub names_namespaces: bool,
    /// `spec.priorityClassName`; empty if there is none.
    pub priority_class: String,
    /// The containers that do not specify a request or limit of CPU or memory: from the quota's name of that amount to
    /// the names of the containers. A quota on that amount rejects such Pods.
    pub unsaid: BTreeMap<&'static str, Vec<String>>,
}

impl QuotaScope {
    /// Whether a Pod is in this scope.
    #[doc(alias = "podMatchesScopeFunc")]
    fn has(&self, pod: &PodQuotaUse) -> bool {
        let class = &pod.priority_class;
        match self {
            Self::Terminating => pod.is_terminating,
            Self::NotTerminating => !pod.is_terminating,
            Self::BestEffort => pod.is_best_effort,
            Self::NotBestEffort => !pod.is_best_effort,
            Self::CrossNamespacePodAffinity => pod.names_namespaces,
            Self::PriorityClass(ScopeOperator::In(names)) => names.contains(class) && !class.is_empty(),
            Self::PriorityClass(ScopeOperator::NotIn(names)) => !names.contains(class),
            Self::PriorityClass(ScopeOperator::Exists) => !class.is_empty(),
            Self::PriorityClass(ScopeOperator::DoesNotExist) => class.is_empty(),
        }
    }
}

impl ResourceQuota {
    /// Whether it counts such Pods of this namespace.
    pub fn counts(&self, namespace: &str, pod: &PodQuotaUse) -> bool {
        self.namespace == namespace && self.scopes.iter().all(|scope| scope.has(pod))
    }

    /// Adds one such Pod outside the simulation to its usage.
    pub fn count_other(&mut self, pod: &PodQuotaUse) {
        let mut used = std::mem::take(&mut self.used_by_others);
        self.charge(pod, &mut used);
        self.used_by_others = used;
    }

    /// Whether one more such Pod is allowed on top of this usage.
    ///
    /// # Errors
    /// The reason, in the API server's words.
    #[doc(alias = "CheckRequest")]
    pub(crate) fn allows(&self, pod: &PodQuotaUse, used: &QuotaAmounts) -> Result<(), String> {
        let unsaid: Vec<String> = pod
            .unsaid
            .iter()
            .filter(|(name, _)| self.hard.contains_key(**name))
            .map(|(name, containers)| format!("{name} for: {}", containers.join(",")))
            .collect();
        if !unsaid.is_empty() {
            return Err(format!("failed quota: {}: must specify {}", self.name, unsaid.join("; ")));
        }
        let used_of = |name: &str| used.get(name).cloned().unwrap_or_default();
        let asked: Vec<(&Arc<str>, Quantity)> = self
            .hard
            .keys()
            .filter_map(|name| Some((name, pod.of(name).filter(|amount| !amount.is_zero())?)))
            .collect();
        let exceeded: Vec<&(&Arc<str>, Quantity)> =
            asked.iter().filter(|(name, amount)| used_of(name).plus(amount) > self.hard[*name]).collect();
        if exceeded.is_empty() {
            return Ok(());
        }
        let (mut requested, mut used, mut limited) = (Vec::new(), Vec::new(), Vec::new());
        for (name, amount) in exceeded {
            requested.push(format!("{name}={amount}"));
            used.push(format!("{name}={}", used_of(name)));
            limited.push(format!("{name}={}", self.hard[*name]));
        }
        let [requested, used, limited] = [requested, used, limited].map(|list| list.join(","));
        let name = &self.name;
        Err(format!("exceeded quota: {name}, requested: {requested}, used: {used}, limited: {limited}"))
    }

    /// Adds such a Pod to the usage.
    pub(crate) fn charge(&self, pod: &PodQuotaUse, used: &mut QuotaAmounts) {
        for name in self.hard.keys() {
            if let Some(amount) = pod.of(name) {
                let sum = used.get(name).cloned().unwrap_or_default().plus(&amount);
                used.insert(name.clone(), sum);
            }
        }
    }

    /// Removes such a Pod from the usage when it has finished or (`is_gone`) no longer exists. A finished Pod still
    /// counts towards `count/pods`.
    pub(crate) fn release(&self, pod: &PodQuotaUse, used: &mut QuotaAmounts, (was_finished, is_gone): (bool, bool)) {
        for name in self.hard.keys() {
            let is_released = if **name == *COUNT_PODS { is_gone } else { !was_finished };
            if let Some(amount) = pod.of(name).filter(|_| is_released) {
                let rest = used[name].minus(&amount);
                assert!(!rest.is_negative(), "quota {}: more {name} is released than was used", self.name);
                used.insert(name.clone(), rest);
            }
        }
    }
}

impl PodQuotaUse {
    /// How much a Pod uses of the named amount, if any.
    fn of(&self, name: &str) -> Option<Quantity> {
        match name {
            COUNT_PODS => Some(Quantity::whole(1)),
            _ => self.amounts.get(name).cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amounts(list: &[(&str, &str)]) -> QuotaAmounts {
        list.iter().map(|(name, amount)| (Arc::from(*name), Quantity::parse(amount).expect("an amount"))).collect()
    }

    fn quota(hard: &[(&str, &str)], scopes: Vec<QuotaScope>) -> ResourceQuota {
        ResourceQuota {
            namespace: "default".to_owned(),
            name: "q".to_owned(),
            hard: amounts(hard),
            scopes,
            ..ResourceQuota::default()
        }
    }

    /// The texts are those of `kubectl describe` in Kubernetes' own documentation ("Configure a Pod Quota", "Resource
    /// Quotas").
    #[test]
    fn what_exceeds_is_said_as_the_server_says_it() {
        let pod =
            PodQuotaUse { amounts: amounts(&[("pods", "1"), ("requests.cpu", "500m")]), ..PodQuotaUse::default() };
        let full = quota(&[("pods", "2"), ("requests.cpu", "1")], Vec::new());
        let mut used = QuotaAmounts::new();
        for _ in 0..2 {
            full.allows(&pod, &used).expect("there is room");
            full.charge(&pod, &mut used);
        }
        let why = full.allows(&pod, &used).expect_err("it is full");
        let expected = "exceeded quota: q, requested: pods=1,requests.cpu=500m, used: pods=2,requests.cpu=1, limited: \
                        pods=2,requests.cpu=1";
        assert_eq!(why, expected);
        full.release(&pod, &mut used, (false, false));
        assert!(full.allows(&pod, &used).is_ok());
    }

    #[test]
    fn a_finished_pod_counts_as_an_object_only() {
        let pod = PodQuotaUse { amounts: amounts(&[("pods", "1")]), ..PodQuotaUse::default() };
        let both = quota(&[("count/pods", "1"), ("pods", "5")], Vec::new());
        let mut used = QuotaAmounts::new();
        both.charge(&pod, &mut used);
        both.release(&pod, &mut used, (false, false));
        assert!(both.allows(&pod, &used).is_err_and(|why| why.contains("requested: count/pods=1, used: count/pods=1")));
        both.release(&pod, &mut used, (true, true));
        assert!(both.allows(&pod, &used).is_ok());
    }

    #[test]
    fn scopes_choose_pods() {
        use ScopeOperator as Op;
        let class = |name: &str| PodQuotaUse { priority_class: name.to_owned(), ..PodQuotaUse::default() };
        let high = || vec!["high".to_owned()];
        for (scope, pod, is_counted) in [
            (QuotaScope::PriorityClass(Op::In(high())), class("high"), true),
            (QuotaScope::PriorityClass(Op::In(high())), class(""), false),
            (QuotaScope::PriorityClass(Op::NotIn(high())), class(""), true),
            (QuotaScope::PriorityClass(Op::Exists), class("low"), true),
            (QuotaScope::PriorityClass(Op::DoesNotExist), class("low"), false),
            (QuotaScope::Terminating, PodQuotaUse { is_terminating: true, ..class("") }, true),
            (QuotaScope::NotTerminating, PodQuotaUse { is_terminating: true, ..class("") }, false),
            (QuotaScope::BestEffort, class(""), false),
            (QuotaScope::NotBestEffort, class(""), true),
        ] {
            let quota = quota(&[("pods", "1")], vec![scope.clone()]);
            assert_eq!(quota.counts("default", &pod), is_counted, "{scope:?} {pod:?}");
            assert!(!quota.counts("other", &pod));
        }
    }

    #[test]
    fn a_quota_of_cpu_wants_each_container_to_say_how_much() {
        let unsaid = BTreeMap::from([("requests.cpu", vec!["a".to_owned(), "b".to_owned()])]);
        let pod = PodQuotaUse { unsaid, ..PodQuotaUse::default() };
        let why = quota(&[("requests.cpu", "1")], Vec::new()).allows(&pod, &QuotaAmounts::new()).expect_err("refused");
        assert_eq!(why, "failed quota: q: must specify requests.cpu for: a,b");
        assert!(quota(&[("pods", "1")], Vec::new()).allows(&pod, &QuotaAmounts::new()).is_ok());
    }
}
