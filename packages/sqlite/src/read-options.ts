import { assertOptions, readWholeNumber } from '@mcp-tenancy/core';

/** Options of `createSqliteStores`. */
export interface SqliteStoreOptions {
  /** The file; created, for its owner only, where there is none. Its directory must exist, on a local disk. */
  readonly path: string;
  /** Events kept for one session. Default: 1,000. */
  readonly maxEventsPerSession?: number;
  /** Bytes of events kept for one session, their own overhead included. Default: 1 MiB. */
  readonly maxBytesPerSession?: number;
  /** Bytes of events kept in all, their own overhead included. Default: 64 MiB. */
  readonly maxBytes?: number;
  /** ms after which an event is dropped. Default: 5 minutes. */
  readonly maxAgeMs?: number;
  /** ms that opening waits, and blocks, for another process to let go of the file. Default: 5,000. */
  readonly busyTimeoutMs?: number;
}

const KNOWN = ['path', 'maxEventsPerSession', 'maxBytesPerSession', 'maxBytes', 'maxAgeMs', 'busyTimeoutMs'];

/** The longest that SQLite waits, ms. */
const MAX_BUSY_TIMEOUT_MS = 2 ** 31 - 1;

/** The options, complete. Throws a `TypeError` that names the one that is wrong. */
export function readOptions(options: SqliteStoreOptions): Required<SqliteStoreOptions> {
  assertOptions('The options of createSqliteStores', options, KNOWN);
  const { path, maxEventsPerSession, maxBytesPerSession, maxBytes, maxAgeMs, busyTimeoutMs } = options;
  return {
    path: readPath(path),
    maxEventsPerSession: readWholeNumber('maxEventsPerSession', maxEventsPerSession, 1_000),
    maxBytesPerSession: readWholeNumber('maxBytesPerSession', maxBytesPerSession, 1_048_576),
    maxBytes: readWholeNumber('maxBytes', maxBytes, 67_108_864),
    maxAgeMs: readWholeNumber('maxAgeMs', maxAgeMs, 300_000),
    busyTimeoutMs: readWholeNumber('busyTimeoutMs', busyTimeoutMs, 5_000, MAX_BUSY_TIMEOUT_MS),
  };
}

/** What SQLite itself would take for something else is refused: `''` and `':memory:'` are no files, and would keep nothing. */
function readPath(path: unknown): string {
  if (typeof path === 'string' && path !== '' && path !== ':memory:' && !path.includes('\0')) return path;
  throw new TypeError(`path must be the name of a file, got ${JSON.stringify(path)}`);
}
