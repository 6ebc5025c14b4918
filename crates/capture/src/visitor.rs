//! One visit: rules for robots, redirects, further attempts, cookies.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::{self, HeaderMap, HeaderValue};
use tokio::sync::{Semaphore, watch};
use tokio::time::sleep_until;
use url::{Position, Url};
use witnessmark_model::Moment;

use crate::cookies::Jar;
use crate::door::{Door, DoorError};
use crate::engine::{Ending, Job, Visit};
use crate::exchange::{Connection, Exchange, Failure, FailureKind, Purpose};
use crate::line::{Ask, ExchangeRules, Line, from_now};
use crate::robots::{ROBOTS_LIMIT, RobotsRules};
use crate::settings::{CaptureSettings, RobotsPolicy};
use crate::site::{Site, Sites};

/// Redirects of `/robots.txt` that are followed (RFC 9309, section 2.3.1.2).
const ROBOTS_REDIRECTS: u32 = 5;

/// Makes visits; shared by all of them.
pub(crate) struct Visitor {
    settings: CaptureSettings,
    rules: ExchangeRules,
    door: Door,
    sites: Sites,
    at_once: Semaphore,
    stopped: watch::Receiver<bool>,
}

/// What a visit gathers on its way.
struct Trip {
    exchanges: Vec<Exchange>,
    jar: Jar,
}

/// What to ask for.
struct Target<'t> {
    url: &'t Url,
    purpose: Purpose,
    referrer: Option<&'t Url>,
}

impl Visitor {
    pub(crate) fn new(
        settings: CaptureSettings,
        stopped: watch::Receiver<bool>,
    ) -> Result<Self, DoorError> {
        Ok(Self {
            rules: ExchangeRules {
                limits: settings.limits,
                spool: settings.spool.clone(),
                clock: settings.door.clock.clone(),
            },
            door: Door::new(settings.door.clone())?,
            sites: Sites::new(settings.delay, settings.connections_per_host),
            at_once: Semaphore::new(settings.connections.max(1)),
            settings,
            stopped,
        })
    }

    pub(crate) async fn visit(&self, job: Job) -> Visit {
        let mut trip = Trip { exchanges: Vec::new(), jar: Jar::new(&self.settings.cookies) };
        let mut landed_at = job.url.clone();
        let ending = match Url::parse(&job.url) {
            Ok(url) => self.follow(url, &job, &mut trip, &mut landed_at).await,
            Err(error) => {
                let detail = format!("{:?} is no address: {error}", job.url);
                Ending::Failed(Failure::new(FailureKind::Address, detail))
            }
        };
        Visit { job, exchanges: trip.exchanges, landed_at, ending }
    }

    /// Asks for `url` and goes where it redirects to.
    async fn follow(
        &self,
        mut url: Url,
        job: &Job,
        trip: &mut Trip,
        landed_at: &mut String,
    ) -> Ending {
        let referrer = job.referrer.as_deref().and_then(|referrer| Url::parse(referrer).ok());
        let mut left = self.settings.redirects;
        loop {
            *landed_at = url.to_string();
            if let Err(failure) = self.may_visit(&url, trip).await {
                let moments = (self.now(), self.now());
                trip.exchanges.push(Exchange::without_connection(
                    without_fragment(&url).as_str(),
                    Purpose::Page,
                    self.no_connection(),
                    moments,
                    failure.clone(),
                ));
                return Ending::Failed(failure);
            }
            let target = Target { url: &url, purpose: Purpose::Page, referrer: referrer.as_ref() };
            self.ask(&target, trip, None).await;
            let Some(last) = trip.exchanges.last() else {
                return Ending::Failed(stopped(&url));
            };
            let ending = ending_of(last);
            let Some(next) = redirect_of(&url, last) else { return ending };
            if left == 0 {
                let detail =
                    format!("{} redirects more than {} times", job.url, self.settings.redirects);
                return Ending::Failed(Failure::new(FailureKind::Redirects, detail));
            }
            left -= 1;
            url = next;
        }
    }

    /// Whether the rules for robots let us ask for `url`; they are fetched when nobody has yet.
    async fn may_visit(&self, url: &Url, trip: &mut Trip) -> Result<(), Failure> {
        if self.settings.robots == RobotsPolicy::Ignore || !matches!(url.scheme(), "http" | "https")
        {
            return Ok(());
        }
        let site = self.sites.of(url);
        let rules = match site.robots.get_or_init(|| self.fetch_robots(url, trip)).await {
            Ok(rules) => rules,
            // A site whose rules cannot be had is not asked for more (RFC 9309, section 2.3.1.4).
            Err(failure) => return Err(failure.clone()),
        };
        if let Some(delay) = rules.delay() {
            site.gate.slow_down(delay);
        }
        if *self.stopped.borrow() {
            return Err(stopped(url));
        }
        if rules.allow(url) {
            return Ok(());
        }
        let detail = format!(
            "the rules for robots at {} do not allow {url}",
            url.origin().ascii_serialization()
        );
        Err(Failure::new(FailureKind::Robots, detail))
    }

