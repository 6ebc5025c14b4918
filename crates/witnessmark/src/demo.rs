//! The demonstration: an invented province, its invented sources, and the whole chain over them.

mod scans;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use witnessmark_case::archive::Verdict as ArchiveVerdict;
use witnessmark_case::capture::{LocalPage, LocalSite};
use witnessmark_case::claims::{Draft, Field};
use witnessmark_case::text::SearchOptions;
use witnessmark_case::verify::Verdict;
use witnessmark_case::{
    AddOptions, Case, CaseError, InitOptions, Listed, Method, PublishPolicy, SecretsPolicy,
    SourceRow, WebOptions,
};

use crate::arguments::Arguments;
use crate::output::{self, fit, line, short};
use crate::{Ending, commands, system};

const NOTICE: &str = "All of this is invented for a demonstration: no such country, province, institution or event exists.";

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../demo/", $name)))),*]
    };
}

/// The invented material, as it stands in the folder `demo`.
const MATERIAL: &[(&str, &[u8])] = files![
    "claims.csv",
    "codebook.toml",
    "document-edges.csv",
    "document-origins.csv",
    "documents.tsv",
    "documents/annex.pdf",
    "documents/notice-noshkeli.jpg",
    "documents/poster-ankeviru.jpg",
    "documents/supplement-gunvasho.pdf",
    "edges.csv",
    "origins.csv",
    "places.csv",
    "scans.csv",
    "statements.csv",
    "sources.tsv",
    "sources/article-dolvuko.html",
    "sources/field-letter.txt",
    "sources/notice-ankeviru.html",
    "sources/notices.warc.gz",
    "sources/original-report.html",
    "sources/reprint-chinese.html",
    "sources/reprint-english.html",
    "sources/spun-figure.html",
    "sources/state-media-share.html",
    "sources/tender-gunvasho.html",
    "sources/translation-tibetan.html",
    "site/board.html",
    "site/board.json",
    "site/login.html",
    "site/not-found.html",
];

/// Pages of the site that is served for the demonstration, besides the sources.
const LOGIN: &str = "/members/notice-4410.html";
const GONE: &str = "/notices/2021/0815.html";
const BOARD: &str = "/board.html";

