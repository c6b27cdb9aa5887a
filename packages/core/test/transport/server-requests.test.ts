import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ElicitResultSchema, McpError } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import {
  askForConsent,
  consentTo,
  type Extra,
  gate,
  nextEvent,
  said,
  serve,
  serverWith,
  textOf,
} from '../support/tenancy-server.ts';

const WITH_ELICITATION = { capabilities: { elicitation: {} } };
const CONSENT = {
  method: 'elicitation/create' as const,
  params: { message: 'Sure?', requestedSchema: { type: 'object' as const, properties: {} } },
};

describe('a request of the server', () => {
  it('has an id that no other server uses, though each counts from 0', async () => {
    const { open } = await serve({
      createServer: () => serverWith({ ask: async (extra) => said(await askForConsent(extra)) }),
    });
    const ids = [];
    for (let sessions = 0; sessions < 3; sessions += 1) {
      const client = await open(undefined, WITH_ELICITATION);
      const { events } = await client.stream({ body: client.request('tools/call', { name: 'ask' }) });
      ids.push((await events.message()).id);
    }
    expect(new Set(ids).size).toBe(3);
  });

  it('is answered once: a second answer goes nowhere, and is reported', async () => {
    const { open, tenancy } = await serve({
      createServer: () => serverWith({ ask: async (extra) => said(await askForConsent(extra)) }),
    });
    const client = await open(undefined, WITH_ELICITATION);
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'ask' }) });
    const asked = await events.message();
    await client.send({ body: consentTo(asked) });
    expect(textOf(await events.message())).toBe('accept');
    const reported = nextEvent(tenancy, 'transportError');
    expect(await client.send({ body: consentTo(asked) })).toMatchObject({ status: 202 });
    expect((await reported).sessionId).toBe(client.sessionId);
  });

  it("can be answered with an error, which reaches the server's code", async () => {
    const failed = gate<unknown>();
    const createServer = () =>
      serverWith({
        ask: async (extra) => {
          await askForConsent(extra).catch(failed.open);
          return said('went on');
        },
      });
    const { open } = await serve({ createServer });
    const client = await open(undefined, WITH_ELICITATION);
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'ask' }) });
    const { id } = await events.message();
    await client.send({ body: { jsonrpc: '2.0', id, error: { code: -32042, message: 'no user here' } } });
    expect(textOf(await events.message())).toBe('went on');
    expect(await failed.opened).toMatchObject({ code: -32042 });
  });

  it('is cancelled with the id that the client knows it by', async () => {
    const leave = new AbortController();
    const createServer = () =>
      serverWith({
        ask: async ({ sendRequest }: Extra) => {
          await sendRequest(CONSENT, ElicitResultSchema, { signal: leave.signal }).catch(() => {});
          return said('gave up');
        },
      });
    const { open } = await serve({ createServer });
    const client = await open(undefined, WITH_ELICITATION);
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'ask' }) });
    const asked = await events.message();
    leave.abort('changed my mind');
    expect(await events.message()).toMatchObject({
      method: 'notifications/cancelled',
      params: { requestId: asked.id, reason: expect.stringContaining('changed my mind') },
    });
    expect(textOf(await events.message())).toBe('gave up');
  });

  it('hears of the progress that the client makes with it, and of no other', async () => {
    const heard: unknown[] = [];
    const failures: Error[] = [];
    const createServer = () => {
      const server: McpServer = serverWith({
        ask: async ({ sendRequest }: Extra) => {
          const onprogress = ({ progress }: { progress: number }) => void heard.push(progress);
          await sendRequest(CONSENT, ElicitResultSchema, { onprogress });
          return said('done');
        },
      });
      server.server.onerror = (error) => void failures.push(error);
      return server;
    };
    const { open } = await serve({ createServer });
    const client = await open(undefined, WITH_ELICITATION);
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'ask' }) });
    const asked = await events.message();
    const { progressToken } = (asked.params as { _meta: { progressToken: unknown } })._meta;
    for (const [token, progress] of [
      [progressToken, 1],
      [0, 2],
      ['made up', 3],
      [progressToken, 4],
    ]) {
      const params = { progressToken: token, progress };
      await client.send({ body: { jsonrpc: '2.0', method: 'notifications/progress', params } });
    }
    await client.send({ body: consentTo(asked) });
    expect(textOf(await events.message())).toBe('done');
    expect({ heard, failures }).toEqual({ heard: [1, 4], failures: [] });
  });

  it('fails when the session ends', async () => {
    const failed = gate<unknown>();
    const createServer = () =>
      serverWith({
        ask: async (extra) => {
          await askForConsent(extra).catch(failed.open);
          return said('unheard');
        },
      });
    const { open } = await serve({ createServer });
    const client = await open(undefined, WITH_ELICITATION);
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'ask' }) });
    await events.message();
    await client.send({ method: 'DELETE' });
    expect(await failed.opened).toBeInstanceOf(McpError);
  });

  it('is not sent to a client that did not declare the capability', async () => {
    const createServer = () => serverWith({ ask: async (extra) => said(await askForConsent(extra)) });
    const { open } = await serve({ createServer });
    const client = await open();
    const response = await client.call('tools/call', { name: 'ask' });
    expect(response).toMatchObject({ result: { isError: true } });
    expect(textOf(response)).toContain('elicitation');
  });
});
