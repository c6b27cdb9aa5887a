import { requireScopes } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { gate, recordingLogger, said, serve, serverWith, textOf, tokens } from '../support/tenancy-server.ts';
import { modernServer } from './support/modern-servers.ts';
import { ask, callTool, modernRequest } from './support/modern-wire.ts';

describe('what a handler does to the request that it is shown', () => {
  it('is on that request, and on no other', async () => {
    const seen: unknown[] = [];
    const provider = tokens({});
    for (const token of ['a', 'b']) {
      provider.addToken(token, () =>
        modernServer({
          mark: ({ http }) => {
            const request = http?.req as Request & { user?: string; mark?: string };
            request.user ??= token;
            Object.defineProperty(request, 'mark', { value: token });
            seen.push([request.user, request.mark, 'user' in request, request instanceof Request]);
            delete request.user;
            seen.push(request.user);
            return said('marked');
          },
        }),
      );
    }
    const served = await serve({ provider });
    for (const token of ['a', 'b']) expect((await callTool(served.wire(token), 'mark')).status).toBe(200);
    expect(seen).toEqual([['a', 'a', true, true], undefined, ['b', 'b', true, true], undefined]);
    expect(Request.prototype).not.toHaveProperty('mark');
  });
});

describe('a request whose answer has begun as a stream', () => {
  it('is refused in that stream', async () => {
    const building = gate();
    const served = await serve({
      createServer: async () => {
        await building.opened;
        throw new Error('no server today');
      },
      modern: 'per-request',
      streams: { keepAliveMs: 20 },
      logger: recordingLogger(),
    });
    const { status, headers, events } = await served.wire().stream(modernRequest('tools/list'));
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/event-stream' });
    building.open();
    expect(await events.message()).toMatchObject({ error: { code: -32603 } });
  });
});

describe('a server', () => {
  it('that does not speak the era is a 500 for its callers, and the log says why', async () => {
    const logger = recordingLogger();
    const createServer = () => {
      const server = modernServer({});
      server.server.getNegotiatedProtocolVersion = () => '2025-11-25';
      return server;
    };
    const served = await serve({ createServer, logger });
    expect((await ask(served.wire(), 'tools/list')).status).toBe(500);
    expect(JSON.stringify(logger.lines.map(({ fields }) => String((fields as { err?: Error }).err)))).toContain(
      'does not speak 2026-07-28',
    );
  });
});

describe('a session whose server takes its time to say which scopes it asks for', () => {
  it('goes on with the server that has taken its place meanwhile', async () => {
    const [asked, go] = [gate(), gate()];
    const provider = tokens({
      a: () => {
        const server = modernServer({});
        server.registerTool(
          'tool',
          {
            scopeChallenge: async (context) => {
              asked.open();
              await go.opened;
              return context.authInfo === undefined ? requireScopes('never')(context) : undefined;
            },
          },
          () => said('old'),
        );
        return server;
      },
    });
    const { open } = await serve({ provider });
    const client = await open('a');
    const answer = client.call('tools/call', { name: 'tool' });
    await asked.opened;
    provider.updateToken('a', () => serverWith({ tool: () => said('new') }));
    await client.call('ping');
    go.open();
    expect(textOf(await answer)).toBe('new');
  });
});
