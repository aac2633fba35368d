//! Reads `--shard`: the number of a shard and how many there are, given explicitly or by the variables that an engine
//! sets for the tasks of an array. How work is divided is not known here.

use super::experiment::flag;
use super::out::{Failure, OutputStreams};
use crate::experiment::Shard;
use crate::limits::MOST_SHARDS;

/// The variables from which the number is read, in this order.
const NUMBERS: [(&str, Base); 4] = [
    ("JOB_COMPLETION_INDEX", Base::Zero),
    ("SLURM_ARRAY_TASK_ID", Base::Slurm),
    ("AWS_BATCH_JOB_ARRAY_INDEX", Base::Zero),
    ("PBS_ARRAY_INDEX", Base::One),
];

/// The first number of an engine's tasks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    Zero,
    One,
    /// From `SLURM_ARRAY_TASK_MIN`, in steps of `SLURM_ARRAY_TASK_STEP`.
    Slurm,
}

/// Reads `3/64`, `auto` or `auto/64`, and prints what was read from the environment.
///
/// # Errors
/// Text that is not a shard; an environment without a number.
pub fn shard(text: &str, streams: &mut OutputStreams<'_>) -> Result<Shard, Failure> {
    let (shard, said) = read(text, &|name| std::env::var(name).ok()).map_err(|why| flag("shard", &why))?;
    if let Some(said) = said {
        // A failed write is not an error.
        let _ = writeln!(streams.talk, "shard {shard}: {said}");
    }
    Ok(shard)
}

fn read(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<(Shard, Option<String>), String> {
    let form = "write I/N, such as 1/64 to 64/64, or auto, or auto/N";
    let number = |text: &str| text.parse::<u32>().map_err(|_| format!("{text:?} is no number: {form}"));
    let (first, total) = match text.split_once('/') {
        Some((first, total)) => (first, Some(number(total)?)),
        None => (text, None),
    };
    if total.is_some_and(|total| !(1..=MOST_SHARDS).contains(&total)) {
        return Err(format!("{text:?}: there are 1 to {MOST_SHARDS} shards"));
    }
    if first == "auto" {
        return automatic(total, variable).map(|(shard, said)| (shard, Some(said)));
    }
    let total = total.ok_or_else(|| format!("{text:?} does not say of how many: {form}"))?;
    let shard = Shard::new(number(first)?, total);
    shard.map(|shard| (shard, None)).ok_or_else(|| format!("{text:?}: shards are numbered from 1 to {total}"))
}

/// The shard that the environment asks for, and what was read there.
fn automatic(total: Option<u32>, variable: &dyn Fn(&str) -> Option<String>) -> Result<(Shard, String), String> {
    let Some((name, base, text)) = NUMBERS.iter().find_map(|&(name, base)| Some((name, base, variable(name)?))) else {
        let names: Vec<&str> = NUMBERS.iter().map(|(name, _)| *name).collect();
        return Err(format!("auto: none of {} is set: write I/N", names.join(", ")));
    };
    let parse =
        |name: &str, text: &str| text.parse::<i64>().map_err(|_| format!("auto: {name} is {text:?}, no number"));
    let other = |name: &str, otherwise: i64| variable(name).map_or(Ok(otherwise), |text| parse(name, &text));
    let number = parse(name, &text)?;
    let mut said = format!("{name} is {number}");
    let mut total = total.map(i64::from);
    let index = match base {
        Base::Zero => number,
        Base::One => number - 1,
        Base::Slurm => {
            let (first, step) = (other("SLURM_ARRAY_TASK_MIN", 0)?, other("SLURM_ARRAY_TASK_STEP", 1)?.max(1));
            said += &format!(", SLURM_ARRAY_TASK_MIN {first}");
            if let Some(count) = variable("SLURM_ARRAY_TASK_COUNT") {
                let count = parse("SLURM_ARRAY_TASK_COUNT", &count)?;
                said += &format!(", SLURM_ARRAY_TASK_COUNT {count}");
                if total.is_some_and(|total| total != count) {
                    return Err(format!("auto: {said}, which is not the total that is given"));
                }
                total = Some(count);
            }
            (number - first) / step
        }
    };
    let Some(total) = total else {
        return Err(format!("auto: {said}, and nothing says of how many: write auto/N"));
    };
    let shard = u32::try_from(index + 1).ok().zip(u32::try_from(total).ok().filter(|total| *total <= MOST_SHARDS));
    let shard = shard.and_then(|(index, total)| Shard::new(index, total));
    let counts = if base == Base::Zero { format!("0 to {}", total - 1) } else { format!("1 to {total}") };
    let counts = if base == Base::Slurm { "an array without gaps".to_owned() } else { counts };
    shard
        .map(|shard| (shard, said.clone()))
        .ok_or_else(|| format!("auto: {said}, but of {total} shards it is {counts}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let variable = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        read(text, &variable).map(|(shard, _)| shard.to_string())
    }

    #[test]
    fn shards_are_read_from_flags_and_engines() {
        let slurm = |id| {
            [
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_MIN", "5"),
                ("SLURM_ARRAY_TASK_COUNT", "4"),
                ("SLURM_ARRAY_TASK_STEP", "2"),
            ]
        };
        for (text, variables, shard) in [
            ("3/7", &[][..], "3/7"),
            ("auto/64", &[("JOB_COMPLETION_INDEX", "0")], "1/64"),
            ("auto/64", &[("JOB_COMPLETION_INDEX", "63")], "64/64"),
            ("auto", &slurm("5"), "1/4"),
            ("auto", &slurm("11"), "4/4"),
            ("auto/4", &slurm("9"), "3/4"),
            ("auto/2", &[("AWS_BATCH_JOB_ARRAY_INDEX", "1")], "2/2"),
            ("auto/2", &[("PBS_ARRAY_INDEX", "2")], "2/2"),
        ] {
            assert_eq!(of(text, variables).as_deref(), Ok(shard), "{text} {variables:?}");
        }
    }

    #[test]
    fn what_is_no_shard_is_refused_with_what_is_allowed() {
        for (text, variables, why) in [
            ("3", &[][..], "does not say of how many"),
            ("x/3", &[], "is no number: write I/N"),
            ("0/3", &[], "numbered from 1 to 3"),
            ("4/3", &[], "numbered from 1 to 3"),
            ("1/0", &[], "1 to 100000 shards"),
            ("auto", &[], "none of JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID"),
            ("auto", &[("JOB_COMPLETION_INDEX", "3")], "nothing says of how many: write auto/N"),
            ("auto/3", &[("JOB_COMPLETION_INDEX", "3")], "of 3 shards it is 0 to 2"),
            ("auto/3", &[("PBS_ARRAY_INDEX", "0")], "of 3 shards it is 1 to 3"),
            ("auto/3", &[("SLURM_ARRAY_TASK_ID", "1"), ("SLURM_ARRAY_TASK_COUNT", "4")], "not the total"),
            ("auto/3", &[("JOB_COMPLETION_INDEX", "x")], "\"x\", no number"),
        ] {
            let error = of(text, variables).unwrap_err();
            assert!(error.contains(why), "{text} {variables:?}: {error}");
        }
    }
}
