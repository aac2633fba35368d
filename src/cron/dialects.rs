//! Where Kubernetes reads a schedule differently from other cron programs. Whether a schedule is sensible is judged in
//! [`crate::advice`].
//!
//! Sources: crontab(5) and cron(8) of Debian's cron, a descendant of Vixie cron, called "the classic cron" here; the
//! Quartz scheduler's `CronExpression`; Jenkins' documentation of `H`.

use super::schedule::{Days, Schedule};

const DAY: i64 = 86_400;
const ALL_HOURS: u64 = (1 << 24) - 1;

/// What users of other programs may expect of a schedule, and what Kubernetes does instead.
pub fn differences(text: &str, schedule: &Schedule, from: i64) -> Vec<String> {
    let mut list = Vec::new();
    let Some(spec) = schedule.spec() else {
        list.push(
            "@every is no cron syntax: the classic cron does not know it. The interval counts from the last start (before \
             the first, from the CronJob's creation), not from midnight or the full hour."
                .to_owned(),
        );
        return list;
    };
    if spec.days == Days::Either {
        list.push(
            "Day of month and day of week are both restricted: a day that matches either will do, as in the classic cron. \
             Quartz takes only one of the two, and people mostly mean both."
                .to_owned(),
        );
        let fields: Vec<&str> = text.split_whitespace().collect();
        let starred = |from_end: usize| fields.iter().rev().nth(from_end).is_some_and(|f| f.starts_with('*'));
        if starred(0) || starred(2) {
            list.push(
                "A field such as */2 counts as restricted here. To the classic cron every field that begins with * is \
                 unrestricted, so there a day would have to match both."
                    .to_owned(),
            );
        }
    }
    if spec.hours & ALL_HOURS != ALL_HOURS && changes_within_a_year(schedule, from) {
        list.push(
            "When the clock goes forward, times that it skips do not fire; when it goes back, times that it shows twice \
             fire twice. The classic cron makes up for the skipped ones right after the change and runs none twice."
                .to_owned(),
        );
    }
    if text.contains("TZ") {
        list.push(
            "A zone in the schedule works, but new CronJobs with one are refused: use spec.timeZone. In a crontab, CRON_TZ= \
             is a line of its own."
                .to_owned(),
        );
    }
    list
}

fn changes_within_a_year(schedule: &Schedule, from: i64) -> bool {
    schedule.location().segment(from).until < from + 366 * DAY
}

/// Which other program's syntax a schedule that cannot be parsed may be written in.
pub fn foreign_syntax(text: &str) -> Option<&'static str> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let last = fields.last().copied().unwrap_or_default();
    if text.trim_start().starts_with("@reboot") {
        return Some("@reboot is the classic cron's; nothing reboots here: a Job (not a CronJob) runs once");
    }
    if text.trim_start().starts_with('@') && text != text.trim() {
        return Some("a descriptor such as @daily may have no space before or behind it");
    }
    if text.starts_with('@') && text.to_lowercase() != text {
        return Some("descriptors such as @daily are written small");
    }
    match fields.len() {
        6 | 7 => {
            return Some("six or seven fields are Quartz' or Spring's, with seconds first; here the first is minutes");
        }
        5 => {}
        _ => return None,
    }
    if fields.iter().any(|field| field.starts_with('H')) {
        return Some("H is Jenkins': a minute or hour that is spread by name; here it must be a number");
    }
    if fields.iter().any(|f| f.contains(['L', 'W', '#']) && !f.to_lowercase().contains("wed") && !f.contains("JUL")) {
        return Some(
            "L, W and # (last, nearest weekday, nth weekday) are Quartz'; no combination of fields says the same",
        );
    }
    if last.contains('7') {
        return Some("Sunday is 0 here; only the classic cron takes 7 too");
    }
    let wraps = |field: &str| field.split(['-', '/', ',']).count() > 1 && field.contains('-');
    wraps(last).then_some("a range may not go round the end of the week: write fri-sat,sun-mon for fri-mon")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, zone: Option<&str>) -> usize {
        differences(text, &Schedule::of_cronjob(text, zone).unwrap(), 1_780_000_000).len()
    }

    #[test]
    fn only_what_concerns_the_schedule_is_told() {
        for (text, zone, count) in [
            ("0 3 * * *", None, 0),
            ("0 3 * * *", Some("Asia/Tokyo"), 0),
            ("0 3 * * *", Some("Europe/Berlin"), 1),
            ("0 * * * *", Some("Europe/Berlin"), 0),
            ("0 3 13 * 5", None, 1),
            ("0 3 */2 * 5", None, 2),
            ("@every 90m", Some("Europe/Berlin"), 1),
            ("TZ=UTC 0 3 * * *", None, 1),
        ] {
            assert_eq!(told(text, zone), count, "{text} {zone:?}");
        }
    }

    #[test]
    fn other_programs_syntax_is_recognised() {
        let foreign =
            ["@reboot", "@Daily", " @daily", "0 0 3 * * *", "H 3 * * *", "0 3 L * *", "0 3 * * 7", "0 3 * * fri-mon"];
        for text in foreign {
            assert!(Schedule::parse(text).is_err() && foreign_syntax(text).is_some(), "{text}");
        }
        assert_eq!(foreign_syntax("60 * * * *"), None);
    }
}
