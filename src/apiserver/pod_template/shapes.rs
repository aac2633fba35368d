//! The tables of a Pod template's fields that are not plain, from which its defaults are put in and its empty fields left
//! out. They hold only what differs from the plain case, a field that is left out when it is empty: fields with a
//! default, fields that are always written, and those for which "empty" and "absent" are two things.

use super::defaults::{
    Object, default_image_policy, default_pull_policy, empty_directory, no_stop_signal, null_sources,
    same_service_account,
};

/// How a field is kept.
#[derive(Clone, Copy)]
pub(super) enum Shape {
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
    Object(Kind),
    /// An object of this kind that is always there.
    AlwaysObject(Kind),
    /// Objects of this kind.
    Each(Kind),
    /// Whatever else happens to the object that has the field, after its other fields.
    Then(fn(&mut Object)),
}

/// The fields of a kind of object that are not plain.
pub(super) type Kind = &'static [(&'static str, Shape)];

use Shape::{Always, AlwaysObject, Amount, Amounts, Default, Each, Kept, Then};

pub(super) const TEMPLATE: Kind = &[("metadata", AlwaysObject(METADATA)), ("spec", AlwaysObject(SPEC))];
const METADATA: Kind = &[("labels", Shape::Map), ("annotations", Shape::Map)];

const SPEC: Kind = &[
    ("volumes", Each(VOLUME)),
    ("initContainers", Each(CONTAINER)),
    ("containers", Each(CONTAINER)),
    ("ephemeralContainers", Each(CONTAINER)),
    ("restartPolicy", Default("\"Always\"")),
    ("terminationGracePeriodSeconds", Always("30")),
    ("activeDeadlineSeconds", Kept),
    ("dnsPolicy", Default("\"ClusterFirst\"")),
    ("nodeSelector", Shape::Map),
    ("automountServiceAccountToken", Kept),
    ("shareProcessNamespace", Kept),
    ("securityContext", AlwaysObject(SECURITY)),
    ("affinity", Shape::Object(AFFINITY)),
    ("schedulerName", Default("\"default-scheduler\"")),
    ("tolerations", Each(&[("tolerationSeconds", Kept)])),
    ("priority", Kept),
    ("runtimeClassName", Kept),
    ("enableServiceLinks", Kept),
    ("preemptionPolicy", Kept),
    ("overhead", Amounts),
    ("topologySpreadConstraints", Each(&[("labelSelector", Shape::Object(SELECTOR)), ("minDomains", Kept)])),
    ("setHostnameAsFQDN", Kept),
    ("hostUsers", Kept),
    ("hostnameOverride", Kept),
    ("dnsConfig", Shape::Object(&[("options", Each(&[("value", Kept)]))])),
    ("resources", Shape::Object(RESOURCES)),
    ("resourceClaims", Each(&[("resourceClaimName", Kept), ("resourceClaimTemplateName", Kept)])),
    ("", Then(same_service_account)),
];

const CONTAINER: Kind = &[
    ("name", Always("\"\"")),
    ("env", Each(&[("name", Always("\"\"")), ("valueFrom", Shape::Object(ENV_SOURCE))])),
    ("envFrom", Each(&[("configMapRef", Shape::Object(OPTIONAL)), ("secretRef", Shape::Object(OPTIONAL))])),
    ("ports", Each(&[("protocol", Default("\"TCP\""))])),
    ("resources", AlwaysObject(RESOURCES)),
    ("restartPolicy", Kept),
    ("livenessProbe", Shape::Object(PROBE)),
    ("readinessProbe", Shape::Object(PROBE)),
    ("startupProbe", Shape::Object(PROBE)),
    ("lifecycle", Shape::Object(&[("postStart", Shape::Object(HANDLER)), ("preStop", Shape::Object(HANDLER))])),
    ("volumeMounts", Each(&[("mountPropagation", Kept), ("recursiveReadOnly", Kept)])),
    ("securityContext", Shape::Object(SECURITY)),
    ("terminationMessagePath", Default("\"/dev/termination-log\"")),
    ("terminationMessagePolicy", Default("\"File\"")),
    ("", Then(default_pull_policy)),
    ("", Then(no_stop_signal)),
];
const RESOURCES: Kind = &[("limits", Amounts), ("requests", Amounts)];
const OPTIONAL: Kind = &[("optional", Kept)];
const ENV_SOURCE: Kind = &[
    ("fieldRef", Shape::Object(FIELD_REF)),
    ("resourceFieldRef", Shape::Object(RESOURCE_FIELD_REF)),
    ("configMapKeyRef", Shape::Object(OPTIONAL)),
    ("secretKeyRef", Shape::Object(OPTIONAL)),
    ("fileKeyRef", Shape::Object(&[("optional", Always("false"))])),
];
const FIELD_REF: Kind = &[("apiVersion", Default("\"v1\""))];
const RESOURCE_FIELD_REF: Kind = &[("divisor", Always("\"0\"")), ("divisor", Amount)];

const PROBE: Kind = &[
    ("exec", Shape::Object(&[])),
    ("httpGet", Shape::Object(HTTP_GET)),
    ("grpc", Shape::Object(&[("service", Always("\"\""))])),
    ("timeoutSeconds", Default("1")),
    ("periodSeconds", Default("10")),
    ("successThreshold", Default("1")),
    ("failureThreshold", Default("3")),
    ("terminationGracePeriodSeconds", Kept),
];
const HANDLER: Kind = &[("httpGet", Shape::Object(HTTP_GET)), ("sleep", Shape::Object(&[("seconds", Always("0"))]))];
const HTTP_GET: Kind = &[
    ("path", Default("\"/\"")),
    ("port", Always("0")),
    ("scheme", Default("\"HTTP\"")),
    ("httpHeaders", Each(&[("name", Always("\"\"")), ("value", Always("\"\""))])),
];

