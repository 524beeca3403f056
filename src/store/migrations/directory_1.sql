-- Keys of the store, and the ends of the event chain.
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Totals are kept in the row, so that a list need not count. `removed` counts removals of users
-- and groups: while it stands still, an index position once seen stays right.
CREATE TABLE orgs (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    scim_enabled INTEGER NOT NULL,
    policy TEXT NOT NULL,
    dialect TEXT NOT NULL,
    created INTEGER NOT NULL,
    user_count INTEGER NOT NULL DEFAULT 0,
    group_count INTEGER NOT NULL DEFAULT 0,
    removed INTEGER NOT NULL DEFAULT 0
) STRICT;

-- `key` orders by creation and is never used twice: cursors and anchors rely on both.
CREATE TABLE users (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    org INTEGER NOT NULL REFERENCES orgs (id),
    id BLOB NOT NULL,
    user_name TEXT NOT NULL,
    user_name_key TEXT NOT NULL,
    display_name TEXT,
    display_name_key TEXT,
    external_id TEXT,
    source TEXT NOT NULL,
    active INTEGER NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    version INTEGER NOT NULL,
    doc TEXT NOT NULL
) STRICT;
CREATE INDEX users_org ON users (org);
CREATE UNIQUE INDEX users_id ON users (org, id);
CREATE UNIQUE INDEX users_user_name ON users (org, user_name_key);
CREATE UNIQUE INDEX users_external_id ON users (org, external_id, source)
    WHERE external_id IS NOT NULL;
CREATE INDEX users_display_name ON users (org, display_name_key);
CREATE INDEX users_modified ON users (org, modified);

CREATE TABLE emails (
    user INTEGER NOT NULL REFERENCES users (key),
    email_key TEXT NOT NULL,
    org INTEGER NOT NULL,
    PRIMARY KEY (user, email_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX emails_key ON emails (org, email_key);

CREATE TABLE groups (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    org INTEGER NOT NULL REFERENCES orgs (id),
    id BLOB NOT NULL,
    display_name TEXT NOT NULL,
    display_name_key TEXT NOT NULL,
    external_id TEXT,
    source TEXT NOT NULL,
    member_count INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    version INTEGER NOT NULL,
    doc TEXT NOT NULL
) STRICT;
CREATE INDEX groups_org ON groups (org);
CREATE UNIQUE INDEX groups_id ON groups (org, id);
CREATE UNIQUE INDEX groups_display_name ON groups (org, display_name_key);
CREATE UNIQUE INDEX groups_external_id ON groups (org, external_id, source)
    WHERE external_id IS NOT NULL;
CREATE INDEX groups_modified ON groups (org, modified);

CREATE TABLE members (
    group_key INTEGER NOT NULL REFERENCES groups (key),
    user_key INTEGER NOT NULL REFERENCES users (key),
    PRIMARY KEY (group_key, user_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_user ON members (user_key, group_key);

CREATE TABLE subgroups (
    parent INTEGER NOT NULL REFERENCES groups (key),
    child INTEGER NOT NULL REFERENCES groups (key),
    PRIMARY KEY (parent, child)
) STRICT, WITHOUT ROWID;
CREATE INDEX subgroups_child ON subgroups (child, parent);

CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL,
    org INTEGER NOT NULL REFERENCES orgs (id),
    lineage TEXT NOT NULL,
    label TEXT NOT NULL,
    hint TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER,
    successor TEXT,
    last_used_at INTEGER,
    last_used_source TEXT,
    last_used_agent TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_org ON tokens (org, created);

-- `hash` chains the events; `detail_hash` stands in for `salt` and `detail`, so that these two can
-- be erased and the chain still holds.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    org INTEGER NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    subject BLOB,
    request BLOB,
    cause TEXT NOT NULL,
    salt BLOB,
    detail TEXT,
    detail_hash BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX events_subject ON events (subject, seq) WHERE subject IS NOT NULL;

CREATE TABLE deletions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    org INTEGER NOT NULL REFERENCES orgs (id),
    user BLOB NOT NULL,
    user_name TEXT NOT NULL,
    user_name_key TEXT NOT NULL,
    external_id TEXT,
    signal TEXT NOT NULL,
    actor TEXT NOT NULL,
    request BLOB,
    groups TEXT NOT NULL,
    snapshot TEXT NOT NULL
) STRICT;
CREATE INDEX deletions_at ON deletions (org, at);
CREATE INDEX deletions_user ON deletions (org, user);
CREATE INDEX deletions_user_name ON deletions (org, user_name_key);
