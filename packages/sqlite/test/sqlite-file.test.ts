import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StoredSession } from '@mcp-tenancy/core';
import { createSqliteStores } from '@mcp-tenancy/sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newFile, openStores } from './support/sqlite-file.ts';

const LONG = 60_000;

function session(id: string): StoredSession {
  return { id, tenantId: 'acme', subject: 'ada', lastSeenAt: 1_000, state: '{}' };
}

/** Changes a file that nobody has open. */
function alter(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

/** Another process that has the file's lock until it is killed. */
async function holdElsewhere(path: string): Promise<{ kill(): Promise<void> }> {
  const code = `
    const { DatabaseSync } = require('node:sqlite');
    const database = new DatabaseSync(process.argv[1]);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = NORMAL; BEGIN EXCLUSIVE; COMMIT');
    process.stdout.write('ready');
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--no-warnings', '-e', code, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  await once(child.stdout, 'data');
  return { kill };
}

describe('a file that is opened again', () => {
  it('has the sessions and events that it had', async () => {
    const path = newFile();
    const before = openStores({ path });
    for (const id of ['a', 'b', 'c']) await before.sessionStore.create(session(id), LONG);
    await before.sessionStore.touch('a', 2_000, LONG);
    const events = [1, 2, 3].map((sequence) => ({ sessionId: 'a', streamId: 'stream', sequence, data: `${sequence}` }));
    for (const event of events) await before.eventLog.append(event);
    before.close();

    const { sessionStore, eventLog } = openStores({ path, maxEventsPerSession: 3 });
    expect(sessionStore.size).toBe(3);
    expect(await sessionStore.get('b')).toEqual(session('b'));
    await sessionStore.touch('c', 2_000, LONG);
    expect((await sessionStore.list({}, 10)).sessions.map(({ id }) => id)).toEqual(['b', 'a', 'c']);
    expect(await eventLog.after('a', 'stream', 0)).toMatchObject({ events, complete: true });
    await eventLog.append({ sessionId: 'a', streamId: 'stream', sequence: 4, data: '4' });
    expect(await eventLog.after('a', 'stream', 0)).toMatchObject({ complete: false, events: [{}, {}, {}] });
  });

  it('goes on with a cursor from before', async () => {
    const path = newFile();
    const before = openStores({ path });
    for (const id of ['a', 'b', 'c']) await before.sessionStore.create(session(id), LONG);
    const { cursor } = await before.sessionStore.list({}, 1);
    before.close();
    const { sessions } = await openStores({ path }).sessionStore.list({}, 10, cursor);
    expect(sessions.map(({ id }) => id)).toEqual(['b', 'c']);
  });

  it('has dropped events that are too old by now, and knows where their stream was', async () => {
    const path = newFile();
    const before = openStores({ path });
    await before.eventLog.append({ sessionId: 'a', streamId: 'stream', sequence: 1, data: '' });
    before.close();
    alter(path, 'UPDATE events SET at = 0');
    const { eventLog } = openStores({ path });
    expect(await eventLog.after('a', 'stream', 0)).toMatchObject({ events: [], complete: false });
    expect(await eventLog.after('a', 'stream', 1)).toMatchObject({ events: [], complete: true });
  });

  it('knows the places of the 100,000 streams that were emptied last', async () => {
    const path = newFile();
    openStores({ path }).close();
    alter(
      path,
      `INSERT INTO emptied_streams (session_id, stream_id, last)
       WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100000) SELECT 's', n, 1 FROM n`,
    );
    const { eventLog } = openStores({ path, maxEventsPerSession: 1 });
    for (const streamId of ['x', 'y']) await eventLog.append({ sessionId: 's', streamId, sequence: 1, data: '' });
    expect(await eventLog.after('s', '1', 1)).toMatchObject({ complete: false });
    for (const streamId of ['2', '100000', 'x', 'y']) {
      expect(await eventLog.after('s', streamId, 1)).toMatchObject({ complete: true });
    }
  });

  it('has what a process wrote that was killed: it was in the file and its write-ahead log at once', async () => {
    const path = newFile();
    const { sessionStore, eventLog } = openStores({ path });
    await sessionStore.create(session('a'), LONG);
    await eventLog.append({ sessionId: 'a', streamId: 'stream', sequence: 1, data: 'data' });
    const copy = newFile();
    for (const suffix of ['', '-wal']) copyFileSync(`${path}${suffix}`, `${copy}${suffix}`);
    const after = openStores({ path: copy });
    expect(await after.sessionStore.get('a')).toEqual(session('a'));
    expect(await after.eventLog.after('a', 'stream', 0)).toMatchObject({ complete: true, events: [{ data: 'data' }] });
  });
});

describe('a file that another has open', () => {
  it('is refused to another process by name, and free when that has gone', async () => {
    const path = newFile();
    openStores({ path }).close();
    const holder = await holdElsewhere(path);
    expect(() => createSqliteStores({ path, busyTimeoutMs: 1 })).toThrow(
      `${path} is in use: one process at a time can have it`,
    );
    await holder.kill();
    expect(openStores({ path }).sessionStore.size).toBe(0);
  });

  it('is refused within a process too', async () => {
    const path = newFile();
    const { sessionStore, close } = openStores({ path });
    expect(() => createSqliteStores({ path, busyTimeoutMs: 1 })).toThrow('is in use');
    await sessionStore.create(session('a'), LONG);
    expect(() => createSqliteStores({ path, busyTimeoutMs: 1 })).toThrow('is in use');
    close();
    expect(openStores({ path }).sessionStore.size).toBe(1);
  });

  it('can be closed twice, and throws after that', () => {
    const { sessionStore, eventLog, close } = openStores();
    close();
    close();
    expect(() => sessionStore.get('a')).toThrow();
    expect(() => eventLog.after('a', 'stream', 0)).toThrow();
  });
});

describe('a file that is not one of ours', () => {
  it('is refused where it is no database, and left as it is', () => {
    const path = newFile();
    const text = 'The quick brown fox jumps over the lazy dog.\n'.repeat(100);
    writeFileSync(path, text);
    expect(() => createSqliteStores({ path })).toThrow(`${path} is no SQLite database`);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('is refused where it is damaged', () => {
    const path = newFile();
    openStores({ path }).close();
    truncateSync(path, 4_096 + 100);
    expect(() => createSqliteStores({ path })).toThrow(`${path} cannot be opened: `);
  });

  it('is refused where it is the database of something else, and left as it is', () => {
    const path = newFile();
    alter(path, 'CREATE TABLE customers (name TEXT)');
    const before = readFileSync(path);
    expect(() => createSqliteStores({ path })).toThrow(`${path} is a database of something else`);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is refused where its tables are those of another version', () => {
    const path = newFile();
    openStores({ path }).close();
    alter(path, 'PRAGMA user_version = 2');
    expect(() => createSqliteStores({ path })).toThrow(
      `${path} has tables of version 2, and this release knows version 1`,
    );
  });

  it('is refused where it is a directory, or in none', () => {
    const path = newFile();
    expect(() => createSqliteStores({ path: join(path, 'tenancy.db') })).toThrow('ENOENT');
    mkdirSync(path);
    expect(() => createSqliteStores({ path })).toThrow('EISDIR');
  });
});

it('makes a file that only its owner can read, and its write-ahead log too', async () => {
  const path = newFile();
  const { sessionStore } = openStores({ path });
  await sessionStore.create(session('a'), LONG);
  for (const file of [path, `${path}-wal`]) expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('names the file where its tables are not what they should be', () => {
  const path = newFile();
  createSqliteStores({ path }).close();
  const database = new DatabaseSync(path);
  database.exec('DROP TABLE events');
  database.close();
  expect(() => createSqliteStores({ path })).toThrow(`${path} cannot be read: `);
  // And lets go of it.
  expect(() => createSqliteStores({ path, busyTimeoutMs: 1 })).toThrow(`${path} cannot be read: `);
});
