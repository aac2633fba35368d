//! The tables of a Pod template's fields that are not plain, from which its defaults are put in and its empty fields left
//! out. They hold only what differs from the plain case, a field that is left out when it is empty: fields with a
//! default, fields that are always written, and those for which "empty" and "absent" are two things.

use super::defaults::{
    JsonObject, default_image_policy, default_pull_policy, empty_directory, no_stop_signal, null_sources,
    same_service_account,
};

/// How a field is kept.
#[derive(Clone, Copy)]
pub(super) enum FieldShape {
    /// As it is, also if it is empty; only null counts as absent.
    Kept,
    /// Always there: this JSON if it is absent.
    Always(&'static str),
    /// This JSON if it is absent or empty.
    Default(&'static str),
    /// Left out if it has no entries.
    Map,
    /// An amount of something.
    Amount,
    /// Amounts of resources by name, left out if there is none.
    Amounts,
    /// An object of this kind.
    Object(FieldShapes),
    /// An object of this kind that is always there.
    AlwaysObject(FieldShapes),
    /// Objects of this kind.
    Each(FieldShapes),
    /// Whatever else happens to the object that has the field, after its other fields.
    Then(fn(&mut JsonObject)),
}

/// The fields of a kind of object that are not plain.
pub(super) type FieldShapes = &'static [(&'static str, FieldShape)];

use FieldShape::{Always, AlwaysObject, Amount, Amounts, Default, Each, Kept, Then};

pub(super) const TEMPLATE: FieldShapes = &[("metadata", AlwaysObject(METADATA)), ("spec", AlwaysObject(SPEC))];
const METADATA: FieldShapes = &[("labels", FieldShape::Map), ("annotations", FieldShape::Map)];

const SPEC: FieldShapes = &[
    ("volumes", Each(VOLUME)),
    ("initContainers", Each(CONTAINER)),
    ("containers", Each(CONTAINER)),
    ("ephemeralContainers", Each(CONTAINER)),
    ("restartPolicy", Default("\"Always\"")),
    ("terminationGracePeriodSeconds", Always("30")),
    ("activeDeadlineSeconds", Kept),
    ("dnsPolicy", Default("\"ClusterFirst\"")),
    ("nodeSelector", FieldShape::Map),
    ("automountServiceAccountToken", Kept),
    ("shareProcessNamespace", Kept),
    ("securityContext", AlwaysObject(SECURITY)),
    ("affinity", FieldShape::Object(AFFINITY)),
    ("schedulerName", Default("\"default-scheduler\"")),
    ("tolerations", Each(&[("tolerationSeconds", Kept)])),
    ("priority", Kept),
    ("runtimeClassName", Kept),
    ("enableServiceLinks", Kept),
    ("preemptionPolicy", Kept),
    ("overhead", Amounts),
    ("topologySpreadConstraints", Each(&[("labelSelector", FieldShape::Object(SELECTOR)), ("minDomains", Kept)])),
    ("setHostnameAsFQDN", Kept),
    ("hostUsers", Kept),
    ("hostnameOverride", Kept),
    ("dnsConfig", FieldShape::Object(&[("options", Each(&[("value", Kept)]))])),
    ("resources", FieldShape::Object(RESOURCES)),
    ("resourceClaims", Each(&[("resourceClaimName", Kept), ("resourceClaimTemplateName", Kept)])),
    ("", Then(same_service_account)),
];

