//! Opening sealed cases, and sharing the means to: the agent, the prompt, another passphrase, recipients, key shares.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod program;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use program::{lines, one, program, status};
use witnessmark_case::model::leaf::Seed;
use witnessmark_case::seal::stream::{identity_text, recipient_text};
use witnessmark_case::seal::wraps::Wraps;
use witnessmark_case::seal::{Passphrase, SealError};

const PASSPHRASE: &str = "seven dry leaves on a tin roof";

/// A sealed case in a folder of its own, with a folder for sockets that no other test shares.
struct Sealed {
    scratch: tempfile::TempDir,
}

impl Sealed {
    fn new() -> Self {
        let sealed = Self { scratch: tempfile::tempdir().unwrap() };
        fs::create_dir(sealed.runtime()).unwrap();
        fs::write(sealed.folder().join("passphrase"), format!("{PASSPHRASE}\n")).unwrap();
        sealed.expect(0, &["--passphrase-file", "passphrase", "init", "case"]);
        sealed
    }

    fn folder(&self) -> &Path {
        self.scratch.path()
    }

    fn runtime(&self) -> PathBuf {
        self.folder().join("runtime")
    }

    fn command(&self) -> Command {
        let mut command = program(self.folder());
        command.env_remove("WITNESSMARK_PASSPHRASE").env("XDG_RUNTIME_DIR", self.runtime());
        if self.folder().join("case").is_dir() {
            command.args(["--case", "case"]);
        }
        command
    }

    /// Runs a command that must end with this status.
    fn expect(&self, expected: i32, arguments: &[&str]) -> Output {
        let output = self.command().args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(status(&output), expected, "{arguments:?} said: {said}");
        output
    }

    fn unlock(&self) {
        self.expect(0, &["--passphrase-file", "passphrase", "unlock"]);
    }

    /// The agent's socket.
    fn socket(&self) -> PathBuf {
        let mut found = fs::read_dir(self.runtime().join("witnessmark")).unwrap();
        found.next().unwrap().unwrap().path()
    }

    /// The agent's process: the one that holds the socket's inode.
    fn agent(&self) -> PathBuf {
        let own = fs::read_link("/proc/self").unwrap();
        for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let listens = fs::read(entry.path().join("net/unix")).unwrap_or_default();
            let listens = String::from_utf8_lossy(&listens).into_owned();
            let is_agent = line.ends_with(b"\0agent\0") && entry.file_name() != own.as_os_str();
            if is_agent && holds_socket(&entry.path(), &listens, &self.socket()) {
                return entry.path();
            }
        }
        panic!("no agent runs");
    }
}

/// Whether a process ends within five seconds. One that nobody has asked about since still has an entry, without a command line.
fn has_ended(process: &Path) -> bool {
    (0..50).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        fs::read(process.join("cmdline")).unwrap_or_default().is_empty()
    })
}

/// Whether a process holds the socket that listens at `path`.
fn holds_socket(process: &Path, listens: &str, path: &Path) -> bool {
    let Some(line) = listens.lines().find(|line| line.ends_with(path.to_str().unwrap())) else {
        return false;
    };
    let inode = line.split_whitespace().nth(6).unwrap();
    let Ok(open) = fs::read_dir(process.join("fd")) else { return false };
    open.filter_map(Result::ok)
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .any(|link| link == Path::new(&format!("socket:[{inode}]")))
}

