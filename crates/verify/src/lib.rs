//! Verification: whether a case or a dossier is what was recorded, from its bytes alone.
//!
//! Nothing here trusts a name, a size or a line of the thing checked: bytes are read through [`Files`], hashed while
//! they stream by, and compared with what the signed log commits to. A verification never stops at the first failure
//! and never writes. `docs/format.md` describes what is checked; a [`Report`] says what held, what failed by name, and
//! what no verification can show.

pub mod case;
mod detect;
pub mod dossier;
pub mod files;
mod findings;
mod report;
mod timestamps;
mod trust;

pub use detect::{Unknown, detect, verify};
pub use files::{Files, FilesError, Folder, Listed, Memory, Nature, ZipFiles};
pub use report::{Check, Kind, Outcome, Report, Verdict};
pub use trust::Trust;