    async fn fetch_robots(&self, of: &Url, trip: &mut Trip) -> Result<RobotsRules, Failure> {
        let mut url = of.clone();
        url.set_path("/robots.txt");
        url.set_query(None);
        url.set_fragment(None);
        for _ in 0..=ROBOTS_REDIRECTS {
            let mut body = Vec::new();
            let target = Target { url: &url, purpose: Purpose::Robots, referrer: None };
            self.ask(&target, trip, Some(&mut body)).await;
            let Some(last) = trip.exchanges.last() else { break };
            match redirect_of(&url, last) {
                Some(next) => url = next,
                None => {
                    return match &last.failure {
                        Some(failure) => Err(failure.clone()),
                        None => Ok(RobotsRules::from_answer(last.status(), &body)),
                    };
                }
            }
        }
        // More redirects than anybody must follow: as if there were no rules (section 2.3.1.2).
        Ok(RobotsRules::from_answer(Some(404), b""))
    }

    /// Asks until an answer came that will do, or until it is not worth more attempts. Every attempt is kept.
    async fn ask(&self, target: &Target<'_>, trip: &mut Trip, mut body: Option<&mut Vec<u8>>) {
        let site = self.sites.of(target.url);
        let mut attempts = 0;
        let mut stale_lines = 0;
        loop {
            if let Some(body) = body.as_deref_mut() {
                body.clear();
            }
            let (exchange, was_idle) =
                self.attempt(target, &site, &trip.jar, body.as_deref_mut()).await;
            if let Some(head) = &exchange.head {
                for field in head.get_all("Set-Cookie") {
                    trip.jar.keep(target.url, field, exchange.ended);
                }
            }
            // A connection kept open that the server closed just then is nobody's failure (RFC 9112, section 9.3.1).
            let is_stale = was_idle
                && exchange.response.is_empty()
                && exchange.failure.as_ref().is_some_and(|why| why.kind == FailureKind::Disconnect);
            let wait = self.wait_before_another(&exchange, attempts);
            trip.exchanges.push(exchange);
            if is_stale && stale_lines < 3 {
                stale_lines += 1;
                continue;
            }
            let Some(wait) = wait else { return };
            site.gate.hold_back(from_now(wait));
            attempts += 1;
            if self.or_stopped(sleep_until(from_now(wait))).await.is_none() {
                return;
            }
        }
    }

    /// How long to wait before asking again; `None` when it is done.
    fn wait_before_another(&self, exchange: &Exchange, attempts: u32) -> Option<Duration> {
        if attempts >= self.settings.retries || *self.stopped.borrow() {
            return None;
        }
        let passing = match (&exchange.failure, exchange.status()) {
            (Some(failure), _) => failure.kind.is_passing(),
            (None, Some(status)) => matches!(status, 429 | 500 | 502 | 503 | 504),
            (None, None) => false,
        };
        if !passing {
            return None;
        }
        let doubled = self.settings.back_off.saturating_mul(2_u32.saturating_pow(attempts));
        let wait = match retry_after(exchange) {
            Some(asked) => asked,
            None => doubled.min(self.settings.longest_wait),
        };
        (wait <= self.settings.longest_wait).then_some(wait)
    }

    /// Asks once; also tells whether the connection had been open before.
    async fn attempt(
        &self,
        target: &Target<'_>,
        site: &Site,
        jar: &Jar,
        mut body: Option<&mut Vec<u8>>,
    ) -> (Exchange, bool) {
        let began = self.now();
        let failed = |failure: Failure, connection: Connection| {
            let url = without_fragment(target.url);
            let moments = (began, self.now());
            Exchange::without_connection(url.as_str(), target.purpose, connection, moments, failure)
        };
        let permits =
            self.or_stopped(async { (site.gate.pass().await, self.at_once.acquire().await) });
        let Some(_permits) = permits.await else {
            return (failed(stopped(target.url), self.no_connection()), false);
        };
        let ask = match self.request(target, jar) {
            Ok(ask) => ask,
            Err(failure) => return (failed(failure, self.no_connection()), false),
        };
        let (line, was_idle) = match self.sites.take_line(site) {
            Some(line) => (line, true),
            None => match self.or_stopped(Line::open(&self.door, target.url)).await {
                Some(Ok(line)) => (line, false),
                Some(Err(not)) => return (failed(not.failure, not.connection), false),
                None => return (failed(stopped(target.url), self.no_connection()), false),
            },
        };
        site.gate.asks();
        let mut running = line.send(ask, &self.rules).await;
        self.or_stopped(async {
            running.head().await;
            while let Some(piece) = running.next().await {
                if let Some(body) = body.as_deref_mut() {
                    let room = ROBOTS_LIMIT.saturating_sub(body.len());
                    body.extend_from_slice(piece.get(..room).unwrap_or(&piece));
                }
            }
        })
        .await;
        running.stop();
        let (exchange, line) = running.finish();
        if let Some(line) = line {
            self.sites.give_line(site, line);
        }
        (exchange, was_idle)
    }

