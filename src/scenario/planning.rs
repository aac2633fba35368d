//! From objects to plans: copies at their times, the model of each Job, names that must be unique. Files and places are
//! handled in [`super::resolve`].

use super::arrivals::ArrivalTimes;
use super::document::{LabelledModelSpec, PodsSpec};
use super::kueue;
use super::manifests::{ManifestJob, Manifests};
use super::pods::left_open;
use super::problem::{Problem, Problems};
use super::resolve::Resolver;
use crate::api::{InitialCronJobStatus, PodTemplate};
use crate::apiserver::{CronJobObject, JobObject};
use crate::experiment::{PlannedCronJob, PlannedJob, PoissonArrivals, RAISED};
use crate::kernel::Entity;
use crate::limits::MOST_CONTAINERS;
use crate::model::PodModel;
use crate::text::thousands;
use crate::time::SimDuration;
use crate::world::BeginsWith;
use std::sync::Arc;

impl Resolver<'_> {
    /// Plans Jobs at each of these times, and CronJobs at the first; with several times each copy of a Job gets a
    /// number appended to its name. Without a model the labels of each Job decide. `file` is named in errors.
    pub(super) fn take_in(
        &mut self,
        manifests: &mut Manifests,
        times: &ArrivalTimes,
        (model, pods): (Option<PodModel>, Option<&PodsSpec>),
        file: &str,
    ) -> Result<(), Problems> {
        self.few_enough(manifests.jobs.len(), times.most(), file)?;
        let (jobs, cronjobs) = (std::mem::take(&mut manifests.jobs), std::mem::take(&mut manifests.cronjobs));
        self.jobs.manifests.join(std::mem::take(manifests));
        let model = model.map(|model| {
            self.jobs.models.push(model);
            self.jobs.models.len() - 1
        });
        let has_kueue = self.scenario.cluster.kueue.is_some();
        for ManifestJob { object, starting } in jobs {
            few_containers("Job", &object.name, &object.spec.template, file)?;
            // A webhook acts on creation; a Job that begins with a status was created before.
            let object = if has_kueue && starting.is_none() { kueue::suspended_job(object) } else { object };
            let model = self.model_of((model, pods), &object.object["metadata"]["labels"])?;
            let first = self.jobs.planned.len();
            self.jobs.series.push(object.name.as_str().into());
            let copies = times.most();
            if let Some(starting) = &starting {
                if !matches!(times, ArrivalTimes::Fixed(times) if times[..] == [SimDuration::ZERO]) {
                    let what = "a Job that begins with its status is there from the start, once: it goes without at, count, every and arrivals";
                    return Err(vec![Problem::about(file, what)]);
                }
                self.jobs.latest = self.jobs.latest.take().max(Some((starting.latest, format!("Job {}", object.name))));
                if let Some(cronjob) = &starting.cronjob {
                    let owner = (object.namespace.clone(), cronjob.clone());
                    self.jobs.owners.push((self.jobs.planned.len(), owner));
                }
            }
            let begins = starting.as_ref().map(|starting| BeginsWith {
                status: Arc::new(starting.status.clone()),
                created: starting.created,
                deleting: starting.deleting,
                ..BeginsWith::default()
            });
            self.jobs.begun.extend(starting.map(|starting| (self.jobs.planned.len(), starting)));
            let object = Arc::new(object);
            if copies > 1 {
                copies_are_valid(&object, copies, file)?;
            }
            for copy in 0..copies {
                let (object, at) = (numbered(&object, copies, copy), times.at(copy));
                self.plan(object, (at, begins.clone()), model, file)?;
            }
            if let ArrivalTimes::Poisson { per_hour, first: from, until, .. } = *times {
                let process = Entity::named(&["arrivals", &object.namespace, &object.name]);
                let jobs = first..first + copies;
                self.jobs.arrivals.push(PoissonArrivals { process, per_hour, from, until, jobs });
            }
        }
        let at = times.at(0);
        cronjobs.into_iter().try_for_each(|(object, begins)| {
            let object = if has_kueue { kueue::suspended_cronjob(object) } else { object };
            if let Some(begins) = &begins {
                let latest = Some((begins.latest, format!("CronJob {}", object.name)));
                self.jobs.latest = self.jobs.latest.take().max(latest);
            }
            self.plan_cronjob(object, (at, begins.map(|begins| Arc::new(*begins))), (model, pods), file)
        })
    }

    /// Rejects copies of Jobs, before any is made, if there would be more Jobs than may be planned.
    fn few_enough(&self, jobs: usize, copies: usize, file: &str) -> Result<(), Problems> {
        let (all, most) = (jobs.saturating_mul(copies).saturating_add(self.jobs.planned.len()), self.input.budget.jobs);
        if all as u64 <= most {
            return Ok(());
        }
        let what = format!("up to {} Jobs: at most {}; {RAISED}", thousands(all as u64), thousands(most));
        Err(vec![Problem::about(file, what)])
    }

    /// Plans a CronJob. Jobs that it creates have the labels of its template.
    fn plan_cronjob(
        &mut self,
        object: CronJobObject,
        (at, status): (SimDuration, Option<Arc<InitialCronJobStatus>>),
        model: (Option<usize>, Option<&PodsSpec>),
        file: &str,
    ) -> Result<(), Problems> {
        few_containers("CronJob", &object.name, &object.job_spec.template, file)?;
        let name = (object.namespace.clone(), object.name.clone());
        let model = self.model_of(model, &object.object["spec"]["jobTemplate"]["metadata"]["labels"])?;
        if self.jobs.assignment.cronjobs.insert(name.clone(), model).is_some() {
            let (namespace, name) = name;
            let what = format!("a second CronJob {name:?} in namespace {namespace:?}: give it another name");
            return Err(vec![Problem::about(file, what)]);
        }
        self.jobs.series.push(object.name.as_str().into());
        let series = self.jobs.series.len() - 1;
        self.jobs.cronjobs.push(PlannedCronJob { object: Arc::new(object), at, status, series });
        Ok(())
    }

    /// The model of a Job: that of its entry, which gives `pods`; else that of the first entry of `models` whose labels the
    /// Job has; else the general one.
    fn model_of(
        &mut self,
        (model, pods): (Option<usize>, Option<&PodsSpec>),
        labels: &serde_json::Value,
    ) -> Result<usize, Problems> {
        let scenario = self.scenario;
        let fits = |m: &&LabelledModelSpec| {
            m.match_labels.iter().all(|(key, value)| labels.get(key).and_then(|v| v.as_str()) == Some(value))
        };
        let labelled = match model {
            Some(_) => None,
            None => scenario.models.iter().enumerate().find(|(_, m)| fits(m)),
        };
        let levels = [Some(&scenario.pods), pods, labelled.map(|(_, entry)| &entry.pods)];
        let open = left_open(&levels.into_iter().flatten().collect::<Vec<_>>());
        self.jobs.open.run |= open.run;
        self.jobs.open.outcome |= open.outcome;
        match (model, labelled) {
            (Some(model), _) => Ok(model),
            (None, Some((n, entry))) => self.labelled_model(n, entry),
            (None, None) => Ok(0),
        }
    }

    /// The model of an entry of `models`, which is read for the first Job that has its labels.
    fn labelled_model(&mut self, n: usize, entry: &LabelledModelSpec) -> Result<usize, Problems> {
        if let Some(&model) = self.jobs.labelled.get(&n) {
            return Ok(model);
        }
        let model = self.model_over(&format!("models[{n}].pods"), &entry.pods)?;
        let known = self.jobs.models.iter().position(|m| *m == model);
        let place = known.unwrap_or(self.jobs.models.len());
        if known.is_none() {
            self.jobs.models.push(model);
        }
        self.jobs.labelled.insert(n, place);
        Ok(place)
    }

    fn plan(
        &mut self,
        object: Arc<JobObject>,
        (at, begins): (SimDuration, Option<BeginsWith>),
        model: usize,
        file: &str,
    ) -> Result<(), Problems> {
        let name = (object.namespace.clone(), object.name.clone());
        let mut series = self.jobs.series.len() - 1;
        match self.jobs.by_name.insert(name.clone(), self.jobs.planned.len()) {
            None => drop(self.jobs.assignment.jobs.insert(name, model)),
            // A Job may be created later under the same name. If the first is still there, the world refuses the
            // creation.
            Some(first) if self.jobs.planned[first].at < at && begins.is_none() => {
                series = self.jobs.planned[first].series;
                self.jobs.assignment.again.entry(name).or_default().push(model);
            }
            Some(_) => {
                let (namespace, name) = name;
                let what = format!(
                    "a second Job {name:?} in namespace {namespace:?}: give it another name, or create it later (at), when \
                     the first is gone"
                );
                return Err(vec![Problem::about(file, what)]);
            }
        }
        self.jobs.planned.push(PlannedJob { object, at, begins, owner: None, series });
        Ok(())
    }
}

/// Rejects Pods with more containers than are simulated.
fn few_containers(kind: &str, name: &str, template: &PodTemplate, file: &str) -> Result<(), Problems> {
    let count = template.containers.len() + template.init_containers.len();
    if count <= MOST_CONTAINERS {
        return Ok(());
    }
    let (count, most) = (thousands(count as u64), thousands(MOST_CONTAINERS as u64));
    let what = format!("{kind} {name}: {count} containers of a Pod: at most {most} are simulated");
    Err(vec![Problem::about(file, what)])
}

/// One of several copies, with a number appended to its name; the Job itself if there is only one.
fn numbered(object: &Arc<JobObject>, copies: usize, copy: usize) -> Arc<JobObject> {
    match copies {
        1 => object.clone(),
        _ => Arc::new(object.copied(format!("{}-{}", object.name, copy + 1))),
    }
}

/// Rejects copies that cannot all be named: a number makes the name longer, and the last one is the longest.
fn copies_are_valid(object: &JobObject, copies: usize, file: &str) -> Result<(), Problems> {
    let last = object.renamed(&format!("{}-{copies}", object.name));
    last.map(drop).map_err(|errors| errors.iter().map(|e| Problem::about(file, e.to_string())).collect())
}
