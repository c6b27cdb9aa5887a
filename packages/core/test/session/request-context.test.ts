import { describe, expect, it } from 'vitest';
import { type Extra, said, serve, serverWith, textOf, tokens } from '../support/tenancy-server.ts';

/** A server whose tool tells what its handler was given. */
function telling(tell: (extra: Extra) => unknown) {
  return () => serverWith({ tell: (extra: Extra) => said(JSON.stringify(tell(extra))) });
}

const CALL = ['tools/call', { name: 'tell' }] as const;

function toldBy(response: unknown): unknown {
  return JSON.parse(textOf(response) ?? 'null');
}

describe('what a handler is given', () => {
  it("is the token of its own request, not of the session's first", async () => {
    const factory = telling(({ authInfo }) => authInfo?.token);
    const identify = () => ({ tenantId: 'tenant', subject: 'subject' });
    const { open, wire } = await serve({ provider: tokens({ first: factory, second: factory }), identify });
    const client = await open('first');
    const refreshed = wire('second');
    refreshed.sessionId = client.sessionId;
    expect(toldBy(await client.call(...CALL))).toBe('first');
    expect(toldBy(await refreshed.call(...CALL))).toBe('second');
  });

  it('is the id of the session, the headers and the URL of the request', async () => {
    const createServer = telling(({ sessionId, requestInfo }) => [
      sessionId,
      requestInfo?.headers['x-own'],
      String(requestInfo?.url),
    ]);
    const { open, url } = await serve({ createServer });
    const client = await open();
    const answer = await client.send({ body: client.request(...CALL), path: '/mcp?a=1', headers: { 'x-own': 'yes' } });
    expect(toldBy(JSON.parse(answer.text))).toEqual([client.sessionId, 'yes', `${url}?a=1`]);
  });

  it('is a URL even where the request came without a usable host', async () => {
    const createServer = telling(({ requestInfo }) => String(requestInfo?.url));
    const { open } = await serve({ createServer, allowedHosts: ['*'] });
    const client = await open();
    const answer = await client.send({ body: client.request(...CALL), headers: { host: 'not a host' } });
    expect(toldBy(JSON.parse(answer.text))).toBe('http://localhost/mcp');
  });
});
