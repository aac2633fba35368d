//! Quotas at work: admission charges each new Pod, and the quota controller gives back what Pods used that have finished or
//! are gone. What a quota allows is [`ResourceQuota`]'s to say.
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/resourcequota`, `pkg/controller/resourcequota` and
//! `pkg/quota/v1/install/update_filter.go`. Divergence: the quota controller's recalculation of one Pod takes effect a watch
//! latency and a request's latency after the Pod's change, and never loses a race against admission.

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

/// All that is used is added up anew this often. Source: kube-controller-manager, `--resource-quota-sync-period`.
const RESYNC_EVERY: SimDuration = SimDuration::from_secs(300);

/// What is used of the cluster's quotas.
#[derive(Debug, Default)]
pub struct Quotas {
    /// By the place of the quota in the configuration.
    used: Vec<QuotaAmounts>,
    /// What the Pods of each Job use, by the version of its spec that was asked about last.
    uses: HashMap<JobId, (Arc<JobSpec>, Arc<PodQuotaUse>)>,
    /// In order, so that what is given back at one instant is given back in order.
    charges: BTreeMap<PodId, Charge>,
    is_resync_planned: bool,
}

/// What a Pod was charged.
#[derive(Clone, Debug)]
struct Charge {
    usage: Arc<PodQuotaUse>,
    /// The places of the quotas that count it.
    quotas: Vec<usize>,
    /// Whether what it used while it had not finished was given back.
    is_finished: bool,
}

/// A Pod that admission lets in, before it has an id.
#[derive(Debug)]
pub(super) struct QuotaAdmission(Option<Charge>);

impl Quotas {
    /// Empties it for another run with these quotas; keeps the memory.
    pub(super) fn reset(&mut self, quotas: &[ResourceQuota]) {
        let Quotas { used, uses, charges, is_resync_planned } = self;
        used.clear();
        used.extend(quotas.iter().map(|quota| quota.used_by_others.clone()));
        uses.clear();
        charges.clear();
        *is_resync_planned = false;
    }

    /// A Job is gone for good: what its Pods use is not asked about any more.
    pub(super) fn forget(&mut self, job: JobId) {
        self.uses.remove(&job);
    }

    /// A Pod was created that admission had let in.
    pub(super) fn charge(&mut self, pod: PodId, admitted: QuotaAdmission, quotas: &[ResourceQuota]) {
        let Some(charge) = admitted.0 else { return };
        for &place in &charge.quotas {
            quotas[place].charge(&charge.usage, &mut self.used[place]);
        }
        self.charges.insert(pod, charge);
    }

    /// Gives back what a Pod used that has finished, or is gone.
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
    /// Whether quotas allow one more Pod of a Job.
    ///
    /// # Errors
    /// The refusal of the first quota that does not, as the API server words it.
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

    /// A Pod's change reaches the quota controller later, if it is charged and something is to be given back.
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

    /// The quota controller has seen that a Pod has finished, or is gone.
    pub(super) fn quota_replenished(&mut self, id: PodId) {
        let is_gone = self.store.pods[id].gone;
        self.quotas.release(id, is_gone, &self.config.quotas);
    }

    /// The quota controller adds everything up: a Pod that should have been gone for as long as its grace period is not
    /// counted any more, so that a lost node does not hold up others.
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
            // `deletionTimestamp` is a grace period after the deletion began, and one more is granted.
            match now > SimTime::from(began) + SimDuration::from_secs(grace.saturating_mul(2)) {
                true => self.quotas.release(id, false, &self.config.quotas),
                false => waits = true,
            }
        }
        if waits {
            self.plan_quota_resync();
        }
    }

    /// The number of a text with which creating a Pod was refused.
    pub(super) fn refusal_id(&mut self, text: String) -> RefusalId {
        self.refusals.intern(text)
    }
}

/// Texts with which the API server refused to create Pods, each once.
#[derive(Debug, Default)]
pub struct Refusals {
    texts: Table<RefusalId, Arc<str>>,
    ids: HashMap<Arc<str>, RefusalId>,
}

impl Refusals {
    /// Empties it for another run; keeps the memory.
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