impl Drop for Sealed {
    fn drop(&mut self) {
        let _ = self.command().arg("lock").output();
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_agent_opens_the_case_until_it_is_locked() {
    let sealed = Sealed::new();
    assert!(stderr(&sealed.expect(2, &["status"])).contains("is sealed"));
    let answer = sealed.expect(0, &["lock", "--json"]);
    assert_eq!(one(lines(&answer.stdout))["was_unlocked"], false);

    let answer = sealed.expect(0, &["--passphrase-file", "passphrase", "unlock", "--json"]);
    assert_eq!(one(lines(&answer.stdout))["idle_minutes"], 15);
    sealed.expect(0, &["status"]);
    fs::write(sealed.folder().join("letter.txt"), "The bridge was closed on 3 May.").unwrap();
    sealed.expect(0, &["--quiet", "add", "letter.txt"]);
    let report = sealed.expect(0, &["verify", "--json"]);
    assert_eq!(one(lines(&report.stdout))["verdict"], "intact");

    // A passphrase that was given counts, and not what the agent holds.
    fs::write(sealed.folder().join("wrong"), "not this one").unwrap();
    let wrong = sealed.expect(1, &["--passphrase-file", "wrong", "status"]);
    assert!(stderr(&wrong).starts_with("error: the passphrase is not right\n"));

    let answer = sealed.expect(0, &["lock", "--json"]);
    assert_eq!(one(lines(&answer.stdout))["was_unlocked"], true);
    assert_eq!(fs::read_dir(sealed.runtime().join("witnessmark")).unwrap().count(), 0);
    sealed.expect(2, &["status"]);
}

#[test]
fn the_agent_gives_nothing_away() {
    let sealed = Sealed::new();
    let mut unlock = sealed.command();
    unlock.env("WITNESSMARK_PASSPHRASE", PASSPHRASE).args(["unlock", "--idle", "3"]);
    assert_eq!(status(&unlock.output().unwrap()), 0);

    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&sealed.runtime().join("witnessmark")), 0o700);
    assert_eq!(mode(&sealed.socket()), 0o600);

    let agent = sealed.agent();
    assert_eq!(fs::read(agent.join("environ")).unwrap(), b"", "its environment is empty");
    let line = fs::read(agent.join("cmdline")).unwrap();
    assert_eq!(line.split(|byte| *byte == 0).count(), 3, "its only argument is its command");
    let limits = fs::read_to_string(agent.join("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"));
    // The system shows so that it may not be dumped: its files belong to root, whoever runs it, unless root does.
    assert_eq!(fs::metadata(agent.join("mem")).unwrap().uid(), 0);

    // A second one takes the place of the first.
    sealed.unlock();
    assert!(has_ended(&agent), "{}", agent.display());
    sealed.expect(0, &["status"]);
}

/// The folder for temporary files is everybody's: who gets there first could listen in.
#[test]
fn a_folder_for_sockets_that_others_can_enter_is_refused() {
    let sealed = Sealed::new();
    let folder = sealed.runtime().join("witnessmark");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let refused = sealed.expect(1, &["--passphrase-file", "passphrase", "unlock"]);
    assert!(stderr(&refused).contains("is not a folder that only you can reach"));
    fs::remove_dir(&folder).unwrap();
    std::os::unix::fs::symlink(sealed.folder(), &folder).unwrap();
    sealed.expect(1, &["--passphrase-file", "passphrase", "unlock"]);
}

#[test]
fn an_open_case_has_nothing_to_unlock() {
    let scratch = tempfile::tempdir().unwrap();
    program::make_case(scratch.path(), &[]);
    for command in [&["unlock"][..], &["escrow", "status"], &["recipients", "list"]] {
        let output =
            program(scratch.path()).args(["--case", "case"]).args(command).output().unwrap();
        assert_eq!(status(&output), 2, "{command:?}");
        assert!(stderr(&output).contains("the case is not sealed"), "{command:?}");
    }
}

#[test]
fn another_passphrase_takes_the_place_of_the_old_one() {
    let sealed = Sealed::new();
    sealed.unlock();
    let new = sealed.folder().join("new");
    fs::write(&new, "short").unwrap();
    let short = sealed.expect(2, &["passphrase", "change", "--new-passphrase-file", "new"]);
    assert!(stderr(&short).contains("fewer than 8 characters"));
    let none = sealed.expect(2, &["passphrase", "change"]);
    assert!(stderr(&none).contains("no new passphrase was given"));

    fs::write(&new, "three wet stones below the mill").unwrap();
    let before = fs::read(sealed.folder().join("case/keys/1/wraps")).unwrap();
    sealed.expect(0, &["passphrase", "change", "--new-passphrase-file", "new"]);
    assert_ne!(fs::read(sealed.folder().join("case/keys/1/wraps")).unwrap(), before);
    sealed.expect(0, &["lock"]);
    sealed.expect(1, &["--passphrase-file", "passphrase", "status"]);
    sealed.expect(0, &["--passphrase-file", "new", "status"]);
}

