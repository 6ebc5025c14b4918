//! What sources claim: the vocabulary they are coded with, who rests on whom, and what may be counted.
//!
//! Bytes and payloads in, values and errors out. Nothing here reads a file, asks a clock or draws randomness, and nothing decides on
//! a person's behalf: grades, origins and edges are given by people.
//!
//! | question | module |
//! |---|---|
//! | which words may a claim use? | [`codebook`] |
//! | which places may it name? | [`gazetteer`] |
//! | does what somebody wrote make a claim? | [`draft`], [`import`] |
//! | how did a claim become what it is? | [`change`] |
//! | who rests on whom, and how many origins are there? | [`lineage`] |
//! | which claims are statements about coverage? | [`statements`] |

pub mod change;
pub mod codebook;
mod dates;
pub mod draft;
mod field;
pub mod gazetteer;
pub mod import;
mod input;
pub mod lineage;
mod number;
pub mod statements;
mod table;

pub use codebook::Codebook;
pub use draft::{Coded, Draft};
pub use field::Field;
pub use gazetteer::Gazetteer;
pub use input::{Fault, InputError, InputErrors, Location};
pub use lineage::{Corroboration, LineageGraph};
pub use number::NumberFault;
pub use table::TableFault;
