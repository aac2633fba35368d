//! The corpus `validation`: requests to the API server, answered by this crate's own rules and held against what the
//! server answered. It replays no history.

mod compare;
mod request;

pub use compare::validation;
