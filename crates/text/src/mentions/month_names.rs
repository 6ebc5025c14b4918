//! The names of months, as dates have them.

use crate::dates::month_number;

/// Month names of other languages than English, in the form they have in a date.
const MONTHS: &[[&str; 12]] = &[
    [
        "يناير",
        "فبراير",
        "مارس",
        "أبريل",
        "مايو",
        "يونيو",
        "يوليو",
        "أغسطس",
        "سبتمبر",
        "أكتوبر",
        "نوفمبر",
        "ديسمبر",
    ],
    [
        "كانون الثاني",
        "شباط",
        "آذار",
        "نيسان",
        "أيار",
        "حزيران",
        "تموز",
        "آب",
        "أيلول",
        "تشرين الأول",
        "تشرين الثاني",
        "كانون الأول",
    ],
    [
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ],
    [
        "januar",
        "februar",
        "märz",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "dezember",
    ],
    [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
    [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
    [
        "ocak", "şubat", "mart", "nisan", "mayıs", "haziran", "temmuz", "ağustos", "eylül", "ekim",
        "kasım", "aralık",
    ],
    [
        "जनवरी",
        "फरवरी",
        "मार्च",
        "अप्रैल",
        "मई",
        "जून",
        "जुलाई",
        "अगस्त",
        "सितंबर",
        "अक्टूबर",
        "नवंबर",
        "दिसंबर",
    ],
];

/// The month whose name stands at a byte, and one past the name.
pub(super) fn month_at(text: &str, at: usize) -> Option<(u32, usize)> {
    let here = text.get(at..).unwrap_or("");
    let length = here.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(here.len());
    let word = here.get(..length).unwrap_or("");
    let ends_word =
        !text.get(at + length..).unwrap_or("").chars().next().is_some_and(char::is_alphanumeric);
    if ends_word
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && let Some(month) = month_number(word)
    {
        let dot =
            usize::from(word.len() <= 4 && text.get(at + length..).unwrap_or("").starts_with('.'));
        return Some((month, at + length + dot));
    }
    let lower: String = here.chars().take(16).flat_map(char::to_lowercase).collect();
    for names in MONTHS {
        for (number, name) in (1..).zip(names) {
            let Some(tail) = lower.strip_prefix(name) else { continue };
            if tail.chars().next().is_some_and(char::is_alphabetic) {
                continue;
            }
            let length: usize = here.chars().take(name.chars().count()).map(char::len_utf8).sum();
            return Some((number, at + length));
        }
    }
    None
}

/// Month names of Russian and Hindi in the cases that stand before a year alone.
pub(super) const MONTHS_BEFORE_YEARS: &[[&str; 12]] = &[
    [
        "январе",
        "феврале",
        "марте",
        "апреле",
        "мае",
        "июне",
        "июле",
        "августе",
        "сентябре",
        "октябре",
        "ноябре",
        "декабре",
    ],
    [
        "январь",
        "февраль",
        "март",
        "апрель",
        "май",
        "июнь",
        "июль",
        "август",
        "сентябрь",
        "октябрь",
        "ноябрь",
        "декабрь",
    ],
];
