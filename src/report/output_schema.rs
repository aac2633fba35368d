//! The JSON Schema of what `run`, `sweep`, `compare` and `solve` print with `-o json`: `docs/output.schema.json`. What
//! `--save` writes has another format (`docs/results.md`); records and statistics are the same in both.

use super::json::ANSWER_VERSION;
use serde_json::{Value, json};

/// Fields of an object, each with its schema and its meaning.
fn object(about: &str, fields: &[(&str, Value, &str)], optional: &[&str]) -> Value {
    let mut properties = serde_json::Map::new();
    for (name, of, about) in fields {
        let mut of = of.clone();
        of["description"] = json!(about);
        properties.insert((*name).to_owned(), of);
    }
    let required: Vec<&str> = fields.iter().map(|(name, ..)| *name).filter(|name| !optional.contains(name)).collect();
    json!({
        "type": "object", "description": about, "properties": properties, "required": required, "additionalProperties": false,
    })
}

fn list(of: Value) -> Value {
    json!({"type": "array", "items": of})
}

fn of(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

fn kind(name: &str) -> Value {
    json!({"type": name})
}

fn or_null(name: &str) -> Value {
    json!({"type": [name, "null"]})
}

/// A number, `"never"`, or none.
fn number_or_never() -> Value {
    json!({"type": ["number", "string", "null"]})
}

/// The whole schema.
pub fn output_schema() -> Value {
    let mut schema = object("An answer of jobsim run, sweep, compare or solve with -o json.", &head(), &OPTIONAL);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("jobsim answer");
    schema["$defs"] = json!({
        "summary": summary(),
        "series": series(),
        "end": end(),
        "statistics": statistics(),
        "quantile": quantile(),
        "cause": cause(),
        "goal": goal(),
        "measure": measure(),
        "point": point(),
        "open": {"type": "object", "description": "An object whose fields docs/results.md lists."},
    });
    schema
}

/// What only some commands print.
const OPTIONAL: [&str; 15] = [
    "assumed",
    "summary",
    "goals",
    "measures",
    "start",
    "endSeconds",
    "settledSeconds",
    "cut",
    "jobs",
    "cronJobs",
    "record",
    "points",
    "refused",
    "comparisons",
    "solution",
];

fn head() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("format", json!({"const": "jobsim/answer"}), "what this is"),
        (
            "formatVersion",
            json!({"const": ANSWER_VERSION}),
            "raised when a field changes its meaning or disappears; new ones may come",
        ),
        ("jobsim", kind("string"), "the version that wrote it"),
        ("kubernetes", kind("string"), "the release that is modelled"),
        ("kind", json!({"enum": ["run", "sweep", "compare", "solve"]}), "the command"),
        ("partial", kind("boolean"), "whether it was interrupted"),
        ("seed", kind("integer"), "the seed of all random numbers"),
        ("question", or_null("string"), "of the scenario"),
        (
            "assumed",
            list(kind("string")),
            "run: fields of the behaviour of Pods that nobody gave, so that they have their defaults",
        ),
        ("summary", of("summary"), "run: the estimates; of one replication its numbers"),
        ("goals", list(of("goal")), "run: expect: of the scenario and --expect"),
        ("measures", list(of("measure")), "run: --show"),
        ("start", kind("string"), "run, one replication: the wall clock when virtual time begins"),
        ("endSeconds", kind("number"), "run, one replication: when it stopped, since the start"),
        (
            "settledSeconds",
            kind("number"),
            "run, one replication with nodes: when the last change was made, if Pods then never end or find no node",
        ),
        ("cut", kind("boolean"), "run, one replication: whether more would have happened"),
        ("jobs", list(of("open")), "run, one replication: each Job; times since its creation"),
        ("cronJobs", list(of("open")), "run, one replication: each CronJob with its starts; times since the start"),
        ("record", of("open"), "run, one replication: its flat record"),
        ("points", list(of("point")), "sweep, compare, solve: the design points"),
        ("refused", list(of("open")), "sweep: points that were left out, with the reason"),
        ("comparisons", list(of("open")), "compare: paired differences to the base, and the verdict in words"),
        ("solution", of("open"), "solve: what was found"),
    ]
}

fn summary() -> Value {
    object(
        "The estimates of a point.",
        &[
            ("replications", kind("integer"), "how many there were"),
            ("partial", kind("boolean"), "whether they are fewer than asked for"),
            ("confidence", kind("number"), "of every interval"),
            ("cut", kind("integer"), "replications that the end of virtual time cut off"),
            ("all", of("series"), "all Jobs together"),
            ("series", list(of("series")), "each Job or CronJob, if there are several"),
        ],
        &["series"],
    )
}

