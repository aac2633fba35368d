//! Tests of the rules as a whole: a template, and all errors that the server finds in it.

use super::{PodOptions, default_pod_template, pod_template_warnings, validate_pod_template};
use crate::apiserver::decode::decode;
use crate::apiserver::rules::{Errors, Path};
use crate::text::TreeNode;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A template of one container, with these fields of the container and of the Pod.
fn template(container: Value, pod: Value) -> Value {
    let mut whole = json!({"name": "c", "image": "busybox"});
    whole.as_object_mut().expect("an object").extend(container.as_object().expect("an object").clone());
    let mut spec = json!({"restartPolicy": "Never", "containers": [whole]});
    spec.as_object_mut().expect("an object").extend(pod.as_object().expect("an object").clone());
    json!({ "spec": spec })
}

/// The template as the server validates it; values of the wrong type are left out.
fn defaulted(template: &Value) -> Value {
    let (mut template, _) = decode(&TreeNode::from_json(template), "PodTemplateSpec");
    default_pod_template(&mut template);
    template
}

fn errors_with(template: Value, options: &PodOptions) -> Vec<String> {
    let mut errors = Errors::default();
    validate_pod_template(&defaulted(&template), &Path::root("t"), options, &mut errors);
    errors.once().iter().map(ToString::to_string).collect()
}

fn errors_of(template: Value) -> Vec<String> {
    errors_with(template, &PodOptions::default())
}

