//! Making cases and bringing sources in.

use std::collections::BTreeMap;
use std::time::Duration;

use witnessmark_case::seal::Cost;
use witnessmark_case::vault::NewSeal;
use witnessmark_case::{
    AddOptions, Case, CaseError, Follow, InitOptions, Listed, Method, Outcome, Reach, SourceRow,
    WebOptions,
};

use crate::arguments::{
    self, AddArguments, Arguments, InitArguments, RobotsArgument, WebArguments,
};
use crate::output::{self, Columns};
use crate::progress::Display;
use crate::{Ending, passphrase, system};

/// How many items that are not plain content are told one by one.
const SHOWN: usize = 20;

/// `init`.
pub(super) fn init(arguments: &Arguments, init: &InitArguments) -> Result<Ending, CaseError> {
    let options = InitOptions {
        name: init.name.clone(),
        notice: init.notice.clone(),
        codebook: init.codebook.clone(),
        gazetteer: init.gazetteer.clone(),
    };
    let seal = match init.open {
        true => None,
        false => Some(NewSeal {
            passphrase: passphrase::chosen(arguments)?,
            cost: Cost::STANDARD,
            recipients: init.recipient.clone(),
        }),
    };
    let case = Case::init(&init.dir, &options, seal.as_ref(), system::environment("init"))?;
    let status = case.status()?;
    if arguments.json {
        output::json(&status)?;
    } else {
        output::line(&format!("made {} ({})", init.dir.display(), status.case))?;
        output::line(match seal {
            Some(_) => {
                "sealed: without the passphrase nobody can read it, and nobody can bring it back"
            }
            None => "open: anyone who has the disk can read it",
        })?;
        output::note(
            arguments.quiet,
            &format!("next: witnessmark --case {} add FILES…", init.dir.display()),
        );
    }
    Ok(Ending::Well)
}

/// `add`.
pub(super) fn add(arguments: &Arguments, add: &AddArguments) -> Result<Ending, CaseError> {
    let (mut paths, mut urls, mut listed) = (Vec::new(), Vec::new(), Vec::new());
    for path in &add.paths {
        match path.to_str().filter(|text| text.contains("://")) {
            Some(url) => urls.push(url.to_owned()),
            None => paths.push(path.clone()),
        }
    }
    for list in &add.list {
        match SourceRow::read_list(list)? {
            Listed::Files(rows) => listed.extend(rows),
            Listed::Addresses(found) => urls.extend(found),
        }
    }
    let wanted = !urls.is_empty() || !add.web.sitemap.is_empty();
    let options = AddOptions { paths, listed, web: wanted.then(|| web(&add.web, urls)) };
    let mut case = super::open_writable(arguments, "add")?;
    add_to(&mut case, arguments, &options)
}

/// How pages of the web are captured, as the command line says.
fn web(given: &WebArguments, urls: Vec<String>) -> WebOptions {
    let follow = given.recursive.then(|| Follow {
        depth: given.depth,
        reach: match given.scope {
            arguments::Reach::Folder => Reach::Prefix,
            arguments::Reach::Host => Reach::Host,
            arguments::Reach::Domain => Reach::Domain,
        },
        include: given.include.clone(),
        exclude: given.exclude.clone(),
    });
    WebOptions {
        sitemaps: given.sitemap.clone(),
        follow,
        most_pages: given.max_pages,
        method: match (given.browser, given.video) {
            (true, _) => Method::Browser,
            (_, true) => Method::Video,
            _ => Method::Http,
        },
        obey_robots: given.robots == RobotsArgument::Obey,
        rate: given.rate,
        cookies: given.cookies.clone(),
        headers: given.headers.clone(),
        user_agent: given.user_agent.clone(),
        time_limit: Duration::from_secs(given.time_limit),
        size_limit: given.size_limit.saturating_mul(1_000_000),
        allow_private_network: given.allow_private_network,
        no_sandbox: given.no_sandbox,
        proxy: std::env::var("WITNESSMARK_PROXY").ok(),
        ..WebOptions::new(urls)
    }
}