const CONTAINER: FieldShapes = &[
    ("name", Always("\"\"")),
    ("env", Each(&[("name", Always("\"\"")), ("valueFrom", FieldShape::Object(ENV_SOURCE))])),
    ("envFrom", Each(&[("configMapRef", FieldShape::Object(OPTIONAL)), ("secretRef", FieldShape::Object(OPTIONAL))])),
    ("ports", Each(&[("protocol", Default("\"TCP\""))])),
    ("resources", AlwaysObject(RESOURCES)),
    ("restartPolicy", Kept),
    ("livenessProbe", FieldShape::Object(PROBE)),
    ("readinessProbe", FieldShape::Object(PROBE)),
    ("startupProbe", FieldShape::Object(PROBE)),
    (
        "lifecycle",
        FieldShape::Object(&[("postStart", FieldShape::Object(HANDLER)), ("preStop", FieldShape::Object(HANDLER))]),
    ),
    ("volumeMounts", Each(&[("mountPropagation", Kept), ("recursiveReadOnly", Kept)])),
    ("securityContext", FieldShape::Object(SECURITY)),
    ("terminationMessagePath", Default("\"/dev/termination-log\"")),
    ("terminationMessagePolicy", Default("\"File\"")),
    ("", Then(default_pull_policy)),
    ("", Then(no_stop_signal)),
];
const RESOURCES: FieldShapes = &[("limits", Amounts), ("requests", Amounts)];
const OPTIONAL: FieldShapes = &[("optional", Kept)];
const ENV_SOURCE: FieldShapes = &[
    ("fieldRef", FieldShape::Object(FIELD_REF)),
    ("resourceFieldRef", FieldShape::Object(RESOURCE_FIELD_REF)),
    ("configMapKeyRef", FieldShape::Object(OPTIONAL)),
    ("secretKeyRef", FieldShape::Object(OPTIONAL)),
    ("fileKeyRef", FieldShape::Object(&[("optional", Always("false"))])),
];
const FIELD_REF: FieldShapes = &[("apiVersion", Default("\"v1\""))];
const RESOURCE_FIELD_REF: FieldShapes = &[("divisor", Always("\"0\"")), ("divisor", Amount)];

const PROBE: FieldShapes = &[
    ("exec", FieldShape::Object(&[])),
    ("httpGet", FieldShape::Object(HTTP_GET)),
    ("grpc", FieldShape::Object(&[("service", Always("\"\""))])),
    ("timeoutSeconds", Default("1")),
    ("periodSeconds", Default("10")),
    ("successThreshold", Default("1")),
    ("failureThreshold", Default("3")),
    ("terminationGracePeriodSeconds", Kept),
];
const HANDLER: FieldShapes =
    &[("httpGet", FieldShape::Object(HTTP_GET)), ("sleep", FieldShape::Object(&[("seconds", Always("0"))]))];
const HTTP_GET: FieldShapes = &[
    ("path", Default("\"/\"")),
    ("port", Always("0")),
    ("scheme", Default("\"HTTP\"")),
    ("httpHeaders", Each(&[("name", Always("\"\"")), ("value", Always("\"\""))])),
];

/// Of Pods and containers alike.
const SECURITY: FieldShapes = &[
    ("privileged", Kept),
    ("runAsUser", Kept),
    ("runAsGroup", Kept),
    ("runAsNonRoot", Kept),
    ("readOnlyRootFilesystem", Kept),
    ("allowPrivilegeEscalation", Kept),
    ("procMount", Kept),
    ("fsGroup", Kept),
    ("fsGroupChangePolicy", Kept),
    ("seccompProfile", FieldShape::Object(&[("localhostProfile", Kept)])),
    ("appArmorProfile", FieldShape::Object(&[("localhostProfile", Kept)])),
    ("sysctls", Each(&[("name", Always("\"\"")), ("value", Always("\"\""))])),
    (
        "windowsOptions",
        FieldShape::Object(&[
            ("gmsaCredentialSpecName", Kept),
            ("gmsaCredentialSpec", Kept),
            ("runAsUserName", Kept),
            ("hostProcess", Kept),
        ]),
    ),
];

const SELECTOR: FieldShapes = &[("matchLabels", FieldShape::Map)];
const POD_TERM: FieldShapes =
    &[("labelSelector", FieldShape::Object(SELECTOR)), ("namespaceSelector", FieldShape::Object(SELECTOR))];
