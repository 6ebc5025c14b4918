//! What the command line takes. Names and meanings are kept: nothing here is renamed or dropped.

mod confined;
mod copies;
mod erasing;
mod linking;
mod sealing;
mod time;
mod witnessing;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use witnessmark_case::estimation::agreement::Level;
use witnessmark_case::estimation::overlap::Method;

pub(crate) use confined::ConfinedArguments;
pub(crate) use copies::{
    BagArguments, CheckArguments, CopiesCommand, ReplicateArguments, RestoreArguments,
    StoreArguments, WayArguments,
};
pub(crate) use erasing::{ActorCommand, EraseArguments};
pub(crate) use linking::{LinkArguments, ReconcileArguments};
pub(crate) use sealing::{EscrowCommand, PassphraseCommand, RecipientsCommand, TravelCommand};
pub(crate) use time::{AuthorityCommand, ReachArguments, TimestampArguments, TimestampCommand};
pub(crate) use witnessing::{CosignArguments, WitnessCommand};

/// Evidence from public sources that anyone can check.
///
/// Captures and preserves sources, reads them in many scripts, ties claims to exact passages, works out who copies whom,
/// bounds the scale, and publishes a dossier whose every number opens its preserved source. Integrity is not truth.
#[derive(Debug, Parser)]
#[command(name = "witnessmark", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// The case's folder; without it the nearest folder upward that holds a case.toml
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) case: Option<PathBuf>,
    /// Print JSON on stdout, and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print no notes and no progress, only answers and errors
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    /// Show no progress bar
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
    /// A file with the passphrase of a sealed case, or the one that a new case gets
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Who writes: an actor of the case, by id or its beginning, or by name
    #[arg(long = "as", global = true, value_name = "ACTOR", env = "WITNESSMARK_ACTOR")]
    pub(crate) acting: Option<String>,
    /// A file with an age identity that opens a sealed case, instead of its passphrase
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) identity: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a case
    Init(InitArguments),
    /// Add files, folders, WARC files, and pages of the web
    Add(Box<AddArguments>),
    /// List what the case holds
    List(ListArguments),
    /// Show one thing in full
    Show {
        /// An id or its beginning; for a capture also its name or address
        id: String,
        /// Print only the text of a capture, to quote from
        #[arg(long)]
        text: bool,
        /// Write the bytes of a capture as they were kept: the file, or the record of an archive
        #[arg(long, conflicts_with_all = ["text", "json"])]
        bytes: bool,
        /// For a passage that OCR read: write a picture of its place, with its lines boxed, to compare
        #[arg(long, value_name = "FILE.png", conflicts_with_all = ["text", "bytes"])]
        picture: Option<PathBuf>,
    },
    /// Show the state of the case
    Status,
    /// Find captures by the words in them
    Search(SearchArguments),
    /// Write down what was done outside the case
    #[command(subcommand)]
    Record(RecordCommand),
    /// Quote a capture: make a passage
    Cite {
        /// The capture: an id or its beginning, a name, or an address
        capture: String,
        /// The words, letter by letter; how wide a space is does not count
        #[arg(long, value_name = "TEXT")]
        exact: String,
        /// Which one is meant where the words stand more than once, from 1
        #[arg(long, value_name = "N")]
        occurrence: Option<usize>,
    },
    /// Say what captures are, after looking at them, or that a passage says what its picture shows
    Confirm(ConfirmArguments),
    /// Show what differs between two captures
    Compare {
        /// The earlier capture: an id or its beginning, or a name
        earlier: String,
        /// The later capture
        later: String,
    },
    /// Show or choose the way in which connections leave
    Egress {
        /// direct, tor, socks5://HOST:PORT or http://HOST:PORT; without it the way in force is shown
        way: Option<String>,
    },
    /// Name the outsiders who keep count of the log
    #[command(subcommand)]
    Witness(WitnessCommand),
    /// Ask every witness to cosign the log as it is
    Cosign(CosignArguments),
    /// Write captures to a file that leaves the case
    #[command(subcommand)]
    Export(ExportCommand),
    /// Say what a passage says, or change what a claim says
    Claim(Box<ClaimArguments>),
    /// Bring in sheets, or a case in a bag
    #[command(subcommand)]
    Import(ImportCommand),
    /// Decide who rests on whom
    #[command(subcommand)]
    Origins(OriginsCommand),
    /// Count the origins that documents come down to
    Corroborate {
        /// Claims, by id or its beginning; all if none is named
        claims: Vec<String>,
    },
    /// Bound or estimate the scale, or refuse
    #[command(subcommand)]
    Estimate(EstimateCommand),
    /// Say how far coders who read the same things agree
    Agreement(AgreementArguments),
    /// Weigh codings that differ by how often each coder errs
    Reconcile(ReconcileArguments),
    /// Count how many persons are on which lists, without naming any
    Link(Box<LinkArguments>),
    /// Tell what happened to one thing, entry by entry
    Custody {
        /// A capture, passage or claim
        id: String,
        /// The form: words, PREMIS 3.0 (XML), or W3C PROV (PROV-JSON)
        #[arg(long, value_enum, default_value = "words")]
        format: CustodyForm,
        /// Headers of Bitcoin's blocks, so that times of blocks are told: as for `verify`
        #[arg(long, value_name = "FILE")]
        bitcoin_headers: Option<PathBuf>,
    },
    /// Keys for the people who work on a case
    #[command(subcommand)]
    Actor(ActorCommand),
    /// Erase for good, with all that quotes it: two people, a logged ground
    Erase(EraseArguments),
    /// Keep something from being erased
    Hold {
        /// A capture, passage, claim or any other thing
        id: String,
        /// Lift the hold
        #[arg(long)]
        lift: bool,
    },
    /// Have somebody outside say when the log existed
    Timestamp(TimestampArguments),
    /// Make the casebook, the texts and the search index again from the log
    Rebuild,
    /// Copy an open case into a new sealed one
    Seal {
        /// The open case
        old: PathBuf,
        /// The folder to make
        new: PathBuf,
        /// A further way into the sealed case: an age recipient, age1…; may be given more than once
        #[arg(long, value_name = "RECIPIENT")]
        recipient: Vec<String>,
    },
    /// Hold the key of a sealed case in memory, so that its passphrase is typed once
    Unlock {
        /// Let go of the key when no command has asked for it for so many minutes
        #[arg(long, default_value_t = 15, value_name = "MINUTES", value_parser = clap::value_parser!(u16).range(1..))]
        idle: u16,
    },
    /// Let go of the key that `unlock` holds
    Lock,
    /// Change the passphrase of a sealed case
    #[command(subcommand)]
    Passphrase(PassphraseCommand),
    /// Say who else can open a sealed case
    #[command(subcommand)]
    Recipients(RecipientsCommand),
    /// Split the key of a sealed case among people, any few of whom can open it together
    #[command(subcommand)]
    Escrow(EscrowCommand),
    /// Travel without the keys of a sealed case
    #[command(subcommand)]
    Travel(TravelCommand),
    /// What `unlock` starts
    #[command(hide = true)]
    Agent,
    /// Reads documents from its standard input, for another process of this program
    #[command(hide = true)]
    ReadOne {
        /// How many bytes of memory it may use
        memory: u64,
    },
    /// Confines itself, and becomes another program
    #[command(hide = true)]
    Confined(ConfinedArguments),
    /// Copy the case to another place, or bring the copy there up to date; then verify what lies there
    Replicate(ReplicateArguments),
    /// List the copies that the case knows
    Copies {
        #[command(subcommand)]
        command: Option<CopiesCommand>,
    },
    /// Check that every stored byte is the one that was written; mend from a copy
    Check(CheckArguments),
    /// Bring a case back from a copy
    Restore(RestoreArguments),
    /// Say whether two cases are one, file by file and row by row
    Same {
        /// A case
        one: PathBuf,
        /// Another case
        other: PathBuf,
    },
    /// Write a dossier: a folder and a zip file beside it
    Publish(PublishArguments),
    /// Check a case or a dossier
    Verify {
        /// A case, a dossier's folder, or a dossier's zip file; without it the case
        path: Option<PathBuf>,
        /// The root certificate of a time-stamp authority that you believe: PEM or DER; may be repeated
        #[arg(long, value_name = "FILE")]
        time_root: Vec<PathBuf>,
        /// Headers of Bitcoin's blocks, for proofs of OpenTimestamps: 80 bytes each from the first block on, or lines
        /// HEIGHT,HEADER in hexadecimal
        #[arg(long, value_name = "FILE")]
        bitcoin_headers: Option<PathBuf>,
    },
    /// Look into web archives
    #[command(subcommand)]
    Warc(WarcCommand),
    /// Read the text of files
    Extract {
        /// HTML, text and WARC files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The places to find (CSV), instead of those that are known without one
        #[arg(long, value_name = "FILE")]
        gazetteer: Option<PathBuf>,
    },
    /// Name the language of files or lines
    Language {
        /// Text files: one answer a file
        #[arg(required_unless_present = "lines")]
        files: Vec<PathBuf>,
        /// A text file: one answer a line
        #[arg(long, value_name = "FILE")]
        lines: Option<PathBuf>,
    },
    /// Find texts that are nearly the same
    NearDuplicates {
        /// One JSON object a line, with `id` and `text`
        file: PathBuf,
        /// The least share of common word runs, 0.01 to 1
        #[arg(long, default_value_t = 0.8, value_name = "SHARE")]
        threshold: f64,
    },
    /// Fill an example case with invented sources, and walk it through the whole chain
    Demo {
        /// Where to put it; the folder must not exist
        #[arg(default_value = "witnessmark-demo")]
        dir: PathBuf,
    },
}

