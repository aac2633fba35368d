//! The reference of measures: each response with its unit, what it counts, and how Jobs are taken together; and the
//! forms in which it can be asked for. `docs/measures.md` is this text, and `jobsim explain --measure` shows a part of
//! it.

use super::answer_lines::{AnswerLine, KUBECTL_WORDS};
use super::headline::OTHER_CAUSES;
use super::verdict::judged_words;
use crate::api::JobReason;
use crate::experiment::{Combined, JobEnd, MAKESPAN, Response, Unit};
use crate::record::{OvershootCause, PathCause};

/// A form of measure.
struct Form {
    form: &'static str,
    example: &'static str,
    about: &'static str,
}

const FORMS: [Form; 9] = [
    Form {
        form: "P(event)",
        example: "P(Complete) >= 99%",
        about: "the share of replications in which the event happens, with Wilson's interval",
    },
    Form {
        form: "mean(response)",
        example: "mean(podsCreated) < 12",
        about: "the mean over replications, with the t interval; never if a replication never gets that far",
    },
    Form {
        form: "median(response), p95(response), p99.9(response)",
        example: "p95(duration) <= 1h",
        about: "a quantile over replications, with the order-statistic interval; replications that never get that far count \
                as infinite",
    },
    Form {
        form: "min(response), max(response)",
        example: "max(overshoot) == 0",
        about: "the least and the largest of all replications; more replications could only extend them, so one side has no \
                bound",
    },
    Form {
        form: "mean(cost of spot)",
        example: "mean(cost of spot) <= 5",
        about: "a statistic of one pool of nodes, here `spot`: of `nodeTime`, `cost` or `idleCost`",
    },
    Form {
        form: "share(doneBy('06:00'))",
        example: "share(nightly.doneBy('06:00')) >= 95%",
        about: "of the starts of CronJobs that were due, made or not: those whose Job is Complete when the clock next shows \
                this time, in the CronJob's time zone (or `doneBy('06:00 Europe/Berlin')`); of other Jobs from their creation, in \
                UTC",
    },
    Form {
        form: "share(complete within 4h), share(finished within 4h)",
        example: "share(complete within 4h) >= 95%",
        about: "of the starts that were due, made or not, counted from the scheduled time; of other Jobs from their creation",
    },
    Form {
        form: "share(longer than 4h)",
        example: "share(longer than 4h) < 5%",
        about: "of the Jobs: those that take longer from their creation",
    },
    Form {
        form: "share(event)",
        example: "share(retries > 2) <= 1%",
        about: "of the Jobs that are over: those to which the event happens",
    },
];

/// How a unit is written.
fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Time => "time",
        Unit::Count => "count",
        Unit::Share => "share",
        Unit::Amount => "money",
    }
}

/// How several Jobs are taken together.
fn combined(response: Response) -> &'static str {
    match response.combined() {
        Combined::Sum => "sum",
        Combined::Largest => "largest",
        Combined::Together => "of all together",
        Combined::LastOfAll => "from the first creation to the last Job's",
        Combined::LargestOfCronJobs => "largest of the CronJobs",
    }
}

/// What a response can be asked of: a Job, a CronJob, or everything in the scenario.
fn scope(response: Response) -> &'static str {
    match response {
        r if r.is_of_cronjobs() => "CronJobs",
        r if r.is_of_nodes() => "all, with nodes",
        Response::Duration | Response::TimeToComplete | Response::AllCreated | Response::AllRunning => "Jobs",
        _ => "Jobs, CronJobs, all",
    }
}

/// The page, in Markdown.
pub fn measures_page() -> String {
    let mut text = "# Measures\n\nWhat can be asked of an experiment: in `expect:` of a scenario, `--expect` and `--show` of `jobsim \
                    run`, `--show` of `sweep` and `compare`, `--goal` of `solve`, and `--precision`. `jobsim explain --measure NAME` \
                    shows one. This page is made from the code.\n\n## Forms\n\n"
        .to_owned();
    text += "| form | as a goal | what it is |\n|---|---|---|\n";
    for Form { form, example, about } in &FORMS {
        text += &format!("| `{form}` | `{example}` | {about} |\n");
    }
    text += &format!(
        "\nA Job or CronJob may stand before: `import: P(Complete)`, `p95(import.duration)`. Events are an end ({}), a reason ({}), \
         `complete within 1h`, `finished within 1h` and comparisons of a response (`podsCreated > 12`). `P`, means and quantiles \
         may end in `| event`: only replications in which it happens count. A goal compares a measure: `>=`, `>`, `<=`, `<`, `==`, \
         `!=`. It *holds* by its estimate, and is *sure* if the whole interval agrees; with `--sure` only that is a pass.\n",
        JobEnd::ALL.map(|end| format!("`{}`", end.as_str())).join(", "),
        JobReason::ALL.map(|reason| format!("`{}`", reason.as_str())).join(", "),
    );
    text += "\nThings of one replication may depend on one another, so a `share` takes the replication as the unit: its interval is \
             Wilson's with the effective number of things (Kish), and if all went alike that of the number of replications. One \
             replication alone has no interval. What is due after virtual time has ended counts neither way.\n\n## Responses\n\n";
    text += "*Of several* says how Jobs are taken together. `path…` splits the life of a Job by what held up its end: a chain of Pods and of \
             what was waited for between them, so the parts add up to the Job's life. Jobs that go on when the days of a CronJob are \
             over are `jobsUnfinished`; they count neither as Complete nor as failed, and their Pods are no waste.\n\n";
    text += "| name | unit | what it is | of | of several |\n|---|---|---|---|---|\n";
    for response in Response::ALL {
        let (name, about) = (response.name(), response.about());
        text += &format!(
            "| `{name}` | {} | {about} | {} | {} |\n",
            unit(response.unit()),
            scope(*response),
            combined(*response)
        );
    }
    text += &format!(
        "| `{MAKESPAN}` | time | another name of `duration`, for several Jobs | Jobs | from the first creation to the last Job's |\n"
    );
    text + &where_they_are()
}

