//! The world: countries, and the cities of all but China.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::sheet::Sheet;

fn rows(value: &Value) -> Result<Vec<&Value>, String> {
    let rows = value.as_object().ok_or("GeoNames: another shape")?;
    Ok(rows.values().collect())
}

fn country_name(country: &Value) -> &str {
    match country["name"].as_str().unwrap_or("") {
        "The Netherlands" => "Netherlands",
        name => name,
    }
}

/// Adds the countries, in the order of their names.
pub(crate) fn countries(sheet: &mut Sheet, countries: &Value) -> Result<(), String> {
    let mut rows = rows(countries)?;
    rows.sort_by_key(|country| country_name(country));
    for country in rows {
        let iso = country["iso"].as_str().unwrap_or("");
        // They are no more.
        if matches!(iso, "CS" | "AN") {
            continue;
        }
        let at = sheet.add(country_name(country), None, "country", iso);
        if let Some(residents) = country["population"].as_u64().filter(|residents| *residents > 0) {
            sheet.population(at, residents);
        }
    }
    Ok(())
}

/// Whether another name is one that texts have: not a code of an airport, not letters spelled out in lower case, and not so
/// short that it is a word of many languages.
fn is_kept(name: &str) -> bool {
    let letters = name.chars().count();
    let is_latin = name.chars().all(|c| c.is_ascii() || ('\u{C0}'..='\u{24F}').contains(&c));
    let is_code = name.chars().all(|c| c.is_ascii_uppercase());
    let begins_small = name.chars().next().is_some_and(char::is_lowercase);
    let is_mixed = !is_latin && name.chars().any(|c| c.is_ascii_alphabetic());
    !is_code
        && !begins_small
        && !is_mixed
        && letters >= if is_latin { 4 } else { 2 }
        && letters <= 60
}

/// Adds cities, each in its country. GeoNames does not say what rank a city has: all are townships here.
pub(crate) fn cities(sheet: &mut Sheet, cities: &Value, countries: &Value) -> Result<(), String> {
    let by_iso: BTreeMap<&str, &str> = self::rows(countries)?
        .into_iter()
        .map(|country| (country["iso"].as_str().unwrap_or(""), country_name(country)))
        .collect();
    let mut rows = rows(cities)?;
    rows.sort_by_key(|city| city["geonameid"].as_u64());
    for city in rows {
        let (Some(name), Some(iso)) = (city["name"].as_str(), city["countrycode"].as_str()) else {
            continue;
        };
        if iso == "CN" {
            continue;
        }
        let country = by_iso.get(iso).and_then(|country| sheet.only("country", country));
        let id = city["geonameid"].to_string();
        let at = sheet.add(name, country, "township", &id);
        for other in
            city["alternatenames"].as_array().into_iter().flatten().filter_map(Value::as_str)
        {
            if is_kept(other) {
                sheet.name(at, other);
            }
        }
    }
    Ok(())
}
