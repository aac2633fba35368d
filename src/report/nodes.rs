//! How a run used its nodes, in sentences: how many there were, what they cost, what Pods waited for, and what evicted
//! Pods.

use super::answer_lines::AnswerLine;
use super::experiment::{digits, percent};
use super::layout::Layout;
use crate::experiment::{NodeUse, PoolUse, Replication};
use crate::record::PendingReason;
use crate::text::thousands;
use crate::time::SimDuration;

/// The sentences; `None` where the cluster has no nodes.
pub(super) fn nodes(record: &Replication, layout: Layout) -> Option<String> {
    let used = &record.all.nodes;
    if used.is_none() {
        return None;
    }
    let mut lines = vec![how_many(used), requested(used)];
    lines.extend(cost(used));
    if record.pools.len() > 1 {
        lines.extend(record.pools.iter().filter(|pool| pool.node_time.is_positive()).map(of_pool));
    }
    lines.extend(waits(used));
    lines.extend(waited_for(used));
    lines.extend(driven_away(used));
    let name = |n: usize| if n == 0 { AnswerLine::Nodes.heading() } else { String::new() };
    let rows: Vec<Vec<String>> = lines.into_iter().enumerate().map(|(n, line)| vec![name(n), line]).collect();
    Some(layout.table(&rows, "", 2))
}

fn share(billionths: u64) -> String {
    percent(billionths as f64 * 1e-9)
}

/// An amount of money to the cent, or to three digits if it is small.
fn amount(millionths: u64) -> String {
    let value = millionths as f64 * 1e-6;
    if value >= 10.0 { format!("{value:.2}") } else { digits(value) }
}

fn whole(span: SimDuration) -> String {
    SimDuration::from_secs(span.as_nanos() / 1_000_000_000).to_string()
}

fn how_many(used: &NodeUse) -> String {
    let mut text = format!("at most {} at a time", thousands(used.most_nodes.into()));
    if used.nodes_started > 0 {
        text += &format!(", {} started on the way", thousands(used.nodes_started.into()));
        if let Some(after) = used.first_node {
            text += &format!(", the first after {}", whole(after));
        }
    }
    if used.reclaimed > 0 {
        text += &format!(", {} reclaimed", thousands(used.reclaimed.into()));
    }
    let hours = used.node_time.as_secs_f64() / 3_600.0;
    text + &format!("; {} node hours", digits(hours))
}

fn requested(used: &NodeUse) -> String {
    format!(
        "{} of their CPU and {} of their memory were requested",
        share(used.cpu_requested),
        share(used.memory_requested)
    )
}

fn cost(used: &NodeUse) -> Option<String> {
    (used.cost > 0).then(|| {
        let idle = used.idle_cost as f64 / used.cost as f64;
        format!("cost {}, {} of it for room that no Pod requested", amount(used.cost), percent(idle))
    })
}

fn of_pool(pool: &PoolUse) -> String {
    let hours = digits(pool.node_time.as_secs_f64() / 3_600.0);
    let nodes = if pool.nodes == 1 { "1 node".to_owned() } else { format!("{} nodes", thousands(pool.nodes.into())) };
    let cost = match pool.cost {
        0 => String::new(),
        cost => {
            let idle = percent(pool.idle_cost as f64 / cost as f64);
            format!(", cost {} ({idle} for room that no Pod requested)", amount(cost))
        }
    };
    format!("pool {}: {nodes}, {hours} node hours{cost}", pool.name)
}

/// What Pods waited for, the longest waits first.
fn waited_for(used: &NodeUse) -> Option<String> {
    let mut waits: Vec<(PendingReason, SimDuration)> =
        PendingReason::ALL.into_iter().map(|reason| (reason, used.pending_by.of(reason))).collect();
    // Less than a second in total is the scheduler's own time.
    waits.retain(|(_, wait)| *wait >= SimDuration::from_secs(1));
    waits.sort_by_key(|(reason, wait)| (std::cmp::Reverse(*wait), *reason));
    let parts: Vec<String> =
        waits.iter().map(|(reason, wait)| format!("{} {}", reason.as_str(), whole(*wait))).collect();
    (!parts.is_empty()).then(|| format!("Pods waited to be bound for {}", parts.join(", ")))
}

fn waits(used: &NodeUse) -> Option<String> {
    if !used.unschedulable.is_positive() {
        return None;
    }
    Some(format!(
        "Pods were unschedulable for {} in all, the longest pending {}; meanwhile {} of the nodes' CPU were free",
        whole(used.unschedulable),
        whole(used.longest_pending),
        share(used.fragmentation)
    ))
}

fn driven_away(used: &NodeUse) -> Option<String> {
    let counts = [
        (used.preempted, "preempted"),
        (used.evicted, "evicted"),
        (used.taint_evicted, "driven away by a taint"),
        (used.lost, "lost with their node"),
    ];
    let parts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", thousands((*n).into()))).collect();
    (!parts.is_empty()).then(|| format!("Pods: {}", parts.join(", ")))
}
