import type { ServerFactory } from '@mcp-tenancy/core';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { eventsOf, recordingLogger, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const connected = serverWith({});
await connected.connect(InMemoryTransport.createLinkedPair()[0]);

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 'the-id',
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'wire', version: '1' } },
};

describe.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw new Error('secret cause');
    },
  ],
  ['rejects', () => Promise.reject(new Error('secret cause'))],
  ['returns nothing', () => undefined],
  ['returns something else', () => ({ connect: 'secret cause' })],
  ['returns an instance that is connected already', () => connected],
])('a factory that %s', (_how, factory) => {
  it('answers that client with a JSON-RPC error, the cause is in the log only', async () => {
    const logger = recordingLogger();
    const { wire, tenancy } = await serve({ createServer: factory as ServerFactory, logger });
    const created = eventsOf(tenancy, 'sessionCreated');
    const { status, headers, text } = await wire().send({ body: INITIALIZE });
    expect({ status, type: headers['content-type'] }).toEqual({ status: 500, type: 'application/json' });
    expect(JSON.parse(text)).toEqual({
      jsonrpc: '2.0',
      id: 'the-id',
      error: { code: -32603, message: expect.any(String) },
    });
    expect(headers['mcp-session-id']).toBeUndefined();
    expect(text).not.toContain('secret');
    const failure = { level: 'error', fields: expect.objectContaining({ err: expect.any(Error) }) };
    expect(logger.lines).toContainEqual(expect.objectContaining(failure));
    expect(created).toEqual([]);
    expect(tenancy.sessions.size).toBe(0);
  });

  it('leaves everybody else alone, before and after', async () => {
    const provider = tokens({ good: () => serverWith({}), bad: factory as ServerFactory });
    const { open, wire } = await serve({ provider });
    const client = await open('good');
    expect((await wire('bad').send({ body: INITIALIZE })).status).toBe(500);
    expect(await client.call('ping')).toMatchObject({ result: {} });
    expect((await open('good')).sessionId).toBeDefined();
  });

  it('is counted as no server', async () => {
    const provider = tokens({ bad: factory as ServerFactory });
    const { wire } = await serve({ provider });
    await wire('bad').send({ body: INITIALIZE });
    expect(provider.getStats().activeServers).toBe(0);
  });
});

describe('a factory that returns the same instance twice', () => {
  it('is refused for as long as the instance is in use', async () => {
    const server = serverWith({});
    const { open, wire, tenancy } = await serve({ createServer: () => server });
    const client = await open();
    const { status, text } = await wire().send({ body: INITIALIZE });
    expect({ status, id: JSON.parse(text).id }).toEqual({ status: 500, id: 'the-id' });
    expect(await client.call('ping')).toMatchObject({ result: {} });
    expect(tenancy.sessions.size).toBe(1);
  });

  it('is refused under two initializations at once too', async () => {
    const server = serverWith({});
    const { wire, tenancy } = await serve({ createServer: async () => server });
    const answers = await Promise.all([1, 2, 3].map(() => wire().send({ body: INITIALIZE })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 500, 500]);
    expect(tenancy.sessions.size).toBe(1);
  });
});

describe('a factory that returns an instance that has served before', () => {
  it('is refused: what its handlers kept is not for the next client', async () => {
    const server = serverWith({});
    const logger = recordingLogger();
    const { open, wire, tenancy } = await serve({ createServer: () => server, logger });
    await (await open()).send({ method: 'DELETE' });
    const { status, text } = await wire().send({ body: INITIALIZE });
    expect({ status, id: JSON.parse(text).id }).toEqual({ status: 500, id: 'the-id' });
    expect(logger.lines.map(({ fields }) => String((fields as { err?: Error }).err))).toContainEqual(
      expect.stringContaining('has served before: build a fresh one'),
    );
    expect(tenancy.sessions.size).toBe(0);
  });
});

describe('a server that refuses to initialize', () => {
  it('answers that client with its own words, and no session is left', async () => {
    const createServer = () => {
      const server = new Server({ name: 'refusing', version: '1' });
      server.setRequestHandler(InitializeRequestSchema, () => {
        throw new Error('not you');
      });
      return server;
    };
    const { wire, tenancy } = await serve({ createServer });
    const { status, headers, text } = await wire().send({ body: INITIALIZE });
    expect({ status, ...JSON.parse(text) }).toMatchObject({
      status: 200,
      id: 'the-id',
      error: { code: -32603, message: 'not you' },
    });
    expect(headers).not.toHaveProperty('mcp-session-id');
    expect(tenancy.sessions.size).toBe(0);
  });

  it('does so where it closes itself meanwhile', async () => {
    const createServer = () => {
      const server = new Server({ name: 'closing', version: '1' });
      server.setRequestHandler(InitializeRequestSchema, async () => {
        await server.close();
        return { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'closing', version: '1' } };
      });
      return server;
    };
    const { wire, tenancy } = await serve({ createServer });
    const { status, text } = await wire().send({ body: INITIALIZE });
    expect({ status, id: JSON.parse(text).id }).toEqual({ status: 500, id: 'the-id' });
    expect(tenancy.sessions.size).toBe(0);
  });
});

describe.each([false, true])('a server whose answer to initialize cannot be written (sessions.lazy: %j)', (lazy) => {
  it.each<[string, unknown]>([
    ['is no JSON', 1n],
    ['writes itself as nothing', { toJSON: () => undefined }],
  ])('because something in it %s is refused, and leaves no session behind', async (_what, value) => {
    class Odd extends Server {
      constructor() {
        super({ name: 'odd', version: '1.0.0' });
        this.setRequestHandler(InitializeRequestSchema, ({ params: { protocolVersion } }) => {
          const result = { protocolVersion, capabilities: {}, serverInfo: { name: 'odd', version: '1.0.0' } };
          return typeof value === 'bigint' ? { ...result, value } : Object.assign(result, value);
        });
      }
    }
    const { wire, tenancy } = await serve({ createServer: () => new Odd(), sessions: { lazy } });
    for (let client = 0; client < 2; client += 1) {
      const { status, text } = await wire().send({ body: INITIALIZE });
      expect(status).toBe(500);
      expect(JSON.parse(text)).toMatchObject({ id: 'the-id', error: { code: -32603 } });
    }
    expect(tenancy.sessions.size).toBe(0);
  });
});
