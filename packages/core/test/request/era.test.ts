import type { WireRequest } from '@mcp-tenancy/testing';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectRejection } from '../support/rejections.ts';
import { type Served, said, serve, serverWith, tokens } from '../support/tenancy-server.ts';

const META_KEY = 'io.modelcontextprotocol/protocolVersion';
const HEADER = 'mcp-protocol-version';

const claim = (revision: string) => ({ _meta: { [META_KEY]: revision } });

function serveOne(): Promise<Served> {
  return serve({ provider: tokens({ a: () => serverWith({ hello: async () => said('hello') }) }) });
}

describe('a request of the 2026 era', () => {
  const rows: [string, string, NonNullable<WireRequest['headers']>, object | undefined][] = [
    ['by its header', '2026-07-28', { [HEADER]: '2026-07-28' }, undefined],
    ['by its _meta', '2026-07-28', {}, claim('2026-07-28')],
    ['by both', '2026-07-28', { [HEADER]: '2026-07-28' }, claim('2026-07-28')],
    ['of a later revision, by its header', '2027-01-31', { [HEADER]: '2027-01-31' }, undefined],
    ['of a later revision, by its _meta', '2027-01-31', {}, claim('2027-01-31')],
    ['by its _meta, whatever its header', '2026-07-28', { [HEADER]: '2025-11-25' }, claim('2026-07-28')],
  ];

  it.each(rows)('%s is told which revisions are served', async (_name, requested, headers, params) => {
    const served = await serveOne();
    for (const client of [served.wire('a'), await served.open('a')]) {
      for (const id of ['probe', 0]) {
        const answer = await client.send({ headers, body: { jsonrpc: '2.0', id, method: 'server/discover', params } });

        expect(answer.status).toBe(400);
        expect(answer.headers['content-type']).toBe('application/json');
        expect(answer.headers).not.toHaveProperty('mcp-session-id');
        const data = { supported: SUPPORTED_PROTOCOL_VERSIONS, requested };
        expect(JSON.parse(answer.text)).toStrictEqual({
          jsonrpc: '2.0',
          error: { code: -32022, message: expect.stringContaining('Unsupported protocol version'), data },
          id,
        });
      }
    }
  });

  it('that is a notification is refused without an id', async () => {
    const client = (await serveOne()).wire('a');

    const answer = await client.send({
      body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1, ...claim('2026-07-28') } },
    });

    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: -32022 }, id: null });
  });

  it('needs a good token first', async () => {
    const client = (await serveOne()).wire('wrong');

    for (const method of ['POST', 'GET', 'DELETE']) {
      expect((await client.send({ method, headers: { [HEADER]: '2026-07-28' } })).status).toBe(401);
    }
  });

  it('is POST: GET and DELETE are refused at once, and say so', async () => {
    const served = await serveOne();
    const client = await served.open('a');

    for (const method of ['GET', 'DELETE']) {
      const answer = await client.send({ method, headers: { [HEADER]: '2026-07-28', accept: undefined } });

      expectRejection(answer, 405, -32000, 'Method not allowed.');
      expect(answer.headers.allow).toBe('POST');
    }
    expect(served.tenancy.stats().activeSessions).toBe(1);
  });

  it('is none where the revision is no date, or an older one', async () => {
    const client = await (await serveOne()).open('a');

    for (const revision of ['DRAFT-2026-v1', '2025-12-31', '2026-07-27', '20260728', '9']) {
      const answer = await client.send({ headers: { [HEADER]: revision }, body: client.request('ping') });

      expect(JSON.parse(answer.text).error).toMatchObject({
        code: -32000,
        message: expect.stringContaining(`Unsupported protocol version: ${revision} (`),
      });
    }
  });
});

it('initialize opens a session of the 2025 era, whatever revision its header names', async () => {
  const client = (await serveOne()).wire('a');
  const params = { protocolVersion: '2026-07-28', capabilities: {}, clientInfo: { name: 'x', version: '1' } };

  const answer = await client.send({
    headers: { [HEADER]: '2026-07-28' },
    body: client.request('initialize', params),
  });

  expect(answer.status).toBe(200);
  expect(answer.headers['mcp-session-id']).toBeDefined();
  expect(JSON.parse(answer.text)).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
});

describe('the SDK’s client of both eras', () => {
  async function connect(url: string, mode?: 'legacy' | 'auto' | { pin: string }): Promise<Client> {
    const client = new Client({ name: 'v2', version: '1.0.0' }, mode && { versionNegotiation: { mode } });
    const requestInit = { headers: { authorization: 'Bearer a' } };
    onTestFinished(() => client.close());
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
    return client;
  }

  it.each([undefined, 'legacy', 'auto'] as const)('in mode %s works in the 2025 era', async (mode) => {
    const served = await serveOne();

    const client = await connect(served.url, mode);

    expect(client.getNegotiatedProtocolVersion()).toBe('2025-11-25');
    expect((await client.listTools()).tools).toMatchObject([{ name: 'hello' }]);
    expect(await client.callTool({ name: 'hello', arguments: {} })).toMatchObject({ content: [{ text: 'hello' }] });
    expect(served.tenancy.stats().activeSessions).toBe(1);
  });

  it('that insists on 2026 is told no, and leaves nothing behind', async () => {
    const served = await serveOne();

    await expect(connect(served.url, { pin: '2026-07-28' })).rejects.toThrow();

    expect(served.tenancy.stats().activeSessions).toBe(0);
  });
});