#[test]
fn recipients_open_the_case_with_their_identities() {
    let sealed = Sealed::new();
    sealed.unlock();
    let (alice, bob) = (Seed::new([1; 32]), Seed::new([2; 32]));
    fs::write(sealed.folder().join("alice"), identity_text(&alice).as_bytes()).unwrap();
    fs::write(sealed.folder().join("bob"), identity_text(&bob).as_bytes()).unwrap();
    sealed.expect(0, &["recipients", "add", &recipient_text(&alice)]);
    sealed.expect(0, &["recipients", "add", &recipient_text(&bob), &recipient_text(&alice)]);
    let listed = one(lines(&sealed.expect(0, &["recipients", "list", "--json"]).stdout));
    assert_eq!(
        listed,
        serde_json::json!({ "recipients": [recipient_text(&alice), recipient_text(&bob)] })
    );
    sealed.expect(0, &["recipients", "remove", &recipient_text(&alice)]);
    let unknown = sealed.expect(2, &["recipients", "remove", &recipient_text(&alice)]);
    assert!(stderr(&unknown).contains("is not a recipient of the case"));
    let bad = sealed.expect(1, &["recipients", "add", "age1nosuchplugin1qqqq"]);
    assert!(stderr(&bad).contains("the recipient `age1nosuchplugin1qqqq` cannot be used"));
    sealed.expect(0, &["lock"]);
    sealed.expect(0, &["--identity", "bob", "status"]);
    let gone = sealed.expect(1, &["--identity", "alice", "status"]);
    assert!(stderr(&gone).contains("none of the age identities given opens this case"));
}

/// A plugin of `age` as hardware tokens have them, which hides file keys from nobody. It speaks the protocol of C2SP age-plugin.
const TOKEN: &str = r#"#!/usr/bin/env python3
import base64, sys

def read():
    head = sys.stdin.readline().split()[1:]
    body = ""
    while True:
        line = sys.stdin.readline().rstrip("\n")
        body += line
        if len(line) < 64:
            return head, base64.b64decode(body + "=" * (-len(body) % 4))

def write(head, body=b""):
    text = base64.b64encode(body).decode().rstrip("=")
    print("-> " + head, text, sep="\n", flush=True)

asked = []
while True:
    head, body = read()
    if head[0] == "done":
        break
    asked.append((head, body))
for head, body in asked:
    hidden = bytes(byte ^ 0x55 for byte in body)
    if head[0] == "wrap-file-key":
        write("recipient-stanza 0 token", hidden)
        read()
    elif head[:3] == ["recipient-stanza", "0", "token"]:
        write("file-key 0", hidden)
        read()
write("done")
"#;

#[test]
fn a_hardware_token_opens_the_case_by_its_plugin() {
    let sealed = Sealed::new();
    let (recipient, identity) = ("age1token1w3jhxaqu8rny3", "AGE-PLUGIN-TOKEN-1W3JHXAQHZUXME");
    let plugin = sealed.folder().join("age-plugin-token");
    fs::write(&plugin, TOKEN).unwrap();
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(sealed.folder().join("identity"), identity).unwrap();
    let path = std::env::var("PATH").unwrap();
    let with_token = |arguments: &[&str]| {
        let path = format!("{}:{path}", sealed.folder().display());
        let output = sealed.command().env("PATH", path).args(arguments).output().unwrap();
        (status(&output), stderr(&output))
    };
    let added = with_token(&["--passphrase-file", "passphrase", "recipients", "add", recipient]);
    assert_eq!(added.0, 0, "{}", added.1);
    let opened = with_token(&["--identity", "identity", "status"]);
    assert_eq!(opened.0, 0, "{}", opened.1);
    // Without the plugin there is no way to the token, and the program says so.
    let without = stderr(&sealed.expect(1, &["--identity", "identity", "status"]));
    assert!(without.contains("age-plugin-token"), "{without}");
}

