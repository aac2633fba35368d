//! The reference of distributions, `docs/distributions.md`: each family with its parameters, its mean and quantiles,
//! and its shape.

use crate::model::{Distribution, FamilyReference, families};
use crate::time::SimDuration;

const OPENING: &str = "# Distributions

What a time can be in a scenario (`pods.run`, `pods.start`, latencies …) or on the command line (`--run 'weibull(shape=1.4,
scale=3m)'`), made from the code. A time alone (`5s`) is constant; `never` stands for no end. The same can be written as an
object, `{weibull: {shape: 1.4, scale: 3m}}`, or taken from measurements, `{csv: {file: times.csv, column: seconds}}`. Inside
braces and brackets of YAML a distribution with commas stands in quotation marks.

Shapes go from the first to the last half percent of the values, from left to right; the higher the block, the likelier the time.
`jobsim validate SCENARIO` shows the mean and quantiles of those that a scenario has, `jobsim calibrate` fits some of them to
observed Pods.
";

/// The number of columns of a shape, and of values that it is made from.
const COLUMNS: usize = 40;
const VALUES: usize = 8_000;

/// The page.
pub fn distributions_page() -> String {
    let mut text = OPENING.to_owned();
    families().for_each(|family| text += &section(&family));
    text
}

fn section(family: &FamilyReference) -> String {
    let (name, others) = family.names.split_first().expect("a family has a name");
    let also = if others.is_empty() { String::new() } else { format!(" (or `{}`)", others.join("`, `")) };
    let parameters = match family.parameters {
        [] => "parameters as in the example".to_owned(),
        names => format!("parameters {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    };
    let example = &family.example;
    let shown = |seconds: f64| SimDuration::from_secs_f64(seconds).to_string();
    let mean = example.mean().map_or("none".to_owned(), shown);
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|p| shown(example.quantile(p)));
    // A usage is written for people: `form, (other parameters) or (others)`, which becomes one piece of code for each.
    format!(
        "\n## {name}{also}\n\nWritten `{}`; {parameters}.\n\n```text\n{}\nmean {mean}, median {p50}, p95 {p95}, p99 {p99}\n{}\n```\n",
        family.usage.replace(", or ", "` or `").replace(" or (", "` or `(").replace(": min, mode, max", ""),
        example,
        shape(example)
    )
}

/// How likely times are, as a row of blocks. The values are quantiles at equal distances of probability, so the picture
/// needs no random numbers. A column that any value falls into has at least the lowest block.
fn shape(of: &Distribution) -> String {
    const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let (low, high) = (of.quantile(0.005), of.quantile(0.995));
    let mut counts = [0_usize; COLUMNS];
    for n in 0..VALUES {
        let x = of.quantile((n as f64 + 0.5) / VALUES as f64);
        if (low..=high).contains(&x) {
            let place = if high > low { (x - low) / (high - low) * COLUMNS as f64 } else { COLUMNS as f64 / 2.0 };
            counts[(place as usize).min(COLUMNS - 1)] += 1;
        }
    }
    let most = counts.iter().copied().max().unwrap_or(1).max(1);
    let block = |count: usize| BLOCKS[(count * 8).div_ceil(most).min(8)];
    counts.into_iter().map(block).collect::<String>().trim_end().to_owned()
}
