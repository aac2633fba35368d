//! The cluster of a scenario: named presets, each value with its source, and the values that override them.

use super::document::{ClusterSpec, ControllerSpec, Preset};
use super::problem::FieldProblem;
use super::scalars::Dist;
use super::stages::distribution;
use crate::limits::MOST_WORKERS;
use crate::model::restart_backoff::CrashLoopSettings;
use crate::model::{Delays, Latency, RestartSchedule};
use crate::release::{JobControllerParams, RateLimit, Release, ReleaseRule, ReleaseRules};
use crate::time::{SimDuration, SimTime};
use crate::world::{Clocks, Config};
use std::path::Path;

/// The values of a preset.
///
/// - `measured`: requests 3 ms and watch 2 ms, as measured on a v1.37 control plane; the client's 20 requests a second
///   with a burst of 30 are kube-controller-manager's defaults (`--kube-api-qps`, `--kube-api-burst`), and its Events
///   take tokens too; the garbage collector's 0.1 s is an assumption.
/// - `ideal`: nothing takes time.
/// - `openshift`: 150 requests a second with a burst of 300 (`bindata/assets/config/defaultconfig.yaml` of
///   openshift/cluster-kube-controller-manager-operator), the rest as `measured`.
/// - `cce`: 100 requests a second with a burst of 100, which holds for up to 1,000 nodes (Huawei Cloud CCE,
///   configuration reference, "Controller performance"), the rest as `measured`.
/// - `slow`: requests take 1 s, which is the limit of Kubernetes' own objective for the 99th percentile of mutating
///   requests (SIG Scalability, API call latency SLO); watch 1 s and the garbage collector's 5 s are assumptions.
pub fn preset(preset: Preset) -> Config {
    let (api, watch, gc) = match preset {
        Preset::Measured | Preset::Openshift | Preset::Cce => (3, 2, 100),
        Preset::Ideal => (0, 0, 0),
        Preset::Slow => (1_000, 1_000, 5_000),
    };
    let throttle = match preset {
        Preset::Measured | Preset::Slow => Some(RateLimit::default()),
        Preset::Openshift => Some(RateLimit { qps: 150.0, burst: 300.0 }),
        Preset::Cce => Some(RateLimit { qps: 100.0, burst: 100.0 }),
        Preset::Ideal => None,
    };
    Config {
        api_latency: SimDuration::from_millis(api).into(),
        watch_latency: SimDuration::from_millis(watch).into(),
        gc_latency: SimDuration::from_millis(gc),
        throttle,
        events_throttled: throttle.is_some(),
        ..Config::default()
    }
}

/// The cluster of a release that a scenario describes. Windows are relative to `start`, files to `folder`.
///
/// # Errors
/// Values that are out of range, or files that cannot be read.
pub fn resolve(
    cluster: &ClusterSpec,
    release: &Release,
    start: SimTime,
    folder: &Path,
) -> Result<Config, FieldProblem> {
    let mut config = preset(cluster.preset.unwrap_or_default());
    let set = |into: &mut SimDuration, span: &Option<super::scalars::Span>| {
        if let Some(span) = span {
            *into = span.0;
        }
    };
    latency("apiLatency", &mut config.api_latency, &cluster.api_latency, folder)?;
    latency("watchLatency", &mut config.watch_latency, &cluster.watch_latency, folder)?;
    set(&mut config.gc_latency, &cluster.gc_latency);
    throttle(cluster, &mut config)?;
    config.slots = cluster.slots;
    if config.slots == Some(0) {
        return Err(FieldProblem::new("slots", "0 slots have no room for any Pod: at least 1"));
    }
    config.kueue = super::kueue::resolve(cluster)?;
    for window in &cluster.create_failures {
        if window.from.0 >= window.to.0 {
            return Err(FieldProblem::new("createFailures", "a window must end after it begins"));
        }
        config.create_failures.push((start + window.from.0, start + window.to.0));
    }
    config.clocks = Clocks {
        nodes: cluster.clocks.nodes.unwrap_or_default().0,
        controllers: cluster.clocks.controllers.unwrap_or_default().0,
    };
    config.params = params(release.job_controller, &cluster.controller)?;
    config.cron_params = release.cronjob_controller;
    Ok(config)
}

/// Sets a latency that the scenario specifies.
fn latency(field: &'static str, into: &mut Latency, written: &Option<Dist>, folder: &Path) -> Result<(), FieldProblem> {
    let Some(dist) = written else { return Ok(()) };
    let distribution = distribution(dist, folder).map_err(|message| FieldProblem::new(field, message))?;
    let Some(distribution) = distribution else {
        return Err(FieldProblem::new(field, "must be a time: it cannot be never"));
    };
    // A constant needs no random number, and may be zero.
    *into = match distribution.as_constant() {
        Some(seconds) => Latency::Fixed(SimDuration::from_secs_f64(seconds)),
        None => Latency::Random(distribution),
    };
    Ok(())
}