#[test]
fn key_shares_open_the_case_when_the_passphrase_is_lost() {
    let sealed = Sealed::new();
    sealed.unlock();
    let none = sealed.expect(0, &["escrow", "status", "--json"]);
    assert_eq!(one(lines(&none.stdout))["escrow"], serde_json::Value::Null);
    let bad = sealed.expect(1, &["escrow", "make", "--shares", "2", "--needed", "3", "out"]);
    assert!(stderr(&bad).contains("3 of 2 shares cannot be"));
    assert!(!sealed.folder().join("out").exists());

    let made =
        sealed.expect(0, &["escrow", "make", "--shares", "3", "--needed", "2", "out", "--json"]);
    let made = one(lines(&made.stdout));
    let files: Vec<&str> =
        made["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    assert_eq!(files.len(), 3);
    for file in &files {
        let found = fs::metadata(sealed.folder().join(file)).unwrap();
        assert_eq!(found.mode() & 0o777, 0o600);
    }
    // The log says that there are shares, and none of what is in them.
    let log = String::from_utf8(sealed.expect(0, &["list", "log", "--json"]).stdout).unwrap();
    assert!(log.contains("\"escrow\""), "{log}");
    let status = one(lines(&sealed.expect(0, &["escrow", "status", "--json"]).stdout));
    assert_eq!(status["escrow"], made["escrow"]);
    assert_eq!(status["escrow"]["shares"].as_array().unwrap().len(), 3);
    sealed.expect(0, &["verify"]);
    sealed.expect(0, &["lock"]);

    fs::write(sealed.folder().join("new"), "three wet stones below the mill").unwrap();
    let open = |expected, files: &[&str]| {
        let arguments = [&["escrow", "open", "--new-passphrase-file", "new"], files].concat();
        stderr(&sealed.expect(expected, &arguments))
    };
    assert!(open(1, &files[..1]).contains("1 of the 2 shares that are needed were given"));
    assert!(open(1, &[files[0], files[0]]).contains("1 of the 2 shares"));
    let text = fs::read_to_string(sealed.folder().join(files[1])).unwrap();
    let at = text.len() - 3;
    let other = if &text[at..=at] == "q" { "p" } else { "q" };
    let mistyped = format!("{}{other}{}", &text[..at], &text[at + 1..]);
    fs::write(sealed.folder().join("mistyped"), mistyped).unwrap();
    let error = open(1, &[files[0], "mistyped"]);
    assert!(error.starts_with("error: mistyped, line 3: the share is mistyped"), "{error}");
    assert!(open(1, &[files[0], "passphrase"]).contains("is not a key share"));

    open(0, &files[1..]);
    sealed.expect(0, &["--passphrase-file", "new", "status"]);
    sealed.expect(1, &["--passphrase-file", "passphrase", "status"]);

    // New shares: the old ones open the case no longer, and are told from the new ones.
    let again =
        ["--passphrase-file", "new", "escrow", "make", "--shares", "2", "--needed", "2", "more"];
    sealed.expect(0, &again);
    assert!(open(1, &files).contains("is not of the set that this case has now"));
    sealed.expect(0, &["--passphrase-file", "new", "verify"]);
}

/// At a border the passphrase can be had by force. Then it must open nothing: neither what is here, nor what stayed behind.
#[test]
fn keys_that_stay_behind_come_back_with_shares_alone() {
    let sealed = Sealed::new();
    sealed.unlock();
    fs::write(sealed.folder().join("letter.txt"), "The bridge was closed on 3 May.").unwrap();
    sealed.expect(0, &["--quiet", "add", "letter.txt"]);
    let none = stderr(&sealed.expect(2, &["travel", "leave", "copy"]));
    assert!(none.contains("no key shares were made for this case"), "{none}");
    let made = ["escrow", "make", "--shares", "3", "--needed", "2", "out", "--json"];
    let made = one(lines(&sealed.expect(0, &made).stdout));
    let shares: Vec<&str> =
        made["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();

    // A place where nothing can be put: the keys stay, and open as before.
    fs::write(sealed.folder().join("taken"), "a file").unwrap();
    assert_ne!(status(&sealed.command().args(["travel", "leave", "taken"]).output().unwrap()), 0);
    sealed.expect(0, &["--passphrase-file", "passphrase", "status"]);

    let left = one(lines(&sealed.expect(0, &["travel", "leave", "copy", "--json"]).stdout));
    assert_eq!(left["escrow"], made["escrow"]);
    assert_eq!(left["others"], serde_json::json!([]));
    let keys = sealed.folder().join("case/keys");
    assert_eq!(fs::read_dir(&keys).map_or(0, Iterator::count), 0, "no key is left");
    let gone = stderr(&sealed.expect(2, &["--passphrase-file", "passphrase", "status"]));
    assert!(gone.contains("the keys of case are not here"), "{gone}");
    assert!(gone.contains("witnessmark travel return"), "{gone}");
    assert_eq!(one(lines(&sealed.expect(0, &["lock", "--json"]).stdout))["was_unlocked"], false);
    // Nothing there opens with the passphrase either.
    let wraps = fs::read(sealed.folder().join("copy/keys/1/wraps")).unwrap();
    let wraps = Wraps::parse(&wraps).unwrap();
    let passphrase = Passphrase::new(PASSPHRASE).unwrap();
    assert!(matches!(wraps.unlock(&passphrase), Err(SealError::NoPassphrase)));

    // As if the machine had died while the keys were written over: they are gone all the same, and come back all the same.
    fs::create_dir_all(keys.join("1")).unwrap();
    fs::write(keys.join("1/wraps"), [0; 700]).unwrap();
    fs::write(keys.join("1/objects"), "what nobody can open").unwrap();
    assert!(stderr(&sealed.expect(2, &["status"])).contains("the keys of case are not here"));

    fs::write(sealed.folder().join("new"), "three wet stones below the mill").unwrap();
    let come_back = |expected, target: &str, shares: &[&str]| {
        let arguments = ["travel", "return", "--new-passphrase-file", "new", "--json", target];
        sealed.expect(expected, &[&arguments, shares].concat())
    };
    assert!(stderr(&come_back(1, "copy", &shares[..1])).contains("1 of the 2 shares"));
    assert_ne!(
        status(&sealed.command().args(["travel", "return", "out", shares[0]]).output().unwrap()),
        0
    );
    assert!(fs::read(keys.join("1/wraps")).unwrap().iter().all(|byte| *byte == 0));
    let report = one(lines(&come_back(0, "copy", &shares[1..]).stdout));
    assert_eq!(report["verdict"], "intact");
    sealed.expect(0, &["--passphrase-file", "new", "search", "bridge"]);
    sealed.expect(1, &["--passphrase-file", "passphrase", "status"]);
    assert!(stderr(&come_back(2, "copy", &shares)).contains("the keys of this case are here"));
    // The copy takes the new locks, and is whole.
    sealed.expect(0, &["--passphrase-file", "new", "replicate", "copy"]);
}

/// What is typed at a prompt must not stand on the screen, and a slip of the finger is forgiven.
#[test]
fn the_prompt_shows_nothing_of_what_is_typed() {
    let sealed = Sealed::new();
    // The program does not lead the terminal: it is hung up when its leader ends, and lines that nobody has read by then may
    // be gone (once, on a busy machine, the error after the prompt was).
    let script = r#"
import os, pty, re, signal, subprocess, sys
signal.alarm(120)
program, folder, typed = sys.argv[1], sys.argv[2], sys.argv[3:]
leader, terminal = pty.fork()
if leader == 0:
    ended = subprocess.call([program, "--case", "case", "status"], cwd=folder)
    os.write(1, b"<ended with %d>" % ended)
    signal.pause()
seen = b""
prompts = 0
while not (end := re.search(rb"<ended with (-?\d+)>", seen)):
    seen += os.read(terminal, 4096)
    if seen.count(b"passphrase of case: ") > prompts and prompts < len(typed):
        os.write(terminal, typed[prompts].encode())
        prompts += 1
os.kill(leader, signal.SIGKILL)
sys.stdout.buffer.write(seen)
sys.exit(int(end[1]))
"#;
    let run = |typed: &[&str]| {
        let output = Command::new("python3")
            .args(["-c", script, env!("CARGO_BIN_EXE_witnessmark")])
            .arg(sealed.folder())
            .args(typed)
            .env("XDG_RUNTIME_DIR", sealed.runtime())
            .env_remove("WITNESSMARK_PASSPHRASE")
            .output()
            .unwrap();
        (status(&output), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, seen) = run(&["not this one\n", &format!("{PASSPHRASE}\n")]);
    assert_eq!(code, 0, "{seen}");
    assert!(seen.contains("the passphrase is not right"), "{seen}");
    assert!(seen.contains("sealed: "), "{seen}");
    let (code, tired) = run(&["a\n", "b\n", "not this one\n"]);
    assert_eq!(code, 1, "{tired}");
    // Ctrl-C at once, and the end of input.
    for typed in ["not this one\u{3}", "\u{4}"] {
        let (code, gone) = run(&[typed]);
        assert!(code == 3 && gone.contains("nothing was typed"), "{code}: {gone}");
        assert!(!gone.contains("not this one"), "{gone}");
    }
    for seen in [seen, tired] {
        assert!(!seen.contains("not this one") && !seen.contains(PASSPHRASE), "{seen}");
    }
}
