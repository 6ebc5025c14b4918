//! Timestamps from outside, by the whole program: an authority and a calendar on this computer, which prove nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

#[path = "../../timestamp/tests/authority/mod.rs"]
#[allow(dead_code, reason = "each test file uses its own part")]
mod authority;
#[path = "../../timestamp/tests/block/mod.rs"]
#[allow(dead_code, reason = "each test file uses its own part")]
mod block;
mod program;
mod web_service;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use authority::Authority;
use program::{assert_intact, json, make_case, one, run, status};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use web_service::WebService;
use witnessmark_timestamp::opentimestamps::{Attestation, Node, Operation, Proof};

/// Extensions of a signer's certificate that says where its revocation list is.
fn with_list(authority: &Authority, url: &str) {
    let extensions = String::from_utf8(authority.read("extensions")).unwrap();
    let more = format!(
        "{extensions}\n[listed]\nbasicConstraints=CA:false\nkeyUsage=critical,digitalSignature\n\
         extendedKeyUsage=critical,timeStamping\ncrlDistributionPoints=URI:{url}\n"
    );
    authority.write("extensions", more.as_bytes());
}

/// What an authority does with a request.
type Answer = Arc<Mutex<Box<dyn FnMut(&Authority, &[u8]) -> Vec<u8> + Send>>>;

/// An authority behind a few lines of HTTP, with keys made for this run. Its folder is locked while it signs, so that no
/// serial number is given twice.
struct Tsa {
    service: WebService,
    authority: Arc<Mutex<Authority>>,
    answer: Answer,
}

impl Tsa {
    /// `None`, with a line that says so, where there is no `openssl`.
    fn start() -> Option<Self> {
        let authority = Arc::new(Mutex::new(Authority::new()?));
        let answer: Answer =
            Arc::new(Mutex::new(Box::new(|authority: &Authority, query: &[u8]| {
                authority.reply(query, "signer", "", false, "sha256")
            })));
        let (signing, answering) = (authority.clone(), answer.clone());
        let service = WebService::start(move |request| {
            let authority = signing.lock().unwrap();
            match (request.method.as_str(), request.path.as_str()) {
                ("POST", "/tsr") => {
                    assert!(request.head.contains("content-type: application/timestamp-query"));
                    (200, answering.lock().unwrap()(&authority, &request.body))
                }
                ("GET", "/list.crl") => (200, authority.read("list.crl")),
                _ => (404, Vec::new()),
            }
        });
        {
            let authority = authority.lock().unwrap();
            with_list(&authority, &service.url("/list.crl"));
            authority.root("root", "P-256");
            authority.key("signer", "P-256");
            authority.issue_numbered(77, "signer", "root", "listed", "");
            authority.revocation_list("list", "root", "");
        }
        Some(Self { service, authority, answer })
    }

    fn url(&self) -> String {
        self.service.url("/tsr")
    }

    fn root(&self) -> String {
        self.authority.lock().unwrap().path("root.pem").to_str().unwrap().to_owned()
    }

    fn answer_by(&self, answer: impl FnMut(&Authority, &[u8]) -> Vec<u8> + Send + 'static) {
        *self.answer.lock().unwrap() = Box::new(answer);
    }
}

const TEST: &str = "test: proves nothing";
const ASK: [&str; 4] = ["--case", "case", "timestamp", "--allow-private-network"];

/// A case in `folder/case` that may connect, and asks this authority.
fn case_that_asks(folder: &Path, tsa: &Tsa, more: &[&str]) {
    make_case(folder, &[]);
    may_ask(folder, tsa, more);
}

fn may_ask(folder: &Path, tsa: &Tsa, more: &[&str]) {
    json(folder, 0, &["--case", "case", "egress", "direct"]);
    let (url, root) = (tsa.url(), tsa.root());
    let add = ["--case", "case", "timestamp", "authority", "add", &url, "--root", &root];
    json(folder, 0, &[&add[..], more].concat());
}

fn verify(folder: &Path, more: &[&str]) -> Value {
    verify_this(folder, "case", more)
}

fn verify_this(folder: &Path, what: &str, more: &[&str]) -> Value {
    let output = run(folder, &[&["verify", what, "--json"], more].concat());
    one(program::lines(&output.stdout))
}

/// A file with this header alone, as a reader gets it from a node.
fn headers_file(folder: &Path, header: &[u8; 80]) -> String {
    let file = folder.join("headers.txt");
    fs::write(&file, format!("{HEIGHT},{}\n", data_encoding::HEXLOWER.encode(header))).unwrap();
    file.to_str().unwrap().to_owned()
}

