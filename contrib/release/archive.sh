#!/usr/bin/env bash
# Packs a release: contrib/release/archive.sh VERSION TARGET PROGRAM EXTRAS FOLDER. EXTRAS is what `cargo run --example release --
# manual` wrote, and jobsim.wasm, which `jobsim page` looks for beside the program, if it was built. Prints the name of the archive. The same inputs give the same bytes.
set -euo pipefail
version="${1#v}" target="$2" program="$3" extras="$4" folder="$5"
source="$(cd "$(dirname "$0")/../.." && pwd)"
name="jobsim-$version-$target"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/$name" "$folder"
suffix=''
case "$target" in *windows*) suffix=.exe ;; esac
cp "$program" "$work/$name/jobsim$suffix"
chmod 755 "$work/$name/jobsim$suffix"
case "$target" in
  *windows*) ;;
  *) install -m 755 "$source/contrib/kubectl/kubectl-jobsim" "$work/$name/" ;;
esac
cp "$source/LICENSE" "$source/README.md" "$source/CHANGELOG.md" "$work/$name/"
# The plugin of kubectl looks for the program beside itself.
cp "$source/contrib/kubectl/kubectl-jobsim" "$work/$name/"
chmod 755 "$work/$name/kubectl-jobsim"
if [ -e "$extras/jobsim.wasm" ]; then cp "$extras/jobsim.wasm" "$work/$name/"; fi
cp -R "$extras/man" "$extras/completions" "$source/docs" "$source/scenarios" "$work/$name/"
folder="$(cd "$folder" && pwd)"
# Dates, owners and the order of files are not those of this machine, where tar can be told so.
if tar --version 2> /dev/null | grep -q GNU; then
  tar --sort=name --mtime="@${SOURCE_DATE_EPOCH:-0}" --owner=0 --group=0 --numeric-owner -C "$work" -cf - "$name" \
    | gzip -9n > "$folder/$name.tar.gz"
else
  tar -C "$work" -czf "$folder/$name.tar.gz" "$name"
fi
echo "$name.tar.gz"
