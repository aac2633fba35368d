//! Factors of a design: a field and its values, given as ranges or as lists of values as they would stand in a file.
//! [`super::design`] applies them.
//!
//! Invariant: the written form of a value parses back to the same number, so that a point of a design equals a single
//! run with `--set`.

use super::problem::Problem;
use super::range::{EXAMPLES, ValueRange, number};
use crate::limits::{MOST_LEVELS, MOST_SEARCHED};

/// A field and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct DesignFactor {
    /// The field's path, as `--set` takes it.
    pub path: String,
    /// Its values.
    pub levels: Levels,
}

/// Values of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Levels {
    /// One after the other.
    List(Vec<FactorLevel>),
    /// By a rule, so that there may be very many.
    Range(ValueRange),
}

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorLevel {
    /// As it would stand in a file (YAML).
    pub text: String,
    /// The number, if it is one; times in seconds, percentages as shares.
    pub number: Option<f64>,
    /// The unit of the number: `seconds`, `probability`, a rate's `/h`, or empty.
    pub unit: String,
}

impl DesignFactor {
    /// Parses `FIELD=RANGE`: ranges and numbers, separated by commas.
    ///
    /// # Errors
    /// Why the text is not of this form.
    pub fn ranges(text: &str) -> Result<Self, Problem> {
        Self::read(text, |values| {
            let parts = split(values)?;
            if let [only] = &parts[..]
                && only.contains("..")
            {
                let range = ValueRange::parse(only)?;
                // Rounding to whole numbers may produce the same number twice, and only lists drop repetitions.
                let is_list = range.multiplies();
                let levels = Levels::Range(range);
                return if is_list { levels.all().map(Levels::List) } else { Ok(levels) };
            }
            let mut list = Vec::new();
            for part in parts {
                if part.contains("..") {
                    let range = ValueRange::parse(part)?;
                    list.extend(Levels::Range(range).all()?);
                } else {
                    let level = FactorLevel::of(part);
                    let why = || format!("{part:?} is neither a range nor a number: {EXAMPLES}; -L takes other values");
                    list.push(level.number.is_some().then_some(level).ok_or_else(why)?);
                }
            }
            Ok(Levels::List(list))
        })
    }

    /// Parses `FIELD=LIST`: values, separated by commas.
    ///
    /// # Errors
    /// As for [`DesignFactor::ranges`].
    pub fn list(text: &str) -> Result<Self, Problem> {
        Self::read(text, |values| Ok(Levels::List(split(values)?.into_iter().map(FactorLevel::of).collect())))
    }

    fn read(text: &str, levels: impl Fn(&str) -> Result<Levels, String>) -> Result<Self, Problem> {
        let problem = |message: String| Problem::about("command line", message);
        let (path, values) = text.split_once('=').ok_or_else(|| {
            problem(format!("{text:?} varies nothing: write `FIELD=VALUES`, such as `spec.backoffLimit=0..10`"))
        })?;
        let path = path.trim();
        if path == "replications" {
            return Err(problem("replications: how many there are is said by -n, for all points alike".to_owned()));
        }
        let mut levels = levels(values).map_err(|message| problem(format!("{path}: {message}")))?;
        if let Levels::List(list) = &mut levels {
            let mut seen = Vec::new();
            list.retain(|level| !seen.contains(&level.text) && (seen.push(level.text.clone()), true).1);
        }
        Ok(DesignFactor { path: path.to_owned(), levels })
    }
}

impl Levels {
    /// The number of values.
    pub fn count(&self) -> u64 {
        match self {
            Levels::List(list) => list.len() as u64,
            Levels::Range(range) => range.count(),
        }
    }

    /// The value at a position, from 0.
    pub fn at(&self, place: u64) -> Option<FactorLevel> {
        match self {
            Levels::List(list) => list.get(usize::try_from(place).ok()?).cloned(),
            Levels::Range(range) => (place < range.count()).then(|| range.at(place)),
        }
    }

    /// Whether they are listed, and few enough to try them all.
    pub fn is_short_list(&self) -> bool {
        matches!(self, Levels::List(list) if list.len() <= 32)
    }

    /// Sorts a list of numbers in increasing order; a list with other values stays as it is.
    pub fn sort(&mut self) {
        if let Levels::List(list) = self
            && list.iter().all(|level| level.number.is_some())
        {
            list.sort_by(|a, b| a.number.unwrap_or(0.0).total_cmp(&b.number.unwrap_or(0.0)));
        }
    }

    /// Checks that there are values, and not too many to search.
    ///
    /// # Errors
    /// A range without a step, or one with too many values.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Levels::Range(range) => range.stepped()?,
            Levels::List(_) => return Ok(()),
        }
        match self.count() {
            n if n > MOST_SEARCHED => Err(format!("{n} values: at most {MOST_SEARCHED}; give a larger step")),
            _ => Ok(()),
        }
    }

    /// All of them.
    ///
    /// # Errors
    /// A range without a step, or one with too many values.
    pub fn all(&self) -> Result<Vec<FactorLevel>, String> {
        if let Levels::Range(range) = self {
            range.stepped()?;
        }
        match self.count() {
            n if n > MOST_LEVELS => Err(format!("{n} values: at most {MOST_LEVELS}; give a larger step")),
            n => Ok((0..n).filter_map(|place| self.at(place)).collect()),
        }
    }
}