fn texts(report: &Value, field: &str) -> String {
    report[field].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// The details of the checks on timestamps that came out so.
fn checks(report: &Value, ok: &str) -> Vec<String> {
    let all = report["checks"].as_array().unwrap().iter();
    let wanted = all.filter(|check| check["name"] == "timestamps" && check["ok"] == ok);
    wanted.map(|check| format!("{} {}", check["subject"], check["detail"])).collect()
}

fn kept(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(sizes) = fs::read_dir(folder.join("case/log/timestamps")) else { return found };
    for size in sizes.flatten() {
        let files = fs::read_dir(size.path()).unwrap().flatten().map(|file| file.path());
        found.extend(files.filter(|file| file.to_string_lossy().ends_with(ending)));
    }
    found.sort();
    found
}

#[test]
fn a_token_is_kept_whole_and_openssl_agrees() {
    let Some(tsa) = Tsa::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    case_that_asks(folder.path(), &tsa, &["--label", TEST, "--policy", "1.3.6.1.4.1.99999.2"]);
    let asked = one(json(folder.path(), 0, &ASK));
    let row = &asked["services"][0];
    assert_eq!(row["outcome"], "kept", "{asked}");
    assert_eq!(row["label"], TEST);
    assert_eq!(row["authority"], "CN=test-proves-nothing-signer,O=test");
    assert_eq!(row["notes"], Value::Array(Vec::new()), "nothing is left to remark");

    // All that a court needs lies in one folder, and OpenSSL accepts it with nothing else.
    let token = kept(folder.path(), ".tsr").remove(0);
    let chain = token.with_extension("pem");
    let checked = Command::new("openssl")
        .args(["ts", "-verify", "-data"])
        .arg(token.with_file_name("checkpoint"))
        .arg("-in")
        .arg(&token)
        .args([Path::new("-CAfile"), &chain, Path::new("-untrusted"), &chain])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && said.contains("Verification: OK"), "{checked:?}");
    let printed =
        Command::new("openssl").args(["ts", "-reply", "-text", "-in"]).arg(&token).output();
    let printed = String::from_utf8_lossy(&printed.unwrap().stdout).into_owned();
    assert!(printed.contains("Policy OID: 1.3.6.1.4.1.99999.2"), "{printed}");
    let list = Command::new("openssl")
        .args(["crl", "-noout", "-issuer", "-in"])
        .arg(token.with_extension("crl"))
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&list.stdout).contains("test-proves-nothing-root"));

    // Nobody is believed who was not chosen, and the label stands wherever the time does.
    assert_intact(folder.path(), "case");
    let time = row["time"].as_str().unwrap();
    let report = verify(folder.path(), &[]);
    let open = checks(&report, "unchecked").join("\n");
    assert!(open.contains(time) && open.contains("you chose no root for it"), "{open}");
    assert!(
        open.contains("no outside timestamp or cosignature that counts covers the log"),
        "{open}"
    );
    let believed = verify(folder.path(), &["--time-root", &tsa.root()]);
    let shown = texts(&believed, "proves");
    for words in [
        "By the word of CN=test-proves-nothing-signer,O=test [test: proves nothing], whose root you chose",
        &format!("the log's first 5 entries existed no later than {time}"),
        "were not revoked by",
        "Not when anything was published",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let stranger = tsa.authority.lock().unwrap().path("stranger.pem");
    tsa.authority.lock().unwrap().root("stranger", "P-256");
    let report = verify(folder.path(), &["--time-root", stranger.to_str().unwrap()]);
    let open = checks(&report, "unchecked").join("\n");
    assert!(open.contains("it does not lead to a root that you chose"), "{open}");
    for command in [&["status"][..], &["timestamp", "list"], &["timestamp", "authority", "list"]] {
        let output = run(folder.path(), &[&["--case", "case"], command].concat());
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("test: proves"), "{command:?}: {said}");
    }
}

