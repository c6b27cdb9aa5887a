import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createTenancy,
  type Logger,
  type Tenancy,
  type TenancyEvents,
  type TenancyOptions,
  TokenBasedServerProvider,
} from '@mcp-tenancy/core';
import { WireClient } from '@mcp-tenancy/testing';
import { Client, type ClientOptions } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer, type ToolCallback } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ElicitResultSchema, type ServerNotification, type ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';

/** A tenancy that is served over HTTP until the test ends. */
export interface Served {
  readonly tenancy: Tenancy;
  readonly url: string;
  /** A client for the bare wire, with its session open. */
  open(token?: string, params?: Record<string, unknown>): Promise<WireClient>;
  /** A client for the bare wire that has not said anything yet. */
  wire(token?: string): WireClient;
  readonly http: HttpServer;
  /** The SDK's client, connected. */
  connect(token?: string, options?: ClientOptions): Promise<Client>;
}

/** Serves a tenancy with these options on a free port of the loopback address. */
export async function serve(options: TenancyOptions): Promise<Served> {
  const tenancy = createTenancy(options);
  const http = createServer(tenancy.handler).listen(0, '127.0.0.1');
  await once(http, 'listening');
  onTestFinished(() => release(tenancy, http));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
  const wire = (token?: string) => new WireClient(url, token);
  return {
    tenancy,
    url,
    http,
    wire,
    open: async (token, params) => {
      const client = wire(token);
      const { status, text } = await client.open(params);
      if (status !== 200) throw new Error(`The session was not opened: ${status} ${text}`);
      return client;
    },
    connect: (token, clientOptions) => connectClient(url, token, clientOptions),
  };
}

async function release(tenancy: Tenancy, http: HttpServer): Promise<void> {
  await tenancy.close();
  http.close();
  http.closeAllConnections();
  await once(http, 'close');
}

async function connectClient(url: string, token?: string, options?: ClientOptions): Promise<Client> {
  const client = new Client({ name: 'sdk', version: '1.0.0' }, options);
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  await client.connect(transport as Transport);
  onTestFinished(() => client.close());
  return client;
}

/** Tools without parameters, by name. */
export type Tools = Readonly<Record<string, ToolCallback>>;

/** A server with these tools, and with logging. */
export function serverWith(tools: Tools, name = 'test-server', version = '1.0.0'): McpServer {
  const server = new McpServer({ name, version }, { capabilities: { logging: {}, tools: {} } });
  for (const [tool, callback] of Object.entries(tools)) server.registerTool(tool, {}, callback);
  return server;
}

/** The result of a tool that says one thing. */
export function said(text: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text }] };
}

/** What the tool of a response said. */
export function textOf(response: unknown): string | undefined {
  const { result = response } = response as { result?: unknown };
  return (result as Partial<ReturnType<typeof said>>).content?.[0]?.text;
}

/** What a handler gets beside its arguments. */
export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** Asks the client for its consent, on behalf of the request that `extra` belongs to; resolves with what it did. */
export async function askForConsent({ sendRequest }: Extra): Promise<string> {
  const params = { message: 'Sure?', requestedSchema: { type: 'object' as const, properties: {} } };
  const { action } = await sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema);
  return action;
}

/** The client's consent to a request of {@link askForConsent}. */
export function consentTo({ id }: Record<string, unknown>): Record<string, unknown> {
  return { jsonrpc: '2.0', id, result: { action: 'accept', content: {} } };
}

/** Something that one side waits for and the other brings about. */
export interface Gate<Value = void> {
  readonly opened: Promise<Value>;
  open(value: Value): void;
}

/** A closed gate. */
export function gate<Value = void>(): Gate<Value> {
  let open: (value: Value) => void = () => {};
  const opened = new Promise<Value>((resolve) => {
    open = resolve;
  });
  return { opened, open: (value) => open(value) };
}

/** The next event of a tenancy. */
export async function nextEvent<Name extends keyof TenancyEvents>(
  tenancy: Tenancy,
  name: Name,
): Promise<TenancyEvents[Name][0]> {
  const [event] = await once(tenancy, name as string);
  return event;
}

/** Every event of this name from now on, in order. */
export function eventsOf<Name extends keyof TenancyEvents>(tenancy: Tenancy, name: Name): TenancyEvents[Name][0][] {
  const events: TenancyEvents[Name][0][] = [];
  tenancy.on(name, ((event: TenancyEvents[Name][0]) => {
    events.push(event);
  }) as never);
  return events;
}

/** One line of a {@link recordingLogger}. */
export interface LogLine {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: object;
}

/** A logger whose lines can be read. */
export function recordingLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const log = (level: keyof Logger) => (fields: object, message: string) => {
    lines.push({ level, message, fields });
  };
  return { lines, debug: log('debug'), warn: log('warn'), error: log('error') };
}

/** A provider with one token for each entry. */
export function tokens(factories: ConstructorParameters<typeof TokenBasedServerProvider>[0]): TokenBasedServerProvider {
  return new TokenBasedServerProvider(factories);
}

/** Resolves when the server has seen the client of the next request go away. */
export function clientGone(http: HttpServer): Promise<void> {
  const { opened, open } = gate();
  http.once('request', (_req, res) => res.once('close', open));
  return opened;
}

/** Resolves when `condition` holds: for what has no event to wait for. */
export async function eventually(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`It never came true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
