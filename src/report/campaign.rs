//! A command in shards, in the form that an engine takes: manifests for Kubernetes, a script for Slurm, a line for GNU
//! parallel. It runs nothing and reads no files.

use super::shell::shell_word;
use crate::experiment::result::FileText;
use std::fmt::Write;

/// The most bytes that a campaign puts into a ConfigMap. The API server accepts 1 MiB; the rest is room for names.
pub const LARGEST_CONFIG_MAP: usize = 1_000_000;
/// Seconds after which a campaign on Kubernetes is given up.
const DEADLINE: u32 = 86_400;

/// What runs the shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignEngine {
    /// An Indexed Job for the shards, and a Job that merges.
    Kubernetes,
    /// A job array.
    Slurm,
    /// GNU parallel, on one machine or over ssh.
    Parallel,
}

/// A command to be run in shards.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The name that objects, folders and the result get.
    pub name: String,
    /// How many shards there are.
    pub shards: u32,
    /// How many run at a time.
    pub parallelism: u32,
    /// The words after `jobsim`.
    pub command: Vec<String>,
    /// The files that it reads, by names relative to where it runs.
    pub files: Vec<FileText>,
    /// The image, for Kubernetes.
    pub image: String,
}

impl Campaign {
    /// What this engine needs.
    pub fn text(&self, engine: CampaignEngine) -> String {
        match engine {
            CampaignEngine::Kubernetes => self.kubernetes(),
            CampaignEngine::Slurm => self.slurm(),
            CampaignEngine::Parallel => self.parallel(),
        }
    }

    /// The command as a shell takes it.
    fn shell(&self) -> String {
        self.command.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
    }

    fn kubernetes(&self) -> String {
        let Campaign { name, shards, parallelism, .. } = self;
        // `auto` takes the shard from JOB_COMPLETION_INDEX, which the Job controller sets in Pods of an Indexed Job.
        let last = shards - 1;
        let of_shards =
            [&self.command[..], &words(&["--shard", &format!("auto/{shards}"), "--save", "/parts"])].concat();
        let of_shards = [of_shards, words(&["--checkpoint", "/parts", "--threads", "1"])].concat();
        let result = format!("/parts/{name}.json");
        let of_merge = words(&["merge", "/parts", "-o", &result, "--wait", "1d"]);
        let mut text = format!(
            "# {shards} shards, one for each index from 0 to {last}, and a Job that waits for their parts and merges them:\n\
             # kubectl apply -f THIS; kubectl wait --for=condition=complete --timeout=-1s job/{name}-merge\n\
             # The result is {name}.json in the volume. Pods that a disruption ends go on from their checkpoints.\n"
        );
        let _ = write!(text, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n");
        for (n, file) in self.files.iter().enumerate() {
            let _ = write!(text, "  file-{n}: {}", block(&file.text));
        }
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: {name}-parts\nspec:\n  accessModes: \
             [ReadWriteMany]\n  resources:\n    requests:\n      storage: 1Gi\n"
        );
        let index_policy = format!(
            "  completions: {shards}\n  parallelism: {parallelism}\n  completionMode: Indexed\n  backoffLimitPerIndex: 3\n  \
             # Without one part there is no result.\n  maxFailedIndexes: 0\n  podReplacementPolicy: Failed\n"
        );
        let fail_index = "      # Bad input stays bad.\n      - action: FailIndex\n        onExitCodes:\n          containerName: \
                          jobsim\n          operator: In\n          values: [2]\n";
        text += &self.job(name, &index_policy, fail_index, &of_shards);
        let merge_policy = "  backoffLimit: 3\n  podReplacementPolicy: Failed\n";
        text += &self.job(&format!("{name}-merge"), merge_policy, "", &of_merge);
        text
    }

    /// A Job: how its Pods are counted, more rules of the failure policy, and what it runs. The API server accepts a
    /// `podFailurePolicy` only with `restartPolicy: Never` and `podReplacementPolicy: Failed`. The latter also keeps
    /// two Pods from writing the same checkpoint.
    fn job(&self, name: &str, counted: &str, rules: &str, command: &[String]) -> String {
        let arguments: String = command.iter().map(|word| format!("            - {}\n", quoted(word))).collect();
        let item = |(n, file): (usize, &FileText)| {
            format!("              - {{key: file-{n}, path: {}}}\n", quoted(file.name.trim_start_matches("./")))
        };
        let items: String = self.files.iter().enumerate().map(item).collect();
        let volume = &self.name;
        format!(
            "---\napiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {name}\nspec:\n{counted}  activeDeadlineSeconds: \
             {DEADLINE}\n  ttlSecondsAfterFinished: 604800\n  podFailurePolicy:\n    rules:\n      - action: Ignore\n        \
             onPodConditions:\n          - type: DisruptionTarget\n{rules}  template:\n    spec:\n      restartPolicy: Never\n      \
             containers:\n        - name: jobsim\n          image: {image}\n          workingDir: /scenario\n          command: \
             [jobsim]\n          args:\n{arguments}          resources:\n            requests:\n              cpu: \"1\"\n              \
             memory: 512Mi\n          volumeMounts:\n            - name: scenario\n              mountPath: /scenario\n            \
             - name: parts\n              mountPath: /parts\n      volumes:\n        - name: scenario\n          configMap:\n            \
             name: {volume}\n            items:\n{items}        - name: parts\n          persistentVolumeClaim:\n            \
             claimName: {volume}-parts\n",
            image = quoted(&self.image),
        )
    }

