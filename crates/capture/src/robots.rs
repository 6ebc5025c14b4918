//! What a site asks of robots (RFC 9309).

use std::io::Read;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use texting_robots::Robot;
use url::Url;

/// By this name the rules address us.
pub const ROBOT_NAME: &str = "witnessmark";

/// So much of a file of rules is read (RFC 9309, section 2.5).
pub(crate) const ROBOTS_LIMIT: usize = 500 * 1024;

/// No rule can make us wait longer between two requests.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// The rules of one site.
#[derive(Debug)]
pub struct RobotsRules {
    kind: Kind,
    sitemaps: Vec<String>,
}

#[derive(Debug)]
enum Kind {
    AllAllowed,
    NothingAllowed,
    Rules(Robot),
}

impl RobotsRules {
    /// Reads what a site answered when its `/robots.txt` was asked for: the last status after redirects, and the first
    /// 500 KiB of the body. No rules (4xx) allow all; a site that cannot be asked (5xx, no answer, 429) allows nothing
    /// (section 2.3.1).
    pub fn from_answer(status: Option<u16>, body: &[u8]) -> Self {
        let kind = match status {
            Some(200..=299) => return Self::from_file(body),
            Some(429) => Kind::NothingAllowed,
            Some(400..=499) => Kind::AllAllowed,
            // A redirect that is not followed leads to no rules.
            Some(300..=399) => Kind::AllAllowed,
            _ => Kind::NothingAllowed,
        };
        Self { kind, sitemaps: Vec::new() }
    }

    fn from_file(body: &[u8]) -> Self {
        let mut unpacked = Vec::new();
        let body = if body.starts_with(&[0x1f, 0x8b]) {
            // What was unpacked before damage or the limit counts.
            let _ = MultiGzDecoder::new(body).take(ROBOTS_LIMIT as u64).read_to_end(&mut unpacked);
            unpacked.as_slice()
        } else {
            body.get(..ROBOTS_LIMIT).unwrap_or(body)
        };
        match Robot::new(ROBOT_NAME, body) {
            Ok(robot) => Self { sitemaps: robot.sitemaps.clone(), kind: Kind::Rules(robot) },
            // What cannot be understood may forbid something.
            Err(_) => Self { kind: Kind::NothingAllowed, sitemaps: Vec::new() },
        }
    }

    /// Whether we may fetch `url`.
    pub fn allow(&self, url: &Url) -> bool {
        match &self.kind {
            Kind::AllAllowed => true,
            Kind::NothingAllowed => false,
            Kind::Rules(robot) => robot.allowed(url.as_str()),
        }
    }

    /// The wait between two requests that it asks for, at most a minute. (`Crawl-delay` is outside the RFC; many sites
    /// have it.)
    pub fn delay(&self) -> Option<Duration> {
        match &self.kind {
            Kind::Rules(robot) => {
                let delay = Duration::try_from_secs_f32(robot.delay?).unwrap_or(LONGEST_DELAY);
                Some(delay.min(LONGEST_DELAY))
            }
            _ => None,
        }
    }

    /// The sitemaps it names, as they stand.
    pub fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allows(rules: &RobotsRules, path: &str) -> bool {
        rules.allow(&Url::parse(&format!("https://e.org{path}")).unwrap())
    }

    #[test]
    fn rules_for_us_and_for_all() {
        let rules = RobotsRules::from_answer(
            Some(200),
            b"User-agent: *\nDisallow: /\n\nUser-agent: WitnessMark\nDisallow: /private\nAllow: /private/open$\n\
              Crawl-delay: 2.5\nSitemap: https://e.org/map.xml\n",
        );
        for (path, allowed) in [
            ("/", true),
            ("/private/x", false),
            ("/private/open", true),
            ("/private/open/x", false),
            ("/robots.txt", true),
        ] {
            assert_eq!(allows(&rules, path), allowed, "{path}");
        }
        assert_eq!(rules.delay(), Some(Duration::from_millis(2500)));
        assert_eq!(rules.sitemaps(), ["https://e.org/map.xml"]);
    }

    #[test]
    fn answers_without_rules() {
        for (status, allowed) in [
            (Some(404), true),
            (Some(403), true),
            (Some(301), true),
            (Some(429), false),
            (Some(500), false),
            (Some(503), false),
            (None, false),
            (Some(204), true),
        ] {
            let rules = RobotsRules::from_answer(status, b"");
            assert_eq!(allows(&rules, "/x"), allowed, "{status:?}");
        }
        let endless = RobotsRules::from_answer(Some(200), b"User-agent: *\nCrawl-delay: 1e30\n");
        assert!(endless.delay().is_none_or(|delay| delay <= LONGEST_DELAY));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            mut body in prop::collection::vec(any::<u8>(), 0..300),
            lines in prop::collection::vec(
                "(User-agent|Disallow|Allow|Crawl-delay|Sitemap): ?[a-z0-9*$%/.?-]{0,30}", 0..12),
        ) {
            let text = lines.join("\n");
            let rules = RobotsRules::from_answer(Some(200), text.as_bytes());
            let _ = (allows(&rules, "/a*b?c"), rules.delay());
            body.extend_from_slice(text.as_bytes());
            let rules = RobotsRules::from_answer(Some(200), &body);
            let _ = (allows(&rules, "/%e0%a5"), rules.delay());
        }
    }
}
