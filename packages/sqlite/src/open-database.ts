import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.ts';

/** Result codes of SQLite (https://sqlite.org/rescode.html). */
const SQLITE_BUSY = 5;
const SQLITE_NOTADB = 26;

/**
 * Opens the file, for this process alone, and makes its tables where it is new. Throws an `Error` that names the file where another process has it,
 * and where it is not one of ours.
 */
export function openDatabase(path: string, busyTimeoutMs: number): DatabaseSync {
  const file = resolve(path);
  // SQLite would create it for everybody to read.
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file);
  try {
    // The lock that a write takes is kept until the file is closed.
    database.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE`);
    prepareTables(database);
    // What a process has written survives it; only a power failure may lose what no checkpoint has synchronised.
    database.exec('COMMIT; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    // Pages of the write-ahead log between two checkpoints, and KiB of cached pages: 16 MB each.
    database.exec('PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16000');
    return database;
  } catch (error) {
    database.close();
    throw new Error(`${file} ${reasonOf(error)}`, { cause: error });
  }
}

/** Makes the tables of a new file. Throws an `Error` for the file of somebody else. */
function prepareTables(database: DatabaseSync): void {
  const { application_id: owner } = { ...database.prepare('PRAGMA application_id').get() };
  const { user_version: version } = { ...database.prepare('PRAGMA user_version').get() };
  const { tables } = { ...database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() };
  if (tables === 0 && owner === 0 && version === 0) database.exec(SCHEMA);
  else if (owner !== APPLICATION_ID) throw new ForeignFile('is a database of something else');
  else if (version !== SCHEMA_VERSION) {
    throw new ForeignFile(`has tables of version ${version}, and this release knows version ${SCHEMA_VERSION}`);
  }
}

class ForeignFile extends Error {}

function reasonOf(error: unknown): string {
  if (error instanceof ForeignFile) return error.message;
  const { errcode, message } = Object(error);
  // The low byte of an extended code is the code.
  const code = Number(errcode) & 0xff;
  if (code === SQLITE_BUSY) return 'is in use: one process at a time can have it';
  return code === SQLITE_NOTADB ? 'is no SQLite database' : `cannot be opened: ${message}`;
}
