//! What is in a sealed case is read by nobody without the passphrase: not in its files, not in what the program leaves in
//! memory-backed folders, neither after a normal end nor when it is killed at any moment.
//!
//! Forty texts are planted by every way into a case; then every file is searched for them. The same is done with an open
//! case, where most of them must be found, or the search would prove nothing.
//!
//! `WITNESSMARK_SEALED_ROUNDS` sets how often each kind of work is killed (once if it is not set).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod planted;
#[path = "../program/mod.rs"]
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use planted::{Found, Planted, files};
use program::{Seeded, lines, one};
use serde_json::Value;
use witnessmark_capture::{LocalPage, LocalSite, MemoryFolder};

const PASSPHRASE: &str = "lantern gravel otter mosaic thistle anchor";

/// A case, what is planted in it, and the site that it captures.
struct Story {
    scratch: tempfile::TempDir,
    planted: Planted,
    site: LocalSite,
    sealed: bool,
    has_chromium: bool,
    /// What was in memory before: it is not ours, and may be much.
    in_memory: Vec<PathBuf>,
}

fn page(title: &str, fields: Vec<(String, String)>, body: &str) -> LocalPage {
    let body = format!(
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1>\
         <p>The office wrote on Monday that the count went on in all six townships of the county, and that the last of \
         them would be done by the end of the month. It gave no reason for the delay in the spring.</p>{body}</html>"
    );
    let content_type = "text/html; charset=utf-8".to_owned();
    LocalPage { status: 200, content_type, fields, body: body.into_bytes() }
}

/// One response record of a WARC 1.0 file.
fn record(number: usize, url: &str, header: &str, body: &str) -> Vec<u8> {
    let http = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nX-Mark: {header}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2022-09-05T00:00:00Z\r\n\
         WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012}>\r\n\
         Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n{http}\r\n\r\n",
        http.len()
    )
    .into_bytes()
}

impl Story {
    fn new(sealed: bool) -> Self {
        let letter = if sealed { 's' } else { 'o' };
        let planted = Planted::new(&format!("{letter}{}", std::process::id()));
        let site = site(&planted);
        let has_chromium = ["/usr/lib/chromium/chromium", "/usr/bin/chromium"]
            .iter()
            .any(|path| Path::new(path).exists());
        if !has_chromium {
            println!("skipped in part: needs Chromium (Debian's package chromium)");
        }
        let scratch = tempfile::tempdir().unwrap();
        fs::create_dir(scratch.path().join("tmp")).unwrap();
        Self { scratch, planted, site, sealed, has_chromium, in_memory: in_memory() }
    }

    fn folder(&self) -> &Path {
        self.scratch.path()
    }

    fn case(&self) -> PathBuf {
        self.folder().join("case")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program::program(self.folder());
        command.env("WITNESSMARK_PASSPHRASE", PASSPHRASE).env("TMPDIR", self.folder().join("tmp"));
        command.args(["--case", "case"]).args(arguments).arg("--json");
        command
    }

    /// What a command answers; it must end well.
    fn run(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?} said: {said}");
        lines(&output.stdout)
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The files that are added, codebook, gazetteer and archives.
    fn write_inputs(&self) {
        let planted = &self.planted;
        let text = |what| planted.get(what);
        let html = format!("<title>{}</title>{}", text("file, title"), planted.paragraphs("file"));
        self.write(&format!("files/{}.html", text("file, its name")), html);
        for number in 0..60 {
            let body =
                format!("Page {number}.\n{}", planted.paragraphs("file").repeat(1 + number % 20));
            self.write(&format!("files/page-{number}.txt"), body);
        }
        let body = |of: &str| format!("<title>Gate</title>{}", planted.paragraphs(of));
        let (url, header) = (text("archive, address"), text("archive, header"));
        let mut gzip = Vec::new();
        let mut plain = Vec::new();
        for number in 0..300 {
            let url = format!("{url}/{number}");
            plain.extend(record(number, &url, header, &format!("{number} {}", body("archive"))));
            let mut member = flate2::write::GzEncoder::new(&mut gzip, flate2::Compression::fast());
            let body = format!("{number} {}", text("archive, compressed, Tibetan"));
            member.write_all(&record(1000 + number, &url, header, &body)).unwrap();
            member.finish().unwrap();
        }
        self.write(&format!("{}.warc", text("archive, its name")), plain);
        self.write(&format!("{}.warc.gz", text("archive, its name")), gzip);
        let codebook = format!(
            "name = \"Planted\"\nversion = \"1\"\n[[act]]\ncode = \"counting\"\nlabel = \"{}\"\ndefinition = \"{}\"\n\
             [[unit]]\ncode = \"sheep\"\nlabel = \"sheep\"\n\
             [[modality]]\ncode = \"stated\"\nlabel = \"stated\"\ndefinition = \"said so\"\n",
            text("codebook, label"),
            text("codebook, definition")
        );
        self.write("codebook.toml", codebook);
        let places = format!(
            "place,parent,level,population,names\n{},,county,1000,{}\n",
            text("gazetteer, key"),
            text("gazetteer, other name")
        );
        self.write("places.csv", places);
    }

