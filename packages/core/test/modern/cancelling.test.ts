import { digestToken, type TenancyOptions } from '@mcp-tenancy/core';
import { Server, type ServerContext } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { eventsOf, gate, nextEvent, type Served, said, serve, textOf, tokens } from '../support/tenancy-server.ts';
import { aborted, hanging, modernServer } from './support/modern-servers.ts';
import { callTool, connectModern, modernRequest, streamTool } from './support/modern-wire.ts';

/** A tool that waits until it is told to stop, in JSON or after a message. */
async function serveWaiting(modern: 'pooled' | 'per-request', options: Partial<TenancyOptions> = {}) {
  const [started, stopped] = [gate(), gate()];
  const wait = async (context: ServerContext) => {
    started.open();
    await aborted(context);
    stopped.open();
    return said('too late');
  };
  const served = await serve({
    provider: tokens({
      a: () =>
        modernServer({
          wait,
          'say-and-wait': async (context) => {
            await context.mcpReq.notify({
              method: 'notifications/progress',
              params: { progressToken: 1, progress: 1 },
            });
            return wait(context);
          },
          hello: () => said('hello'),
        }),
    }),
    modern,
    ...options,
  });
  return { ...served, started: started.opened, stopped: stopped.opened };
}

describe.each(['pooled', 'per-request'] as const)('%s, a call', (modern) => {
  it('whose client closes the connection before anything was said is cancelled', async () => {
    const served = await serveWaiting(modern);
    const called = nextEvent(served.tenancy, 'toolCalled');
    const leave = new AbortController();
    const answer = callTool(served.wire('a'), 'wait', { signal: leave.signal });
    await served.started;

    leave.abort();

    await expect(answer).rejects.toThrow();
    await served.stopped;
    expect(await called).toMatchObject({ toolName: 'wait', outcome: 'cancelled', success: false, era: '2026' });
    expect(await called).not.toHaveProperty('sessionId');
    expect(textOf((await callTool(served.wire('a'), 'hello')).response)).toBe('hello');
  });

  it('whose client closes its stream is cancelled', async () => {
    const served = await serveWaiting(modern);
    const called = nextEvent(served.tenancy, 'toolCalled');
    const stream = await streamTool(served.wire('a'), 'say-and-wait');
    await stream.events.next();

    stream.close();

    await served.stopped;
    expect(await called).toMatchObject({ toolName: 'say-and-wait', outcome: 'cancelled' });
  });

  it('that the SDK’s client cancels is cancelled', async () => {
    const served = await serveWaiting(modern);
    const client = await connectModern(served.url, 'a');
    const called = nextEvent(served.tenancy, 'toolCalled');
    const leave = new AbortController();
    const answer = client.callTool({ name: 'wait' }, { signal: leave.signal });
    await served.started;

    leave.abort();

    await expect(answer).rejects.toThrow();
    await served.stopped;
    expect(await called).toMatchObject({ outcome: 'cancelled' });
  });

  it.each(['wait', 'say-and-wait'])('that takes too long is answered in its place: %s', async (name) => {
    const served = await serveWaiting(modern, { limits: { callTimeoutMs: 40 } });
    const called = eventsOf(served.tenancy, 'toolCalled');

    const { status, response } = await callTool(served.wire('a'), name, { id: 'slow' });

    expect(status).toBe(200);
    expect(response).toEqual({
      jsonrpc: '2.0',
      id: 'slow',
      error: { code: -32001, message: 'Request timed out: No answer within 40 ms' },
    });
    await served.stopped;
    expect(called).toMatchObject([{ toolName: name, outcome: 'timeout' }]);
  });

  it('of a tenant that has no time limit of its own is under the one of all', async () => {
    const served = await serveWaiting(modern, {
      limits: { callTimeoutMs: 60_000, forTenant: () => ({ callTimeoutMs: 30 }) },
    });

    expect((await callTool(served.wire('a'), 'wait')).response.error).toMatchObject({ code: -32001 });
  });

  it.each(['wait', 'say-and-wait'])('is ended with its token: %s', async (name) => {
    const served = await serveWaiting(modern);
    const called = eventsOf(served.tenancy, 'toolCalled');
    const answer = callTool(served.wire('a'), name);
    await served.started;

    await served.tenancy.revoke({ token: 'a' });

    expect((await answer).response).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: { code: -32000, message: 'The request was ended by the server' },
    });
    await served.stopped;
    expect(called).toMatchObject([{ outcome: 'closed', tenantId: digestToken('a') }]);
  });

  it('that never answers is answered when the tenancy is closed', async () => {
    const started = gate();
    const served = await serve({
      provider: tokens({
        a: () =>
          modernServer({
            hang: () => {
              started.open();
              return hanging();
            },
          }),
      }),
      modern,
    });
    const called = eventsOf(served.tenancy, 'toolCalled');
    const answer = callTool(served.wire('a'), 'hang');
    await started.opened;

    await served.tenancy.close();

    expect((await answer).response.error).toMatchObject({ code: -32000 });
    expect(called).toMatchObject([{ outcome: 'closed' }]);
  });

  it('has one outcome, whatever comes after it', async () => {
    const served = await serveWaiting(modern);
    const called = eventsOf(served.tenancy, 'toolCalled');
    await callTool(served.wire('a'), 'hello');

    await served.tenancy.revoke({ token: 'a' });
    await served.tenancy.close();

    expect(called).toMatchObject([{ toolName: 'hello', outcome: 'ok', success: true }]);
    expect(called[0]?.duration).toBeGreaterThan(0);
  });

  it('of a tool that fails, of one that is not there, and of one whose result cannot be written has its outcome', async () => {
    const served = await serve({
      provider: tokens({
        a: () => {
          const server = modernServer({
            fails: () => ({ ...said('no'), isError: true }),
            throws: () => {
              throw new Error('no');
            },
          });
          return server;
        },
      }),
      modern,
    });
    const called = eventsOf(served.tenancy, 'toolCalled');

    for (const name of ['fails', 'throws', 'nobody']) await callTool(served.wire('a'), name);

    expect(called.map(({ toolName, outcome }) => [toolName, outcome])).toEqual([
      ['fails', 'tool_error'],
      ['throws', 'tool_error'],
      ['nobody', 'protocol_error'],
    ]);
  });
});

it('a result that JSON cannot carry is answered with an error', async () => {
  const served: Served = await serve({
    provider: tokens({
      a: () => {
        const server = new Server({ name: 'low', version: '1' }, { capabilities: { tools: {} } });
        server.setRequestHandler('tools/call', () => ({ content: [], structuredContent: { n: 1n } }) as never);
        return server;
      },
    }),
  });

  const { status, response } = await callTool(served.wire('a'), 'any', { id: 'big' });

  expect({ status, response }).toMatchObject({ status: 200, response: { id: 'big', error: { code: -32603 } } });
});

it('a request without a handler is not observed as a tool call', async () => {
  const served = await serve({ provider: tokens({ a: () => modernServer({}) }) });
  const called = eventsOf(served.tenancy, 'toolCalled');

  await served.wire('a').send(modernRequest('tools/list'));

  expect(called).toEqual([]);
});