/// Fills an example case in `dir`, walks the whole chain, and says where to look.
pub(crate) fn run(arguments: &Arguments, dir: &Path) -> Result<Ending, CaseError> {
    if dir.exists() {
        return Err(CaseError::usage(
            format!("{} exists already", dir.display()),
            "name a folder that does not exist yet: `witnessmark demo DIR`",
        ));
    }
    let say = |text: &str| {
        if arguments.json {
            return Ok(());
        }
        match text.strip_prefix('\n') {
            Some(heading) => line("").and_then(|()| output::prose(heading)),
            None => output::prose(text),
        }
    };
    say(NOTICE)?;

    say(
        "\n1. The sources: pages of the web, a letter, an archive with two more pages, two PDF files and two scanned pictures, in \
         Chinese, Tibetan, Uyghur and English.",
    )?;
    let material = dir.join("material");
    for (name, bytes) in MATERIAL {
        write(&material.join(name), bytes)?;
    }

    say(
        "\n2. A case, open (not sealed, because there is nothing to protect), with a codebook and a gazetteer.",
    )?;
    let folder = dir.join("case");
    let options = InitOptions {
        name: Some("Blood samples in Delvoru".to_owned()),
        notice: Some(NOTICE.to_owned()),
        codebook: Some(material.join("codebook.toml")),
        gazetteer: Some(material.join("places.csv")),
    };
    let mut case = Case::init(&folder, &options, None, system::environment("demo"))?;

    say(
        "\n3. Captured: the pages are served on this computer, and fetched for real. Every byte that passed is kept; what is no \
         content stands out.",
    )?;
    let site = site(&material)?;
    let sources = material.join("sources");
    let mut pages: Vec<String> = web_pages().map(|(path, _)| site.url(path.as_str())).collect();
    pages.extend([LOGIN, GONE].map(|path| site.url(path)));
    case.set_egress("direct")?;
    let web = WebOptions { allow_private_network: true, rate: 1000.0, ..WebOptions::new(pages) };
    let mut files = vec![sources.join("field-letter.txt"), sources.join("notices.warc.gz")];
    files.extend(scans::documents(&material));
    add(
        &mut case,
        arguments,
        AddOptions { paths: files, listed: listed(&material)?, web: Some(web) },
    )?;
    let board = WebOptions {
        method: Method::Browser,
        allow_private_network: true,
        no_sandbox: is_root(),
        ..WebOptions::new(vec![site.url(BOARD)])
    };
    if Path::new(CHROMIUM).exists() {
        say("   A notice board that a script fills, with Chromium:")?;
        add(&mut case, arguments, AddOptions { web: Some(board), ..AddOptions::default() })?;
    } else {
        say(
            "   Chromium is not here (Debian's package chromium): the notice board, which a script fills, is left out.",
        )?;
    }
    drop(site);

    scans::tell(&mut case, &say)?;
    say(
        "\n   A person looks at what was captured before anything is quoted; here the program's word is taken.",
    )?;
    for row in case.unconfirmed()?.iter().filter(|row| row.is() == "content") {
        case.confirm(&row.capture.to_string(), None, Some("demonstration: nobody looked"))?;
    }
    for row in case.unconfirmed()? {
        let url = row.url.as_deref().unwrap_or(&row.name);
        say(&format!("   {}{}: {url}", row.mark(), row.is()))?;
    }

    say("\n4. Searched, in three scripts: blood samples.")?;
    for query in ["采血", "ཁྲག", "قان"] {
        let found = case.search(query, None, &SearchOptions::default())?;
        say(&format!("   {query}: {} captures", found.total))?;
        for hit in found.hits.iter().take(2) {
            say(&format!("      {}  {}", short(&hit.capture.to_string()), fit(&hit.title, 54)))?;
        }
    }

    say(
        "\n5. Coded: each claim tied to the exact words that make it; one corrected later, with a reason.",
    )?;
    let done = case.import_claims(&material.join("claims.csv"))?;
    say(&format!("   {} claims on {} passages", done.claims.len(), done.passages))?;
    scans::claim(&mut case, &material, &dir.join("pictures"), &say)?;
    let spun = case.claims()?.into_iter().find(|row| {
        row.stands.act.modality == "stated"
            && row
                .stands
                .act
                .quantity
                .as_ref()
                .is_some_and(|q| q.value.as_deref() == Some("300000"))
    });
    if let Some(spun) = spun {
        let lower = |draft: &mut Draft| draft.set(Field::ItemGrade, "5");
        let why = "the wire that it cites says “may have”, and between 180,000 and 300,000";
        case.change_claim(&spun.claim.to_string(), &lower, why)?;
        say(&format!("   {} corrected: {why}", short(&spun.claim.to_string())))?;
    }

    say("\n6. Who rests on whom, as people decided it: origins are counted, never documents.")?;
    let (origins, edges) = (material.join("origins.csv"), material.join("edges.csv"));
    case.import_lineage(Some(&origins), Some(&edges))?;
    let of = |name: &str| material.join(name);
    case.import_lineage(Some(&of("document-origins.csv")), Some(&of("document-edges.csv")))?;
    say(&format!("   {}", case.corroborate(&[])?.corroboration.sentence))?;

    say("\n7. The scale: what the statements imply, and what they cannot exclude.")?;
    let units = ["people".to_owned(), "samples".to_owned()];
    let answer = case.estimate_coverage("dna-collection", &units, Some("2021-06-30"))?;
    say(&format!("   {}", answer.coverage.answer.text))?;

    say("\n8. Published: a folder and a zip, every number on a page of its own.")?;
    let policy = policy(&case)?;
    write(&material.join("policy.toml"), policy.as_bytes())?;
    let dossier = dir.join("dossier");
    let zip = dir.join("dossier.zip");
    let parsed = PublishPolicy::parse(&policy, "policy.toml")?;
    let published = case.publish(&dossier, &zip, &policy, &parsed, false, false)?;
    say(&format!("   {} numbers, {} exhibits", published.numbers, published.exhibits))?;
    let wacz = dir.join("web.wacz");
    say(
        "   For other tools: a WACZ. What it would have given away is named, and masked in the copy that leaves.",
    )?;
    let exported = case.export_wacz(&wacz, &[], SecretsPolicy::Mask, &[])?;
    for finding in &exported.secrets {
        let about = finding.target_uri.as_deref().unwrap_or_default();
        say(&format!("   masked: {} ({}) in {about}", finding.kind.word(), finding.hint))?;
    }
    let report = witnessmark_case::archive::check_file(&wacz, &mut |_| ())
        .map_err(|cause| CaseError::file("read", &wacz, &cause))?;
    let sound = if report.verdict == ArchiveVerdict::Sound { "sound" } else { "flawed" };
    say(&format!("   {}: {} records, {sound}", wacz.display(), report.records))?;
    drop(case);

    say("\n9. Verified: the case, the dossier, and its zip.")?;
    for path in [&folder, &dossier, &zip] {
        let report = commands::verify_path(arguments, path)?;
        say(&format!("   {}: {}", path.display(), report.summary()))?;
        if report.verdict == Verdict::Failed {
            commands::print_report(&report)?;
            return Ok(Ending::Flawed);
        }
    }

    say("\n10. One byte flipped in a copy:")?;
    let altered = dir.join("dossier-altered");
    copy(&dossier, &altered)?;
    let victim = altered.join("numbers").join("n001.html");
    let mut bytes = fs::read(&victim).map_err(|cause| CaseError::file("read", &victim, &cause))?;
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    write(&victim, &bytes)?;
    let report = commands::verify_path(arguments, &altered)?;
    for check in report.failures() {
        say(&format!("   FAILED  {}: {} – {}", check.name, check.subject, check.detail))?;
    }
    if report.verdict == Verdict::Intact {
        return Err(CaseError {
            fact: "the flipped byte was not noticed".to_owned(),
            hint: Some("this is a fault of the program: please report it".to_owned()),
            fault: witnessmark_case::Fault::Machine,
        });
    }

    if arguments.json {
        output::json(&serde_json::json!({
            "case": folder, "dossier": dossier, "zip": zip, "altered": altered, "wacz": wacz,
            "published": published, "answer": answer.coverage.answer,
        }))?;
        return Ok(Ending::Well);
    }
    line("")?;
    line("Open in a browser:")?;
    line(&format!("   {}", shown(&dossier.join("index.html"))))?;
    line("Type next:")?;
    let case = folder.display();
    line(&format!("   witnessmark --case {case} list captures"))?;
    line(&format!("   witnessmark --case {case} search 采血"))?;
    line(&format!("   witnessmark --case {case} list claims"))?;
    line(&format!("   witnessmark --case {case} custody original-report.html"))?;
    line(&format!("   witnessmark verify {}", dossier.display()))?;
    line(&format!("   python3 {}", dossier.join("check/check.py").display()))?;
    Ok(Ending::Well)
}

