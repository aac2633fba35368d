#!/usr/bin/env bash
# Installs a released jobsim: contrib/action-install.sh VERSION FOLDER. The archive is held against its checksum before it is unpacked.
set -euo pipefail
version="${1:?the version, such as 0.1.0}" folder="${2:?the folder}"
base="${JOBSIM_RELEASES:-https://github.com/jobsim/jobsim/releases/download}/v${version#v}"
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) target=x86_64-unknown-linux-musl ;;
  Linux-aarch64 | Linux-arm64) target=aarch64-unknown-linux-musl ;;
  Darwin-x86_64) target=x86_64-apple-darwin ;;
  Darwin-arm64) target=aarch64-apple-darwin ;;
  MINGW*-x86_64 | MSYS*-x86_64) target=x86_64-pc-windows-msvc ;;
  *) echo "there is no released jobsim for $(uname -s) on $(uname -m): cargo install jobsim" >&2; exit 2 ;;
esac
archive="jobsim-${version#v}-$target.tar.gz"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
curl -fsSL --retry 3 -o "$work/$archive" "$base/$archive"
curl -fsSL --retry 3 -o "$work/SHA256SUMS" "$base/SHA256SUMS"
(cd "$work" && grep "  $archive\$" SHA256SUMS | { sha256sum -c - 2> /dev/null || shasum -a 256 -c -; } > /dev/null)
mkdir -p "$folder"
tar -xzf "$work/$archive" -C "$folder" --strip-components 1
