#!/usr/bin/env bash
# What the GitHub Action does: validates the files, holds goals, and writes what a change does to the summary of the job. It
# works elsewhere too: everything comes from the environment (see action.yml). Exit status: 1 if a check fails, 2 on errors.
set -euo pipefail
# Words, on one line or on several; at the end of the text read says 1.
read -r -d '' -a files <<< "${JOBSIM_FILES:?the files to check}" || true
read -r -d '' -a run_flags <<< "${JOBSIM_RUN_FLAGS:-}" || true
summary="${GITHUB_STEP_SUMMARY:-/dev/stdout}"
release=()
[ -z "${JOBSIM_KUBERNETES:-}" ] || release=(--kubernetes "$JOBSIM_KUBERNETES")
status=0
# An empty list is written so that the bash of macOS, 3.2, takes it.
# The worst status of all steps is that of the whole; a later step is done all the same.
step() {
  local got=0
  "$@" || got=$?
  [ "$got" -le "$status" ] || status=$got
}

strict=()
[ "${JOBSIM_STRICT:-false}" != true ] || strict=(--strict)
outputs=()
[ -z "${JOBSIM_SARIF:-}" ] || outputs+=(--sarif "$JOBSIM_SARIF")
[ -z "${JOBSIM_JUNIT:-}" ] || outputs+=(--junit "$JOBSIM_JUNIT")
step jobsim validate "${files[@]}" --skip-others --github ${strict[@]+"${strict[@]}"} ${release[@]+"${release[@]}"} ${outputs[@]+"${outputs[@]}"}

goals=()
while IFS= read -r goal; do
  [ -z "$goal" ] || goals+=(--expect "$goal")
done <<< "${JOBSIM_EXPECT:-}"
if [ "${#goals[@]}" -gt 0 ]; then
  step jobsim run "${files[@]}" ${run_flags[@]+"${run_flags[@]}"} ${release[@]+"${release[@]}"} ${goals[@]+"${goals[@]}"} --github
fi

if [ -n "${JOBSIM_COMPARE_WITH:-}" ]; then
  before="$(mktemp -d)"
  trap 'rm -rf "$before"' EXIT
  for file in "${files[@]}"; do
    [ -f "$file" ] || continue
    # A file that is new has nothing to be compared with, and one that is the same needs no table.
    if git show "$JOBSIM_COMPARE_WITH:./$file" > "$before/before.yaml" 2> /dev/null \
      && ! cmp -s "$before/before.yaml" "$file"; then
      cp "$file" "$before/after.yaml"
      printf '### %s\n\n' "$file" >> "$summary"
      (cd "$before" && jobsim compare before.yaml after.yaml ${run_flags[@]+"${run_flags[@]}"} ${release[@]+"${release[@]}"} -o markdown) >> "$summary" \
        || echo "::warning file=$file::jobsim: the two versions cannot be compared"
    fi
  done
fi
exit "$status"
