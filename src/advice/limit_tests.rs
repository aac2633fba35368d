//! The thresholds of the rules: for each, the last value that passes and the first that is found.

use super::tests::said;

/// The code, a manifest with `@` in place of the number, the value that passes, and the value that is found.
const LIMITS: &[(&str, &str, i64, i64)] = &[
    ("J001", "spec: {backoffLimit: 6, activeDeadlineSeconds: @}", 631, 630),
    ("J001", "spec: {backoffLimit: @, activeDeadlineSeconds: 30}", 1, 2),
    ("J002", "spec: {completions: 5, parallelism: 5, activeDeadlineSeconds: @}", 161, 160),
    ("J002", "spec: {completions: 5, parallelism: 5, activeDeadlineSeconds: 5, backoffLimit: @}", 4, 5),
    ("J003", "spec: {completions: 9, parallelism: @, backoffLimit: 6}", 6, 7),
    (
        "J003",
        "spec: {completions: 9, parallelism: @, backoffLimit: 6, template: {spec: {restartPolicy: OnFailure}}}",
        5,
        6,
    ),
    ("J003", "spec: {completions: 9, parallelism: 9, backoffLimit: @}", 0, 1),
    ("J003", "spec: {completions: 9, parallelism: @, backoffLimit: 1}", 1, 2),
    ("J004", "spec: {completions: 20, parallelism: @, backoffLimit: 20}", 6, 7),
    ("J004", "spec: {completions: 20, parallelism: 7, backoffLimit: @}", 6, 7),
    ("J005", "spec: {backoffLimit: @}", 99, 100),
    ("J006", "spec: {backoffLimit: @}", 1, 0),
    ("J008", "spec: {activeDeadlineSeconds: @}", 30, 29),
    (
        "J013",
        "spec: {podFailurePolicy: {rules: [{action: Ignore, onExitCodes: {operator: In, values: [@]}}]}}",
        255,
        256,
    ),
    ("J014", "spec: {completions: 3, completionMode: Indexed, successPolicy: {rules: [{succeededCount: @}]}}", 2, 3),
    (
        "J014",
        "spec: {completions: @, completionMode: Indexed, successPolicy: {rules: [{succeededIndexes: 0-2}]}}",
        4,
        3,
    ),
    (
        "J015",
        "spec: {completions: 3, completionMode: Indexed, template: {spec: {terminationGracePeriodSeconds: @}}}",
        59,
        60,
    ),
    (
        "J015",
        "spec: {completions: 3, completionMode: Indexed, template: {spec: {terminationGracePeriodSeconds: @, volumes: [{name: \
         data, persistentVolumeClaim: {claimName: data}}]}}}",
        0,
        1,
    ),
    (
        "J017",
        "spec: {completions: 8, parallelism: @, backoffLimit: 6, completionMode: Indexed, successPolicy: {rules: \
         [{succeededCount: 1}]}}",
        7,
        8,
    ),
    (
        "J017",
        "spec: {completions: 5, parallelism: @, completionMode: Indexed, backoffLimitPerIndex: 0, successPolicy: {rules: \
         [{succeededCount: 1}]}}",
        4,
        5,
    ),
    ("J020", "spec: {parallelism: @}", 1, 2),
    ("J021", "spec: {completions: 3, parallelism: @}", 3, 4),
    ("J021", "spec: {completions: @, parallelism: 2}", 0, 1),
    ("J022", "spec: {completions: 3, parallelism: @}", 1, 0),
    ("J023", "spec: {completions: @}", 1, 0),
    ("J024", "spec: {completions: 3, completionMode: Indexed, backoffLimitPerIndex: 1, maxFailedIndexes: @}", 2, 3),
    ("J025", "spec: {completions: @, completionMode: Indexed, backoffLimitPerIndex: 1}", 1, 2),
    ("J026", "spec: {parallelism: @}", 229, 230),
    ("J026", "spec: {completions: @, parallelism: 2}", 614, 615),
    ("J031", "spec: {ttlSecondsAfterFinished: @}", 30, 29),
    ("J042", "spec: {template: {spec: {terminationGracePeriodSeconds: @}}}", 1, 0),
    (
        "J043",
        "spec: {completions: 5, parallelism: @, template: {spec: {containers: [{name: m, image: 'x:1', ports: \
         [{containerPort: 80, hostPort: 80}]}]}}}",
        1,
        2,
    ),
    ("C003", "spec: {startingDeadlineSeconds: @}", 10, 9),
    ("C006", "spec: {failedJobsHistoryLimit: @}", 1, 0),
    ("C006", "spec: {successfulJobsHistoryLimit: @}", 1, 0),
    ("C007", "spec: {schedule: '*/10 * * * *', jobTemplate: {spec: {activeDeadlineSeconds: @}}}", 600, 601),
    ("C007", "spec: {schedule: '@every @m'}", 60, 59),
    ("C011", "spec: {schedule: '@every @s'}", 60, 59),
    (
        "C012",
        "spec: {schedule: '*/10 * * * *', concurrencyPolicy: Replace, jobTemplate: {spec: {activeDeadlineSeconds: @}}}",
        600,
        601,
    ),
    ("C012", "spec: {schedule: '@every @m', concurrencyPolicy: Replace}", 60, 59),
    ("C013", "spec: {schedule: '*/10 * * * *', jobTemplate: {spec: {ttlSecondsAfterFinished: @}}}", 600, 599),
];

