//! Ranges of numbers, times, percentages and rates: counted by a step (`0..10:2`, `1m..1h:5m`) or by a multiplier
//! (`1..1000*10`). The field that they are for is not known here.
//!
//! Invariant: the written form of a value parses back to the same number.

use super::factor::FactorLevel;
use crate::model::duration;

/// Numbers from one to another, both included if the step hits them.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueRange {
    from: f64,
    to: f64,
    step: Option<RangeStep>,
    unit: NumberUnit,
    /// Whether both ends were written as whole numbers.
    whole: bool,
}

/// From one value to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum RangeStep {
    Add(f64),
    Times(f64),
}

/// The unit with which a number was written; a rate keeps the text after its slash.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum NumberUnit {
    None,
    Time,
    Percent,
    Per(String),
}

/// How ranges are written.
pub(super) const EXAMPLES: &str = "write a range such as `0..10`, `0..10:2`, `1m..1h:5m` or `1..1000*10`";

impl ValueRange {
    /// Parses `from..to`, optionally followed by `:step` or `*multiplier`.
    ///
    /// # Errors
    /// Text that is not a range, ends of different units, a range without a value, or a step that does not fit.
    pub fn parse(text: &str) -> Result<Self, String> {
        let none = || format!("{text:?} is no range: {EXAMPLES}");
        let (from, rest) = text.split_once("..").ok_or_else(none)?;
        let rest = rest.strip_prefix('=').unwrap_or(rest);
        let (to, step) = match rest.rfind([':', '*']) {
            Some(at) => (&rest[..at], Some((rest.as_bytes()[at], &rest[at + 1..]))),
            None => (rest, None),
        };
        let (from, unit, a) = number(from)?;
        let (to, other, b) = number(to)?;
        // Zero is the same in every unit.
        let unit = if from == 0.0 && unit == NumberUnit::None { other.clone() } else { unit };
        if unit != other {
            return Err(format!("{text:?}: both ends need the same unit"));
        }
        if from > to {
            return Err(format!("{text:?} has no value in it: it ends before it begins"));
        }
        let mut range = ValueRange { from, to, step: None, unit, whole: a && b };
        range.step = match step {
            None => range.usual_step(),
            Some((b':', by)) => Some(range.add(text, by)?),
            Some((_, by)) => Some(range.times(text, by)?),
        };
        Ok(range)
    }

    /// The step of a range that names none. Times and fractions have no step that is meant more often than others.
    fn usual_step(&self) -> Option<RangeStep> {
        match self.unit {
            NumberUnit::None if self.whole => Some(RangeStep::Add(1.0)),
            NumberUnit::Percent if self.whole => Some(RangeStep::Add(0.01)),
            _ => None,
        }
    }

    fn add(&self, text: &str, by: &str) -> Result<RangeStep, String> {
        let (step, unit, _) = number(by)?;
        if unit != self.unit {
            return Err(format!("{text:?}: the step {by:?} needs the unit of the ends"));
        }
        if step <= 0.0 {
            return Err(format!("{text:?}: the step must be above 0"));
        }
        Ok(RangeStep::Add(step))
    }

    fn times(&self, text: &str, by: &str) -> Result<RangeStep, String> {
        let by: f64 = by.trim().parse().map_err(|_| format!("{text:?}: {by:?} is no number to multiply by"))?;
        match (by.is_finite() && by > 1.0, self.from > 0.0) {
            (false, _) => Err(format!("{text:?}: what is multiplied by must be above 1")),
            (true, false) => Err(format!("{text:?}: a range that multiplies begins above 0")),
            (true, true) => Ok(RangeStep::Times(by)),
        }
    }

    /// Requires a step.
    ///
    /// # Errors
    /// If it has none; the message shows how one is written.
    pub(super) fn stepped(&self) -> Result<(), String> {
        let (from, to) = (self.written(self.from), self.written(self.to));
        self.step
            .map(drop)
            .ok_or_else(|| format!("{from}..{to} has no step: write such as `{from}..{to}:STEP` or `{from}..{to}*2`"))
    }

