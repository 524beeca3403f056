//! How strings that are not `caseExact` compare: one rule for filters, uniqueness and sorting.
//!
//! Compatibility composition (NFKC) and full Unicode lower case, so that `ADMIN`, `admin` and
//! full-width `ＡＤＭＩＮ` are one name (RFC 7643 §2.2 and, for `userName`, the case mapping and
//! width mapping of PRECIS, RFC 8265 §3.3). SQLite's own `NOCASE` folds ASCII only and is never
//! used.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// The key under which `text` is stored, compared and sorted when case does not matter.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return text.to_ascii_lowercase().into();
        }
        return text.into();
    }
    // Lower-casing can undo a composition, hence the second pass.
    let lower: String = text.nfkc().flat_map(char::to_lowercase).collect();
    lower.nfkc().collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn case_width_and_composition_do_not_matter() {
        assert_eq!(fold("Ada@Example.COM"), "ada@example.com");
        assert_eq!(fold("ＡＤＭＩＮ"), "admin");
        assert_eq!(fold("E\u{301}lan"), fold("élan"));
        assert_eq!(fold("ÉLAN"), fold("élan"));
        assert_eq!(fold("\u{212a}"), "k");
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["İstanbul", "ǅ", "ﬁne", "Straße", "Σίσυφος"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }
}
