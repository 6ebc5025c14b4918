//! The HTML element names that matter to reading, as one byte each.

macro_rules! tags {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// An element's name, or what stands in its place in the tree.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Tag {
            /// The root above `html`.
            Document,
            /// A run of text.
            Text,
            /// An element whose name is not in the table, such as a custom element.
            Unknown,
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Tag {
            /// How many tags there are, for tables indexed by tag.
            pub(crate) const COUNT: usize = [$($name),*].len() + 3;

            /// Its name, in small letters.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    Tag::Document => "#document",
                    Tag::Text => "#text",
                    Tag::Unknown => "*",
                    $(Tag::$variant => $name,)*
                }
            }

            /// The tag with this lower-case name.
            pub(crate) fn from_lower_case(name: &[u8]) -> Tag {
                $(const $variant: &[u8] = $name.as_bytes();)*
                #[allow(non_upper_case_globals, reason = "the constants above carry variant names")]
                match name {
                    $($variant => Tag::$variant,)*
                    _ => Tag::Unknown,
                }
            }
        }
    };
}

#[allow(non_upper_case_globals, reason = "constants named after variants make the match readable")]
mod table {
    tags! {
        A = "a", Abbr = "abbr", Address = "address", Area = "area", Article = "article",
        Aside = "aside", Audio = "audio", B = "b", Base = "base", Big = "big",
        Blockquote = "blockquote", Body = "body", Br = "br", Button = "button", Canvas = "canvas",
        Caption = "caption", Center = "center", Cite = "cite", Code = "code", Col = "col",
        Colgroup = "colgroup", Datalist = "datalist", Dd = "dd", Del = "del", Details = "details",
        Dialog = "dialog", Dir = "dir", Div = "div", Dl = "dl", Dt = "dt", Em = "em",
        Embed = "embed", Fieldset = "fieldset", Figcaption = "figcaption", Figure = "figure",
        Font = "font", Footer = "footer", ForeignObject = "foreignobject", Form = "form",
        Frame = "frame", H1 = "h1", H2 = "h2", H3 = "h3", H4 = "h4", H5 = "h5", H6 = "h6",
        Head = "head", Header = "header", Hgroup = "hgroup", Hr = "hr", Html = "html", I = "i",
        Iframe = "iframe", Img = "img", Input = "input", Ins = "ins", Label = "label",
        Legend = "legend", Li = "li", Link = "link", Listing = "listing", Main = "main",
        Map = "map", Marquee = "marquee", Math = "math", Menu = "menu", Meta = "meta", Nav = "nav",
        Noembed = "noembed", Noframes = "noframes", Noscript = "noscript", Object = "object",
        Ol = "ol", Optgroup = "optgroup", Option = "option", P = "p", Param = "param",
        Picture = "picture", Plaintext = "plaintext", Pre = "pre", Rb = "rb", Rp = "rp", Rt = "rt",
        Ruby = "ruby", S = "s", Script = "script", Search = "search", Section = "section",
        Select = "select", Small = "small", Source = "source", Span = "span", Strong = "strong",
        Style = "style", Sub = "sub", Summary = "summary", Sup = "sup", Svg = "svg",
        Table = "table", Tbody = "tbody", Td = "td", Template = "template", TextPath = "textpath",
        Textarea = "textarea", Tfoot = "tfoot", Th = "th", Thead = "thead", Time = "time",
        Title = "title", Tr = "tr", Track = "track", Tspan = "tspan", U = "u", Ul = "ul",
        Video = "video", Wbr = "wbr", Xmp = "xmp",
    }
}

pub(crate) use table::Tag;

impl Tag {
    /// Whether the element never has content (HTML, section 13.1.2 "Void elements", with the
    /// obsolete ones that parsers still know).
    pub(crate) fn is_void(self) -> bool {
        matches!(
            self,
            Tag::Area
                | Tag::Base
                | Tag::Br
                | Tag::Col
                | Tag::Embed
                | Tag::Frame
                | Tag::Hr
                | Tag::Img
                | Tag::Input
                | Tag::Link
                | Tag::Meta
                | Tag::Param
                | Tag::Source
                | Tag::Track
                | Tag::Wbr
        )
    }

