//! The workflow over one case: the one door for the command line.
//!
//! A [`Case`] joins the vault (truth), the casebook (what the log says, as tables), the texts and the search index
//! (both derived). Every change goes to the log first; the tables follow, and can be made again from it.

mod actors;
mod add;
mod anchoring;
mod bagging;
mod casebook;
mod checking;
mod coding;
mod comparing;
mod copying;
mod custody;
mod database;
mod declared;
mod dossier;
mod egress;
mod erasing;
mod error;
mod estimate;
mod export;
mod judging;
mod lineage;
mod locks;
mod look;
mod on_pictures;
mod progress;
mod reading;
mod replicating;
mod search;
mod services;
mod timestamps;
mod travel;
mod witnesses;
mod workspace;

pub use actors::ActorRow;
pub use add::{AddOptions, Follow, Listed, Method, Outcome, Reach, SourceRow, WebOptions};
pub use anchoring::Standing;
pub use bagging::{Bagged, Difference, Sameness, Unbagged, import_bag, same};
pub use casebook::{CaptureRow, EntryBefore};
pub use checking::{CheckReport, FlawRow, Restored, check, restore};
pub use coding::{Cited, ClaimRow, ImportedClaims};
pub use comparing::Comparison;
pub use copying::SealedCopy;
pub use custody::CustodyStory;
pub use declared::{DeclaredSearch, SearchDeclaration};
pub use dossier::{Clearance, PublishPolicy, Published};
pub use egress::EgressRow;
pub use erasing::{
    ERASURE_LIMITS, ErasureAnswer, ErasurePlan, ErasureRow, Going, HoldRow, Reveals,
};
pub use error::{CaseError, Fault};
pub use estimate::CoverageAnswer;
pub use export::{Exported, SecretsPolicy};
pub use judging::{Judged, VERDICTS};
pub use lineage::Corroborated;
pub use locks::EscrowRow;
pub use look::{CodeRow, DocumentRow, LogRow, OriginRow, PassageRow, PlaceRow, Shown, Status};
pub use on_pictures::{ConfirmedPassage, OnPicture, PassagePicture};
pub use progress::Progress;
pub use reading::TextRow;
pub use replicating::{CopyRow, KeysChoice, Place, ReplicateOptions, Replicated};
pub use search::{Found, SearchHit};
pub use services::transport_without_case;
pub use timestamps::{
    Asked, NewTimeAuthority, TimeAuthorityRow, TimeStanding, TimestampOptions, TimestampRow,
    Timestamped, WayOut,
};
pub use travel::LeftKeys;
pub use witnesses::{ComparedCheckpoint, Cosigning, WitnessAnswer, WitnessRow};
pub use workspace::{Case, Environment, InitOptions, read_place_names};

pub use witnessmark_archive as archive;
pub use witnessmark_capture as capture;
pub use witnessmark_claims as claims;
pub use witnessmark_document as document;
pub use witnessmark_estimate as estimation;
pub use witnessmark_model as model;
pub use witnessmark_seal as seal;
pub use witnessmark_text as text;
pub use witnessmark_vault as vault;
pub use witnessmark_verify as verify;