    fn slurm(&self) -> String {
        let Campaign { name, shards, parallelism, .. } = self;
        // `auto` takes the shard from SLURM_ARRAY_TASK_ID. Without `%` Slurm decides how many tasks run at a time.
        let at_once = if parallelism < shards { format!("%{parallelism}") } else { String::new() };
        format!(
            "#!/bin/sh\n#SBATCH --job-name={name}\n#SBATCH --array=1-{shards}{at_once}\n#SBATCH --requeue\n#SBATCH \
             --output={name}-%a.log\n# {shards} shards as an array; a task that is requeued goes on from its checkpoint. Submit it \
             with:\n# $ mkdir -p {name}.parts\n# $ array=$(sbatch --parsable {name}.sh)\n# $ sbatch \
             --dependency=afterok:$array --output={name}-merge.log --wrap='jobsim merge {name}.parts -o {name}.json'\nset \
             -eu\nexec jobsim {} --shard auto/{shards} --save {name}.parts --checkpoint {name}.parts --threads \
             \"${{SLURM_CPUS_PER_TASK:-1}}\"\n",
            self.shell()
        )
    }

    fn parallel(&self) -> String {
        let Campaign { name, shards, parallelism, .. } = self;
        // Without -j it runs as many as there are cores. With -q it passes the words on as they are quoted here. The
        // place of the shard is not parallel's usual {}, because the command may contain braces.
        let at_once = if parallelism < shards { format!(" -j {parallelism}") } else { String::new() };
        format!(
            "mkdir -p {name}.parts && seq {shards} | parallel -q -I @shard@ --halt soon,fail=1{at_once} jobsim {} --shard \
             @shard@/{shards} --save {name}.parts --checkpoint {name}.parts --threads 1 && jobsim merge {name}.parts -o \
             {name}.json\n",
            self.shell()
        )
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A YAML scalar in double quotes. A JSON string is one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The text of a file as a value in a ConfigMap: as it is, indented by four spaces, if a block scalar of YAML can hold
/// it; otherwise quoted. A plain `|` takes its indentation from the first line, so that may not be empty or indented.
/// It keeps exactly one line feed at the end. U+0085, U+2028 and U+2029 are line breaks in YAML 1.1, and a byte order
/// mark is no text.
fn block(text: &str) -> String {
    let is_plain = |c: char| c == '\n' || (!c.is_control() && !"\u{feff}\u{85}\u{2028}\u{2029}".contains(c));
    if text.starts_with([' ', '\n']) || !text.ends_with('\n') || text.ends_with("\n\n") || !text.chars().all(is_plain) {
        return format!("{}\n", quoted(text));
    }
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") };
    format!("|\n{}", text.lines().map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::read_documents;

    fn campaign(text: &str) -> Campaign {
        let file = FileText { name: "a b.yaml".to_owned(), text: text.to_owned() };
        Campaign {
            name: "night".to_owned(),
            shards: 64,
            parallelism: 50,
            command: words(&["run", "a b.yaml", "--run", "exponential(mean=1m)"]),
            files: vec![file],
            image: "registry.example/jobsim:1".to_owned(),
        }
    }

    #[test]
    fn a_configmap_has_the_text_of_the_file() {
        for text in ["a: 1\n\n# b\n", " a: 1\n", "a: \"\\t\"", "a\r\nb\n", "\u{feff}a: 1\n", "a\n\n"] {
            let manifests = campaign(text).text(CampaignEngine::Kubernetes);
            let documents = read_documents(&manifests).expect("it is YAML");
            let data = documents[0].get("data").and_then(|data| data.get("file-0")).and_then(|node| node.as_text());
            assert_eq!(data, Some(text));
        }
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        let line = campaign("a: 1\n").text(CampaignEngine::Parallel);
        assert!(
            line.contains(" -j 50 jobsim run 'a b.yaml' --run 'exponential(mean=1m)' --shard @shard@/64"),
            "{line}"
        );
        assert!(campaign("a: 1\n").text(CampaignEngine::Slurm).contains("#SBATCH --array=1-64%50\n"));
    }
}