#[test]
fn entries_without_a_timestamp_are_counted_and_a_later_one_renews_the_earlier() {
    let Some(tsa) = Tsa::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    case_that_asks(folder.path(), &tsa, &[]);
    let first = one(json(folder.path(), 0, &ASK));
    assert_eq!(first["size"], 5);
    fs::write(folder.path().join("a.txt"), "a page").unwrap();
    json(folder.path(), 0, &["--case", "case", "add", "a.txt"]);
    let state = one(json(folder.path(), 0, &["--case", "case", "status"]));
    assert_eq!((&state["timestamped"], &state["entries"]), (&5.into(), &7.into()));
    assert!(state["time"]["renew_before"].is_string());
    let root = tsa.root();
    let trust = ["--time-root", root.as_str()];
    let report = verify(folder.path(), &trust);
    let open = checks(&report, "unchecked").join("\n");
    assert!(
        open.contains("no outside timestamp or cosignature covers the last 2 entries"),
        "{open}"
    );
    assert!(texts(&report, "does_not_prove").contains("2 of 7 entries have neither"));
    let captures = one(json(folder.path(), 0, &["--case", "case", "list", "captures"]));
    let capture = captures[0]["capture"].as_str().unwrap();
    let story = || one(json(folder.path(), 0, &["--case", "case", "custody", capture]));
    assert!(texts(&story(), "standing").contains("No outside timestamp"));

    let second = one(json(folder.path(), 0, &ASK));
    let said = texts(&story(), "standing");
    assert!(said.contains(second["services"][0]["time"].as_str().unwrap()), "{said}");
    let report = verify(folder.path(), &trust);
    let shown = texts(&report, "proves");
    assert!(shown.contains("(2 tokens): the log's first 5 entries"), "{shown}");
    assert!(shown.contains("and the log's first 7 entries existed no later than"), "{shown}");

    // Within the month that its certificates last, a token of today is not asked for again.
    let renewed = |more: &[&str]| {
        let asked = one(json(folder.path(), 0, &[&ASK[..], more].concat()));
        (asked["services"][0]["outcome"].clone(), asked["services"][0]["notes"][0].clone())
    };
    assert_eq!(renewed(&["--renew", "10"]).0, "not-asked");
    assert_eq!(renewed(&["--daily"]).0, "not-asked");
    assert_eq!(renewed(&["--renew", "100"]).1, "it gave one today");
    assert_eq!(kept(folder.path(), ".tsr").len(), 2);
}

/// One that fails does not take the others' word away.
#[test]
fn several_authorities_are_asked() {
    let (Some(one_of_two), Some(other)) = (Tsa::start(), Tsa::start()) else { return };
    let folder = tempfile::tempdir().unwrap();
    case_that_asks(folder.path(), &one_of_two, &[]);
    for (url, root) in
        [(other.url(), other.root()), ("http://127.0.0.1:9/tsr".to_owned(), other.root())]
    {
        let add = ["--case", "case", "timestamp", "authority", "add", &url, "--root", &root];
        json(folder.path(), 0, &add);
    }
    let asked = one(json(folder.path(), 1, &ASK));
    let outcomes: Vec<_> =
        asked["services"].as_array().unwrap().iter().map(|row| row["outcome"].clone()).collect();
    assert_eq!(outcomes, ["kept", "kept", "failed"], "{asked}");
    assert_eq!(kept(folder.path(), ".tsr").len(), 2);
    assert_eq!(kept(folder.path(), "checkpoint").len(), 1, "both are for one checkpoint");
    assert_intact(folder.path(), "case");
    // Each is believed by its own root alone.
    let report = verify(folder.path(), &["--time-root", &other.root()]);
    let open = checks(&report, "unchecked").join("\n");
    assert!(open.contains("(1 token)") && open.contains("does not lead to a root"), "{open}");
    assert!(texts(&report, "proves").contains("whose root you chose (1 token)"));
}

#[test]
fn what_breaks_a_rule_is_not_kept() {
    let Some(tsa) = Tsa::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    case_that_asks(folder.path(), &tsa, &["--label", TEST]);
    {
        let authority = tsa.authority.lock().unwrap();
        authority.root("stranger", "P-256");
        authority.key("strange", "P-256");
        authority.issue("strange", "stranger", "stamps", "");
    }
    let last = Arc::new(Mutex::new(Vec::new()));
    let replay = last.clone();
    type Wrong = Box<dyn FnMut(&Authority, &[u8]) -> Vec<u8> + Send>;
    let other_digest = |query: &[u8]| {
        let at = query.windows(2).position(|two| two == [0x04, 0x20]).unwrap();
        let mut changed = query.to_vec();
        changed[at + 2] ^= 1;
        changed
    };
    let wrong: Vec<(&str, Wrong, &str)> = vec![
        ("no answer", Box::new(|_, _| Vec::new()), "the response is malformed"),
        ("a page", Box::new(|_, _| b"<html>hello</html>".to_vec()), "malformed"),
        (
            "an endless answer",
            Box::new(|_, _| vec![0x30; 2 << 20]),
            "the answer is longer than 1048576 bytes",
        ),
        (
            "a token for another digest",
            Box::new(move |authority, query| {
                authority.reply(&other_digest(query), "signer", "", false, "sha256")
            }),
            "the token is for the SHA-256 digest",
        ),
        (
            "an earlier answer, with another nonce",
            Box::new(move |authority, query| {
                let fresh = authority.reply(query, "signer", "", false, "sha256");
                let mut kept = replay.lock().unwrap();
                if kept.is_empty() {
                    *kept = fresh;
                    return b"not yet".to_vec();
                }
                kept.clone()
            }),
            "the token's nonce is",
        ),
        (
            "a stranger",
            Box::new(|authority, query| authority.reply(query, "strange", "", false, "sha256")),
            "no chain of certificates leads from",
        ),
        (
            "a revoked signer",
            Box::new(|authority, query| {
                let line = "R\t301212000000Z\t200101000000Z,keyCompromise\t4D\tunknown\t/O=test\n";
                authority.revocation_list("list", "root", line);
                authority.reply(query, "signer", "", false, "sha256")
            }),
            "was revoked at 2020-01-01T00:00:00Z, reason 1",
        ),
    ];
    for (name, answer, words) in wrong {
        tsa.answer_by(answer);
        if name.starts_with("an earlier answer") {
            json(folder.path(), 1, &ASK);
        }
        let asked = one(json(folder.path(), 1, &ASK));
        let row = &asked["services"][0];
        assert_eq!(row["outcome"], "failed", "{name}: {asked}");
        let why = row["notes"][0].as_str().unwrap();
        assert!(why.contains(words), "{name}: {why}");
    }
    assert_eq!(kept(folder.path(), ""), Vec::<PathBuf>::new(), "nothing was kept");
    assert_intact(folder.path(), "case");
}

