import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WireClient } from '@mcp-tenancy/testing';
import { createPerBearerMcpServer, PerBearerMcpServer } from 'fastify-mcp-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { perBearerServer, Told } from './support/per-bearer.ts';

const factory = () => buildDemoServer();
const SIGNALS = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR2',
  'uncaughtException',
  'unhandledRejection',
  'exit',
];

/** A port that somebody else listens on; `release` ends that. */
async function takenPort(): Promise<{ port: number; release(): Promise<void> }> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const release = () => new Promise<void>((resolve) => other.close(() => resolve()));
  onTestFinished(release);
  return { port: (other.address() as AddressInfo).port, release };
}

describe('createPerBearerMcpServer', () => {
  test('makes a PerBearerMcpServer, as new does', () => {
    expect(createPerBearerMcpServer()).toBeInstanceOf(PerBearerMcpServer);
    expect(new PerBearerMcpServer()).toBeInstanceOf(EventEmitter);
  });

  test.each(['abc', '', '80a', '-1', '1.5', ' 80', -1, 1.5, 65_536, '65536', Number.NaN, null, true, {}])(
    'port %o: a TypeError',
    (port) => {
      expect(() => createPerBearerMcpServer({ port: port as number })).toThrow(TypeError);
      expect(() => new PerBearerMcpServer({ port: port as number })).toThrow(/port/);
    },
  );

  test.each([
    [{ endpoint: 'mcp' }, /endpoint/],
    [{ sessions: { ttl: 1 } }, /ttl/],
    [{ oauth2: { protectedResourceOAuthMetadata: {} } }, /protectedResourceOAuthMetadata/],
  ])('an option that is wrong, %o: start rejects with a TypeError that names it', async (options, message) => {
    const server = perBearerServer(options as object);
    const error = await server.start().catch((thrown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(message);
    expect(server.isRunning()).toBe(false);
  });
});

test('an option that is unknown is a TypeError that names it', () => {
  const options: object = { prot: 80 };
  expect(() => createPerBearerMcpServer(options)).toThrow(TypeError);
  expect(() => createPerBearerMcpServer(options)).toThrow(/prot/);
});

describe('start', () => {
  test('listens on a free port of the loopback address, and says where', async () => {
    const server = perBearerServer();
    expect(server.isRunning()).toBe(false);
    expect(server.getServerInfo()).toBeNull();
    const info = await server.start();
    expect(info).toEqual({
      host: '127.0.0.1',
      port: expect.any(Number),
      endpoint: '/mcp',
      url: `http://127.0.0.1:${info.port}/mcp`,
      startedAt: expect.any(Date),
    });
    expect(info.port).toBeGreaterThan(0);
    expect(server.isRunning()).toBe(true);
    expect(server.getServerInfo()).toEqual(info);
  });

  test('takes the port as a string of digits, and another endpoint', async () => {
    const { port, release } = await takenPort();
    await release();
    const server = perBearerServer({ port: String(port), endpoint: '/tools' }).addToken('t', factory);
    const info = await server.start();
    expect(info).toMatchObject({ port, endpoint: '/tools', url: `http://127.0.0.1:${port}/tools` });
    expect((await new WireClient(info.url, 't').open()).status).toBe(200);
  });

  test('tells a URL that works for a wildcard address', async () => {
    const info = await perBearerServer({ host: '0.0.0.0' }).addToken('t', factory).start();
    expect(info).toMatchObject({ host: '0.0.0.0', url: `http://localhost:${info.port}/mcp` });
    expect((await fetch(new URL('/', info.url.replace('localhost', '127.0.0.1')))).status).toBe(200);
  });

  test('tells a URL with brackets for an address of IPv6', async () => {
    const info = await perBearerServer({ host: '::ffff:127.0.0.1' }).start();
    expect(info.url).toBe(`http://[::ffff:127.0.0.1]:${info.port}/mcp`);
  });

  test('passes the options of sessions on', async () => {
    const server = perBearerServer({ sessions: { maxPerPrincipal: 1 } }).addToken('t', factory);
    const { url } = await server.start();
    await new WireClient(url, 't').open();
    await new WireClient(url, 't').open();
    expect(server.getStats().activeSessions).toBe(1);
  });

  test('twice rejects, also while the first is under way', async () => {
    const server = perBearerServer();
    const first = server.start();
    await expect(server.start()).rejects.toThrow('Server is already running');
    await first;
    await expect(server.start()).rejects.toThrow('Server is already running');
    expect(server.isRunning()).toBe(true);
  });

  test('on a port in use rejects, and can be tried again', async () => {
    const { port, release } = await takenPort();
    const server = perBearerServer({ port }).addToken('t', factory);
    const told = new Told(server);
    await expect(server.start()).rejects.toThrow(/EADDRINUSE/);
    expect(server.isRunning()).toBe(false);
    expect(server.getServerInfo()).toBeNull();
    await expect(server.start()).rejects.toThrow(/EADDRINUSE/);
    await release();
    const { url } = await server.start();
    expect((await new WireClient(url, 't').open()).status).toBe(200);
    expect(told.names.filter((name) => name === 'started')).toHaveLength(1);
  });

  test('installs no handlers of signals or failures', async () => {
    const counts = () => SIGNALS.map((signal) => process.listenerCount(signal));
    const before = counts();
    const server = perBearerServer({ logging: false });
    await server.start();
    expect(counts()).toEqual(before);
    await server.stop();
    expect(counts()).toEqual(before);
  });
});

describe('stop', () => {
  test('rejects when the server is not running', async () => {
    const server = perBearerServer();
    await expect(server.stop()).rejects.toThrow('Server is not running');
    await server.start();
    const stopping = server.stop();
    await expect(server.stop()).rejects.toThrow('Server is not running');
    await stopping;
    await expect(server.stop()).rejects.toThrow('Server is not running');
  });

  test('waits for a start that is under way', async () => {
    const server = perBearerServer();
    const told = new Told(server);
    const starting = server.start();
    await server.stop();
    await starting;
    expect(told.names).toEqual(['started', 'stopped']);
    expect(server.isRunning()).toBe(false);
  });

  test('rejects when the start that it waits for fails', async () => {
    const { port } = await takenPort();
    const server = perBearerServer({ port });
    const starting = server.start().catch((error: Error) => error.message);
    await expect(server.stop()).rejects.toThrow('Server is not running');
    expect(await starting).toMatch(/EADDRINUSE/);
  });

  test('is waited for by a start that comes meanwhile', async () => {
    const { port, release } = await takenPort();
    await release();
    const server = perBearerServer({ port }).addToken('t', factory);
    const { url } = await server.start();
    await new WireClient(url, 't').open();
    const told = new Told(server);
    const restarted = new Promise((resolve) => server.once('sessionEnded', () => resolve(server.start())));
    await server.stop();
    expect(await restarted).toMatchObject({ port });
    expect(told.names).toEqual(['sessionEnded', 'stopped', 'started']);
    expect((await fetch(new URL('/', url))).status).toBe(200);
  });

  test('ends the sessions and the listening', async () => {
    const server = perBearerServer().addToken('t', factory);
    const { url } = await server.start();
    const client = new WireClient(url, 't');
    await client.open();
    const { events } = await client.listen();
    const told = new Told(server);
    await server.stop();
    await events.rest();
    expect(told.names).toEqual(['sessionEnded', 'stopped']);
    expect(told.all[0]?.[1]).toMatchObject({ sessionId: client.sessionId, token: 't', reason: 'shutdown' });
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    expect(server.isRunning()).toBe(false);
    expect(server.getServerInfo()).toBeNull();
    expect(server.getStats()).toMatchObject({ activeSessions: 0, activeServers: 0, uptime: 0, registeredTokens: 1 });
    expect(server.getActiveSessions()).toEqual([]);
  });

  test('is followed by another start, with the tokens kept', async () => {
    const server = perBearerServer().addToken('t', factory);
    const first = await server.start();
    const client = new WireClient(first.url, 't');
    await client.open();
    await server.stop();
    const second = await server.start();
    expect(second.startedAt.getTime()).toBeGreaterThanOrEqual(first.startedAt.getTime());
    const again = new WireClient(second.url, 't');
    again.sessionId = client.sessionId;
    expect((await again.send({ body: again.request('ping') })).status).toBe(404);
    again.sessionId = undefined;
    expect((await again.open()).status).toBe(200);
    expect(server.getActiveSessions()).toHaveLength(1);
  });
});

describe('the status document', () => {
  test('is there without any token, and names none', async () => {
    const server = perBearerServer().addToken('first-secret', factory).addToken('second-secret', factory);
    const { url } = await server.start();
    await new WireClient(url, 'first-secret').open();
    const answer = await fetch(new URL('/', url));
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(JSON.parse(text)).toEqual({
      name: 'fastify-mcp-server',
      status: 'running',
      uptime: expect.any(Number),
      registeredTokens: 2,
      activeServers: 1,
      activeSessions: 1,
      endpoint: '/mcp',
    });
    expect(text).not.toContain('secret');
  });

  test('gives way to an endpoint at the root', async () => {
    const server = perBearerServer({ endpoint: '/' }).addToken('t', factory);
    const { url } = await server.start();
    expect((await fetch(url)).status).toBe(401);
    expect((await new WireClient(url, 't').open()).status).toBe(200);
  });
});
