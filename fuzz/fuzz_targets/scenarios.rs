//! The fuzz target `scenarios`: see [`targets::scenarios`].
#![no_main]

#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::scenarios(data));
