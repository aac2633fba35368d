//! How each family may be specified: its names, its parameters, and which combinations of them suffice.

use super::text::{Argument, Term};
use super::{Distribution, Invalid, invalid, lognormal_through, positive, within};
use crate::model::duration;
use crate::text::{ReadError, suggest};
use std::collections::BTreeSet;

/// A family: its names (the first one is shown) and the ways to specify it.
struct Described {
    names: &'static [&'static str],
    /// In the order in which they may be given without names.
    parameters: &'static [&'static str],
    usage: &'static str,
    make: fn(&Parameters) -> Result<Distribution, Refusal>,
}

const FAMILIES: &[Described] = &[
    Described {
        names: &["constant"],
        parameters: &["value"],
        usage: "constant(5s), or 5s",
        make: |p| Ok(Distribution::constant(p.time("value")?)?),
    },
    Described {
        names: &["uniform"],
        parameters: &["min", "max"],
        usage: "uniform(1s, 5s)",
        make: |p| Ok(Distribution::uniform(p.time("min")?, p.time("max")?)?),
    },
    Described {
        names: &["triangular"],
        parameters: &["min", "mode", "max"],
        usage: "triangular(1s, 2s, 5s): min, mode, max",
        make: |p| Ok(Distribution::triangular(p.time("min")?, p.time("mode")?, p.time("max")?)?),
    },
    Described {
        names: &["exponential", "exp"],
        parameters: &["mean"],
        usage: "exponential(mean=3m)",
        make: |p| Ok(Distribution::exponential(p.time("mean")?)?),
    },
    Described {
        names: &["gamma"],
        parameters: &["shape", "scale", "mean", "sd"],
        usage: "gamma(shape=2, scale=30s), (shape, mean) or (mean, sd)",
        make: gamma,
    },
    Described {
        names: &["erlang"],
        parameters: &["shape", "scale", "mean"],
        usage: "erlang(shape=3, mean=30s) or (shape, scale)",
        make: |p| {
            let shape = p.number("shape")?;
            if shape.fract() != 0.0 {
                return Err(invalid("shape", format!("must be a whole number, not {shape}; gamma takes any")).into());
            }
            gamma(p)
        },
    },
    Described {
        names: &["lognormal"],
        parameters: &["mu", "sigma", "median", "mean", "sd"],
        usage: "lognormal(median=30ms, p99=500ms), (median, sigma), (mu, sigma), (mean, sd) or two quantiles",
        make: lognormal,
    },
    Described {
        names: &["weibull"],
        parameters: &["shape", "scale", "mean"],
        usage: "weibull(shape=1.4, scale=3m) or (shape, mean)",
        make: weibull,
    },
    Described {
        names: &["pareto"],
        parameters: &["shape", "min"],
        usage: "pareto(shape=2.5, min=10s)",
        make: |p| Ok(Distribution::pareto(p.number("shape")?, p.time("min")?)?),
    },
    Described {
        names: &["empirical", "samples"],
        parameters: &[],
        usage: "empirical(1s, 2s, 5s)",
        make: |p| Ok(Distribution::samples(p.unnamed().map(|a| p.time_of(a)).collect::<Result<_, _>>()?)?),
    },
    Described {
        names: &["quantiles"],
        parameters: &[],
        usage: "quantiles(p0=1s, p50=3s, p99=20s)",
        make: |p| {
            let points = p.quantiles()?;
            p.no_unnamed()?;
            Ok(Distribution::quantiles(points)?)
        },
    },
    Described { names: &["mixture"], parameters: &[], usage: "mixture(9: 0s, 1: exp(mean=12s))", make: mixture },
    Described {
        names: &["shifted"],
        parameters: &["by"],
        usage: "shifted(by=5s, exp(mean=3m)), or 5s + exp(mean=3m)",
        make: |p| Ok(Distribution::shifted(p.time("by")?, p.inner()?)?),
    },
    Described {
        names: &["truncated"],
        parameters: &["min", "max"],
        usage: "truncated(exp(mean=3m), min=5s, max=1h)",
        make: |p| {
            let limit = |name| p.has(name).then(|| p.time(name)).transpose();
            Ok(Distribution::truncated(p.inner()?, limit("min")?, limit("max")?)?)
        },
    },
];