fn series() -> Value {
    object(
        "The estimates for one Job or CronJob, or for all together.",
        &[
            ("job", kind("string"), "its name, or `all`"),
            ("jobs", kind("integer"), "the most Jobs that it had in a replication"),
            ("ends", list(of("end")), "how often each end occurred"),
            ("responses", list(of("statistics")), "each response: docs/measures.md"),
            (
                "above",
                list(kind("number")),
                "for how many seconds, on average, at least 1, 2, 3 … Pods ran above parallelism",
            ),
            ("overshoot", of("cause"), "how often more Pods than parallelism ran"),
            ("overshootByCause", list(of("cause")), "the same by cause"),
        ],
        &[],
    )
}

fn end() -> Value {
    object(
        "How often a Job ended so.",
        &[
            ("end", json!({"enum": ["Complete", "Failed", "Deleted", "Unfinished", "NotCreated"]}), "the end"),
            ("reason", kind("string"), "of the condition; empty without one"),
            ("count", kind("integer"), "in how many replications"),
            ("probability", kind("number"), "the share of replications"),
            ("interval", list(kind("number")), "Wilson's interval"),
            ("duration", json!({"anyOf": [of("statistics"), {"type": "null"}]}), "the time to finish in these"),
        ],
        &[],
    )
}

fn statistics() -> Value {
    object(
        "A response over replications.",
        &[
            ("name", kind("string"), "the response"),
            ("unit", json!({"enum": ["seconds", "share", "amount", ""]}), "empty for counts"),
            ("count", kind("integer"), "how many replications"),
            ("never", kind("integer"), "how many never got that far"),
            ("mean", or_null("number"), "of those that did"),
            ("meanInterval", json!({"type": ["array", "null"], "items": {"type": "number"}}), "the t interval"),
            ("sd", or_null("number"), "the standard deviation"),
            ("min", number_or_never(), "the least"),
            ("max", number_or_never(), "the largest, or `never`"),
            ("quantiles", list(of("quantile")), "of 0.5, 0.95 and 0.99"),
        ],
        &[],
    )
}

fn quantile() -> Value {
    object(
        "A quantile with its order-statistic interval.",
        &[
            ("p", kind("number"), "the probability"),
            ("value", number_or_never(), "the estimate, or `never`"),
            ("low", number_or_never(), "null if the replications are too few to bound it"),
            ("high", number_or_never(), "the same"),
        ],
        &[],
    )
}

fn cause() -> Value {
    object(
        "How often more Pods than parallelism ran, by a cause.",
        &[
            ("cause", kind("string"), "the cause, or `any`"),
            ("count", kind("integer"), "in how many replications"),
            ("probability", kind("number"), "the share of replications"),
            ("interval", list(kind("number")), "Wilson's interval"),
            ("total", of("open"), "episodes and seconds summed over replications, and the most Pods"),
        ],
        &[],
    )
}

fn goal() -> Value {
    object(
        "Whether a goal holds.",
        &[
            ("goal", kind("string"), "as it was written"),
            ("holds", kind("boolean"), "by the estimate"),
            ("sure", kind("boolean"), "whether the whole interval says the same"),
            ("value", number_or_never(), "the estimate"),
            ("low", number_or_never(), "the lower end of its interval"),
            ("high", number_or_never(), "the upper end"),
            ("bound", kind("number"), "of the goal"),
            ("unit", kind("string"), "`probability`, `seconds`, `share`, `amount`, or empty for counts"),
        ],
        &[],
    )
}

fn measure() -> Value {
    object(
        "The estimate of a measure.",
        &[
            ("measure", kind("string"), "as it was written"),
            ("unit", kind("string"), "as of a goal"),
            ("value", number_or_never(), "the estimate"),
            ("low", number_or_never(), "the lower end of its interval"),
            ("high", number_or_never(), "the upper end"),
        ],
        &[],
    )
}

fn point() -> Value {
    object(
        "A design point.",
        &[
            ("name", kind("string"), "its name"),
            ("settings", list(of("open")), "what is set in it: path, value, and the number in its unit"),
            ("measures", list(of("measure")), "what is shown of it"),
            ("goals", list(of("goal")), "what should hold"),
            ("summary", of("summary"), "the estimates"),
        ],
        &["measures", "goals"],
    )
}
