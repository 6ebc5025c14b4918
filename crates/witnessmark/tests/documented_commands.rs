//! Holds docs/commands.md to the program: every command and every option that `--help` prints is in it, and nothing else.
//!
//! The page has one heading a command, with its full name in backticks; `witnessmark` may stand before it and arguments after
//! it. A command's own options stand in its section; those of the whole program stand anywhere on the page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Options that every command line program has, which need no words.
const SELF_EXPLAINING: &[&str] = &["--help", "--version"];

/// What one `--help` prints: subcommands and long options, in its order.
#[derive(Debug, Default, PartialEq)]
struct Help {
    commands: Vec<String>,
    options: Vec<String>,
}

/// Reads the text that clap prints.
fn parse_help(text: &str) -> Help {
    let mut help = Help::default();
    let mut in_commands = false;
    for line in text.lines() {
        if !line.starts_with(' ') {
            in_commands = line == "Commands:" || (in_commands && line.is_empty());
            continue;
        }
        let word = line.trim_start();
        let indent = line.len() - word.len();
        if in_commands && indent == 2 {
            help.commands.extend(
                word.split_whitespace().next().filter(|name| *name != "help").map(str::to_owned),
            );
        } else if indent <= 6 && word.starts_with('-') {
            let named = word.split("  ").next().unwrap_or(word);
            let long = named.split([' ', ',', '=', '[']).find(|part| part.starts_with("--"));
            help.options
                .extend(long.filter(|name| !SELF_EXPLAINING.contains(name)).map(str::to_owned));
        }
    }
    help
}

/// The page's sections: a command's full name without `witnessmark` and arguments, and all text up to the next heading.
fn sections(page: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut current = None;
    for line in page.lines() {
        if line.starts_with('#') {
            current = line.split('`').nth(1).map(command_name);
        }
        if let Some(name) = &current {
            let text = found.entry(name.clone()).or_default();
            text.push_str(line);
            text.push('\n');
        }
    }
    found
}

/// The command in a heading such as `witnessmark init DIR [--open]`: its words up to the first argument.
fn command_name(heading: &str) -> String {
    let is_command = |word: &&str| {
        !word.starts_with('-')
            && word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')
    };
    let words: Vec<&str> = heading.split_whitespace().take_while(is_command).collect();
    words.into_iter().skip_while(|word| *word == "witnessmark").collect::<Vec<_>>().join(" ")
}

fn names_option(text: &str, option: &str) -> bool {
    text.match_indices(option).any(|(at, _)| {
        let after = text.get(at + option.len()..).unwrap_or("");
        !after.starts_with(|character: char| character.is_alphanumeric() || character == '-')
    })
}

/// What the page leaves out or has too much, given each command's help; the program's own is under the empty name.
fn breaches(helps: &BTreeMap<String, Help>, page: &str) -> Vec<String> {
    let sections = sections(page);
    let mut found = Vec::new();
    let everywhere: BTreeSet<&String> =
        helps.get("").iter().flat_map(|help| &help.options).collect();
    found.extend(
        everywhere
            .iter()
            .filter(|name| !names_option(page, name))
            .map(|name| format!("the option {name} is not on the page")),
    );
    // A command that only groups others (`warc`) needs no heading of its own.
    for (name, help) in
        helps.iter().filter(|(name, help)| !name.is_empty() && help.commands.is_empty())
    {
        let Some(text) = sections.get(name) else {
            found.push(format!("`{name}` has no heading"));
            continue;
        };
        for option in help
            .options
            .iter()
            .filter(|option| !everywhere.contains(option) && !names_option(text, option))
        {
            found.push(format!("the section of `{name}` leaves out {option}"));
        }
    }
    for name in sections.keys().filter(|name| !name.is_empty() && !helps.contains_key(*name)) {
        found.push(format!("the page has `{name}`, which the program has not"));
    }
    found
}

/// Asks the program for its help, and that of every command below it.
fn helps() -> BTreeMap<String, Help> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![String::new()];
    while let Some(name) = waiting.pop() {
        let arguments = name.split_whitespace().chain(["--help"]);
        let output = Command::new(env!("CARGO_BIN_EXE_witnessmark"))
            .args(arguments)
            .output()
            .expect("the program was built");
        let help = parse_help(&String::from_utf8_lossy(&output.stdout));
        waiting.extend(
            help.commands.iter().map(|command| format!("{name} {command}").trim().to_owned()),
        );
        found.insert(name, help);
    }
    found
}

#[test]
fn the_page_has_every_command_and_option() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    let page = std::fs::read_to_string(&path).expect("docs/commands.md can be read");
    let helps = helps();
    assert!(helps.len() > 10, "`witnessmark --help` shows only {} commands", helps.len());
    let found = breaches(&helps, &page);
    assert!(
        found.is_empty(),
        "{} thing(s) wrong in docs/commands.md:\n  {}\nTo mend: describe it on the page, under a heading with the command's \
         full name in backticks, or remove what is gone (a command that has shipped is never dropped).\n",
        found.len(),
        found.join("\n  ")
    );
}

#[test]
fn help_is_read() {
    let text = "Keeps evidence\n\nUsage: witnessmark [OPTIONS] <COMMAND>\n\nCommands:\n  init  Makes a case\n  warc  Looks into\n        archives\n  \
                help  Print this\n\nOptions:\n      --case <DIR>  The case\n                    --not-this\n  -q, --quiet       \
                Says less than --json\n      --colour[=<WHEN>]\n  -h, --help        Print help\n";
    let expected = Help {
        commands: ["init", "warc"].map(str::to_owned).to_vec(),
        options: ["--case", "--quiet", "--colour"].map(str::to_owned).to_vec(),
    };
    assert_eq!(parse_help(text), expected);
}

#[test]
fn what_the_page_leaves_out_is_found() {
    let help = |commands: &[&str], options: &[&str]| Help {
        commands: commands.iter().map(|name| (*name).to_owned()).collect(),
        options: options.iter().map(|name| (*name).to_owned()).collect(),
    };
    let helps = BTreeMap::from([
        (String::new(), help(&["init", "warc"], &["--json", "--quiet"])),
        ("init".to_owned(), help(&[], &["--json", "--open", "--name"])),
        ("warc".to_owned(), help(&["check"], &["--json"])),
        ("warc check".to_owned(), help(&[], &[])),
    ]);
    let page = "# Commands\n`--json`\n## `witnessmark init DIR [--open]`\n, `--name-of-it`\n## `gone`\nx\n";
    let expected = [
        "the option --quiet is not on the page",
        "the section of `init` leaves out --name",
        "`warc check` has no heading",
        "the page has `gone`, which the program has not",
    ];
    assert_eq!(breaches(&helps, page), expected);
}