    /// Whether each value is a multiple of the one before.
    pub(super) fn multiplies(&self) -> bool {
        matches!(self.step, Some(RangeStep::Times(_)))
    }

    /// The same with a step of one second, if it is a range of times without a step.
    #[must_use]
    pub fn by_seconds(self) -> Self {
        let second = (self.unit == NumberUnit::Time).then_some(RangeStep::Add(1.0));
        ValueRange { step: self.step.or(second), ..self }
    }

    /// The number of values.
    pub fn count(&self) -> u64 {
        // A value that misses the end only by rounding counts as the end.
        const ROUNDING: f64 = 1e-9;
        match self.step {
            None => 0,
            Some(RangeStep::Add(step)) => (((self.to - self.from) / step + ROUNDING) as u64).saturating_add(1),
            Some(RangeStep::Times(by)) => {
                ((libm::log(self.to / self.from) / libm::log(by) + ROUNDING) as u64).saturating_add(1)
            }
        }
    }

    /// The value at a position, from 0; the position is below [`ValueRange::count`].
    pub(super) fn at(&self, place: u64) -> FactorLevel {
        let number = match self.step {
            None => self.from,
            // What is zero but for rounding is zero, so that it is not written as 1e-17.
            Some(RangeStep::Add(step)) => match self.from + step * place as f64 {
                number if number.abs() < step * 1e-9 => 0.0,
                number => number,
            },
            Some(RangeStep::Times(by)) => self.from * libm::pow(by, place as f64),
        };
        let whole = self.whole && self.unit == NumberUnit::None && matches!(self.step, Some(RangeStep::Times(_)));
        let number = if whole { number.round() } else { rounded(number) };
        FactorLevel { text: self.written(number), number: Some(number), unit: self.unit.name() }
    }

    /// A number as it would stand in a file.
    fn written(&self, number: f64) -> String {
        match &self.unit {
            NumberUnit::None => number.to_string(),
            NumberUnit::Time if number < 0.0 => format!("-{}", duration::in_full(-number)),
            NumberUnit::Time => duration::in_full(number),
            NumberUnit::Percent => format!("{}%", rounded(number * 100.0)),
            NumberUnit::Per(per) => format!("{number}{per}"),
        }
    }
}

/// Removes the last digits that result from adding and multiplying floats: an `f64` holds any decimal of 15 digits.
fn rounded(number: f64) -> f64 {
    format!("{number:.14e}").parse().unwrap_or(number)
}

impl NumberUnit {
    pub(super) fn name(&self) -> String {
        match self {
            NumberUnit::None => String::new(),
            NumberUnit::Time => "seconds".to_owned(),
            NumberUnit::Percent => "probability".to_owned(),
            NumberUnit::Per(per) => per.clone(),
        }
    }
}

/// Parses a number with its unit; also returns whether it was written as a whole number.
pub(super) fn number(text: &str) -> Result<(f64, NumberUnit, bool), String> {
    let text = text.trim();
    let plain = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    let whole = !text.contains(['.', 'e', 'E']);
    if let Some(number) = plain(text) {
        return Ok((number, NumberUnit::None, whole));
    }
    if let Some(number) = text.strip_suffix('%').and_then(plain) {
        return Ok((rounded(number / 100.0), NumberUnit::Percent, whole));
    }
    if let Some((number, per)) = text.split_once('/')
        && let Some(number) = plain(number)
    {
        // The number stays as it is written: ends and steps with other units are rejected, so none is converted.
        duration::parse_rate(text)?;
        return Ok((number, NumberUnit::Per(format!("/{}", per.trim())), whole));
    }
    let (sign, size) = text.strip_prefix('-').map_or((1.0, text), |size| (-1.0, size));
    match duration::parse_seconds(size) {
        Ok(seconds) => Ok((sign * seconds, NumberUnit::Time, whole)),
        Err(_) => Err(format!("{text:?} is no number, time, percentage or rate: {EXAMPLES}")),
    }
}