#[test]
fn jobs_side_by_side_are_counted_in_full() {
    let said = |deadline| {
        said(
            "C007",
            &format!(
                "spec: {{schedule: '*/10 * * * *', jobTemplate: {{spec: {{activeDeadlineSeconds: {deadline}}}}}}}"
            ),
        )
    };
    for (deadline, most) in [(601, 2), (1_200, 2), (1_201, 3)] {
        assert!(said(deadline)[0].contains(&format!("up to {most} side by side")), "{deadline}: {:?}", said(deadline));
    }
}

#[test]
fn what_is_nearly_the_same_is_told_apart() {
    let rule = |container: &str| {
        format!("{{action: FailJob, onExitCodes: {{containerName: {container}, operator: In, values: [3]}}}}")
    };
    let rules = |a: &str, b: &str| {
        let containers = "containers: [{name: a, image: 'x:1'}, {name: b, image: 'x:1'}]";
        let rules = format!("podFailurePolicy: {{rules: [{}, {}]}}", rule(a), rule(b));
        format!("spec: {{{rules}, template: {{spec: {{{containers}}}}}}}")
    };
    assert_eq!((said("J011", &rules("a", "b")).len(), said("J011", &rules("a", "a")).len()), (0, 1));
    let conditions = |more: &str| {
        let rule = format!("{{action: Ignore, onPodConditions: [{{type: DisruptionTarget}}{more}]}}");
        format!("spec: {{backoffLimit: 0, podFailurePolicy: {{rules: [{rule}]}}}}")
    };
    assert_eq!(said("J006", &conditions("")), Vec::<String>::new());
    assert_eq!(said("J006", &conditions(", {type: Other}")), Vec::<String>::new());
    let image = |tag: &str| format!("spec: {{template: {{spec: {{containers: [{{name: m, image: 'x:{tag}'}}]}}}}}}");
    assert_eq!((said("J041", &image("latest")).len(), said("J041", &image("1")).len()), (1, 0));
}

#[test]
fn each_limit_is_where_the_rule_says() {
    for (code, fragment, passes, is_found) in LIMITS {
        let with =
            |n: &i64| fragment.replace("@every", "%every").replace('@', &n.to_string()).replace("%every", "@every");
        assert_eq!(said(code, &with(passes)), Vec::<String>::new(), "{code} {fragment} with {passes}");
        assert_eq!(said(code, &with(is_found)).len(), 1, "{code} {fragment} with {is_found}");
    }
}
