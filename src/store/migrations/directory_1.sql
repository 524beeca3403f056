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
    hold_days INTEGER NOT NULL,
    heirs TEXT NOT NULL,
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
    kind TEXT NOT NULL,
    role TEXT CHECK ((role IS NOT NULL) = (kind = 'operator')),
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

-- Whom an event concerns beside the one it is about: users and groups that were moved in or out of
-- a group, and the groups of a user that was removed or came back.
CREATE TABLE event_members (
    member BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (member, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_members_seq ON event_members (seq);

CREATE TABLE deletions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    org INTEGER NOT NULL REFERENCES orgs (id),
    state TEXT NOT NULL,
    settled INTEGER,
    until INTEGER,
    batch INTEGER REFERENCES batches (id),
    counted INTEGER NOT NULL,
    user BLOB NOT NULL,
    user_name TEXT NOT NULL,
    user_name_key TEXT NOT NULL,
    external_id TEXT,
    signal TEXT NOT NULL,
    actor TEXT NOT NULL,
    request BLOB,
    groups TEXT NOT NULL,
    roles TEXT NOT NULL,
    content TEXT NOT NULL,
    heir BLOB,
    heir_name TEXT,
    snapshot TEXT NOT NULL
) STRICT;
CREATE INDEX deletions_at ON deletions (org, at);
CREATE INDEX deletions_user ON deletions (org, user);
CREATE INDEX deletions_user_name ON deletions (org, user_name_key);
CREATE INDEX deletions_batch ON deletions (batch, state) WHERE batch IS NOT NULL;
CREATE INDEX deletions_until ON deletions (until) WHERE state = 'held' AND until IS NOT NULL;
-- What the guard counts in each removal.
CREATE INDEX deletions_counted ON deletions (org, at, user_name_key) WHERE counted = 1;

-- Held accounts: their rows of `users` as they were, kept apart so that no request can meet them.
CREATE TABLE held (
    deletion INTEGER PRIMARY KEY REFERENCES deletions (seq),
    key INTEGER NOT NULL UNIQUE,
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
    doc TEXT NOT NULL,
    emails TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX held_id ON held (org, id);
CREATE INDEX held_external_id ON held (org, external_id, source) WHERE external_id IS NOT NULL;

CREATE TABLE held_members (
    group_key INTEGER NOT NULL REFERENCES groups (key),
    deletion INTEGER NOT NULL REFERENCES held (deletion),
    PRIMARY KEY (group_key, deletion)
) STRICT, WITHOUT ROWID;
CREATE INDEX held_members_deletion ON held_members (deletion, group_key);

-- The guard of each Org: removals at or before `since` do not count any more.
CREATE TABLE guards (
    org INTEGER PRIMARY KEY REFERENCES orgs (id),
    since INTEGER NOT NULL,
    batch INTEGER REFERENCES batches (id),
    allow_count INTEGER,
    allow_left INTEGER,
    allow_until INTEGER,
    allow_reason TEXT,
    allow_by TEXT
) STRICT;

CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    org INTEGER NOT NULL REFERENCES orgs (id),
    opened INTEGER NOT NULL,
    why TEXT NOT NULL,
    action TEXT NOT NULL,
    removals INTEGER NOT NULL DEFAULT 0,
    verdict TEXT,
    by TEXT,
    closed INTEGER
) STRICT;
CREATE INDEX batches_org ON batches (org, id);

-- `owner` is the id of a live, a held or a system user. Only schedules have `cron`.
CREATE TABLE content (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    org INTEGER NOT NULL REFERENCES orgs (id),
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    title TEXT NOT NULL,
    title_key TEXT NOT NULL,
    owner BLOB NOT NULL,
    cron TEXT,
    time_zone TEXT,
    verify INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX content_object ON content (org, kind, object);
CREATE INDEX content_owner ON content (org, owner, kind, object);
CREATE INDEX content_verify ON content (org, kind, object) WHERE verify = 1;

-- Each recipient of a schedule, folded and as the application wrote it.
CREATE TABLE recipients (
    content INTEGER NOT NULL REFERENCES content (key),
    recipient_key TEXT NOT NULL,
    org INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    PRIMARY KEY (content, recipient_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipients_key ON recipients (org, recipient_key);

CREATE TABLE transfers (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    org INTEGER NOT NULL REFERENCES orgs (id),
    content INTEGER NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    title TEXT NOT NULL,
    from_id BLOB NOT NULL,
    from_name TEXT NOT NULL,
    to_id BLOB NOT NULL,
    to_name TEXT NOT NULL,
    why TEXT NOT NULL,
    recipient TEXT,
    deletion INTEGER NOT NULL REFERENCES deletions (seq),
    actor TEXT NOT NULL,
    request BLOB,
    undone INTEGER
) STRICT;
CREATE INDEX transfers_org ON transfers (org, seq);
CREATE INDEX transfers_deletion ON transfers (deletion, seq);
CREATE INDEX transfers_from ON transfers (from_id);
CREATE INDEX transfers_to ON transfers (to_id);

CREATE TABLE roles (
    key INTEGER PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES orgs (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    privileges TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX roles_name ON roles (org, name_key);

-- `group_id` may be a system group's, which has no row in `groups`.
CREATE TABLE group_roles (
    org INTEGER NOT NULL,
    group_id BLOB NOT NULL,
    role INTEGER NOT NULL REFERENCES roles (key),
    source TEXT NOT NULL,
    PRIMARY KEY (org, group_id, role, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_roles_role ON group_roles (role);

CREATE TABLE role_rules (
    org INTEGER NOT NULL REFERENCES orgs (id),
    group_name TEXT NOT NULL,
    group_name_key TEXT NOT NULL,
    role INTEGER NOT NULL REFERENCES roles (key),
    PRIMARY KEY (org, group_name_key, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX role_rules_role ON role_rules (role);

-- Webhooks: who is told of which events, and up to which event (`seq`) everything is told or stands
-- in `deliveries`. Sinks of alerts are rows with a `change`: up to which change of an alert notices
-- were made; `seq` is one of `notices` then.
CREATE TABLE webhooks (
    name TEXT NOT NULL PRIMARY KEY,
    kinds TEXT NOT NULL,
    org INTEGER,
    configured INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    change INTEGER
) STRICT, WITHOUT ROWID;

-- What sinks are to be told, until they are; `line` is what has to be told in order.
CREATE TABLE notices (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    sink TEXT NOT NULL,
    at INTEGER NOT NULL,
    line TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX notices_sink ON notices (sink, seq);

-- Alerts that a sink is told of together, as far as it was told; `body` is JSON.
CREATE TABLE sink_groups (
    sink TEXT NOT NULL,
    line TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (sink, line)
) STRICT, WITHOUT ROWID;

-- What a webhook or a sink was told in vain, and what waits behind it.
CREATE TABLE deliveries (
    webhook TEXT NOT NULL REFERENCES webhooks (name),
    event INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next INTEGER,
    since INTEGER,
    error TEXT NOT NULL,
    PRIMARY KEY (webhook, event)
) STRICT, WITHOUT ROWID;

-- Who has seen which alert.
CREATE TABLE acknowledgements (
    fingerprint TEXT PRIMARY KEY,
    by TEXT NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    severity TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What became of alerts, one row a change; `body` is the change as JSON, without its number.
CREATE TABLE alert_changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX alert_changes_at ON alert_changes (at);

-- Alerts in a life that a restart must not end.
CREATE TABLE alert_lives (
    fingerprint TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How clients ask: pauses and hours of the week.
CREATE TABLE rhythms (
    token TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE silences (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    until INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
