//! The two sentences with which a study answers its question. Their words are in the scenario (`study.answer`), but not
//! their numbers: each `{measure}` is replaced by the result of the replications. Claims that the words make are listed
//! in `study.holds` and checked. So neither a number nor a word can become outdated unnoticed. It simulates nothing.

use crate::experiment::result::{Point, PointSetting, ResultFile};
use crate::experiment::{Goal, Measure, MeasureTally};
use crate::report;
use std::sync::Arc;

/// The position of the point that a search found.
fn best(result: &ResultFile) -> Option<usize> {
    let value = result.solution.as_ref()?.value.as_ref()?;
    let is_set = |s: &PointSetting| *value == s.value || value.get(&s.path) == Some(&s.value);
    result.points.iter().position(|point| !point.settings.is_empty() && point.settings.iter().all(is_set))
}

/// A text that refers to a point of a design by its number, from 1, or to the one that a search found: `p95(duration) @
/// 2`, `p95(duration) @ best`. Without a number it is the first.
fn of_point<'a, 'b>(text: &'a str, result: &'b ResultFile) -> Result<(&'a str, &'b Point), String> {
    let (text, number) = match text.rsplit_once('@') {
        Some((text, "best")) | Some((text, " best")) => {
            let best =
                best(result).ok_or_else(|| format!("{text:?}: only `solve` has a best point, if it finds one"))?;
            (text.trim(), best + 1)
        }
        Some((text, number)) => {
            (text.trim(), number.trim().parse().map_err(|_| format!("{text:?}: `@` needs a number, or `best`"))?)
        }
        None => (text.trim(), 1_usize),
    };
    let point = number.checked_sub(1).and_then(|n| result.points.get(n));
    let point =
        point.ok_or_else(|| format!("{text:?}: there is no point {number}, there are {}", result.points.len()))?;
    Ok((text, point))
}

/// The names by which a measure can name a Job.
fn series(point: &Point) -> Vec<Arc<str>> {
    let first = point.records.first();
    first.map_or(Vec::new(), |record| record.series.iter().map(|series| series.job.clone()).collect())
}

/// The results of the replications of a point.
fn tally(measure: &Measure, point: &Point) -> Result<MeasureTally, String> {
    let mut tally = MeasureTally::default();
    for record in &point.records {
        if !measure.is_counted(record) {
            return Err("a share can be told of a `run` only".to_owned());
        }
        measure.add(&mut tally, record);
    }
    Ok(tally)
}

/// The replacement of `{…}`: a measure, the value of a field that varies, or the verdict of a comparison or a search.
fn value(text: &str, result: &ResultFile) -> Result<String, String> {
    if text.trim() == "verdict" {
        let of_search = result.solution.iter().flat_map(|solution| solution.verdict.iter());
        let of_comparisons = result.comparisons.iter().flat_map(|comparison| comparison.verdict.iter());
        let verdict = of_search.chain(of_comparisons).next();
        return verdict.cloned().ok_or_else(|| "only `compare` and `solve` have a verdict".to_owned());
    }
    let (text, point) = of_point(text, result)?;
    if let Some(setting) = point.settings.iter().find(|setting| setting.path == text) {
        return Ok(setting.value.as_str().map_or_else(|| setting.value.to_string(), str::to_owned));
    }
    let measure = Measure::parse(text, &series(point)).map_err(|error| error.to_string())?;
    let estimate = measure.estimate(&tally(&measure, point)?, point.summary.confidence);
    let value = estimate.ok_or_else(|| format!("{text}: it did not happen in any replication"))?.value;
    Ok(report::in_unit(value, measure.unit()))
}

/// The sentences with their numbers.
///
/// # Errors
/// Text that is not a measure, or that this result does not contain.
pub fn filled(answer: &str, result: &ResultFile) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = answer;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after.split_once('}').ok_or("a `{` without `}`")?;
        text.push_str(before);
        text += &value(inside, result)?;
        rest = after;
    }
    text.push_str(rest);
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The measures of an answer and of its claims about the first point: shares among them must be counted during its
/// simulation.
pub fn measures(answer: &str, claims: &[String], series: &[Arc<str>]) -> Vec<Measure> {
    let asked = answer.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(inside, _)| inside);
    let asked = asked.filter_map(|text| Measure::parse(text, series).ok());
    asked.chain(claims.iter().filter_map(|claim| Goal::parse(claim, series).ok().map(|goal| goal.measure))).collect()
}

/// Checks what the words of an answer claim.
///
/// # Errors
/// A claim that does not hold, with what was measured.
pub fn check(claims: &[String], result: &ResultFile) -> Result<(), String> {
    for claim in claims {
        let (text, point) = of_point(claim, result)?;
        let goal = Goal::parse(text, &series(point)).map_err(|error| error.to_string())?;
        let found = goal.result(&tally(&goal.measure, point)?, point.summary.confidence);
        if !found.holds {
            let value = found.value.map_or("unknown".to_owned(), |value| report::in_unit(value, goal.measure.unit()));
            return Err(format!("the answer claims {claim}, and it is {value}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Replication;
    use crate::experiment::result::ResultKind;
    use crate::time::SimDuration;

    fn result() -> ResultFile {
        let mut result = ResultFile::new(ResultKind::Run, "v1.37");
        for secs in [60, 90] {
            let mut record = Replication::default();
            record.all.duration = Some(SimDuration::from_secs(secs));
            record.all.pods_created = 3;
            result.points.push(Point { records: vec![record], ..Point::default() });
        }
        result
    }

    #[test]
    fn numbers_come_from_the_replications() {
        let text =
            filled("It takes {mean(duration)},\n  or {mean(duration) @ 2}, with {max(podsCreated)} Pods.", &result());
        assert_eq!(text.unwrap(), "It takes 1m, or 1m30s, with 3 Pods.");
        for wrong in ["{mean(wishes)}", "{mean(duration) @ 3}", "{verdict}", "{mean(duration)"] {
            assert!(filled(wrong, &result()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_claim_that_does_not_hold_is_refused() {
        let claims = |claim: &str| check(&[claim.to_owned()], &result());
        assert_eq!(claims("max(duration) <= 61s"), Ok(()));
        assert!(claims("max(duration)").is_err(), "it compares nothing");
        assert_eq!(
            claims("max(duration) <= 61s @ 2").unwrap_err(),
            "the answer claims max(duration) <= 61s @ 2, and it is 1m30s"
        );
    }
}