/// Adds, and prints the table of verdicts.
fn add(case: &mut Case, arguments: &Arguments, options: AddOptions) -> Result<(), CaseError> {
    if arguments.json {
        return case.add(&options, &witnessmark_case::Progress::new(), &mut |_| ());
    }
    let quiet = Arguments { quiet: true, ..shallow(arguments) };
    commands::add_to(case, &quiet, &options).map(|_| ())
}

/// Debian's Chromium.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Whether the program runs as root, for whom Chromium's own sandbox does not work.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|found| found.uid() == 0)
}

/// The sources that are pages of the web: path on the site, and bytes.
fn web_pages() -> impl Iterator<Item = (String, &'static [u8])> {
    MATERIAL.iter().filter_map(|(name, bytes)| {
        let page = name.strip_prefix("sources/").filter(|page| page.ends_with(".html"))?;
        Some((format!("/{page}"), *bytes))
    })
}

/// Serves the pages on this computer.
fn site(material: &Path) -> Result<LocalSite, CaseError> {
    let read = |name: &str| {
        let path = material.join("site").join(name);
        fs::read(&path).map_err(|cause| CaseError::file("read", &path, &cause))
    };
    let page = |content_type: &str, body: Vec<u8>| LocalPage {
        status: 200,
        content_type: content_type.to_owned(),
        fields: Vec::new(),
        body,
    };
    let mut pages: BTreeMap<String, LocalPage> =
        web_pages().map(|(path, bytes)| (path, page("text/html", bytes.to_vec()))).collect();
    pages.insert(BOARD.to_owned(), page("text/html; charset=utf-8", read("board.html")?));
    pages.insert("/board.json".to_owned(), page("application/json", read("board.json")?));
    let wall = page("text/html; charset=utf-8", read("login.html")?);
    let cookie = ("Set-Cookie".to_owned(), "session=d41c8e0b52f7469a; HttpOnly; Path=/".to_owned());
    pages.insert(LOGIN.to_owned(), LocalPage { fields: vec![cookie], ..wall });
    // It says "not found", and sends the status of a success.
    let not_found = page("text/html; charset=utf-8", read("not-found.html")?);
    LocalSite::serve(pages, not_found).map_err(|cause| CaseError {
        fact: format!("the demonstration's pages cannot be served on 127.0.0.1: {cause}"),
        hint: None,
        fault: witnessmark_case::Fault::Machine,
    })
}

