//! The services that a case asks: each a logged configuration.

use std::path::{Path, PathBuf};

use serde::Serialize;
use witnessmark_model::id::ConfigurationId;
use witnessmark_model::payload::{Payload, TimeAuthority, Timestamp};
use witnessmark_timestamp::{Certificate, Imprint, Request};

use super::TimestampOptions;
use crate::{Case, CaseError};

/// A service to ask from now on.
#[derive(Clone, Debug, Default)]
pub struct NewTimeAuthority {
    /// Its address.
    pub url: String,
    /// Files with the root certificate to believe, and further certificates: PEM or DER.
    pub roots: Vec<PathBuf>,
    /// The policy to ask for.
    pub policy: Option<String>,
    /// A remark that stands wherever its time does.
    pub label: Option<String>,
    /// It is a calendar of OpenTimestamps, and no time-stamp authority.
    pub calendar: bool,
}

/// A service in a list.
#[derive(Clone, Debug, Serialize)]
pub struct TimeAuthorityRow {
    /// Its address.
    pub url: String,
    /// `rfc3161` or `opentimestamps`.
    pub method: String,
    /// The policy that is asked for.
    pub policy: Option<String>,
    /// Its remark.
    pub label: Option<String>,
    /// The subjects of the root certificates that were chosen.
    pub roots: Vec<String>,
    /// SHA-256 of these certificates.
    pub fingerprints: Vec<String>,
    /// The log entry that says so.
    pub entry: u64,
    /// Since when.
    pub at: String,
}

/// A service as it is asked.
pub(super) struct Service {
    pub(super) url: String,
    pub(super) method: &'static str,
    pub(super) policy: Option<String>,
    pub(super) label: Option<String>,
    pub(super) roots: Vec<Certificate>,
    pub(super) others: Vec<Certificate>,
}

impl Service {
    /// A calendar of OpenTimestamps.
    pub(super) fn calendar(url: &str, label: Option<String>) -> Self {
        Self {
            url: url.to_owned(),
            method: Timestamp::OPENTIMESTAMPS,
            policy: None,
            label,
            roots: Vec::new(),
            others: Vec::new(),
        }
    }
}

impl Case {
    /// Asks a service from now on. Nothing is sent by this.
    pub fn add_time_authority(
        &mut self,
        new: &NewTimeAuthority,
    ) -> Result<TimeAuthorityRow, CaseError> {
        check_address(&new.url)?;
        let certificates = read_certificates(&new.roots)?;
        if new.calendar && (!certificates.is_empty() || new.policy.is_some()) {
            return Err(CaseError::usage(
                "a calendar has neither a root certificate nor a policy",
                "leave `--root` and `--policy` out: a proof of OpenTimestamps leads to a block, not to a certificate",
            ));
        }
        if !new.calendar {
            some_root(&certificates, &new.url)?;
            check_policy(new.policy.as_deref())?;
        }
        let evidence = if certificates.is_empty() {
            None
        } else {
            let pem: String = certificates.iter().map(Certificate::pem).collect();
            let entropy = self.environment.entropy.as_mut();
            Some(self.vault.put_evidence(pem.as_bytes(), entropy)?)
        };
        let id = ConfigurationId::random(self.environment.entropy.as_mut());
        let method = if new.calendar { Timestamp::OPENTIMESTAMPS } else { Timestamp::RFC_3161 };
        let entry = TimeAuthority {
            id,
            method: method.to_owned(),
            url: new.url.clone(),
            policy: new.policy.clone(),
            label: new.label.clone(),
            certificates: evidence,
            in_use: true,
        };
        self.commit(vec![entry.into()])?;
        let found = self.time_authorities()?.into_iter().find(|row| row.url == new.url);
        found.ok_or_else(|| CaseError::machine("the service was not kept"))
    }

