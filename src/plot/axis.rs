//! Axes as data: their range, their scale, and the values and texts of their ticks. Ticks are at round numbers; for
//! times, at round numbers of seconds, minutes, hours or days. Where an axis is drawn in a picture is not known here.

use super::calendar::Calendar;
use super::number::{grouped, percent};

/// What an axis measures.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum AxisUnit {
    /// A number without a unit.
    #[default]
    Number,
    /// A whole number: ticks are at whole numbers only.
    Whole,
    /// Seconds; shown in the unit that fits.
    Seconds,
    /// Seconds; shown as dates and times of the day.
    Clock(Calendar),
    /// A share from 0 to 1, shown in percent.
    Share,
    /// Names, at the values 0, 1, 2 …
    Names(Vec<String>),
}

/// How values map to places on an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AxisScale {
    /// Proportionally.
    #[default]
    Linear,
    /// By their logarithm; the range is positive.
    Log,
}

/// An axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    /// What it measures, without the unit.
    pub label: String,
    /// The unit.
    pub unit: AxisUnit,
    /// The scale.
    pub scale: AxisScale,
    /// The value at its beginning.
    pub from: f64,
    /// The value at its end.
    pub to: f64,
}

/// A labelled value of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The value.
    pub at: f64,
    /// The text.
    pub text: String,
}

/// Distances between ticks of a linear axis of time, in seconds.
const TIME_STEPS: [f64; 31] = [
    0.001,
    0.002,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
    15.0,
    30.0,
    60.0,
    120.0,
    300.0,
    600.0,
    900.0,
    1_800.0,
    3_600.0,
    7_200.0,
    10_800.0,
    21_600.0,
    43_200.0,
    86_400.0,
    172_800.0,
    432_000.0,
    864_000.0,
    1_728_000.0,
];

/// Ticks of a logarithmic axis of time, in seconds.
const LOG_TIME_TICKS: [f64; 19] = [
    0.001,
    0.01,
    0.1,
    1.0,
    3.0,
    10.0,
    30.0,
    60.0,
    180.0,
    600.0,
    1_800.0,
    3_600.0,
    10_800.0,
    36_000.0,
    86_400.0,
    259_200.0,
    864_000.0,
    2_592_000.0,
    31_536_000.0,
];

impl Axis {
    /// A linear axis from 0 to a little more than `most`.
    pub fn up_to(label: &str, unit: AxisUnit, most: f64) -> Self {
        let to = if most > 0.0 { most * 1.05 } else { 1.0 };
        Axis { label: label.to_owned(), unit, scale: AxisScale::Linear, from: 0.0, to }
    }

    /// An axis of whole numbers from 0 to a little more than `most`.
    pub fn counts(label: &str, most: f64) -> Self {
        Axis::up_to(label, AxisUnit::Whole, most.max(1.0) * 1.03)
    }

    /// An axis of names.
    pub fn names(label: &str, names: Vec<String>) -> Self {
        let to = names.len() as f64 - 0.5;
        Axis { label: label.to_owned(), unit: AxisUnit::Names(names), scale: AxisScale::Linear, from: -0.5, to }
    }

    /// An axis for values from `low` to `high`: logarithmic if both are positive and far apart, else linear from 0.
    pub fn spread(label: &str, unit: AxisUnit, low: f64, high: f64) -> Self {
        if low > 0.0 && high / low > 30.0 {
            let (from, to) = (low / 1.3, high * 1.3);
            return Axis { label: label.to_owned(), unit, scale: AxisScale::Log, from, to };
        }
        Axis::up_to(label, unit, high)
    }

    /// The place of a value, from 0 at the beginning of the axis to 1 at its end; outside this range for values beyond
    /// the ends.
    pub fn place(&self, value: f64) -> f64 {
        debug_assert!(self.from < self.to, "an axis has a length: {} to {}", self.from, self.to);
        match self.scale {
            AxisScale::Linear => (value - self.from) / (self.to - self.from),
            AxisScale::Log => {
                debug_assert!(self.from > 0.0, "a logarithmic axis is positive");
                let least = f64::MIN_POSITIVE;
                (libm::log(value.max(least)) - libm::log(self.from)) / (libm::log(self.to) - libm::log(self.from))
            }
        }
    }

    /// Whether a value lies on it.
    pub fn holds(&self, value: f64) -> bool {
        (-1e-9..=1.0 + 1e-9).contains(&self.place(value))
    }

    /// Whether its values are names.
    pub fn has_names(&self) -> bool {
        matches!(self.unit, AxisUnit::Names(_))
    }

