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
    insta::assert_snapshot!(one_replication::answer().expect("it is a scenario"), @"");
}

#[test]
fn many_replications_tell_a_probability() {
    insta::assert_snapshot!(probability::answer().expect("it is a scenario"), @"");
}

#[test]
fn a_manifest_is_judged() {
    insta::assert_snapshot!(validate::answer(), @"");
}
