//! The reference pages in `docs/` are what the code says today. `JOBSIM_WRITE_DOCS=1 cargo test --test it reference` writes
//! them.

use crate::cli::outcome;
use jobsim::experiment::{Measure, Response};
use jobsim::report::{distributions_page, measures_page, output_schema};
use jobsim::scenario::scenario_page;
use std::fs;
use std::path::Path;

/// Compares a page with what it should be, or writes it.
fn is_page(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("JOBSIM_WRITE_DOCS").is_some() {
        fs::write(&path, text).expect("it can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "docs/{name}: JOBSIM_WRITE_DOCS=1 cargo test --test it reference writes it");
}

#[test]
fn the_pages_are_made_from_the_code() {
    is_page("scenario.md", &scenario_page());
    is_page("distributions.md", &distributions_page());
    is_page("measures.md", &measures_page());
    let schema = serde_json::to_string_pretty(&output_schema()).expect("it is JSON") + "\n";
    is_page("output.schema.json", &schema);
}

/// Each name and each example on the page is one that can be asked.
#[test]
fn every_measure_on_the_page_is_read() {
    let page = measures_page();
    let series = ["nightly", "import"].map(Into::into);
    for response in Response::ALL {
        let name = response.name();
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
        Measure::parse(&format!("p95({name})"), &series).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    let goals: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `") && line.contains("("))
        .filter_map(|line| line.split('`').nth(3))
        .collect();
    let examples: Vec<&&str> = goals.iter().filter(|goal| goal.contains(['<', '>', '='])).collect();
    assert!(examples.len() >= 8, "{goals:?}");
    for goal in examples {
        jobsim::Goal::parse(goal, &series).unwrap_or_else(|e| panic!("{goal}: {e}"));
    }
}

#[test]
fn a_measure_is_explained_by_its_name() {
    let (text, _, code) = outcome(&["explain", "--measure", "allRunning"]);
    assert!(code == 0 && text.contains("until each Pod") && text.contains("time"), "{text}");
    let (text, _, _) = outcome(&["explain", "--measure", "share(doneBy)"]);
    assert!(text.contains("share(doneBy('06:00'))") && text.contains("share(longer than 4h)"), "{text}");
    let (text, _, _) = outcome(&["explain", "--measure", "p99"]);
    assert!(text.contains("quantile"), "{text}");
    let (_, talk, code) = outcome(&["explain", "--measure", "alRunning"]);
    assert!(code == 2 && talk.contains("did you mean \"allRunning\""), "{talk}");
}

/// Every field of the format has a row with an example.
#[test]
fn every_field_of_a_scenario_has_an_example() {
    let page = scenario_page();
    let rows: Vec<&str> =
        page.lines().filter(|line| line.starts_with("| `") && !line.starts_with("| `field")).collect();
    assert!(rows.len() > 100, "{} rows", rows.len());
    for row in rows {
        let cells: Vec<&str> = row.split(" | ").collect();
        let field = cells[0].trim_start_matches("| ").trim_matches('`');
        assert_eq!(cells.len(), 5, "{row}");
        assert!(cells[4].starts_with(&format!("`{field}: ")) && cells[3].len() > 4, "{row}");
    }
}
