//! China: provinces to villages, with former names and names in other scripts.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::packages::Sources;
use crate::sheet::Sheet;

/// Names of well-known places that were written for the program.
const OWN_NAMES: &str = include_str!("../../text/data/places.tsv");

/// Industrial zones that the statistics office lists among the counties.
const ZONES: [&str; 4] = ["540171", "540172", "540173", "540174"];

fn object(value: &Value) -> Result<&Map<String, Value>, String> {
    value.as_object().ok_or_else(|| "a list of divisions has another shape".to_owned())
}

fn code(value: &Value) -> String {
    value.as_str().unwrap_or("").to_owned()
}

/// Adds China's divisions; gives how many were left out because what they lie in is not known.
pub(crate) fn china(sheet: &mut Sheet, sources: &Sources) -> Result<usize, String> {
    let china = sheet.only("country", "China").ok_or("there is no China among the countries")?;
    let mut counties = BTreeMap::new();
    let provinces = sources.divisions.get("provinces").ok_or("divisions: no provinces")?;
    for (name, province) in object(provinces)? {
        // They have entries of their own in ISO 3166, and so among the countries.
        if matches!(name.as_str(), "台湾省" | "香港特别行政区" | "澳门特别行政区")
        {
            continue;
        }
        let province_at = sheet.add(name, Some(china), "province", &code(&province["code"]));
        for (name, city) in object(&province["cities"])? {
            let parent = if name.is_empty() {
                province_at
            } else {
                sheet.add(name, Some(province_at), "prefecture", &code(&city["code"]))
            };
            for (name, county) in object(&city["counties"])? {
                let county = code(county);
                counties.insert(county.clone(), sheet.add(name, Some(parent), "county", &county));
            }
        }
    }
    own_names(sheet);
    former_names(sheet, &sources.changes, &counties);
    let (townships, mut left_out) = townships(sheet, &sources.townships, &counties)?;
    left_out += villages(sheet, &sources.villages, &townships);
    Ok(left_out)
}

fn own_names(sheet: &mut Sheet) {
    for line in OWN_NAMES.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [key, parent, level, names] = cells.as_slice() else { continue };
        let name = key.split(" (").next().unwrap_or(key);
        let level = match *level {
            "country" => "country",
            "province" => "province",
            "prefecture" => "prefecture",
            _ => "county",
        };
        let at = sheet.within(level, name, parent).or_else(|| sheet.only(level, name));
        if let Some(at) = at {
            names.split(';').for_each(|other| sheet.name(at, other));
        }
    }
}

/// A county that was renamed keeps its former name, where the code still stands for it.
fn former_names(sheet: &mut Sheet, changes: &Value, counties: &BTreeMap<String, usize>) {
    for change in changes.get("events").and_then(Value::as_array).into_iter().flatten() {
        let is_renamed = matches!(
            change["type"].as_str(),
            Some("更名" | "撤县设市" | "撤县设区" | "撤市设区" | "撤旗设区")
        );
        let (Some(before), Some(after)) =
            (change["old"]["name"].as_str(), change["new"]["code"].as_str())
        else {
            continue;
        };
        if let Some(at) = counties.get(after).filter(|_| is_renamed) {
            sheet.name(*at, before);
        }
    }
}

type Townships = BTreeMap<String, usize>;

fn townships(
    sheet: &mut Sheet,
    townships: &Value,
    counties: &BTreeMap<String, usize>,
) -> Result<(Townships, usize), String> {
    let (mut by_code, mut left_out) = (BTreeMap::new(), 0);
    for (county, listed) in object(townships)? {
        let within = object(&listed["townships"])?;
        let Some(county) = counties.get(county) else {
            left_out += within.len();
            continue;
        };
        for (name, township) in within {
            let township = code(township);
            let at = sheet.add(name, Some(*county), "township", &township);
            by_code.insert(township.get(..9).unwrap_or("").to_owned(), at);
        }
    }
    Ok((by_code, left_out))
}

/// `code,name,streetCode,…`, the name in quotation marks. 村委会 and 居委会 are the committee, not the place.
fn villages(sheet: &mut Sheet, villages: &str, townships: &Townships) -> usize {
    let mut left_out = 0;
    for line in villages.lines().skip(1) {
        let mut cells = line.split(',').map(|cell| cell.trim_matches('"'));
        let (Some(code), Some(name), Some(township)) = (cells.next(), cells.next(), cells.next())
        else {
            continue;
        };
        if ZONES.iter().any(|zone| code.starts_with(zone)) {
            continue;
        }
        let Some(township) = townships.get(township) else {
            left_out += 1;
            continue;
        };
        let place = match name.strip_suffix("村民委员会").or_else(|| name.strip_suffix("村委会"))
        {
            Some(village) if !village.is_empty() => format!("{village}村"),
            _ => name
                .strip_suffix("居民委员会")
                .or_else(|| name.strip_suffix("居委会"))
                .unwrap_or(name)
                .to_owned(),
        };
        let place = place.replace("村村", "村");
        if place.chars().count() < 2 {
            left_out += 1;
            continue;
        }
        sheet.add(&place, Some(*township), "village", code);
    }
    left_out
}
