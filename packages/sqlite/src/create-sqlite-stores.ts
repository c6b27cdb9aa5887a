import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { EventLog, SessionStore } from '@mcp-tenancy/core';
import { openDatabase } from './open-database.ts';
import { readOptions, type SqliteStoreOptions } from './read-options.ts';
import { type EventLogBounds, SqliteEventLog } from './sqlite-event-log.ts';
import { SqliteSessionStore } from './sqlite-session-store.ts';

/** What one file keeps. */
export interface SqliteStores {
  /** For `sessions.store` of `createTenancy`. */
  readonly sessionStore: SessionStore;
  /** For `streams.eventLog` of `createTenancy`. */
  readonly eventLog: EventLog;
  /** Lets go of the file. Call it when the tenancy has closed: the stores throw from then on. A second call does nothing. */
  close(): void;
}

/**
 * Keeps the sessions and events of one process in an SQLite file, by Node's own `node:sqlite`: they outlive a restart and a `kill -9`; a power
 * failure may cost the last moments, and leaves the file intact.
 *
 * Throws a `TypeError` for options that are wrong, and an `Error` that names the file where it cannot be opened: another process has it (for
 * longer than `busyTimeoutMs`), it is no database, or it was written by something else or by another version.
 */
export function createSqliteStores(options: SqliteStoreOptions): SqliteStores {
  const { path, busyTimeoutMs, ...bounds } = readOptions(options);
  const database = openDatabase(path, busyTimeoutMs);
  const stores = storesOf(database, path, bounds);
  let open = true;
  return {
    ...stores,
    close: () => {
      if (open) database.close();
      open = false;
    },
  };
}

/** Both read from the file when they are made. */
function storesOf(database: DatabaseSync, path: string, bounds: EventLogBounds): Omit<SqliteStores, 'close'> {
  try {
    return { sessionStore: new SqliteSessionStore(database), eventLog: new SqliteEventLog(database, bounds) };
  } catch (error) {
    database.close();
    throw new Error(`${resolve(path)} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
