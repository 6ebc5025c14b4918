//! Rules on source files: their names, their length, what may not stand in them.

use super::{File, files, finds, hold};

/// Names that say nothing about what is inside.
const NAMES_THAT_SAY_NOTHING: &[&str] =
    &["util", "utils", "common", "core", "helper", "helpers", "misc"];

/// Most lines a file may have outside its tests.
const MOST_LINES: usize = 800;

/// Files that are nothing but a table, which may be longer: path and reason.
const PURE_TABLES: &[(&str, &str)] = &[];

/// Most bytes of any file in the repository.
const MOST_BYTES: usize = 300_000;

/// Macros that mark work which is not done, or that print for whoever was debugging.
const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "dbg!"];

/// Files that people edit as text; fixtures may hold any bytes they need.
const WRITTEN: &[&str] = &["css", "js", "md", "py", "rs", "sh", "toml"];

/// Whether a path is a test's own: under `tests/` or `benches/`, or a module of tests in a file of its own.
pub(crate) fn is_test_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.contains("/tests/")
        || path.contains("/benches/")
        || name == "tests.rs"
        || name.ends_with("_test.py")
}

/// The part of a Rust file above its `#[cfg(test)] mod … {`.
pub(crate) fn without_tests(text: &str) -> &str {
    for (at, _) in text.match_indices("#[cfg(test)]\n") {
        let starts_a_line = at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n');
        let next = text.get(at..).and_then(|rest| {
            rest.lines().skip(1).find(|line| !line.trim_start().starts_with("#["))
        });
        if starts_a_line
            && next.is_some_and(|line| line.starts_with("mod ") && line.trim_end().ends_with('{'))
        {
            return text.get(..at).unwrap_or(text);
        }
    }
    text
}

/// Rust source with comments and the contents of literals blanked out; every line stays a line.
pub(crate) fn code_only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (skipped, shown) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), ""),
            '/' if rest.starts_with("/*") => (block_comment(rest), ""),
            '"' => (string(rest), "\"\""),
            'r' | 'b' | 'c' if raw_string(rest).is_some() && !ends_in_word(&out) => {
                (raw_string(rest).unwrap_or(1), "\"\"")
            }
            '\'' if character(rest).is_some() => (character(rest).unwrap_or(1), "' '"),
            _ => (0, ""),
        };
        if skipped == 0 {
            out.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or("");
            continue;
        }
        let (gone, after) = rest.split_at(skipped);
        out.push_str(shown);
        out.extend(gone.chars().filter(|character| *character == '\n'));
        rest = after;
    }
    out
}

fn ends_in_word(out: &str) -> bool {
    out.ends_with(|character: char| character.is_alphanumeric() || character == '_')
}

/// Bytes of the block comment at the start; block comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Bytes of the string literal at the start.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Bytes of the raw string literal (`r"…"`, `br##"…"##`) at the start, if there is one.
fn raw_string(text: &str) -> Option<usize> {
    let after = text
        .strip_prefix("br")
        .or_else(|| text.strip_prefix("cr"))
        .or_else(|| text.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after.get(hashes..)?.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let opening = text.len() - body.len();
    Some(body.find(&end).map_or(text.len(), |at| opening + at + end.len()))
}

/// Bytes of the character literal at the start; nothing where it is a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut characters = text.char_indices().skip(1);
    let (_, first) = characters.next()?;
    if first == '\\' {
        characters.next();
        return characters.find(|(_, character)| *character == '\'').map(|(at, _)| at + 1);
    }
    characters.next().filter(|(_, character)| *character == '\'').map(|(at, _)| at + 1)
}

fn name_breaches(files: &[File]) -> Vec<String> {
    let mut breaches = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with("crates/")) {
        let code_file = file.has_extension(&["rs", "py", "js"]);
        let mut names: Vec<&str> = file.path.split('/').collect();
        if !code_file {
            names.pop();
        }
        breaches.extend(
            names
                .into_iter()
                .map(|name| name.split('.').next().unwrap_or(name))
                .filter(|name| says_nothing(name))
                .map(|name| format!("{}: `{name}` does not say what is inside", file.path)),
        );
        if file.has_extension(&["rs"]) {
            let code = code_only(file.text());
            let words: Vec<&str> = code
                .split(|character: char| !character.is_alphanumeric() && character != '_')
                .collect();
            for pair in words.windows(2) {
                if let [keyword, name] = pair
                    && *keyword == "mod"
                    && says_nothing(name)
                {
                    breaches
                        .push(format!("{}: `mod {name}` does not say what is inside", file.path));
                }
            }
        }
    }
    breaches
}

fn says_nothing(name: &str) -> bool {
    let last = name.rsplit(['_', '-']).next().unwrap_or(name);
    NAMES_THAT_SAY_NOTHING.contains(&last.to_ascii_lowercase().as_str())
}

fn length_breaches(files: &[File], tables: &[(&str, &str)]) -> Vec<String> {
    let mut breaches = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.has_extension(&["css", "js", "py", "rs"]) && !is_test_file(&file.path))
    {
        let lines = without_tests(file.text()).lines().count();
        let is_table = tables.iter().any(|(path, _)| *path == file.path);
        if lines > MOST_LINES && !is_table {
            breaches.push(format!(
                "{}: {lines} lines outside its tests, {MOST_LINES} at most",
                file.path
            ));
        }
        if lines <= MOST_LINES && is_table {
            breaches.push(format!("{}: exempt as a table, but it needs no exemption", file.path));
        }
    }
    let gone = tables.iter().filter(|(path, _)| !files.iter().any(|file| file.path == *path));
    breaches.extend(
        gone.map(|(path, _)| format!("{path}: exempt as a table, but there is no such file")),
    );
    breaches
}

