import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { fastify } from 'fastify';
import { serve } from '../serve.ts';
import { buildServer } from '../tools.ts';

// What the SDK's own server costs, and nothing else: a limit, and no server to use. It believes whatever it is sent, asks for no token, and answers with JSON only.

interface Call {
  readonly clientId: RequestId;
  readonly res: ServerResponse;
}

const DELIVERED = Promise.resolve();
const sessions = new Map<string, ShortestTransport>();

class ShortestTransport implements Transport {
  readonly sessionId = randomUUID();
  onmessage?: NonNullable<Transport['onmessage']>;
  readonly #calls = new Map<RequestId, Call>();
  #lastId = 0;

  async start(): Promise<void> {}
  async close(): Promise<void> {}

  receive(message: JSONRPCMessage, res: ServerResponse): void {
    if ('method' in message && 'id' in message) {
      this.#lastId += 1;
      this.#calls.set(this.#lastId, { clientId: message.id, res });
      this.onmessage?.({ ...message, id: this.#lastId });
    } else {
      this.onmessage?.(message);
      res.writeHead(202).end();
    }
  }

  send(message: JSONRPCMessage): Promise<void> {
    const { id, result } = message as { id: RequestId; result: unknown };
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    const text = JSON.stringify({ jsonrpc: '2.0', id: call?.clientId, result });
    const length = String(Buffer.byteLength(text));
    const headers = ['content-type', 'application/json', 'mcp-session-id', this.sessionId, 'content-length', length];
    call?.res.writeHead(200, headers).end(text);
    return DELIVERED;
  }
}

async function transportOf(req: IncomingMessage): Promise<ShortestTransport> {
  const known = sessions.get(String(req.headers['mcp-session-id']));
  if (known !== undefined) return known;
  const transport = new ShortestTransport();
  sessions.set(transport.sessionId, transport);
  // The SDK's types are not written for exactOptionalPropertyTypes.
  await buildServer().connect(transport as Transport);
  return transport;
}

const app = fastify();
app.removeAllContentTypeParsers();
app.addContentTypeParser('application/json', (_request, _payload, done) => done(null));
app.post('/mcp', (request, reply) => {
  reply.hijack();
  void answer(request.raw, reply.raw);
});

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  // Once it is awaited, a small body that came with the headers has arrived.
  const transport = await transportOf(req);
  transport.receive(JSON.parse(String(req.read())), res);
  req.resume();
}

await app.ready();
await serve(app.server);
