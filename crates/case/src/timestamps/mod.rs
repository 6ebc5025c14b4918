//! Timestamps from outside: who is asked, what is kept, and when to ask again.
//!
//! What is asked for is a timestamp over the published checkpoint, the note that carries only the log's own signature. It
//! covers every entry before it, and with them the digests of all earlier timestamps: whoever asks again before an old
//! token's certificates end has renewed it (the idea of RFC 4998, with the log in place of its hash trees).

mod authorities;
mod blocks;
mod calendar;
mod standing;
mod token;

use std::path::PathBuf;

use serde::Serialize;
use witnessmark_model::id::TimestampId;
use witnessmark_model::payload::Timestamp;
use witnessmark_model::transport::Transport;
use witnessmark_model::{Digest, Moment};

use crate::{Case, CaseError};

pub use authorities::{NewTimeAuthority, TimeAuthorityRow};
pub use standing::{TimeStanding, TimestampRow};

use authorities::Service;
use token::Refusal;

/// What to ask for, and of whom.
#[derive(Clone, Debug, Default)]
pub struct TimestampOptions {
    /// Addresses of time-stamp authorities. With none here, those of the case are asked.
    pub authorities: Vec<String>,
    /// The policy to ask these for.
    pub policy: Option<String>,
    /// Files with the root certificates to believe for these, and with further certificates.
    pub roots: Vec<PathBuf>,
    /// Begin a proof of OpenTimestamps at these calendars; with an empty list at those of the case. Authorities are then
    /// asked only where some are named.
    pub calendars: Option<Vec<String>>,
    /// Ask each only when it has given none today (UTC); with an hour, only within that hour.
    pub daily: Option<Option<u8>>,
    /// Ask only when certificates under the newest tokens end within so many days.
    pub renew: Option<u32>,
}

/// Gives the way to services, by the egress of the case.
pub type WayOut<'w> = &'w mut dyn FnMut(&Case) -> Result<Box<dyn Transport>, CaseError>;

/// What came of asking.
#[derive(Clone, Debug, Serialize)]
pub struct Timestamped {
    /// How many entries the checkpoint covers.
    pub size: u64,
    /// SHA-256 of the checkpoint's note: what is stamped.
    pub checkpoint: Digest,
    /// One a service, in the order of asking.
    pub services: Vec<Asked>,
}

impl Timestamped {
    /// Whether somebody was asked and gave nothing that can be kept.
    pub fn any_failed(&self) -> bool {
        self.services.iter().any(|asked| asked.outcome == "failed")
    }
}

/// What one service gave.
#[derive(Clone, Debug, Serialize)]
pub struct Asked {
    /// Its address; of calendars that gave one proof together all of them.
    pub service: String,
    /// `rfc3161` or `opentimestamps`.
    pub method: &'static str,
    /// `kept`, `pending` (a proof that cannot be completed yet), `failed` or `not-asked`.
    pub outcome: &'static str,
    /// What was kept.
    pub timestamp: Option<TimestampId>,
    /// The token's time.
    pub time: Option<String>,
    /// Who says so.
    pub authority: Option<String>,
    /// The remark of its configuration.
    pub label: Option<String>,
    /// When the first of the token's certificates ends.
    pub renew_before: Option<String>,
    /// Why it failed or was not asked; remarks on what was kept.
    pub notes: Vec<String>,
    /// What to do after a failure.
    pub hint: Option<String>,
}

impl Asked {
    fn new(services: &[&Service], outcome: &'static str) -> Self {
        Self {
            service: addresses(services).join(", "),
            method: method_of(services),
            outcome,
            timestamp: None,
            time: None,
            authority: None,
            label: label_of(services),
            renew_before: None,
            notes: Vec::new(),
            hint: None,
        }
    }

    fn not(service: &Service, why: String) -> Self {
        Self { notes: vec![why], ..Self::new(&[service], "not-asked") }
    }

