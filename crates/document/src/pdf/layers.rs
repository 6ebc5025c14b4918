//! Layers that a file switches off (optional content; ISO 32000-1, 8.11): what is on them is in the file, and no reader sees it.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, ObjectIdentifier};

/// How many layers of a file are looked at.
const MAX_LAYERS: usize = 10_000;
/// How many layers count of a condition that has no number, and so is looked at again each time.
const MAX_UNNUMBERED: usize = 16;
/// How deep expressions of layers may lie in each other.
const MAX_DEPTH: u32 = 8;

/// The layers that are off when the file is opened.
#[derive(Default)]
pub(super) struct Layers {
    off: HashSet<ObjectIdentifier>,
    /// What was found of layers and conditions, by their numbers: a page may name one a million times.
    known: RefCell<HashMap<ObjectIdentifier, bool>>,
}

impl Layers {
    /// Those that the file's own settings switch off.
    pub(super) fn of(pdf: &Pdf) -> Self {
        let catalog = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id()).unwrap_or_default();
        let Some(properties) = catalog.get::<Dict<'_>>("OCProperties") else {
            return Self::default();
        };
        let settings = properties.get::<Dict<'_>>("D").unwrap_or_default();
        let named = |dict: &Dict<'_>, key: &str| -> HashSet<ObjectIdentifier> {
            dict.get::<Array<'_>>(key).map(|list| references(&list, MAX_LAYERS)).unwrap_or_default()
        };
        let mut off = named(&settings, "OFF");
        if settings.get::<Name<'_>>("BaseState").as_deref() == Some(b"OFF") {
            off.extend(named(&properties, "OCGs"));
            for one in named(&settings, "ON") {
                off.remove(&one);
            }
        }
        Self { off, known: RefCell::default() }
    }

    /// Whether what belongs to the layer that an entry names is not shown.
    pub(super) fn hides(&self, holder: &Dict<'_>, key: &[u8]) -> bool {
        if !holder.contains_key(key) {
            return false;
        }
        let Some(id) = holder.get_ref(key).map(ObjectIdentifier::from) else {
            return self.finds_hidden(holder, key, MAX_UNNUMBERED);
        };
        if let Some(known) = self.known.borrow().get(&id) {
            return *known;
        }
        let found = self.off.contains(&id) || self.finds_hidden(holder, key, MAX_LAYERS);
        let mut known = self.known.borrow_mut();
        if known.len() < MAX_LAYERS {
            known.insert(id, found);
        }
        found
    }

    /// Whether a condition on layers does not hold (ISO 32000-1, 8.11.2.2).
    fn finds_hidden(&self, holder: &Dict<'_>, key: &[u8], most: usize) -> bool {
        let Some(members) = holder.get::<Dict<'_>>(key) else { return false };
        if members.get::<Name<'_>>("Type").as_deref() != Some(b"OCMD") {
            return false;
        }
        if let Some(expression) = members.get::<Array<'_>>("VE") {
            let mut left = most;
            return self.value(&expression, 0, &mut left) == Some(false);
        }
        let groups = match members.get::<Array<'_>>("OCGs") {
            Some(list) => references(&list, most),
            None => members.get_ref("OCGs").map(ObjectIdentifier::from).into_iter().collect(),
        };
        if groups.is_empty() {
            return false;
        }
        let is_off = |id: &ObjectIdentifier| self.off.contains(id);
        let is_shown = match members.get::<Name<'_>>("P").as_deref() {
            Some(b"AllOn") => !groups.iter().any(is_off),
            Some(b"AnyOff") => groups.iter().any(is_off),
            Some(b"AllOff") => groups.iter().all(is_off),
            _ => !groups.iter().all(is_off),
        };
        !is_shown
    }

    /// Whether an expression of layers says that something is shown; none where it says nothing.
    fn value(&self, expression: &Array<'_>, depth: u32, left: &mut usize) -> Option<bool> {
        if depth >= MAX_DEPTH {
            return None;
        }
        let mut items = expression.raw_iter();
        let operator = match items.next()? {
            MaybeRef::NotRef(Object::Name(name)) => name,
            _ => return None,
        };
        let rest = expression.iter::<Object<'_>>().skip(1);
        let mut values = items.zip(rest).map(|(item, resolved)| {
            *left = left.checked_sub(1)?;
            match resolved {
                Object::Array(inner) => self.value(&inner, depth + 1, left),
                _ => item.as_obj_ref().map(|one| !self.off.contains(&one.into())),
            }
        });
        match operator.as_ref() {
            b"And" => values.try_fold(true, |all, value| Some(all && value?)),
            b"Or" => values.try_fold(false, |any, value| Some(any || value?)),
            b"Not" => values.next()?.map(|value| !value),
            _ => None,
        }
    }
}

/// The objects that a list refers to.
fn references(list: &Array<'_>, most: usize) -> HashSet<ObjectIdentifier> {
    let items = list.raw_iter().take(most);
    items.filter_map(|item| item.as_obj_ref()).map(ObjectIdentifier::from).collect()
}