#[test]
fn changes_to_what_was_kept_are_found_and_named() {
    let Some(tsa) = Tsa::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    case_that_asks(folder.path(), &tsa, &["--label", TEST]);
    json(folder.path(), 0, &ASK);
    let mut files = kept(folder.path(), "");
    assert_eq!(files.len(), 4, "{files:?}");
    for file in &files {
        let bytes = fs::read(file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let mut seen = 0;
        for at in (0..bytes.len()).step_by(bytes.len() / 4) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(file, changed).unwrap();
            let failed = checks(&verify(folder.path(), &[]), "no").join("\n");
            assert!(failed.contains(name), "{name}, byte {at}: {failed}");
            seen += 1;
        }
        assert!(seen >= 4);
        fs::remove_file(file).unwrap();
        let failed = checks(&verify(folder.path(), &[]), "no").join("\n");
        assert!(failed.contains(name) && failed.contains("it is missing"), "{name}: {failed}");
        fs::write(file, bytes).unwrap();
    }
    let added = files.remove(0).with_file_name("added.tsr");
    fs::write(&added, "one more").unwrap();
    let report = verify(folder.path(), &[]);
    let all = report["checks"].to_string();
    assert!(all.contains("added.tsr") && report["verdict"] == "failed", "{all}");
    fs::remove_file(&added).unwrap();
    assert_intact(folder.path(), "case");
}

/// The files beside a checkpoint tell nothing that is in a sealed case, and are checked in it as well.
#[test]
fn a_sealed_case_has_its_time_too() {
    let Some(tsa) = Tsa::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("passphrase"), "seven dry leaves on a tin roof\n").unwrap();
    let sealed = |expected: i32, more: &[&str]| {
        one(json(folder.path(), expected, &[&["--passphrase-file", "passphrase"], more].concat()))
    };
    sealed(0, &["init", "case"]);
    sealed(0, &["--case", "case", "egress", "direct"]);
    let (url, root) = (tsa.url(), tsa.root());
    sealed(0, &["--case", "case", "timestamp", "authority", "add", &url, "--root", &root]);
    let asked = sealed(0, &ASK);
    let report = sealed(0, &["verify", "case", "--time-root", &root]);
    let time = asked["services"][0]["time"].as_str().unwrap();
    assert!(texts(&report, "proves").contains(time), "{report}");
    assert_eq!(kept(folder.path(), "").len(), 4);
}

