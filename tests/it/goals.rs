//! Goals and measures that cannot mean anything for an input are refused, with the measure that does.

use crate::cli::outcome;
use crate::toy::{folder, write};

/// The case night4: of a CronJob, `complete within` was 0 % in silence.
#[test]
fn a_goal_that_means_nothing_is_refused_with_the_measure_that_does() {
    let root = folder("batch-meaningless");
    let scenario = |goal: &str| {
        let text = format!(
            "apiVersion: jobsim/v1\nkind: Scenario\nuntil: 2d\njobs:\n- inline:\n    apiVersion: batch/v1\n    kind: CronJob\n    \
             metadata: {{name: nightly}}\n    spec:\n      schedule: \"0 2 * * *\"\n      jobTemplate: {{spec: {{template: {{spec: \
             {{restartPolicy: Never, containers: [{{name: c, image: i}}]}}}}}}}}\nexpect: [\"{goal}\"]\n"
        );
        write(root.join("night4.yaml"), [text]).display().to_string()
    };
    for (goal, instead) in [
        ("P(complete within 4h) >= 95%", "P(longestJob <= 4h)"),
        ("P(finished within 4h) >= 95%", "P(longestJob <= 4h)"),
        ("p95(duration) <= 4h", "p95(longestJob)"),
        ("mean(retries | complete within 4h) <= 1", "P(longestJob <= 4h)"),
    ] {
        let (_, talk, code) = outcome(&["run", &scenario(goal), "-n", "2"]);
        assert_eq!(code, 2, "{goal}: {talk}");
        assert!(talk.contains("expect[0]") && talk.contains(instead), "{goal}: {talk}");
    }
    for goal in ["P(longestJob <= 4h) >= 95%", "P(Complete) >= 50%", "max(jobsUnfinished) <= 0"] {
        let (_, talk, code) = outcome(&["run", &scenario(goal), "-n", "2"]);
        assert_eq!(code, 0, "{goal}: {talk}");
    }
    let file = scenario("P(Complete) >= 50%");
    for flag in [["--precision", "mean(duration)=1m"], ["--set", "expect=[p50(duration) <= 1h]"]] {
        assert_eq!(outcome(&[&["run", &file, "-n", "2"], &flag[..]].concat()).2, 2, "{flag:?}");
    }
    let (_, talk, code) = outcome(&["sweep", &file, "-P", "pods.run=1m..2m:1m", "-n", "2", "--show", "p95(duration)"]);
    assert!(code == 2 && talk.contains("longestJob"), "{talk}");
    let (_, talk, code) = outcome(&["sweep", &file, "-P", "pods.run=1m..2m:1m", "-n", "2"]);
    assert_eq!(code, 0, "{talk}");

    let (_, job) = crate::design::job("batch-meaningless-job");
    let goal = ["solve", &job, "--field", "spec.backoffLimit=0..2", "--goal", "max(skippedStarts) <= 1", "-n", "2"];
    let (_, talk, code) = outcome(&goal);
    assert!(code == 2 && talk.contains("there is no CronJob here"), "{talk}");
}
