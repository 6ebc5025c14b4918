//! Hostile documents: they are read in processes of their own, which are held to limits, and whose end is survived.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod program;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use program::{json, lines, run, status};
use witnessmark_case::document::process::{ProcessLimits, Program, Readers, Stopped};
use witnessmark_case::document::{Document, Limits, is_read_apart};
use witnessmark_case::text::Hints;

fn executable() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_witnessmark"))
}

fn readers(most: usize, limits: ProcessLimits) -> Readers {
    Readers::new(Some(executable()), most, limits)
}

fn read(readers: &Readers, bytes: &[u8]) -> (Vec<Document>, Result<(), Stopped>) {
    let mut documents = Vec::new();
    let hints = Hints::default();
    let ended = readers.read(bytes, &hints, &Limits::default(), &mut |one| documents.push(one));
    (documents, ended)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Text of a document that was read well.
fn text(documents: &[Document]) -> &str {
    &documents[0].content.as_ref().unwrap().text
}

#[test]
fn a_child_reads_one_file_after_another() {
    let readers = readers(1, ProcessLimits::default());
    for number in 0..50 {
        let (documents, ended) = read(&readers, &gzip(format!("words {number}").as_bytes()));
        assert_eq!(ended, Ok(()));
        assert_eq!(text(&documents), format!("words {number}"));
    }
}

#[test]
fn without_an_executable_nothing_is_read() {
    let none = Readers::new(None, 1, ProcessLimits::default());
    assert_eq!(read(&none, b"%PDF-1.7").1, Err(Stopped::NoExecutable));
    let wrong = Readers::new(Some("/nowhere".into()), 1, ProcessLimits::default());
    assert!(matches!(read(&wrong, b"%PDF-1.7").1, Err(Stopped::Start { .. })));
    // Another program says nothing that is understood, and ends.
    let other = Readers::new(Some("/bin/true".into()), 1, ProcessLimits::default());
    assert!(matches!(read(&other, b"%PDF-1.7").1, Err(Stopped::Start { .. })));
}

#[test]
fn a_file_that_takes_too_much_is_told_by_its_limit_and_the_next_one_is_read() {
    let all = ProcessLimits::default();
    let (memory, output) = (24 << 20, 100 << 10);
    for (size, limits, expected) in [
        // 60 MB that unpack from 60 kB.
        (60 << 20, ProcessLimits { memory, ..all }, Stopped::Memory { limit: memory }),
        (200 << 10, ProcessLimits { output, ..all }, Stopped::Output { limit: output }),
    ] {
        let readers = readers(1, limits);
        let bomb = gzip(&vec![b'a'; size]);
        assert_eq!(read(&readers, &bomb).1, Err(expected));
        let (documents, ended) = read(&readers, &gzip(b"small"));
        assert_eq!((text(&documents), ended), ("small", Ok(())));
    }
}

#[test]
fn a_file_that_takes_too_long_is_given_up() {
    let limits = ProcessLimits { time: Duration::from_millis(400), ..ProcessLimits::default() };
    let readers = readers(1, limits);
    let bomb = gzip(&"a1 2023-01-05 ".repeat(1 << 20).into_bytes());
    let stopped = read(&readers, &bomb).1;
    assert!(
        matches!(stopped, Err(Stopped::Time { .. })),
        "nobody reads 14 MB of dates in less than 0.4 seconds: {stopped:?}"
    );
}

#[test]
fn a_child_that_is_killed_costs_one_file_at_most() {
    // By their limit the children of this test are told from those of others.
    let memory = 123_456_789;
    let readers = readers(2, ProcessLimits { memory, ..ProcessLimits::default() });
    const FILES: usize = 40;
    let done = AtomicBool::new(false);
    let (mut read_well, mut killed) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for pid in children(memory) {
                    let _ = Command::new("kill").args(["-9", &pid]).status();
                }
                std::thread::sleep(Duration::from_millis(30));
            }
        });
        let file = gzip(&"some words of a text ".repeat(2_000).into_bytes());
        for _ in 0..FILES {
            match read(&readers, &file).1 {
                Ok(()) => read_well += 1,
                Err(Stopped::Signal { number: 9 } | Stopped::Start { .. }) => killed += 1,
                Err(other) => panic!("{other}"),
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(read_well + killed, FILES);
    assert!(killed > 0, "none was at work when it was killed");
    let (documents, ended) = read(&readers, &gzip(b"after"));
    assert_eq!((text(&documents), ended), ("after", Ok(())));
}

/// Processes of this test that read, with so much memory.
fn children(memory: u64) -> Vec<String> {
    let own = std::process::id().to_string();
    let command = format!(" read-one {memory}");
    let listed = Command::new("pgrep").args(["-P", &own, "-f", &command]).output().unwrap();
    String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn corrupted_documents_end_with_a_verdict() {
    let readers = readers(1, ProcessLimits::default());
    let whole = gzip("Между 180 000 и 300 000 человек. ".repeat(20).as_bytes());
    for number in 0..200_usize {
        let mut broken = whole.clone();
        let at = number * 7919 % broken.len();
        broken[at] ^= 1 << (number % 8);
        broken.truncate(broken.len() - number % 40);
        let (documents, ended) = read(&readers, &broken);
        assert_eq!(ended, Ok(()), "corruption {number}");
        assert!(!documents.is_empty(), "corruption {number}");
    }
}

#[test]
fn a_child_opens_no_file_and_no_connection_once_it_is_confined() {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("skipped: needs strace");
        return;
    }
    let mut child = Command::new("strace")
        .args(["-f", "-e", "signal=none", "-o", "/dev/stderr"])
        .arg(executable())
        .args(["read-one", "536870912"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let request = serde_json::json!({"Read": {
        "hints": {"media_type": null, "charset": null, "url": null, "file_name": "a.txt.gz"},
        "limits": {"depth": 4, "files": 10, "unpacked": 1_000_000, "pages": 10},
        "pictures": "None",
    }});
    let mut stdin = child.stdin.take().unwrap();
    for (letter, body) in [(b'q', request.to_string().into_bytes()), (b'f', gzip(b"words"))] {
        stdin.write_all(&[letter]).unwrap();
        stdin.write_all(&(body.len() as u64).to_le_bytes()).unwrap();
        stdin.write_all(&body).unwrap();
    }
    drop(stdin);
    // Both pipes at once: what strace says is longer than a pipe holds.
    let output = child.wait_with_output().unwrap();
    let answer = &output.stdout;
    let calls = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{calls}");
    assert!(answer.windows(5).any(|bytes| bytes == b"words"), "{calls}");
    let confined = calls.rfind("seccomp(").expect("a filter is installed");
    let (before, after) = calls.split_at(confined);
    assert!(before.contains("RLIMIT_AS") && before.contains("RLIMIT_NOFILE"), "{before}");
    for call in ["open", "socket", "connect", "exec", "clone", "fork", "unlink", "mkdir"] {
        assert!(!after.contains(call), "{call} after the process was confined:\n{after}");
    }
    assert!(!before.contains("read(0, \"q"), "a byte of the request was read before");
}

/// Whether the kernel keeps children from files. A child says what it is not confined by.
fn has_landlock() -> bool {
    let readers = readers(1, ProcessLimits::default());
    let _ = read(&readers, &gzip(b"words"));
    !readers.lacking().iter().any(|lacking| lacking.contains("Landlock"))
}

#[test]
fn another_program_reaches_neither_files_nor_connections() {
    let program = |path: &str, arguments: &[&str]| Program {
        path: path.into(),
        arguments: arguments.iter().map(Into::into).collect(),
        ..Program::default()
    };
    let shell = |script: &str| program("/bin/sh", &["-c", script]);
    let limits = ProcessLimits { time: Duration::from_secs(20), ..ProcessLimits::default() };
    let run = |script: &str, input: &[u8]| shell(script).run(&executable(), input, &limits);
    let cat = |arguments: &[&str], input: &[u8]| {
        program("/bin/cat", arguments).run(&executable(), input, &limits)
    };
    assert_eq!(cat(&[], b"in and out"), Ok(b"in and out".to_vec()));
    let big = vec![b'x'; 3 << 20];
    assert_eq!(cat(&[], &big), Ok(big));
    if has_landlock() {
        // Neither another program nor a file that was not named, were it open to everybody.
        for forbidden in [run("cat", b""), cat(&["/etc/passwd"], b""), cat(&["/usr/bin/env"], b"")]
        {
            let refused = matches!(forbidden, Err(Stopped::Failed { .. }));
            assert!(refused, "{:?}", forbidden.map(|read| read.len()));
        }
        let named = Program {
            readable: vec!["/etc/passwd".into()],
            ..program("/bin/cat", &["/etc/passwd"])
        };
        let read = named.run(&executable(), b"", &limits);
        assert_eq!(read.unwrap(), std::fs::read("/etc/passwd").unwrap());
    } else {
        println!("skipped in part: this kernel has no Landlock");
    }
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "secret").unwrap();
    let path = secret.path().display();
    // A limit on the size of files holds without Landlock, too; reading is Landlock's to forbid.
    let wrote = run(&format!("echo more > {path}; echo done"), b"");
    assert_ne!(std::fs::read_to_string(secret.path()).unwrap(), "more\n", "{wrote:?}");
    let failed = run("exit 3", b"").unwrap_err();
    assert_eq!(failed, Stopped::Failed { message: None });
    let looped = ProcessLimits { work: 1, ..limits };
    let looped = shell("while :; do :; done").run(&executable(), b"", &looped);
    assert_eq!(looped, Err(Stopped::Work { seconds: 1 }));
    let waits = ProcessLimits { time: Duration::from_millis(300), ..limits };
    let waits = program("/bin/sleep", &["60"]).run(&executable(), b"", &waits);
    assert_eq!(waits, Err(Stopped::Time { seconds: 0 }));
    let short = ProcessLimits { output: 10, ..limits };
    let loud = program("/usr/bin/yes", &[]).run(&executable(), b"", &short);
    assert_eq!(loud, Err(Stopped::Output { limit: 10 }));
}

#[test]
fn extract_says_what_it_read_and_goes_on_after_what_it_could_not() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt.gz"), gzip(b"words of a text")).unwrap();
    std::fs::write(folder.path().join("b.html"), "<p>page").unwrap();
    let found = json(folder.path(), 0, &["extract", "a.txt.gz", "b.html"]);
    assert_eq!(found[0]["text"], "words of a text");
    assert_eq!(found[0]["inside"], serde_json::Value::Null);
    assert_eq!(found[0]["pages"], serde_json::json!([]));
    assert_eq!(found[1]["text"], "page");
    std::fs::write(folder.path().join("c.jpg"), b"\xff\xd8\xff\xe0 nothing").unwrap();
    assert!(is_read_apart(b"\xff\xd8\xff\xe0", &Hints::default()));
    let output = run(folder.path(), &["extract", "c.jpg", "b.html", "--json"]);
    assert_eq!(status(&output), 1);
    assert_eq!(lines(&output.stdout).len(), 1);
}
