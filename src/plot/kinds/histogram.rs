//! Histograms over replications or indexes: bars for one column, staircases for several. Which values are counted is
//! decided by the callers.

use crate::plot::axis::{Axis, AxisUnit};
use crate::plot::chart::{Bar, Geometry, Panel, Series, Style};

/// The greatest number of bars in a histogram.
const BARS: usize = 40;
/// The approximate number of bars in a histogram of times.
const BARS_OF_TIME: f64 = 24.0;
/// Widths of bars of times, in seconds.
const WIDTHS: [f64; 16] =
    [0.001, 0.01, 0.1, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1_800.0, 3_600.0, 10_800.0, 21_600.0, 86_400.0];

/// What a histogram is of.
#[derive(Clone, Copy, Debug)]
pub struct HistogramLabels<'a> {
    /// The panel's title.
    pub title: &'a str,
    /// What the horizontal axis measures.
    pub measured: &'a str,
    /// What is counted, such as `replications`.
    pub of_what: &'a str,
}

/// Where the first bar begins, and how wide bars are.
struct Bins {
    from: f64,
    width: f64,
    count: usize,
}

impl Bins {
    fn new(values: impl Iterator<Item = f64> + Clone, unit: &AxisUnit) -> Self {
        let most = values.clone().fold(0.0, f64::max);
        let least = values.fold(f64::INFINITY, f64::min).min(most);
        let (from, width) = match unit {
            // Bars are centred on whole numbers.
            AxisUnit::Whole => (least - 0.5, ((most - least + 1.0) / BARS as f64).ceil().max(1.0)),
            _ => {
                let wanted = (most - least) / BARS_OF_TIME;
                let width = WIDTHS.into_iter().find(|width| *width >= wanted).unwrap_or(wanted);
                ((least / width).floor() * width, width)
            }
        };
        Bins { from, width, count: ((most - from) / width) as usize + 1 }
    }

    fn edge(&self, bar: usize) -> f64 {
        self.from + bar as f64 * self.width
    }

    fn shares(&self, values: &[f64]) -> Vec<f64> {
        let mut counts = vec![0_u32; self.count];
        values.iter().for_each(|v| counts[(((v - self.from) / self.width) as usize).min(self.count - 1)] += 1);
        counts.into_iter().map(|c| f64::from(c) / values.len().max(1) as f64).collect()
    }
}

/// A panel with the shares of values, for each named column.
pub fn histogram(labels: HistogramLabels<'_>, unit: AxisUnit, columns: &[(String, Vec<f64>)]) -> Panel {
    let bins = Bins::new(columns.iter().flat_map(|(_, values)| values.iter().copied()), &unit);
    let mut highest: f64 = 0.0;
    let mut series = Vec::new();
    for (n, (name, values)) in columns.iter().enumerate() {
        let shares = bins.shares(values);
        highest = shares.iter().copied().fold(highest, f64::max);
        let geometry = if columns.len() == 1 {
            let gap = bins.width * 0.06;
            let bar =
                |(b, &share): (usize, &f64)| Bar { x: [bins.edge(b) + gap, bins.edge(b + 1) - gap], y: [0.0, share] };
            Geometry::Bars(shares.iter().enumerate().filter(|(_, s)| **s > 0.0).map(bar).collect())
        } else {
            let mut steps: Vec<[f64; 2]> = shares.iter().enumerate().map(|(b, &share)| [bins.edge(b), share]).collect();
            steps.insert(0, [bins.edge(0), 0.0]);
            steps.push([bins.edge(bins.count), 0.0]);
            Geometry::Steps(steps)
        };
        let style = if columns.len() == 1 { Style::series(0) } else { Style::nth(n).unmarked() };
        series.push(Series { name: name.clone(), style, geometry });
    }
    let is_wide = unit == AxisUnit::Whole && bins.width > 1.0;
    let label =
        if is_wide { format!("{} (bars of {})", labels.measured, bins.width) } else { labels.measured.to_owned() };
    let x = Axis { label, unit, from: bins.edge(0), to: bins.edge(bins.count), ..Axis::default() };
    let y = Axis::up_to(&format!("share of {}", labels.of_what), AxisUnit::Share, highest);
    Panel { title: labels.title.to_owned(), x, y, height: 190.0, series, reference_lines: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: HistogramLabels<'_> = HistogramLabels { title: "", measured: "retries", of_what: "replications" };

    fn bars(panel: &Panel) -> &[Bar] {
        let Geometry::Bars(bars) = &panel.series[0].geometry else { panic!("bars") };
        bars
    }

    #[test]
    fn many_values_share_bars() {
        let values: Vec<f64> = (0..1_000).map(f64::from).collect();
        let panel = histogram(LABELS, AxisUnit::Whole, &[(String::new(), values)]);
        assert_eq!((bars(&panel).len(), panel.x.label.as_str()), (40, "retries (bars of 25)"));
    }

    #[test]
    fn times_have_bars_of_round_widths_and_all_are_counted() {
        let values = vec![0.0, 0.0, 65.0, 130.0];
        let panel = histogram(LABELS, AxisUnit::Seconds, &[(String::new(), values)]);
        let bars = bars(&panel);
        assert_eq!(bars.iter().map(|bar| bar.y[1]).collect::<Vec<_>>(), [0.5, 0.25, 0.25]);
        assert!((bars[0].x[0] - 0.6).abs() < 1e-9 && (bars[0].x[1] - 9.4).abs() < 1e-9, "ten seconds: {:?}", bars[0]);
        let one = histogram(LABELS, AxisUnit::Seconds, &[(String::new(), vec![7.0])]);
        assert_eq!(one.series[0].geometry, Geometry::Bars(vec![Bar { x: [7.000_06, 7.000_94], y: [0.0, 1.0] }]));
    }
}
