//! HTML: bytes already decoded, read into a flat tree, and the tree read into text.

mod author;
pub(crate) mod links;
pub(crate) mod main_text;
pub(crate) mod metadata;
mod parse;
pub(crate) mod places;
pub(crate) mod render;
pub(crate) mod signals;
mod tag;
mod tree;

pub(crate) use parse::{MAX_DEPTH, MAX_NODES, parse};
