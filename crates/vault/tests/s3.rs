//! Copies in buckets, against S3 services that others wrote: ministack and moto. `.ci/test` installs them; they run here on
//! this computer alone, each with its own data, and end with the test.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

mod scratch_case;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use scratch_case::{Seeded, capture, commit, failures, look, make, moment, open};
use witnessmark_model::id::CopyId;
use witnessmark_model::transport::{Answer, Request, Transport, TransportError};
use witnessmark_vault::copies::{
    self, Choice, CopyError, CopyNote, Credentials, S3Place, S3Target, Standing, Step, Target,
};

/// A way to a service on this computer: one connection a request, and a count of what was sent.
#[derive(Clone, Default)]
struct Local {
    requests: Arc<AtomicU64>,
    parts: Arc<AtomicU64>,
}

impl Transport for Local {
    fn send(&self, request: Request<'_>, sink: &mut dyn Write) -> Result<Answer, TransportError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if request.url.contains("partNumber=") {
            self.parts.fetch_add(1, Ordering::Relaxed);
        }
        let method = request.method;
        exchange(request, sink)
            .map_err(|error| TransportError::Failed(format!("{method}: {error}")))
    }
}

fn exchange(request: Request<'_>, sink: &mut dyn Write) -> std::io::Result<Answer> {
    let rest = request.url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut head =
        format!("{} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", request.method);
    for (name, value) in request.fields {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    match request.body {
        Some((body, length)) => {
            stream.write_all(format!("{head}Content-Length: {length}\r\n\r\n").as_bytes())?;
            std::io::copy(body, &mut stream)?;
        }
        None => stream.write_all(format!("{head}\r\n").as_bytes())?,
    }
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let mut fields = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        fields.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let answer = Answer { status, fields };
    if request.method == "HEAD" {
        return Ok(answer);
    }
    if answer.field("transfer-encoding") == Some("chunked") {
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let length = u64::from_str_radix(line.trim(), 16).unwrap();
            std::io::copy(&mut reader.by_ref().take(length), sink)?;
            reader.read_line(&mut String::new())?;
            if length == 0 {
                return Ok(answer);
            }
        }
    }
    match answer.field("content-length").and_then(|length| length.parse().ok()) {
        Some(length) => std::io::copy(&mut reader.take(length), sink)?,
        None => std::io::copy(&mut reader, sink)?,
    };
    Ok(answer)
}

/// A service that runs as long as the test.
struct Service {
    child: Child,
    endpoint: String,
    _data: tempfile::TempDir,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    /// The services that are installed, by name; none is said once.
    fn installed() -> Vec<(&'static str, PathBuf)> {
        let Some(tools) = std::env::var_os("WITNESSMARK_TEST_TOOLS").map(PathBuf::from) else {
            println!("skipped: needs S3 services (`make test` installs them)");
            return Vec::new();
        };
        let found: Vec<_> = ["ministack", "moto_server"]
            .into_iter()
            .map(|name| (name, tools.join("bin").join(name)))
            .filter(|(_, path)| path.is_file())
            .collect();
        assert!(!found.is_empty(), "{} holds no S3 service", tools.display());
        found
    }

    fn start(name: &str, program: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let data = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        command.env("TMPDIR", data.path()).stdout(Stdio::null()).stderr(Stdio::null());
        match name {
            "ministack" => {
                let port = port.to_string();
                let own = data.path().join("s3");
                command
                    .env("GATEWAY_PORT", port)
                    .env("BIND_HOST", "127.0.0.1")
                    .env("SERVICES", "s3");
                command.env("S3_DATA_DIR", own).current_dir(data.path());
            }
            _ => {
                command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            }
        }
        let child = command.spawn().unwrap();
        let service = Self { child, endpoint: format!("http://127.0.0.1:{port}"), _data: data };
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return service;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{name} did not start within a minute");
    }

