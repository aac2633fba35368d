//! Designs: an input with settings laid over it, once for each point. A point is the same as a single run with these
//! `--set`, so that adding points does not change the others. Nothing is simulated here.

use super::factor::{DesignFactor, FactorLevel};
use super::input::{Input, Setting};
use super::problem::{Problem, Problems};
use crate::experiment::result::{FileText, PointSetting};
use crate::experiment::{Budget, Goal, RAISED, Setup};
use crate::limits::MOST_POINTS;
use crate::text::thousands;

/// A point that can be simulated.
#[derive(Clone, Debug)]
pub struct DesignPoint {
    /// Its settings, as text.
    pub name: String,
    /// Its settings, as they are saved.
    pub settings: Vec<PointSetting>,
    /// What is simulated.
    pub setup: Setup,
    /// What must hold.
    pub expect: Vec<Goal>,
}

/// A point that cannot be simulated.
#[derive(Clone, Debug)]
pub struct RefusedPoint {
    /// Its settings, as text.
    pub name: String,
    /// The reason.
    pub problems: Problems,
}

/// All points.
#[derive(Clone, Debug, Default)]
pub struct Design {
    /// Points that can be simulated; the last factor varies fastest.
    pub points: Vec<DesignPoint>,
    /// Points that cannot be simulated.
    pub refused: Vec<RefusedPoint>,
    /// Notices for the user, without repetitions.
    pub notices: Vec<String>,
    /// The files that were read.
    pub files: Vec<FileText>,
    /// The number of Jobs of all points together, which are in memory at one time.
    jobs: u64,
    /// The number of values in the manifests of all points together.
    values: u64,
}

impl Design {
    /// The full grid of factors over an input.
    ///
    /// # Errors
    /// Too many points, a field that varies twice, or a range without a step.
    pub fn grid(input: &Input, factors: &[DesignFactor]) -> Result<Self, Problems> {
        let problem = |message: String| vec![Problem::about("command line", message)];
        for (n, factor) in factors.iter().enumerate() {
            if factors[..n].iter().any(|other| other.path == factor.path) {
                return Err(problem(format!("{} varies twice: give all its values at once", factor.path)));
            }
        }
        let mut size: u64 = 1;
        for factor in factors {
            size = size.saturating_mul(factor.levels.count().max(1));
        }
        if size > MOST_POINTS {
            let each: Vec<String> = factors.iter().map(|f| format!("{} of {}", f.levels.count(), f.path)).collect();
            return Err(problem(format!("{size} points ({}): at most {MOST_POINTS}", each.join(" × "))));
        }
        let all = |factor: &DesignFactor| factor.levels.all().map_err(|why| problem(format!("{}: {why}", factor.path)));
        let levels = factors.iter().map(all).collect::<Result<Vec<_>, _>>()?;
        let mut design = Design::default();
        for place in 0..size as usize {
            let mut rest = place;
            let mut chosen = Vec::with_capacity(factors.len());
            for (factor, levels) in factors.iter().zip(&levels).rev() {
                chosen.push((factor.path.as_str(), &levels[rest % levels.len()]));
                rest /= levels.len();
            }
            chosen.reverse();
            design.add(input, &chosen);
            // The limits are on all points together, so they refuse the grid and not this point alone.
            design.is_within(&input.budget)?;
        }
        Ok(design)
    }

    /// Adds a point: an input with these fields at these values.
    pub fn add(&mut self, input: &Input, chosen: &[(&str, &FactorLevel)]) {
        let name: Vec<String> = chosen.iter().map(|(path, level)| format!("{path}={}", level.text)).collect();
        let name = name.join(", ");
        match self.resolve(input, chosen, &name) {
            Ok(point) => self.points.push(point),
            Err(problems) => self.refused.push(RefusedPoint { name, problems }),
        }
    }

    fn resolve(&mut self, input: &Input, chosen: &[(&str, &FactorLevel)], name: &str) -> Result<DesignPoint, Problems> {
        let mut input = input.clone();
        let mut settings = Vec::new();
        for (path, level) in chosen {
            let about = |message: String| vec![Problem::about("command line", message)];
            let setting = Setting::new(path, &level.text).map_err(about)?;
            let value = setting.value.to_json();
            let (number, unit) = (level.number, level.unit.clone());
            settings.push(PointSetting { path: (*path).to_owned(), value, number, unit });
            input.set(setting).map_err(|problem| vec![problem])?;
        }
        self.point(&input, name.to_owned(), settings)
    }

    /// Resolves a point, and keeps its notices.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn point(&mut self, input: &Input, name: String, settings: Vec<PointSetting>) -> Result<DesignPoint, Problems> {
        let resolved = match input.resolve() {
            Ok(resolved) => resolved,
            Err(problems) => {
                // Reading it took as long as if it were valid.
                self.values += input.values();
                return Err(problems);
            }
        };
        self.jobs += resolved.setup.jobs.len() as u64;
        self.values += resolved.values;
        self.is_within(&input.budget)?;
        for notice in resolved.notices {
            if !self.notices.contains(&notice) {
                self.notices.push(notice);
            }
        }
        for file in resolved.files {
            if !self.files.contains(&file) {
                self.files.push(file);
            }
        }
        Ok(DesignPoint { name, settings, setup: resolved.setup, expect: resolved.expect })
    }

    /// Rejects a design whose points together are more than the budget allows.
    fn is_within(&self, budget: &Budget) -> Result<(), Problems> {
        for (number, most, of) in [
            (self.jobs, budget.jobs, "Jobs in all points together"),
            (self.values, budget.values, "values in the manifests of all points together"),
        ] {
            if number > most {
                let what = format!("more than {} {of}; {RAISED}", thousands(most));
                return Err(vec![Problem::about("command line", what)]);
            }
        }
        Ok(())
    }
}