    /// Plants everything, by every way there is into a case.
    fn plant(&self) {
        let text = |what| self.planted.get(what);
        self.write_inputs();
        let open: &[&str] = if self.sealed { &[] } else { &["--open"] };
        let begun = self
            .command(&[
                "init",
                "case",
                "--name",
                text("name of the case"),
                "--notice",
                text("notice"),
            ])
            .args(["--codebook", "codebook.toml", "--gazetteer", "places.csv"])
            .args(open)
            .output()
            .unwrap();
        assert!(begun.status.success(), "{}", String::from_utf8_lossy(&begun.stderr));
        self.run(&["egress", "direct"]);
        let html = format!("files/{}.html", text("file, its name"));
        let archives = [".warc", ".warc.gz"].map(|end| text("archive, its name").to_owned() + end);
        self.run(&["add", &html, "files/page-1.txt", &archives[0], &archives[1]]);
        let front = self.site.url("/");
        self.run(&["add", "--allow-private-network", "--rate", "1000", "--recursive", &front]);
        self.browse(0);
        self.run(&["confirm", &front, "--note", text("confirmation, note")]);
        let quote = ["cite", &front, "--exact", "all six townships of the county"];
        let passage = one(self.run(&quote))["passage"].as_str().unwrap().to_owned();
        let claim = self.run(&[
            "claim",
            &passage,
            "--act",
            "counting",
            "--count",
            "6",
            "--unit",
            "sheep",
            "--bound",
            "exact",
            "--place",
            text("gazetteer, key"),
            "--attributed-to",
            text("claim, on whose word"),
            "--note",
            text("claim, note"),
        ]);
        let claim = one(claim)["claim"].as_str().unwrap().to_owned();
        self.run(&["claim", &claim, "--item-grade", "5", "--reason", text("claim, reason")]);
        self.run(&["origins", "declare", "--name", text("origin"), "--reason", "it says so"]);
        self.run(&["search", text("search")]);
        self.run(&["search", text("file, Chinese")]);
    }

    /// Captures the page that a script writes, by Chromium if it is there.
    fn browse(&self, number: usize) {
        if self.has_chromium {
            let url = self.scripted(number);
            self.run(&[&BROWSE[..], &[&url]].concat());
        }
    }

    fn scripted(&self, number: usize) -> String {
        self.site.url(&format!("{}/{number}", self.planted.get("browser, path")))
    }

    /// What is found in the case, in the folder for temporary files, and in memory-backed folders.
    fn search(&self) -> Found {
        let mut found = self.planted.below(&self.case());
        found.join(self.planted.below(&self.folder().join("tmp")));
        for path in in_memory().iter().filter(|path| !self.in_memory.contains(path)) {
            found.join(self.planted.below(path));
        }
        found
    }

    /// What is found on disk in the files of the case that a process has open, those without a name among them.
    fn search_open_files(&self, process: u32) -> Found {
        let mut found = Found::default();
        let Ok(entries) = fs::read_dir(format!("/proc/{process}/fd")) else { return found };
        for entry in entries.flatten() {
            let Ok(target) = fs::read_link(entry.path()) else { continue };
            let on_disk =
                [self.case(), self.folder().join("tmp")].iter().any(|own| target.starts_with(own));
            if on_disk && let Ok(bytes) = fs::read(entry.path()) {
                let hits = self.planted.in_bytes(&bytes);
                found.add(&self.planted, &format!("the open file {}", target.display()), hits);
            }
        }
        found
    }

