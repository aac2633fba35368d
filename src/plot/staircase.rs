//! Values that change at instants: how changes are accumulated, and how a staircase of thousands of changes is
//! aggregated in equal pieces of time, because lines a pixel apart are illegible. Nothing is drawn here.

use super::chart::{Geometry, Series, Style};
use super::number::about;
use super::theme::Color;

/// Values from an instant on, in the order of time. Before the first instant all values are 0.
pub type Steps<const N: usize> = Vec<(f64, [f64; N])>;

/// A change of a column: the instant, the column, and the difference.
pub type Change = (f64, usize, f64);

/// The greatest number of steps that are drawn one by one.
const MOST_STEPS: usize = 360;
/// The number of pieces of time in which more steps are aggregated: about three pixels each.
const PIECES: usize = 240;

/// Accumulates changes; all columns begin with 0.
pub fn accumulated<const N: usize>(mut changes: Vec<Change>) -> Steps<N> {
    changes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut now = [0.0; N];
    let mut steps: Steps<N> = Vec::new();
    for (at, column, by) in changes {
        now[column] += by;
        match steps.last_mut().filter(|step| step.0 == at) {
            Some(step) => step.1 = now,
            None => steps.push((at, now)),
        }
    }
    steps
}

/// A staircase, aggregated in equal pieces of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Pieces<const N: usize> {
    /// The length of a piece, in seconds.
    pub length: f64,
    /// The average of each column over each piece.
    pub means: Steps<N>,
    /// The lowest value of each column in each piece.
    pub lowest: Steps<N>,
    /// The highest value of each column in each piece.
    pub highest: Steps<N>,
}

impl<const N: usize> Pieces<N> {
    /// Aggregates a staircase from 0 to `end`; `None` if it has at most [`MOST_STEPS`] steps.
    pub fn new(steps: &[(f64, [f64; N])], end: f64) -> Option<Self> {
        assert!(end > 0.0, "time passes");
        debug_assert!(steps.is_sorted_by(|a, b| a.0 <= b.0), "steps are in order of time");
        if steps.len() <= MOST_STEPS {
            return None;
        }
        let length = end / PIECES as f64;
        let mut pieces = Pieces { length, means: Vec::new(), lowest: Vec::new(), highest: Vec::new() };
        let (mut steps, mut held) = (steps.iter().peekable(), [0.0; N]);
        for piece in 0..PIECES {
            let (from, to) = (piece as f64 * length, (piece + 1) as f64 * length);
            let (mut at, mut sum) = (from, [0.0; N]);
            // The value at the beginning of a piece counts, unless it changes at that very instant.
            let mut extremes: Option<[[f64; N]; 2]> = None;
            loop {
                let next = steps.next_if(|step| step.0 < to);
                let until = next.map_or(to, |step| step.0.max(from));
                if until > at {
                    (0..N).for_each(|n| sum[n] += held[n] * (until - at));
                    let [low, high] = extremes.get_or_insert([held, held]);
                    (0..N).for_each(|n| (low[n], high[n]) = (low[n].min(held[n]), high[n].max(held[n])));
                }
                let Some(&(_, values)) = next else { break };
                (at, held) = (until, values);
            }
            let [low, high] = extremes.expect("a piece has a length");
            pieces.means.push((from, sum.map(|s| s / length)));
            pieces.lowest.push((from, low));
            pieces.highest.push((from, high));
        }
        for column in [&mut pieces.means, &mut pieces.lowest, &mut pieces.highest] {
            let last = column[PIECES - 1].1;
            column.push((end, last));
        }
        Some(pieces)
    }
}

/// Stacked columns, ready to be drawn.
pub struct Stack<const N: usize> {
    /// The area of each column: instant, lower value, upper value. Empty if the column is always 0.
    pub areas: [Vec<[f64; 3]>; N],
    /// The highest sum of the columns.
    pub most: f64,
    /// If the staircase was aggregated: the length of a piece, and the highest sum in each.
    peaks: Option<(f64, Vec<[f64; 2]>)>,
}

