//! Design points as tables: the settings of each, and the measures that the user asked for, each with its interval.

use super::alike::{alike, interval_beside};
use super::experiment::{number, percent};
use super::headline::headline_of_points;
use super::layout::Layout;
use crate::experiment::result::{GoalResult, MeasureResult, Point, ResultFile};
use crate::experiment::{Setup, Statistics};
use crate::text::thousands;
use crate::text::{visible, visible_line};
use std::{fmt, io};

/// The text about a sweep; `setups` are those of its points.
pub fn sweep(result: &ResultFile, setups: &[&Setup], layout: Layout) -> String {
    let points = &result.points;
    let mut text = interrupted(points);
    let of = |n: usize| (brief_name(&points[n]), setups[n], &points[n].summary.all);
    let last = points.len().saturating_sub(1);
    let shown: Vec<_> = [0, last].into_iter().take(points.len()).map(of).collect();
    let Some(first) = setups.first() else { return text };
    text += &headline_of_points(first, &ranges(points), &shown, layout);
    text += &format!("\n{}", layout.blocks(&points_rows(points), keys(points), "", 2));
    text += &format!("\n{}\n", footing(result));
    text
}

/// The largest number of measures whose range a headline gives.
const RANGES: usize = 3;

/// The range of each measure over the points, in sentences.
fn ranges(points: &[Point]) -> Vec<String> {
    let Some(first) = points.first() else { return Vec::new() };
    let range = |n: usize| -> Option<String> {
        let known = points.iter().filter_map(|p| Some((p, p.measures.get(n)?)));
        let mut known: Vec<(&Point, &MeasureResult, f64)> =
            known.filter_map(|(point, m)| Some((point, m, m.value?))).collect();
        known.sort_by(|a, b| a.2.total_cmp(&b.2));
        let ((least, m, low), (most, _, high)) = (known.first()?, known.last()?);
        let name = &m.measure;
        Some(match low == high {
            true => format!("{name}: {} in all points", estimate(m)),
            false => {
                let shown = alike(&[*low, *high], &m.unit);
                format!("{name}: from {} ({}) to {} ({})", shown[0], short(least), shown[1], short(most))
            }
        })
    };
    (0..first.measures.len()).filter_map(range).take(RANGES).collect()
}

/// A point by its values in brackets if it has several settings.
pub(super) fn brief_name(point: &Point) -> String {
    match &point.settings[..] {
        [] | [_] => point.name.clone(),
        _ => format!("({})", short(point)),
    }
}

/// A point by its values if it has several settings: the paths are in the table's heading.
fn short(point: &Point) -> String {
    match &point.settings[..] {
        [] | [_] => point.name.clone(),
        several => several.iter().map(|s| shown_value(&s.value)).collect::<Vec<_>>().join(", "),
    }
}

/// How many columns of the table identify the point.
pub(super) fn keys(points: &[Point]) -> usize {
    points.first().map_or(1, |first| first.settings.len().max(1))
}

/// A line that says how many replications were finished if the run was interrupted.
pub fn interrupted(points: &[Point]) -> String {
    let partial = points.iter().filter(|p| p.summary.partial);
    let done = partial.map(|p| p.summary.replications);
    match (done.clone().min(), done.max()) {
        (Some(least), Some(most)) if least == most => {
            format!("Incomplete: this is of {} replications only.\n\n", thousands(most.into()))
        }
        (Some(least), Some(most)) => format!(
            "Incomplete: this is of {} to {} replications only.\n\n",
            thousands(least.into()),
            thousands(most.into())
        ),
        _ => String::new(),
    }
}

