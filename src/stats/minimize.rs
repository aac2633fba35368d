//! Minimizes a function of a few variables without derivatives: the simplex method of Nelder and Mead (The Computer
//! Journal 7, 1965) with their coefficients. It finds a local minimum, and the same one every time.

/// More steps than a likelihood of two parameters needs.
const STEPS: usize = 400;

/// The point at which `f` is least, searched from `start` with first steps of `size`. NaN counts as infinity.
pub fn minimize<const N: usize>(start: [f64; N], size: f64, f: impl Fn(&[f64; N]) -> f64) -> [f64; N] {
    let value = |at: [f64; N]| {
        let y = f(&at);
        (if y.is_nan() { f64::INFINITY } else { y }, at)
    };
    let mut simplex: Vec<(f64, [f64; N])> = vec![value(start)];
    for n in 0..N {
        let mut corner = start;
        corner[n] += size;
        simplex.push(value(corner));
    }
    for _ in 0..STEPS {
        simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
        if simplex[N].0 - simplex[0].0 <= 1e-10 * (1.0 + simplex[0].0.abs()) && is_small(&simplex) {
            break;
        }
        step(&mut simplex, &value);
    }
    simplex.sort_by(|a, b| a.0.total_cmp(&b.0));
    simplex[0].1
}

fn is_small<const N: usize>(simplex: &[(f64, [f64; N])]) -> bool {
    simplex.iter().all(|corner| corner.1.iter().zip(&simplex[0].1).all(|(a, b)| (a - b).abs() < 1e-7))
}

/// Replaces the worst vertex of a sorted simplex, or shrinks all towards the best.
fn step<const N: usize>(simplex: &mut [(f64, [f64; N])], value: &impl Fn([f64; N]) -> (f64, [f64; N])) {
    let worst = simplex[N];
    let centre: [f64; N] = std::array::from_fn(|i| simplex[..N].iter().map(|c| c.1[i]).sum::<f64>() / N as f64);
    let along = |t: f64| value(std::array::from_fn(|i| centre[i] + t * (worst.1[i] - centre[i])));
    let reflected = along(-1.0);
    if reflected.0 < simplex[0].0 {
        let expanded = along(-2.0);
        simplex[N] = if expanded.0 < reflected.0 { expanded } else { reflected };
        return;
    }
    if reflected.0 < simplex[N - 1].0 {
        simplex[N] = reflected;
        return;
    }
    let contracted = along(if reflected.0 < worst.0 { -0.5 } else { 0.5 });
    if contracted.0 < worst.0.min(reflected.0) {
        simplex[N] = contracted;
        return;
    }
    let best = simplex[0].1;
    for corner in &mut simplex[1..] {
        *corner = value(std::array::from_fn(|i| (corner.1[i] + best[i]) / 2.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_minima() {
        // Rosenbrock's valley, the usual hard case: its minimum is at (1, 1).
        let valley = |x: &[f64; 2]| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            a * a + 100.0 * b * b
        };
        let found = minimize([-1.2, 1.0], 0.5, valley);
        assert!((found[0] - 1.0).abs() < 1e-4 && (found[1] - 1.0).abs() < 1e-4, "{found:?}");
        let found = minimize([7.0], 1.0, |x| (x[0] - 3.0) * (x[0] - 3.0));
        assert!((found[0] - 3.0).abs() < 1e-5, "{found:?}");
        // Points where the function is undefined are avoided.
        let found = minimize([2.0], 1.0, |x| if x[0] < 1.0 { f64::NAN } else { x[0] });
        assert!((found[0] - 1.0).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn a_search_goes_on_between_corners_of_the_same_height() {
        let found = minimize([-1.0], 2.0, |x| x[0] * x[0]);
        assert!(found[0].abs() < 1e-5, "both corners have the value 1: {found:?}");
    }

    #[test]
    fn no_sign_of_a_value_that_is_no_number_makes_it_a_minimum() {
        for nothing in [f64::NAN, -f64::NAN] {
            // The first simplex has a corner at 0.5, where there is no value.
            let found = minimize([2.0], -1.5, |x| if x[0] < 1.0 { nothing } else { x[0] });
            assert!((found[0] - 1.0).abs() < 1e-3, "{found:?}");
        }
    }

    /// Where neither a reflected nor a contracted corner is better, the simplex shrinks towards its best one.
    #[test]
    fn a_simplex_shrinks_where_its_middle_is_high() {
        // A narrow valley at 0 with a ridge beside it: the middle between 0 and 1 is higher than both ends.
        let ridge = |x: &[f64; 1]| match x[0].abs() {
            far if far > 0.9 => far,
            near if near > 0.3 => 5.0,
            inside => (inside - 0.1).abs(),
        };
        let found = minimize([0.0], 1.0, ridge);
        assert!((found[0].abs() - 0.1).abs() < 1e-5, "{found:?}");
    }
}
