//! How each of the smaller clients does what they all do.

/// How a user is looked for before it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulate) enum Lookup {
    /// Not at all: a 409 is answered with a look-up by `userName`.
    OnConflict,
    /// By `userName`.
    UserName,
    /// By `externalId`, in a query with `+` for spaces.
    ExternalIdPlus,
    /// By `externalId`, then by `userName`, with `@` as it is.
    BothRaw,
}

/// What happens to an account that leaves the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulate) enum Off {
    /// It is disabled, by PUT.
    Put,
    /// It is disabled, by PATCH with a string for the boolean.
    PatchWord,
    /// It is deleted.
    Delete,
    /// It stays as it is, without its `externalId`.
    Unlink,
}

/// How members of a group are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulate) enum Members {
    /// `add`, and `remove` with a value list.
    ValueList,
    /// `add` with a relative `$ref`, `remove` by value list, and all of them without any.
    Relative,
    /// One operation a member, `remove` by value filter; the group is read afterwards.
    OneByOne,
    /// PUT of the whole group, with the `$ref` of what is in it.
    Put,
}

/// What a client does in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulate) struct Ways {
    pub lookup: Lookup,
    pub off: Off,
    pub members: Members,
    /// Read before anything else; `true`: before every change.
    pub discovery: (&'static [&'static str], bool),
    /// What is sent to see whether the connection works.
    pub test: Test,
    /// Reads a user before and after it is written.
    pub reads: bool,
    /// What is peculiar about its documents.
    pub document: Document,
}

/// What is peculiar about the documents of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulate) enum Document {
    /// Nothing.
    Usual,
    /// An enterprise URN without the extension, `tel:` numbers, nulls and empty lists.
    Enterprise,
    /// `roles` with an empty value.
    EmptyRole,
    /// `emails` is one object.
    OneMail,
}

/// How a connection is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulate) enum Test {
    /// By discovery alone.
    None,
    /// By looking for somebody who is not there.
    Nobody,
    /// By making and deleting a user and a group.
    MakeAndDelete,
}

/// Headers of a client that wants answers as plain JSON.
pub(in crate::simulate) const JSON_ANSWERS: [(&str, &str); 2] = [
    ("accept", "application/json"),
    ("content-type", "application/scim+json"),
];

/// Headers of a client that knows no SCIM media type.
pub(in crate::simulate) const JSON: [(&str, &str); 2] = [
    ("accept", "application/json"),
    ("content-type", "application/json"),
];

/// Headers of rauthy, recorded.
pub(in crate::simulate) const RAUTHY_HEADERS: [(&str, &str); 3] = [
    ("user-agent", "Rauthy Client v0.36.0"),
    ("accept", "*/*"),
    ("content-type", "application/scim+json"),
];

const OTHERS: Ways = Ways {
    lookup: Lookup::UserName,
    off: Off::Put,
    members: Members::ValueList,
    discovery: (&[], false),
    test: Test::None,
    reads: false,
    document: Document::Usual,
};

/// OneLogin.
pub(in crate::simulate) const ONELOGIN: Ways = Ways {
    test: Test::Nobody,
    off: Off::Delete,
    reads: true,
    document: Document::OneMail,
    ..OTHERS
};

/// JumpCloud.
pub(in crate::simulate) const JUMPCLOUD: Ways = Ways {
    test: Test::MakeAndDelete,
    document: Document::Enterprise,
    ..OTHERS
};

/// The SCIM plugin of Keycloak.
pub(in crate::simulate) const KEYCLOAK: Ways = Ways {
    lookup: Lookup::OnConflict,
    off: Off::PatchWord,
    members: Members::Relative,
    ..OTHERS
};

/// authentik.
pub(in crate::simulate) const AUTHENTIK: Ways = Ways {
    lookup: Lookup::OnConflict,
    off: Off::Delete,
    members: Members::OneByOne,
    discovery: (&["/ServiceProviderConfig"], false),
    ..OTHERS
};

/// rauthy.
pub(in crate::simulate) const RAUTHY: Ways = Ways {
    lookup: Lookup::BothRaw,
    off: Off::Unlink,
    document: Document::EmptyRole,
    ..OTHERS
};

/// Canaille.
pub(in crate::simulate) const CANAILLE: Ways = Ways {
    lookup: Lookup::ExternalIdPlus,
    off: Off::Delete,
    members: Members::Put,
    discovery: (
        &["/ResourceTypes", "/Schemas", "/ServiceProviderConfig"],
        true,
    ),
    ..OTHERS
};