/// `egress`.
pub(super) fn egress(arguments: &Arguments, way: Option<&str>) -> Result<Ending, CaseError> {
    let row = match way {
        Some(way) => Some(super::open_writable(arguments, "egress")?.set_egress(way)?),
        None => super::open(arguments, "egress")?.egress()?,
    };
    if arguments.json {
        output::json(&row)?;
        return Ok(Ending::Well);
    }
    let Some(row) = row else {
        output::line("no way is chosen: no connection leaves")?;
        output::note(
            arguments.quiet,
            "choose: witnessmark egress direct | tor | socks5://HOST:PORT",
        );
        return Ok(Ending::Well);
    };
    match &row.proxy {
        Some(proxy) => output::line(&format!("{} by {proxy}, since {}", row.mode, row.at))?,
        None => output::line(&format!("{}, since {}: sites see your address", row.mode, row.at))?,
    }
    Ok(Ending::Well)
}

/// Adds, shows how far it is, and ends with a table of what became of everything.
pub(crate) fn add_to(
    case: &mut Case,
    arguments: &Arguments,
    options: &AddOptions,
) -> Result<Ending, CaseError> {
    let display = Display::start(!arguments.no_progress && !arguments.quiet);
    let mut verdicts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut remarkable: Vec<Outcome> = Vec::new();
    let (mut failed, mut broken) = (false, Ok(()));
    let added = case.add(options, &display.progress, &mut |outcome| {
        // Of an archive its pages count, and the archive itself if it is flawed.
        let itself = outcome.verdicts.is_empty() || outcome.verdict == "partial";
        let count = verdicts.entry(outcome.verdict.clone()).or_default();
        *count = (count.0 + u64::from(itself), count.1 + outcome.bytes);
        for (verdict, pages) in &outcome.verdicts {
            verdicts.entry(verdict.clone()).or_default().0 += pages;
        }
        failed |= outcome.failed;
        if arguments.json {
            let printed = display.suspend(|| output::json(outcome));
            if printed.is_err() {
                broken = printed;
            }
        } else if !matches!(outcome.verdict.as_str(), "content" | "duplicate") {
            remarkable.push(outcome.clone());
        }
    });
    let stopped = display.progress.stopped();
    drop(display);
    for lacking in case.reading_lacks() {
        output::note(arguments.quiet, &format!("warning: {lacking}; see SECURITY.md"));
    }
    added?;
    broken?;
    if !arguments.json {
        for outcome in remarkable.iter().take(SHOWN) {
            let source = output::fit(&outcome.source, 60);
            output::line(&format!("! {}: {source}", outcome.verdict))?;
            output::line(&format!("    {}", outcome.evidence.join("; ")))?;
            if let Some(hint) = &outcome.hint {
                output::line(&format!("    hint: {hint}"))?;
            }
        }
        if remarkable.len() > SHOWN {
            let more = remarkable.len() - SHOWN;
            output::line(&format!(
                "… and {more} more; `list captures` shows those that were kept"
            ))?;
        }
        let mut table = Columns::new(&[("verdict", 16), ("items", 10), ("size", 10)]);
        for (verdict, (items, bytes)) in &verdicts {
            let mark = if verdict == "content" { "" } else { "! " };
            table.row([format!("{mark}{verdict}"), items.to_string(), output::bytes(*bytes)]);
        }
        table.print()?;
    }
    if stopped {
        output::note(
            false,
            "stopped; what was added stays, and the same command goes on from here",
        );
    }
    Ok(Ending::flawed_if(failed || stopped))
}

/// `rebuild`.
pub(super) fn rebuild(arguments: &Arguments) -> Result<Ending, CaseError> {
    let folder = system::case_folder(arguments.case.as_deref())?;
    let display = Display::start(!arguments.no_progress && !arguments.quiet);
    let environment = super::environment(arguments, &folder, "rebuild")?;
    let read = Case::rebuild(&folder, environment, &display.progress)?;
    let stopped = display.progress.stopped();
    drop(display);
    if arguments.json {
        output::json(&serde_json::json!({ "texts": read, "finished": !stopped }))?;
    } else {
        output::line(&format!("made the casebook, {read} texts and the index again from the log"))?;
    }
    Ok(Ending::flawed_if(stopped))
}