/// The form of a custody story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CustodyForm {
    Words,
    Premis,
    Prov,
}

#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// The folder to make
    pub(crate) dir: PathBuf,
    /// Make a case that is not sealed: anyone who has the disk can read it
    #[arg(long)]
    pub(crate) open: bool,
    /// A further way into the sealed case: an age recipient, age1…; may be given more than once
    #[arg(long, value_name = "RECIPIENT", conflicts_with = "open")]
    pub(crate) recipient: Vec<String>,
    /// The case's name; the folder's if none is given
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// A line that every page of every dossier shows
    #[arg(long, value_name = "TEXT")]
    pub(crate) notice: Option<String>,
    /// The vocabulary for claims, as TOML; an example for rights abuses if none is given
    #[arg(long, value_name = "FILE")]
    pub(crate) codebook: Option<PathBuf>,
    /// The places that claims may name, as CSV: place,parent,level,population,names
    #[arg(long, value_name = "FILE")]
    pub(crate) gazetteer: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    /// Files, folders and addresses
    #[arg(value_name = "PATH_OR_URL", required_unless_present_any = ["list", "sitemap"])]
    pub(crate) paths: Vec<PathBuf>,
    /// Files with what is known of their sources (CSV: file,url,published), or addresses to capture (one a line, or CSV
    /// with a column url)
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) web: WebArguments,
}

