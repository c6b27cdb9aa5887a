import { Agent } from 'node:http';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { buildBatteryServer, textOf } from './battery-server.ts';
import type { AdapterHost, BatteryTenancy } from './mounted-app.ts';
import { GOOD_TOKEN, guarded, serveApp, serveBareApp } from './serve-app.ts';

const KIB = 1_024;

/** Sends everything over as few connections as the server lets it, and counts them. */
class CountingAgent extends Agent {
  connections = 0;

  constructor() {
    super({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => this.destroy());
  }

  override createConnection(...args: Parameters<Agent['createConnection']>): ReturnType<Agent['createConnection']> {
    this.connections += 1;
    return super.createConnection(...args);
  }
}

/** Connections: kept, dropped, and read too slowly. */
export function describeConnections<Tenancy extends BatteryTenancy>(host: AdapterHost<Tenancy>): void {
  describe('a kept connection', () => {
    it.each([
      ['behind middleware', serveApp],
      ['in a bare app', serveBareApp],
    ])('%s carries JSON, stream, 202, refusals with their bodies unread', async (_where, serve) => {
      const app = await serve(host, { ...guarded(), maxBodyBytes: 10_000 });
      const agent = new CountingAgent();
      const client = await app.open(GOOD_TOKEN);
      const statuses: number[] = [];
      const send = async (body: unknown, headers = {}) => {
        statuses.push((await client.send({ agent, body, headers })).status);
      };
      const large = ' '.repeat(30_000);
      await send(client.request('ping'));
      await send(client.request('tools/call', { name: 'count' }));
      await send({ jsonrpc: '2.0', method: 'notifications/x' });
      await send(large.slice(0, 9_000), { authorization: 'Bearer bad' });
      await send(client.request('ping'));
      await send(large);
      await send(client.request('ping'));
      await send('{', { accept: 'text/html' });
      await send(client.request('ping'));
      expect(statuses).toEqual([200, 200, 202, 401, 200, 413, 200, 406, 200]);
      expect(agent.connections).toBe(1);
    });
  });

  describe('a client that goes away', () => {
    it('from a stream leaves its session, which it can listen to again', async () => {
      const app = await serveApp(host);
      const client = await app.open();
      for (let times = 0; times < 3; times += 1) {
        const stream = await client.listen();
        expect(stream.status).toBe(200);
        stream.close();
      }
      expect(await client.call('ping')).toMatchObject({ result: {} });
      expect(app.tenancies[0]?.stats().activeSessions).toBe(1);
      expect(app.errors).toEqual([]);
    });

    it('from a call finds its answer when it comes back', async () => {
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const app = await serveApp(host, { createServer: () => buildBatteryServer({ held }) });
      const client = await app.open();
      const call = await client.stream({ body: client.request('tools/call', { name: 'hold' }) });
      const primed = await call.events.next();
      await call.events.message();
      call.close();
      expect(await client.call('ping')).toMatchObject({ result: {} });
      release();
      const resumed = await client.listen(primed?.id);
      const answer = await resumed.events.message((message) => 'result' in message);
      expect(textOf(answer)).toBe('held');
      expect(app.errors).toEqual([]);
    });

    it('in the middle of its body leaves everybody else alone', async () => {
      const app = await serveApp(host);
      const client = await app.open();
      const socket = connect(Number(new URL(app.origin).port), '127.0.0.1');
      const head = Object.entries({ ...client.headers, host: 'localhost', 'content-length': '1000' });
      socket.write(`POST /mcp HTTP/1.1\r\n${head.map((line) => `${line.join(': ')}\r\n`).join('')}\r\n{"jsonrpc"`);
      await new Promise((resolve) => socket.once('ready', resolve));
      await nextTurn();
      socket.destroy();
      expect(await client.call('ping')).toMatchObject({ result: {} });
      await app.close();
      expect(app.errors).toEqual([]);
    });
  });

  it('a reader that is too slow is cut off, and others are served meanwhile', async () => {
    const servers: McpServer[] = [];
    const createServer = () => {
      const server = buildBatteryServer();
      servers.push(server);
      return server;
    };
    const app = await serveApp(host, { createServer, streams: { maxBufferedBytes: 64 * KIB } });
    const [slow, other] = [await app.open(), await app.open()];
    const { events } = await slow.listen();
    const data = 'x'.repeat(64 * KIB);
    const count = 600;
    for (let sent = 0; sent < count; sent += 1) {
      await servers[0]?.server.sendLoggingMessage({ level: 'info', data });
      await nextTurn();
      if (sent % 100 === 0) expect(await other.call('ping')).toMatchObject({ result: {} });
    }
    await expect(readAll(events)).resolves.toBeLessThan(count);
    expect(await slow.call('ping')).toMatchObject({ result: {} });
    await vi.waitFor(() => expect(app.tenancies[0]?.stats().activeSessions).toBe(2));
    expect(app.errors).toEqual([]);
  });
}

/** Reads to the end, or to where the connection breaks; resolves with the number of messages. */
async function readAll(events: { message(): Promise<unknown> }): Promise<number> {
  for (let received = 0; ; received += 1) {
    const more = await events.message().then(
      () => true,
      () => false,
    );
    if (!more) return received;
  }
}
