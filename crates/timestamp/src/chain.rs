//! Chains of certificates to a root that the reader chose (RFC 5280, section 6).

use x509_cert::ext::pkix::KeyUsage;
use x509_cert::ext::pkix::name::GeneralName;

use crate::UtcTime;
use crate::certificate::{Certificate, RevocationList, same_name};
use crate::fault::Fault;
use crate::oid;

/// Certificates in a chain, at most.
const LENGTH: usize = 8;
/// Signatures that are tried, at most: hostile certificates may all have one name.
const TRIES: u32 = 64;

/// Whom the reader trusts, and what else helps to find a chain to them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust<'t> {
    /// Certificates that the reader chose. A chain must end in one; their own signatures are not
    /// asked for.
    pub roots: &'t [Certificate],
    /// Further certificates that a chain may go through. Nothing is trusted for being here.
    pub others: &'t [Certificate],
    /// Revocation lists. One that no certificate of the chain can use is passed over.
    pub revocation_lists: &'t [RevocationList],
}

/// What a chain's first certificate is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose<'p> {
    /// Signs time stamps and nothing else (RFC 3161, section 2.3).
    TimeStamping,
    /// Speaks for a domain, as web servers' certificates do (RFC 6125).
    Domain(&'p str),
    /// Whatever it says.
    Any,
}

/// A chain that was found and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// From the first certificate to the root.
    pub certificates: Vec<Certificate>,
    /// The moment up to which revocation lists say that nothing was revoked; `None` when not every
    /// certificate below the root has a list.
    pub not_revoked_until: Option<UtcTime>,
}

impl Chain {
    /// Finds a chain from `first` to a root and checks it for the moment `at`.
    ///
    /// Each certificate is signed by the next, was valid at that moment, may do what it does, and
    /// was not revoked in a way that reaches back to it. When no chain holds, the fault is that of
    /// the first one that led to a root.
    pub fn find(
        first: &Certificate,
        purpose: Purpose<'_>,
        trust: &Trust<'_>,
        at: UtcTime,
    ) -> Result<Self, Fault> {
        let mut search = Search { purpose, trust, at, tries: TRIES, fault: None };
        let found = search.extend(&mut vec![first]);
        found.ok_or_else(|| search.fault.unwrap_or_else(|| Fault::NotTrusted(first.subject())))
    }

    /// The first moment at which a certificate of the chain ends. A token is to be renewed before.
    pub fn ends(&self) -> Option<UtcTime> {
        self.certificates.iter().map(Certificate::not_after).min()
    }
}

struct Search<'s> {
    purpose: Purpose<'s>,
    trust: &'s Trust<'s>,
    at: UtcTime,
    tries: u32,
    fault: Option<Fault>,
}

impl<'s> Search<'s> {
    /// Extends a path of certificates until it ends in a root and is right.
    fn extend(&mut self, path: &mut Vec<&'s Certificate>) -> Option<Chain>
    where
        's: 's,
    {
        let last = *path.last()?;
        let trust = self.trust;
        if trust.roots.contains(last)
            && let Some(chain) = self.judge(path)
        {
            return Some(chain);
        }
        if path.len() >= LENGTH {
            return None;
        }
        for next in trust.roots.iter().chain(trust.others) {
            if path.contains(&next) || !same_name(next.subject_name(), last.issuer_name()) {
                continue;
            }
            self.tries = self.tries.checked_sub(1)?;
            match last.is_signed_by(next) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(fault) => {
                    self.fault.get_or_insert(fault);
                    continue;
                }
            }
            path.push(next);
            let chain = self.extend(path);
            path.pop();
            if chain.is_some() {
                return chain;
            }
        }
        None
    }

    fn judge(&mut self, path: &[&Certificate]) -> Option<Chain> {
        match self.check(path) {
            Ok(not_revoked_until) => {
                let certificates = path.iter().map(|one| (*one).clone()).collect();
                Some(Chain { certificates, not_revoked_until })
            }
            Err(fault) => {
                self.fault.get_or_insert(fault);
                None
            }
        }
    }

    /// Checks a path that ends in a root.
    fn check(&self, path: &[&Certificate]) -> Result<Option<UtcTime>, Fault> {
        for certificate in path {
            let (from, to) = (certificate.not_before(), certificate.not_after());
            if self.at < from || to < self.at {
                let subject = certificate.subject();
                return Err(Fault::NotValidAt { subject, from, to, at: self.at });
            }
            if let Some(extension) = certificate.extensions.unknown_critical {
                let (subject, extension) = (certificate.subject(), extension.to_string());
                return Err(Fault::CriticalExtension { subject, extension });
            }
        }
        if let Some(first) = path.first() {
            check_purpose(first, self.purpose)?;
        }
        for (below, issuer) in path.iter().enumerate().skip(1) {
            let is_root = below + 1 == path.len();
            // Certificates that name themselves as issuer do not count against a limit.
            let between = path.iter().take(below).skip(1);
            let counted = between.filter(|one| one.subject_name() != one.issuer_name()).count();
            check_issuer(issuer, counted, is_root, self.purpose)?;
        }
        let mut until = None;
        let mut all_listed = path.len() > 1;
        for pair in path.windows(2) {
            let [certificate, issuer] = pair else { continue };
            match self.check_revocation(certificate, issuer)? {
                Some(made) => until = Some(until.map_or(made, |until: UtcTime| until.min(made))),
                None => all_listed = false,
            }
        }
        Ok(until.filter(|_| all_listed))
    }

