import { describe, expect, it } from 'vitest';
import {
  eventsOf,
  eventually,
  type Served,
  said,
  serve,
  serverWith,
  textOf,
  tokens,
} from '../support/tenancy-server.ts';

const UPDATES = 20;
const CLIENTS = 4;

function serverOfVersion(version: number) {
  return () =>
    serverWith({
      version: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return said(String(version));
      },
    });
}

describe('updateToken under load', () => {
  it.each([
    ['bare wire', (served: Served) => wireCaller(served)],
    ["SDK's client", (served: Served) => sdkCaller(served)],
  ])('fails no request, and no client ever goes back to an older server: %s', async (_client, callerOf) => {
    const provider = tokens({ token: serverOfVersion(0) });
    const served = await serve({ provider });
    const ends = eventsOf(served.tenancy, 'sessionEnded');
    const callers = await Promise.all(Array.from({ length: CLIENTS }, () => callerOf(served)));
    let updating = true;
    let answers = 0;
    const seen = callers.map(async (call) => {
      const versions: number[] = [];
      while (updating) {
        versions.push(Number(await call()));
        answers += 1;
      }
      versions.push(Number(await call()));
      return versions;
    });
    for (let version = 1; version <= UPDATES; version += 1) {
      provider.updateToken('token', serverOfVersion(version));
      const enough = answers + 5;
      await eventually(() => answers >= enough);
    }
    updating = false;
    for (const versions of await Promise.all(seen)) {
      expect(new Set(versions).size).toBeGreaterThan(1);
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      expect(versions.at(-1)).toBe(UPDATES);
    }
    expect(ends).toEqual([]);
    expect(provider.getStats().activeServers).toBe(CLIENTS);
  });
});

async function wireCaller({ open }: Served): Promise<() => Promise<string | undefined>> {
  const client = await open('token');
  return async () => textOf(await client.call('tools/call', { name: 'version' }));
}

async function sdkCaller({ connect }: Served): Promise<() => Promise<string | undefined>> {
  const client = await connect('token');
  return async () => textOf(await client.callTool({ name: 'version' }));
}