    fn failed(services: &[&Service], refusal: Refusal) -> Self {
        Self { notes: vec![refusal.fact], hint: refusal.hint, ..Self::new(services, "failed") }
    }
}

fn addresses(services: &[&Service]) -> Vec<String> {
    services.iter().map(|service| service.url.clone()).collect()
}

/// Services that are asked together are all of one method.
fn method_of(services: &[&Service]) -> &'static str {
    services.first().map_or(Timestamp::RFC_3161, |service| service.method)
}

/// One word that a service proves nothing holds for all that has its word in it.
fn label_of(services: &[&Service]) -> Option<String> {
    services.iter().find_map(|service| service.label.clone())
}

/// A timestamp that may be kept: its files, and what its entry says of it.
struct Obtained {
    authority: Option<String>,
    time: Option<String>,
    renew_before: Option<String>,
    /// Names and bytes; the first is the token or proof.
    files: Vec<(String, Vec<u8>)>,
    notes: Vec<String>,
}

impl Case {
    /// Asks time-stamp authorities and calendars for timestamps over the published checkpoint, and keeps what holds.
    /// `way_out` is asked for only when somebody is to be asked.
    pub fn timestamp(
        &mut self,
        options: &TimestampOptions,
        way_out: WayOut<'_>,
    ) -> Result<Timestamped, CaseError> {
        let services = self.services(options)?;
        let now = (self.environment.clock)();
        let (note, checkpoint) = self.vault.checkpoint()?;
        let (size, digest) = (checkpoint.size, Digest::of(&note));
        let mut asked = Vec::new();
        let mut due = Vec::new();
        for service in &services {
            match self.why_not_now(service, options, now)? {
                Some(why) => asked.push(Asked::not(service, why)),
                None => due.push(service),
            }
        }
        if due.is_empty() {
            return Ok(Timestamped { size, checkpoint: digest, services: asked });
        }
        let transport = way_out(self)?;
        let (authorities, calendars): (Vec<&Service>, Vec<&Service>) =
            due.into_iter().partition(|service| service.method == Timestamp::RFC_3161);
        for service in authorities {
            let nonce = self.environment.entropy.seed();
            let given = token::ask(transport.as_ref(), service, &digest, &nonce, now);
            asked.push(match given {
                Ok(obtained) => self.keep(&[service], size, obtained, None)?,
                Err(refusal) => Asked::failed(&[service], refusal),
            });
        }
        if !calendars.is_empty() {
            let mut nonce = [0; 16];
            self.environment.entropy.fill(&mut nonce);
            let begun = calendar::begin(transport.as_ref(), &calendars, &digest, nonce);
            let mut gave = Vec::new();
            for (service, given) in calendars.into_iter().zip(begun.given) {
                match given {
                    Ok(()) => gave.push(service),
                    Err(refusal) => asked.push(Asked::failed(&[service], refusal)),
                }
            }
            if let Some(proof) = begun.proof {
                asked.push(self.keep(&gave, size, proof, None)?);
            }
        }
        Ok(Timestamped { size, checkpoint: digest, services: asked })
    }

    /// Completes proofs that were begun, as far as blocks hold them by now. One row a proof that is not complete.
    pub fn complete_timestamps(&mut self, way_out: WayOut<'_>) -> Result<Vec<Asked>, CaseError> {
        let begun: Vec<Timestamp> = self
            .list_timestamps()?
            .into_iter()
            .filter(TimestampRow::is_pending)
            .map(|row| row.timestamp)
            .collect();
        if begun.is_empty() {
            return Ok(Vec::new());
        }
        let transport = way_out(self)?;
        let chosen = self.calendars()?;
        let mut asked = Vec::new();
        for timestamp in begun {
            let Some(file) = timestamp.file(".ots") else { continue };
            let path = self.vault.folder().join(timestamp.path(file));
            let bytes = std::fs::read(&path).map_err(|c| CaseError::file("read", &path, &c))?;
            let calendar = |url: &String| Service::calendar(url, timestamp.label.clone());
            let calendars: Vec<Service> = timestamp.services.iter().map(calendar).collect();
            let calendars: Vec<&Service> = calendars.iter().collect();
            let allowed = [timestamp.services.as_slice(), chosen.as_slice()].concat();
            asked.push(match calendar::complete(transport.as_ref(), &bytes, &allowed) {
                Ok((Some(obtained), notes)) => {
                    let completes = Some(timestamp.id);
                    let kept = self.keep(&calendars, timestamp.size, obtained, completes)?;
                    Asked { notes: [kept.notes.clone(), notes].concat(), ..kept }
                }
                Ok((None, notes)) => Asked { notes, ..Asked::new(&calendars, "pending") },
                Err(refusal) => Asked::failed(&calendars, refusal),
            });
        }
        Ok(asked)
    }

