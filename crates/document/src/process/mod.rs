//! Hostile bytes in a process of their own, and other people's programs under the same limits.
//!
//! - [`Readers`] is the side that asks: a few long-lived children of one executable, each of which reads one file after
//!   another. A child that dies, hangs or grows is replaced; its file gets a [`Stopped`] that says why.
//! - [`serve`] is the side that answers: `witnessmark read-one`. [`confine_reader`] comes first, before any outside byte.
//! - [`Program`] runs another program, such as one for OCR, under limits: `witnessmark confined` confines itself and
//!   becomes that program.
//!
//! A library does not know where the executable is: whoever calls hands it in. Without one nothing is read.
//!
//! Confined means (Linux): limits on memory, processor time, files and processes (`setrlimit`); no new privileges; no file
//! and no connection (Landlock); only the system calls that reading needs (seccomp). See SECURITY.md for what this is worth.

mod confine;
#[cfg(target_os = "linux")]
mod filter;
mod frame;
mod keeper;
mod pool;
mod program;
mod recognisers;
mod serve;
mod stop;

pub use confine::{confine_program, confine_reader};
pub use pool::{Readers, ScanLimits};
pub use program::Program;
pub use serve::serve;
pub use stop::Stop;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What a child may use for one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessLimits {
    /// Memory in bytes, beyond what the program itself takes up.
    pub memory: u64,
    /// Processor time, in whole seconds.
    pub work: u64,
    /// Time by the clock on the wall: a child that waits is stopped too.
    pub time: Duration,
    /// Bytes of its answer.
    pub output: u64,
}

impl Default for ProcessLimits {
    fn default() -> Self {
        Self { memory: 768 << 20, work: 30, time: Duration::from_secs(120), output: 256 << 20 }
    }
}

/// Why a child gave no answer, or not all of it.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Stopped {
    /// Nobody said which executable reads documents.
    #[error("not read: no program is known that reads it in a process of its own")]
    NoExecutable,
    /// The executable cannot be started.
    #[error("not read: the process that reads it cannot be started: {why}")]
    Start {
        /// What the system said.
        why: String,
    },
    /// It asked for more memory than it may have.
    #[error("the reader was stopped: more than {} MiB of memory", .limit >> 20)]
    Memory {
        /// The limit, in bytes.
        limit: u64,
    },
    /// It used more processor time than it may.
    #[error("the reader was stopped: more than {seconds} seconds of work")]
    Work {
        /// The limit.
        seconds: u64,
    },
    /// It took too long.
    #[error("the reader was stopped: more than {seconds} seconds")]
    Time {
        /// The limit.
        seconds: u64,
    },
    /// It answered too much.
    #[error("the reader was stopped: more than {} MiB of answer", .limit >> 20)]
    Output {
        /// The limit, in bytes.
        limit: u64,
    },
    /// It went deeper into nested parts than its stack reaches.
    #[error("the reader was stopped: the file is nested too deeply")]
    Depth,
    /// It asked the system for something that a reader has no use for, such as a connection.
    #[error("the reader was stopped: it asked the system for what a reader may not do")]
    Forbidden,
    /// A signal ended it.
    #[error("the reader was stopped: it died by signal {number}")]
    Signal {
        /// The signal's number.
        number: i32,
    },
    /// It ended by itself before its answer was whole.
    #[error("the reader failed on this file{}", .message.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Failed {
        /// The first line of what it said, without control characters.
        message: Option<String>,
    },
    /// Somebody wished that it ends.
    #[error("not read to the end: somebody asked to stop")]
    Asked,
    /// Its answer is not in the form that was agreed.
    #[error("the reader was stopped: its answer cannot be understood")]
    Garbled,
}
