//! Lists of addresses that people make: text, or CSV with a column `url`.

use url::Url;

/// A list may have this many rows.
const ROW_LIMIT: usize = 1_000_000;

/// What a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrlList {
    /// What can be asked for, in the list's order.
    pub urls: Vec<ListedUrl>,
    /// Rows that cannot, each with its reason.
    pub faults: Vec<ListFault>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedUrl {
    /// The line it begins on, counted from 1.
    pub line: u64,
    /// Its address.
    pub url: Url,
    /// When it was published by the list's word, as it stands there.
    pub published: Option<String>,
}

/// A row that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ListFault {
    /// The line it begins on, counted from 1.
    pub line: u64,
    /// What is wrong.
    pub problem: String,
}

/// The bytes are no list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// They are not UTF-8.
    #[error("the list is not UTF-8: see byte {0}")]
    NotUtf8(usize),
    /// It has more rows than a million.
    #[error("the list has more than {ROW_LIMIT} rows")]
    TooLong,
}

/// Reads a list. When the first line has a column `url`, it is CSV, also with a column `published`; otherwise every line is
/// an address, and those that begin with `#` are remarks.
pub fn read_list(bytes: &[u8]) -> Result<UrlList, ListError> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| ListError::NotUtf8(error.valid_up_to()))?;
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    for separator in [b',', b';', b'\t'] {
        let columns = columns_of(first, separator);
        if let Some(url) = columns.iter().position(|name| name == "url") {
            let published = columns.iter().position(|name| name == "published");
            return read_csv(text, separator, url, published);
        }
    }
    let mut list = UrlList::default();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            list.add(number, line, None)?;
        }
    }
    Ok(list)
}

fn columns_of(line: &str, separator: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .from_reader(line.as_bytes());
    let row = reader.records().next().and_then(Result::ok).unwrap_or_default();
    row.iter().map(|name| name.trim().to_ascii_lowercase()).collect()
}

fn read_csv(
    text: &str,
    separator: u8,
    url: usize,
    published: Option<usize>,
) -> Result<UrlList, ListError> {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
    let mut list = UrlList::default();
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                list.faults.push(ListFault { line, problem: error.to_string() });
                continue;
            }
        };
        let line = row.position().map_or(0, csv::Position::line);
        let field = |index: usize| row.get(index).map(str::trim).filter(|text| !text.is_empty());
        match field(url) {
            Some(address) => {
                list.add(line, address, published.and_then(field).map(str::to_owned))?;
            }
            None if row.iter().all(|field| field.trim().is_empty()) => {}
            None => list.faults.push(ListFault { line, problem: "no address".to_owned() }),
        }
    }
    Ok(list)
}

impl UrlList {
    fn add(&mut self, line: u64, text: &str, published: Option<String>) -> Result<(), ListError> {
        if self.urls.len() + self.faults.len() >= ROW_LIMIT {
            return Err(ListError::TooLong);
        }
        let shown: String = text.chars().take(200).collect();
        match Url::parse(text) {
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                let problem = format!("{shown:?} is neither http nor https");
                self.faults.push(ListFault { line, problem });
            }
            Ok(url) => self.urls.push(ListedUrl { line, url, published }),
            Err(error) => {
                self.faults.push(ListFault { line, problem: format!("{shown:?}: {error}") });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str) -> Vec<String> {
        let list = read_list(text.as_bytes()).unwrap();
        let urls = list.urls.iter().map(|one| {
            format!("{} {} {}", one.line, one.url, one.published.as_deref().unwrap_or("-"))
        });
        urls.chain(list.faults.iter().map(ToString::to_string)).collect()
    }

    #[test]
    fn lists() {
        for (text, expected) in [
            ("", vec![]),
            (
                "\u{feff}# mine\r\n\r\nhttps://e.org/a,b\r\n e.org \nftp://e.org/\n",
                vec![
                    "3 https://e.org/a,b -",
                    "line 4: \"e.org\": relative URL without a base",
                    "line 5: \"ftp://e.org/\" is neither http nor https",
                ],
            ),
            (
                "title,URL,published\n\"a,\nb\",https://e.org/1,2026-01-02\nx,,\n,,\nx,https://e.org/2\n",
                vec!["2 https://e.org/1 2026-01-02", "6 https://e.org/2 -", "line 4: no address"],
            ),
            ("url;note\nhttps://e.org/1;x\n", vec!["2 https://e.org/1 -"]),
            ("url\nhttps://e.org/1\n", vec!["2 https://e.org/1 -"]),
        ] {
            assert_eq!(told(text), expected, "{text:?}");
        }
        assert_eq!(read_list(b"https://e.org/\xff"), Err(ListError::NotUtf8(14)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            text in "(url[,;\t]|https?://[a-z./]{0,5}|[\",;\n#]|\\PC){0,40}",
        ) {
            let _ = read_list(&bytes);
            let _ = read_list(text.as_bytes());
            let _ = read_list(format!("url,published\n{text}").as_bytes());
        }
    }
}
