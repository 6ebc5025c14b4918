//! The investigator's own addresses, in the spellings in which pages and servers echo them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

use super::{SecretKind, Spot};

/// Addresses and host names that tell who captured: of the computer, its network, its proxy.
#[derive(Clone, Debug, Default)]
pub struct OwnAddresses {
    addresses: Vec<IpAddr>,
    /// Every IPv4 spelling and every host name, in one expression; none when nothing was given.
    spelled: Option<Regex>,
}

/// A text is neither an address nor a host name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("own address {number} is neither an IP address nor a host name")]
pub struct NotAnAddress {
    /// Which one of the list, counted from 1. The text itself is not repeated: errors end up in logs.
    pub number: usize,
}

impl NotAnAddress {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        "write addresses like 203.0.113.9 or 2001:db8::7, and names like office.example.org, one each"
    }
}

impl OwnAddresses {
    /// Reads IPv4 and IPv6 addresses and host names, one an item.
    pub fn parse<S: AsRef<str>>(items: &[S]) -> Result<Self, NotAnAddress> {
        let mut addresses = Vec::new();
        let mut spellings = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let item = item.as_ref().trim().trim_matches(['[', ']']).trim_end_matches('.');
            match item.parse::<IpAddr>().map(|address| address.to_canonical()) {
                Ok(address) => {
                    if let IpAddr::V4(four) = address {
                        spellings.push(regex::escape(&four.to_string()));
                        // As internet providers name their customers' lines.
                        spellings.push(four.to_string().replace('.', "-"));
                    }
                    addresses.push(address);
                }
                Err(_) if is_host_name(item) => spellings.push(regex::escape(item)),
                Err(_) => return Err(NotAnAddress { number: index + 1 }),
            }
        }
        let spelled = match spellings.is_empty() {
            true => None,
            false => Some(
                RegexBuilder::new(&spellings.join("|"))
                    .case_insensitive(true)
                    .unicode(false)
                    .size_limit(64 << 20)
                    .build()
                    .map_err(|_| NotAnAddress { number: items.len() })?,
            ),
        };
        Ok(Self { addresses, spelled })
    }

    /// Every place where one of them stands on its own.
    pub(super) fn find(&self, bytes: &[u8], spots: &mut Vec<Spot>) {
        let mut add = |start, end| {
            spots.extend(Spot::new(bytes, (start, end), SecretKind::OwnAddress, "own address"));
        };
        if let Some(spelled) = &self.spelled {
            for found in spelled.find_iter(bytes) {
                if stands_alone(bytes, found.start(), found.end()) {
                    add(found.start(), found.end());
                }
            }
        }
        if !self.addresses.is_empty() {
            for found in SIX.find_iter(bytes) {
                let own = parse_six(found.as_bytes())
                    .is_some_and(|six| self.addresses.contains(&IpAddr::V6(six).to_canonical()));
                if own {
                    add(found.start(), found.end());
                }
            }
        }
    }
}

fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
    };
    text.len() >= 4 && text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

/// Whether what stands before and after does not make it a part of a longer number or name.
fn stands_alone(bytes: &[u8], start: usize, end: usize) -> bool {
    let at = |place: Option<usize>| place.and_then(|place| bytes.get(place)).copied();
    let is_digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
    let begins_with_digit = is_digit(at(Some(start)));
    let before = at(start.checked_sub(1));
    let after = at(Some(end));
    let joined_before = match before {
        Some(b'.' | b'-') if begins_with_digit => is_digit(at(start.checked_sub(2))),
        Some(byte) if begins_with_digit => byte.is_ascii_digit(),
        Some(byte) => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
        None => false,
    };
    let joined_after = match after {
        Some(b'.' | b'-') if is_digit(at(end.checked_sub(1))) => is_digit(at(Some(end + 1))),
        Some(byte) if is_digit(at(end.checked_sub(1))) => byte.is_ascii_digit(),
        Some(byte) => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
        None => false,
    };
    !(joined_before || joined_after)
}