    /// Starts some work, kills it once it is under way and a little later, and searches what is left.
    fn kill(&self, work: &Work, random: &mut Seeded) -> (bool, Found) {
        let arguments = (work.arguments)(self);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (in_memory, recordings) = (memory_folders(), files(&self.case().join("incoming")));
        let mut child =
            self.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let before = Before { process: child.id(), in_memory, recordings };
        let mut is_under_way = false;
        // As long as argon2id and a busy machine may take.
        for _ in 0..12_000 {
            is_under_way = (work.is_under_way)(self, &before);
            if is_under_way || child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(random.below(work.spread)));
        let (was_running, mut found) = self.stop_and_kill(&mut child);
        let gone = || memory_folders().iter().all(|folder| before.in_memory.contains(folder));
        for _ in 0..200 {
            if gone() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        found.join(self.search());
        (is_under_way && was_running, found)
    }

    /// Holds a process still, looks into its open files, and kills it. Says whether it was still running.
    fn stop_and_kill(&self, child: &mut Child) -> (bool, Found) {
        if child.try_wait().unwrap().is_some() {
            return (false, Found::default());
        }
        let stop = Command::new("kill").args(["-STOP", &child.id().to_string()]).status();
        assert!(stop.is_ok());
        let found = self.search_open_files(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        (true, found)
    }
}

const BROWSE: [&str; 6] =
    ["add", "--browser", "--no-sandbox", "--allow-private-network", "--rate", "1000"];

/// Pages that link a registry each: what is captured once comes again as a short record.
const FRONTS: [&str; 3] = ["/", "/second", "/third"];

/// A site with registries, and pages that a script writes.
fn site(planted: &Planted) -> LocalSite {
    let text = |what| planted.get(what);
    let header = || vec![("X-Mark".to_owned(), text("page, header").to_owned())];
    let mut pages = BTreeMap::new();
    for front in FRONTS {
        let mut links = format!("<a href=\"{}\">elsewhere</a>", text("page, link"));
        for number in 0..120 {
            let path = format!("{}{front}/{number}", text("page, path"));
            links.push_str(&format!("<a href=\"{path}\">{number}</a>"));
            let body = format!("<p>{front} {number}</p>{}", planted.paragraphs("page"));
            let title = format!("{} {number}", text("page, title"));
            pages.insert(path, page(&title, header(), &body));
        }
        pages.insert(front.to_owned(), page("Registries", header(), &links));
    }
    for number in 0..20 {
        let (title, storage) = (text("browser, title"), text("browser, storage"));
        let (first, second) = text("browser, by a script").split_at(12);
        let body = format!(
            "<p>{}</p><script>document.body.append('{first}' + '{second}');\
             localStorage.setItem('key', '{storage}'); document.cookie = 'c={storage}; max-age=9999';</script>",
            text("browser, Chinese")
        );
        let path = format!("{}/{number}", text("browser, path"));
        pages.insert(path, page(&format!("{title} {number}"), Vec::new(), &body));
    }
    let missing = LocalPage { status: 404, ..page("Not found", Vec::new(), "") };
    LocalSite::serve(pages, missing).unwrap()
}

/// What lies in memory-backed folders, of whatever process.
fn in_memory() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(MemoryFolder::PLACE) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path()).collect()
}

/// Folders of ours among these.
fn memory_folders() -> Vec<PathBuf> {
    let mut paths = in_memory();
    paths.retain(|path| path.to_string_lossy().contains("witnessmark-in-memory-"));
    paths
}

/// Who works, and how things were before.
struct Before {
    process: u32,
    in_memory: Vec<PathBuf>,
    recordings: Vec<PathBuf>,
}

