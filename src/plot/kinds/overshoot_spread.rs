//! The distribution of overshoot over replications: how often, for how long and by how many Pods `parallelism` was
//! exceeded. The course of one replication is in `overshoot`.

use super::histogram::{HistogramLabels, histogram};
use crate::experiment::{Replication, Response};
use crate::plot::NamedPoint;
use crate::plot::axis::AxisUnit;
use crate::plot::chart::{Chart, Panel};
use crate::plot::number::{count, percent, short, span};

/// The greatest number of points in a picture.
const POINTS: usize = 6;

/// The responses that are shown, each with the title of its panel and the label of its axis.
const SHOWN: [(Response, &str, &str); 3] = [
    (Response::OvershootEpisodes, "How often, over replications", "times in a replication"),
    (Response::OvershootTime, "For how long", "time in a replication"),
    (Response::Overshoot, "How many, at most", "Pods above parallelism"),
];

/// A response of a replication in its unit; 0 if it has none.
fn value(response: Response, replication: &Replication) -> f64 {
    response.of(&replication.all).map_or(0.0, |raw| raw as f64 * response.unit().scale())
}

/// The panels of these points, and a sentence for each point; empty if `parallelism` was never exceeded, or without
/// several replications.
pub fn panels(points: &[NamedPoint]) -> (Vec<Panel>, String) {
    let shown: Vec<&NamedPoint> = points.iter().filter(|p| p.point.records.len() > 1).take(POINTS).collect();
    let column = |response: Response| {
        let of_point = |p: &&NamedPoint| {
            (p.name.clone(), p.point.records.iter().map(|r| value(response, r)).collect::<Vec<f64>>())
        };
        shown.iter().map(of_point).collect::<Vec<_>>()
    };
    let most = column(Response::Overshoot);
    if most.iter().all(|(_, values)| values.iter().all(|&most| most == 0.0)) {
        return (Vec::new(), String::new());
    }
    let panel = |(response, title, measured): (Response, &str, &str)| {
        let unit = if response == Response::OvershootTime { AxisUnit::Seconds } else { AxisUnit::Whole };
        let labels = HistogramLabels { title, measured, of_what: "replications" };
        Panel { height: 130.0, ..histogram(labels, unit, &column(response)) }
    };
    let sentences: Vec<String> = shown.iter().map(|point| sentence(point)).collect();
    (SHOWN.map(panel).into(), sentences.join(" "))
}

/// A chart of all points together, for designs whose points have no charts of their own.
pub fn chart(points: &[NamedPoint]) -> Option<Chart> {
    let (panels, caption) = panels(points);
    let title = "Pods above parallelism, over replications".to_owned();
    (!panels.is_empty()).then_some(Chart { kind: "overshoot", name: "replications".to_owned(), title, caption, panels })
}

fn sentence(point: &NamedPoint) -> String {
    let records = &point.point.records;
    let number = records.len() as f64;
    let mean = |response: Response| records.iter().map(|r| value(response, r)).sum::<f64>() / number;
    let some = records.iter().filter(|r| value(Response::Overshoot, r) > 0.0).count();
    let most = records.iter().map(|r| value(Response::Overshoot, r)).fold(0.0, f64::max);
    let of = if point.name.is_empty() { String::new() } else { format!("{}: ", point.name) };
    let all = count(records.len(), "replication");
    if some == 0 {
        return format!("{of}never above parallelism in {all}.");
    }
    format!(
        "{of}above parallelism in {} of {all}: on average {} times, {} in all of a replication, by at most {}.",
        percent(some as f64 / number),
        short(mean(Response::OvershootEpisodes)),
        span(mean(Response::OvershootTime)),
        count(most as usize, "Pod")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::chart::Geometry;
    use crate::plot::{fixtures, named_points};
    use crate::time::SimDuration;

    #[test]
    fn replications_are_counted_by_how_often_how_long_and_how_many() {
        let mut results = fixtures::replaced_while_terminating();
        assert!(panels(&named_points(&results)).0.is_empty(), "one replication has no distribution");
        let records = &mut results[0].1.points[0].records;
        let record = records[0].clone();
        let with = |most: u32, secs: i64| {
            let mut record = record.clone();
            record.all.overshoot.total.most = most;
            record.all.overshoot.total.episodes = most;
            record.all.overshoot.total.time = SimDuration::from_secs(secs);
            record
        };
        *records = vec![with(0, 0), with(0, 0), with(1, 10), with(3, 50)];
        let (panels, sentence) = panels(&named_points(&results));
        assert_eq!(panels.len(), 3);
        let Geometry::Bars(most) = &panels[2].series[0].geometry else { panic!("bars") };
        assert_eq!(most.iter().map(|bar| bar.y[1]).collect::<Vec<_>>(), [0.5, 0.25, 0.25]);
        assert_eq!(
            sentence,
            "above parallelism in 50\u{a0}% of 4 replications: on average 1 times, 15s in all of a replication, by at most 3 Pods."
        );
    }
}