#[test]
fn nobody_is_asked_before_a_way_and_a_root_are_chosen() {
    let folder = tempfile::tempdir().unwrap();
    make_case(folder.path(), &[]);
    let said = |arguments: &[&str], expected: i32| {
        let output = run(folder.path(), &[&["--case", "case", "timestamp"], arguments].concat());
        assert_eq!(status(&output), expected, "{arguments:?}: {output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let url = "http://time.example/tsr";
    assert!(said(&[], 1).contains("the case asks nobody for timestamps"));
    assert!(said(&["--authority", url], 2).contains("no root certificate was chosen"));
    assert!(said(&["authority", "add", url], 2).contains("no root certificate was chosen"));
    assert!(said(&["authority", "add", "file:///etc/passwd"], 2).contains("is no address"));
    assert!(said(&["authority", "remove", url], 1).contains("is not asked by this case"));
    assert!(said(&["--opentimestamps"], 1).contains("no calendar of OpenTimestamps was chosen"));
    said(&["--daily", "24"], 2);
    let calendar = "http://calendar.example";
    said(&["authority", "add", calendar, "--calendar"], 0);
    assert!(said(&[], 1).contains("no connection leaves before you say which way"));
    said(&["authority", "remove", calendar], 0);
    assert!(said(&[], 1).contains("the case asks nobody for timestamps"));
    assert_intact(folder.path(), "case");
}

/// A calendar that promises, and once told so has the word of a block of a test chain.
struct Calendar {
    service: WebService,
    /// What was submitted, and the header that holds it, once there is one.
    state: Arc<Mutex<CalendarState>>,
}

#[derive(Default)]
struct CalendarState {
    submitted: Vec<Vec<u8>>,
    in_block: bool,
    header: Option<[u8; 80]>,
    /// What to promise in place of its own address.
    promises: Option<String>,
}

const HEIGHT: u64 = 101;

impl Calendar {
    fn start() -> Self {
        let state = Arc::new(Mutex::new(CalendarState::default()));
        let known = state.clone();
        let service = WebService::start_with_url(move |url, request| {
            assert!(request.head.contains("accept: application/vnd.opentimestamps.v1"));
            let mut state = known.lock().unwrap();
            let steps =
                [Operation::Prepend(b"when".to_vec()), Operation::Append(b"secret".to_vec())];
            if request.method == "POST" && request.path == "/digest" {
                state.submitted.push(request.body.clone());
                let address = state.promises.clone().unwrap_or_else(|| url.to_owned());
                let promise = Node::reached_by(&steps, Attestation::Pending(address));
                return (200, promise.to_bytes());
            }
            let asked = state.submitted.iter().find(|one| {
                let message = [b"when", one.as_slice(), b"secret"].concat();
                request.path == format!("/timestamp/{}", data_encoding::HEXLOWER.encode(&message))
            });
            let Some(asked) = asked.filter(|_| state.in_block).cloned() else {
                return (404, b"pending confirmation".to_vec());
            };
            let message = [b"when", asked.as_slice(), b"secret"].concat();
            let word = [
                Operation::Sha256,
                Operation::Append(vec![9; 32]),
                Operation::Sha256,
                Operation::Sha256,
            ];
            let root =
                Sha256::digest(Sha256::digest([&Sha256::digest(message)[..], &[9; 32]].concat()));
            state.header = Some(block::mined([3; 32], &root, 1_795_000_000));
            (200, Node::reached_by(&word, Attestation::Bitcoin(HEIGHT)).to_bytes())
        });
        Self { service, state }
    }

    fn url(&self) -> String {
        self.service.url("")
    }
}

/// A proof is begun at two calendars, of which one is down; completed; held against headers; and the official client agrees.
#[test]
fn a_proof_is_begun_completed_and_held_against_headers() {
    let calendar = Calendar::start();
    let folder = tempfile::tempdir().unwrap();
    make_case(folder.path(), &[]);
    json(folder.path(), 0, &["--case", "case", "egress", "direct"]);
    let (url, down) = (calendar.url(), "http://127.0.0.1:9");
    for calendar in [url.as_str(), down] {
        let add = ["--case", "case", "timestamp", "authority", "add", calendar, "--calendar"];
        json(folder.path(), 0, &[&add[..], &["--label", TEST]].concat());
    }
    let asked = one(json(folder.path(), 1, &[&ASK[..], &["--opentimestamps"]].concat()));
    let outcomes: Vec<_> =
        asked["services"].as_array().unwrap().iter().map(|row| row["outcome"].clone()).collect();
    assert_eq!(outcomes, ["failed", "kept"], "{asked}");

    // The calendar learnt a digest that tells nothing of the checkpoint's.
    let begun = kept(folder.path(), ".ots").remove(0);
    let checkpoint = fs::read(begun.with_file_name("checkpoint")).unwrap();
    let digest: [u8; 32] = Sha256::digest(&checkpoint).into();
    let proof = Proof::parse(&fs::read(&begun).unwrap()).unwrap();
    proof.is_for(&digest).unwrap();
    assert_ne!(calendar.state.lock().unwrap().submitted[0], digest);

    // A promise proves nothing, and says so.
    let open = checks(&verify(folder.path(), &[]), "unchecked").join("\n");
    assert!(open.contains("promised and not in a block yet: that proves nothing"), "{open}");
    let upgrade = ["--case", "case", "timestamp", "upgrade", "--allow-private-network"];
    let waiting = one(json(folder.path(), 0, &upgrade));
    assert_eq!(waiting[0]["outcome"], "pending", "{waiting}");
    assert!(waiting.to_string().contains("not in a block yet"), "{waiting}");

    calendar.state.lock().unwrap().in_block = true;
    let done = one(json(folder.path(), 0, &upgrade));
    assert_eq!(done[0]["outcome"], "kept", "{done}");
    assert!(done.to_string().contains("block 101 of Bitcoin"), "{done}");
    assert_eq!(one(json(folder.path(), 0, &upgrade)), Value::Array(Vec::new()));
    assert_intact(folder.path(), "case");

    let open = checks(&verify(folder.path(), &[]), "unchecked").join("\n");
    assert!(open.contains("block 101 of Bitcoin; you brought no header of it"), "{open}");
    let line = |header: &[u8; 80]| headers_file(folder.path(), header);
    let header = calendar.state.lock().unwrap().header.unwrap();
    let shown = texts(&verify(folder.path(), &["--bitcoin-headers", &line(&header)]), "proves");
    for words in [
        "By OpenTimestamps [test: proves nothing] and the block headers that you brought",
        "existed before block 101, whose header says 2026-11-18T11:06:40Z (approximate: by hours)",
        "a block of a test chain: it proves nothing",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let other = block::mined([3; 32], &[8; 32], 1_795_000_000);
    let report = verify(folder.path(), &["--bitcoin-headers", &line(&other)]);
    assert_eq!(report["verdict"], "failed");
    assert!(checks(&report, "no")[0].contains("it does not lead to block 101"), "{report}");

    official_client_agrees(&kept(folder.path(), ".ots"), &checkpoint, &header);
}

/// One claim on one page, and somebody outside who vouches for the log with it: a token, and a proof that leads to a block.
fn vouched_for(folder: &Path, tsa: &Tsa, calendar: &Calendar) -> String {
    let codebook = program::demo("codebook.toml");
    make_case(folder, &["--codebook", codebook.to_str().unwrap()]);
    may_ask(folder, tsa, &[]);
    let case = |words: &[&str]| one(json(folder, 0, &[&["--case", "case"], words].concat()));
    let url = calendar.url();
    case(&["timestamp", "authority", "add", &url, "--calendar", "--label", TEST]);
    case(&["add", program::demo("sources/original-report.html").to_str().unwrap()]);
    let cited =
        case(&["cite", "original-report.html", "--exact", "300,000 people in Delvoru Province"]);
    let passage = cited["passage"].as_str().unwrap();
    let claim = ["claim", passage, "--act", "dna-collection", "--count", "300000"];
    case(&[&claim[..], &["--unit", "people", "--bound", "exact"]].concat());
    json(folder, 0, &ASK);
    calendar.state.lock().unwrap().in_block = true;
    case(&["timestamp", "upgrade", "--allow-private-network"]);
    let captures = case(&["list", "captures"]);
    captures[0]["capture"].as_str().unwrap().to_owned()
}

/// Custody tells who vouches for a thing and when; the time of a block only by a header that the reader brings.
#[test]
fn custody_tells_times_of_blocks_by_the_headers_that_the_reader_brings() {
    let Some(tsa) = Tsa::start() else { return };
    let (calendar, folder) = (Calendar::start(), tempfile::tempdir().unwrap());
    let folder = folder.path();
    let capture = vouched_for(folder, &tsa, &calendar);
    let story = |more: &[&str]| {
        let story =
            one(json(folder, 0, &[&["--case", "case", "custody", &capture], more].concat()));
        let events = story["events"].as_array().unwrap();
        let about = |event: &&Value| event["kind"] == "timestamp";
        let texts = events.iter().filter(about).map(|event| event["text"].as_str().unwrap());
        texts.collect::<Vec<_>>().join("\n")
    };
    let said = story(&[]);
    assert!(
        said.contains(
            "by the word of CN=test-proves-nothing-signer,O=test it existed no later than"
        ),
        "{said}"
    );
    assert!(
        said.contains(
            "Block 101 of Bitcoin holds a proof of OpenTimestamps [test: proves nothing]"
        ),
        "{said}"
    );
    assert!(said.contains("this is not checked") && !said.contains("2026-11-18T11"), "{said}");
    let header = calendar.state.lock().unwrap().header.unwrap();
    let said = story(&["--bitcoin-headers", &headers_file(folder, &header)]);
    assert!(said.contains("says 2026-11-18T11:06:40Z (approximate: by hours)"), "{said}");
    assert!(said.contains("a block of a test chain: it proves nothing"), "{said}");
    let other = block::mined([3; 32], &[8; 32], 1_795_000_000);
    let said = story(&["--bitcoin-headers", &headers_file(folder, &other)]);
    assert!(said.contains("does not lead to block 101"), "{said}");
    assert_eq!(said.lines().count(), 2, "the promise that was completed is not told again: {said}");
}

/// A dossier holds no time finer than a day unless somebody asks for it; then its timestamps are checked by us, by OpenSSL,
/// and by a program that was written from the format.
#[test]
fn a_dossier_carries_its_timestamps_when_asked() {
    let Some(tsa) = Tsa::start() else { return };
    let (calendar, folder) = (Calendar::start(), tempfile::tempdir().unwrap());
    let folder = folder.path();
    vouched_for(folder, &tsa, &calendar);
    let plain = one(json(folder, 0, &["--case", "case", "publish", "plain"]));
    assert_eq!((&plain["timestamps"], &plain["timestamps_kept"]), (&0.into(), &3.into()));
    assert!(!folder.join("plain/timestamps").exists());
    let open = checks(&verify_this(folder, "plain", &[]), "unchecked").join("\n");
    assert!(open.contains("no outside timestamp or cosignature covers the log"), "{open}");
    let timed = one(json(folder, 0, &["--case", "case", "publish", "timed", "--timestamps"]));
    assert_eq!(timed["timestamps"], 2, "the promise stays behind: {timed}");

    // We: nothing is believed unasked; what is asked for is said in the words of what may be claimed.
    let report = verify_this(folder, "timed", &[]);
    assert_eq!(report["verdict"], "intact", "{report}");
    let open = checks(&report, "unchecked").join("\n");
    for words in ["you chose no root for it", "block 101 of Bitcoin; you brought no header of it"] {
        assert!(open.contains(words), "{words}: {open}");
    }
    let header = calendar.state.lock().unwrap().header.unwrap();
    let headers = headers_file(folder, &header);
    let root = tsa.root();
    let trust = ["--time-root", root.as_str(), "--bitcoin-headers", headers.as_str()];
    for what in ["timed", "timed.zip"] {
        let shown = texts(&verify_this(folder, what, &trust), "proves");
        for words in [
            "By the word of CN=test-proves-nothing-signer,O=test, whose root you chose (1 token): the log's first",
            "By OpenTimestamps [test: proves nothing] and the block headers that you brought",
            "Not when anything was published.",
        ] {
            assert!(shown.contains(words), "{what}: {words}: {shown}");
        }
    }
    let page = fs::read_to_string(folder.join("timed/check/index.html")).unwrap();
    for words in [
        "By the word of this authority, whose root you must choose, this digest existed no later than",
        "not when the page was published",
        "the time of a block is approximate",
        "openssl ts -verify -data checkpoint",
    ] {
        assert!(page.contains(words), "{words}");
    }

    // OpenSSL, with the root that the reader chose.
    let sizes = fs::read_dir(folder.join("timed/timestamps")).unwrap();
    let sizes: Vec<PathBuf> = sizes.map(|size| size.unwrap().path()).collect();
    let [beside] = sizes.as_slice() else { panic!("{sizes:?}") };
    let files = fs::read_dir(beside).unwrap().map(|file| file.unwrap().path());
    let files: Vec<PathBuf> = files.collect();
    let of = |ending: &str| {
        files.iter().find(|path| path.to_string_lossy().ends_with(ending)).unwrap().clone()
    };
    let checked = Command::new("openssl")
        .args(["ts", "-verify", "-data"])
        .args([&beside.join("checkpoint"), Path::new("-in"), &of(".tsr")])
        .args([Path::new("-CAfile"), Path::new(&root), Path::new("-untrusted"), &of(".pem")])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&checked.stdout).contains("Verification: OK"), "{checked:?}");
    assert!(of(".crl").exists());

    // Python, which reads the token and walks the proof, and says what it does not check.
    let python = |words: &[&str]| {
        let output = Command::new("python3").args(["-B"]).args(words).current_dir(folder).output();
        let output = output.unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (status, said) = python(&["timed/check/check.py"]);
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = python(&["timed/check/times.py"]);
    assert_eq!(status, Some(0), "{said}");
    let merkle_root: Vec<u8> = header[36..68].iter().rev().copied().collect();
    let merkle_root = data_encoding::HEXLOWER.encode(&merkle_root);
    for words in [
        "by the word of CN=test-proves-nothing-signer,O=test no later than",
        "its signature is not checked here",
        &format!("block 101 of Bitcoin has the Merkle root {merkle_root}"),
        "2 timestamps, 0 findings",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }

    // A byte changed anywhere in what vouches, or in the way to it, is found and named by both. Both timestamps are over one
    // checkpoint; once only the later one's proof was looked at.
    let claims = fs::read_to_string(folder.join("timed/data/dossier.json")).unwrap();
    let proofs = claims.match_indices("\"consistency\":[\"").map(|(at, found)| at + found.len());
    let proofs = proofs.collect::<Vec<_>>();
    assert_eq!(proofs.len(), 2);
    let mut changed = files.iter().map(|path| (path.clone(), None)).collect::<Vec<_>>();
    changed.extend(proofs.iter().map(|at| (folder.join("timed/data/dossier.json"), Some(*at))));
    for (path, at) in changed {
        let sound = fs::read(&path).unwrap();
        let mut bent = sound.clone();
        let at = at.unwrap_or(sound.len() / 2);
        bent[at] = if bent[at] == b'1' { b'2' } else { b'1' };
        fs::write(&path, bent).unwrap();
        let report = verify_this(folder, "timed", &trust);
        let failed = checks(&report, "no").join("\n");
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(report["verdict"], "failed", "{name}");
        assert!(failed.contains("timestamps/"), "{name}: {failed}");
        let (status, said) = python(&["timed/check/times.py"]);
        assert_eq!(status, Some(1), "{name}: {said}");
        fs::write(&path, sound).unwrap();
    }
    fs::write(beside.join("added"), "x").unwrap();
    let failed = checks(&verify_this(folder, "timed", &trust), "no").join("\n");
    assert!(failed.contains("/added") && failed.contains("no entry names it"), "{failed}");
    assert_eq!(python(&["timed/check/times.py"]).0, Some(1));
}

/// `ots` of opentimestamps-client reads what we wrote as we meant it.
fn official_client_agrees(proofs: &[PathBuf], checkpoint: &[u8], header: &[u8; 80]) {
    let Some(ots) = std::env::var_os("WITNESSMARK_OTS") else {
        println!("not compared with the official client: set WITNESSMARK_OTS to its `ots`");
        return;
    };
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(checkpoint));
    assert_eq!(proofs.len(), 2);
    for proof in proofs {
        let output = Command::new(&ots).arg("--no-cache").arg("info").arg(proof).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{output:?}");
        assert!(said.contains(&format!("File sha256 hash: {digest}")), "{said}");
        assert!(said.contains("verify PendingAttestation('http://127.0.0.1:"), "{said}");
        let ours = Proof::parse(&fs::read(proof).unwrap()).unwrap();
        assert_eq!(ours.is_complete(), said.contains("verify BitcoinBlockHeaderAttestation(101)"));
        if ours.is_complete() {
            let output = Command::new(&ots)
                .args(["--no-cache", "--no-bitcoin", "verify", "-d", &digest])
                .arg(proof)
                .output()
                .unwrap();
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said).into_owned();
            let root: Vec<u8> = header[36..68].iter().rev().copied().collect();
            let root = data_encoding::HEXLOWER.encode(&root);
            let told = format!("check that Bitcoin block 101 has merkleroot {root}");
            assert!(said.contains(&told), "{said}");
        }
    }
}

