/** Says whose file it is (`PRAGMA application_id`): "mcpt". */
export const APPLICATION_ID = 0x6d637074;

/** Says which tables it has (`PRAGMA user_version`). */
export const SCHEMA_VERSION = 1;

/** Streams whose place is kept although none of their events is. */
const MAX_EMPTIED_STREAMS = 100_000;

/**
 * `sessions.turn` grows with every write: the session that was written or touched longest ago has the lowest. A touch changes a row and
 * one index; those whose time has passed are found by a scan of that index, which is done once in a while, and not by another that every write changes.
 * Events are found by their position alone (see `EventIndex`).
 *
 * `emptied_streams` knows the last event of streams whose events have all been dropped, so that a client that had them all still finds its place.
 */
export const SCHEMA = `
  CREATE TABLE sessions (
    id TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    token_digest TEXT,
    turn INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL
  );
  CREATE INDEX sessions_by_turn ON sessions (turn, expires_at);
  CREATE INDEX sessions_by_principal ON sessions (tenant_id, subject);
  CREATE INDEX sessions_by_token ON sessions (token_digest);

  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL,
    stream_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    data TEXT NOT NULL
  );

  CREATE TABLE emptied_streams (
    position INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL,
    stream_id TEXT NOT NULL,
    last INTEGER NOT NULL,
    UNIQUE (session_id, stream_id)
  );
  CREATE TRIGGER emptied_streams_are_bounded AFTER INSERT ON emptied_streams
  BEGIN
    DELETE FROM emptied_streams WHERE position <= NEW.position - ${MAX_EMPTIED_STREAMS};
  END;

  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;
