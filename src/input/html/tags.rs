//! What the names of elements say: which break a line, which hold no text, which close which.

/// How an element is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Part of a line.
    Inline,
    /// A link, if it leads somewhere.
    Anchor,
    /// Begins and ends lines.
    Block,
    /// A paragraph: the next block ends it.
    Paragraph,
    /// A heading.
    Heading,
    /// A table, which no end tag inside a cell reaches out of.
    Table,
    /// A group of rows.
    Rows,
    /// A row.
    Row,
    /// A cell.
    Cell,
    /// A list, which the end of an item does not reach out of.
    List,
    /// An item of a list.
    Item,
    /// A term or its description.
    Term,
    /// Text whose white space counts.
    Preformatted,
    /// The page's title.
    Title,
    /// No text, whatever stands in it.
    Silent,
    /// Ends a line; has no end tag.
    Break,
    /// Has neither end tag nor text.
    Void,
    /// `html`, `head`, `body`: their tags say nothing.
    Page,
}

impl Kind {
    /// The element's kind by its name in lower case.
    pub(super) fn of(name: &[u8]) -> Kind {
        match name {
            b"a" => Kind::Anchor,
            b"p" => Kind::Paragraph,
            b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => Kind::Heading,
            b"table" => Kind::Table,
            b"tbody" | b"thead" | b"tfoot" => Kind::Rows,
            b"tr" => Kind::Row,
            b"td" | b"th" => Kind::Cell,
            b"ul" | b"ol" | b"menu" | b"dir" | b"dl" => Kind::List,
            b"li" => Kind::Item,
            b"dt" | b"dd" => Kind::Term,
            b"pre" | b"listing" | b"xmp" | b"plaintext" => Kind::Preformatted,
            b"title" => Kind::Title,
            b"html" | b"head" | b"body" => Kind::Page,
            b"br" | b"hr" => Kind::Break,
            b"area" | b"base" | b"basefont" | b"bgsound" | b"col" | b"embed" | b"frame" | b"img"
            | b"input" | b"keygen" | b"link" | b"meta" | b"param" | b"source" | b"spacer" | b"track"
            | b"wbr" => Kind::Void,
            // What programs, other media, controls of forms and ruby hold is not read.
            b"script" | b"style" | b"noscript" | b"template" | b"iframe" | b"noembed" | b"noframes"
            | b"audio" | b"video" | b"canvas" | b"svg" | b"select" | b"datalist" | b"textarea"
            | b"button" | b"rt" | b"rp" => Kind::Silent,
            b"address" | b"article" | b"aside" | b"blockquote" | b"caption" | b"center" | b"details"
            | b"dialog" | b"div" | b"fieldset" | b"figcaption" | b"figure" | b"footer" | b"form"
            | b"frameset" | b"header" | b"hgroup" | b"legend" | b"main" | b"marquee" | b"nav" | b"search"
            | b"section" | b"summary" => Kind::Block,
            _ => Kind::Inline,
        }
    }

    /// Whether its tags begin and end lines.
    pub(super) fn breaks(self) -> bool {
        !matches!(self, Kind::Inline | Kind::Anchor | Kind::Title | Kind::Silent | Kind::Void | Kind::Page)
    }

    /// Whether its start ends an open paragraph.
    pub(super) fn ends_paragraph(self) -> bool {
        matches!(
            self,
            Kind::Block
                | Kind::Paragraph
                | Kind::Heading
                | Kind::Table
                | Kind::List
                | Kind::Item
                | Kind::Term
                | Kind::Preformatted
        )
    }

    /// Whether an element of this kind is ended, unless it stands outside of the nearest `limit`, by the start of one
    /// of kind `next`.
    pub(super) fn is_ended_by(self, next: Kind) -> bool {
        match next {
            Kind::Item => self == Kind::Item,
            Kind::Term => self == Kind::Term,
            Kind::Heading => self == Kind::Heading,
            Kind::Cell => self == Kind::Cell,
            Kind::Row => matches!(self, Kind::Cell | Kind::Row),
            Kind::Rows => matches!(self, Kind::Cell | Kind::Row | Kind::Rows),
            _ => false,
        }
    }

    /// Whether the search for an element that the start of one of kind `next` ends, stops here.
    pub(super) fn limits(self, next: Kind) -> bool {
        match next {
            Kind::Item | Kind::Term => matches!(self, Kind::List | Kind::Cell | Kind::Table),
            Kind::Cell | Kind::Row | Kind::Rows => self == Kind::Table,
            Kind::Heading => self.breaks() && self != Kind::Heading,
            _ => true,
        }
    }

    /// Whether the search for what an end tag of kind `end` closes, stops here.
    pub(super) fn shields(self, end: Kind) -> bool {
        match end {
            Kind::Table => false,
            Kind::Rows | Kind::Row | Kind::Cell => self == Kind::Table,
            Kind::Item => matches!(self, Kind::List | Kind::Cell | Kind::Table),
            _ => matches!(self, Kind::Cell | Kind::Table),
        }
    }
}

/// Whether a style hides the element.
pub(super) fn hides(style: &str) -> bool {
    style.split(';').any(|declaration| {
        let Some((name, value)) = declaration.split_once(':') else { return false };
        let value = value.trim();
        let is = |name: &str, wanted: &str| name.trim().eq_ignore_ascii_case(wanted);
        let starts =
            |wanted: &str| value.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted));
        is(name, "display") && starts("none") || is(name, "visibility") && starts("hidden")
    })
}
