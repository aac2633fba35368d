//! The simulation kernel: event list and random streams. It knows nothing of Kubernetes, and nothing of real time.

mod event_list;
pub mod stream;

pub use event_list::EventList;
pub use stream::{Draws, Entity, Purpose, Streams};