impl FactorLevel {
    /// A value as a user wrote it.
    pub fn of(text: &str) -> Self {
        let text = text.trim().to_owned();
        let unquoted = text.trim_matches(['"', '\'']);
        match number(unquoted) {
            Ok((number, unit, _)) => FactorLevel { number: Some(number), unit: unit.name(), text },
            Err(_) => FactorLevel { text, number: None, unit: String::new() },
        }
    }
}

/// The parts between commas, except for commas inside brackets or quotation marks.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let (mut depth, mut quote, mut start) = (0_i32, None, 0);
    let mut parts = Vec::new();
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) => quote = (c != open).then_some(open),
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    if parts.iter().any(|part| part.is_empty()) {
        return Err(format!("{text:?} has an empty value in it"));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(factor: &DesignFactor) -> Vec<String> {
        factor.levels.all().unwrap().into_iter().map(|level| level.text).collect()
    }

    #[test]
    fn ranges_count_by_steps_and_multipliers() {
        for (text, values) in [
            ("0..4", "0 1 2 3 4"),
            ("0..=2", "0 1 2"),
            ("0..10:3", "0 3 6 9"),
            ("-2..2:2", "-2 0 2"),
            ("1m..1h:20m", "1m 21m 41m"),
            ("0s..1.5s:500ms", "0s 500ms 1s 1.5s"),
            ("-1s..1s:1s", "-1s 0s 1s"),
            ("0..1:0.1", "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1"),
            ("-0.3..0.3:0.1", "-0.3 -0.2 -0.1 0 0.1 0.2 0.3"),
            ("0%..30%:10%", "0% 10% 20% 30%"),
            ("0..2%", "0% 1% 2%"),
            ("0.5/h..2/h:0.5/h", "0.5/h 1/h 1.5/h 2/h"),
            ("1..1000*10", "1 10 100 1000"),
            ("1..10*1.5", "1 2 3 5 8"),
            ("0.1..0.8*2", "0.1 0.2 0.4 0.8"),
            ("1s..10s*2", "1s 2s 4s 8s"),
            ("7..7", "7"),
            ("1,3..5,5..9:2,20", "1 3 4 5 7 9 20"),
        ] {
            let factor = DesignFactor::ranges(&format!("spec.x = {text}")).unwrap();
            assert_eq!((factor.path.as_str(), texts(&factor).join(" ")), ("spec.x", values.to_owned()), "{text}");
        }
        let last = DesignFactor::ranges("x=1m..1h:5m").unwrap().levels.at(11).unwrap();
        assert_eq!(last, FactorLevel { text: "56m".to_owned(), number: Some(3_360.0), unit: "seconds".to_owned() });
    }

    #[test]
    fn lists_hold_any_values() {
        let text = "pods.run=1m, 'weibull(shape=1.4, scale=3m)',never,mixture(9: 0s, 1: 5s),{a: [1, 2]}, 1m";
        let factor = DesignFactor::list(text).unwrap();
        let values = ["1m", "'weibull(shape=1.4, scale=3m)'", "never", "mixture(9: 0s, 1: 5s)", "{a: [1, 2]}"];
        assert_eq!(texts(&factor), values);
        let Levels::List(levels) = &factor.levels else { panic!("a list") };
        assert_eq!((levels[0].number, levels[1].number), (Some(60.0), None));
    }

    #[test]
    fn what_is_no_factor_is_refused_with_the_reason() {
        for (text, why) in [
            ("spec.backoffLimit", "varies nothing"),
            ("x=5..1", "it ends before it begins"),
            ("x=1..10:0", "above 0"),
            ("x=1..10*1", "above 1"),
            ("x=0..10*2", "begins above 0"),
            ("x=1m..5:1m", "same unit"),
            ("x=1m..5m:1", "unit of the ends"),
            ("x=a..b", "\"a\" is no number"),
            ("x=Failed", "-L takes other values"),
            ("x=1,,2", "an empty value"),
            ("x=", "an empty value"),
            ("replications=1..3", "said by -n"),
        ] {
            let error = DesignFactor::ranges(text).expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        for (text, why) in [
            ("x=1m..1h", "has no step"),
            ("x=0.1..0.9", "has no step"),
            ("x=0..1e9:1", "at most 100000"),
            ("x=-1e308..1e308:1", "at most 100000"),
        ] {
            let error = DesignFactor::ranges(text).unwrap().levels.all().expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
        let Levels::Range(range) = DesignFactor::ranges("x=1m..1h").unwrap().levels else { panic!("a range") };
        assert_eq!(range.by_seconds().count(), 3_541);
    }
}
