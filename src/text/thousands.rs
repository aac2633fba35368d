//! Formatting of whole numbers for people. How measured values are rounded is elsewhere.

/// A whole number with a thousands separator.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap_or_default()).collect();
    groups.join(",")
}

/// A count with its noun, in the plural unless the count is one.
pub fn counted(n: u64, one: &str) -> String {
    format!("{} {one}{}", thousands(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::{counted, thousands};

    #[test]
    fn one_of_a_thing_has_no_plural() {
        assert_eq!([0, 1, 2_000].map(|n| counted(n, "Job")), ["0 Jobs", "1 Job", "2,000 Jobs"]);
    }

    #[test]
    fn digits_come_in_groups_of_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (50_000_000, "50,000,000")] {
            assert_eq!(thousands(number), text);
        }
    }
}
