import { REVISION } from '@mcp-tenancy/testing';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { describe, expect, it } from 'vitest';
import { byToken, callOf, SlowCalls, sendBatch, WITH_BATCHES } from '../support/limits.ts';
import { clientGone, eventsOf, eventually, gate, said, serve, serverWith, textOf } from '../support/tenancy-server.ts';

const TIMEOUT_MS = 80;
const limits = { callTimeoutMs: TIMEOUT_MS };

/** What a call gets whose time is over. */
function timedOut(id: unknown, timeoutMs = TIMEOUT_MS) {
  return {
    jsonrpc: '2.0',
    id,
    error: { code: -32001, message: `Request timed out: No answer within ${timeoutMs} ms` },
  };
}

async function serveSlow(options: object = {}) {
  const slow = new SlowCalls();
  return { slow, ...(await serve({ createServer: slow.createServer, limits, ...options })) };
}

describe('limits.callTimeoutMs', () => {
  it('answers a call with an error when its time is over, not before, and aborts its handler', async () => {
    const { open, slow } = await serveSlow();
    const client = await open();
    const beganAt = performance.now();
    const { status, headers, text } = await client.send({ body: callOf('slow') });
    expect(performance.now() - beganAt).toBeGreaterThanOrEqual(TIMEOUT_MS - 2);
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/json' });
    expect(JSON.parse(text)).toEqual(timedOut('slow'));
    expect(slow).toMatchObject({ begun: 1, aborted: 1 });
  });

  it.each([0, '', 7, 'text'])('answers with the id that the client gave the call: %j', async (id) => {
    const { open } = await serveSlow();
    const client = await open();
    expect(JSON.parse((await client.send({ body: callOf('slow', id) })).text)).toEqual(timedOut(id));
  });

  it('tells of it: toolCalled with the outcome timeout, once', async () => {
    const { open, slow, tenancy } = await serveSlow();
    const client = await open();
    const calls = eventsOf(tenancy, 'toolCalled');
    await client.send({ body: callOf('deaf') });
    slow.finish();
    expect(await client.call('tools/call', { name: 'quick' })).toMatchObject({ result: said('quick') });
    expect(calls).toMatchObject([
      { toolName: 'deaf', outcome: 'timeout', success: false, sessionId: client.sessionId },
      { toolName: 'quick', outcome: 'ok' },
    ]);
    expect(calls[0]?.duration).toBeGreaterThanOrEqual(TIMEOUT_MS - 2);
  });

  it('drops what a handler says too late, and the session goes on', async () => {
    const { open, slow, tenancy } = await serveSlow();
    const client = await open();
    const { events } = await client.listen();
    const errors = eventsOf(tenancy, 'transportError');
    expect(JSON.parse((await client.send({ body: callOf('deaf') })).text)).toEqual(timedOut('deaf'));
    slow.finish();
    await client.call('ping');
    expect(textOf(await client.call('tools/call', { name: 'quick' }))).toBe('quick');
    tenancy.notify({}, { method: 'notifications/tools/list_changed' });
    expect(await events.message()).toMatchObject({ method: 'notifications/tools/list_changed' });
    expect(errors).toEqual([]);
  });

  it('leaves calls alone that are quicker, and those of other sessions', async () => {
    let callTimeoutMs: number | undefined = TIMEOUT_MS;
    const forTenant = () => ({ ...(callTimeoutMs && { callTimeoutMs }) });
    const { open, slow } = await serveSlow({ limits: { forTenant } });
    const [client, other] = [await open(), await open()];
    const answer = client.send({ body: callOf('slow', 1) });
    await eventually(() => slow.begun === 1);
    callTimeoutMs = undefined;
    const patient = other.send({ body: callOf('slow', 1) });
    expect(textOf(await client.call('tools/call', { name: 'quick' }))).toBe('quick');
    expect(JSON.parse((await answer).text)).toEqual(timedOut(1));
    slow.finish();
    expect(textOf(JSON.parse((await patient).text))).toBe('slow');
  });

  it("is the tenant's own where it has one", async () => {
    const own: Record<string, number> = { hasty: 40 };
    const forTenant = (tenantId: string) => ({ callTimeoutMs: own[tenantId] as number });
    const { open } = await serveSlow({ ...byToken, limits: { ...limits, forTenant } });
    const [hasty, usual] = [await open('hasty.x'), await open('usual.x')];
    const answers = [hasty, usual].map((client) => client.send({ body: callOf('slow') }));
    const [first, second] = await Promise.all(answers);
    expect(JSON.parse(String(first?.text))).toEqual(timedOut('slow', 40));
    expect(JSON.parse(String(second?.text))).toEqual(timedOut('slow'));
  });

  it('is never where nothing is said', async () => {
    const { open, slow } = await serveSlow({ limits: {} });
    const client = await open();
    const answer = client.send({ body: callOf('slow') });
    await new Promise((resolve) => setTimeout(resolve, 3 * TIMEOUT_MS));
    slow.finish();
    expect(textOf(JSON.parse((await answer).text))).toBe('slow');
  });

  it('holds for every request, whatever its method', async () => {
    const createServer = () => {
      const server = new Server({ name: 'silent', version: '1' }, { capabilities: {} });
      server.fallbackRequestHandler = () => new Promise(() => {});
      return server;
    };
    const { open } = await serve({ createServer, limits });
    const client = await open();
    expect(await client.call('acme/think')).toMatchObject({ error: { code: -32001 } });
  });

  it.each([[null], [undefined]])('answers for a handler that rejects with %j, which the SDK cannot', async (reason) => {
    const createServer = () => {
      const server = new Server({ name: 'rejecting', version: '1' }, { capabilities: {} });
      server.fallbackRequestHandler = () => Promise.reject(reason);
      return server;
    };
    const { open } = await serve({ createServer, limits });
    const client = await open();
    expect(await client.call('acme/think')).toMatchObject({ error: { code: -32001 } });
    expect(await client.call('ping')).toMatchObject({ result: {} });
  });

  it("is an error with that code for the SDK's client", async () => {
    const { connect } = await serveSlow();
    const client = await connect();
    await expect(client.callTool({ name: 'slow' })).rejects.toMatchObject({ code: -32001 });
    expect(await client.callTool({ name: 'quick' })).toMatchObject(said('quick'));
  });

  it('aborts the calls of a shared server, too, and only those', async () => {
    const slow = new SlowCalls();
    const { open } = await serve({ server: slow.createServer(), limits });
    const [client, other] = [await open(), await open()];
    const answer = client.send({ body: callOf('slow', 1) });
    await eventually(() => slow.begun === 1);
    expect(textOf(await other.call('tools/call', { name: 'quick' }))).toBe('quick');
    expect(JSON.parse((await answer).text)).toEqual(timedOut(1));
    await eventually(() => slow.aborted === 1);
    expect(textOf(await client.call('tools/call', { name: 'quick' }))).toBe('quick');
  });
});

