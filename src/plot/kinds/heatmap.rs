//! A response against two factors that were varied, as a heat map. Intervals are not shown.

use super::design::{PlottedFactor, PlottedResponse, factors, responses};
use crate::plot::NamedPoint;
use crate::plot::axis::Axis;
use crate::plot::chart::{Bar, Chart, Geometry, Panel, Series, Style};
use crate::plot::number::count;

/// A heat map for each response that differs between points, if exactly two factors were varied.
pub fn charts(points: &[NamedPoint]) -> Vec<Chart> {
    let factors = factors(points);
    let [first, second] = &factors[..] else { return Vec::new() };
    responses(points).iter().filter_map(|r| heat_map(points, r, first, second)).collect()
}

fn heat_map(
    points: &[NamedPoint],
    r: &PlottedResponse,
    first: &PlottedFactor,
    second: &PlottedFactor,
) -> Option<Chart> {
    let mut known = Vec::new();
    for named in points {
        let (Some(a), Some(b), Some(value)) = (first.of(named.point), second.of(named.point), r.at(named.point)) else {
            continue;
        };
        known.push((a as f64, b as f64, value));
    }
    let low = known.iter().map(|k| k.2[0]).fold(f64::INFINITY, f64::min);
    let high = known.iter().map(|k| k.2[0]).fold(f64::NEG_INFINITY, f64::max);
    if known.is_empty() || low == high {
        return None;
    }
    let cell = |&(a, b, [value, from, to]): &(f64, f64, [f64; 3])| {
        let bar = Bar { x: [a - 0.48, a + 0.48], y: [b - 0.47, b + 0.47] };
        let interval = if from < to { format!("\n{} to {}", r.text(from), r.text(to)) } else { String::new() };
        (bar, (value - low) / (high - low), r.text(value) + &interval)
    };
    let geometry = Geometry::Cells(known.iter().map(cell).collect());
    let series = vec![Series { name: String::new(), style: Style::series(0), geometry }];
    let height = (second.values.len() as f64 * 38.0).clamp(60.0, 600.0);
    let (x, y) = (Axis::names(&first.name, first.names()), Axis::names(&second.name, second.names()));
    let missing = points.len() - known.len();
    let missing = if missing > 0 {
        format!(" It is unknown at {}, where cells are empty.", count(missing, "point"))
    } else {
        String::new()
    };
    Some(Chart {
        kind: "heatmap",
        name: r.title.replace(['(', ','], " ").replace(')', ""),
        title: format!("{} by {} and {}", r.title, first.name, second.name),
        caption: format!(
            "From {} (dark) to {} (light), with intervals where there is room.{missing}",
            r.text(low),
            r.text(high)
        ),
        panels: vec![Panel { x, y, height, series, ..Panel::default() }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{fixtures, named_points};

    #[test]
    fn two_factors_give_a_map() {
        assert!(charts(&named_points(&fixtures::swept(&[2, 4, 8], &["Never"]))).is_empty(), "one factor");
        let result = fixtures::swept(&[2, 4], &["Never", "OnFailure"]);
        let maps = charts(&named_points(&result));
        let Geometry::Cells(cells) = &maps[0].panels[0].series[0].geometry else { panic!("cells") };
        assert_eq!(cells.len(), 4);
        assert_eq!((cells[0].1, cells[3].1, cells[3].2.as_str()), (0.0, 1.0, "40\u{a0}%\n35\u{a0}% to 45\u{a0}%"));
    }
}
