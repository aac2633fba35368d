//! Tests of the table of responses: names, and which stand together.

use super::*;

#[test]
fn names_are_unique_and_found() {
    for response in Response::ALL {
        assert_eq!(Response::named(response.name()), Some(*response), "{response:?}");
        assert!(!response.about().is_empty());
    }
    assert_eq!(Response::named("nothing"), None);
}

/// A name is written twice, as a variant and as text: alike.
#[test]
fn names_are_those_of_the_variants() {
    for response in Response::ALL {
        assert_eq!(format!("{response:?}").to_lowercase(), response.name().to_lowercase());
    }
}

#[test]
fn the_responses_about_nodes_stand_together() {
    let none = Outcome::default();
    for response in Response::ALL.iter().filter(|r| r.is_of_nodes()) {
        assert!(matches!(response.of(&none), None | Some(0)), "{response:?}");
    }
    assert_eq!(Response::ALL.iter().filter(|r| r.is_of_nodes()).count(), 28);
}

#[test]
fn a_failed_job_never_completes() {
    let failed = Outcome { end: JobEnd::Failed, duration: Some(SimDuration::from_secs(5)), ..Outcome::default() };
    let value = |response: Response| response.of(&failed);
    assert_eq!((value(Response::Duration), value(Response::TimeToComplete)), (Some(5_000_000_000), None));
    assert_eq!((value(Response::FirstRunning), value(Response::Retries)), (None, Some(0)));
}
