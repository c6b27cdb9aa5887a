import { describe, expect, it } from 'vitest';
import { serve, serverWith } from '../support/tenancy-server.ts';

const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

describe('a POST is taken', () => {
  it.each([
    '*/*',
    'application/json;q=0.9, text/event-stream',
    'application/*, text/*',
    'APPLICATION/JSON, Text/Event-Stream',
  ])('when it accepts %s', async (accept) => {
    const client = await (await serve({ createServer: () => serverWith({}) })).open();

    expect((await client.send({ headers: { accept }, body: PING })).status).toBe(200);
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json ;charset=UTF-8'])(
    'when its media type is %s',
    async (type) => {
      const client = await (await serve({ createServer: () => serverWith({}) })).open();

      expect((await client.send({ headers: { 'content-type': type }, body: PING })).status).toBe(200);
    },
  );

  // Joined or ambiguous media types are what a browser may send without a preflight.
  it.each(['application/json; a=b, text/plain', 'text/plain, application/json', 'application/json+x', 'json'])(
    'but not when its media type is %s',
    async (type) => {
      const client = await (await serve({ createServer: () => serverWith({}) })).open();

      expect((await client.send({ headers: { 'content-type': type }, body: PING })).status).toBe(415);
    },
  );
});