fn content_breaches(files: &[File]) -> Vec<String> {
    let mut breaches = Vec::new();
    for file in files {
        if file.bytes.len() > MOST_BYTES {
            breaches.push(format!(
                "{}: {} bytes, {MOST_BYTES} at most",
                file.path,
                file.bytes.len()
            ));
        }
        let written =
            file.has_extension(WRITTEN) || file.path == "Makefile" || file.path.starts_with(".ci/");
        if written && file.bytes.windows(2).any(|pair| pair == b"\r\n") {
            breaches.push(format!("{}: lines end in CR LF, not LF", file.path));
        }
        if written && std::str::from_utf8(&file.bytes).is_err() {
            breaches.push(format!("{}: is not UTF-8", file.path));
        }
        if file.has_extension(&["rs"]) {
            let code = code_only(file.text());
            for (number, line) in code.lines().enumerate() {
                for name in UNFINISHED.iter().filter(|name| has_macro(line, name)) {
                    breaches.push(format!(
                        "{}, line {}: {name} is left in the code",
                        file.path,
                        number + 1
                    ));
                }
            }
        }
    }
    breaches
}

fn has_macro(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| !ends_in_word(line.get(..at).unwrap_or("")))
}

#[test]
fn no_name_that_says_nothing() {
    hold(
        &name_breaches(&files()),
        "name the file or module after the thing it holds (`shared_data`, `record_digest`), or move each function to the \
         module whose subject it is.",
    );
}

#[test]
fn no_file_grows_past_what_one_reads_in_a_sitting() {
    hold(
        &length_breaches(&files(), PURE_TABLES),
        "split the file along its subjects (most files have 200–350 lines). A file that is nothing but a table goes into \
         PURE_TABLES in crates/witnessmark/tests/house_rules/sources.rs, with its reason.",
    );
}

#[test]
fn nothing_unfinished_oversized_or_foreign_in_the_files() {
    hold(
        &content_breaches(&files()),
        "finish the code or take it out; make large data in a test or read it from ../shared; save text as UTF-8 with LF \
         line ends (`sed -i 's/\\r$//' FILE`).",
    );
}

#[test]
fn a_bad_name_is_found() {
    let names = [
        "crates/case/src/cli_util.rs",
        "crates/case/src/helpers/data.csv",
        "crates/case/src/table.rs",
    ];
    let mut files: Vec<File> =
        names.iter().map(|name| file(name, "mod table;\n// mod misc\n")).collect();
    files.push(file("crates/case/src/lib.rs", "mod common {}\n"));
    finds(&name_breaches(&files), &["`cli_util`", "`helpers`", "`mod common`"]);
}

#[test]
fn a_long_file_is_found() {
    let long = "fn line() {}\n".repeat(MOST_LINES + 1);
    let tested =
        format!("{}#[cfg(test)]\nmod tests {{\n{long}}}\n", "fn line() {}\n".repeat(MOST_LINES));
    let files = [
        file("crates/case/src/long.rs", &long),
        file("crates/case/src/table.rs", &long),
        file("crates/case/src/tested.rs", &tested),
        file("crates/case/src/used_in_tests.rs", &format!("#[cfg(test)]\nuse std::fs;\n{long}")),
        file("crates/case/tests/long.rs", &long),
    ];
    let tables = [
        ("crates/case/src/gone.rs", ""),
        ("crates/case/src/table.rs", ""),
        ("crates/case/src/tested.rs", ""),
    ];
    let expected = [
        "long.rs: 801 lines",
        "tested.rs: exempt",
        "used_in_tests.rs: 803 lines",
        "gone.rs: exempt",
    ];
    finds(&length_breaches(&files, &tables), &expected);
}

#[test]
fn unfinished_and_foreign_content_is_found() {
    let files = [
        file("docs/windows.md", "a\r\nb\n"),
        file("crates/case/tests/fixture.warc", "WARC/1.1\r\n"),
        file(
            "crates/case/src/a.rs",
            "fn a() {\n    // todo!()\n    todo!(\"{}\", 'x')\n}\nfn my_dbg!() {}\n",
        ),
        file(
            "crates/case/src/b.rs",
            "const A: &str = \"dbg!\";\nconst B: &str = r#\"todo!\"#;\nfn c<'a>() { dbg!(1) }\n",
        ),
        File { path: "docs/picture.png".to_owned(), bytes: vec![0; MOST_BYTES + 1] },
        File { path: "docs/latin.md".to_owned(), bytes: vec![0xe9] },
    ];
    finds(
        &content_breaches(&files),
        &[
            "CR LF",
            "a.rs, line 3: todo!",
            "b.rs, line 3: dbg!",
            "picture.png: 300001 bytes",
            "latin.md: is not UTF-8",
        ],
    );
}

#[test]
fn comments_and_literals_are_not_code() {
    let cases = [
        ("a // b\nc", "a \nc"),
        ("a /* b /* c */\n d */ e", "a \n e"),
        (r#"f("a\"b", 'c', '\'', b"d")"#, r#"f("", ' ', ' ', b"")"#),
        ("r##\"a\"# b\n\"## c", "\"\"\n c"),
        ("for<'a> fn(&'a str)", "for<'a> fn(&'a str)"),
        ("bar\"x\"", "bar\"\""),
    ];
    for (source, expected) in cases {
        assert_eq!(code_only(source), expected, "of {source:?}");
    }
}

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
}