/// How many replications and points there are, and the confidence of the intervals.
pub fn footing(result: &ResultFile) -> String {
    let points = &result.points;
    let count = |p: &Point| p.summary.replications;
    let (least, most) =
        (points.iter().map(count).min().unwrap_or_default(), points.iter().map(count).max().unwrap_or_default());
    let replications = match (least, most) {
        (least, most) if least == most => thousands(most.into()),
        _ => format!("{} to {}", thousands(least.into()), thousands(most.into())),
    };
    let level = points.first().map_or(0.95, |p| p.summary.confidence);
    let has_seeds = points.iter().flat_map(|p| &p.settings).any(|s| s.path == "seed");
    let of_each = if has_seeds {
        format!("of each of {} points, each with its own random numbers", points.len())
    } else if points.len() == 1 {
        "of 1 point".to_owned()
    } else {
        format!("of each of {} points, all with the same random numbers (seed {})", points.len(), result.seed)
    };
    format!("{replications} replications {of_each}; intervals at {} %.", (1e4 * level).round() / 1e2)
}

/// The table: a heading, then a row for each point.
pub fn points_rows(points: &[Point]) -> Vec<Vec<String>> {
    let Some(first) = points.first() else { return Vec::new() };
    let differ = points.iter().any(|p| p.summary.replications != first.summary.replications);
    let has_goals = points.iter().any(|p| !p.goals.is_empty());
    let paths = |p: &Point| p.settings.iter().map(|s| s.path.clone()).collect::<Vec<_>>();
    // Variants with different settings have no columns in common, so they are shown by name.
    let by_name = points.iter().any(|p| paths(p).is_empty() || paths(p) != paths(first));
    let mut heading = if by_name { vec![String::new()] } else { paths(first) };
    if differ {
        heading.push("replications".to_owned());
    }
    heading.extend(first.measures.iter().map(|m| m.measure.clone()));
    if has_goals {
        heading.push("expected".to_owned());
    }
    let row = |p: &Point| {
        let values = p.settings.iter().map(|s| shown_value(&s.value));
        let mut row: Vec<String> = if by_name { vec![p.name.clone()] } else { values.collect() };
        if differ {
            row.push(thousands(p.summary.replications.into()));
        }
        row.extend(p.measures.iter().map(estimate));
        if has_goals {
            row.push(held(&p.goals));
        }
        row
    };
    std::iter::once(heading).chain(points.iter().map(row)).collect()
}

/// Texts as they are, other values as JSON.
pub fn shown_value(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A number in a unit of the results.
pub fn in_unit(x: f64, unit: &str) -> String {
    match unit {
        "probability" | "share" => percent(x),
        unit => number(x, unit == "seconds"),
    }
}

/// An estimate with its interval.
pub fn estimate(m: &MeasureResult) -> String {
    let Some(value) = m.value else { return "–".to_owned() };
    with_interval(value, m.low, m.high, &m.unit)
}

/// A number and its interval, which is left out if it has no width.
pub fn with_interval(value: f64, low: Option<f64>, high: Option<f64>, unit: &str) -> String {
    if low == high { in_unit(value, unit) } else { ShownEstimate::new(value, [low, high], unit, 0.0).to_string() }
}

/// A number and, if its interval has a width, the ends of it, as they are shown.
pub(super) struct ShownEstimate {
    pub value: String,
    /// Without the percent sign; an end that is unknown is `…`.
    pub ends: Option<[String; 2]>,
}

impl ShownEstimate {
    /// In a row of numbers of which the largest is `beside`.
    pub fn new(value: f64, [low, high]: [Option<f64>; 2], unit: &str, beside: f64) -> Self {
        let shown = interval_beside(value, [low, high], unit, beside);
        let mut ends = shown[1..].iter().map(|text| text.strip_suffix(" %").unwrap_or(text).to_owned());
        let mut end = |x: Option<f64>| x.and_then(|_| ends.next()).unwrap_or_else(|| "…".to_owned());
        ShownEstimate { value: shown[0].clone(), ends: (low != high).then(|| [end(low), end(high)]) }
    }

    /// The mean of a response, if it has one, and its quantiles.
    pub fn of_row(s: &Statistics) -> (Option<Self>, Vec<Self>) {
        let unit = s.unit.as_str();
        let ends = s.mean_interval.into_iter().flatten();
        let every = s.quantiles.iter().map(|q| q.value).chain(ends).chain(s.mean);
        let largest = every.filter(|x| x.is_finite()).fold(0.0, f64::max);
        let mean = s.mean.map(|mean| match s.mean_interval.filter(|[low, high]| low < high) {
            Some(ends) => Self::new(mean, ends.map(Some), unit, largest),
            None if unit == "seconds" => Self::new(mean, [None, None], unit, largest),
            None => ShownEstimate { value: in_unit(mean, unit), ends: None },
        });
        (mean, s.quantiles.iter().map(|q| Self::new(q.value, [q.low, q.high], unit, largest)).collect())
    }
}

impl fmt::Display for ShownEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)?;
        match &self.ends {
            Some([low, high]) => write!(f, " [{low}, {high}]"),
            None => Ok(()),
        }
    }
}

