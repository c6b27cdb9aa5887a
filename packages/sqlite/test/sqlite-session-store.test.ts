import type { SessionStore } from '@mcp-tenancy/core';
import { describeSessionStore } from '@mcp-tenancy/testing';
import { expect, it } from 'vitest';
import { openStores } from './support/sqlite-file.ts';

describeSessionStore('an SQLite session store', (): SessionStore => openStores().sessionStore);

it('is durable: sessions outlive the process', () => {
  expect(openStores().sessionStore.durable).toBe(true);
});

it.each(['-1', '1.5', '0x1', '1e3', '9'.repeat(400)])(
  'has an empty page after %j, which is no cursor of its own',
  async (cursor) => {
    const { sessionStore } = openStores();
    await sessionStore.create({ id: 'a', tenantId: 'acme', subject: 'ada', lastSeenAt: 1, state: '{}' }, 60_000);
    expect(await sessionStore.list({}, 10, cursor)).toEqual({ sessions: [] });
  },
);

it('keeps apart principals whose names UTF-8 cannot tell apart', async () => {
  const { sessionStore } = openStores();
  for (const subject of ['\ud800', '\ud801', '\ufffd']) {
    await sessionStore.create({ id: subject, tenantId: 'acme', subject, lastSeenAt: 1, state: '{}' }, 60_000);
  }
  expect(await sessionStore.count('acme', '\ud800')).toBe(1);
  expect(await sessionStore.get('\ud801')).toMatchObject({ id: '\ud801', subject: '\ud801' });
});
