import { describe, expect, test } from 'vitest';
import { toolNames } from '../connect-client.ts';
import { browserOrigin } from '../demo-tenancy.ts';
import { start as startExpress } from '../host-express.ts';
import { start as startFastify } from '../host-fastify.ts';
import { start as startHono } from '../host-hono.ts';
import { start as startNode } from '../host-node.ts';
import { callTool, connected, started, unauthorized } from './connect.ts';

describe.each([
  ['Fastify', startFastify],
  ['Express', startExpress],
  ['Hono', startHono],
  ['node:http', startNode],
])('the tenancy in %s', (_host, start) => {
  test('every token has the tools of its own server', async () => {
    const { url, tokens } = await started(start());
    const [acme, globex] = await Promise.all([connected(url, tokens.acme), connected(url, tokens.globex)]);

    expect(await toolNames(acme)).toEqual(['echo', 'add']);
    expect(await toolNames(globex)).toEqual(['find_orders', 'total_orders']);
    expect(await callTool(acme, 'echo', { text: 'hi' })).toBe('hi');
    expect(await globex.callTool({ name: 'total_orders' })).toMatchObject({ structuredContent: { count: 3 } });
    await expect(connected(url, 'unknown')).rejects.toMatchObject(unauthorized);
  });

  test("a session is of no use with another tenant's token", async () => {
    const { url, tokens } = await started(start());
    const acme = await connected(url, tokens.acme);
    const globex = await connected(url, tokens.globex);

    expect(await callTool(acme, 'total_orders')).toMatch(/total_orders not found/);
    const answers = await Promise.all(
      [acme.transport?.sessionId, 'unknown'].map(async (sessionId) => {
        const headers = { authorization: `Bearer ${tokens.globex}`, 'mcp-session-id': String(sessionId) };
        const response = await fetch(url, { method: 'DELETE', headers });
        return { status: response.status, body: await response.text() };
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.status).toBe(404);
    expect(await toolNames(acme)).toEqual(['echo', 'add']);
    expect(await toolNames(globex)).toEqual(['find_orders', 'total_orders']);
  });

  test('a script of the allowed origin can open a session, and read what it needs to', async () => {
    const { url, tokens } = await started(start());

    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin: browserOrigin,
        'access-control-request-method': 'DELETE',
        'access-control-request-headers': 'authorization,content-type,mcp-session-id',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(browserOrigin);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('DELETE');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('mcp-session-id');

    const session = await initialize(url, { origin: browserOrigin, authorization: `Bearer ${tokens.acme}` });
    expect(session.status).toBe(200);
    expect(session.headers.get('mcp-session-id')).not.toBeNull();
    expectReadable(session);

    const refused = await initialize(url, { origin: browserOrigin });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expectReadable(refused);
  });

  test('a script of another origin cannot', async () => {
    const { url, tokens } = await started(start());

    const response = await initialize(url, {
      origin: 'https://other.example',
      authorization: `Bearer ${tokens.acme}`,
    });
    expect(response.status).toBe(403);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('it stops while a client is connected', async () => {
    const { url, tokens, stop } = await start();
    const client = await connected(url, tokens.acme);

    await stop();

    await expect(client.listTools()).rejects.toThrow();
  });
});

function initialize(url: string, headers: Record<string, string>): Promise<Response> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1.0.0' } };
  return fetch(url, {
    method: 'POST',
    headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
  });
}

function expectReadable({ headers }: Response): void {
  expect(headers.get('access-control-allow-origin')).toBe(browserOrigin);
  const exposed = headers.get('access-control-expose-headers')?.toLowerCase();
  expect(exposed).toContain('mcp-session-id');
  expect(exposed).toContain('www-authenticate');
}
