import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SetLevelRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';
import { allParked, PARK_SOON } from '../support/parking.ts';
import { gate, serve } from '../support/tenancy-server.ts';

it('a client that ends its handshake while its server is rebuilt is heard by the new server', async () => {
  const [asked, answer] = [gate(), gate()];
  const initialized: boolean[] = [];
  let parked = false;
  const { wire, tenancy } = await serve({
    createServer: ({ rebuilt }) => {
      const server = new McpServer({ name: 'slow', version: '1' }, { capabilities: { logging: {} } });
      server.server.setRequestHandler(SetLevelRequestSchema, async () => {
        if (parked) {
          asked.open();
          await answer.opened;
        }
        return {};
      });
      server.server.oninitialized = () => void initialized.push(rebuilt);
      return server;
    },
    sessions: PARK_SOON,
  });
  const client = wire();
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'late', version: '1' } };
  const { headers } = await client.send({ body: client.request('initialize', params) });
  const session = { 'mcp-session-id': String(headers['mcp-session-id']) };
  await client.send({ body: client.request('logging/setLevel', { level: 'debug' }), headers: session });
  await allParked(tenancy);
  parked = true;
  const pong = client.send({ body: client.request('ping'), headers: session });
  await asked.opened;
  const late = await client.send({ body: { jsonrpc: '2.0', method: 'notifications/initialized' }, headers: session });
  expect(late.status).toBe(202);
  answer.open();
  expect((await pong).status).toBe(200);
  expect(initialized).toEqual([true]);
});
