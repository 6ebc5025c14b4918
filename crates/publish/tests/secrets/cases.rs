//! Labelled records: secrets, and what looks like one.

use witnessmark_archive::{Reader, RecordType};

use crate::archives::{Sample, about, archive, copy_of, findings, request, response, settings};

/// A record, and every secret in it as (kind, bytes).
struct Case {
    story: &'static str,
    sample: Sample,
    secrets: &'static [(&'static str, &'static str)],
}

fn case(
    story: &'static str,
    sample: Sample,
    secrets: &'static [(&'static str, &'static str)],
) -> Case {
    Case { story, sample, secrets }
}

const PAGE: &str = "https://news.example/a";

fn html(body: &str) -> Sample {
    response(PAGE, "Content-Type: text/html; charset=utf-8\r\n", body.as_bytes())
}

fn script(body: &str) -> Sample {
    response("https://news.example/app.js", "Content-Type: text/javascript\r\n", body.as_bytes())
}

fn json(body: &str) -> Sample {
    response("https://api.example/v1", "Content-Type: application/json\r\n", body.as_bytes())
}

/// Made for these tests; the signature is none.
const WEB_TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJpbnZlc3RpZ2F0b3IiLCJleHAiOjE4MDAwMDAwMDB9.c2lnbmF0dXJlLW9mLW5vdGhpbmctYXQtYWxs";

