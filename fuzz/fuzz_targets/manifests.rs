//! The fuzz target `manifests`: see [`targets::manifests`].
#![no_main]

#[allow(dead_code)] // the other targets
#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::manifests(data));
