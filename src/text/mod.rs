//! Text that people and clusters write: YAML and JSON as trees whose nodes know their places, paths into them, merge
//! patches, times, and suggestions for misspelt names. Fields have no meaning here.

mod deserialize;
mod documents;
mod json_text;
pub(crate) mod merge;
pub mod path;
mod placed;
mod scalar;
pub(crate) mod selection;
pub(crate) mod suggest;
mod thousands;
pub(crate) mod time_text;
pub(crate) mod tree;
mod tree_builder;
mod visible;
mod yaml;

pub use deserialize::{NodeError, from_node};
pub(crate) use documents::is_plain_json;
pub use documents::{Reading, read_as_kubectl, read_as_server, read_documents, read_first_document, read_values};
pub use json_text::read_json;
pub use suggest::suggest;
pub use thousands::{counted, thousands};
pub use time_text::{clock_beside, rfc3339};
pub use tree::{Field, ReadError, TreeNode, Value};
pub use visible::{visible, visible_line};