    /// Asks without a signature, which these services let pass.
    fn plain(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> u16 {
        let fields: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let mut reader = body.as_bytes();
        let length = body.len() as u64;
        let fields = [fields, vec![unsigned()]].concat();
        let request = Request {
            method,
            url: &format!("{}/{path}", self.endpoint),
            fields: &fields,
            body: Some((&mut reader, length)),
            limit: u64::MAX,
        };
        exchange(request, &mut std::io::sink()).unwrap().status
    }

    fn target(&self, place: &str, way: &Local, lock_days: Option<u32>) -> S3Target {
        let place = S3Place::parse(place, Some(&self.endpoint), None).unwrap();
        let credentials = Credentials::new("test", "secret/of+the=test", None);
        S3Target::new(place, credentials, Box::new(way.clone()), Arc::new(moment), lock_days)
    }
}

/// A field that only tells the region: these services let it pass.
fn unsigned() -> (String, String) {
    let scope = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
    ("authorization".to_owned(), scope.to_owned())
}

/// Runs a story against each service.
fn against_each(story: impl Fn(&str, &Service)) {
    for (name, program) in Service::installed() {
        println!("{name}");
        story(name, &Service::start(name, &program));
    }
}

fn bring(
    case: &Path,
    target: &S3Target,
    holds: &str,
    on_step: copies::OnStep<'_>,
) -> Result<copies::Brought, CopyError> {
    let vault = look(case);
    let (here, id, verifier) = (vault.checkpoint().unwrap().1, vault.case_id(), vault.verifier());
    drop(vault);
    let found = copies::look(target, "the bucket", &verifier)?;
    let standing = copies::standing(case, &here, target, found.checkpoint.as_ref())?;
    assert!(!matches!(standing, Standing::Newer | Standing::Other), "{standing:?}");
    let note = found.note.clone().unwrap_or_else(|| CopyNote {
        case: id,
        copy: CopyId::random(&mut Seeded(7)),
        holds: holds.to_owned(),
        root: None,
        size: 0,
        v: 1,
    });
    copies::bring(
        target,
        &Choice { case, here: &here, note, found: &found, erased: &BTreeSet::new() },
        on_step,
    )
}

#[test]
fn a_case_goes_to_a_bucket_and_comes_back() {
    against_each(|name, service| {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("case");
        let mut entropy = Seeded(1);
        make(&case, false, &mut entropy);
        commit(&mut open(&case), 270, &mut entropy);
        assert_eq!(service.plain("PUT", "cases", &[], ""), 200, "{name}");
        let way = Local::default();
        let target = service.target("s3://cases/a case/one", &way, None);
        let first = bring(&case, &target, "all", &|_| true).unwrap();
        let confirmed = copies::confirm(&target, &case, "all", &first.sent).unwrap();
        assert_eq!(confirmed, vec![], "{name}");
        let again = bring(&case, &target, "all", &|_| true).unwrap();
        assert_eq!(again.sent, Vec::<String>::new(), "{name}");
        commit(&mut open(&case), 5, &mut entropy);
        let more = bring(&case, &target, "all", &|_| true).unwrap();
        assert!(more.sent.len() < 10 && !more.removed.is_empty(), "{name}: {more:?}");

        // What is there is never written over, whatever is sent under its name.
        let blob = first.sent.iter().find(|name| name.starts_with("blobs/")).unwrap();
        let mut other = copies::Source::memory(b"other bytes");
        target.put(blob, &mut other, true).unwrap();
        let confirmed = copies::confirm(&target, &case, "all", std::slice::from_ref(blob)).unwrap();
        assert_eq!(confirmed, vec![], "{name}: {blob}");

        let back = folder.path().join("back");
        let found = copies::contents(&target).unwrap();
        copies::restore(&target, &found, &back, &|_| true).unwrap();
        assert_eq!(failures(&back), Vec::<String>::new(), "{name}");
        let (verifier, size) = (look(&back).verifier(), look(&case).size());
        let found = copies::look(&target, "the bucket", &verifier).unwrap();
        assert_eq!(found.checkpoint.unwrap().size, size, "{name}");

        // Somebody spoils an object there: it is noticed, and sent anew.
        let key = format!("cases/a%20case/one/{blob}");
        assert_eq!(service.plain("PUT", &key, &[], "spoilt"), 200, "{name}");
        let flaws = copies::confirm(&target, &case, "all", std::slice::from_ref(blob)).unwrap();
        assert_eq!(flaws.len(), 1, "{name}");
        copies::replace(&target, &case, std::slice::from_ref(blob), &|_| true).unwrap();
        let flaws = copies::confirm(&target, &case, "all", std::slice::from_ref(blob)).unwrap();
        assert_eq!(flaws, vec![], "{name}");
    });
}

#[test]
fn a_large_object_goes_in_parts_and_goes_on_where_it_was_cut_off() {
    against_each(|name, service| {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("case");
        let mut entropy = Seeded(2);
        make(&case, false, &mut entropy);
        let large = "0123456789abcdef".repeat(5 << 20);
        let mut vault = open(&case);
        let pending = vec![capture(&mut vault, &large, &mut entropy)];
        vault.commit(pending, moment(), &mut entropy).unwrap();
        drop(vault);
        assert_eq!(service.plain("PUT", "large", &[], ""), 200, "{name}");
        let way = Local::default();
        let target = service.target("s3://large/x", &way, None);
        let passed = AtomicU64::new(0);
        let cut = bring(&case, &target, "all", &|step| {
            if let Step::Bytes(bytes) = step {
                passed.fetch_add(bytes, Ordering::Relaxed);
            }
            passed.load(Ordering::Relaxed) < 45 << 20
        });
        assert!(matches!(cut, Err(CopyError::Stopped)), "{name}: {cut:?}");
        let before = way.parts.load(Ordering::Relaxed);
        assert_eq!(before, 2, "{name}: two parts of 16 MiB were sent, the third was cut off");
        let brought = bring(&case, &target, "all", &|_| true).unwrap();
        // 80 MiB are five parts; the two that are there are not sent again where the service tells what they are.
        let expected = if name == "ministack" { 3 } else { 5 };
        assert_eq!(way.parts.load(Ordering::Relaxed) - before, expected, "{name}");
        assert_eq!(
            copies::confirm(&target, &case, "all", &brought.sent).unwrap(),
            vec![],
            "{name}"
        );
        let back = folder.path().join("back");
        copies::restore(&target, &copies::contents(&target).unwrap(), &back, &|_| true).unwrap();
        assert_eq!(failures(&back), Vec::<String>::new(), "{name}");
    });
}

#[test]
fn keys_do_not_go_where_versions_stay_and_locks_are_put_where_they_can_be() {
    against_each(|name, service| {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("case");
        let mut entropy = Seeded(3);
        make(&case, false, &mut entropy);
        let lock = [("x-amz-bucket-object-lock-enabled", "true")];
        assert_eq!(service.plain("PUT", "locked", &lock, ""), 200, "{name}");
        assert_eq!(service.plain("PUT", "plain", &[], ""), 200, "{name}");
        let way = Local::default();
        let refused = bring(&case, &service.target("s3://locked/a", &way, None), "all", &|_| true);
        assert!(matches!(refused, Err(CopyError::KeepsKeys { .. })), "{name}: {refused:?}");
        let refused =
            bring(&case, &service.target("s3://plain/a", &way, Some(30)), "all", &|_| true);
        assert!(matches!(refused, Err(CopyError::NoRoom { .. })), "{name}: {refused:?}");
        let target = service.target("s3://locked/b", &way, Some(30));
        let brought = bring(&case, &target, "evidence", &|_| true).unwrap();
        let confirmed = copies::confirm(&target, &case, "evidence", &brought.sent).unwrap();
        assert_eq!(confirmed, vec![], "{name}");
        // The lock stands at the object, with the day on which it ends.
        let blob = brought.sent.iter().find(|name| name.starts_with("blobs/")).unwrap();
        let url = format!("{}/locked/b/{blob}", service.endpoint);
        let fields = [unsigned()];
        let request = Request { method: "HEAD", url: &url, fields: &fields, body: None, limit: 0 };
        let answer = exchange(request, &mut std::io::sink()).unwrap();
        assert_eq!(
            answer.field("x-amz-object-lock-mode"),
            Some("GOVERNANCE"),
            "{name}: {answer:?}"
        );
        let until = answer.field("x-amz-object-lock-retain-until-date").unwrap();
        assert!(until.starts_with("2026-12-18"), "{name}: {until}");
    });
}

#[test]
fn places_are_named_as_people_name_them() {
    let good = [
        ("s3://bucket", None, "s3://bucket/"),
        ("s3://bucket/a/b/", Some("http://127.0.0.1:9000/"), "s3://bucket/a/b"),
        ("s3://b.c-d/x", Some("https://store.example"), "s3://b.c-d/x"),
    ];
    for (text, endpoint, name) in good {
        assert_eq!(S3Place::parse(text, endpoint, None).unwrap().name(), name);
    }
    let bad = [
        ("bucket/a", None),
        ("s3://", None),
        ("s3:///a", None),
        ("s3://b/a/../c", None),
        ("s3://b/a//c", None),
        ("s3://b", Some("store.example")),
        ("s3://b", Some("ftp://store.example")),
        ("s3://b", Some("https://name:word@store.example")),
    ];
    for (text, endpoint) in bad {
        assert!(S3Place::parse(text, endpoint, None).is_err(), "{text} {endpoint:?}");
    }
}