    /// The request, as a browser that follows links would make it.
    fn request(&self, target: &Target<'_>, jar: &Jar) -> Result<Ask, Failure> {
        let url = target.url;
        let wrong = |what: &str| Failure::new(FailureKind::Address, format!("{url} {what}"));
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let mut fields = HeaderMap::new();
        let mut private_fields = Vec::new();
        let value = |text: &str| {
            HeaderValue::from_str(text).map_err(|_| wrong("makes a request that HTTP cannot say"))
        };
        fields.insert(header::HOST, value(host)?);
        fields.insert(header::USER_AGENT, value(&self.settings.user_agent)?);
        let (accept, encodings) = match target.purpose {
            Purpose::Robots => ("text/plain,*/*;q=0.8", "identity"),
            _ => ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "gzip, br"),
        };
        fields.insert(header::ACCEPT, HeaderValue::from_static(accept));
        fields.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encodings));
        if let Some(referrer) = target.referrer.and_then(|referrer| referrer_for(referrer, url)) {
            fields.insert(header::REFERER, value(&referrer)?);
        }
        for (name, value) in self.settings.headers.fields_for(url) {
            if value.is_sensitive() {
                private_fields.push(name.to_string());
            }
            fields.insert(name, value.clone());
        }
        if let Some((cookies, private)) = jar.field_for(url, self.now()) {
            fields.insert(header::COOKIE, value(&cookies)?);
            if private {
                private_fields.push("cookie".to_owned());
            }
        }
        let mut request = Request::get(path)
            .body(Full::new(Bytes::new()))
            .map_err(|_| wrong("has a path that HTTP cannot say"))?;
        *request.headers_mut() = fields;
        Ok(Ask { url: url.clone(), purpose: target.purpose, request, private_fields })
    }

    fn now(&self) -> Moment {
        (self.settings.door.clock)()
    }

    fn no_connection(&self) -> Connection {
        Connection { address: None, through: self.door.through(), tls: None }
    }

    /// What `work` gives, or `None` when the engine is stopped before.
    async fn or_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut stopped = self.stopped.clone();
        tokio::select! {
            biased;
            Ok(_) = stopped.wait_for(|stopped| *stopped) => None,
            done = work => Some(done),
        }
    }
}

fn stopped(url: &Url) -> Failure {
    Failure::new(
        FailureKind::Stopped,
        format!("the capture was stopped before {url} was asked for"),
    )
}

fn without_fragment(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}

fn ending_of(exchange: &Exchange) -> Ending {
    match (exchange.status(), exchange.response_cut, &exchange.failure) {
        (Some(status), Some(cut), _) => Ending::Cut { status, cut },
        (_, _, Some(failure)) => Ending::Failed(failure.clone()),
        (Some(status), None, None) => Ending::Answered { status },
        (None, _, None) => {
            let detail = format!("{} gave no answer of HTTP", exchange.url);
            Ending::Failed(Failure::new(FailureKind::Protocol, detail))
        }
    }
}

/// Where an answer sends us (RFC 9110, section 15.4); only GET is ever made, so the method stays. The fragment is handed
/// on (section 10.2.2).
fn redirect_of(url: &Url, exchange: &Exchange) -> Option<Url> {
    let head = exchange.head.as_ref()?;
    if !matches!(head.status?, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let mut next = url.join(head.get("Location")?).ok()?;
    if next.fragment().is_none() {
        next.set_fragment(url.fragment());
    }
    Some(next)
}

/// What `Retry-After` asks for (RFC 9110, section 10.2.3): seconds, or a date that is held against the server's own clock
/// where it tells it.
fn retry_after(exchange: &Exchange) -> Option<Duration> {
    let head = exchange.head.as_ref()?;
    let value = head.get("Retry-After")?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    let ours = u64::try_from(exchange.ended.unix_millis()).unwrap_or_default();
    let now = head
        .get("Date")
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or(SystemTime::UNIX_EPOCH + Duration::from_millis(ours));
    Some(at.duration_since(now).unwrap_or_default())
}

/// What `Referer` tells: the whole page to its own site, the site to others, nothing from https to http
/// (Referrer Policy, `strict-origin-when-cross-origin`).
fn referrer_for(referrer: &Url, url: &Url) -> Option<String> {
    if !matches!(referrer.scheme(), "http" | "https")
        || referrer.scheme() == "https" && url.scheme() == "http"
    {
        return None;
    }
    if referrer.origin() != url.origin() {
        return Some(format!("{}/", referrer.origin().ascii_serialization()));
    }
    let mut referrer = without_fragment(referrer);
    referrer.set_username("").ok()?;
    referrer.set_password(None).ok()?;
    Some(referrer.into())
}
