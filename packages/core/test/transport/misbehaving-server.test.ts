import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { eventsOf, gate, serve } from '../support/tenancy-server.ts';

const INFO = { name: 'odd', version: '1' };
const OPTIONS = { capabilities: { tools: {} } };

/** A server that does something else with a message than the SDK does. */
class OddServer extends Server {
  readonly #take: (message: JSONRPCMessage, transport: Transport) => boolean;

  constructor(take: (message: JSONRPCMessage, transport: Transport) => boolean) {
    super(INFO, OPTIONS);
    this.#take = take;
  }

  override async connect(transport: Transport): Promise<void> {
    await super.connect(transport);
    const inner = transport.onmessage;
    transport.onmessage = (message, extra) => {
      if (!this.#take(message, transport)) inner?.(message, extra);
    };
  }
}

const isCall = (message: JSONRPCMessage) => 'method' in message && message.method === 'tools/call';

describe('a server', () => {
  it('that throws at a request answers it with an error, and the session goes on', async () => {
    const createServer = () =>
      new OddServer((message) => {
        if (isCall(message)) throw new Error('secret cause');
        return false;
      });
    const { open, tenancy } = await serve({ createServer });
    const client = await open();
    const [errors, calls] = [eventsOf(tenancy, 'transportError'), eventsOf(tenancy, 'toolCalled')];

    const response = await client.call('tools/call', { name: 'x' });

    expect(response).toMatchObject({ error: { code: -32603 } });
    expect(JSON.stringify(response)).not.toContain('secret');
    expect(errors.map(({ error }) => error.message)).toEqual(['secret cause']);
    expect(calls).toMatchObject([{ outcome: 'protocol_error' }]);
    expect(await client.call('ping')).toMatchObject({ result: {} });
  });

  it('that closes its connection at a request has an error for each of the batch', async () => {
    const createServer = () =>
      new OddServer((message, transport) => {
        if (isCall(message)) void transport.close();
        return isCall(message);
      });
    const { open, tenancy } = await serve({ createServer });
    const client = await open(undefined, { protocolVersion: '2025-03-26' });
    const requests = [client.request('tools/call', { name: 'x' }), client.request('tools/call', { name: 'y' })];

    const headers = { 'mcp-protocol-version': '2025-03-26' };
    const { text } = await client.send({ headers, body: requests });

    const answers = JSON.parse(text) as { id: unknown; error: { code: number } }[];
    expect(answers.map(({ id, error }) => [id, error.code])).toEqual([
      [requests[0]?.id, -32000],
      [requests[1]?.id, -32000],
    ]);
    expect(tenancy.sessions.size).toBe(0);
  });

  it.each([[undefined], [null], ['text'], [7]])('whose result is %j answers with an error', async (result) => {
    const createServer = () => {
      const server = new Server(INFO, OPTIONS);
      server.fallbackRequestHandler = async () => result as never;
      return server;
    };
    const { open, tenancy } = await serve({ createServer });
    const client = await open();
    const calls = eventsOf(tenancy, 'toolCalled');

    expect(await client.call('tools/call', { name: 'x' })).toMatchObject({ error: { code: -32603 } });
    expect(calls).toMatchObject([{ outcome: 'protocol_error', success: false }]);
  });
});

describe('what a handler does after its end', () => {
  const appended: string[] = [];
  const eventLog = {
    append: ({ data }: { data: string }) => void appended.push(data),
    after: () => ({ events: [], complete: false }),
    forgetStream: () => {},
    forgetSession: () => {},
  };

  it('does not reopen the connection of a call that has been answered', async () => {
    const late = gate<() => void>();
    const createServer = () => {
      const server = new Server(INFO, OPTIONS);
      server.fallbackRequestHandler = async (_request, { closeSSEStream }) => {
        late.open(() => closeSSEStream?.());
        return {};
      };
      return server;
    };
    const { open } = await serve({ createServer, streams: { eventLog } });
    const client = await open();
    const { headers } = await client.send({ body: client.request('tools/call', { name: 'x' }) });
    appended.splice(0);

    (await late.opened)();

    expect(headers['content-type']).toBe('application/json');
    expect(appended).toEqual([]);
  });

  it('does not write to the standalone stream of a session that has ended', async () => {
    const late = gate<() => void>();
    const createServer = () => {
      const server = new Server(INFO, OPTIONS);
      server.fallbackRequestHandler = async (_request, { closeStandaloneSSEStream }) => {
        late.open(() => closeStandaloneSSEStream?.());
        return {};
      };
      return server;
    };
    const { open } = await serve({ createServer, streams: { eventLog } });
    const client = await open();
    await client.call('tools/call', { name: 'x' });
    await client.send({ method: 'DELETE' });
    appended.splice(0);

    (await late.opened)();

    expect(appended).toEqual([]);
  });
});
