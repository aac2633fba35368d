//! Whether Pods fit, for people and for machines: each node's answer as a table, and as JSON. The answer comes from
//! [`crate::experiment`]; no scheduler runs here.

use super::table::{row, table};
use crate::experiment::{Feasibility, NodeVerdict, Obstacle, PoolVerdict};
use crate::text::thousands;
use serde_json::{Value, json};

/// The largest number of node lines. If there are more nodes, those with the same answer share a line.
const LISTED: usize = 40;

/// The answer about one Job.
pub fn feasibility_text(answer: &Feasibility) -> String {
    let mut text = heading(answer);
    if !answer.nodes.is_empty() {
        text += &table(&rows(answer), "  ", 2);
        let lines = lines(answer).len();
        if lines > LISTED {
            text += &format!("  … {} lines more (-o json has all nodes)\n", thousands((lines - LISTED) as u64));
        }
    }
    if let Some(message) = &answer.message {
        text += &format!("  The scheduler: {message}\n");
    }
    if let Some((node, count)) = &answer.preemption {
        let pods = if *count == 1 { "1 Pod".to_owned() } else { format!("{count} Pods") };
        text += &format!("  It would preempt {pods} of lower priority on {node}.\n");
    }
    answer.pools.iter().for_each(|pool| text += &format!("  {}\n", of_pool(pool)));
    answer.remarks.iter().for_each(|remark| text += &format!("  Note: {remark}\n"));
    text
}

fn heading(answer: &Feasibility) -> String {
    let Feasibility { kind, namespace, name, wanted, fitting, .. } = answer;
    let whose = if *kind == "CronJob" { " of one of its Jobs" } else { "" };
    let verdict = match (wanted, fitting) {
        (1, 1) => format!("its Pod{} fits now", whose.replace(" one of", "")),
        (1, _) => "its Pod does not fit now".to_owned(),
        (wanted, fitting) if wanted == fitting => format!("all {} Pods{whose} fit now", thousands(u64::from(*wanted))),
        (wanted, 0) => format!("none of {} Pods{whose} fits now", thousands(u64::from(*wanted))),
        _ => format!("{} of {} Pods{whose} fit now", thousands(u64::from(*fitting)), thousands(u64::from(*wanted))),
    };
    format!("{kind} {namespace}/{name}: {verdict}\n")
}

/// The lines of the table: the place of a node, and how many nodes with the same answer share the line. The chosen node
/// has a line of its own.
fn lines(answer: &Feasibility) -> Vec<(usize, usize)> {
    let all = answer.nodes.len();
    if all <= LISTED {
        return (0..all).map(|place| (place, 1)).collect();
    }
    let same = |a: &NodeVerdict, b: &NodeVerdict| (&a.first, a.pods, &a.next) == (&b.first, b.pods, &b.next);
    let mut lines: Vec<(usize, usize)> = Vec::new();
    for place in 0..all {
        let is_alike = |(first, _): &&mut (usize, usize)| {
            let is_chosen = |place: usize| answer.choice == Some(place);
            is_chosen(*first) == is_chosen(place) && same(&answer.nodes[*first], &answer.nodes[place])
        };
        match lines.iter_mut().find(is_alike) {
            Some((_, count)) => *count += 1,
            None => lines.push((place, 1)),
        }
    }
    lines
}

fn rows(answer: &Feasibility) -> Vec<Vec<String>> {
    let is_short = !answer.fits();
    let mut rows = vec![match is_short {
        true => row(["NODE", "ONE POD", "PODS", "ONE MORE"]),
        false => row(["NODE", "ONE POD", "PODS"]),
    }];
    for (place, count) in lines(answer).into_iter().take(LISTED) {
        let verdict = &answer.nodes[place];
        let node = match count {
            1 => verdict.node.clone(),
            _ => format!("{} and {} more", verdict.node, thousands(count as u64 - 1)),
        };
        let one = match verdict.first.is_empty() {
            true if answer.choice == Some(place) => "fits, and is chosen".to_owned(),
            true => "fits".to_owned(),
            false => words(&verdict.first),
        };
        let mut cells = vec![node, one, verdict.pods.to_string()];
        if is_short {
            cells.push(if verdict.next == verdict.first { "-".to_owned() } else { words(&verdict.next) });
        }
        rows.push(cells);
    }
    rows
}

fn words(obstacles: &[Obstacle]) -> String {
    let word = |obstacle: &Obstacle| match obstacle.detail.is_empty() {
        true => obstacle.reason.clone(),
        false => format!("{} ({})", obstacle.reason, obstacle.detail),
    };
    obstacles.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn of_pool(verdict: &PoolVerdict) -> String {
    let PoolVerdict { pool, addable, pods, obstacles } = verdict;
    match pods {
        0 => format!("Pool {pool}: a new node takes none of the Pods: {}", words(obstacles)),
        _ => format!("Pool {pool}: may get {addable} more nodes, and a new one takes {pods} of the Pods"),
    }
}

/// The same answer for machines.
pub fn feasibility_json(answer: &Feasibility) -> Value {
    let obstacles = |obstacles: &[Obstacle]| -> Value {
        obstacles.iter().map(|o| json!({"reason": o.reason, "detail": o.detail})).collect()
    };
    let node = |n: &NodeVerdict| {
        json!({
            "node": n.node, "fits": n.first.is_empty(), "obstacles": obstacles(&n.first), "pods": n.pods,
            "obstaclesOfNext": obstacles(&n.next),
        })
    };
    let pool = |p: &PoolVerdict| json!({"pool": p.pool, "addableNodes": p.addable, "podsOfNewNode": p.pods, "obstacles": obstacles(&p.obstacles)});
    json!({
        "kind": answer.kind, "namespace": answer.namespace, "name": answer.name,
        "fits": answer.fits(), "podsAtOnce": answer.wanted, "podsThatFit": answer.fitting,
        "chosenNode": answer.choice.map(|place| &answer.nodes[place].node),
        "message": answer.message,
        "preemption": answer.preemption.as_ref().map(|(node, count)| json!({"node": node, "victims": count})),
        "nodes": answer.nodes.iter().map(node).collect::<Vec<_>>(),
        "pools": answer.pools.iter().map(pool).collect::<Vec<_>>(),
        "remarks": answer.remarks,
    })
}
