//! The corpus `validation`: requests to the API server, answered by this crate's own rules and compared with the
//! server's answers. It replays no history.

mod compare;
mod request;

pub use compare::validation;
