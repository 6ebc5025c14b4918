//! Searches of the outside world, as people declare them: so that a reader knows where was looked, and that nothing was
//! found there.

use serde::Serialize;
use witnessmark_model::id::{CaptureId, SearchId};
use witnessmark_model::payload::{OutsideSearch, Payload};

use crate::{Case, CaseError};

/// What a person says of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchDeclaration {
    /// What was searched: a site, an archive, a register, a library.
    pub searched: String,
    /// What was looked for, as it was typed there.
    pub query: String,
    /// A number of results, `nothing`, or `some` where they were not counted.
    pub found: String,
    /// The day, `YYYY-MM-DD`.
    pub on: Option<String>,
    /// Captures that came of it: ids, their beginnings, or names.
    pub captures: Vec<String>,
    /// A remark.
    pub note: Option<String>,
}

/// A declared search, as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeclaredSearch {
    /// The search.
    pub search: SearchId,
    /// What was searched.
    #[serde(rename = "where")]
    pub searched: String,
    /// What was looked for.
    pub query: String,
    /// How many results; none: some, not counted.
    pub found: Option<u64>,
    /// The day, by the person's word.
    pub on: Option<String>,
    /// The captures that came of it.
    pub captures: Vec<CaptureId>,
    /// A remark.
    pub note: Option<String>,
    /// The log entry that says so.
    pub entry: u64,
    /// When it was declared.
    pub at: String,
}

impl Case {
    /// Keeps a declared search of the outside world.
    pub fn record_search(
        &mut self,
        declaration: &SearchDeclaration,
    ) -> Result<DeclaredSearch, CaseError> {
        let text = |option: &str, text: &str| {
            let text = text.trim();
            if text.is_empty() {
                return Err(CaseError::usage(
                    format!("{option} says nothing"),
                    "say where you looked, for what, and how many results there were",
                ));
            }
            Ok(text.to_owned())
        };
        let found = found(&text("--found", &declaration.found)?)?;
        if let Some(on) = &declaration.on
            && !witnessmark_model::moment::is_day(on)
        {
            return Err(CaseError::usage(
                format!("--on is `{on}`, which is no day"),
                "write it as 2022-09-05",
            ));
        }
        let captures = declaration.captures.iter().map(|name| Ok(self.find_capture(name)?.capture));
        let captures = captures.collect::<Result<Vec<_>, CaseError>>()?;
        if found == Some(0) && !captures.is_empty() {
            return Err(CaseError::usage(
                "nothing was found, and yet captures came of it",
                "leave --capture out, or say how many results there were",
            ));
        }
        let search = OutsideSearch {
            id: SearchId::random(self.environment.entropy.as_mut()),
            searched: text("--where", &declaration.searched)?,
            query: text("--query", &declaration.query)?,
            found,
            on: declaration.on.clone(),
            captures,
            note: declaration.note.clone(),
        };
        let id = search.id;
        self.commit(vec![search.into()])?;
        let kept = self.declared_searches()?.into_iter().find(|kept| kept.search == id);
        kept.ok_or_else(|| CaseError::machine("the search was not kept"))
    }

    /// Every declared search, oldest first.
    pub fn declared_searches(&self) -> Result<Vec<DeclaredSearch>, CaseError> {
        let mut searches = Vec::new();
        for entry in self.casebook.entries_of_kind("search")? {
            let at = entry.at();
            let Some(Payload::OutsideSearch(search)) = entry.payload else { continue };
            searches.push(DeclaredSearch {
                search: search.id,
                searched: search.searched,
                query: search.query,
                found: search.found,
                on: search.on,
                captures: search.captures,
                note: search.note,
                entry: entry.index,
                at,
            });
        }
        Ok(searches)
    }
}

/// How many results, as people say it.
fn found(text: &str) -> Result<Option<u64>, CaseError> {
    match text {
        "nothing" | "none" => Ok(Some(0)),
        "some" => Ok(None),
        number => match number.replace([',', ' '], "").parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(CaseError::usage(
                format!("--found is `{number}`, which is no number of results"),
                "write a number (0 if there was nothing), `nothing`, or `some` if they were not counted",
            )),
        },
    }
}