/// How pages are captured.
#[derive(Debug, Args)]
#[command(next_help_heading = "Capturing from the web")]
pub(crate) struct WebArguments {
    /// Capture with Chromium: scripts run, pictures and all parts are kept
    #[arg(long)]
    pub(crate) browser: bool,
    /// Capture one post or video of each address with yt-dlp
    #[arg(long, conflicts_with_all = ["browser", "recursive"])]
    pub(crate) video: bool,
    /// Follow links
    #[arg(long)]
    pub(crate) recursive: bool,
    /// How many links away from the addresses given
    #[arg(long, default_value_t = 2, value_name = "N", requires = "recursive")]
    pub(crate) depth: u32,
    /// How far links are followed
    #[arg(long, value_enum, default_value = "host", requires = "recursive")]
    pub(crate) scope: Reach,
    /// Follow only addresses that match this pattern, in which * stands for any letters; may be repeated
    #[arg(long, value_name = "PATTERN", requires = "recursive")]
    pub(crate) include: Vec<String>,
    /// Follow no address that matches this pattern; may be repeated
    #[arg(long, value_name = "PATTERN", requires = "recursive")]
    pub(crate) exclude: Vec<String>,
    /// At most this many pages
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    pub(crate) max_pages: u64,
    /// Capture the pages that a sitemap lists; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) sitemap: Vec<String>,
    /// Whether rules that a site sets for robots are obeyed
    #[arg(long, value_enum, default_value = "obey")]
    pub(crate) robots: RobotsArgument,
    /// Pages of one host within a second, at most
    #[arg(long, default_value_t = 2.0, value_name = "N")]
    pub(crate) rate: f64,
    /// Cookies to send, in the format of cookies.txt
    #[arg(long, value_name = "FILE")]
    pub(crate) cookies: Option<PathBuf>,
    /// Header fields to send: `Name: value`, below a line `[host]` for one host only
    #[arg(long, value_name = "FILE")]
    pub(crate) headers: Option<PathBuf>,
    /// The name that the program goes by, instead of a usual browser's
    #[arg(long, value_name = "TEXT")]
    pub(crate) user_agent: Option<String>,
    /// The longest time for one page, in seconds
    #[arg(long, default_value_t = 90, value_name = "SECONDS")]
    pub(crate) time_limit: u64,
    /// The most bytes of one answer, in MB
    #[arg(long, default_value_t = 512, value_name = "MB")]
    pub(crate) size_limit: u64,
    /// Let addresses of this computer and of the local network be reached
    #[arg(long)]
    pub(crate) allow_private_network: bool,
    /// Run Chromium without its own sandbox: only for tests that run as root
    #[arg(long, requires = "browser")]
    pub(crate) no_sandbox: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reach {
    /// Below the folder of the address given
    Folder,
    /// On its host
    Host,
    /// On its domain and those below
    Domain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RobotsArgument {
    Obey,
    Ignore,
}

#[derive(Debug, Args)]
pub(crate) struct ConfirmArguments {
    /// Captures, by id or its beginning, name or address, or passages (psg-…) that OCR read; without any, on a terminal, all
    /// captures that nobody has looked at
    pub(crate) captures: Vec<String>,
    /// What the captures are, if not what the program says
    #[arg(long = "is", value_name = "VERDICT", requires = "captures")]
    pub(crate) verdict: Option<String>,
    /// For one passage: what the picture says, if not what OCR read
    #[arg(long, value_name = "TEXT", requires = "captures", conflicts_with = "verdict")]
    pub(crate) reads: Option<String>,
    /// For passages: the name under which you stand for it in dossiers; without it none is shown
    #[arg(long, value_name = "NAME", requires = "captures", conflicts_with = "verdict")]
    pub(crate) by: Option<String>,
    /// A remark
    #[arg(long, value_name = "TEXT", requires = "captures")]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExportCommand {
    /// A bag (BagIt, RFC 8493) with the case's log and objects, for an archive's shelf
    Bag(BagArguments),
    /// A WACZ file, for other tools to replay
    Wacz {
        /// The file to write; it must not exist
        out: PathBuf,
        /// Imports and recordings (imp-…), by id or its beginning; all if none is named
        archives: Vec<String>,
        /// What becomes of cookies, tokens and addresses that are found
        #[arg(long, value_enum, default_value = "refuse")]
        secrets: Secrets,
        /// A name or address of your own that must not leave; may be repeated
        #[arg(long, value_name = "TEXT")]
        own: Vec<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Secrets {
    /// Name them, and write nothing
    Refuse,
    /// Mask them in the copy that leaves, which says so
    Mask,
    /// Let them leave: for a reader who is to have all
    Keep,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Listed {
    Captures,
    Sources,
    Passages,
    Claims,
    Places,
    Origins,
    /// Declared searches of the outside world
    Searches,
    /// The codebook's words, which claims may use
    Codes,
    Log,
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// What to list
    pub(crate) what: Listed,
    /// For the log: how many of the last entries
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) limit: u64,
    /// For passages: only those that no longer stand in the text as it is read today
    #[arg(long)]
    pub(crate) orphans: bool,
    /// For passages: only those that OCR read, and that no person has compared with the picture
    #[arg(long)]
    pub(crate) unconfirmed: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SearchArguments {
    /// Words, "phrases", OR, NOT, sampl*, word~, title: url: site: language: published: place:
    pub(crate) query: String,
    /// Only captures in this language, such as zh, bo, ug
    #[arg(long)]
    pub(crate) language: Option<String>,
    /// Only what was published on or after this date
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// Only what was published on or before this date
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<String>,
    /// Only captures that name this place, by any of its names in the gazetteer
    #[arg(long, value_name = "PLACE")]
    pub(crate) place: Option<String>,
    /// Simplified Chinese characters find traditional ones too, and back
    #[arg(long)]
    pub(crate) variants: bool,
    /// Show every capture, also those whose texts are nearly the same as a better one's
    #[arg(long)]
    pub(crate) all: bool,
    /// At most this many captures
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) limit: usize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RecordCommand {
    /// A search of the outside world, whatever it found
    Search(RecordSearchArguments),
}

#[derive(Debug, Args)]
pub(crate) struct RecordSearchArguments {
    /// What was searched: a site, an archive, a register, a library
    #[arg(long = "where", value_name = "WHERE")]
    pub(crate) searched: String,
    /// What was looked for, as it was typed there
    #[arg(long)]
    pub(crate) query: String,
    /// How many results: a number, nothing, or some if they were not counted
    #[arg(long, value_name = "N")]
    pub(crate) found: String,
    /// The day of the search, if it was not today
    #[arg(long, value_name = "DATE")]
    pub(crate) on: Option<String>,
    /// A capture that came of it: an id or its beginning, or a name; may be repeated
    #[arg(long, value_name = "CAPTURE")]
    pub(crate) capture: Vec<String>,
    /// A remark
    #[arg(long)]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ClaimArguments {
    /// A passage, for a new claim; or a claim, to change it
    pub(crate) id: String,
    /// What happened: a code of the codebook
    #[arg(long)]
    pub(crate) act: Option<String>,
    /// Where: a place of the gazetteer
    #[arg(long)]
    pub(crate) place: Option<String>,
    /// When: a date, or two with `..` between them
    #[arg(long, value_name = "DATE")]
    pub(crate) when: Option<String>,
    /// How many, every digit as quoted
    #[arg(long, value_name = "NUMBER")]
    pub(crate) count: Option<String>,
    /// The low end of a range
    #[arg(long, value_name = "NUMBER")]
    pub(crate) low: Option<String>,
    /// The high end of a range
    #[arg(long, value_name = "NUMBER")]
    pub(crate) high: Option<String>,
    /// What is counted: a code of the codebook
    #[arg(long)]
    pub(crate) unit: Option<String>,
    /// exact, about, at-least, at-most, range, all
    #[arg(long)]
    pub(crate) bound: Option<String>,
    /// How firmly it is said: a code of the codebook; a new claim is `stated` if none is given
    #[arg(long)]
    pub(crate) modality: Option<String>,
    /// On whose word
    #[arg(long, value_name = "WHO")]
    pub(crate) attributed_to: Option<String>,
    /// Admiralty grade of the source, A to F
    #[arg(long, value_name = "LETTER")]
    pub(crate) source_grade: Option<String>,
    /// Admiralty grade of the item, 1 to 6
    #[arg(long, value_name = "DIGIT")]
    pub(crate) item_grade: Option<String>,
    /// A remark
    #[arg(long)]
    pub(crate) note: Option<String>,
    /// For a change: why
    #[arg(long, value_name = "WHY")]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// A bag that `export bag` wrote: a case again
    Bag {
        /// The bag's folder
        bag: PathBuf,
        /// The folder of the case to be
        dir: PathBuf,
    },
    /// Claims, as CSV; all or nothing
    Claims {
        /// source,exact,act,place,from,to,value,low,high,unit,bound,modality,attributed_to,…
        file: PathBuf,
    },
    /// Declared origins and edges, as CSV; all or nothing
    Origins {
        /// capture,name,reason
        file: PathBuf,
        /// Edges: later,earlier,kind,level,reason
        #[arg(long, value_name = "FILE")]
        edges: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct EdgeArguments {
    /// LATER:EARLIER – two captures, or a capture and an origin, by id or its beginning
    pub(crate) edge: String,
    /// How: verbatim, near-verbatim, excerpt, translation, attribution, link, quotation, figure
    #[arg(long, default_value = "attribution")]
    pub(crate) kind: String,
    /// `text`: who wrote it first; `evidence`: which evidence lies under it
    #[arg(long, default_value = "text")]
    pub(crate) level: String,
    /// Why
    #[arg(long, value_name = "WHY")]
    pub(crate) reason: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OriginsCommand {
    /// Declare that a capture, or something that was not captured, is an origin
    Declare {
        /// The capture; without it an origin outside the case
        capture: Option<String>,
        /// What people call the origin
        #[arg(long)]
        name: String,
        /// Why
        #[arg(long, value_name = "WHY")]
        reason: String,
    },
    /// Decide that one document rests on another
    Confirm(EdgeArguments),
    /// Decide that one document does not rest on another
    Reject(EdgeArguments),
}

#[derive(Debug, Subcommand)]
pub(crate) enum EstimateCommand {
    /// Bounds from statements about places
    Coverage(CoverageArguments),
    /// The unseen number from lists that overlap, or a refusal
    Overlap(OverlapArguments),
}

#[derive(Debug, Args)]
pub(crate) struct OverlapArguments {
    /// Lists, as CSV: one 0/1 column a list and `count`; or one row a person without `count`
    pub(crate) lists: PathBuf,
    /// auto, loglinear, dga, latent-class, chapman, chao
    #[arg(long, default_value = "auto")]
    pub(crate) method: Method,
    /// Prior weight of the averaged graphs; 2 to the power of minus the number of lists if none is given
    #[arg(long)]
    pub(crate) delta: Option<f64>,
    /// The most latent classes
    #[arg(long, value_name = "K")]
    pub(crate) classes: Option<usize>,
    /// The greatest number of unseen persons that the averaged graphs look at
    #[arg(long, value_name = "N")]
    pub(crate) max_unseen: Option<u64>,
    /// Seed of the random draws
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) seed: u64,
    /// Rounds of each chain that are thrown away
    #[arg(long, value_name = "N")]
    pub(crate) burnin: Option<u64>,
    /// Draws kept of each chain
    #[arg(long, value_name = "N")]
    pub(crate) samples: Option<usize>,
    /// Rounds from one kept draw to the next
    #[arg(long, value_name = "N")]
    pub(crate) thin: Option<u64>,
    /// The written statement on closure, reachability and selection
    #[arg(long, value_name = "FILE")]
    pub(crate) statement: Option<PathBuf>,
    /// A person reviewed which records were taken for one person
    #[arg(long)]
    pub(crate) reviewed_linkage: bool,
    /// No list was made from another, or from what another was made from
    #[arg(long)]
    pub(crate) no_shared_origin: bool,
    /// Write pictures into this folder, each also as a table
    #[arg(long, value_name = "DIR")]
    pub(crate) pictures: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct AgreementArguments {
    /// Ratings, as CSV: unit,coder,value; an empty value is missing
    pub(crate) ratings: PathBuf,
    /// nominal, ordinal, interval, ratio
    #[arg(long)]
    pub(crate) level: Level,
    /// Seed of the bootstrap
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct CoverageArguments {
    /// Statements, as CSV: id,kind,place,value,low,high,date,source; without it the claims of the case
    #[arg(requires = "places")]
    pub(crate) statements: Option<PathBuf>,
    /// Places, as CSV: place,parent,level,population; in a case its gazetteer
    #[arg(long, value_name = "FILE", requires = "statements")]
    pub(crate) places: Option<PathBuf>,
    /// The day to count up to; the last date stated if none is given
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<String>,
    /// A written assumption on why some places report and others do not: pools the counts, too
    #[arg(long, value_name = "FILE", requires = "statements")]
    pub(crate) reporting_assumption: Option<PathBuf>,
    /// Seed of the pooled prediction, and of the draws from experts' opinions
    #[arg(long, default_value_t = 0, value_name = "N", requires = "statements")]
    pub(crate) seed: u64,
    /// In a case: the act that is counted, a code of the codebook
    #[arg(long, conflicts_with = "statements", required_unless_present = "statements")]
    pub(crate) act: Option<String>,
    /// In a case: a unit that is taken as people; may be repeated
    #[arg(long, conflicts_with = "statements", default_value = "people", value_name = "CODE")]
    pub(crate) unit: Vec<String>,
    /// What experts think of places, as CSV: place,least,likely,most,who,why; stands beside the bounds
    #[arg(long, value_name = "FILE", requires = "statements")]
    pub(crate) judgements: Option<PathBuf>,
    /// Write pictures into this folder, each also as a table
    #[arg(long, value_name = "DIR", requires = "statements")]
    pub(crate) pictures: Option<PathBuf>,
    /// Draw a map, too, from these outlines: GeoJSON polygons whose `place` or `name` is a place's
    #[arg(long, value_name = "FILE", requires = "pictures")]
    pub(crate) map: Option<PathBuf>,
    /// Where the outlines are from, as it shall stand on the map; the file's name if none is given
    #[arg(long, value_name = "TEXT", requires = "map")]
    pub(crate) map_source: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Profile {
    /// For anybody: passages, and whole texts only where a person cleared them
    Public,
}

#[derive(Debug, Args)]
pub(crate) struct PublishArguments {
    /// The folder to write; a zip file of the same name goes beside it
    pub(crate) out: PathBuf,
    /// For whom
    #[arg(long, value_enum, default_value = "public")]
    pub(crate) profile: Profile,
    /// What a person cleared to be shown whole, as TOML: [[clear]] capture, reason
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Write it although known patterns of secrets were found in what it shows
    #[arg(long)]
    pub(crate) keep_secrets: bool,
    /// Hand over the outside timestamps, too: they tell the second at which somebody was asked
    #[arg(long)]
    pub(crate) timestamps: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WarcCommand {
    /// Say whether archives are sound, and what is wrong with them
    Check {
        /// WARC and ARC files; `-` for stdin
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print CDXJ lines
    Index {
        /// WARC and ARC files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}