    /// Asks a service no longer. What it gave stays.
    pub fn remove_time_authority(&mut self, url: &str) -> Result<(), CaseError> {
        let Some((.., last)) = self.services_in_use()?.into_iter().find(|(.., one)| one.url == url)
        else {
            return Err(CaseError::input(
                format!("{url} is not asked by this case"),
                "`witnessmark timestamp authority list` names those that are",
            ));
        };
        let id = ConfigurationId::random(self.environment.entropy.as_mut());
        let entry = TimeAuthority { id, certificates: None, in_use: false, ..last };
        self.commit(vec![entry.into()])?;
        Ok(())
    }

    /// The services that the case asks, in the order in which they were added.
    pub fn time_authorities(&self) -> Result<Vec<TimeAuthorityRow>, CaseError> {
        let mut rows = Vec::new();
        for (entry, at, found) in self.services_in_use()? {
            let (roots, _) = divide(self.certificates_of(&found)?);
            rows.push(TimeAuthorityRow {
                roots: roots.iter().map(Certificate::subject).collect(),
                fingerprints: roots
                    .iter()
                    .map(|root| witnessmark_model::Digest::of(root.der()).hex())
                    .collect(),
                url: found.url,
                method: found.method,
                policy: found.policy,
                label: found.label,
                entry,
                at,
            });
        }
        Ok(rows)
    }

    /// The last word on each address, of those that are to be asked: entry, its time, and what it says.
    fn services_in_use(&self) -> Result<Vec<(u64, String, TimeAuthority)>, CaseError> {
        let mut found: Vec<(u64, String, TimeAuthority)> = Vec::new();
        for entry in self.casebook.entries_of_kind("time-authority")? {
            let at = entry.at();
            let Some(Payload::TimeAuthority(one)) = entry.payload else { continue };
            found.retain(|(.., known)| known.url != one.url);
            found.push((entry.index, at, one));
        }
        found.retain(|(.., one)| one.in_use);
        Ok(found)
    }

    fn certificates_of(&self, authority: &TimeAuthority) -> Result<Vec<Certificate>, CaseError> {
        let Some(evidence) = &authority.certificates else { return Ok(Vec::new()) };
        let pem = self.vault.store().read(evidence)?;
        Certificate::read_all(&pem).map_err(|fault| {
            CaseError::machine(format!("the kept certificates of {}: {fault}", authority.url))
        })
    }

    /// The services that these options mean.
    pub(super) fn services(&self, options: &TimestampOptions) -> Result<Vec<Service>, CaseError> {
        if options.authorities.is_empty() {
            if options.policy.is_some() || !options.roots.is_empty() {
                return Err(CaseError::usage(
                    "a policy or a root certificate is given, and no authority for it",
                    "name it with `--authority URL`, or keep both with `witnessmark timestamp authority add URL --root FILE`",
                ));
            }
            let mut services = self.calendars_for(options)?;
            if options.calendars.is_none() {
                for (.., found) in self.services_in_use()? {
                    services.push(self.service(found)?);
                }
            }
            if services.is_empty() {
                return Err(CaseError::input(
                    "the case asks nobody for timestamps",
                    "choose an authority and its root: `witnessmark timestamp authority add URL --root FILE`",
                ));
            }
            return Ok(services);
        }
        check_policy(options.policy.as_deref())?;
        let given = read_certificates(&options.roots)?;
        let known = self.services_in_use()?;
        let mut services = Vec::new();
        for url in &options.authorities {
            check_address(url)?;
            let known = known.iter().find(|(.., one)| one.url == *url).map(|(.., one)| one.clone());
            // What is kept of an address holds, as far as the command says nothing else.
            let mut service = match known {
                Some(known) => self.service(known)?,
                None => Service {
                    url: url.clone(),
                    method: Timestamp::RFC_3161,
                    policy: None,
                    label: None,
                    roots: Vec::new(),
                    others: Vec::new(),
                },
            };
            if !given.is_empty() {
                (service.roots, service.others) = divide(given.clone());
            }
            if service.method == Timestamp::RFC_3161 {
                some_root(&service.roots, url)?;
            }
            service.policy = options.policy.clone().or(service.policy);
            services.push(service);
        }
        services.extend(self.calendars_for(options)?);
        Ok(services)
    }

