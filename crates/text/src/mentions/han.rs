//! Numbers in Chinese characters, alone or mixed with digits: 九十二万三千, 3.6万, 廿三, 十几.

use super::numerals::{Amount, Figure, Style, figure};
use crate::words::digit_value;

/// A number that Chinese characters take part in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HanNumber {
    /// One past its last byte.
    pub(super) to: usize,
    pub(super) amount: Amount,
    /// For 十几 and the like: the largest number meant.
    pub(super) high: Option<Amount>,
    /// Whether 多 or 余 or 来 follows inside it: above the amount.
    pub(super) is_more: bool,
    /// How many numeral characters and figures it is made of.
    pub(super) parts: usize,
    /// Whether it holds a multiplier (十 and above).
    pub(super) has_multiplier: bool,
}

/// The value of a Chinese digit, simplified, traditional or the form used in banks.
pub(super) fn han_digit(c: char) -> Option<u8> {
    Some(match c {
        '〇' | '零' | '○' => 0,
        '一' | '壹' => 1,
        '二' | '两' | '兩' | '贰' | '貳' => 2,
        '三' | '叁' | '參' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' | '陸' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

fn small_unit(c: char) -> Option<u32> {
    Some(match c {
        '十' | '拾' => 1,
        '百' | '佰' => 2,
        '千' | '仟' => 3,
        _ => return None,
    })
}

fn large_unit(c: char) -> Option<u32> {
    Some(match c {
        '万' | '萬' => 4,
        '亿' | '億' => 8,
        _ => return None,
    })
}

/// Whether a number of this kind can begin with the character.
pub(super) fn begins(c: char) -> bool {
    han_digit(c).is_some() || matches!(c, '十' | '拾' | '廿' | '卅')
}

fn power(amount: Amount, power: u32) -> Option<Amount> {
    amount.times_power_of_ten(power)
}

/// Reads the number that begins at a byte of the text, by the grammar
/// `(section (万|亿))* section`, where a section is `(digit (十|百|千))* digit`. A figure in digits
/// may stand for any digit. Digits in a row without multipliers are read one by one (二〇二二).
pub(super) fn read(text: &str, from: usize) -> Option<HanNumber> {
    let mut total = Amount::whole(0);
    let mut section = Amount::whole(0);
    let mut pending: Option<Amount> = None;
    let mut last_small: Option<u32> = None;
    let mut last_large: Option<u32> = None;
    let (mut parts, mut row) = (0, 0);
    let mut has_multiplier = false;
    let mut is_more = false;
    // Whether the pending amount is written in digits.
    let mut is_figure = false;
    let mut high = None;
    let mut at = from;
    while let Some(c) = text.get(at..)?.chars().next() {
        let next = at + c.len_utf8();
        if let Some(digit) = han_digit(c) {
            let digit = Amount::whole(i128::from(digit));
            pending = Some(match pending {
                // 二〇二二: digits in a row; only without multipliers before.
                Some(before) if !has_multiplier && row > 0 => power(before, 1)?.plus(digit)?,
                // 一百零五: the zero only holds a place.
                Some(before) if before.mantissa == 0 => digit,
                Some(_) => break,
                None => digit,
            });
            row += 1;
        } else if digit_value(c).is_some() {
            if pending.is_some() {
                break;
            }
            let Figure { to, amount, .. } = figure(text, at, Style::Point)?;
            pending = Some(amount);
            is_figure = true;
            parts += 1;
            at = to;
            row = 0;
            continue;
        } else if let Some(ten) = match c {
            '廿' => Some(20),
            '卅' => Some(30),
            _ => None,
        } {
            if parts > 0 {
                break;
            }
            section = Amount::whole(ten);
            has_multiplier = true;
            last_small = Some(1);
        } else if let Some(unit) = small_unit(c) {
            if row > 1 || last_small.is_some_and(|last| last <= unit) {
                break;
            }
            let factor = match pending.take() {
                Some(factor) if factor.mantissa == 0 => break,
                Some(factor) => factor,
                None if unit == 1 => Amount::whole(1),
                None => break,
            };
            section = section.plus(power(factor, unit)?)?;
            last_small = Some(unit);
            has_multiplier = true;
            row = 0;
        } else if let Some(unit) = large_unit(c) {
            if row > 1 {
                break;
            }
            let factor = section.plus(pending.take().unwrap_or(Amount::whole(0)))?;
            if last_large.is_some_and(|last| last <= unit)
                || (factor.mantissa == 0 && total.mantissa == 0)
            {
                // 万亿: the larger unit multiplies all before it.
                if unit == 8 && last_large == Some(4) && factor.mantissa == 0 {
                    total = power(total, 8)?;
                    last_large = Some(8);
                    at = next;
                    parts += 1;
                    continue;
                }
                break;
            }
            total = total.plus(power(factor, unit)?)?;
            section = Amount::whole(0);
            last_small = None;
            last_large = Some(unit);
            has_multiplier = true;
            row = 0;
        } else if c == '几' || c == '幾' {
            // 十几, 二十几: between one and nine more.
            if last_small != Some(1) || pending.is_some() {
                break;
            }
            let base = total.plus(section)?;
            high = Some(base.plus(Amount::whole(9))?);
            section = section.plus(Amount::whole(1))?;
            at = next;
            parts += 1;
            break;
        } else if matches!(c, '多' | '余' | '餘' | '来' | '來')
            && ((has_multiplier && pending.is_none()) || (is_figure && pending.is_some()))
        {
            // 三百多, 二十余万.
            let after = text.get(next..)?.chars().next();
            is_more = !matches!(c, '来' | '來')
                || after.and_then(large_unit).is_some()
                || after.is_some_and(|c| "人名个位户".contains(c));
            if !is_more {
                break;
            }
            parts += 1;
            at = next;
            if let Some(unit) = after.and_then(large_unit)
                && last_large.is_none_or(|last| last > unit)
            {
                let factor = section.plus(pending.take().unwrap_or(Amount::whole(0)))?;
                total = total.plus(power(factor, unit)?)?;
                section = Amount::whole(0);
                at += after.map_or(0, char::len_utf8);
            }
            break;
        } else {
            break;
        }
        is_figure = false;
        parts += 1;
        at = next;
    }
    if parts == 0 {
        return None;
    }
    if let Some(last) = pending {
        // 三百五 is 350, 九十二万三 is 923,000: the last digit counts the next lower unit.
        let lower = match (last_small, last_large, section.mantissa) {
            _ if !has_multiplier || row != 1 => None,
            (Some(unit), _, _) if unit >= 2 && !ends_in_zero_place(text, at) => Some(unit - 1),
            (None, Some(unit), 0) if !ends_in_zero_place(text, at) => Some(unit - 1),
            _ => None,
        };
        section = section.plus(match lower {
            Some(unit) => power(last, unit)?,
            None => last,
        })?;
    }
    let amount = total.plus(section)?;
    if high.is_none()
        && !is_more
        && let Some((to, amount)) = decimal(text, from, at, amount)
    {
        return Some(HanNumber {
            to,
            amount,
            high,
            is_more,
            parts: parts + 2,
            has_multiplier: true,
        });
    }
    Some(HanNumber { to: at, amount, high, is_more, parts, has_multiplier })
}

/// 百分之零点五, 三点六万: the digits behind 点, and the unit of it all. Only where a share stands before or a unit behind:
/// 凌晨三点五名警察 is a time, and five policemen.
fn decimal(text: &str, from: usize, at: usize, whole: Amount) -> Option<(usize, Amount)> {
    let mut rest = text.get(at..)?.chars();
    rest.next().filter(|point| matches!(point, '点' | '點'))?;
    let mut to = at + '点'.len_utf8();
    let mut amount = whole;
    let mut after = rest.next();
    while let Some(digit) = after.and_then(han_digit) {
        let digits = Amount { mantissa: i128::from(digit), scale: amount.scale + 1 };
        amount = amount.plus(digits)?;
        if amount.scale > 9 {
            return None;
        }
        to += '一'.len_utf8();
        after = rest.next();
    }
    if amount.scale == whole.scale
        || after.is_some_and(|c| small_unit(c).is_some() || "分刻钟鐘半".contains(c))
    {
        return None;
    }
    match after.and_then(large_unit) {
        Some(unit) => Some((to + '万'.len_utf8(), power(amount, unit)?)),
        None => {
            let is_share = text.get(..from)?.ends_with("百分之");
            let units = ["个百分点", "倍", "公里", "公斤"];
            let has_unit =
                units.iter().any(|unit| text.get(to..).is_some_and(|t| t.starts_with(unit)));
            (is_share || has_unit).then_some((to, amount))
        }
    }
}

/// Whether the digit that ends at a byte has a zero before it (一百零五), so that it counts ones.
fn ends_in_zero_place(text: &str, end: usize) -> bool {
    let mut before = text.get(..end).unwrap_or("").chars().rev();
    before.next();
    before.next().is_some_and(|c| matches!(c, '零' | '〇' | '○'))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn reads_chinese_numbers() {
        for (written, expected, rest) in [
            ("九十二万三千人", "923000", "人"),
            ("3.6万份", "36000", "份"),
            ("92万3千", "923000", ""),
            ("1亿2000万", "120000000", ""),
            ("一万二千三百四十五", "12345", ""),
            ("一百零五", "105", ""),
            ("三百五", "350", ""),
            ("九十二万三", "923000", ""),
            ("一万零五", "10005", ""),
            ("两千", "2000", ""),
            ("十五", "15", ""),
            ("二十", "20", ""),
            ("廿三", "23", ""),
            ("二〇二二年", "2022", "年"),
            ("三万亿", "3000000000000", ""),
            ("十几人", "11–19", "人"),
            ("二十几", "21–29", ""),
            ("三百多人", ">300", "人"),
            ("二十余万人", ">200000", "人"),
            ("叁佰", "300", ""),
            ("三点六万人", "36000", "人"),
            ("九十八点六倍", "98.6", "倍"),
            ("三点五名警察", "3", "点五名警察"),
            ("三点五十分", "3", "点五十分"),
            ("三十二万七千六百五十四", "327654", ""),
            ("36万6千人", "366000", "人"),
        ] {
            let found = read(written, 0).unwrap();
            let value =
                |amount: super::Amount| serde_json::to_value(amount.value()).unwrap().to_string();
            let shown = match (found.high, found.is_more) {
                (Some(high), _) => format!("{}–{}", value(found.amount), value(high)),
                (None, true) => format!(">{}", value(found.amount)),
                (None, false) => value(found.amount),
            };
            assert_eq!((shown.as_str(), &written[found.to..]), (expected, rest), "{written}");
        }
    }
}
