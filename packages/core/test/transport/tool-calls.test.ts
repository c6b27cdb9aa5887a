import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import {
  type Extra,
  eventsOf,
  gate,
  nextEvent,
  recordingLogger,
  said,
  serve,
  serverWith,
  tokens,
} from '../support/tenancy-server.ts';

const tools = {
  ok: () => said('fine'),
  failing: () => ({ ...said('no'), isError: true }),
  throwing: () => {
    throw new Error('broken');
  },
};

describe('toolCalled', () => {
  it.each([
    ['ok', 'ok', true],
    ['failing', 'tool_error', false],
    ['throwing', 'tool_error', false],
  ])('tells of the tool %s: %s', async (toolName, outcome, success) => {
    const { open, tenancy } = await serve({ createServer: () => serverWith(tools) });
    const client = await open();
    const calls = eventsOf(tenancy, 'toolCalled');
    await client.call('tools/call', { name: toolName });
    expect(calls).toEqual([
      {
        sessionId: client.sessionId,
        tenantId: 'anonymous',
        subject: 'anonymous',
        era: '2025',
        toolName,
        outcome,
        success,
        duration: expect.any(Number),
        calledAt: expect.any(Date),
      },
    ]);
  });

  it('tells of a call that was answered with a JSON-RPC error: protocol_error', async () => {
    const { open, tenancy } = await serve({ createServer: () => serverWith(tools) });
    const client = await open();
    const calls = eventsOf(tenancy, 'toolCalled');
    expect(await client.call('tools/call', { arguments: {} })).toMatchObject({ error: expect.anything() });
    expect(calls).toMatchObject([{ toolName: '', outcome: 'protocol_error', success: false }]);
  });

  it('tells of a call that the server answers with a question: input_required', async () => {
    const createServer = () => {
      const server = new Server({ name: 'asking', version: '1.0.0' }, { capabilities: { tools: {} } });
      server.setRequestHandler(CallToolRequestSchema, () => ({ content: [], resultType: 'input_required' }));
      return server;
    };
    const { open, tenancy } = await serve({ createServer });
    const client = await open();
    const calls = eventsOf(tenancy, 'toolCalled');
    await client.call('tools/call', { name: 'ask' });
    expect(calls).toMatchObject([{ toolName: 'ask', outcome: 'input_required', success: false }]);
  });

  it('tells of a call whose session ended: closed', async () => {
    const started = gate();
    const createServer = () =>
      serverWith({
        stuck: ({ signal }: Extra) => {
          started.open();
          return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
      });
    const { open, tenancy } = await serve({ createServer });
    const client = await open();
    const calls = eventsOf(tenancy, 'toolCalled');
    const answer = client.call('tools/call', { name: 'stuck' });
    await started.opened;
    await tenancy.sessions.end(String(client.sessionId));
    await answer;
    expect(calls).toMatchObject([{ toolName: 'stuck', outcome: 'closed', success: false }]);
  });

  it('tells when the call came and how long it took, in ms', async () => {
    const createServer = () =>
      serverWith({
        slow: async () => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          return said('done');
        },
      });
    const { open, tenancy } = await serve({ createServer });
    const client = await open();
    const calls = eventsOf(tenancy, 'toolCalled');
    const before = Date.now();
    await client.call('tools/call', { name: 'slow' });
    const after = Date.now();
    const [call] = calls;
    expect(call?.duration).toBeGreaterThanOrEqual(48);
    expect(call?.duration).toBeLessThanOrEqual(after - before + 2);
    expect(call?.calledAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(call?.calledAt.getTime()).toBeLessThanOrEqual(after - 48);
  });

  it('tells of nothing but tool calls, and of each one once', async () => {
    const { open, tenancy } = await serve({ createServer: () => serverWith(tools) });
    const client = await open();
    const calls = eventsOf(tenancy, 'toolCalled');
    await client.call('ping');
    await client.call('tools/list');
    await client.call('tools/call', { name: 'ok' });
    await client.call('tools/call', { name: 'ok' });
    expect(calls).toMatchObject([{ toolName: 'ok' }, { toolName: 'ok' }]);
  });

  it('names the tenant and never the token', async () => {
    const { open, tenancy } = await serve({ provider: tokens({ 'secret-token': () => serverWith(tools) }) });
    const client = await open('secret-token');
    const calls = eventsOf(tenancy, 'toolCalled');
    await client.call('tools/call', { name: 'ok' });
    expect(calls).toHaveLength(1);
    expect(JSON.stringify(calls)).not.toContain('secret-token');
  });
});

describe('listeners that fail', () => {
  it('break nothing, are logged, and do not keep the others from being called', async () => {
    const logger = recordingLogger();
    const { open, tenancy } = await serve({ createServer: () => serverWith(tools), logger });
    tenancy.on('sessionCreated', () => {
      throw new Error('sessionCreated failed');
    });
    tenancy.on('toolCalled', () => {
      throw new Error('toolCalled failed');
    });
    tenancy.on('toolCalled', (async () => {
      throw new Error('toolCalled rejected');
    }) as () => void);
    tenancy.sessions.on('sessionDestroyed', () => {
      throw new Error('sessionDestroyed failed');
    });
    const calls = eventsOf(tenancy, 'toolCalled');
    const ends = eventsOf(tenancy, 'sessionEnded');
    const client = await open();
    expect(await client.call('tools/call', { name: 'ok' })).toMatchObject({ result: said('fine') });
    expect(await client.send({ method: 'DELETE' })).toMatchObject({ status: 200 });
    expect(calls).toHaveLength(1);
    expect(ends).toHaveLength(1);
    const failures = logger.lines.filter(({ level }) => level === 'error');
    expect(failures.map(({ message, fields }) => [message, (fields as { err: Error }).err.message])).toEqual([
      ["A listener of 'sessionCreated' failed", 'sessionCreated failed'],
      ["A listener of 'toolCalled' failed", 'toolCalled failed'],
      ["A listener of 'toolCalled' failed", 'toolCalled rejected'],
      ["A listener of 'sessionDestroyed' failed", 'sessionDestroyed failed'],
    ]);
  });

  it('are called once where they were added with once', async () => {
    const { open, tenancy } = await serve({ createServer: () => serverWith(tools) });
    const client = await open();
    const first = nextEvent(tenancy, 'toolCalled');
    await client.call('tools/call', { name: 'ok' });
    await client.call('tools/call', { name: 'failing' });
    expect(await first).toMatchObject({ toolName: 'ok' });
    expect(tenancy.listenerCount('toolCalled')).toBe(0);
  });
});
