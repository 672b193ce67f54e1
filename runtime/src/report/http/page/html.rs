//! Text that becomes HTML, and the one place where it does.
//!
//! Markup has to be `'static`, which nothing that came with a request or out of a stat is; all else goes through
//! [`Html::text`] or [`Html::attribute`]. So whether a name can break out of the page is decided here and nowhere else.

use std::fmt::Write;

use crate::snapshot::humane::printable;

/// A page in the making.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Markup as it stands.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text, whatever is in it.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        // A text without an effect on the page may still have one on its reader: see `printable`.
        for c in printable(text).chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        self
    }

    /// An attribute of the tag that is open: ` title="…"`.
    pub(super) fn attribute(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.raw(" ").raw(name).raw("=\"").text(value).raw("\"")
    }

    /// A coordinate, or another number that the markup holds.
    pub(super) fn number(&mut self, number: usize) -> &mut Self {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{number}");
        self
    }

    /// A link to an address made by [`Links`](super::links::Links).
    pub(super) fn link(&mut self, to: &str, text: &str) -> &mut Self {
        self.raw("<a")
            .attribute("href", to)
            .raw(">")
            .text(text)
            .raw("</a>")
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_text_or_of_an_attribute() {
        let mut html = Html::default();
        html.text("<script>'&\"")
            .attribute("title", "\"><script>\u{2028}\n");
        assert_eq!(
            html.finish(),
            "&lt;script&gt;&#39;&amp;&quot; title=\"&quot;&gt;&lt;script&gt;\\u{2028}\\n\""
        );
    }
}