describe('a call whose time is over', () => {
  it('has its error at the end of its stream, where its answer has become one', async () => {
    const { open } = await serveSlow({ streams: { keepAliveMs: 10 } });
    const client = await open();
    const { headers, events } = await client.stream({ body: callOf('slow') });
    expect(headers['content-type']).toBe('text/event-stream');
    expect(await events.message()).toEqual(timedOut('slow'));
    expect(await events.next()).toBeUndefined();
  });

  it('has it on the stream that its client comes back for', async () => {
    const { open, http } = await serveSlow({ limits: { callTimeoutMs: 300 }, streams: { keepAliveMs: 10 } });
    const client = await open(undefined, { protocolVersion: REVISION });
    const gone = clientGone(http);
    const stream = await client.stream({ body: callOf('slow') });
    const priming = await stream.events.next();
    stream.close();
    await gone;
    const { events } = await client.listen(priming?.id);
    expect(await events.message()).toEqual(timedOut('slow', 300));
    expect(await events.next()).toBeUndefined();
  });

  it('has it in the answer of its batch, beside the others', async () => {
    const { open } = await serveSlow();
    const client = await open(undefined, WITH_BATCHES);
    const { headers, text } = await sendBatch(client, [callOf('slow', 1), callOf('quick', 2), callOf('deaf', 3)]);
    expect(headers['content-type']).toBe('application/json');
    const answers: { id: number }[] = JSON.parse(text);
    expect(answers.toSorted((a, b) => a.id - b.id)).toEqual([
      timedOut(1),
      { jsonrpc: '2.0', id: 2, result: said('quick') },
      timedOut(3),
    ]);
  });

  it('no longer keeps its session in use', async () => {
    const { open, tenancy } = await serveSlow({ sessions: { idleTimeoutMs: 100 } });
    const client = await open();
    const ends = eventsOf(tenancy, 'sessionEnded');
    await client.send({ body: callOf('deaf') });
    expect(ends).toEqual([]);
    await eventually(() => ends.length > 0);
    expect(ends).toMatchObject([{ sessionId: client.sessionId, reason: 'idle' }]);
  });

  it('no longer keeps a draining tenancy waiting', async () => {
    const { open, slow, tenancy } = await serveSlow();
    const client = await open();
    const answer = client.send({ body: callOf('deaf') });
    await eventually(() => slow.begun === 1);
    await tenancy.drain({ deadlineMs: 20_000 });
    expect(JSON.parse((await answer).text)).toEqual(timedOut('deaf'));
  });

  it('may have been asking its client for something: a late answer is taken and harms nothing', async () => {
    const asked = gate<unknown>();
    const createServer = () =>
      serverWith({
        ask: async ({ sendRequest, signal }) => {
          const params = { message: 'Sure?', requestedSchema: { type: 'object' as const, properties: {} } };
          const { ElicitResultSchema } = await import('@modelcontextprotocol/sdk/types.js');
          const answered = sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema, { signal });
          await answered.catch((error: unknown) => asked.open(error));
          return said('too late');
        },
      });
    const { open } = await serve({ createServer, limits });
    const client = await open(undefined, { capabilities: { elicitation: {} } });
    const { events } = await client.stream({ body: callOf('ask') });
    const question = await events.message();
    expect(await events.message(({ id }) => id === 'ask')).toEqual(timedOut('ask'));
    await asked.opened;
    const late = { jsonrpc: '2.0', id: question.id, result: { action: 'accept', content: {} } };
    expect((await client.send({ body: late })).status).toBe(202);
    expect(await client.call('ping')).toMatchObject({ result: {} });
  });
});