/// A family, for the reference documentation.
#[derive(Clone, Debug)]
pub struct FamilyReference {
    /// Its names; the first one is shown.
    pub names: &'static [&'static str],
    /// Its parameters, in the order in which they may be given without names.
    pub parameters: &'static [&'static str],
    /// The ways to write it.
    pub usage: &'static str,
    /// The first of these ways, parsed.
    pub example: Distribution,
}

/// Every family.
pub fn families() -> impl Iterator<Item = FamilyReference> {
    FAMILIES.iter().map(|family| {
        let first = &family.usage[..=closing(family.usage)];
        let example = first.parse().unwrap_or_else(|why| panic!("{first}: {why}"));
        FamilyReference { names: family.names, parameters: family.parameters, usage: family.usage, example }
    })
}

/// The position of the parenthesis that closes the first one opened in a text.
fn closing(text: &str) -> usize {
    let mut depth = 0;
    let closes = |(_, c): &(usize, char)| {
        depth += i32::from(*c == '(') - i32::from(*c == ')');
        *c == ')' && depth == 0
    };
    text.char_indices().find(closes).map_or(text.len() - 1, |(at, _)| at)
}

/// Families whose unnamed arguments are not parameters in order.
const UNORDERED: &[&str] = &["empirical", "quantiles", "mixture", "shifted", "truncated", "lognormal"];

/// Why a term is rejected: because of a parameter, or at a position of its own.
enum Refusal {
    Invalid(Invalid),
    At(ReadError),
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Refusal::Invalid(invalid)
    }
}

/// The arguments of a term, with the named ones by name.
struct Parameters<'a> {
    field: &'a str,
    term: &'a Term,
    arguments: Vec<(Option<&'a str>, &'a Term)>,
    usage: &'static str,
}

/// The distribution that a term describes. `field` is the path that errors name.
pub(super) fn build(term: &Term, field: &str) -> Result<Distribution, ReadError> {
    let Some(arguments) = &term.arguments else { return word(term, field) };
    let named = |d: &&Described| d.names.iter().any(|name| name.eq_ignore_ascii_case(&term.word));
    let Some(family) = FAMILIES.iter().find(named) else { return Err(unknown(term, field)) };
    let field = if field.is_empty() { family.names[0].to_owned() } else { format!("{field}.{}", family.names[0]) };
    let parameters = Parameters { field: &field, term, arguments: name_all(family, arguments), usage: family.usage };
    parameters.check_names(family)?;
    (family.make)(&parameters).map_err(|refusal| parameters.locate(refusal))
}

fn word(term: &Term, field: &str) -> Result<Distribution, ReadError> {
    if let Some(family) = FAMILIES.iter().find(|d| d.names.contains(&term.word.as_str())) {
        return Err(term.error(field, format!("{} needs its parameters: {}", term.word, family.usage)));
    }
    let seconds = duration::parse_seconds(&term.word).map_err(|why| term.error(field, why))?;
    Distribution::constant(seconds).map_err(|error| term.error(field, error.to_string()))
}

fn unknown(term: &Term, field: &str) -> ReadError {
    let names: Vec<&str> = FAMILIES.iter().map(|d| d.names[0]).collect();
    let message = format!("{:?} is no distribution; there are {}", term.word, names.join(", "));
    let suggestion = suggest(&term.word, FAMILIES.iter().flat_map(|d| d.names.iter().copied())).map(str::to_owned);
    ReadError { suggestion, ..term.error(field, message) }
}

/// Assigns the names of the parameters, in order, to arguments without names.
fn name_all<'a>(family: &Described, arguments: &'a [Argument]) -> Vec<(Option<&'a str>, &'a Term)> {
    let ordered = !UNORDERED.contains(&family.names[0]);
    let mut names = family.parameters.iter().copied().filter(|_| ordered);
    let named = arguments.iter().map(|argument| {
        let name = argument.name.as_deref().or_else(|| names.next());
        (name, &argument.term)
    });
    named.collect()
}

