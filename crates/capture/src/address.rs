//! Which network addresses are public, and how hosts are spelled.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is refused, in words; `None` when it is public.
///
/// The ranges are those of IANA's special-purpose registries (RFC 6890 and its updates) that are not globally
/// reachable, multicast, and the IPv6 forms that carry an IPv4 address (mapped, compatible, 6to4, Teredo, NAT64): of
/// those the address inside decides.
pub(crate) fn refusal(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => refusal_of_4(address),
        IpAddr::V6(address) => refusal_of_6(address),
    }
}

fn refusal_of_4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [0, ..] => Some("an address of this network"),
        [127, ..] => Some("a loopback address"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("a private address"),
        [100, 64..=127, ..] => Some("a carrier's shared address"),
        [169, 254, ..] => Some("a link-local address"),
        [192, 0, 0, _] => Some("a protocol assignment"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Some("an address for documentation")
        }
        [192, 88, 99, _] => Some("an address of 6to4 relays"),
        [198, 18..=19, ..] => Some("an address for benchmarks"),
        [224..=239, ..] => Some("a multicast address"),
        [240..=255, ..] => Some("a reserved address"),
        _ => None,
    }
}

fn refusal_of_6(address: Ipv6Addr) -> Option<&'static str> {
    if address.is_unspecified() {
        return Some("an unspecified address");
    }
    if address.is_loopback() {
        return Some("a loopback address");
    }
    let inside = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        refusal_of_4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // IPv4-mapped, IPv4-translated (RFC 2765) and IPv4-compatible.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0, 0, 0, 0, 0, 0, high, low] => inside(high, low),
        // NAT64 (RFC 6052), then its local form (RFC 8215).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inside(high, low),
        [0x64, 0xff9b, 1, ..] => Some("an address of local translation"),
        [0x2002, high, low, ..] => inside(high, low),
        // Teredo (RFC 4380) hides the client's address by inverting it.
        [0x2001, 0, server_high, server_low, _, _, high, low] => {
            inside(server_high, server_low).or_else(|| inside(!high, !low))
        }
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Some("an address for documentation"),
        [0x2001, 0x0002, 0, ..] => Some("an address for benchmarks"),
        [0x2001, 0..=0x01ff, ..] => Some("a protocol assignment"),
        [0x100, 0, 0, 0, ..] => Some("an address that discards"),
        [0x5f00, ..] => Some("an address of segment routing"),
        [0xfc00..=0xfdff, ..] => Some("a private address"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xfec0..=0xfeff, ..] => Some("a site-local address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        _ => None,
    }
}

/// A host as it is meant, however it was spelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// An address.
    Address(IpAddr),
    /// A name in lower case and ASCII, without a dot at its end.
    Name(String),
}

impl Host {
    /// Reads a host as browsers do (WHATWG URL, section 3.5): `0x7f.1`, `127.1`, `2130706433` and full-width digits are
    /// addresses, names become ASCII. `None` when it is none of both.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match url::Host::parse(text).ok()? {
            url::Host::Ipv4(address) => Some(Self::Address(address.into())),
            url::Host::Ipv6(address) => Some(Self::Address(address.into())),
            url::Host::Domain(name) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                if name.is_empty() {
                    return None;
                }
                // `127.0.0.1.` is a name to some parsers and an address to resolvers.
                match name.parse() {
                    Ok(address) => Some(Self::Address(address)),
                    Err(_) => Some(Self::Name(name)),
                }
            }
        }
    }

    /// Why it is refused whatever it resolves to: it is local by definition (RFC 6761, RFC 6762, RFC 8375, RFC 9476, and
    /// ICANN's `internal`), or an address that is not public.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        match self {
            Self::Address(address) => refusal(*address),
            Self::Name(name) => {
                let local = ["localhost", "local", "internal", "home.arpa", "alt", "localdomain"];
                let is_local = local.iter().any(|end| {
                    name.strip_suffix(end)
                        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                });
                (is_local || !name.contains('.'))
                    .then_some("a name of this computer or a local network")
            }
        }
    }

    /// Whether only Tor can reach it (RFC 7686).
    pub(crate) fn is_onion(&self) -> bool {
        matches!(self, Self::Name(name) if name.ends_with(".onion"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_not_public() {
        let refused = [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.251",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001:db8::1",
            "2001:2::1",
            "2001:10::1",
            "2001:0:7f00:1::",
            "2001:0:808:808:0:0:80ff:fffe",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for text in refused {
            assert!(refusal(text.parse().unwrap()).is_some(), "{text} is let through");
        }
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
            "2a00:1450::1",
        ];
        for text in public {
            assert_eq!(refusal(text.parse().unwrap()), None, "{text}");
        }
    }

    #[test]
    fn spellings_of_one_host() {
        for text in [
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "0x7f000001",
            "2130706433",
            "0177.0.0.1",
            "127.0.0.1.",
            "１２７.0.0.1",
            "[::ffff:127.0.0.1]",
            "[::1]",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "printer.local",
            "intranet",
            "nas.home.arpa",
            "db.internal.",
        ] {
            let host = Host::parse(text).unwrap_or_else(|| panic!("{text} is no host"));
            assert!(host.refusal().is_some(), "{text} is let through as {host:?}");
        }
        for text in ["", ".", "a b", "[::1", "exa%00mple.org"] {
            assert_eq!(Host::parse(text), None, "{text}");
        }
        let name = Host::Name("xn--mnchen-3ya.example.org".to_owned());
        assert_eq!(Host::parse("MÜNCHEN.example.org."), Some(name.clone()));
        assert_eq!(name.refusal(), None);
        assert!(Host::parse("abc.onion").unwrap().is_onion());
    }
}