#[test]
fn containers_are_judged() {
    let cases = [
        (json!({"name": "", "image": ""}), vec!["name: Required value", "image: Required value"]),
        (json!({"name": "a.b"}), vec!["name: Invalid value: \"a.b\": must not contain dots"]),
        (
            json!({"ports": [{"containerPort": 80, "name": "web"}, {"containerPort": 81, "name": "web"}]}),
            vec!["ports[1].name: Duplicate value: \"web\""],
        ),
        (
            json!({"ports": [{"containerPort": 0, "protocol": "tcp"}]}),
            vec![
                "ports[0].containerPort: Required value",
                "ports[0].protocol: Unsupported value: \"tcp\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
            ],
        ),
        (
            json!({"env": [{"name": "A=B", "value": "x", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}),
            vec![
                "env[0].name: Invalid value: \"A=B\": a valid environment variable name must consist only of printable ASCII \
             characters other than '='",
                "env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty",
            ],
        ),
        (
            json!({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['a b']"}}}]}),
            vec![
                "env[0].valueFrom.fieldRef: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', \
             '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or \
             '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            ],
        ),
        (
            json!({"env": [{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1k"}}}]}),
            vec![
                "env[0].valueFrom.resourceFieldRef.divisor: Invalid value: \"limits.cpu\": only divisor's values 1m and 1 are \
             supported with the cpu resource",
            ],
        ),
        (
            json!({"volumeMounts": [{"name": "w", "mountPath": "/m", "subPath": "../x"}]}),
            vec![
                "volumeMounts[0].name: Not found: \"w\"",
                "volumeMounts.subPath: Invalid value: \"../x\": must not contain '..'",
            ],
        ),
        (
            json!({"livenessProbe": {"grpc": {"port": 0}, "successThreshold": 2}}),
            vec![
                "livenessProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, inclusive",
                "livenessProbe.successThreshold: Invalid value: 2: must be 1",
            ],
        ),
        (
            json!({"resources": {"requests": {"cpu": "1500m"}, "limits": {"cpu": "1"}}}),
            vec!["resources.requests: Invalid value: \"1500m\": must be less than or equal to cpu limit of 1"],
        ),
        (
            json!({"resources": {"limits": {"hugepages-2Mi": "3Mi", "cpu": "1"}}}),
            vec![
                "resources.limits[hugepages-2Mi]: Invalid value: \"3Mi\": 3Mi is not positive integer multiple of hugepages-2Mi",
            ],
        ),
        (
            json!({"resources": {"requests": {"example.com/gpu": 1}}}),
            vec!["resources.limits: Required value: Limit must be set for non overcommitable resources"],
        ),
        (
            json!({"restartPolicy": "Never", "restartPolicyRules": [{"action": "Restart", "exitCodes": {"operator": "In"}}]}),
            vec![],
        ),
        (
            json!({"securityContext": {"procMount": "Unmasked"}}),
            vec!["securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use `Unmasked`"],
        ),
    ];
    for (container, expected) in cases {
        let expected: Vec<String> = expected.iter().map(|error| format!("t.spec.containers[0].{error}")).collect();
        assert_eq!(errors_of(template(container.clone(), json!({}))), expected, "{container}");
    }
}

#[test]
fn pods_are_judged() {
    let cases = [
        (json!({"containers": []}), vec!["containers: Required value"]),
        (
            json!({"volumes": [{"name": "v", "cephfs": {"monitors": ["m"]}, "rbd": {}}]}),
            vec![
                "volumes[0].rbd.monitors: Required value",
                "volumes[0].rbd.image: Required value",
                "volumes[0].cephFS: Forbidden: may not specify more than 1 volume type",
            ],
        ),
        (
            json!({"volumes": [{"name": "v", "projected": {"sources": [
            {"configMap": {"name": "a", "items": [{"key": "k", "path": "p"}]}},
            {"secret": {"name": "b", "items": [{"key": "k", "path": "p"}]}}]}}]}),
            vec!["volumes[0].projected: Invalid value: \"p\": conflicting duplicate paths"],
        ),
        (
            json!({"resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "500m"}},
            "containers": [{"name": "c", "image": "x", "resources": {"requests": {"cpu": "600m"}, "limits": {"cpu": "2"}}}]}),
            vec![
                "resources.requests[cpu]: Invalid value: \"500m\": must be greater than or equal to aggregate container \
             requests of 600m",
                "resources.containers[0][cpu].limits: Invalid value: \"2\": must be less than or equal to pod limits of 1",
            ],
        ),
        (json!({"hostUsers": false, "hostPID": true}), vec!["HostPID: Forbidden: when `pod.Spec.HostUsers` is false"]),
        (
            json!({"os": {"name": "windows"}, "securityContext": {"runAsUser": 1}}),
            vec!["securityContext.runAsUser: Forbidden: cannot be set for a windows pod"],
        ),
        (
            json!({"topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"},
            {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "matchLabelKeys": ["a"]}]}),
            vec![
                "topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: \"{z, DoNotSchedule}\"",
                "topologySpreadConstraints[1].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
            ],
        ),
        (
            json!({"tolerations": [{"key": "k", "operator": "Lt", "value": "1"}]}),
            vec![
                "tolerations[0].operator: Unsupported value: \"Lt\": supported values: \"Equal\", \"Exists\", \"Lt\", \"Gt\"",
            ],
        ),
        (
            json!({"hostNetwork": true, "securityContext": {"sysctls": [{"name": "net.core.somaxconn", "value": "1"}]}}),
            vec![
                "securityContext.sysctls[0].name: Invalid value: \"net.core.somaxconn\": may not be specified when \
             'hostNetwork' is true",
            ],
        ),
        (
            json!({"resourceClaims": [{"name": "a", "resourceClaimName": "x"}, {"name": "a", "resourceClaimName": "x"}]}),
            vec!["resourceClaims[1].name: Duplicate value: \"a\""],
        ),
    ];
    for (pod, expected) in cases {
        let expected: Vec<String> = expected.iter().map(|error| format!("t.spec.{error}")).collect();
        assert_eq!(errors_of(template(json!({}), pod.clone())), expected, "{pod}");
    }
}

#[test]
fn an_error_is_told_once() {
    let mut labelled = template(json!({}), json!({}));
    labelled["metadata"] = json!({"labels": {"a": "-", "b": "-", "c": "d"}});
    assert_eq!(errors_of(labelled).len(), 1);
}

#[test]
fn a_cluster_may_allow_more() {
    let privileged = template(json!({"securityContext": {"privileged": true}}), json!({}));
    assert_eq!(errors_of(privileged.clone()).len(), 1);
    assert!(errors_with(privileged, &PodOptions { allow_privileged: true, ..PodOptions::default() }).is_empty());
}

#[test]
fn what_is_allowed_may_be_warned_of() {
    let cases = [
        (
            json!({"nodeSelector": {"beta.kubernetes.io/arch": "x"}}),
            vec![
                "t.spec.nodeSelector[beta.kubernetes.io/arch]: deprecated since v1.14; use \"kubernetes.io/arch\" instead",
            ],
        ),
        (
            json!({"volumes": [{"name": "v", "gitRepo": {"repository": "r"}}]}),
            vec!["t.spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+"],
        ),
        (
            json!({"nodeSelector": {"node-role.kubernetes.io/master": ""}, "affinity": {"nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "node-role.kubernetes.io/master", "operator": "Exists"}]}]},
                "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {"matchExpressions": [
                    {"key": "zone", "operator": "In", "values": ["a b"]}]}}]}}}),
            vec![
                "t.spec.nodeSelector[node-role.kubernetes.io/master]: use \"node-role.kubernetes.io/control-plane\" instead",
                "t.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].\
                 matchExpressions[0].key: node-role.kubernetes.io/master is use \
                 \"node-role.kubernetes.io/control-plane\" instead",
                "t.spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.\
                 matchExpressions[0].values[0]: a b is invalid, a valid label must be an empty string or consist of \
                 alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. \
                 'MyValue',  or 'my_value',  or '12345', regex used for validation is \
                 '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
            ],
        ),
        (
            json!({"initContainers": [{"name": "i", "image": "x", "ports": [{"containerPort": 80, "name": "web"}]}],
                "containers": [{"name": "c", "image": "x", "ports": [{"containerPort": 81, "name": "web"}]}]}),
            vec![
                "t.spec.containers[0].ports[0]: duplicate port name \"web\" with t.spec.initContainers[0].ports[0], \
                 services and probes that select ports by name will use t.spec.initContainers[0].ports[0]",
            ],
        ),
        (
            json!({"containers": [{"name": "c", "image": "x", "resources": {"limits": {"memory": "1Ei"}}}]}),
            vec![
                "t.spec.containers[0].resources.limits[memory]: fractional byte value \"1Ei\" is invalid, must be an integer",
            ],
        ),
        (
            json!({"hostAliases": [{"ip": "::0:1"}, {"ip": "::0:1"}]}),
            vec![
                "t.spec.hostAliases[1].ip: duplicate ip \"::0:1\"",
                "t.spec.hostAliases[0].ip: IPv6 address \"::0:1\" should be in RFC 5952 canonical format (\"::1\")",
                "t.spec.hostAliases[1].ip: IPv6 address \"::0:1\" should be in RFC 5952 canonical format (\"::1\")",
            ],
        ),
        (
            json!({"containers": [{"name": "c", "image": "x", "ports": [
            {"containerPort": 80}, {"containerPort": 80, "hostPort": 8080}]}]}),
            vec!["t.spec.containers[0].ports[1]: overlapping port definition with t.spec.containers[0].ports[0]"],
        ),
    ];
    for (pod, expected) in cases {
        assert_eq!(pod_template_warnings(&defaulted(&template(json!({}), pod)), "t"), expected);
    }
}

/// Values of any type, with field names that the rules look at.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "[-a-zA-Z0-9./:= é]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        let names = prop::sample::select(vec![
            "spec",
            "metadata",
            "labels",
            "annotations",
            "containers",
            "initContainers",
            "volumes",
            "name",
            "image",
            "env",
            "valueFrom",
            "fieldRef",
            "fieldPath",
            "resourceFieldRef",
            "divisor",
            "ports",
            "resources",
            "limits",
            "requests",
            "cpu",
            "hugepages-2Mi",
            "livenessProbe",
            "httpGet",
            "port",
            "lifecycle",
            "preStop",
            "sleep",
            "iscsi",
            "iqn",
            "projected",
            "sources",
            "secret",
            "items",
            "path",
            "affinity",
            "nodeAffinity",
            "podAffinity",
            "tolerations",
            "requiredDuringSchedulingIgnoredDuringExecution",
            "nodeSelectorTerms",
            "matchExpressions",
            "values",
            "securityContext",
            "windowsOptions",
            "runAsUserName",
            "hostAliases",
            "ip",
            "dnsConfig",
            "searches",
            "os",
            "topologySpreadConstraints",
            "ephemeral",
            "volumeClaimTemplate",
            "resourceClaims",
            "restartPolicyRules",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names, inner), 0..5).prop_map(|fields| Value::Object(
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn no_template_panics_and_defaults_settle(container in any_value(), pod in any_value()) {
        let object = |value: Value| if value.is_object() { value } else { json!({}) };
        let mut template = defaulted(&template(object(container), object(pod)));
        let once = template.clone();
        validate_pod_template(&template, &Path::root("t"), &PodOptions::default(), &mut Errors::default());
        pod_template_warnings(&template, "t");
        default_pod_template(&mut template);
        prop_assert_eq!(once, template);
    }
}