const POD_AFFINITY: FieldShapes = &[
    ("requiredDuringSchedulingIgnoredDuringExecution", Each(POD_TERM)),
    ("preferredDuringSchedulingIgnoredDuringExecution", Each(&[("podAffinityTerm", AlwaysObject(POD_TERM))])),
];
const AFFINITY: FieldShapes = &[
    (
        "nodeAffinity",
        FieldShape::Object(&[(
            "preferredDuringSchedulingIgnoredDuringExecution",
            Each(&[("preference", AlwaysObject(&[]))]),
        )]),
    ),
    ("podAffinity", FieldShape::Object(POD_AFFINITY)),
    ("podAntiAffinity", FieldShape::Object(POD_AFFINITY)),
];

const DEFAULT_MODE: (&str, FieldShape) = ("defaultMode", Always("420"));
const ITEMS: (&str, FieldShape) = ("items", Each(&[("mode", Kept)]));
const FILES: (&str, FieldShape) = (
    "items",
    Each(&[
        ("fieldRef", FieldShape::Object(FIELD_REF)),
        ("resourceFieldRef", FieldShape::Object(RESOURCE_FIELD_REF)),
        ("mode", Kept),
    ]),
);
const VOLUME: FieldShapes = &[
    ("emptyDir", FieldShape::Object(&[("sizeLimit", Amount)])),
    ("hostPath", FieldShape::Object(&[("type", Always("\"\""))])),
    ("secret", FieldShape::Object(&[DEFAULT_MODE, ITEMS, ("optional", Kept)])),
    ("configMap", FieldShape::Object(&[DEFAULT_MODE, ITEMS, ("optional", Kept)])),
    ("downwardAPI", FieldShape::Object(&[DEFAULT_MODE, FILES])),
    ("projected", FieldShape::Object(&[DEFAULT_MODE, ("sources", Each(PROJECTION)), ("", Then(null_sources))])),
    (
        "iscsi",
        FieldShape::Object(&[
            ("lun", Always("0")),
            ("iscsiInterface", Default("\"default\"")),
            ("initiatorName", Kept),
        ]),
    ),
    (
        "rbd",
        FieldShape::Object(&[
            ("pool", Default("\"rbd\"")),
            ("user", Default("\"admin\"")),
            ("keyring", Default("\"/etc/ceph/keyring\"")),
        ]),
    ),
    (
        "azureDisk",
        FieldShape::Object(&[
            ("cachingMode", Always("\"ReadWrite\"")),
            ("fsType", Always("\"ext4\"")),
            ("readOnly", Always("false")),
            ("kind", Always("\"Shared\"")),
        ]),
    ),
    ("scaleIO", FieldShape::Object(&[("storageMode", Default("\"ThinProvisioned\"")), ("fsType", Default("\"xfs\""))])),
    ("fc", FieldShape::Object(&[("lun", Kept)])),
    ("flexVolume", FieldShape::Object(&[("options", FieldShape::Map)])),
    ("csi", FieldShape::Object(&[("readOnly", Kept), ("fsType", Kept), ("volumeAttributes", FieldShape::Map)])),
    (
        "ephemeral",
        FieldShape::Object(&[(
            "volumeClaimTemplate",
            FieldShape::Object(&[("metadata", AlwaysObject(METADATA)), ("spec", AlwaysObject(CLAIM))]),
        )]),
    ),
    ("", Then(empty_directory)),
    ("", Then(default_image_policy)),
];
const PROJECTION: FieldShapes = &[
    ("secret", FieldShape::Object(&[ITEMS, ("optional", Kept)])),
    ("configMap", FieldShape::Object(&[ITEMS, ("optional", Kept)])),
    ("downwardAPI", FieldShape::Object(&[FILES])),
    ("serviceAccountToken", FieldShape::Object(&[("expirationSeconds", Always("3600"))])),
    (
        "clusterTrustBundle",
        FieldShape::Object(&[
            ("name", Kept),
            ("signerName", Kept),
            ("labelSelector", FieldShape::Object(SELECTOR)),
            ("optional", Kept),
        ]),
    ),
];
const CLAIM: FieldShapes = &[
    ("selector", FieldShape::Object(SELECTOR)),
    ("resources", AlwaysObject(RESOURCES)),
    ("storageClassName", Kept),
    ("volumeAttributesClassName", Kept),
    ("volumeMode", Always("\"Filesystem\"")),
];