/// A number for machines. Twelve digits exceed the precision of any interval and hide the noise of binary fractions.
pub fn digits(x: f64) -> String {
    format!("{x:.11e}").parse::<f64>().unwrap_or(x).to_string()
}

/// Whether the goals hold; if there are several, those that do not.
fn held(goals: &[GoalResult]) -> String {
    let missed: Vec<&str> = goals.iter().filter(|goal| !goal.holds).map(|goal| goal.goal.as_str()).collect();
    let sure = if goals.iter().all(|goal| goal.sure) { "" } else { " (unsure)" };
    match &missed[..] {
        [] => format!("holds{sure}"),
        _ if goals.len() == 1 => format!("misses{sure}"),
        missed => format!("misses {}{sure}", missed.join(", ")),
    }
}

/// Text that Markdown shows as written, on one line: markup is escaped, HTML and control characters cannot take effect.
/// For text that others wrote, such as names and messages.
pub fn markdown_text(text: &str) -> String {
    let mut shown = String::new();
    for c in visible_line(text).chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' => shown.extend(['\\', c]),
            _ => shown.push(c),
        }
    }
    shown
}

/// Our own text, in which only values come from users: on one line, and without what would break a table or be read as
/// HTML. Brackets and stars are left alone, so that the text can be copied.
pub fn markdown_cell(text: &str) -> String {
    let text = visible_line(text).replace('|', "\\|");
    // `<` begins a tag only before a letter, `/`, `!` or `?`; in operators such as `<=` it stays as it is.
    let mut shown = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_tag = chars.peek().is_some_and(|next| next.is_ascii_alphabetic() || "/!?".contains(*next));
        if c == '<' && is_tag { shown.push_str("&lt;") } else { shown.push(c) }
    }
    shown
}

/// Text as a block of code. Its fence is longer than any in the text, so no line of the text can end the block.
pub fn markdown_block(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}\n{}\n{fence}", visible(text))
}

/// A Markdown table; the first row is the heading.
pub fn markdown(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().map(|cell| markdown_cell(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = String::new();
    for (n, row) in rows.iter().enumerate() {
        text += &line(row);
        if n == 0 {
            text += &line(&vec!["---".to_owned(); row.len()]);
        }
    }
    text
}

/// The table as CSV: for each measure the estimate, and the ends of its interval in columns of their own. Times are
/// seconds, probabilities are shares; a value that is never reached is `inf`, an unknown one is empty.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn points_csv(points: &[Point]) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if let Some(first) = points.first() {
        let mut heading: Vec<String> = first.settings.iter().map(|s| s.path.clone()).collect();
        heading.extend(["replications", "partial"].map(str::to_owned));
        for m in &first.measures {
            heading.extend([m.measure.clone(), format!("{} low", m.measure), format!("{} high", m.measure)]);
        }
        heading.extend(first.goals.iter().map(|goal| goal.goal.clone()));
        writer.write_record(heading)?;
    }
    let number = |x: Option<f64>| x.map_or(String::new(), digits);
    for p in points {
        let mut row: Vec<String> = p.settings.iter().map(|s| shown_value(&s.value)).collect();
        row.extend([p.summary.replications.to_string(), p.summary.partial.to_string()]);
        row.extend(p.measures.iter().flat_map(|m| [m.value, m.low, m.high]).map(number));
        row.extend(p.goals.iter().map(|goal| goal.holds.to_string()));
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}