    /// Whether the start tag ends an open paragraph (HTML, section 13.2.6.4.7 "in body").
    pub(crate) fn closes_paragraph(self) -> bool {
        matches!(
            self,
            Tag::Address
                | Tag::Article
                | Tag::Aside
                | Tag::Blockquote
                | Tag::Center
                | Tag::Details
                | Tag::Dialog
                | Tag::Dir
                | Tag::Div
                | Tag::Dl
                | Tag::Dd
                | Tag::Dt
                | Tag::Fieldset
                | Tag::Figcaption
                | Tag::Figure
                | Tag::Footer
                | Tag::Form
                | Tag::Header
                | Tag::Hgroup
                | Tag::Hr
                | Tag::Li
                | Tag::Listing
                | Tag::Main
                | Tag::Menu
                | Tag::Nav
                | Tag::Ol
                | Tag::P
                | Tag::Plaintext
                | Tag::Pre
                | Tag::Search
                | Tag::Section
                | Tag::Summary
                | Tag::Table
                | Tag::Ul
                | Tag::Xmp
        ) || self.is_heading()
    }

    /// Whether it is `h1` to `h6`.
    pub(crate) fn is_heading(self) -> bool {
        matches!(self, Tag::H1 | Tag::H2 | Tag::H3 | Tag::H4 | Tag::H5 | Tag::H6)
    }

    /// Whether a browser's default style sheet sets the element as a block of its own
    /// (HTML, section 15.3 "Flow content" and following).
    pub(crate) fn is_block(self) -> bool {
        self.closes_paragraph()
            || matches!(
                self,
                Tag::Body
                    | Tag::Caption
                    | Tag::Colgroup
                    | Tag::Html
                    | Tag::Legend
                    | Tag::Optgroup
                    | Tag::Option
                    | Tag::Tbody
                    | Tag::Tfoot
                    | Tag::Thead
                    | Tag::Tr
            )
    }

    /// Whether the element bounds the search for what an end tag or an implied end may close
    /// (HTML, section 13.2.4.2, "has an element in scope").
    pub(crate) fn bounds_scope(self) -> bool {
        matches!(
            self,
            Tag::Document
                | Tag::Html
                | Tag::Caption
                | Tag::Table
                | Tag::Td
                | Tag::Th
                | Tag::Marquee
                | Tag::Object
                | Tag::Template
                | Tag::ForeignObject
        )
    }

    /// Whether the element belongs into `head` and leaves it open.
    pub(crate) fn belongs_in_head(self) -> bool {
        matches!(
            self,
            Tag::Base
                | Tag::Link
                | Tag::Meta
                | Tag::Noscript
                | Tag::Script
                | Tag::Style
                | Tag::Template
                | Tag::Title
        )
    }
}

/// The attributes that reading uses; all others are passed over without being kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum AttributeName {
    Action,
    AriaHidden,
    Class,
    Content,
    Datetime,
    Hidden,
    Href,
    HttpEquiv,
    Id,
    Itemprop,
    Name,
    Open,
    Placeholder,
    Property,
    Rel,
    Role,
    Src,
    Style,
    Type,
    Value,
}

impl AttributeName {
    /// The attribute with this lower-case name, if reading uses it.
    pub(crate) fn from_lower_case(name: &[u8]) -> Option<AttributeName> {
        Some(match name {
            b"action" => AttributeName::Action,
            b"aria-hidden" => AttributeName::AriaHidden,
            b"class" => AttributeName::Class,
            b"content" => AttributeName::Content,
            b"datetime" => AttributeName::Datetime,
            b"hidden" => AttributeName::Hidden,
            b"href" => AttributeName::Href,
            b"http-equiv" => AttributeName::HttpEquiv,
            b"id" => AttributeName::Id,
            b"itemprop" => AttributeName::Itemprop,
            b"name" => AttributeName::Name,
            b"open" => AttributeName::Open,
            b"placeholder" => AttributeName::Placeholder,
            b"property" => AttributeName::Property,
            b"rel" => AttributeName::Rel,
            b"role" => AttributeName::Role,
            b"src" => AttributeName::Src,
            b"style" => AttributeName::Style,
            b"type" => AttributeName::Type,
            b"value" => AttributeName::Value,
            _ => return None,
        })
    }
}