/// The kubelets that a scenario describes.
///
/// # Errors
/// Delays that are zero, or that the kubelets of this release do not accept.
pub fn kubelet(cluster: &ClusterSpec, rules: ReleaseRules) -> Result<RestartSchedule, FieldProblem> {
    let (written, mut kubelet) = (&cluster.kubelet, RestartSchedule::default());
    let settings = CrashLoopSettings {
        max_gate: rules.has(ReleaseRule::ConfiguresRestartBackoff),
        reduced_gate: rules.has(ReleaseRule::ShortensRestartBackoff),
        max_container_restart_period: written.max_restart_backoff.map(|max| max.0),
    };
    if settings.max_container_restart_period.is_some() && !settings.max_gate {
        let what = "kubelets of this release take it only with the feature gate KubeletCrashLoopBackOffMax";
        return Err(FieldProblem::new("kubelet.maxRestartBackoff", what));
    }
    kubelet.delays = settings.delays();
    kubelet.looks_when_over = rules.has(ReleaseRule::LooksWhenBackoffEnds);
    let initial = written.restart_backoff.as_ref().map_or(kubelet.delays.initial, |span| span.0);
    // As in the kubelet, a maximum below the first delay shortens that too.
    kubelet.delays = Delays { initial: initial.min(kubelet.delays.max), ..kubelet.delays };
    for (field, delay) in
        [("kubelet.maxRestartBackoff", kubelet.delays.max), ("kubelet.restartBackoff", kubelet.delays.initial)]
    {
        if !delay.is_positive() {
            return Err(FieldProblem::new(field, "must be longer than zero"));
        }
    }
    kubelet.looks = written.jitter.unwrap_or(kubelet.looks);
    Ok(kubelet)
}

fn throttle(cluster: &ClusterSpec, config: &mut Config) -> Result<(), FieldProblem> {
    let Some(throttle) = &cluster.client_throttle else { return Ok(()) };
    let mut size = config.throttle.unwrap_or_default();
    if let Some(qps) = throttle.qps {
        if !(qps.is_finite() && (0.0..=1e9).contains(&qps)) {
            return Err(FieldProblem::new(
                "clientThrottle.qps",
                format!("{qps} requests a second: from 0 (no throttle) to 1e9"),
            ));
        }
        size.qps = qps;
    }
    if let Some(burst) = throttle.burst {
        if burst == 0 {
            return Err(FieldProblem::new("clientThrottle.burst", "must be 1 at least"));
        }
        size.burst = f64::from(burst);
    }
    config.throttle = (size.qps > 0.0).then_some(size);
    config.events_throttled = config.throttle.is_some() && throttle.events.unwrap_or(true);
    Ok(())
}

fn params(mut params: JobControllerParams, controller: &ControllerSpec) -> Result<JobControllerParams, FieldProblem> {
    let c = controller;
    let spans = [
        (&mut params.pod_failure_backoff, &c.pod_failure_backoff),
        (&mut params.max_pod_failure_backoff, &c.max_pod_failure_backoff),
        (&mut params.sync_batch_period, &c.sync_batch_period),
        (&mut params.requeue_backoff, &c.requeue_backoff),
        (&mut params.max_requeue_backoff, &c.max_requeue_backoff),
        (&mut params.expectations_timeout, &c.expectations_timeout),
    ];
    for (into, span) in spans {
        if let Some(span) = span {
            *into = span.0;
        }
    }
    // The back-off doubles: from zero it would stay zero, and what fails would be retried for ever at one instant.
    if !params.requeue_backoff.is_positive() {
        return Err(FieldProblem::new("controller.requeueBackoff", "must be longer than zero"));
    }
    params.max_pods_per_sync = count("controller.maxPodsPerSync", c.max_pods_per_sync, params.max_pods_per_sync)?;
    let uncounted = params.max_uncounted_pods as i32;
    params.max_uncounted_pods = count("controller.maxUncountedPods", c.max_uncounted_pods, uncounted)? as usize;
    let batch = params.slow_start_initial_batch;
    params.slow_start_initial_batch = count("controller.slowStartInitialBatch", c.slow_start_initial_batch, batch)?;
    let workers = count("controller.concurrentJobSyncs", c.concurrent_job_syncs, params.workers as i32)?;
    if workers > MOST_WORKERS as i32 {
        return Err(FieldProblem::new(
            "controller.concurrentJobSyncs",
            format!("{workers} workers: at most {MOST_WORKERS} are simulated"),
        ));
    }
    params.workers = workers as usize;
    Ok(params)
}

/// A count of at least 1.
fn count(field: &'static str, given: Option<u32>, otherwise: i32) -> Result<i32, FieldProblem> {
    match given {
        None => Ok(otherwise),
        Some(n) => match i32::try_from(n) {
            Ok(n @ 1..) => Ok(n),
            _ => Err(FieldProblem::new(field, format!("{n} is out of range: from 1 to {}", i32::MAX))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::ThrottleSpec;
    use super::*;
    use crate::release::MODELLED;

    #[test]
    fn a_throttle_of_zero_is_none() {
        let throttle = ThrottleSpec { qps: Some(0.0), burst: None, events: None };
        let cluster = ClusterSpec { client_throttle: Some(throttle), ..ClusterSpec::default() };
        let config = resolve(&cluster, &MODELLED, SimTime::ZERO, Path::new("")).unwrap();
        assert_eq!((config.throttle, config.events_throttled), (None, false));
        for qps in [-1.0, f64::NAN, f64::INFINITY] {
            let throttle = ThrottleSpec { qps: Some(qps), burst: None, events: None };
            let cluster = ClusterSpec { client_throttle: Some(throttle), ..ClusterSpec::default() };
            assert!(resolve(&cluster, &MODELLED, SimTime::ZERO, Path::new("")).is_err(), "{qps}");
        }
    }

    #[test]
    fn a_given_burst_keeps_the_default_rate() {
        let throttle = ThrottleSpec { qps: None, burst: Some(5), events: Some(false) };
        let cluster =
            ClusterSpec { preset: Some(Preset::Ideal), client_throttle: Some(throttle), ..ClusterSpec::default() };
        let config = resolve(&cluster, &MODELLED, SimTime::ZERO, Path::new("")).unwrap();
        assert_eq!((config.throttle, config.events_throttled), (Some(RateLimit { qps: 20.0, burst: 5.0 }), false));
    }
}
