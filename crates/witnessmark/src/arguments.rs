//! What the command line takes. Names and meanings are kept: nothing here is renamed or dropped.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use witnessmark_case::estimation::agreement::Level;
use witnessmark_case::estimation::overlap::Method;

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
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a case
    Init(InitArguments),
    /// Add files, folders and WARC files
    Add(AddArguments),
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
    },
    /// Show the state of the case
    Status,
    /// Find captures by the words in them
    Search(SearchArguments),
    /// Quote a capture: make a passage
    Cite {
        /// The capture: an id or its beginning, a name, or an address
        capture: String,
        /// The words, letter by letter as `show CAPTURE --text` prints them
        #[arg(long, value_name = "TEXT")]
        exact: String,
        /// Which one is meant where the words stand more than once, from 1
        #[arg(long, value_name = "N")]
        occurrence: Option<usize>,
    },
    /// Say what a passage says, or change what a claim says
    Claim(Box<ClaimArguments>),
    /// Bring in sheets
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
    /// Tell what happened to one thing, entry by entry
    Custody {
        /// A capture, passage or claim
        id: String,
    },
    /// Make the casebook, the texts and the search index again from the log
    Rebuild,
    /// Write a dossier: a folder and a zip file beside it
    Publish(PublishArguments),
    /// Check a case or a dossier
    Verify {
        /// A case, a dossier's folder, or a dossier's zip file; without it the case
        path: Option<PathBuf>,
    },
    /// Look into web archives
    #[command(subcommand)]
    Warc(WarcCommand),
    /// Read the text of files
    Extract {
        /// HTML, text and WARC files
        #[arg(required = true)]
        files: Vec<PathBuf>,
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

#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// The folder to make
    pub(crate) dir: PathBuf,
    /// Make a case that is not sealed: anyone who has the disk can read it
    #[arg(long)]
    pub(crate) open: bool,
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
    /// Files and folders
    #[arg(value_name = "PATH", required_unless_present = "list")]
    pub(crate) paths: Vec<PathBuf>,
    /// A sheet of files with what is known of their sources: file,url,published
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Listed {
    Captures,
    Sources,
    Passages,
    Claims,
    Places,
    Origins,
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
}

#[derive(Debug, Args)]
pub(crate) struct SearchArguments {
    /// Words, "phrases", OR, -without
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
    /// At most this many captures
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) limit: usize,
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
    /// Seed of the pooled prediction
    #[arg(long, default_value_t = 0, value_name = "N", requires = "reporting_assumption")]
    pub(crate) seed: u64,
    /// In a case: the act that is counted, a code of the codebook
    #[arg(long, conflicts_with = "statements", required_unless_present = "statements")]
    pub(crate) act: Option<String>,
    /// In a case: a unit that is taken as people; may be repeated
    #[arg(long, conflicts_with = "statements", default_value = "people", value_name = "CODE")]
    pub(crate) unit: Vec<String>,
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
