//! Room: to be furnished.