/// A run that may be an IPv6 address, its colons as they are or percent-encoded.
static SIX: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i-u)(?:[0-9a-f]{0,4}(?::|%3a)){2,7}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-f]{0,4})",
    )
    .expect("the expression is a constant, and a test uses it")
});

/// An IPv4 address, or a run that may be an IPv6 one.
static ANY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i-u)[0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}")
        .expect("the expression is a constant, and a test uses it")
});

fn parse_six(bytes: &[u8]) -> Option<Ipv6Addr> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.replace("%3a", ":").replace("%3A", ":").parse().ok()
}

fn parse_any(bytes: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// Whether an address can be one by which the world sees a computer.
fn is_public(address: IpAddr) -> bool {
    let four = |four: Ipv4Addr| {
        !(four.is_private()
            || four.is_loopback()
            || four.is_unspecified()
            || four.is_link_local()
            || four.is_broadcast()
            || four.is_multicast())
    };
    match address.to_canonical() {
        IpAddr::V4(address) => four(address),
        IpAddr::V6(six) => {
            let first = six.segments()[0];
            !(six.is_loopback() || six.is_unspecified() || six.is_multicast())
                && first & 0xfe00 != 0xfc00
                && first & 0xffc0 != 0xfe80
        }
    }
}

/// Fields by which servers and proxies hand on who asked. Names in lower case.
const ECHO_FIELDS: &[&str] = &[
    "ali-cdn-real-ip",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "client-ip",
    "fastly-client-ip",
    "forwarded",
    "proxy-client-ip",
    "remote-addr",
    "true-client-ip",
    "wl-proxy-client-ip",
    "x-azure-clientip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-forwarded",
    "x-forwarded-for",
    "x-original-forwarded-for",
    "x-originating-ip",
    "x-proxyuser-ip",
    "x-real-ip",
    "x-remote-addr",
    "x-remote-ip",
];

/// Whether a field of this name holds the address of the one who asked.
pub(super) fn is_echo_field(name: &str) -> bool {
    ECHO_FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name))
}

/// Whether a value holds any address.
pub(super) fn has_address(value: &[u8]) -> bool {
    ANY.find_iter(value).any(|found| parse_any(found.as_bytes()).is_some())
}

/// "Your IP is" in the languages our users read, and the names programs give it.
static ECHO_WORDS: LazyLock<Regex> = LazyLock::new(|| {
    let phrases = [
        r"(?-u:\b)your (?:(?:current|public|external|own) )?ip(?:v[46])?(?-u:\b)(?: address)?",
        r"(?-u:\b)you(?:'re| are) (?:connecting|visiting|browsing) from(?-u:\b)",
        r"[您你]的(?:[\p{Han}]{0,4})\s?ip\s?(?:地址|位址|v[46])?",
        r"(?:来访|來訪|访问|訪問|客户端|客戶端|本机|本機|当前|當前)(?:者|用户)?的?\s?ip\s?(?:地址|位址)?",
        r"(?:ваш|вашего)\s+(?:\p{Cyrillic}{1,20}\s+)?ip(?-u:\b)(?:[- ]адрес)?",
        r"عنوان(?:ك)?\s+(?:ال)?(?:ip|آي\s?بي)(?:\s+الخاص\s+بك)?",
        r"عنوان\s+بروتوكول\s+الإنترنت\s+الخاص\s+بك",
        r#"["'](?:client|remote|user|visitor)_?(?:ip|addr|address|ip_?address)["']\s?[:=]"#,
    ];
    Regex::new(&format!("(?i){}", phrases.join("|")))
        .expect("the expression is a constant, and a test uses it")
});

/// How far behind the words the address is looked for, tags included, and how much text may lie between.
const REACH: usize = 400;
const GAP: usize = 48;

