import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSqliteStores, type SqliteStoreOptions, type SqliteStores } from '@mcp-tenancy/sqlite';
import { onTestFinished } from 'vitest';

/** The name of a file that is not there yet, in a directory that goes with the test. */
export function newFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'mcp-tenancy-sqlite-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'tenancy.db');
}

/** Stores that close with the test. */
export function openStores(options: Partial<SqliteStoreOptions> = {}): SqliteStores {
  const stores = createSqliteStores({ path: newFile(), busyTimeoutMs: 1, ...options });
  onTestFinished(() => stores.close());
  return stores;
}
