import { existsSync } from 'node:fs';
import { createSqliteStores, type SqliteStoreOptions } from '@mcp-tenancy/sqlite';
import { describe, expect, it } from 'vitest';
import { newFile, openStores } from './support/sqlite-file.ts';

describe('the options of createSqliteStores', () => {
  it.each([
    [undefined, 'The options of createSqliteStores must be an object'],
    [{ pth: 'x' }, "Unknown option 'pth' in The options of createSqliteStores: it takes path,"],
    [{}, 'path must be the name of a file, got undefined'],
    [{ path: '' }, 'path must be the name of a file, got ""'],
    [{ path: ':memory:' }, 'path must be the name of a file, got ":memory:"'],
    [{ path: 'a\0b' }, 'path must be the name of a file'],
    [{ path: 1 }, 'path must be the name of a file, got 1'],
  ])('are refused as %j', (options, message) => {
    const create = () => createSqliteStores(options as unknown as SqliteStoreOptions);
    expect(create).toThrow(TypeError);
    expect(create).toThrow(message);
  });

  it.each([
    ['maxEventsPerSession', 0],
    ['maxBytesPerSession', -1],
    ['maxBytes', 1.5],
    ['maxAgeMs', '1000'],
    ['maxAgeMs', Number.NaN],
    ['busyTimeoutMs', 2 ** 31],
    ['busyTimeoutMs', null],
  ])('are refused with %s %j, and no file is made', (option, value) => {
    const path = newFile();
    const create = () => createSqliteStores({ path, [option]: value });
    expect(create).toThrow(TypeError);
    expect(create).toThrow(`${option} must be a whole number from 1 to `);
    expect(existsSync(path)).toBe(false);
  });

  it('are read once', async () => {
    const options = { path: newFile(), maxEventsPerSession: 2 };
    const { eventLog } = openStores(options);
    options.maxEventsPerSession = 1;
    for (const sequence of [1, 2]) await eventLog.append({ sessionId: 's', streamId: 't', sequence, data: '' });
    expect(await eventLog.after('s', 't', 0)).toMatchObject({ complete: true });
  });
});
