//! Words that make the number behind them a label: page 14, статья 5, ཤོག་ངོས་ ༡༤.

use super::surroundings::window_before;

/// Words of languages written with spaces, in lower case.
const LABELS: &[&str] = &[
    "page",
    "pages",
    "p",
    "pp",
    "chapter",
    "section",
    "article",
    "figure",
    "fig",
    "table",
    "room",
    "no",
    "nr",
    "number",
    "version",
    "v",
    "step",
    "part",
    "volume",
    "vol",
    "line",
    "level",
    "item",
    "appendix",
    "annex",
    "footnote",
    "note",
    "grade",
    "phase",
    "route",
    "highway",
    "flight",
    "channel",
    "type",
    "class",
    "tel",
    "phone",
    "fax",
    "isbn",
    "issn",
    "zip",
    "id",
    "code",
    "chapitre",
    "tome",
    "numéro",
    "annexe",
    "salle",
    "seite",
    "seiten",
    "artikel",
    "kapitel",
    "abschnitt",
    "absatz",
    "nummer",
    "anhang",
    "zimmer",
    "página",
    "páginas",
    "artículo",
    "capítulo",
    "sección",
    "número",
    "anexo",
    "страница",
    "страницы",
    "странице",
    "страниц",
    "стр",
    "статья",
    "статьи",
    "статье",
    "глава",
    "главы",
    "пункт",
    "пункта",
    "том",
    "номер",
    "приложение",
    "кабинет",
    "телефон",
    "صفحة",
    "الصفحة",
    "صفحات",
    "مادة",
    "المادة",
    "فصل",
    "الفصل",
    "رقم",
    "الرقم",
    "هاتف",
    "ملحق",
    "صفحه",
    "ماده",
    "شماره",
    "فصل",
    "تلفن",
    "पृष्ठ",
    "धारा",
    "अनुच्छेद",
    "अध्याय",
    "संख्या",
    "क्रमांक",
    "फोन",
    "postcode",
    "sayfa",
    "madde",
    "bölüm",
];

/// Tibetan words, which end in a tsheg before the number.
const TIBETAN_LABELS: &[&str] =
    &["ཤོག་ངོས", "ཤོག་གྲངས", "དོན་ཚན", "ལེའུ", "ཨང", "ཨང་གྲངས", "ཨང་རྟགས", "ཁ་པར"];

/// Words of Chinese, before a colon or none.
const CHINESE_LABELS: &[&str] = &[
    "邮编",
    "郵編",
    "邮政编码",
    "电话",
    "電話",
    "传真",
    "傳真",
    "编号",
    "編號",
    "证号",
    "账号",
    "文号",
];

/// Whether the word before a byte makes a label of the number there.
pub(super) fn follows_label(text: &str, from: usize) -> bool {
    let window = window_before(text, from);
    let bare = window.trim_end_matches([' ', '\u{F0B}']);
    if TIBETAN_LABELS.iter().any(|label| bare.ends_with(label)) {
        return true;
    }
    let bare = window.trim_end_matches([' ', ':', '：']);
    if CHINESE_LABELS.iter().any(|label| bare.ends_with(label)) {
        return true;
    }
    let head = window.trim_end_matches([' ', '.', '\u{A0}']);
    let is_letter = |c: char| c.is_alphabetic() || ('\u{900}'..='\u{963}').contains(&c);
    let word_from = head.rfind(|c: char| !is_letter(c)).map_or(0, |at| {
        at + head.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
    });
    let word = head.get(word_from..).unwrap_or("");
    !word.is_empty() && word.len() <= 32 && {
        let word = word.to_lowercase();
        LABELS.contains(&word.as_str())
    }
}
