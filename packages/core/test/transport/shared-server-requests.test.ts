import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { CreateMessageResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import {
  askForConsent,
  consentTo,
  type Extra,
  eventsOf,
  gate,
  nextEvent,
  said,
  serve,
  serverWith,
  textOf,
} from '../support/tenancy-server.ts';

const WITH_ELICITATION = { capabilities: { elicitation: {} } };

async function sample({ sendRequest }: Extra): Promise<string> {
  const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: 'Hi' } }];
  const request = { method: 'sampling/createMessage' as const, params: { messages, maxTokens: 1 } };
  return (await sendRequest(request, CreateMessageResultSchema)).model;
}

const tools = {
  ask: async (extra: Extra) => said(await askForConsent(extra)),
  sample: async (extra: Extra) => said(await sample(extra)),
};

describe('a shared server that asks a client', () => {
  it('reaches the client that called, and takes its answer', async () => {
    const { open } = await serve({ server: serverWith(tools) });
    const clients = [await open(undefined, WITH_ELICITATION), await open(undefined, WITH_ELICITATION)];
    const streams = await Promise.all(
      clients.map((client) => client.stream({ body: client.request('tools/call', { name: 'ask' }) })),
    );
    const asked = await Promise.all(streams.map(({ events }) => events.message()));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(2);
    for (const [index, client] of clients.entries()) {
      expect(await client.send({ body: consentTo(asked[index] ?? {}) })).toMatchObject({ status: 202 });
      expect(textOf(await streams[index]?.events.message())).toBe('accept');
    }
  });

  it("takes no answer from another client, and the other client's try is reported", async () => {
    const { open, tenancy } = await serve({ server: serverWith(tools) });
    const [client, forger] = [await open(undefined, WITH_ELICITATION), await open(undefined, WITH_ELICITATION)];
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'ask' }) });
    const asked = await events.message();
    const reported = nextEvent(tenancy, 'transportError');
    const forged = { jsonrpc: '2.0', id: asked.id, result: { action: 'cancel' } };
    expect(await forger.send({ body: forged })).toMatchObject({ status: 202 });
    expect((await reported).sessionId).toBe(forger.sessionId);
    await forger.send({ body: { ...forged, id: 0 } });
    await client.send({ body: consentTo(asked) });
    expect(textOf(await events.message())).toBe('accept');
  });

  it.each([
    ['ask', 'elicitation'],
    ['sample', 'sampling'],
  ])('does not send what its client did not declare, though another client did: %s', async (name, capability) => {
    const { open } = await serve({ server: serverWith(tools) });
    const all = { capabilities: { elicitation: {}, sampling: {}, roots: {} } };
    const [plain, capable] = [await open(), await open(undefined, all)];
    const { headers, text } = await plain.send({ body: plain.request('tools/call', { name }) });
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(text)).toMatchObject({ result: { isError: true } });
    expect(textOf(JSON.parse(text))).toContain(`does not support ${capability}`);
    const { events } = await capable.stream({ body: capable.request('tools/call', { name }) });
    expect(await events.message()).toMatchObject({
      id: expect.anything(),
      method: expect.stringContaining(capability),
    });
  });

  it("works with the SDK's client", async () => {
    const { ElicitRequestSchema } = await import('@modelcontextprotocol/sdk/types.js');
    const { connect } = await serve({ server: serverWith(tools) });
    const client = await connect(undefined, WITH_ELICITATION);
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }));
    expect(textOf(await client.callTool({ name: 'ask' }))).toBe('accept');
  });

  it("fails through the server's own methods: one instance knows no single client", async () => {
    const server: McpServer = serverWith({
      ask: async () => {
        const params = { message: 'Sure?', requestedSchema: { type: 'object' as const, properties: {} } };
        return said((await server.server.elicitInput(params)).action);
      },
    });
    const { open } = await serve({ server });
    const client = await open(undefined, WITH_ELICITATION);
    const response = await client.call('tools/call', { name: 'ask' });
    expect(response).toMatchObject({ result: { isError: true } });
    expect(textOf(response)).toContain('does not support');
  });

  it('is told so, clearly, outside of a handler', async () => {
    const server = serverWith(tools);
    const { open } = await serve({ server });
    await open(undefined, { capabilities: { elicitation: {}, roots: {} } });
    await expect(server.server.ping()).rejects.toThrow(
      'A shared server can send ping only while it handles a request: use createServer instead of server',
    );
  });

  it('learns that its client has gone while it waits', async () => {
    const failed = gate<unknown>();
    const server = serverWith({
      ask: async (extra) => {
        await askForConsent(extra).catch(failed.open);
        return said('unheard');
      },
    });
    const { open } = await serve({ server });
    const client = await open(undefined, WITH_ELICITATION);
    const { events } = await client.stream({ body: client.request('tools/call', { name: 'ask' }) });
    await events.message();
    await client.send({ method: 'DELETE' });
    expect(await events.message()).toMatchObject({ error: { code: -32000 } });
    expect(await failed.opened).toBeInstanceOf(Error);
  });
});

describe('a session of a shared server', () => {
  it('takes only its own calls with it when it ends', async () => {
    const [bothStarted, oneAborted, finish] = [gate(), gate(), gate()];
    const aborted: (string | undefined)[] = [];
    let started = 0;
    const server = serverWith({
      stuck: async ({ signal, sessionId }) => {
        signal.addEventListener('abort', () => {
          aborted.push(sessionId);
          oneAborted.open();
        });
        started += 1;
        if (started === 2) bothStarted.open();
        await finish.opened;
        return said('finished');
      },
    });
    const { open, tenancy } = await serve({ server });
    const calls = eventsOf(tenancy, 'toolCalled');
    const [ends, stays] = [await open(), await open()];
    const answers = [ends.call('tools/call', { name: 'stuck' }), stays.call('tools/call', { name: 'stuck' })];
    await bothStarted.opened;
    expect(await tenancy.sessions.end(String(ends.sessionId))).toBe(true);
    await oneAborted.opened;
    expect(await answers[0]).toMatchObject({ error: { code: -32000 } });
    finish.open();
    expect(textOf(await answers[1])).toBe('finished');
    expect(aborted).toEqual([ends.sessionId]);
    expect(calls.map(({ sessionId, outcome }) => [sessionId, outcome])).toEqual([
      [ends.sessionId, 'closed'],
      [stays.sessionId, 'ok'],
    ]);
  });

  it('leaves nothing behind, even where a handler goes on and logs after its end', async () => {
    const [started, ended, logged] = [gate(), gate(), gate<unknown>()];
    const kept: string[] = [];
    const eventLog = {
      append: ({ sessionId }: { sessionId: string }) => void kept.push(sessionId),
      after: () => ({ events: [], complete: false }),
      forgetStream: () => {},
      forgetSession: () => void kept.splice(0),
    };
    const server: McpServer = serverWith({
      stubborn: async () => {
        started.open();
        await ended.opened;
        await server.server.sendLoggingMessage({ level: 'info', data: 'too late' }).catch(() => {});
        logged.open(undefined);
        return said('unheard');
      },
    });
    const { open, tenancy } = await serve({ server, streams: { eventLog } });
    const client = await open();
    const answer = client.call('tools/call', { name: 'stubborn' });
    await started.opened;
    await tenancy.sessions.end(String(client.sessionId));
    await answer;
    ended.open();
    await logged.opened;
    expect(kept).toEqual([]);
  });
});