fn true_secrets() -> Vec<Case> {
    vec![
        case(
            "cookies that were sent, each named",
            request(PAGE, "Cookie: SID=31d4d96e407aad42; lang=zh\r\n", ""),
            &[("cookie", "31d4d96e407aad42"), ("cookie", "zh")],
        ),
        case(
            "a cookie that was set, without its attributes",
            response(PAGE, "Set-Cookie: cf_clearance=8fK2.xq; Path=/; HttpOnly\r\n", b"ok"),
            &[("set-cookie", "8fK2.xq")],
        ),
        case(
            "bearer credentials, without the scheme",
            request(PAGE, "Authorization: Bearer mF_9.B5f-4.1JqM\r\n", ""),
            &[("authorization", "mF_9.B5f-4.1JqM")],
        ),
        case(
            "basic credentials",
            request(PAGE, "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n", ""),
            &[("authorization", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==")],
        ),
        case(
            "credentials of a proxy",
            request(PAGE, "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n", ""),
            &[("proxy-authorization", "dXNlcjpwYXNz")],
        ),
        case(
            "a token in the URL: in the record's header and in the request's first line",
            request("https://news.example/feed?access_token=EaBC12345xyz&page=2", "", ""),
            &[("access-token", "EaBC12345xyz"), ("access-token", "EaBC12345xyz")],
        ),
        case(
            "a session in the URL's path",
            request("https://news.example/list.jsp;jsessionid=0A1B2C3D4E5F60718293A4B5C6D7E8F9", "", ""),
            &[
                ("session-id", "0A1B2C3D4E5F60718293A4B5C6D7E8F9"),
                ("session-id", "0A1B2C3D4E5F60718293A4B5C6D7E8F9"),
            ],
        ),
        case(
            "a referring page's token",
            request(PAGE, "Referer: https://mail.example/?auth_token=77aa88bb99cc\r\n", ""),
            &[("access-token", "77aa88bb99cc")],
        ),
        case(
            "a redirect to a signed link",
            response(
                PAGE,
                "Location: https://bucket.example/f.pdf?X-Amz-Credential=AK%2F20220905%2Fs3&X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0\r\n",
                b"",
            ),
            &[
                ("signed-url", "AK%2F20220905%2Fs3"),
                ("signed-url", "fe5f80f77d5fa3beca038a248ff027d0"),
            ],
        ),
        case(
            "a user's name and password in a URL",
            request(PAGE, "Referer: https://reader:hunter42x@archive.example/\r\n", ""),
            &[("url-credentials", "reader:hunter42x")],
        ),
        case(
            "a JSON Web Token in a script",
            script(&format!("window.__STATE__={{\"t\":\"{WEB_TOKEN}\"}}")),
            &[("json-web-token", WEB_TOKEN)],
        ),
        case(
            "an access token in an answer",
            json(r#"{"token_type":"Bearer","expires_in":3600,"access_token":"2YotnFZFEjr1zCsicMWpAA"}"#),
            &[("access-token", "2YotnFZFEjr1zCsicMWpAA")],
        ),
        case(
            "an escaped token in JSON inside a script",
            script(r#"var s = "{\"csrfToken\":\"q8\/Zp2LmX0aB9cD1\",\"n\":1}";"#),
            &[("csrf-token", r"q8\/Zp2LmX0aB9cD1")],
        ),
        case(
            "a form's hidden token",
            html(r#"<form><input type="hidden" name="csrf_token" value="IjU4ZmE3YzJkMWUwOSI.Yx3"></form>"#),
            &[("csrf-token", "IjU4ZmE3YzJkMWUwOSI.Yx3")],
        ),
        case(
            "a page's token in its head",
            html(r#"<meta name="csrf-token" content="kT7cWbq0pX3vA9LrZ1uQdg==" />"#),
            &[("csrf-token", "kT7cWbq0pX3vA9LrZ1uQdg==")],
        ),
        case(
            "attributes in another order, single quotes",
            html("<input value='9f86d081884c7d659a2feaa0c55ad015' name='authenticity_token' type='hidden'>"),
            &[("csrf-token", "9f86d081884c7d659a2feaa0c55ad015")],
        ),
        case(
            "a password that was sent in a form",
            request(PAGE, "Content-Type: application/x-www-form-urlencoded\r\n", "user=lin&password=s3cr%23t&x=1"),
            &[("password", "s3cr%23t")],
        ),
        case(
            "a password that was sent as JSON",
            request(PAGE, "Content-Type: application/json\r\n", r#"{"user":"lin","password":"två ord"}"#),
            &[("password", "två ord")],
        ),
        case(
            "a password that was sent in parts",
            request(
                PAGE,
                "Content-Type: multipart/form-data; boundary=b\r\n",
                "--b\r\nContent-Disposition: form-data; name=\"passwd\"\r\n\r\nhorse42\r\n--b--\r\n",
            ),
            &[("password", "horse42")],
        ),
        case(
            "a password that the page filled in",
            html(r#"<input type="password" name="p" value="letmein1">"#),
            &[("password", "letmein1")],
        ),
        case(
            "keys by the shapes their makers gave them",
            script("k1='AKIAIOSFODNN7EXAMPLE';k2=\"ghp_16C7e42F292c6912E7710c838347Ae178B4a\";"),
            &[("api-key", "AKIAIOSFODNN7EXAMPLE"), ("api-key", "ghp_16C7e42F292c6912E7710c838347Ae178B4a")],
        ),
        case(
            "a bot's token in a URL's path",
            request("https://api.telegram.example/bot123456789:AAF3kd9dkQpLm2nB7vCxZ1aS5dF8gH0jK4l/getMe", "", ""),
            &[
                ("api-key", "bot123456789:AAF3kd9dkQpLm2nB7vCxZ1aS5dF8gH0jK4l"),
                ("api-key", "bot123456789:AAF3kd9dkQpLm2nB7vCxZ1aS5dF8gH0jK4l"),
            ],
        ),
        case(
            "a private key",
            response(
                "https://news.example/k.pem",
                "Content-Type: text/plain\r\n",
                b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHRlc3QtdGVzdC10ZXN0LXRlc3QtdGVzdA==\n-----END PRIVATE KEY-----\n",
            ),
            &[("private-key", "\nMC4CAQAwBQYDK2VwBCIEIHRlc3QtdGVzdC10ZXN0LXRlc3QtdGVzdA==\n")],
        ),
        case(
            "a token in a field of its own",
            request(PAGE, "X-CSRF-Token: 8a7b6c5d4e3f\r\nX-Api-Key: 0f1e2d3c4b5a\r\n", ""),
            &[("csrf-token", "8a7b6c5d4e3f"), ("api-key", "0f1e2d3c4b5a")],
        ),
        case(
            "the asker's address, echoed in a field",
            response(PAGE, "X-Forwarded-For: 198.51.100.23\r\nCF-Connecting-IP: 2001:db8:9::1\r\n", b"ok"),
            &[("own-address", "198.51.100.23"), ("own-address", "2001:db8:9::1")],
        ),
        case(
            "own address in a bot wall (English), with tags between",
            html("<p>Ray ID: <b>7d1</b></p> Your IP: <span id=\"cf-footer-ip\">203.0.113.9</span>"),
            &[("own-address", "203.0.113.9")],
        ),
        case(
            "own address (Chinese)",
            html("<p>您的IP地址 203.0.113.9 访问过于频繁，请稍后再试。</p>"),
            &[("own-address", "203.0.113.9")],
        ),
        case(
            "own address (Russian), an address nobody gave",
            html("<p>Ваш IP-адрес: 198.51.100.40. Доступ ограничен.</p>"),
            &[("own-address", "198.51.100.40")],
        ),
        case(
            "own address (Arabic)",
            html("<p>عنوان IP الخاص بك هو 203.0.113.9</p>"),
            &[("own-address", "203.0.113.9")],
        ),
        case(
            "own IPv6 address in another spelling, and the line's name",
            json(r#"{"origin":"2001:0DB8:77:0:0:0:0:5","via":"nomad.office.example"}"#),
            &[("own-address", "2001:0DB8:77:0:0:0:0:5"), ("own-address", "nomad.office.example")],
        ),
        case(
            "what an older crawler wrote of itself",
            about(
                RecordType::Warcinfo,
                "application/warc-fields",
                "software: Heritrix/3.4\r\nip: 198.51.100.77\r\nhostname: crawl-laptop\r\noperator: Lin\r\n",
            ),
            &[("own-address", "198.51.100.77"), ("own-address", "crawl-laptop"), ("operator", "Lin")],
        ),
        case(
            "heads that a browser recorder repeats in JSON",
            about(
                RecordType::Metadata,
                "application/json",
                r#"{"headers":[{"name":"Cookie","value":"SID=31d4d96e"}],"x":{"authorization":"Bearer zzz111"}}"#,
            ),
            &[("cookie", "SID=31d4d96e"), ("authorization", "Bearer zzz111")],
        ),
    ]
}

fn look_alikes() -> Vec<Case> {
    let text = |story, body: &str| case(story, html(body), &[]);
    vec![
        text(
            "news about cookies",
            "<p>Cookie: how sites track you. Set-Cookie: the header explained, session cookies too.</p>",
        ),
        text(
            "a cookie banner",
            "<div class=\"cookie-consent-banner\" data-cookie-name=\"consent\">We use cookies.</div>",
        ),
        text(
            "style classes named token",
            "<span class=\"token keyword token-string\" data-token=\"operator\">let</span>",
        ),
        text(
            "integrity sums",
            "<script integrity=\"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\" src=\"/a.js\"></script>",
        ),
        case(
            "validators of caches",
            response(
                PAGE,
                "ETag: \"33a64df551425fcc55e4d42a148795d9f25f89d4\"\r\nX-Request-Id: 5f1d2c7e-8a9b-4c3d-9e0f-1a2b3c4d5e6f\r\n",
                b"ok",
            ),
            &[],
        ),
        text(
            "public ids of analytics",
            "<script>gtag('config','G-8X2K9L1M3N');ga('create','UA-12345678-1');fbq('init','1234567890123456');</script>",
        ),
        text(
            "a label that says password",
            "<script>var i18n={\"password\":\"Passwort\",\"passwordHint\":\"mindestens 8 Zeichen\"};</script>",
        ),
        text(
            "an empty field for a password",
            "<input type=\"password\" name=\"password\" value=\"\" placeholder=\"Password123\">",
        ),
        text(
            "a template",
            "<input name=\"csrf_token\" value=\"{{ csrf_token }}\"><script>apiKey = '${API_KEY}'</script>",
        ),
        text(
            "a manual",
            "<code>curl -H 'Authorization: Bearer YOUR_TOKEN' https://api.example?api_key=YOUR_API_KEY</code>",
        ),
        text(
            "a manual on URLs",
            "<code>postgres://user:password@localhost/db and http://username:password@host</code>",
        ),
        text(
            "names of settings",
            "<script>var o={maxTokens:4096,tokenType:'Bearer',sessionTimeout:1800,tokenizer:'word-level'}</script>",
        ),
        text(
            "a figure of speech",
            "<p>As a token of respect: 1234567890 samples. The secret: collected since 2016-06.</p>",
        ),
        text(
            "names of files with sums",
            "<link href=\"/css/main.8f3a2b1c9d0e4f5a6b7c.css\"><img src=\"/i/5d41402abc4b2a76b9719d911017c592.png\">",
        ),
        text(
            "a source map",
            "<style>/*# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbImEuc2NzcyJdfQ== */</style>",
        ),
        text(
            "somebody else's address",
            "<p>The server 198.51.100.200 in Lhasa answered; 203.0.113.90 did not.</p>",
        ),
        text(
            "a version that looks like an address",
            "<meta name=\"generator\" content=\"Tool 1.203.0.113.9\"> build 203.0.113.9.4",
        ),
        text(
            "private networks in a manual",
            "<p>If your IP address is 192.168.1.10, open 192.168.1.1.</p>",
        ),
        text(
            "keys of a keyboard",
            "<script>{\"key\":\"ArrowDown\",\"accesskey\":\"s\",\"keyId\":\"main-menu\"}</script>",
        ),
        text(
            "a public certificate",
            "<pre>-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUX1n3TW0wCgYIKoZIzj0EAwIwADAeFw0y\n-----END CERTIFICATE-----</pre>",
        ),
        text(
            "a public key",
            "<pre>-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----</pre>",
        ),
        text(
            "a key that is made to be public",
            "<script>Stripe('pk_live_51H8x2kLmN0pQrStUvWxYz')</script>",
        ),
        text("a nonce of a content policy", "<script nonce=\"rAnd0m1234567890abcdef\">1</script>"),
        text(
            "writers' handles",
            "<a href=\"https://medium.example/@lin:writes\">x</a> <a href=\"mailto:lin@news.example\">y</a>",
        ),
        text(
            "a source's number",
            "<a href=\"https://news.example/view?sid=20220905&session=spring-2022&token=news\">z</a>",
        ),
        text(
            "click ids and campaigns",
            "<a href=\"/a?utm_source=tw&utm_campaign=dna2022&fbclid=IwAR0xYz&gclid=Cj0KCQ\">z</a>",
        ),
        case(
            "a request without anything",
            request(
                "https://news.example/search?q=token+cookie+password&page=2",
                "Accept: text/html\r\nIf-None-Match: \"5d41402abc4b2a76\"\r\n",
                "",
            ),
            &[],
        ),
        case(
            "a policy that names sums and nonces",
            response(
                PAGE,
                "Content-Security-Policy: script-src 'nonce-d29vZGxhbmRzMTIz' 'sha256-B2yPHKaXnvFWtRChIbabYmUBFZdVfKKXHbWtWidDVF8='\r\nWWW-Authenticate: Basic realm=\"members\"\r\nAccess-Control-Allow-Headers: Authorization, X-CSRF-Token\r\n",
                b"ok",
            ),
            &[],
        ),
        case(
            "design tokens",
            script(
                "export const tokens={colorToken:'blue-500-hover',spaceToken:'var(--space-2)',csrfHeader:'X-CSRF-Token'}",
            ),
            &[],
        ),
        case(
            "code that handles tokens",
            script(
                "const accessToken=getToken();if(!session_id){sessionKey=this.makeSessionKey(token)}localStorage.setItem('authToken',authToken)",
            ),
            &[],
        ),
        case(
            "a crawler that tells nothing of itself",
            about(
                RecordType::Warcinfo,
                "application/warc-fields",
                "software: witnessmark/0.1.0\r\nformat: WARC File Format 1.1\r\nrobots: obey\r\n",
            ),
            &[],
        ),
        case(
            "a dotted name",
            script(
                "webpackJsonp.push([[3],{eyJs:function(e){return e.session.token.value.toString()}}])",
            ),
            &[],
        ),
    ]
}

#[test]
fn labelled_records() {
    let (mut right, mut wrong, mut missed) = (0_usize, 0_usize, 0_usize);
    let cases: Vec<Case> = true_secrets().into_iter().chain(look_alikes()).collect();
    assert!(cases.len() >= 60, "{}", cases.len());
    for case in &cases {
        let bytes = archive(std::slice::from_ref(&case.sample), false);
        let (found, _) = findings(&bytes, &settings());
        let mut expected: Vec<(&str, &str)> = case.secrets.to_vec();
        for finding in &found {
            let (start, length) = (finding.offset as usize, finding.length as usize);
            let secret = std::str::from_utf8(&bytes[start..start + length]).unwrap();
            assert!(!finding.hint.contains(secret), "{}: the hint tells {secret}", case.story);
            let uri = finding.target_uri.clone().unwrap_or_default();
            assert!(!uri.contains(secret), "{}: the URL tells {secret}", case.story);
            let known = expected.iter().position(|known| *known == (finding.kind.word(), secret));
            match known {
                Some(index) => {
                    expected.remove(index);
                    right += 1;
                }
                None => {
                    println!("wrong: {}: {} {secret:?}", case.story, finding.kind.word());
                    wrong += 1;
                }
            }
        }
        for (kind, secret) in &expected {
            println!("missed: {}: {kind} {secret:?}", case.story);
        }
        missed += expected.len();
    }
    let share = |part: usize, all: usize| part as f64 / all as f64;
    println!(
        "{} records, {} secrets: precision {:.3}, recall {:.3}",
        cases.len(),
        right + missed,
        share(right, right + wrong),
        share(right, right + missed),
    );
    assert_eq!((wrong, missed), (0, 0), "see the lines above");
}

#[test]
fn every_labelled_secret_is_masked_in_place() {
    let samples: Vec<Sample> = true_secrets().into_iter().map(|case| case.sample).collect();
    for gzip in [false, true] {
        let original = archive(&samples, gzip);
        let (copy, done) = copy_of(&original, &settings());
        assert_eq!(done.changed as usize, samples.len());
        assert_eq!((done.left_out, done.damaged), (0, 0));
        assert!(done.names_original);
        // Nothing but the masked bytes and the digests differs.
        let mut blocks = Vec::new();
        let mut reader = Reader::new(copy.as_slice()).unwrap();
        while let Some(mut record) = reader.next_record().unwrap() {
            let is_ours = record.head().version() == "1.1"
                && record.head().date() != Some("2026-11-22T22:11:00Z");
            let mut block = Vec::new();
            std::io::Read::read_to_end(&mut record, &mut block).unwrap();
            if !is_ours {
                blocks.push(block);
            }
        }
        for (case, block) in true_secrets().iter().zip(&blocks) {
            assert_eq!(block.len(), case.sample.block.len(), "{}", case.story);
            let differs = |(a, b): (&u8, &u8)| a != b && *b != b'*';
            assert!(!case.sample.block.iter().zip(block).any(differs), "{}", case.story);
            for (_, secret) in case.secrets.iter().filter(|(_, secret)| secret.len() > 4) {
                let has = block.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!has, "{}: {secret} is still there", case.story);
            }
        }
    }
}
