//! The simulation kernel: event list and random streams. It knows nothing of Kubernetes, and nothing of real time.

mod event_list;

pub use event_list::EventList;
