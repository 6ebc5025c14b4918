//! The declared way out of this computer.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// How every connection leaves this computer. There is no way around it: when it fails, nothing is sent.
///
/// Reads `direct`, `tor`, `tor://host:port`, `socks5://[user:password@]host:port` and `http://[user:password@]host:port`.
/// Prints the same without credentials.
#[derive(Clone, PartialEq, Eq)]
pub enum Egress {
    /// Straight to the server. It sees this computer's address.
    Direct,
    /// A SOCKS5 proxy (RFC 1928), which resolves the names.
    Socks5(Proxy),
    /// Tor's SOCKS5 port. Each host that is visited gets circuits of its own.
    Tor(Proxy),
    /// A proxy that is asked to connect by HTTP's CONNECT (RFC 9110, section 9.3.6), which resolves the names.
    HttpProxy(Proxy),
}

impl Egress {
    /// The word in records, which tells no address.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Socks5(_) => "socks5",
            Self::Tor(_) => "tor",
            Self::HttpProxy(_) => "http",
        }
    }
}

/// Where a proxy listens.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its name or address; IPv6 without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// User name and password, when it wants them. Never printed and never recorded.
    pub credentials: Option<(String, String)>,
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("direct"),
            Self::Socks5(proxy) => write!(f, "socks5://{proxy}"),
            Self::Tor(proxy) => write!(f, "tor://{proxy}"),
            Self::HttpProxy(proxy) => write!(f, "http://{proxy}"),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text names no way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the egress is {problem}")]
pub struct NotAnEgress {
    problem: &'static str,
}

impl NotAnEgress {
    /// What to write instead.
    pub fn hint(&self) -> &'static str {
        "write `direct`, `tor`, `tor://host:port`, `socks5://host:port` or `http://host:port`"
    }
}

impl FromStr for Egress {
    type Err = NotAnEgress;

    // The text may hold a password, so no error repeats it.
    fn from_str(text: &str) -> Result<Self, NotAnEgress> {
        let wrong = |problem| NotAnEgress { problem };
        match text.trim() {
            "direct" => return Ok(Self::Direct),
            "tor" => return "tor://127.0.0.1:9050".parse(),
            _ => {}
        }
        let url = Url::parse(text.trim()).map_err(|_| wrong("not an address"))?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(wrong("without a host"))?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("followed by more than host and port"));
        }
        let usual_port = match url.scheme() {
            "socks5" | "socks5h" => Some(1080),
            "tor" => Some(9050),
            "http" => Some(80),
            _ => return Err(wrong("of an unknown kind")),
        };
        let decode = |text: &str| {
            let quoted = text.replace('+', "%2B").replace('&', "%26");
            let mut decoded = url::form_urlencoded::parse(quoted.as_bytes());
            decoded.next().map(|(name, _)| name.into_owned()).unwrap_or_default()
        };
        let credentials = (!url.username().is_empty() || url.password().is_some())
            .then(|| (decode(url.username()), decode(url.password().unwrap_or_default())));
        let proxy = Proxy {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().or(usual_port).ok_or(wrong("without a port"))?,
            credentials,
        };
        Ok(match url.scheme() {
            "tor" if proxy.credentials.is_some() => {
                return Err(wrong("Tor, which takes no user name"));
            }
            "tor" => Self::Tor(proxy),
            "http" => Self::HttpProxy(proxy),
            _ => Self::Socks5(proxy),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_out() {
        for (text, printed) in [
            ("direct", "direct"),
            (" tor ", "tor://127.0.0.1:9050"),
            ("tor://[::1]:9150", "tor://[::1]:9150"),
            ("socks5://proxy.example", "socks5://proxy.example:1080"),
            ("socks5h://u:p%40ss+1@10.0.0.1:9", "socks5://10.0.0.1:9"),
            ("http://squid.example:3128/", "http://squid.example:3128"),
        ] {
            let egress: Egress = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(egress.to_string(), printed);
            assert_eq!(format!("{egress:?}"), printed, "no password in messages");
        }
        let Egress::Socks5(proxy) = "socks5://u:p%40ss+1@10.0.0.1".parse().unwrap() else {
            panic!("no SOCKS5")
        };
        assert_eq!(proxy.credentials, Some(("u".to_owned(), "p@ss+1".to_owned())));
        for text in
            ["", "proxy", "https://a:1", "socks4://a:1", "tor://u@a", "socks5://", "http://a/b"]
        {
            let error = text.parse::<Egress>().unwrap_err().to_string();
            assert!(!error.contains("a:1"), "{error}");
        }
    }
}