/// The probability in the name of a quantile: 0.999 for `p99.9`.
fn probability(name: &str) -> Option<f64> {
    let digits = name.strip_prefix('p')?;
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    format!("{digits}e-2").parse().ok().filter(|p| plain && (0.0..=1.0).contains(p))
}

impl<'a> Parameters<'a> {
    fn argument(&self, name: &str) -> Option<&'a Term> {
        self.arguments.iter().find(|argument| argument.0 == Some(name)).map(|argument| argument.1)
    }

    fn has(&self, name: &str) -> bool {
        self.argument(name).is_some()
    }

    fn unnamed(&self) -> impl Iterator<Item = &'a Term> {
        self.arguments.iter().filter(|argument| argument.0.is_none()).map(|argument| argument.1)
    }

    fn path(&self, name: &str) -> String {
        format!("{}.{name}", self.field)
    }

    fn needed(&self, name: &str) -> Result<&'a Term, Refusal> {
        self.argument(name).ok_or_else(|| self.usage(&format!("{name} is missing")))
    }

    fn usage(&self, what: &str) -> Refusal {
        Refusal::At(self.term.error(self.field, format!("{what}; write {}", self.usage)))
    }

    fn time(&self, name: &str) -> Result<f64, Refusal> {
        let term = self.needed(name)?;
        self.seconds(term, &self.path(name))
    }

    fn time_of(&self, term: &Term) -> Result<f64, Refusal> {
        self.seconds(term, self.field)
    }

    fn seconds(&self, term: &Term, field: &str) -> Result<f64, Refusal> {
        if term.arguments.is_some() {
            return Err(Refusal::At(term.error(field, "must be a duration, not a distribution")));
        }
        duration::parse_seconds(&term.word).map_err(|why| Refusal::At(term.error(field, why)))
    }

    fn number(&self, name: &str) -> Result<f64, Refusal> {
        let term = self.needed(name)?;
        let number = term.word.parse::<f64>().ok().filter(|x| x.is_finite() && term.arguments.is_none());
        let why = || format!("{:?} is not a number; {name} is a plain number without a unit", term.word);
        number.ok_or_else(|| Refusal::At(term.error(&self.path(name), why())))
    }

    /// The arguments that are quantiles (`p99`, and `median`), in order of their probabilities.
    fn quantiles(&self) -> Result<Vec<(f64, f64)>, Refusal> {
        let mut points = Vec::new();
        for &(name, term) in &self.arguments {
            let name = name.unwrap_or_default();
            let p = if name == "median" { Some(0.5) } else { probability(name) };
            if let Some(p) = p {
                points.push((p, self.seconds(term, &self.path(name))?));
            }
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(points)
    }

    /// The only argument that is a distribution.
    fn inner(&self) -> Result<Distribution, Refusal> {
        let mut terms = self.unnamed();
        match (terms.next(), terms.next()) {
            (Some(term), None) => build(term, self.field).map_err(Refusal::At),
            (None, _) => Err(self.usage("the distribution is missing")),
            (_, Some(second)) => Err(Refusal::At(second.error(self.field, "only one distribution can be given"))),
        }
    }

    fn no_unnamed(&self) -> Result<(), Refusal> {
        match self.unnamed().next() {
            Some(term) => Err(Refusal::At(term.error(self.field, format!("needs a name; write {}", self.usage)))),
            None => Ok(()),
        }
    }

    /// Rejects names that the family does not have, and repeated names.
    fn check_names(&self, family: &Described) -> Result<(), ReadError> {
        if family.names[0] == "mixture" {
            return Ok(());
        }
        let by_quantiles = matches!(family.names[0], "quantiles" | "lognormal");
        let mut seen = BTreeSet::new();
        for &(name, term) in &self.arguments {
            let Some(name) = name else { continue };
            if !seen.insert(name) {
                return Err(term.error(&self.path(name), "stands twice"));
            }
            let known = family.parameters.contains(&name) || (by_quantiles && probability(name).is_some());
            if !known {
                let message = format!("{name:?} is no parameter of {}; write {}", family.names[0], family.usage);
                let suggestion = suggest(name, family.parameters.iter().copied()).map(str::to_owned);
                return Err(ReadError { suggestion, ..term.error(&self.path(name), message) });
            }
        }
        let surplus = !UNORDERED.contains(&family.names[0]);
        match self.unnamed().next().filter(|_| surplus) {
            Some(term) => Err(term.error(self.field, format!("too many parameters; write {}", family.usage))),
            None => Ok(()),
        }
    }

    fn locate(&self, refusal: Refusal) -> ReadError {
        match refusal {
            Refusal::At(error) => error,
            Refusal::Invalid(Invalid { parameter, message }) => {
                let at = self.argument(&parameter).unwrap_or(self.term);
                let field = if parameter.is_empty() { self.field.to_owned() } else { self.path(&parameter) };
                at.error(&field, message)
            }
        }
    }
}

