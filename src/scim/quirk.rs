//! Tolerances for what real clients send, by name.
//!
//! Each quirk is something the RFCs do not allow and a real identity provider sends. With
//! `dialect = "auto"` it is understood and recorded beside the exchange; with `"strict"` it is
//! refused with the error the RFC asks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether an Org's clients are understood or held to the RFCs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Understand every quirk and record it.
    #[default]
    Auto,
    /// Refuse what the RFCs do not allow.
    Strict,
}

impl Dialect {
    /// The word in settings and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Strict => "strict",
        }
    }
}

macro_rules! quirks {
    ($($variant:ident $name:literal $text:literal,)*) => {
        /// A named tolerance.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Quirk {
            $(#[doc = $text] $variant,)*
        }

        impl Quirk {
            /// Every quirk, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Stable name, for records, filters and settings.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What the client did, in a sentence for the operator.
            pub const fn describe(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

quirks! {
    OpCase "op-case" "PATCH op is not in lower case (`Add`, `Replace`, `Remove`).",
    StringBoolean "string-boolean" "A boolean came as a string (`\"True\"`).",
    DottedKeys "dotted-keys" "A path-less PATCH value used dotted or URN-qualified keys (`name.givenName`).",
    ReadOnlyInValue "read-only-in-value" "A PATCH value carried read-only attributes such as `id` or `meta`; they were ignored.",
    RemoveByValueList "remove-by-value-list" "Members were removed by a value list instead of a value filter.",
    NullMembers "null-members" "`members` was replaced by null to empty the group.",
    MemberShape "member-shape" "A member came as a bare string or with `$ref` null or relative.",
    CreateFromFilter "create-from-filter" "A PATCH filter matched nothing and the element was made from its terms.",
    EmptyClears "empty-clears" "An attribute was cleared with an empty string.",
    BareManager "bare-manager" "`manager` came as a string, as a list or without its URN.",
    UnknownAttribute "unknown-attribute" "Attributes that no schema declares were dropped.",
    UnknownSchema "unknown-schema" "`schemas` named a URN that is not known here.",
    MissingSchemas "missing-schemas" "`schemas` was missing.",
    ExtraPatchKeys "extra-patch-keys" "A PATCH body had keys beside `schemas` and `Operations`.",
    ComputedRoles "computed-roles" "The client wrote `roles` of a user, which follow from its groups; they were ignored.",
    UnquotedFilterValue "unquoted-filter-value" "A filter compared with an unquoted value.",
    ValuePathSubAttribute "value-path-sub-attribute" "A filter used `attr[…].sub op value`.",
    MultiValuedWithoutSub "multi-valued-without-sub" "A filter compared a complex attribute without naming a sub-attribute; its `value` was meant.",
    ObjectForList "object-for-list" "A multi-valued attribute came as a single object.",
    NumberAsString "number-as-string" "A string came as a number, or a number as a string.",
    ContentType "content-type" "The body had no SCIM or JSON media type.",
    ReadOnlyIgnored "read-only-ignored" "The body carried read-only attributes; they were ignored.",
    IfMatchWeak "if-match-weak" "If-Match carried a weak tag; it was compared without `W/`.",
    PasswordDropped "password-dropped" "A password was sent; it was not stored.",
    CaseInsensitiveKeys "case-insensitive-keys" "Attribute names were not written in their canonical case.",
    DuplicateValue "duplicate-value" "A list held the same value twice; one was kept.",
    ManyPrimaries "many-primaries" "Several values were primary; the first was kept.",
    RemovedMember "removed-member" "A member named an account that was removed before; it was left out.",
    MissingBearerScheme "missing-bearer-scheme" "A token came without the `Bearer` scheme and was refused.",
}

/// A set of quirks seen in one exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quirks(u64);

impl Quirks {
    /// Adds one.
    pub fn note(&mut self, quirk: Quirk) {
        self.0 |= 1 << quirk as u32;
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// True if `quirk` was seen.
    pub fn has(self, quirk: Quirk) -> bool {
        self.0 & (1 << quirk as u32) != 0
    }

    /// True if none was seen.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those seen, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = Quirk> {
        Quirk::ALL
            .iter()
            .copied()
            .filter(move |quirk| self.has(*quirk))
    }
}

/// What a client may do and what it did: passed through parsing, validation and PATCH.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tolerance {
    /// The Org's setting.
    pub dialect: Dialect,
    /// The quirks met so far.
    pub seen: Quirks,
}

impl Tolerance {
    /// A tolerance that has seen nothing yet.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            seen: Quirks::default(),
        }
    }

    /// Notes `quirk` and returns true if the dialect understands it; false means: refuse it.
    #[must_use]
    pub fn allows(&mut self, quirk: Quirk) -> bool {
        let understood = self.dialect == Dialect::Auto;
        if understood {
            self.seen.note(quirk);
        }
        understood
    }
}
