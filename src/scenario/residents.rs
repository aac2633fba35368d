//! What runs on nodes besides the Jobs: workloads of the manifests, and Pods as they are in a cluster (`podsFrom`).
//! This decides which of them count; `experiment::residents` places them.

use super::problem::{Problem, Problems};
use super::resolve::Resolver;
use super::source;
use crate::api::ResourceQuota;
use crate::apiserver::admit_priority;
use crate::experiment::result::FileText;
use crate::experiment::{
    NodesAtStart, ResidentCount, ResidentPod, ResidentWorkload, place_residents, reserve_on_later,
};
use crate::id::{ArenaKey, NodeId};
use crate::limits::MOST_PLACED;
use crate::manifest::{LoadedWorkload, WorkloadCount, items, workload};
use crate::text::read_documents;
use crate::world::NodeConfig;
use std::collections::HashMap;

impl Resolver<'_> {
    /// The Pods without a Job on these nodes; reports what was placed and what did not fit.
    pub(super) fn residents(
        &mut self,
        nodes: &NodesAtStart,
        config: &mut NodeConfig,
        quotas: &mut [ResourceQuota],
    ) -> Result<Vec<ResidentPod>, Problems> {
        let mut loaded = self.pods_from()?;
        loaded.append(&mut self.jobs.manifests.workloads);
        let places: HashMap<&str, usize> =
            nodes.0.iter().enumerate().map(|(place, node)| (node.name.as_str(), place)).collect();
        let (mut names, mut charged, mut workloads) = (Vec::new(), Vec::new(), Vec::new());
        for workload in loaded {
            let name = format!("{} {}", workload.kind, workload.name);
            let (namespace, usage) = (workload.namespace.clone(), workload.quota_use.clone());
            if let Some(resident) = self.resident(workload, &places, config) {
                names.push(name);
                charged.push((namespace, usage));
                workloads.push(resident);
            }
        }
        let most = |resident: &ResidentWorkload| match resident.count {
            ResidentCount::Pods(count) => u64::from(count),
            ResidentCount::EachNode => nodes.0.len() as u64,
            ResidentCount::On(_) => 1,
        };
        let most: u64 = workloads.iter().map(most).sum();
        if most > u64::from(MOST_PLACED) {
            let why = format!("{most} Pods without a Job: at most {MOST_PLACED} are placed");
            return Err(self.problem("cluster", why));
        }
        let (pods, placed) = place_residents(nodes, config, &workloads);
        reserve_on_later(config, &workloads);
        for ((namespace, usage), &placed) in charged.iter().zip(&placed) {
            for quota in quotas.iter_mut().filter(|quota| quota.counts(namespace, usage)) {
                (0..placed).for_each(|_| quota.count_other(usage));
            }
        }
        for ((name, workload), placed) in names.iter().zip(&workloads).zip(placed) {
            if let ResidentCount::Pods(wanted) = workload.count
                && placed < wanted
            {
                let missing = wanted - placed;
                self.tell(format!("{name}: {missing} of its {wanted} Pods find no room, and are left out"));
            }
        }
        if !pods.is_empty() {
            self.tell(match pods.len() {
                1 => "1 Pod without a Job takes room by what it requests: bound from the start, it never ends and is never \
                      preempted or evicted"
                    .to_owned(),
                count => format!(
                    "{count} Pods without a Job take room by what they request: bound from the start, they never end and are \
                     never preempted or evicted"
                ),
            });
        }
        Ok(pods)
    }

    fn tell(&mut self, notice: String) {
        self.jobs.manifests.notices.push(notice);
    }

    /// A workload as it is placed; `None` if it does not count.
    fn resident(
        &mut self,
        workload: LoadedWorkload,
        places: &HashMap<&str, usize>,
        config: &NodeConfig,
    ) -> Option<ResidentWorkload> {
        let LoadedWorkload { kind, name, count, mut spec, .. } = workload;
        if !spec.priority_class_name.is_empty() && spec.priority == 0 {
            // An object that a cluster has admitted states its priority itself.
            if admit_priority(&mut spec, &config.priority_classes, &name).is_err() {
                let class = &spec.priority_class_name;
                self.tell(format!("{kind} {name}: there is no PriorityClass {class}: its Pods are left out"));
                return None;
            }
        }
        let count = match count {
            WorkloadCount::Pods(count) => ResidentCount::Pods(count),
            WorkloadCount::EachNode => ResidentCount::EachNode,
            WorkloadCount::On(node) => match places.get(node.as_str()) {
                Some(&place) => ResidentCount::On(NodeId::from_ix(place)),
                None => {
                    self.tell(format!("{kind} {name} is on node {node}, which is not there: left out"));
                    return None;
                }
            },
        };
        // They run from the start, so nothing holds them back, whichever scheduler they name.
        spec.scheduling_gates.clear();
        spec.scheduler_name = crate::api::DEFAULT_SCHEDULER.to_owned();
        Some(ResidentWorkload { spec, count })
    }

    /// The Pods of the file that the scenario names, except for those of simulated Jobs.
    fn pods_from(&mut self) -> Result<Vec<LoadedWorkload>, Problems> {
        let Some(file) = &self.scenario.cluster.pods_from else { return Ok(Vec::new()) };
        let file = self.input.scenario.folder.join(file).display().to_string();
        let at = |problem: Problem| self.problem("cluster.podsFrom", problem.to_string());
        let (mut pods, mut of_jobs, mut unbound) = (Vec::new(), 0, 0);
        for source in source::read(&file).map_err(at)? {
            let of_file = |error| Problem::of(&source.name, error);
            for document in read_documents(&source.text).map_err(|error| vec![of_file(error)])? {
                for object in items(&document).map_err(|error| vec![of_file(error)])? {
                    let read = workload(object);
                    let read = read.map_err(|errors| errors.into_iter().map(of_file).collect::<Problems>())?;
                    match read {
                        Some(pod) if self.is_of_simulated_job(&pod) => of_jobs += 1,
                        Some(pod) if matches!(pod.count, WorkloadCount::On(_)) => pods.push(pod),
                        Some(pod) if pod.kind == "Pod" => unbound += 1,
                        _ => {}
                    }
                }
            }
            self.jobs.texts.push(FileText { name: source.name, text: source.text });
        }
        if of_jobs > 0 {
            self.tell(format!("{file}: {of_jobs} Pods of Jobs that are simulated are left out: those begin anew"));
        }
        if unbound > 0 {
            self.tell(format!("{file}: {unbound} Pods that are on no node are left out"));
        }
        Ok(pods)
    }

    fn is_of_simulated_job(&self, pod: &LoadedWorkload) -> bool {
        let is_simulated =
            |name: &str| self.jobs.assignment.jobs.contains_key(&(pod.namespace.as_str().into(), name.into()));
        pod.controller.as_ref().is_some_and(|(kind, name)| kind == "Job" && is_simulated(name))
    }
}
