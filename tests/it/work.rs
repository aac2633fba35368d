//! How much work a simulation is, counted and not timed: it grows with what is simulated, and not with its square.

use crate::nodes::resolve_with;
use jobsim::experiment::Simulator;

/// What a scenario of CronJobs that start every minute takes: Jobs, events, syncs of Jobs, and examinations of Jobs that are
/// gone.
fn work_of(cronjobs: usize, minutes: usize) -> [f64; 4] {
    let cronjob = |n: usize| {
        format!(
            "- inline: {{apiVersion: batch/v1, kind: CronJob, metadata: {{name: c{n}}}, spec: {{schedule: '* * * * *', \
             jobTemplate: {{spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: i}}]}}}}}}}}}}}}\n"
        )
    };
    let jobs: String = (0..cronjobs).map(cronjob).collect();
    let text = format!("apiVersion: jobsim/v1\nkind: Scenario\nuntil: {minutes}m\npods: {{run: 20s}}\njobs:\n{jobs}");
    let setup = resolve_with(&text, &[]).expect("it can be simulated").setup;
    let mut simulator = Simulator::new(&setup);
    let simulated = simulator.run(0, false);
    let (jobs, world) = (simulator.outcome(0, simulated).all.jobs, simulator.world());
    [f64::from(jobs), world.dispatched as f64, world.syncs() as f64, world.examined() as f64]
}

/// Many CronJobs start their Jobs, and delete old ones, at the same instants.
#[test]
fn a_job_is_as_much_work_beside_49_cronjobs_as_beside_one() {
    let [one, many] = [work_of(1, 490), work_of(49, 20)].map(|[jobs, work @ ..]| work.map(|count| count / jobs));
    for (n, what) in ["events", "syncs"].into_iter().enumerate() {
        assert!(many[n] < 1.2 * one[n] + 1.0, "{what} of a Job: {} of one CronJob, {} of 49", one[n], many[n]);
    }
    // Jobs that are gone wait together for the watch; at each event one of them is examined, and not all.
    let [events, _, examinations] = many;
    assert!(examinations < 0.2 * events, "{examinations} examinations of a Job, and {events} events");
}
