-- One line of the Live view each: what is filtered on as columns, the whole as JSON.
CREATE TABLE exchanges (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    org INTEGER,
    token TEXT,
    client TEXT NOT NULL,
    operation TEXT NOT NULL,
    status INTEGER NOT NULL,
    subject TEXT NOT NULL,
    request BLOB NOT NULL,
    summary TEXT NOT NULL
) STRICT;
CREATE INDEX exchanges_request ON exchanges (request);

-- Headers, bodies and changes, apart from the lines so that reading lines stays fast.
CREATE TABLE bodies (
    seq INTEGER PRIMARY KEY,
    detail TEXT NOT NULL
) STRICT;