    /// At most `most` ticks at round numbers, if there is a round step for so few.
    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        let most = most.max(1);
        let at = match (&self.unit, self.scale) {
            (AxisUnit::Names(names), _) => {
                // All names, or every second, fifth, tenth … counted from the last, which is at the top of a vertical
                // axis.
                let every = [1, 2, 5, 10, 20, 50, 100].into_iter().find(|n| names.len() <= n * most);
                let every = every.unwrap_or(names.len()).max(1);
                (0..names.len()).rev().step_by(every).map(|n| n as f64).rev().collect()
            }
            (AxisUnit::Clock(calendar), _) => calendar.ticks(self.from, self.to, most),
            (AxisUnit::Seconds, AxisScale::Log) => LOG_TIME_TICKS.to_vec(),
            (_, AxisScale::Log) => {
                (-9..=12).flat_map(|e| [1.0, 3.0].map(|m| m * libm::pow(10.0, f64::from(e)))).collect()
            }
            (unit, AxisScale::Linear) => multiples(self.from, self.to, self.step(unit, most)),
        };
        let inside: Vec<f64> = at.into_iter().filter(|x| self.holds(*x)).collect();
        let every = if self.scale == AxisScale::Log { inside.len().div_ceil(most).max(1) } else { 1 };
        inside.into_iter().step_by(every).map(|at| Tick { at, text: self.text(at) }).collect()
    }

    fn step(&self, unit: &AxisUnit, most: usize) -> f64 {
        let least = (self.to - self.from) / most as f64;
        let least = if *unit == AxisUnit::Whole { least.max(1.0) } else { least };
        if *unit == AxisUnit::Seconds
            && let Some(&step) = TIME_STEPS.iter().find(|&&step| step >= least)
        {
            return step;
        }
        let mut unit = 1.0;
        while unit < least {
            unit *= 10.0;
        }
        while unit / 10.0 >= least {
            unit /= 10.0;
        }
        [unit / 5.0, unit / 2.0, unit].into_iter().find(|&step| step >= least).unwrap_or(unit)
    }

    /// The text of a value; on an axis of names, the name.
    pub fn text(&self, value: f64) -> String {
        match (&self.unit, self.scale) {
            (AxisUnit::Names(names), _) => names.get(value.round() as usize).cloned().unwrap_or_default(),
            (AxisUnit::Clock(calendar), _) => calendar.text(value),
            (AxisUnit::Seconds, AxisScale::Log) => super::number::span(value),
            (AxisUnit::Seconds, AxisScale::Linear) => trimmed(value / self.time_unit().0),
            (AxisUnit::Share, _) => percent((value * 1e6).round() / 1e6),
            _ if value.abs() >= 1_000.0 => grouped(value),
            _ => trimmed(value),
        }
    }

    /// The unit in which times are shown, in seconds, and its name. It is chosen so that ticks are at simple numbers.
    fn time_unit(&self) -> (f64, &'static str) {
        let units = [(86_400.0, "d", 345_600.0), (3_600.0, "h", 14_400.0), (60.0, "min", 300.0)];
        let fits = |&(unit, _, from): &(f64, &str, f64)| {
            self.to.max(-self.from) > from && (self.to - self.from) / 10.0 > unit * 0.2
        };
        units.into_iter().find(fits).map_or((1.0, "s"), |(unit, name, _)| (unit, name))
    }

    /// The label with the unit.
    pub fn full_label(&self) -> String {
        match (&self.unit, self.scale) {
            (AxisUnit::Seconds, AxisScale::Linear) => format!("{} ({})", self.label, self.time_unit().1),
            (AxisUnit::Clock(calendar), _) => format!("{} ({})", self.label, calendar.label(self.from, self.to)),
            _ => self.label.clone(),
        }
    }
}

/// Multiples of a step in a range.
fn multiples(from: f64, to: f64, step: f64) -> Vec<f64> {
    let first = (from / step - 1e-9).ceil() as i64;
    let last = (to / step + 1e-9).floor() as i64;
    (first..=last.min(first + 100)).map(|n| n as f64 * step).collect()
}

/// A number as text, without trailing zeros.
fn trimmed(x: f64) -> String {
    let text = format!("{x:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis, wanted: usize) -> Vec<String> {
        axis.ticks(wanted).into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn ticks_are_where_people_count() {
        let time = |to: f64| Axis { unit: AxisUnit::Seconds, to, label: "time".to_owned(), ..Axis::default() };
        assert_eq!(texts(&time(100.0), 6), ["0", "30", "60", "90"]);
        assert_eq!(time(100.0).full_label(), "time (s)");
        assert_eq!(texts(&time(570.0), 6), ["0", "2", "4", "6", "8"]);
        assert_eq!(time(570.0).full_label(), "time (min)");
        assert_eq!(texts(&time(86_400.0 * 3.0), 6), ["0", "12", "24", "36", "48", "60", "72"]);
        assert_eq!(texts(&Axis::counts("Pods", 8.0), 5), ["0", "2", "4", "6", "8"]);
        assert_eq!(
            texts(&Axis { unit: AxisUnit::Share, to: 1.0, ..Axis::default() }, 4),
            ["0\u{a0}%", "50\u{a0}%", "100\u{a0}%"]
        );
        let log = Axis::spread("wait", AxisUnit::Seconds, 10.0, 600.0);
        assert_eq!(
            (log.scale, texts(&log, 5)),
            (AxisScale::Log, ["10s", "30s", "1m", "3m", "10m"].map(str::to_owned).to_vec())
        );
        assert_eq!(texts(&Axis::names("", ["a", "b", "c"].map(str::to_owned).to_vec()), 2), ["a", "c"]);
    }

    #[test]
    fn values_lie_between_the_ends() {
        let axis = Axis { from: 10.0, to: 1_000.0, scale: AxisScale::Log, ..Axis::default() };
        assert!((axis.place(100.0) - 0.5).abs() < 1e-12);
        assert_eq!(Axis { from: 0.0, to: 4.0, ..Axis::default() }.place(1.0), 0.25);
    }
}
