import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { ControlledStore } from '../support/controlled-store.ts';
import { initializeOnly } from '../support/parking.ts';
import { serve } from '../support/tenancy-server.ts';

/** Servers that note when a client is done with the handshake. */
function noting(): { heard: boolean[]; createServer: (context: { rebuilt: boolean }) => McpServer } {
  const heard: boolean[] = [];
  const createServer = ({ rebuilt }: { rebuilt: boolean }) => {
    const server = new McpServer({ name: 'noting', version: '1' });
    server.server.oninitialized = () => void heard.push(rebuilt);
    return server;
  };
  return { heard, createServer };
}

describe.each([true, false])('a store that is given, durable: %s', (durable) => {
  it('is told of the end of the handshake: another tenancy goes on with the session after it', async () => {
    const store = new ControlledStore({ durable });
    const { heard, createServer } = noting();
    const [one, other] = await Promise.all([
      serve({ createServer, sessions: { store } }),
      serve({ createServer, sessions: { store } }),
    ]);
    const client = one.wire();
    await initializeOnly(client);
    await client.send({ body: { jsonrpc: '2.0', method: 'notifications/initialized' } });
    expect(heard).toEqual([false]);

    const taken = other.wire();
    const headers = { 'mcp-session-id': String(client.sessionId) };
    expect((await taken.send({ headers, body: taken.request('ping') })).status).toBe(200);

    expect(heard).toEqual([false, true]);
  });
});
