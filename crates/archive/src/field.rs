//! The header fields that WARC 1.1 defines, told apart once while a header is read.

macro_rules! known {
    ($($variant:ident $name:literal)+) => {
        /// A field that WARC 1.1 (ISO 28500:2017, section 5) defines.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Known { $($variant,)+ }

        impl Known {
            /// All of them, each at its own number.
            pub(crate) const ALL: &'static [Known] = &[$(Known::$variant,)+];

            /// The name as the specification writes it.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Known::$variant => $name,)+ }
            }
        }
    };
}

known! {
    Type "WARC-Type"
    RecordId "WARC-Record-ID"
    Date "WARC-Date"
    ContentLength "Content-Length"
    ContentType "Content-Type"
    BlockDigest "WARC-Block-Digest"
    PayloadDigest "WARC-Payload-Digest"
    IpAddress "WARC-IP-Address"
    RefersTo "WARC-Refers-To"
    RefersToTargetUri "WARC-Refers-To-Target-URI"
    RefersToDate "WARC-Refers-To-Date"
    TargetUri "WARC-Target-URI"
    Truncated "WARC-Truncated"
    WarcinfoId "WARC-Warcinfo-ID"
    Filename "WARC-Filename"
    Profile "WARC-Profile"
    IdentifiedPayloadType "WARC-Identified-Payload-Type"
    SegmentOriginId "WARC-Segment-Origin-ID"
    SegmentNumber "WARC-Segment-Number"
    SegmentTotalLength "WARC-Segment-Total-Length"
    ConcurrentTo "WARC-Concurrent-To"
}

/// Which of the known fields a header has, where each stands first, and which occur again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KnownFields {
    /// The number of the first field of each name, plus one.
    first: [u32; Known::ALL.len()],
    repeated: u32,
}

impl KnownFields {
    /// Takes the name of the field `number`; names are compared without case.
    pub(crate) fn add(&mut self, name: &str, number: usize) {
        let same = |known: &&Known| known.name().eq_ignore_ascii_case(name);
        let Some(known) = Known::ALL.iter().find(same) else { return };
        let Some(first) = self.first.get_mut(*known as usize) else { return };
        if *first != 0 {
            self.repeated |= 1 << *known as u32;
        } else {
            *first = u32::try_from(number + 1).unwrap_or(0);
        }
    }

    /// The number of the first field of this name.
    pub(crate) fn first(&self, known: Known) -> Option<usize> {
        let number = *self.first.get(known as usize)?;
        (number as usize).checked_sub(1)
    }

    /// The names that occur more than once.
    pub(crate) fn repeated(&self) -> impl Iterator<Item = Known> {
        let repeated = self.repeated;
        let all = if repeated == 0 { &[][..] } else { Known::ALL };
        all.iter().copied().filter(move |known| repeated & 1 << *known as u32 != 0)
    }
}
