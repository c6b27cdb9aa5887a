import { MemorySessionStore } from '@mcp-tenancy/core';
import { describe, expect, it } from 'vitest';
import { allParked, PARK_SOON } from '../support/parking.ts';
import { eventsOf, eventually, serve, serverWith } from '../support/tenancy-server.ts';

const createServer = () => serverWith({});
/** More than a store gives at a time. */
const MANY = 4_500;

/** A store with parked sessions, whose time is over. */
async function expiredSessions(count: number): Promise<MemorySessionStore> {
  const store = new MemorySessionStore();
  const { open, tenancy } = await serve({ createServer, sessions: { ...PARK_SOON, store } });
  const client = await open();
  await allParked(tenancy);
  const session = store.get(String(client.sessionId));
  await tenancy.close();
  const full = new MemorySessionStore();
  for (let index = 0; index < count; index += 1) if (session) full.create({ ...session, id: `session-${index}` }, 0);
  return full;
}

describe('parked sessions whose time has passed', () => {
  it('end all together, however many they are', async () => {
    const store = await expiredSessions(MANY);
    // Looked after every 1,000 ms.
    const sessions = { store, parkAfterMs: 4_000 };
    const { open, tenancy } = await serve({ createServer, sessions });
    const ends = eventsOf(tenancy, 'sessionEnded');
    const client = await open();
    await eventually(() => ends.length > 0);
    const begunAt = Date.now();
    await eventually(() => ends.length >= MANY);
    expect(Date.now() - begunAt).toBeLessThan(3_000);
    expect(new Set(ends.map(({ sessionId }) => sessionId)).size).toBe(MANY);
    expect(new Set(ends.map(({ reason }) => reason))).toEqual(new Set(['idle']));
    expect(tenancy.sessions.size).toBe(1);
    expect(await client.call('ping')).toHaveProperty('result');
  });
});
