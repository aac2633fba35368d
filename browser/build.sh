#!/bin/sh
# Builds the page that simulates in a browser: the simulator as WebAssembly, and the page with it.
#
#     browser/build.sh                  # target/browser/jobsim.wasm and target/browser/jobsim.html
#     browser/build.sh --wasm-only      # the simulator alone
#
# Two ways lead to the target wasm32-unknown-unknown. The first that is there is taken; JOBSIM_RUSTC_WEB chooses the second.
#
# 1. rustup: `rustup target add wasm32-unknown-unknown`, once.
# 2. Where rustup cannot fetch the target, on Debian: packages rustc-web, libstd-rust-web-1.xx, libstd-rust-web-dev,
#    rust-web-src and their libllvm, unpacked into a folder (dpkg -x), and JOBSIM_RUSTC_WEB=FOLDER. Compiler and library
#    are of one version there; the standard library is compiled from its source, with the linker of the stable toolchain.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
target=wasm32-unknown-unknown
folder="$root/target/browser"
# A page of any machine has the same bytes: no path of this one is in it.
RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$root=. --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
export RUSTFLAGS
fail() { printf 'browser/build.sh: %s\n' "$1" >&2; exit 1; }

by_rustup() { rustup target list --installed 2>/dev/null | grep -qx "$target"; }
build() { cargo build --locked --release --target "$target" --target-dir "$folder" --manifest-path "$root/browser/Cargo.toml" "$@"; }
if [ -n "${JOBSIM_RUSTC_WEB:-}" ]; then
    web=$JOBSIM_RUSTC_WEB
    [ -x "$web/usr/bin/rustc" ] || fail "$web has no usr/bin/rustc: unpack rustc-web there"
    linker=$(find "$(rustc --print sysroot)" -name rust-lld -type f 2>/dev/null | head -n 1)
    [ -n "$linker" ] || fail 'the stable toolchain has no rust-lld'
    RUSTC="$web/usr/bin/rustc" RUSTC_BOOTSTRAP=1 \
        LD_LIBRARY_PATH="$web/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" \
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$linker" build -Z build-std=std,panic_abort
elif by_rustup; then
    build
else
    fail "the target $target is not there: rustup target add $target, or see the head of this script"
fi
cp "$folder/$target/release/jobsim-browser.wasm" "$folder/jobsim.wasm"
[ "${1:-}" = --wasm-only ] && exit 0

# The command itself is not for the browser.
unset RUSTFLAGS
cargo run --quiet --locked --manifest-path "$root/Cargo.toml" -- page --wasm "$folder/jobsim.wasm" -o "$folder/jobsim.html"
