//! Captures the addresses of a list into one WARC file: `fetch LIST FILE.warc.gz [egress]`.
//!
//! The shortest program on this crate, and what the benchmark against `wget` runs. It neither waits between two
//! requests nor asks for the rules for robots, and lets local addresses be reached: point it at servers of your own.
#![allow(
    clippy::disallowed_methods,
    reason = "a program has the clock and the randomness that libraries are given"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use witnessmark_capture::{
    CaptureSettings, DoorSettings, Ending, Engine, Job, KnownPayload, RecordWriter, RobotsPolicy,
    SpoolPlace, urls,
};
use witnessmark_model::{Digest, Entropy, Moment};

struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system gives random bytes");
    }
}

fn now() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Moment::from_unix_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [list, file, egress @ ..] = arguments.as_slice() else {
        return Err("usage: fetch LIST FILE.warc.gz [egress]".into());
    };
    let list = urls::read_list(&std::fs::read(list)?)?;
    for fault in &list.faults {
        eprintln!("{fault}");
    }
    let door = DoorSettings {
        egress: egress.first().map_or("direct", String::as_str).parse()?,
        allow_private_network: true,
        allow_unverified_tls: true,
        extra_authorities: Vec::new(),
        time_limit: Duration::from_secs(30),
        clock: Arc::new(now),
    };
    let mut settings = CaptureSettings::new(door, SpoolPlace::new(&std::env::temp_dir()));
    settings.robots = RobotsPolicy::Ignore;
    settings.delay = Duration::ZERO;
    settings.connections_per_host = 4;
    let about = settings.about(&settings.user_agent);
    let output = BufWriter::new(File::create(file)?);
    let (mut writer, _) = RecordWriter::begin(output, &about, now(), &mut SystemEntropy)?;

    let mut engine = Engine::start(settings)?;
    let mut known: BTreeMap<Digest, KnownPayload> = BTreeMap::new();
    let mut jobs = (0..).zip(list.urls).map(|(number, listed)| Job {
        number,
        url: listed.url.into(),
        referrer: None,
    });
    let mut whole = 0;
    loop {
        while engine.has_room()
            && let Some(job) = jobs.next()
        {
            engine.submit(job).map_err(|job| format!("{} was not taken", job.url))?;
        }
        let Some(visit) = engine.next() else { break };
        for exchange in &visit.exchanges {
            for record in writer.exchange(exchange, &known, &mut SystemEntropy)? {
                record.remember(&mut known);
            }
        }
        match visit.ending {
            Ending::Answered { .. } => whole += 1,
            Ending::Cut { cut, .. } => eprintln!("{}: cut ({})", visit.job.url, cut.as_str()),
            Ending::Failed(failure) => eprintln!("{}: {failure}", visit.job.url),
        }
    }
    writer.finish()?;
    println!("{whole} pages");
    Ok(())
}