/// What the list says of each source that lies there as a file of its own.
fn listed(material: &Path) -> Result<Vec<SourceRow>, CaseError> {
    let mut found = Vec::new();
    for (list, folder) in [("sources.tsv", "sources"), ("documents.tsv", "documents")] {
        let Listed::Files(mut rows) = SourceRow::read_list(&material.join(list))? else { continue };
        rows.retain(|row| folder == "documents" || row.file.ends_with("field-letter.txt"));
        for row in &mut rows {
            let name = row.file.file_name().unwrap_or_default().to_owned();
            row.file = material.join(folder).join(name);
        }
        found.append(&mut rows);
    }
    Ok(found)
}

/// Clears every capture to be shown whole: nobody real is named in any of them.
fn policy(case: &Case) -> Result<String, CaseError> {
    let mut policy = String::from("# What a person cleared to be shown whole in the dossier.\n");
    for (row, ..) in case.captures()? {
        policy.push_str(&format!(
            "\n[[clear]]\ncapture = \"{}\"\nreason = \"invented for the demonstration: it names no person\"\n",
            row.capture
        ));
    }
    Ok(policy)
}

fn shallow(arguments: &Arguments) -> Arguments {
    Arguments {
        passphrase_file: None,
        acting: None,
        identity: None,
        case: None,
        json: arguments.json,
        quiet: arguments.quiet,
        no_progress: arguments.no_progress,
        command: crate::arguments::Command::Status,
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CaseError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|cause| CaseError::file("make", folder, &cause))?;
    }
    fs::write(path, bytes).map_err(|cause| CaseError::file("write", path, &cause))
}

fn copy(from: &Path, to: &Path) -> Result<(), CaseError> {
    fs::create_dir_all(to).map_err(|cause| CaseError::file("make", to, &cause))?;
    let entries = fs::read_dir(from).map_err(|cause| CaseError::file("read", from, &cause))?;
    for entry in entries {
        let path = entry.map_err(|cause| CaseError::file("read", from, &cause))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(|cause| CaseError::file("copy", &path, &cause))?;
        }
    }
    Ok(())
}

fn shown(path: &Path) -> String {
    let full: PathBuf = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    format!("file://{}", full.display())
}
