import { describe, expect, it } from 'vitest';
import { buildBatteryServer, textOf } from './battery-server.ts';
import type { AdapterHost, BatteryTenancy } from './mounted-app.ts';
import { serveApp } from './serve-app.ts';

/** Streams would keep an app from closing for as long as their clients like, and kept connections for seconds. */
const QUICKLY_MS = 4_000;

/** The end of the host. */
export function describeClosing<Tenancy extends BatteryTenancy>(host: AdapterHost<Tenancy>): void {
  describe('closing the host', () => {
    it('ends open streams and sessions, and settles quickly', async () => {
      const app = await serveApp(host);
      const streams = [];
      for (let clients = 0; clients < 3; clients += 1) streams.push(await (await app.open()).listen());
      const startedAt = performance.now();
      const closed = app.close();
      for (const { events } of streams) await events.rest();
      await closed;
      expect(performance.now() - startedAt).toBeLessThan(QUICKLY_MS);
      expect(app.tenancies[0]?.stats().activeSessions).toBe(0);
    });

    it('answers the calls in flight', async () => {
      const held = new Promise<void>(() => {});
      const app = await serveApp(host, { createServer: () => buildBatteryServer({ held }) });
      const client = await app.open();
      const call = await client.stream({ body: client.request('tools/call', { name: 'hold' }) });
      await call.events.message();
      const closed = app.close();
      expect(await call.events.message()).toMatchObject({ error: { code: -32000, message: 'Session ended' } });
      expect(await call.events.next()).toBeUndefined();
      await closed;
      expect(app.errors).toEqual([]);
    });

    it('lets an answer that is under way arrive', async () => {
      const big = { maxBodyBytes: 40_000_000 };
      const app = await serveApp(host, big);
      const client = await app.open();
      const text = 'x'.repeat(24_000_000);
      const body = client.request('tools/call', { name: 'echo', arguments: { text } });
      const { events } = await client.stream({ body });
      const closed = app.close();
      expect(textOf(JSON.parse(await events.rest()))).toHaveLength(text.length);
      await closed;
    });

    it('accepts nothing after it', async () => {
      const app = await serveApp(host);
      const client = await app.open();
      await app.close();
      await expect(client.call('ping')).rejects.toThrow();
    });
  });
}