    /// The addresses of the calendars that the case asks.
    pub(super) fn calendars(&self) -> Result<Vec<String>, CaseError> {
        let all = self.services_in_use()?.into_iter();
        let calendars = all.filter(|(.., one)| one.method == Timestamp::OPENTIMESTAMPS);
        Ok(calendars.map(|(.., one)| one.url).collect())
    }

    /// The calendars that these options mean; none where they ask for no proof of OpenTimestamps.
    fn calendars_for(&self, options: &TimestampOptions) -> Result<Vec<Service>, CaseError> {
        let Some(given) = &options.calendars else { return Ok(Vec::new()) };
        given.iter().try_for_each(|url| check_address(url))?;
        let known: Vec<TimeAuthority> = self
            .services_in_use()?
            .into_iter()
            .map(|(.., one)| one)
            .filter(|one| one.method == Timestamp::OPENTIMESTAMPS)
            .collect();
        let urls = match given.as_slice() {
            [] => known.iter().map(|one| one.url.clone()).collect(),
            given => given.to_vec(),
        };
        if urls.is_empty() {
            return Err(CaseError::input(
                "no calendar of OpenTimestamps was chosen",
                "name one, such as `--opentimestamps https://alice.btc.calendar.opentimestamps.org`, or keep it with \
                 `witnessmark timestamp authority add URL --calendar`",
            ));
        }
        let label = |url: &str| known.iter().find(|one| one.url == url)?.label.clone();
        Ok(urls.iter().map(|url| Service::calendar(url, label(url))).collect())
    }

    fn service(&self, authority: TimeAuthority) -> Result<Service, CaseError> {
        let (roots, others) = divide(self.certificates_of(&authority)?);
        let method = match authority.method.as_str() {
            Timestamp::OPENTIMESTAMPS => Timestamp::OPENTIMESTAMPS,
            _ => Timestamp::RFC_3161,
        };
        let TimeAuthority { url, policy, label, .. } = authority;
        Ok(Service { url, method, policy, label, roots, others })
    }
}

/// Roots, and certificates that a chain may go through. Of a file without any certificate that names itself as its
/// issuer, all were chosen as roots.
fn divide(certificates: Vec<Certificate>) -> (Vec<Certificate>, Vec<Certificate>) {
    if !certificates.iter().any(Certificate::is_self_issued) {
        return (certificates, Vec::new());
    }
    certificates.into_iter().partition(Certificate::is_self_issued)
}

fn read_certificates(files: &[PathBuf]) -> Result<Vec<Certificate>, CaseError> {
    let mut certificates = Vec::new();
    for path in files {
        let bytes = std::fs::read(path).map_err(|cause| CaseError::file("read", path, &cause))?;
        certificates.extend(parse_certificates(path, &bytes)?);
    }
    Ok(certificates)
}

fn parse_certificates(path: &Path, bytes: &[u8]) -> Result<Vec<Certificate>, CaseError> {
    Certificate::read_all(bytes).map_err(|fault| {
        CaseError::input(
            format!("{}: {fault}", path.display()),
            "give certificates as PEM, or one as DER, as the authority publishes them",
        )
    })
}

fn some_root(certificates: &[Certificate], url: &str) -> Result<(), CaseError> {
    if certificates.is_empty() {
        return Err(CaseError::usage(
            format!("no root certificate was chosen for {url}"),
            "get the authority's root from a source that you trust, and name its file with `--root FILE`",
        ));
    }
    Ok(())
}

fn check_address(url: &str) -> Result<(), CaseError> {
    let plain = url.starts_with("http://") || url.starts_with("https://");
    if plain && url.chars().all(|letter| letter.is_ascii_graphic()) {
        return Ok(());
    }
    Err(CaseError::usage(
        format!("{url:?} is no address of a service"),
        "give it as http://… or https://…",
    ))
}

fn check_policy(policy: Option<&str>) -> Result<(), CaseError> {
    if Request::new(Imprint::sha256([0; 32]), &[1; 8], policy).is_some() {
        return Ok(());
    }
    Err(CaseError::usage(
        format!("{:?} is no policy", policy.unwrap_or_default()),
        "a policy is an object identifier such as 1.3.6.1.4.1.57264.2",
    ))
}
