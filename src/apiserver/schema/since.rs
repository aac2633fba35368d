//! Fields introduced after the oldest modelled release: the type, the field, and the minor release. Fields that a
//! release knows but drops while a feature gate is off are in [`super::super::create`].
//!
//! Source: `api/openapi-spec/swagger.json` of v1.30 to v1.37. Fields of types that are reachable only through such a
//! field are left out.

use crate::release::{KubernetesVersion, OLDEST_MINOR};
use crate::text::tree::{Field, ReadError};

/// Type, field, minor release.
const SINCE: &[(&str, &str, u8)] = &[
    ("ConfigMapVolumeSource", "defaultUser", 37),
    ("Container", "restartPolicyRules", 34),
    ("DownwardAPIVolumeFile", "user", 37),
    ("DownwardAPIVolumeSource", "defaultUser", 37),
    ("EmptyDirVolumeSource", "mode", 37),
    ("EnvVarSource", "fileKeyRef", 34),
    ("EphemeralContainer", "restartPolicyRules", 34),
    ("GRPCAction", "mode", 37),
    ("HTTPGetAction", "protocol", 37),
    ("JobSpec", "scheduling", 37),
    ("KeyToPath", "user", 37),
    ("Lifecycle", "stopSignal", 33),
    ("PodResourceClaim", "resourceClaimName", 31),
    ("PodResourceClaim", "resourceClaimTemplateName", 31),
    ("PodSecurityContext", "seLinuxChangePolicy", 32),
    ("PodSecurityContext", "supplementalGroupsPolicy", 31),
    ("PodSpec", "evictionResponders", 37),
    ("PodSpec", "hostnameOverride", 34),
    ("PodSpec", "resources", 32),
    ("PodSpec", "schedulingGroup", 36),
    ("ProjectedVolumeSource", "defaultUser", 37),
    ("ResourceClaim", "request", 31),
    ("SecretVolumeSource", "defaultUser", 37),
    ("ServiceAccountTokenProjection", "user", 37),
    ("ClusterTrustBundleProjection", "user", 37),
    ("PodCertificateProjection", "user", 37),
    ("PodCertificateProjection", "userAnnotations", 35),
    ("Volume", "image", 31),
    ("VolumeMount", "bindMountOptions", 37),
    ("VolumeProjection", "podCertificate", 34),
];

/// The minor release that introduced a field; the oldest one for older fields.
pub(crate) fn minor_of(type_name: &str, field: &str) -> u8 {
    let found = SINCE.iter().find(|(of, name, _)| (*of, *name) == (type_name, field));
    found.map_or(OLDEST_MINOR, |(.., minor)| *minor)
}

/// The error about a field that a later release introduced.
pub(crate) fn complaint(type_name: &str, name: &Field, path: &str, version: KubernetesVersion) -> ReadError {
    let (version, since) = (version.minor_name(), minor_of(type_name, &name.name));
    ReadError {
        line: name.line,
        column: name.column,
        field: path.to_owned(),
        message: format!("{version} has no such field in {type_name}: it came with v1.{since}"),
        suggestion: None,
    }
}

/// Whether a release has a field.
pub(crate) fn is_known(type_name: &str, field: &str, version: KubernetesVersion) -> bool {
    version.minor == KubernetesVersion::NEWEST.minor || version.minor.max(OLDEST_MINOR) >= minor_of(type_name, field)
}

#[cfg(test)]
mod tests {
    use super::super::Schema;
    use super::*;

    #[test]
    fn the_schema_has_all_of_them() {
        for (type_name, field, minor) in SINCE {
            assert!(Schema::get().named(type_name).field(field).is_some(), "{type_name}.{field}");
            assert!((OLDEST_MINOR + 1..=KubernetesVersion::NEWEST.minor).contains(minor), "{type_name}.{field}");
        }
    }
}
