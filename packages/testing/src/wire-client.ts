import { type Agent, request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { urlToHttpOptions } from 'node:url';
import { type EventReader, readEvents } from './event-reader.ts';

/** The newest revision with sessions. */
export const REVISION = '2025-11-25';

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A JSON-RPC message, without any opinion about it. */
export type WireMessage = Readonly<Record<string, unknown>>;

/** What a {@link WireClient} sends, where it differs from a well-behaved client's. */
export interface WireRequest {
  readonly method?: string;
  readonly path?: string;
  /** Sent as it is, a stream in chunks; anything but these, a string or bytes is sent as JSON. */
  readonly body?: unknown;
  /** Names in lower case; `undefined` leaves a header out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** A Unix socket to connect to. */
  readonly socketPath?: string;
  /** Whose connections are used. Default: Node's. */
  readonly agent?: Agent;
}

/** Speaks MCP's HTTP transport by hand, and wrongly where it is told to. */
export class WireClient {
  readonly #origin: URL;
  readonly #path: string;
  readonly #token: string | undefined;
  /** The session of {@link open}; sent with every request. */
  sessionId: string | undefined;
  #lastId = 0;

  constructor(url: string | URL, token?: string) {
    this.#origin = new URL(url);
    this.#path = this.#origin.pathname;
    this.#token = token;
  }

  /** The headers of a well-behaved client. */
  get headers(): Record<string, string> {
    return {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      ...(this.sessionId !== undefined && { 'mcp-session-id': this.sessionId, 'mcp-protocol-version': REVISION }),
    };
  }

  /** Sends one request and reads its whole answer. */
  async send(request: WireRequest): Promise<WireAnswer> {
    const { status, headers, events } = await this.stream(request);
    return { status, headers, text: await events.rest() };
  }

  /** Sends one request; resolves with the head of its answer. */
  stream(request: WireRequest): Promise<WireStream> {
    const { method = 'POST', path = this.#path, body, headers = {}, signal, socketPath, agent } = request;
    const sent = Object.entries({ ...this.headers, ...headers }).filter(([, value]) => value !== undefined);
    const { hostname, port } = urlToHttpOptions(this.#origin);
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest({
        hostname,
        port,
        path,
        method,
        headers: Object.fromEntries(sent) as never,
        signal,
        socketPath,
        agent,
      });
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => {
        const { statusCode: status = 0, headers: received } = incoming;
        resolve({ status, headers: received, events: readEvents(incoming), close: () => incoming.destroy() });
      });
      if (body instanceof Readable) {
        body.pipe(outgoing);
        return;
      }
      const raw = typeof body === 'string' || body instanceof Uint8Array || body === undefined;
      outgoing.end(raw ? body : JSON.stringify(body));
    });
  }

  /** Opens a session: `initialize` and `notifications/initialized`. Returns the answer to the first. */
  async open(params: WireMessage = {}): Promise<WireAnswer> {
    const initialize = {
      protocolVersion: REVISION,
      capabilities: {},
      clientInfo: { name: 'wire', version: '1.0.0' },
      ...params,
    };
    const answer = await this.send({ body: this.request('initialize', initialize) });
    this.sessionId = answer.headers['mcp-session-id'] as string | undefined;
    await this.send({ body: { jsonrpc: '2.0', method: 'notifications/initialized' } });
    return answer;
  }

  /** A JSON-RPC request with an id of its own. */
  request(method: string, params?: WireMessage): WireMessage & { readonly id: number } {
    this.#lastId += 1;
    return { jsonrpc: '2.0', id: this.#lastId, method, ...(params && { params }) };
  }

  /** Sends one JSON-RPC request; resolves with the response to it, whether it came as JSON or at the end of a stream. */
  async call(method: string, params?: WireMessage): Promise<WireMessage> {
    const request = this.request(method, params);
    const { headers, events } = await this.stream({ body: request });
    if (!headers['content-type']?.includes('text/event-stream')) return JSON.parse(await events.rest());
    return events.message((message) => message.id === request.id && !('method' in message));
  }

  /** Opens the standalone stream, or resumes one. */
  listen(lastEventId?: string): Promise<WireStream> {
    return this.stream({ method: 'GET', headers: { 'last-event-id': lastEventId, 'content-type': undefined } });
  }
}

/** The head of an answer, with its body to come. */
export interface WireStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly events: EventReader;
  /** Drops the connection, as a client does that goes away. */
  close(): void;
}
