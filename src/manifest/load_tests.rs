//! Tests of the loader.

use super::*;

const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  template:\n    spec:\n      \
                   restartPolicy: Never\n      containers: [{name: c, image: busybox}]\n";

fn errors(text: &str) -> Vec<String> {
    load_manifests(text).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn documents_and_lists_are_taken_in_order() {
    let text = format!(
        "{JOB}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\n---\napiVersion: v1\nkind: List\nitems:\n- {}\n- \
         apiVersion: batch/v1\n  kind: CronJob\n  metadata: {{name: cj}}\n  spec:\n    schedule: '@daily'\n    \
         jobTemplate: {{spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: x}}]}}}}}}}}\n",
        JOB.trim_end().replace('\n', "\n  ")
    );
    let loaded = load_manifests(&text).unwrap();
    let kinds: Vec<_> = loaded.objects.iter().map(|o| o.object.json()["kind"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["Job", "Job", "CronJob"]);
    assert_eq!(loaded.skipped, [Skipped { kind: "ConfigMap".into(), name: "m".into(), line: 10 }]);
    assert_eq!((&loaded.warnings[..], &loaded.notices[..]), (&[][..], &[][..]));
}

#[test]
fn what_is_wrong_has_file_places() {
    let bad = JOB.replace("spec:\n  template", "spec:\n  parallelism: -1\n  paralelism: 2\n  suspend: 1\n  template");
    assert_eq!(
        errors(&bad),
        [
            "6:3: spec.paralelism: there is no such field in JobSpec (did you mean \"parallelism\"?)",
            "7:12: spec.suspend: must be true or false, not a whole number (1)",
        ]
    );
    let negative = JOB.replace("spec:\n  template", "spec:\n  parallelism: -1\n  template");
    assert_eq!(errors(&negative), ["5:16: spec.parallelism: Invalid value: -1: must be greater than or equal to 0"]);
    let always = JOB.replace("Never", "Always");
    assert_eq!(
        errors(&always),
        ["7:22: spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""]
    );
}

#[test]
fn what_is_no_manifest_is_refused() {
    for (text, error) in [
        ("", "1:1: there is no Job or CronJob here"),
        ("apiVersion: v1\nkind: Pod", "1:1: there is no Job or CronJob here, only Pod"),
        ("- 1", "1:1: a manifest is an object, not a list"),
        ("spec: {}", "1:1: kind: is missing: a manifest says apiVersion and kind, such as batch/v1 and Job"),
        ("apiVersion: batch/v1\nkind: Jop", "2:7: kind: there is no Jop in batch/v1 (did you mean \"Job\"?)"),
        (
            "apiVersion: batch/v1beta1\nkind: CronJob",
            "1:13: apiVersion: Kubernetes has no CronJob in batch/v1beta1 (did you mean \"batch/v1\"?)",
        ),
        ("kind: List\napiVersion: v1\nitems: 5", "3:8: items: must be a list, not a whole number"),
    ] {
        assert_eq!(errors(text), [error], "{text}");
    }
}

#[test]
fn what_the_server_set_is_left_out_with_one_notice() {
    let uid = "0b7a-4d";
    let labels = format!("{{a: b, controller-uid: {uid}, job-name: j}}");
    let text = JOB
        .replace("{name: j}", &format!("{{name: j, uid: {uid}, resourceVersion: '5', labels: {labels}}}"))
        .replace("spec:\n  template:\n", &format!("status: {{active: 1}}\nspec:\n  selector: {{matchLabels: {{controller-uid: {uid}}}}}\n  template:\n    metadata: {{labels: {labels}}}\n"));
    let loaded = load_manifests(&text).unwrap();
    assert_eq!(
        loaded.notices[0].message,
        "read from a cluster: what the server had set is left out (uid, resourceVersion, generated labels and selector, status)"
    );
    assert_eq!(loaded.objects[0].status.as_ref().unwrap()["active"], 1);
    let job = loaded.objects[0].object.json();
    assert_eq!(job["spec"]["template"]["metadata"]["labels"]["a"], "b");
    assert_ne!(job["spec"]["template"]["metadata"]["labels"]["controller-uid"], uid);
}

#[test]
fn what_has_no_effect_is_warned_about() {
    let text = JOB.replace("restartPolicy: Never", "restartPolicy: Never\n      schedulingGates: [{name: g}]");
    let loaded = load_manifests(&text.replace("name: j}", "name: j.k}")).unwrap();
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert!(warnings[0].starts_with("3:18: metadata.name: this is used in Pod names"), "{}", warnings[0]);
    assert_eq!(
        loaded.unmodelled[0].to_string(),
        "8:24: spec.template.spec.schedulingGates: has no effect in the simulation without nodes (cluster.nodes); in \
         Kubernetes a Pod with scheduling gates waits until they are removed"
    );
}

#[test]
fn a_field_of_something_else_is_said_to_be_its() {
    for (from, to, said) in [
        ("spec:\n  template", "spec:\n  schedule: '@daily'\n  template", "in JobSpec: that is a CronJob's"),
        ("restartPolicy", "backoffLimit: 2\n      restartPolicy", "in PodSpec: it belongs to the spec of the Job"),
        (
            "spec:\n  template",
            "spec:\n  restartPolicy: Never\n  template",
            "it belongs to the spec of the Pod (template.spec)",
        ),
    ] {
        let all = errors(&JOB.replacen(from, to, 1));
        assert!(all[0].ends_with(said), "{all:?}");
    }
}