fn gamma(p: &Parameters) -> Result<Distribution, Refusal> {
    if p.has("mean") && p.has("sd") && !p.has("shape") {
        let (mean, sd) = (positive("mean", p.time("mean")?)?, positive("sd", p.time("sd")?)?);
        return Ok(Distribution::gamma(mean * mean / (sd * sd), sd * sd / mean)?);
    }
    let shape = within("shape", p.number("shape")?, 0.01, 1e6)?;
    let scale = scale_or_mean(p, shape)?;
    Ok(Distribution::gamma(shape, scale)?)
}

fn weibull(p: &Parameters) -> Result<Distribution, Refusal> {
    let shape = within("shape", p.number("shape")?, 0.05, 1e3)?;
    let scale = scale_or_mean(p, libm::tgamma(1.0 + 1.0 / shape))?;
    Ok(Distribution::weibull(shape, scale)?)
}

/// The scale, given directly or through the mean. `unit_mean` is the mean at scale 1.
fn scale_or_mean(p: &Parameters, unit_mean: f64) -> Result<f64, Refusal> {
    match (p.has("scale"), p.has("mean"), p.has("sd")) {
        (true, false, false) => p.time("scale"),
        (false, true, false) => Ok(positive("mean", p.time("mean")?)? / unit_mean),
        _ => Err(p.usage("that does not say what the scale is")),
    }
}

fn lognormal(p: &Parameters) -> Result<Distribution, Refusal> {
    p.no_unnamed()?;
    let quantiles = p.quantiles()?;
    let given: Vec<&str> = ["mu", "sigma", "mean", "sd"].into_iter().filter(|name| p.has(name)).collect();
    match (given.as_slice(), quantiles.as_slice()) {
        (["mu", "sigma"], []) => Ok(Distribution::lognormal(p.number("mu")?, p.number("sigma")?)?),
        (["sigma"], [(0.5, median)]) => {
            Ok(Distribution::lognormal(libm::log(positive("median", *median)?), p.number("sigma")?)?)
        }
        (["mean", "sd"], []) => {
            let (mean, sd) = (positive("mean", p.time("mean")?)?, p.time("sd")?);
            let variance = libm::log1p(sd / mean * (sd / mean));
            Ok(Distribution::lognormal(libm::log(mean) - variance / 2.0, variance.sqrt())?)
        }
        ([], [low, high]) if low.0 > 0.0 && high.0 < 1.0 && low.0 < high.0 => Ok(lognormal_through(*low, *high)?),
        _ => Err(p.usage("that does not say which one")),
    }
}

fn mixture(p: &Parameters) -> Result<Distribution, Refusal> {
    let mut components = Vec::new();
    for &(name, term) in &p.arguments {
        let weight = name.ok_or_else(|| p.usage("a component needs its weight"))?;
        let number = weight.parse::<f64>();
        let why = || term.error(p.field, format!("{weight:?} is not a weight: a number, zero or more"));
        let component = build(term, p.field).map_err(Refusal::At)?;
        components.push((number.map_err(|_| Refusal::At(why()))?, component));
    }
    Ok(Distribution::mixture(components)?)
}
