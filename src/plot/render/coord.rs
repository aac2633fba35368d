//! An [`Axis`] as a coordinate of plotters. Plotters has coordinates for numbers, logarithms and categories, but their
//! ticks do not suit times (powers of ten instead of minutes, hours and days) or whole numbers (ticks at halves), and
//! are computed with the platform's logarithm, whose last digit differs between machines.

use crate::plot::axis::Axis;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    /// Values beyond the ends are drawn at the ends.
    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + (self.place(*value).clamp(0.0, 1.0) * f64::from(to - from)).round() as i32
    }

    /// The ticks; none for a hint of no points, as plotters gives for light grid lines, which are not used.
    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        match hint.max_num_points() {
            0 => Vec::new(),
            most => self.ticks(most).into_iter().map(|tick| tick.at).collect(),
        }
    }

    fn range(&self) -> Range<f64> {
        self.from..self.to
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.text(*value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::axis::{AxisScale, AxisUnit};
    use plotters::coord::ranged1d::{BoldPoints, LightPoints};

    #[test]
    fn values_are_mapped_to_the_grid() {
        let axis = Axis { from: 10.0, to: 1_000.0, scale: AxisScale::Log, unit: AxisUnit::Seconds, ..Axis::default() };
        assert_eq!(axis.map(&100.0, (0, 1_001)), 501);
        assert_eq!((axis.map(&1.0, (0, 900)), axis.map(&1e9, (0, 900))), (0, 900), "beyond the ends");
        assert_eq!(axis.map(&10.0, (900, 100)), 900, "upwards");
        assert_eq!(axis.key_points(BoldPoints(9)), [10.0, 30.0, 60.0, 180.0, 600.0]);
        assert!(axis.key_points(LightPoints::new(9, 0)).is_empty());
        assert_eq!(axis.format_ext(&180.0), "3m");
    }
}
