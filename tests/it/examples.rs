//! The programs in `examples/` say what they said when they were written. Cargo compiles them for itself as well.

#[allow(dead_code)] // `main` is for cargo
#[path = "../../examples/one_replication.rs"]
mod one_replication;
#[allow(dead_code)]
#[path = "../../examples/probability.rs"]
mod probability;
#[allow(dead_code)]
#[path = "../../examples/validate.rs"]
mod validate;

#[test]
fn one_replication_tells_the_waits() {
    insta::assert_snapshot!(one_replication::answer().expect("it is a scenario"), @r"
    Failed after 9m1s, with 8 Pods
    failing: waited 18.486s (back-off 20s after 2 failures)
    failing: waited 1m18s (back-off 1m20s after 4 failures)
    failing: waited 5m18s (back-off 5m20s after 6 failures)
    ");
}

#[test]
fn many_replications_tell_a_probability() {
    insta::assert_snapshot!(probability::answer().expect("it is a scenario"), @"P(complete within 15m) = 0.920, 95 % interval [0.893, 0.941], 500 replications");
}

#[test]
fn a_manifest_is_judged() {
    insta::assert_snapshot!(validate::answer(), @r#"
    job.yaml:7:3: error: spec.paralelism: there is no such field in JobSpec (did you mean "parallelism"?)
    refused
    "#);
}