/// Which answer for people has which figure, by the words next to it.
fn where_they_are() -> String {
    let mut text = "\n## In answers\n\nWhere `run` and the other commands show a figure for people, by the words beside it. Names with \
                    dots and brackets are fields of `-o json` ([output.md](output.md)) or of a scenario ([scenario.md](scenario.md)). \
                    Tables are headed by measures, by settings, or by these words.\n\n| line | what it is about | words | figure |\n\
                    |---|---|---|---|\n"
        .to_owned();
    for line in AnswerLine::ALL {
        for (words, name) in line.figures() {
            text += &format!("| `{}:` | {} | {words} | {name} |\n", line.label(), line.about());
        }
    }
    let time = AnswerLine::Time;
    for cause in PathCause::ALL {
        let name = Response::of_path(cause).name();
        text += &format!("| `{}:` | {} | {} | {name} |\n", time.label(), time.about(), cause.as_str());
        text += &format!("| table `CRITICAL PATH` | shares of the path | {} | {name} |\n", cause.heading());
    }
    text += &format!("| `{}:` | {} | {OTHER_CAUSES} | path… below 0.5 % |\n", time.label(), time.about());
    text += "| table `CRITICAL PATH` | shares of the path | JOBS | jobs in the row |\n| table `CRITICAL PATH` | shares of the path | LIFE | \
             the sum of path… |\n";
    for (words, name) in judged_words() {
        text += &format!("| verdict of `compare` | mean differences of pairs | {words} | {name} |\n");
    }
    for (words, name) in UPGRADE_WORDS {
        text += &format!("| `upgrade` | a Job before → after | {words} | {name} |\n");
    }
    for (words, name) in SCHEDULE_WORDS {
        text += &format!("| `schedule` | Pods and nodes now | {words} | {name} |\n");
    }
    for cause in OvershootCause::ALL {
        let words = cause.as_str();
        text += &format!(
            "| `{}:` | {} | {words} | overshootByCause |\n",
            AnswerLine::Overshoot.label(),
            AnswerLine::Overshoot.about()
        );
    }
    let kubectl: Vec<String> = KUBECTL_WORDS.iter().map(|word| format!("`{word}`")).collect();
    text + &format!(
        "\nkubectl's own views have kubectl's words: {}. Its Events, messages and conditions are quoted. Columns `mean`, `p50`, `p95` and \
         `p99` of many replications are estimates of the response that the row is named after.\n",
        kubectl.join(", ")
    )
}

/// The words of `upgrade`, each with the measure or the field of `-o json` that it stands for.
const UPGRADE_WORDS: [(&str, &str); 15] = [
    ("end", "the end and its reason"),
    ("Pods created", "podsCreated"),
    ("Pods succeeded", "podsSucceeded"),
    ("Pods failed", "podsFailed"),
    ("Pods deleted before they finished", "podsDeleted"),
    ("container restarts", "containerRestarts"),
    ("edits refused", "actionsRefused"),
    ("duration", "duration"),
    ("replication", "the replications that were run"),
    ("after the start", "parting.seconds"),
    ("active", "status.active"),
    ("ready", "status.ready"),
    ("terminating", "status.terminating"),
    ("uncounted", "status.uncountedTerminatedPods"),
    ("job/", "the object that differs"),
];

/// The words of `schedule`, each with the field of `-o json` that it stands for.
const SCHEDULE_WORDS: [(&str, &str); 6] = [
    ("fit now", "podsThatFit of podsAtOnce"),
    ("ONE POD", "obstacles of a first Pod"),
    ("PODS", "nodes[].pods"),
    ("ONE MORE", "obstaclesOfNext"),
    ("Pool", "pools[]"),
    ("preempt", "preemption.victims"),
];

/// The names that [`measure_text`] knows, for suggestions. It knows other quantiles than p95, too.
pub fn measure_names() -> impl Iterator<Item = &'static str> {
    let forms = ["P", "share", "mean", "median", "min", "max", "p95", MAKESPAN];
    Response::ALL.iter().map(|response| response.name()).chain(forms)
}

/// One response or form, for people; `None` if none has this name.
pub fn measure_text(name: &str) -> Option<String> {
    let is_quantile = name.strip_prefix('p').is_some_and(|p| p.parse::<f64>().is_ok());
    let word = if is_quantile { "p95" } else { name };
    let forms: Vec<&Form> =
        FORMS.iter().filter(|form| form.form.split(", ").any(|one| one.split('(').next() == Some(word))).collect();
    if !forms.is_empty() {
        return Some(
            forms.iter().map(|f| format!("{}\n  {}\n  as a goal: {}\n", f.form, f.about, f.example)).collect(),
        );
    }
    let response = Response::named(name)?;
    let (name, about) = (response.name(), response.about());
    let example = match response.unit() {
        Unit::Time => format!("p95({name}) <= 1h"),
        Unit::Count => format!("max({name}) <= 3"),
        Unit::Share => format!("mean({name}) >= 60%"),
        Unit::Amount => format!("mean({name}) <= 12.50"),
    };
    Some(format!(
        "{name}: {about}\n  unit:        {}\n  asked of:    {}\n  of several:  {}\n  as a goal:   {example}\n  of each Job: share({name} > …)\n",
        unit(response.unit()),
        scope(response),
        combined(response)
    ))
}