/// Addresses that a page says are its reader's own.
pub(super) fn find_echoes(bytes: &[u8], spots: &mut Vec<Spot>) {
    for words in ECHO_WORDS.find_iter(bytes) {
        let from = words.end();
        let behind = bytes.get(from..(from + REACH).min(bytes.len())).unwrap_or_default();
        let address = ANY.find_iter(behind).find_map(|found| {
            let address = parse_any(found.as_bytes())?;
            Some((found.start(), found.end(), address))
        });
        if let Some((start, end, address)) = address
            && is_public(address)
            && text_length(behind.get(..start).unwrap_or_default()) <= GAP
            && stands_alone(bytes, from + start, from + end)
        {
            spots.extend(Spot::new(
                bytes,
                (from + start, from + end),
                SecretKind::OwnAddress,
                "address the page tells its reader",
            ));
        }
    }
}

/// Bytes outside tags.
fn text_length(bytes: &[u8]) -> usize {
    let mut inside = false;
    bytes
        .iter()
        .filter(|byte| {
            match **byte {
                b'<' => inside = true,
                b'>' if inside => {
                    inside = false;
                    return false;
                }
                _ => {}
            }
            !inside && !byte.is_ascii_whitespace()
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(own: &[&str], text: &str) -> Vec<String> {
        let own = OwnAddresses::parse(own).unwrap();
        let mut spots = Vec::new();
        own.find(text.as_bytes(), &mut spots);
        find_echoes(text.as_bytes(), &mut spots);
        let spots = super::super::settle(spots);
        spots.iter().map(|spot| text[spot.start..spot.end].to_owned()).collect()
    }

    #[test]
    fn finds_own_addresses_in_their_spellings() {
        let four = ["203.0.113.9"];
        let six = ["2001:db8:0:0::7"];
        let host = ["Line-9.Office.example"];
        let cases: &[(&[&str], &str, &[&str])] = &[
            (&four, "from 203.0.113.9, port 1", &["203.0.113.9"]),
            (&four, "ip=203.0.113.9.", &["203.0.113.9"]),
            (&four, "x203-0-113-9.isp.example", &["203-0-113-9"]),
            (&four, "::ffff:203.0.113.9", &["::ffff:203.0.113.9"]),
            (&four, "203.0.113.90 1203.0.113.9 1.203.0.113.9 203.0.113.9.4", &[]),
            (&six, "[2001:DB8::7]:443", &["2001:DB8::7"]),
            (&six, "ip=2001%3Adb8%3A%3A7&", &["2001%3Adb8%3A%3A7"]),
            (
                &six,
                "2001:0db8:0000:0000:0000:0000:0000:0007",
                &["2001:0db8:0000:0000:0000:0000:0000:0007"],
            ),
            (&six, "2001:db8::8, 12:34:56", &[]),
            (&host, "Via: 1.1 line-9.office.example (squid)", &["line-9.office.example"]),
            (&host, "line-9.office.examples offline-9.office.example", &[]),
        ];
        for (own, text, expected) in cases {
            assert_eq!(found(own, text), *expected, "{text}");
        }
    }

    #[test]
    fn finds_what_a_page_tells_its_reader() {
        let cases: &[(&str, &[&str])] = &[
            ("Your IP address is <b>198.51.100.7</b>.", &["198.51.100.7"]),
            (
                "Your IP:\n<span class=\"cf-footer-item\"><span id=\"ip\">2001:db8::5</span>",
                &["2001:db8::5"],
            ),
            ("您的IP地址：198.51.100.7", &["198.51.100.7"]),
            ("当前IP 198.51.100.7 访问过于频繁", &["198.51.100.7"]),
            ("Ваш IP-адрес: 198.51.100.7", &["198.51.100.7"]),
            ("عنوان IP الخاص بك هو 198.51.100.7", &["198.51.100.7"]),
            ("{\"client_ip\":\"198.51.100.7\"}", &["198.51.100.7"]),
            ("Your IP address is private, for example 192.168.0.1.", &[]),
            ("The server 198.51.100.7 answered. Never share your IP address.", &[]),
            ("version 1.2.3.4", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(&[], text), *expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_address() {
        for (index, bad) in ["", "localhost", "a b.c", "300.1.1.1 x"].iter().enumerate() {
            let mut list = vec!["203.0.113.9"; index];
            list.push(bad);
            assert_eq!(OwnAddresses::parse(&list).unwrap_err().number, index + 1, "{bad}");
        }
    }
}
