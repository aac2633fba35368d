//! Versions of Kubernetes as people and clusters write them. It does not say what a version does.

use std::fmt;

/// A version `1.MINOR.PATCH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesVersion {
    /// The minor release: 34 in v1.34.4.
    pub minor: u8,
    /// The patch release: 4 in v1.34.4.
    pub patch: u16,
}

/// The newest known patch release of each modelled minor release, oldest minor first.
pub const NEWEST_PATCHES: [KubernetesVersion; MINORS] = [
    KubernetesVersion::new(30, 14),
    KubernetesVersion::new(31, 14),
    KubernetesVersion::new(32, 13),
    KubernetesVersion::new(33, 13),
    KubernetesVersion::new(34, 12),
    KubernetesVersion::new(35, 8),
    KubernetesVersion::new(36, 5),
    KubernetesVersion::new(37, 2),
];

/// How many minor releases are modelled.
pub const MINORS: usize = 8;

/// The oldest modelled minor release.
pub const OLDEST_MINOR: u8 = 30;

/// The minor release that stands for the old ones in teaching, when the longest Pod failure back-off was six minutes.
/// No recording backs it.
pub const TEACHING_MINOR: u8 = 26;

impl KubernetesVersion {
    /// `1.MINOR.PATCH`.
    pub const fn new(minor: u8, patch: u16) -> Self {
        KubernetesVersion { minor, patch }
    }

    /// The newest modelled version.
    pub const NEWEST: KubernetesVersion = NEWEST_PATCHES[MINORS - 1];

    /// Its position among the minor releases of the table; a teaching profile uses that of the oldest.
    pub(super) const fn place(self) -> usize {
        if self.minor <= OLDEST_MINOR { 0 } else { (self.minor - OLDEST_MINOR) as usize }
    }

    /// Whether it is a teaching profile, which no recording backs.
    pub const fn is_for_teaching(self) -> bool {
        self.minor == TEACHING_MINOR
    }

    /// The minor release as Kubernetes writes it, such as `v1.37`.
    pub fn minor_name(self) -> String {
        format!("v1.{}", self.minor)
    }

    /// Reads `1.34`, `v1.34.4`, or what a managed cluster reports, such as `v1.34.4-eks-1a2b3c` and `v1.34.4+k3s1`. A
    /// minor release alone means its newest known patch release, and so does a patch release that is newer than that.
    /// Also returns a notice for the user, if there is one.
    ///
    /// # Errors
    /// If the version is not modelled; the message lists what is allowed.
    ///
    /// # Example
    /// ```
    /// use jobsim::release::KubernetesVersion;
    /// assert_eq!(KubernetesVersion::parse("v1.34.4-eks-1a2b3c").unwrap().0, KubernetesVersion::new(34, 4));
    /// assert_eq!(KubernetesVersion::parse("1.34").unwrap().0.to_string(), "v1.34.12");
    /// assert!(KubernetesVersion::parse("1.29").unwrap_err().contains("1.30 to 1.37"));
    /// ```
    pub fn parse(text: &str) -> Result<(Self, Option<String>), String> {
        let unknown = || {
            let (oldest, newest) = (OLDEST_MINOR, Self::NEWEST.minor);
            format!(
                "{text:?} is no release of Kubernetes that is modelled: 1.{oldest} to 1.{newest}, or with a patch release, \
                 such as 1.34.4 (1.{TEACHING_MINOR} is a profile for teaching)"
            )
        };
        let plain = text.trim().trim_start_matches('v');
        let plain = plain.split(['-', '+']).next().unwrap_or_default();
        let mut parts = plain.split('.');
        let (major, minor, patch, more) = (parts.next(), parts.next(), parts.next(), parts.next());
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let minor: u8 = minor.filter(|m| digits(m)).and_then(|m| m.parse().ok()).ok_or_else(unknown)?;
        if major != Some("1") || more.is_some() {
            return Err(unknown());
        }
        if minor == TEACHING_MINOR && patch.is_none() {
            let notice = format!(
                "1.{TEACHING_MINOR} is a profile for teaching: the rules of v1.{OLDEST_MINOR} with the six-minute cap of the \
                 Pod failure back-off, held against no recording"
            );
            return Ok((Self::new(minor, 0), Some(notice)));
        }
        let newest = NEWEST_PATCHES.iter().find(|known| known.minor == minor).ok_or_else(unknown)?;
        let Some(patch) = patch else { return Ok((*newest, None)) };
        let patch: u16 = Some(patch).filter(|p| digits(p)).and_then(|p| p.parse().ok()).ok_or_else(unknown)?;
        if patch <= newest.patch {
            return Ok((Self::new(minor, patch), None));
        }
        let notice =
            format!("v1.{minor}.{patch} is newer than {newest}, the newest known here, and is modelled as that");
        Ok((*newest, Some(notice)))
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minor {
            TEACHING_MINOR => write!(f, "v1.{} (for teaching)", self.minor),
            minor => write!(f, "v1.{minor}.{}", self.patch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_clusters_write_them() {
        let read = |text: &str| KubernetesVersion::parse(text).map(|(v, notice)| (v.to_string(), notice.is_some()));
        for (text, version, told) in [
            ("1.30", "v1.30.14", false),
            ("v1.37", "v1.37.2", false),
            (" 1.34.4 ", "v1.34.4", false),
            ("v1.31.13-gke.1023000", "v1.31.13", false),
            ("v1.32.9+k3s1", "v1.32.9", false),
            ("1.35.0", "v1.35.0", false),
            ("1.35.99", "v1.35.8", true),
            ("1.26", "v1.26 (for teaching)", true),
        ] {
            assert_eq!(read(text), Ok((version.to_owned(), told)), "{text}");
        }
        for text in ["", "1", "1.", "1.29", "1.38", "2.34", "1.34.x", "1.34.4.1", "1.+34", "1.26.3", "one", "1.34.-1"] {
            assert!(read(text).is_err_and(|why| why.contains("1.30 to 1.37")), "{text}");
        }
    }
}