/// A promise may name any address. None is asked that nobody chose, and none inside.
#[test]
fn a_promise_that_points_inside_is_not_followed() {
    let (calendar, inside) = (Calendar::start(), Calendar::start());
    let folder = tempfile::tempdir().unwrap();
    make_case(folder.path(), &[]);
    json(folder.path(), 0, &["--case", "case", "egress", "direct"]);
    calendar.state.lock().unwrap().promises = Some(inside.url());
    let url = calendar.url();
    json(folder.path(), 0, &[&ASK[..], &["--opentimestamps", &url]].concat());
    let upgrade = ["--case", "case", "timestamp", "upgrade"];
    let asked = one(json(folder.path(), 0, &[&upgrade[..], &["--allow-private-network"]].concat()));
    assert!(asked.to_string().contains("was not asked, for nobody chose it"), "{asked}");
    // Chosen, it still is an address of this computer.
    let add = ["--case", "case", "timestamp", "authority", "add", &inside.url(), "--calendar"];
    json(folder.path(), 0, &add);
    let asked = one(json(folder.path(), 0, &upgrade));
    assert!(asked.to_string().contains("is a loopback address; nothing was sent"), "{asked}");
    assert_eq!(inside.service.connections(), 0);
}

/// Answers that are no proofs are not kept.
#[test]
fn a_calendar_that_lies_gives_nothing() {
    let answers: [(&str, Vec<u8>, u16); 5] = [
        ("nothing", Vec::new(), 200),
        ("a page", b"<html>".to_vec(), 200),
        ("a huge append", [&[0xf0, 0xff, 0xff, 0xff, 0x7f][..], &[0; 100]].concat(), 200),
        ("an endless answer", vec![0xff; 100_000], 200),
        ("an error", b"no".to_vec(), 500),
    ];
    let folder = tempfile::tempdir().unwrap();
    make_case(folder.path(), &[]);
    json(folder.path(), 0, &["--case", "case", "egress", "direct"]);
    for (name, answer, status) in answers {
        let service = WebService::start(move |_| (status, answer.clone()));
        let asked = one(json(
            folder.path(),
            1,
            &[&ASK[..], &["--opentimestamps", &service.url("")]].concat(),
        ));
        assert_eq!(asked["services"][0]["outcome"], "failed", "{name}: {asked}");
    }
    assert!(kept(folder.path(), "").is_empty());
    assert_intact(folder.path(), "case");
}