    /// The moment up to which a list says that the certificate was not revoked.
    ///
    /// A revocation without a reason, or for a lost key, reaches back to everything the key ever
    /// signed. One because the authority stopped, was renamed or got a new key does not (RFC 3161,
    /// section 4).
    fn check_revocation(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Result<Option<UtcTime>, Fault> {
        let mut until = None;
        for list in self.trust.revocation_lists.iter().filter(|list| list.covers(certificate)) {
            if !list.is_signed_by(issuer) {
                return Err(Fault::RevocationList(issuer.subject()));
            }
            if let Some(line) = list.line(certificate) {
                let harmless = matches!(line.reason, Some(0 | 3 | 4 | 5 | 8));
                if !harmless || line.since <= self.at {
                    let (subject, since, reason) = (certificate.subject(), line.since, line.reason);
                    return Err(Fault::Revoked { subject, since, reason });
                }
            }
            until = until.max(Some(list.made()));
        }
        Ok(until)
    }
}

fn check_purpose(certificate: &Certificate, purpose: Purpose<'_>) -> Result<(), Fault> {
    let wrong = |detail| Err(Fault::Purpose { subject: certificate.subject(), detail });
    let extensions = &certificate.extensions;
    match purpose {
        Purpose::TimeStamping => {
            match &extensions.purposes {
                None => return wrong("it has no extended key usage"),
                Some(found) if !found.critical => {
                    return wrong("its extended key usage is not critical");
                }
                Some(found) if found.purposes != [oid::TIME_STAMPING] => {
                    return wrong("its extended key usage is not time stamping alone");
                }
                Some(_) => {}
            }
            if extensions.key_usage.as_ref().is_some_and(|usage| !signs_only(usage)) {
                return wrong("its key usage is not signatures alone");
            }
        }
        Purpose::Domain(domain) => {
            let named = |name: &GeneralName| match name {
                GeneralName::DnsName(name) => covers(name.as_str(), domain),
                _ => false,
            };
            if !extensions.alternative_names.iter().any(named) {
                return wrong("it does not name the domain");
            }
            let serves = |purposes: &crate::certificate::Purposes| {
                purposes.purposes.contains(&oid::SERVER_AUTHENTICATION)
                    || purposes.purposes.contains(&oid::ANY_EXTENDED_KEY_USAGE)
            };
            if extensions.purposes.as_ref().is_some_and(|purposes| !serves(purposes)) {
                return wrong("it is not one for a web server");
            }
        }
        Purpose::Any => {}
    }
    Ok(())
}

/// Digital signatures or non-repudiation, and nothing else.
fn signs_only(usage: &KeyUsage) -> bool {
    (usage.digital_signature() || usage.non_repudiation())
        && !(usage.key_encipherment()
            || usage.data_encipherment()
            || usage.key_agreement()
            || usage.key_cert_sign()
            || usage.crl_sign())
}

fn check_issuer(
    issuer: &Certificate,
    below: usize,
    is_root: bool,
    purpose: Purpose<'_>,
) -> Result<(), Fault> {
    let wrong = |detail| Err(Fault::Issuer { subject: issuer.subject(), detail });
    let extensions = &issuer.extensions;
    match &extensions.basic_constraints {
        Some(basic) if !basic.ca => return wrong("it is not one of an authority"),
        Some(basic)
            if basic.path_len_constraint.is_some_and(|limit| below > usize::from(limit)) =>
        {
            return wrong("the chain below it is longer than it allows");
        }
        Some(_) => {}
        // Roots from before version 3 have no extensions at all.
        None if is_root && !extensions.any => {}
        None => return wrong("it is not one of an authority"),
    }
    if extensions.key_usage.as_ref().is_some_and(|usage| !usage.key_cert_sign()) {
        return wrong("its key usage does not allow it");
    }
    let wanted = match purpose {
        Purpose::TimeStamping => oid::TIME_STAMPING,
        Purpose::Domain(_) => oid::SERVER_AUTHENTICATION,
        Purpose::Any => return Ok(()),
    };
    let allows = |purposes: &crate::certificate::Purposes| {
        purposes.purposes.contains(&wanted)
            || purposes.purposes.contains(&oid::ANY_EXTENDED_KEY_USAGE)
    };
    if !is_root && extensions.purposes.as_ref().is_some_and(|purposes| !allows(purposes)) {
        return wrong("its extended key usage does not allow it");
    }
    Ok(())
}

/// Whether a name of a certificate covers a domain: the same, or a wildcard for one label.
fn covers(name: &str, domain: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(parent) => {
            domain.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent))
        }
        None => name.eq_ignore_ascii_case(domain),
    }
}
