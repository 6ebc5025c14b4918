//! How Chromium is to capture.

use std::path::PathBuf;
use std::time::Duration;

use crate::cookies::CookieFile;
use crate::door::DoorSettings;
use crate::given_headers::HeaderFile;

/// How Chromium is to capture.
#[derive(Clone)]
pub struct BrowserSettings {
    /// How connections may be opened: they all go through the door with these settings.
    pub door: DoorSettings,
    /// The folder for the bodies of large responses.
    pub spool_folder: PathBuf,
    /// Chromium's program; none looks for Debian's.
    pub program: Option<PathBuf>,
    /// A folder in memory for Chromium's profile; none is `/dev/shm`. What a browser keeps of a visit must not come to
    /// a disk, so there is no other choice by default.
    pub profile_folder: Option<PathBuf>,
    /// Whether Chromium runs without its sandbox. For tests as root only: a page that breaks out of Chromium has the
    /// whole account then.
    pub no_sandbox: bool,
    /// The user agent that servers are told; none is Chromium's own with a window, which more sites serve than one
    /// without.
    pub user_agent: Option<String>,
    /// The language that servers are told, such as `zh-CN`. Chromium adds the language without its region.
    pub language: String,
    /// Width and height of the window, in CSS pixels.
    pub viewport: (u32, u32),
    /// All that is done with one page takes at most so long, but for a few seconds to close it.
    pub time_budget: Duration,
    /// A page is at rest when nothing has passed for so long.
    pub quiet: Duration,
    /// A response is cut when it is longer, in bytes.
    pub response_limit: u64,
    /// No more is taken in when all responses of a page are longer, in bytes.
    pub page_limit: u64,
    /// Request fields by file, which are added or take the place of Chromium's own. Those of one site are sent only when
    /// a page of that site is captured, since any other page could ask the site for something in the user's name.
    pub headers: HeaderFile,
    /// Cookies by file: those for the page's own host are given to Chromium.
    pub cookies: CookieFile,
    /// What is done with a page before it is kept.
    pub behaviours: Behaviours,
    /// What is made of a page.
    pub views: Views,
}

impl BrowserSettings {
    /// A window of 1280 × 900, a minute, 64 MiB a response, everything done and made that can be.
    pub fn new(door: DoorSettings, spool_folder: PathBuf) -> Self {
        Self {
            door,
            spool_folder,
            program: None,
            profile_folder: None,
            no_sandbox: false,
            user_agent: None,
            language: "en".to_owned(),
            viewport: (1280, 900),
            time_budget: Duration::from_secs(60),
            quiet: Duration::from_millis(500),
            response_limit: 64 << 20,
            page_limit: 512 << 20,
            headers: HeaderFile::default(),
            cookies: CookieFile::default(),
            behaviours: Behaviours::default(),
            views: Views::default(),
        }
    }
}

/// What is done with a page before it is kept. Each changes the page, so each is told in the capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behaviours {
    /// A cookie banner is declined; where it cannot be, it is closed, else accepted, since it hides the page.
    pub cookie_banner: bool,
    /// What is folded is opened: `<details>`, and what says "read more" in one of the declared ways.
    pub expand: bool,
    /// The page is scrolled down, screen by screen, so that what loads when seen is loaded.
    pub scroll: bool,
}

impl Default for Behaviours {
    fn default() -> Self {
        Self { cookie_banner: true, expand: true, scroll: true }
    }
}

/// What is made of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Views {
    /// A picture of the whole page.
    pub picture: bool,
    /// The page as printed.
    pub pdf: bool,
    /// The document after its scripts ran.
    pub dom: bool,
    /// The text that a reader sees.
    pub text: bool,
}

impl Default for Views {
    fn default() -> Self {
        Self { picture: true, pdf: true, dom: true, text: true }
    }
}
