//! Quotas in the world: admission charges each new Pod, and the quota controller gives back the charges of Pods that
//! have finished or disappeared. What a quota allows is decided by [`ResourceQuota`].
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/resourcequota`, `pkg/controller/resourcequota` and
//! `pkg/quota/v1/install/update_filter.go`. Divergence: the quota controller's recalculation of one Pod takes effect a
//! watch latency and a request's latency after the Pod's change, and never loses a race against admission.

use super::env::Env;
use super::event::Event;
use super::store::StoreChange;
use crate::api::{JobSpec, PodQuotaUse, QuotaAmounts, ResourceQuota};
use crate::apiserver::pod_quota_use;
use crate::id::{JobId, PodId, RefusalId, Table};
use crate::model::{LatencyOf, Workload};
use crate::time::{SimDuration, SimTime};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How often the quota controller recalculates everything that is used. Source: kube-controller-manager,
/// `--resource-quota-sync-period`.
const RESYNC_EVERY: SimDuration = SimDuration::from_secs(300);

/// What Pods use of the cluster's quotas.
#[derive(Debug, Default)]
pub struct Quotas {
    /// The used amounts, by the place of the quota in the configuration.
    used: Vec<QuotaAmounts>,
    /// What a Pod of each Job uses, for the version of the Job's spec that was last needed.
    uses: HashMap<JobId, (Arc<JobSpec>, Arc<PodQuotaUse>)>,
    /// What each Pod was charged. Sorted, because charges that are given back at the same instant need a fixed order.
    charges: BTreeMap<PodId, Charge>,
    is_resync_planned: bool,
}

/// What a Pod was charged.
#[derive(Clone, Debug)]
struct Charge {
    usage: Arc<PodQuotaUse>,
    /// The places of the quotas that charge it.
    quotas: Vec<usize>,
    /// Whether the part that only unfinished Pods use has been given back.
    is_finished: bool,
}

/// The charge of an admitted Pod that has no id yet.
#[derive(Debug)]
pub(super) struct QuotaAdmission(Option<Charge>);

impl Quotas {
    /// Empties it for another run with these quotas; keeps the allocated memory.
    pub(super) fn reset(&mut self, quotas: &[ResourceQuota]) {
        let Quotas { used, uses, charges, is_resync_planned } = self;
        used.clear();
        used.extend(quotas.iter().map(|quota| quota.used_by_others.clone()));
        uses.clear();
        charges.clear();
        *is_resync_planned = false;
    }

    /// Frees what is kept about a Job that is gone, with all its Pods.
    pub(super) fn forget(&mut self, job: JobId) {
        self.uses.remove(&job);
    }

    /// Charges an admitted Pod, which has been created.
    pub(super) fn charge(&mut self, pod: PodId, admitted: QuotaAdmission, quotas: &[ResourceQuota]) {
        let Some(charge) = admitted.0 else { return };
        for &place in &charge.quotas {
            quotas[place].charge(&charge.usage, &mut self.used[place]);
        }
        self.charges.insert(pod, charge);
    }

    /// Gives back the charge of a Pod that has finished or disappeared.
    fn release(&mut self, pod: PodId, is_gone: bool, quotas: &[ResourceQuota]) {
        let Some(charge) = self.charges.get_mut(&pod) else { return };
        let was_finished = std::mem::replace(&mut charge.is_finished, true);
        for &place in &charge.quotas {
            quotas[place].release(&charge.usage, &mut self.used[place], (was_finished, is_gone));
        }
        if is_gone {
            self.charges.remove(&pod);
        }
    }
}

impl<W: Workload> Env<W> {
    /// Asks whether all quotas allow one more Pod of a Job.
    ///
    /// # Errors
    /// The refusal by the first quota that does not allow it, as the API server words it.
    pub(super) fn admit_by_quota(&mut self, job: JobId, spec: &Arc<JobSpec>) -> Result<QuotaAdmission, String> {
        if self.config.quotas.is_empty() {
            return Ok(QuotaAdmission(None));
        }
        let usage = self.quota_use(job, spec);
        let namespace = self.store.jobs[job].namespace();
        let counts = |(_, quota): &(usize, &ResourceQuota)| quota.counts(namespace, &usage);
        let counting = self.config.quotas.iter().enumerate().filter(counts);
        let places: Vec<usize> = counting.map(|(place, _)| place).collect();
        for &place in &places {
            self.config.quotas[place].allows(&usage, &self.quotas.used[place])?;
        }
        let is_counted = !places.is_empty();
        let charge = Charge { usage, quotas: places, is_finished: false };
        Ok(QuotaAdmission(is_counted.then_some(charge)))
    }

    fn quota_use(&mut self, job: JobId, spec: &Arc<JobSpec>) -> Arc<PodQuotaUse> {
        if let Some((known, usage)) = self.quotas.uses.get(&job)
            && Arc::ptr_eq(known, spec)
        {
            return usage.clone();
        }
        let object = self.store.jobs[job].whole_of(spec);
        let usage = Arc::new(pod_quota_use(&object.object["spec"]["template"]));
        self.quotas.uses.insert(job, (spec.clone(), usage.clone()));
        usage
    }

    /// Plans when the quota controller learns of a Pod's change, if that gives something back.
    pub(super) fn note_for_quota(&mut self, change: &StoreChange) {
        let (id, job, is_over, is_deleting) = match *change {
            StoreChange::Pod(id, job, pod, _) => (id, job, pod.phase.is_terminal(), pod.deleting()),
            StoreChange::PodGone(id, job, _) => (id, job, true, false),
            _ => return,
        };
        if !self.quotas.charges.contains_key(&id) {
            return;
        }
        if is_over {
            let after = self.latency(LatencyOf::Change, Some(job)) + self.latency(LatencyOf::Request, Some(job));
            self.schedule_after(after, Event::QuotaReplenished(id));
        } else if is_deleting {
            self.plan_quota_resync();
        }
    }

    fn plan_quota_resync(&mut self) {
        if !std::mem::replace(&mut self.quotas.is_resync_planned, true) {
            self.schedule_at(self.now().next_multiple_of(RESYNC_EVERY), Event::QuotaResync);
        }
    }

    /// The quota controller has learned that a Pod has finished or disappeared.
    pub(super) fn quota_replenished(&mut self, id: PodId) {
        let is_gone = self.store.pods[id].gone;
        self.quotas.release(id, is_gone, &self.config.quotas);
    }

    /// The quota controller recalculates everything. A Pod that is still Terminating one grace period after it should
    /// have been gone no longer counts, so that Pods on a lost node do not use up the quota.
    #[doc(alias = "QuotaV1Pod")]
    pub(super) fn quota_resync(&mut self) {
        self.quotas.is_resync_planned = false;
        let (now, mut waits) = (self.now(), false);
        let charged: Vec<PodId> =
            self.quotas.charges.iter().filter(|(_, c)| !c.is_finished).map(|(id, _)| *id).collect();
        for id in charged {
            let stored = &self.store.pods[id];
            let Some(began) = stored.pod.deletion_began.filter(|_| stored.is_unfinished()) else { continue };
            let grace = self.store.jobs[stored.job].spec.template.termination_grace_period_seconds;
            // `deletionTimestamp` is one grace period after the deletion began; the controller allows another one.
            match now > SimTime::from(began) + SimDuration::from_secs(grace.saturating_mul(2)) {
                true => self.quotas.release(id, false, &self.config.quotas),
                false => waits = true,
            }
        }
        if waits {
            self.plan_quota_resync();
        }
    }

    /// The id of a text with which the creation of a Pod was refused.
    pub(super) fn refusal_id(&mut self, text: String) -> RefusalId {
        self.refusals.intern(text)
    }
}

/// The distinct texts with which the API server refused to create Pods.
#[derive(Debug, Default)]
pub struct Refusals {
    texts: Table<RefusalId, Arc<str>>,
    ids: HashMap<Arc<str>, RefusalId>,
}

impl Refusals {
    /// Empties it for another run; keeps the allocated memory.
    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.ids.clear();
    }

    fn intern(&mut self, text: String) -> RefusalId {
        let text: Arc<str> = text.into();
        if let Some(&id) = self.ids.get(&text) {
            return id;
        }
        let id = self.texts.push(text.clone());
        self.ids.insert(text, id);
        id
    }

    /// The text.
    pub fn text(&self, id: RefusalId) -> &Arc<str> {
        &self.texts[id]
    }
}
