//! The Kaplan–Meier estimate (JASA 53, 1958) of how long things last, from durations of which some are censored. What
//! is still running has lasted at least that long; leaving it out would make all durations look shorter.

/// A duration, possibly censored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observed {
    /// The duration; a lower bound if `ended` is false.
    pub duration: f64,
    /// Whether the end was observed; if not, the duration is censored.
    pub ended: bool,
}

/// The estimated share that lasts longer than each observed end.
#[derive(Clone, Debug, PartialEq)]
pub struct Survival {
    /// Durations in increasing order, each with the share that lasts longer.
    pub steps: Vec<(f64, f64)>,
}

/// Estimates the survival function from these durations.
pub fn kaplan_meier(observed: &[Observed]) -> Survival {
    let mut sorted = observed.to_vec();
    // A duration censored at the time of an end was still at risk then.
    sorted.sort_by(|a, b| a.duration.total_cmp(&b.duration).then(b.ended.cmp(&a.ended)));
    let (mut share, mut steps, mut start) = (1.0, Vec::new(), 0);
    while start < sorted.len() {
        let duration = sorted[start].duration;
        let group = sorted[start..].iter().take_while(|o| o.duration == duration);
        let (all, ended) = group.fold((0, 0), |(all, ended), o| (all + 1, ended + usize::from(o.ended)));
        if ended > 0 {
            share *= 1.0 - ended as f64 / (sorted.len() - start) as f64;
            steps.push((duration, share));
        }
        start += all;
    }
    Survival { steps }
}

impl Survival {
    /// The share that lasts longer than `x`.
    pub fn beyond(&self, x: f64) -> f64 {
        let passed = self.steps.partition_point(|step| step.0 <= x);
        passed.checked_sub(1).map_or(1.0, |last| self.steps[last].1)
    }

    /// The share that lasts at most `x`.
    pub fn ended_before(&self, x: f64) -> f64 {
        let passed = self.steps.partition_point(|step| step.0 < x);
        1.0 - passed.checked_sub(1).map_or(1.0, |last| self.steps[last].1)
    }

    /// The duration that a share `p` does not exceed; `None` if too few ends were observed.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        let reached = self.steps.iter().find(|step| 1.0 - step.1 >= p - 1e-12);
        reached.map(|step| step.0)
    }

    /// The share that was still running at the last observed end.
    pub fn left(&self) -> f64 {
        self.steps.last().map_or(1.0, |step| step.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Remission times of leukaemia patients under 6-MP, in weeks (Freireich and others, 1963; the estimate as in
    /// Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, and many other textbooks).
    #[test]
    fn the_published_example() {
        let ended = [6, 6, 6, 7, 10, 13, 16, 22, 23].map(|d| (d, true));
        let cut = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(|d| (d, false));
        let observed: Vec<Observed> = ended
            .into_iter()
            .chain(cut)
            .map(|(duration, ended)| Observed { duration: f64::from(duration), ended })
            .collect();
        let survival = kaplan_meier(&observed);
        let published =
            [(6.0, 0.857), (7.0, 0.807), (10.0, 0.753), (13.0, 0.690), (16.0, 0.627), (22.0, 0.538), (23.0, 0.448)];
        assert_eq!(survival.steps.len(), published.len());
        for (step, (duration, share)) in survival.steps.iter().zip(published) {
            assert!(step.0 == duration && (step.1 - share).abs() < 6e-4, "{step:?}");
        }
        assert_eq!((survival.quantile(0.5), survival.quantile(0.6)), (Some(23.0), None));
        assert!((survival.beyond(8.0) - 0.807).abs() < 6e-4 && (survival.ended_before(6.0)).abs() < 1e-12);
    }

    #[test]
    fn without_cuts_it_is_the_empirical_distribution() {
        let observed = [1.0, 2.0, 2.0, 5.0].map(|duration| Observed { duration, ended: true });
        let survival = kaplan_meier(&observed);
        assert_eq!(survival.steps, [(1.0, 0.75), (2.0, 0.25), (5.0, 0.0)]);
        assert_eq!([0.25, 0.5, 0.75, 1.0].map(|p| survival.quantile(p)), [Some(1.0), Some(2.0), Some(2.0), Some(5.0)]);
        assert_eq!([1.9, 2.0, 2.1].map(|x| survival.beyond(x)), [0.75, 0.25, 0.25]);
        assert_eq!([1.9, 2.0, 2.1].map(|x| survival.ended_before(x)), [0.25, 0.25, 0.75]);
        assert_eq!((kaplan_meier(&[]).quantile(0.5), kaplan_meier(&[]).left()), (None, 1.0));
    }

    #[test]
    fn a_quantile_is_reached_up_to_rounding() {
        let observed = [1.0, 2.0, 3.0].map(|duration| Observed { duration, ended: true });
        let survival = kaplan_meier(&observed);
        assert!(1.0 - survival.steps[0].1 < 1.0 / 3.0, "a third is missed by a rounding");
        assert_eq!([1.0 / 3.0, 2.0 / 3.0, 1.0].map(|p| survival.quantile(p)), [Some(1.0), Some(2.0), Some(3.0)]);
    }
}
