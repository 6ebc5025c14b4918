//! Capture: fetches what the world published, and keeps what passed over the connection, byte for byte.
//!
//! The only library of this project with sockets. [`Door`] opens every connection, by the declared way out or not at all.
//! [`Line`] carries exchanges over one connection; an [`Exchange`] says what passed. [`Engine`] captures by HTTP: jobs in,
//! visits out. [`RecordWriter`] makes WARC records of exchanges.
//! [`ServiceTransport`] carries requests to services outside by the same door, and keeps nothing of them.
//! [`urls`], [`sitemap`] and [`scope`] say what is to be captured.
//!
//! No library asks the clock or draws randomness on its own: both come in with the settings.

mod address;
pub mod browser;
mod cookies;
mod door;
mod egress;
mod engine;
mod exchange;
pub mod external;
mod given_headers;
mod line;
mod local_site;
mod memory_folder;
mod record;
mod robots;
pub mod scope;
mod services;
mod settings;
mod site;
pub mod sitemap;
mod spool;
mod tee;
mod tls;
pub mod urls;
mod visitor;

pub use cookies::{CookieFile, CookieFileError};
pub use door::{Clock, Door, DoorError, DoorSettings, NotOpened, Resolver, Stream};
pub use egress::{Egress, NotAnEgress, Proxy};
pub use engine::{Ending, Engine, EngineError, Job, Stopper, Visit};
pub use exchange::{
    Connection, Cut, Exchange, Failure, FailureKind, PayloadSum, Purpose, Through, Tls,
};
pub use given_headers::{HeaderFile, HeaderFileError};
pub use line::{Ask, ExchangeRules, Limits, Line, Running};
pub use local_site::{LocalPage, LocalSite};
pub use memory_folder::MemoryFolder;
pub use record::{
    FileAbout, KnownPayload, KnownPayloads, NewResource, NothingKnown, RecordError, RecordWriter,
    WrittenRecord,
};
pub use robots::{ROBOT_NAME, RobotsRules};
pub use services::{ServiceError, ServiceLimits, ServiceTransport};
pub use settings::{CaptureSettings, NotARobotsPolicy, RobotsPolicy};
pub use spool::{Spool, SpoolPlace, SpoolReader};