impl<const N: usize> Stack<N> {
    /// Stacks the columns of a staircase up to `end`.
    pub fn new(steps: &[(f64, [f64; N])], end: f64) -> Self {
        let sums: Steps<1> = steps.iter().map(|(at, values)| (*at, [values.iter().sum()])).collect();
        let most = sums.iter().map(|(_, [sum])| *sum).fold(0.0, f64::max);
        let (drawn, peaks) = match (Pieces::new(steps, end), Pieces::new(&sums, end)) {
            (Some(pieces), Some(sums)) => {
                let peaks = sums.highest.into_iter().map(|(at, [sum])| [at, sum]).collect();
                (pieces.means, Some((sums.length, peaks)))
            }
            _ => {
                let mut drawn = steps.to_vec();
                drawn.extend(steps.last().filter(|last| last.0 < end).map(|last| (end, last.1)));
                (drawn, None)
            }
        };
        let area = |column: usize| -> Vec<[f64; 3]> {
            let bounds = |v: &[f64; N]| [v[..column].iter().sum(), v[..=column].iter().sum()];
            drawn.iter().map(|(at, values)| (at, bounds(values))).map(|(at, [from, to])| [*at, from, to]).collect()
        };
        let is_seen = |area: &Vec<[f64; 3]>| area.iter().any(|[_, from, to]| to > from);
        let areas = std::array::from_fn(|column| Some(area(column)).filter(is_seen).unwrap_or_default());
        Stack { areas, most, peaks }
    }

    /// The line of the highest sums, if the staircase was aggregated.
    pub fn peaks(&self) -> Option<Series> {
        let (length, peaks) = self.peaks.as_ref()?;
        let style = Style { color: Color::Text, width: 1.0, ..Style::series(0) };
        let name = format!("highest number within {}", about(*length));
        Some(Series { name, style, geometry: Geometry::Steps(peaks.clone()) })
    }

    /// A sentence for the caption about the aggregation; empty if the areas show every change.
    pub fn note(&self) -> String {
        match &self.peaks {
            Some((length, _)) => {
                format!(" Surfaces are averages over {}, as there are too many changes.", about(*length))
            }
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_changes_keep_their_average_and_their_peaks() {
        let steps: Vec<_> =
            (0..10_000).map(|n| (f64::from(n), [if n == 5_003 { 9.0 } else { f64::from(n % 2) }])).collect();
        let pieces = Pieces::new(&steps, 10_000.0).expect("too many to be drawn");
        assert_eq!(pieces.means.len(), PIECES + 1);
        let mean = pieces.means[..PIECES].iter().map(|m| m.1[0]).sum::<f64>() / PIECES as f64;
        assert!((mean - (5_000.0 + 8.0) / 10_000.0).abs() < 1e-9, "{mean}");
        assert_eq!(pieces.highest.iter().filter(|h| h.1[0] == 9.0).count(), 1);
        assert!(pieces.lowest.iter().all(|l| l.1[0] == 0.0));
        assert_eq!(Pieces::new(&steps[..MOST_STEPS], 10_000.0), None, "few are drawn one by one");
    }

    #[test]
    fn a_value_holds_through_pieces_without_changes() {
        let mut steps: Vec<_> = (0..400).map(|n| (f64::from(n) / 400.0, [f64::from(n)])).collect();
        steps.push((239.0, [0.0]));
        let pieces = Pieces::new(&steps, 240.0).expect("too many to be drawn");
        assert_eq!((pieces.means[1].1, pieces.means[238].1, pieces.means[239].1), ([399.0], [399.0], [0.0]));
        assert_eq!((pieces.lowest[100].1, pieces.highest[100].1), ([399.0], [399.0]));
    }

    #[test]
    fn changes_add_up_and_columns_stand_on_one_another() {
        let steps = accumulated::<2>(vec![(5.0, 1, 2.0), (0.0, 0, 1.0), (5.0, 0, -1.0), (5.0, 0, 3.0)]);
        assert_eq!(steps, [(0.0, [1.0, 0.0]), (5.0, [3.0, 2.0])]);
        let stack = Stack::new(&steps, 10.0);
        assert_eq!(stack.areas[1], [[0.0, 1.0, 1.0], [5.0, 3.0, 5.0], [10.0, 3.0, 5.0]]);
        assert_eq!((stack.most, stack.peaks(), stack.note().as_str()), (5.0, None, ""));
        assert!(Stack::new(&steps[..1], 10.0).areas[1].is_empty());
    }
}