    /// Why a service is not to be asked now, if so.
    fn why_not_now(
        &self,
        service: &Service,
        options: &TimestampOptions,
        now: Moment,
    ) -> Result<Option<String>, CaseError> {
        let given = self.timestamps()?;
        let of_today = given.iter().find(|(day, one)| {
            *day == now.day() && one.services.contains(&service.url) && one.completes.is_none()
        });
        if let Some(hour) = options.daily {
            if let Some((_, one)) = of_today {
                let at = one.time.as_ref().map(|time| format!(" ({time})")).unwrap_or_default();
                return Ok(Some(format!("it gave one today{at}")));
            }
            if let Some(hour) = hour.filter(|hour| i64::from(*hour) != hour_of(now)) {
                return Ok(Some(format!("it is asked between {hour:02}:00 and {hour:02}:59 UTC")));
            }
        }
        if let Some(days) = options.renew {
            if of_today.is_some() {
                return Ok(Some("it gave one today".to_owned()));
            }
            if service.method == Timestamp::OPENTIMESTAMPS {
                return Ok(Some("its proofs rest on no certificate that ends".to_owned()));
            }
            let standing = self.time_standing()?;
            return Ok(match standing.renew_before {
                None => Some("there is no token to renew".to_owned()),
                Some(ends) if ends.as_str() > in_days(now, days).as_str() => {
                    Some(format!("the certificates under the newest tokens last until {ends}"))
                }
                Some(_) => None,
            });
        }
        Ok(None)
    }

    /// Keeps what services gave together beside its checkpoint, and logs it.
    fn keep(
        &mut self,
        services: &[&Service],
        size: u64,
        obtained: Obtained,
        completes: Option<TimestampId>,
    ) -> Result<Asked, CaseError> {
        let files = self.vault.keep_beside_checkpoint(size, &obtained.files)?;
        let id = TimestampId::random(self.environment.entropy.as_mut());
        let timestamp = Timestamp {
            id,
            size,
            method: method_of(services).to_owned(),
            services: addresses(services),
            authority: obtained.authority.clone(),
            label: label_of(services),
            time: obtained.time.clone(),
            renew_before: obtained.renew_before.clone(),
            completes,
            files,
        };
        self.commit(vec![timestamp.into()])?;
        Ok(Asked {
            timestamp: Some(id),
            time: obtained.time,
            authority: obtained.authority,
            renew_before: obtained.renew_before,
            notes: obtained.notes,
            ..Asked::new(services, "kept")
        })
    }
}

/// The hour of the day, UTC.
fn hour_of(now: Moment) -> i64 {
    now.unix_millis() / 3_600_000 % 24
}

/// The moment so many days from now.
fn in_days(now: Moment, days: u32) -> String {
    const DAY: i64 = 24 * 3_600_000;
    Moment::from_unix_millis(now.unix_millis().saturating_add(i64::from(days) * DAY)).to_string()
}

/// The name of a kept file: the first digits of the token's or proof's digest, and what kind of file it is.
fn file_name(of: &[u8], ending: &str) -> String {
    let stem: String = Digest::of(of).hex().chars().take(16).collect();
    format!("{stem}.{ending}")
}
