import type { WireAnswer, WireClient, WireRequest, WireStream } from '@mcp-tenancy/testing';
import { Client, type ClientOptions, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { onTestFinished } from 'vitest';

/** The revision without sessions. */
export const MODERN = '2026-07-28';

const KEY = 'io.modelcontextprotocol/';

/** Where a frame of a subscription says which it belongs to. */
export const SUBSCRIPTION_ID = `${KEY}subscriptionId`;

/** What a request says about itself and its client. */
export interface ModernRequestOptions {
  readonly id?: string | number;
  readonly capabilities?: object;
  /** Beside what every request has to say. */
  readonly meta?: object;
  /** In place of those of a well-behaved client. */
  readonly headers?: WireRequest['headers'];
  readonly signal?: AbortSignal;
}

/** The `_meta` of a well-behaved client. */
function metaOf(capabilities: object = {}): Record<string, unknown> {
  return {
    [`${KEY}protocolVersion`]: MODERN,
    [`${KEY}clientInfo`]: { name: 'modern-wire', version: '1.0.0' },
    [`${KEY}clientCapabilities`]: capabilities,
  };
}

/** A request of the 2026 era, with the headers that go with it. */
export function modernRequest(
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  { id = 1, capabilities = {}, meta = {}, headers = {}, signal }: ModernRequestOptions = {},
): WireRequest {
  const name = params.name ?? params.uri;
  return {
    headers: {
      'mcp-protocol-version': MODERN,
      'mcp-method': method,
      'mcp-name': name === undefined ? undefined : String(name),
      'mcp-session-id': undefined,
      ...headers,
    },
    body: { jsonrpc: '2.0', id, method, params: { ...params, _meta: { ...metaOf(capabilities), ...meta } } },
    ...(signal && { signal }),
  };
}

/** The answer to a request of the 2026 era. */
export interface ModernAnswer extends WireAnswer {
  /** The messages of the answer, in order: one where it is JSON. */
  readonly messages: readonly Record<string, unknown>[];
  /** The last of them: the response. */
  readonly response: ModernResponse;
}

/** A response, without any opinion about it. */
export interface ModernResponse {
  readonly id?: unknown;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Record<string, unknown> };
}

/** Sends a request of the 2026 era and reads its answer to the end. */
export async function ask(
  client: WireClient,
  method: string,
  params?: Readonly<Record<string, unknown>>,
  options?: ModernRequestOptions,
): Promise<ModernAnswer> {
  const answer = await client.send(modernRequest(method, params, options));
  const messages = messagesOf(answer);
  return { ...answer, messages, response: messages.at(-1) ?? {} };
}

/** Calls a tool. */
export function callTool(client: WireClient, name: string, options?: ModernRequestOptions): Promise<ModernAnswer> {
  return ask(client, 'tools/call', { name, arguments: {} }, options);
}

/** Calls a tool; resolves with the head of the answer. */
export function streamTool(client: WireClient, name: string, options?: ModernRequestOptions): Promise<WireStream> {
  return client.stream(modernRequest('tools/call', { name, arguments: {} }, options));
}

/** Changes to listen for. */
export const ALL_CHANGES = {
  toolsListChanged: true,
  promptsListChanged: true,
  resourcesListChanged: true,
  resourceSubscriptions: ['file:///x'],
};

/** Listens for changes; resolves when the server has acknowledged it. */
export async function listen(
  client: WireClient,
  { notifications = ALL_CHANGES, id = 'listen' }: { notifications?: object; id?: string | number } = {},
): Promise<WireStream & { readonly acknowledgement: Record<string, unknown> }> {
  const stream = await client.stream(modernRequest('subscriptions/listen', { notifications }, { id }));
  if (!stream.headers['content-type']?.includes('text/event-stream')) {
    throw new Error(`Nobody listens: ${stream.status} ${await stream.events.rest()}`);
  }
  return { ...stream, acknowledgement: await stream.events.message() };
}

/** How a client of SDK v2 finds the era. */
export type Negotiation = 'legacy' | 'auto' | { pin: string };

/** The client of SDK v2, connected. */
export async function connectModern(
  url: string,
  token?: string,
  mode: Negotiation = 'auto',
  options: ClientOptions = {},
): Promise<Client> {
  const client = new Client({ name: 'v2', version: '1.0.0' }, { ...options, versionNegotiation: { mode } });
  const requestInit = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
  onTestFinished(() => client.close());
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return client;
}

function messagesOf({ headers, text }: WireAnswer): Record<string, unknown>[] {
  if (text === '') return [];
  if (!headers['content-type']?.includes('text/event-stream')) return [JSON.parse(text)];
  const data = text.split('\n').filter((line) => line.startsWith('data: '));
  return data.map((line) => JSON.parse(line.slice('data: '.length)));
}