/// Of Pods and containers alike.
const SECURITY: Kind = &[
    ("privileged", Kept),
    ("runAsUser", Kept),
    ("runAsGroup", Kept),
    ("runAsNonRoot", Kept),
    ("readOnlyRootFilesystem", Kept),
    ("allowPrivilegeEscalation", Kept),
    ("procMount", Kept),
    ("fsGroup", Kept),
    ("fsGroupChangePolicy", Kept),
    ("seccompProfile", Shape::Object(&[("localhostProfile", Kept)])),
    ("appArmorProfile", Shape::Object(&[("localhostProfile", Kept)])),
    ("sysctls", Each(&[("name", Always("\"\"")), ("value", Always("\"\""))])),
    (
        "windowsOptions",
        Shape::Object(&[
            ("gmsaCredentialSpecName", Kept),
            ("gmsaCredentialSpec", Kept),
            ("runAsUserName", Kept),
            ("hostProcess", Kept),
        ]),
    ),
];

const SELECTOR: Kind = &[("matchLabels", Shape::Map)];
const POD_TERM: Kind = &[("labelSelector", Shape::Object(SELECTOR)), ("namespaceSelector", Shape::Object(SELECTOR))];
const POD_AFFINITY: Kind = &[
    ("requiredDuringSchedulingIgnoredDuringExecution", Each(POD_TERM)),
    ("preferredDuringSchedulingIgnoredDuringExecution", Each(&[("podAffinityTerm", AlwaysObject(POD_TERM))])),
];
const AFFINITY: Kind = &[
    (
        "nodeAffinity",
        Shape::Object(&[(
            "preferredDuringSchedulingIgnoredDuringExecution",
            Each(&[("preference", AlwaysObject(&[]))]),
        )]),
    ),
    ("podAffinity", Shape::Object(POD_AFFINITY)),
    ("podAntiAffinity", Shape::Object(POD_AFFINITY)),
];

const DEFAULT_MODE: (&str, Shape) = ("defaultMode", Always("420"));
const ITEMS: (&str, Shape) = ("items", Each(&[("mode", Kept)]));
const FILES: (&str, Shape) = (
    "items",
    Each(&[
        ("fieldRef", Shape::Object(FIELD_REF)),
        ("resourceFieldRef", Shape::Object(RESOURCE_FIELD_REF)),
        ("mode", Kept),
    ]),
);
const VOLUME: Kind = &[
    ("emptyDir", Shape::Object(&[("sizeLimit", Amount)])),
    ("hostPath", Shape::Object(&[("type", Always("\"\""))])),
    ("secret", Shape::Object(&[DEFAULT_MODE, ITEMS, ("optional", Kept)])),
    ("configMap", Shape::Object(&[DEFAULT_MODE, ITEMS, ("optional", Kept)])),
    ("downwardAPI", Shape::Object(&[DEFAULT_MODE, FILES])),
    ("projected", Shape::Object(&[DEFAULT_MODE, ("sources", Each(PROJECTION)), ("", Then(null_sources))])),
    (
        "iscsi",
        Shape::Object(&[("lun", Always("0")), ("iscsiInterface", Default("\"default\"")), ("initiatorName", Kept)]),
    ),
    (
        "rbd",
        Shape::Object(&[
            ("pool", Default("\"rbd\"")),
            ("user", Default("\"admin\"")),
            ("keyring", Default("\"/etc/ceph/keyring\"")),
        ]),
    ),
    (
        "azureDisk",
        Shape::Object(&[
            ("cachingMode", Always("\"ReadWrite\"")),
            ("fsType", Always("\"ext4\"")),
            ("readOnly", Always("false")),
            ("kind", Always("\"Shared\"")),
        ]),
    ),
    ("scaleIO", Shape::Object(&[("storageMode", Default("\"ThinProvisioned\"")), ("fsType", Default("\"xfs\""))])),
    ("fc", Shape::Object(&[("lun", Kept)])),
    ("flexVolume", Shape::Object(&[("options", Shape::Map)])),
    ("csi", Shape::Object(&[("readOnly", Kept), ("fsType", Kept), ("volumeAttributes", Shape::Map)])),
    (
        "ephemeral",
        Shape::Object(&[(
            "volumeClaimTemplate",
            Shape::Object(&[("metadata", AlwaysObject(METADATA)), ("spec", AlwaysObject(CLAIM))]),
        )]),
    ),
    ("", Then(empty_directory)),
    ("", Then(default_image_policy)),
];
const PROJECTION: Kind = &[
    ("secret", Shape::Object(&[ITEMS, ("optional", Kept)])),
    ("configMap", Shape::Object(&[ITEMS, ("optional", Kept)])),
    ("downwardAPI", Shape::Object(&[FILES])),
    ("serviceAccountToken", Shape::Object(&[("expirationSeconds", Always("3600"))])),
    (
        "clusterTrustBundle",
        Shape::Object(&[
            ("name", Kept),
            ("signerName", Kept),
            ("labelSelector", Shape::Object(SELECTOR)),
            ("optional", Kept),
        ]),
    ),
];
const CLAIM: Kind = &[
    ("selector", Shape::Object(SELECTOR)),
    ("resources", AlwaysObject(RESOURCES)),
    ("storageClassName", Kept),
    ("volumeAttributesClassName", Kept),
    ("volumeMode", Always("\"Filesystem\"")),
];
