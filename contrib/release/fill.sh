#!/usr/bin/env bash
# Fills a template of a release: contrib/release/fill.sh TEMPLATE VERSION SHA256SUMS > manifest. It replaces @VERSION@, and
# @SHA256:FILE@ by the checksum of FILE, in which @VERSION@ stands for the version too. What it cannot fill is an error.
set -euo pipefail
template="$1" version="${2#v}" sums="$3"
text="$(sed "s/@VERSION@/$version/g" "$template")"
while read -r file; do
  sum="$(awk -v file="$file" '$2 == file || $2 == "*" file { print $1 }' "$sums")"
  case "$sum" in
    [0-9a-f]*) [ "${#sum}" -eq 64 ] || { echo "$sums: the checksum of $file has ${#sum} digits" >&2; exit 1; } ;;
    *) echo "$sums: there is no checksum of $file" >&2; exit 1 ;;
  esac
  text="${text//@SHA256:$file@/$sum}"
done < <(printf '%s\n' "$text" | grep -o '@SHA256:[^@]*@' | sed 's/^@SHA256://; s/@$//' | sort -u)
printf '%s\n' "$text"