/// Some work that is killed.
struct Work {
    name: &'static str,
    arguments: fn(&Story) -> Vec<String>,
    /// Whether it goes on at this moment, as far as can be seen from outside.
    is_under_way: fn(&Story, &Before) -> bool,
    /// It is killed so many milliseconds later at most.
    spread: u64,
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Whether it writes to the case: the passphrase was taken.
fn holds_the_case(story: &Story, before: &Before) -> bool {
    fs::read_to_string(story.case().join("lock"))
        .is_ok_and(|holder| holder.starts_with(&format!("process {} ", before.process)))
}

fn crawl(story: &Story, front: &str) -> Vec<String> {
    let front = story.site.url(front);
    words(&["add", "--allow-private-network", "--rate", "40", "--recursive", &front])
}

const WORKS: [Work; 6] = [
    Work {
        name: "add of files",
        arguments: |_| words(&["add", "files"]),
        is_under_way: holds_the_case,
        spread: 200,
    },
    Work {
        name: "indexing",
        arguments: |_| words(&["add", "files"]),
        is_under_way: |story, before| {
            holds_the_case(story, before) && files(&story.case().join("index")).len() > 12
        },
        spread: 100,
    },
    Work {
        name: "import of an archive",
        arguments: |story| {
            // Not the same bytes again, which would be passed over.
            let name = story.planted.get("archive, its name");
            let mut bytes = fs::read(story.folder().join(format!("{name}.warc"))).unwrap();
            let number = fs::read_dir(story.folder()).unwrap().count();
            let url = story.planted.get("archive, address");
            bytes.extend(record(2000 + number, url, "again", &format!("again {number}")));
            story.write(&format!("{name}-{number}.warc"), bytes);
            words(&["add", &format!("{name}-{number}.warc")])
        },
        is_under_way: holds_the_case,
        spread: 300,
    },
    Work {
        name: "crawl by HTTP",
        arguments: |story| crawl(story, "/second"),
        is_under_way: |story, before| {
            let mut recordings = files(&story.case().join("incoming"));
            recordings.retain(|file| !before.recordings.contains(file));
            recordings.iter().any(|file| fs::metadata(file).is_ok_and(|about| about.len() > 20_000))
        },
        spread: 500,
    },
    Work {
        name: "capture by a browser",
        arguments: |story| {
            let urls: Vec<String> = (1..20).map(|number| story.scripted(number)).collect();
            let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
            words(&[&BROWSE[..], &urls].concat())
        },
        is_under_way: |_, before| {
            let new = memory_folders().into_iter().filter(|path| !before.in_memory.contains(path));
            new.map(|path| files(&path).len()).sum::<usize>() > 20
        },
        spread: 3000,
    },
    Work {
        name: "rebuild",
        arguments: |_| words(&["rebuild"]),
        is_under_way: holds_the_case,
        spread: 700,
    },
];

/// The whole story of one case: what is found after each step.
fn tell(sealed: bool, rounds: usize) -> (Story, BTreeMap<&'static str, Found>) {
    let story = Story::new(sealed);
    story.plant();
    let mut found = BTreeMap::from([("a normal end", story.search())]);
    let mut random = Seeded(20_261_123);
    for work in WORKS.iter().cycle().take(rounds * WORKS.len()) {
        if work.name == "capture by a browser" && !story.has_chromium {
            continue;
        }
        let mut hit = false;
        // Quick work may be over before it is killed.
        for _ in 0..5 {
            let (was_hit, left) = story.kill(work, &mut random);
            println!("{}: hit {was_hit}, {} texts", work.name, left.texts.len());
            found.entry(work.name).or_default().join(left);
            hit |= was_hit;
            if hit {
                break;
            }
        }
        assert!(hit, "{} was never killed while it was under way", work.name);
    }
    (story, found)
}

#[test]
fn nothing_in_a_sealed_case_can_be_read_without_its_key() {
    let rounds = std::env::var("WITNESSMARK_SEALED_ROUNDS").map_or(1, |n| n.parse().unwrap());
    let (open, in_open) = tell(false, 1);
    let everywhere =
        in_open.values().flat_map(|found| &found.texts).collect::<std::collections::BTreeSet<_>>();
    let missing =
        open.planted.texts.iter().enumerate().filter(|(number, _)| !everywhere.contains(number));
    let missing: Vec<_> = missing.map(|(_, (what, _))| *what).collect();
    println!("in the open case {} texts are found; not: {missing:?}", everywhere.len());
    assert!(
        everywhere.len() >= 30,
        "the search finds too little where all can be read: {missing:?}"
    );
    for (moment, found) in &in_open {
        assert!(found.texts.len() >= 10, "{moment}: {} texts", found.texts.len());
    }

    let (sealed, in_sealed) = tell(true, rounds);
    for (moment, found) in in_sealed {
        assert!(
            found.lines.is_empty(),
            "after {moment}, with mark {}: {:#?}",
            sealed.planted.mark,
            found.lines
        );
    }
    // What a killed run had recorded is kept, and the case is sound.
    let second = WORKS.iter().find(|work| work.name == "crawl by HTTP").unwrap();
    let third = Work { arguments: |story| crawl(story, "/third"), ..*second };
    assert!(sealed.kill(&third, &mut Seeded(1)).0);
    let outcomes = sealed.run(&["add", "files/page-0.txt"]);
    let is_kept = |outcome: &&Value| outcome["evidence"].to_string().contains("kept after the run");
    assert!(outcomes.iter().filter(is_kept).count() > 5, "{outcomes:?}");
    let verified = sealed.command(&["verify", "case"]).output().unwrap();
    let report = one(lines(&verified.stdout));
    assert_eq!(report["verdict"], "intact", "{report}");
    assert!(sealed.search().lines.is_empty(), "after it was mended");
}
