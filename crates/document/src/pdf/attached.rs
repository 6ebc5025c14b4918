//! Files that lie inside a PDF file: those it names (ISO 32000-1, 7.7.4 and 7.11.4), and those that a page pins to a place.

use std::collections::HashSet;
use std::io::{Read, copy, sink};

use flate2::read::ZlibDecoder;
use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, Object, ObjectIdentifier, Stream, String as Bytes};

use super::decode::decode;
use super::notes::annotations;
use super::strings::{one_line, text_string};

/// How deep the tree of names may be.
const MAX_DEPTH: u32 = 16;
/// How many nodes of it are looked at.
const MAX_NODES: usize = 10_000;

/// A file inside the file.
pub(crate) struct Attached {
    /// Its name, as the file gives it.
    pub(crate) name: String,
    /// Its bytes; none where they are damaged or unpack to too much.
    pub(crate) bytes: Option<Vec<u8>>,
}

/// Hands on each file that lies inside, until `most` have been or `hand_on` says to stop.
pub(super) fn files(pdf: &Pdf, most: u64, hand_on: &mut dyn FnMut(Attached) -> bool) {
    let catalog = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id()).unwrap_or_default();
    let mut specifications = Vec::new();
    let names =
        catalog.get::<Dict<'_>>("Names").and_then(|names| names.get::<Dict<'_>>("EmbeddedFiles"));
    if let Some(tree) = names {
        let mut nodes = MAX_NODES;
        walk(&tree, &mut specifications, 0, &mut nodes);
    }
    for page in pdf.pages().iter() {
        for annotation in annotations(page) {
            specifications.extend(annotation.get::<Dict<'_>>("FS"));
        }
    }
    let mut seen: HashSet<ObjectIdentifier> = HashSet::new();
    let mut left = most;
    for specification in specifications {
        let Some(streams) = specification.get::<Dict<'_>>("EF") else { continue };
        let Some(stream) = ["UF", "F", "DOS", "Mac", "Unix"]
            .into_iter()
            .find_map(|key| streams.get::<Stream<'_>>(key))
        else {
            continue;
        };
        if !seen.insert(stream.obj_id()) {
            continue;
        }
        if left == 0 {
            return;
        }
        left -= 1;
        let name = ["UF", "F", "Desc"]
            .into_iter()
            .find_map(|key| one_line(&text_string(&specification.get::<Bytes<'_>>(key)?)));
        let name = name.unwrap_or_else(|| format!("attached-{}", most - left));
        if !hand_on(Attached { name, bytes: decode(&stream).map(|bytes| bytes.into_owned()) }) {
            return;
        }
    }
}

/// The file specifications in a tree of names.
fn walk<'a>(node: &Dict<'a>, found: &mut Vec<Dict<'a>>, depth: u32, left: &mut usize) {
    if depth > MAX_DEPTH || *left == 0 {
        return;
    }
    *left -= 1;
    if let Some(names) = node.get::<Array<'a>>("Names") {
        let values = names.iter::<Object<'a>>().skip(1).step_by(2);
        for value in values.take(MAX_NODES) {
            if let Object::Dict(specification) = value
                && found.len() < MAX_NODES
            {
                found.push(specification);
            }
        }
    }
    if let Some(kids) = node.get::<Array<'a>>("Kids") {
        for kid in kids.iter::<Dict<'a>>().take(MAX_NODES) {
            walk(&kid, found, depth + 1, left);
        }
    }
}

/// The most bytes that all streams of objects of one file unpack to.
const MAX_OBJECTS: u64 = 256 << 20;
/// A file up to this length cannot reach it: DEFLATE makes at most about a thousand bytes of one.
const SMALL: usize = 240 << 10;

/// Whether the streams in which a file packs its objects and its table unpack to more than a file of documents has. The
/// library unpacks them whole; this measures them first, without holding them in memory.
pub(super) fn is_bomb(bytes: &[u8]) -> bool {
    if bytes.len() <= SMALL {
        return false;
    }
    let mut sum = 0;
    for kind in [&b"/ObjStm"[..], b"/XRef"] {
        for at in memchr::memmem::find_iter(bytes, kind) {
            let near = bytes.get(at..bytes.len().min(at + 2_048)).unwrap_or_default();
            let Some(start) = memchr::memmem::find(near, b"stream") else { continue };
            let rest = bytes.get(at + start + 6..).unwrap_or_default();
            let rest = rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n")).unwrap_or(rest);
            let mut unpacked = ZlibDecoder::new(rest).take(MAX_OBJECTS + 1 - sum);
            sum += copy(&mut unpacked, &mut sink()).unwrap_or(0);
            if sum > MAX_OBJECTS {
                return true;
            }
        }
    }
    false
}
