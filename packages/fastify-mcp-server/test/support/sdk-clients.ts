import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';

const INFO = { name: 'test-client', version: '1.0.0' };
const OPTIONS = { capabilities: { elicitation: {}, sampling: {} } };
const ELICITED = { action: 'accept' as const, content: { colour: 'green' } };
const SAMPLED = { model: 'm', role: 'assistant' as const, content: { type: 'text' as const, text: 'something' } };

/** What the server has told a client of its own accord. */
export interface Heard {
  readonly logs: unknown[];
  readonly updated: string[];
  toolListChanges: number;
}

/** A client of an SDK with its session, the same for both major versions. */
export interface ConnectedClient {
  readonly sessionId: string | undefined;
  readonly heard: Heard;
  /** Settles at the next thing that the server tells of its own accord. */
  told(): Promise<void>;
  callTool(name: string, args?: Record<string, unknown>, onprogress?: (value: number) => void): Promise<string>;
  toolNames(): Promise<string[]>;
  readResource(uri: string): Promise<unknown>;
  getPrompt(name: string, args: Record<string, string>): Promise<unknown>;
  subscribe(uri: string): Promise<unknown>;
  setLevel(level: 'info' | 'error'): Promise<unknown>;
  serverName(): string | undefined;
  /** Ends the session, as clients do that are done. */
  terminate(): Promise<void>;
}

/** Opens a session; the client answers whatever it is asked, and is closed when the test is over. */
export type Connect = (url: string, token?: string) => Promise<ConnectedClient>;

/** With `@modelcontextprotocol/sdk`. */
export const connectV1: Connect = async (url, token) => {
  const client = new ClientV1(INFO, OPTIONS);
  const ears = new Ears();
  client.setRequestHandler(ElicitRequestSchema, () => ELICITED);
  client.setRequestHandler(CreateMessageRequestSchema, () => SAMPLED);
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => ears.log(params.data));
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => ears.update(params.uri));
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => ears.listChange());
  const transport = new TransportV1(new URL(url), { requestInit: { headers: headersFor(token) } });
  onTestFinished(() => client.close());
  await client.connect(transport as Transport);
  return {
    sessionId: transport.sessionId,
    heard: ears.heard,
    told: () => ears.told(),
    callTool: async (name, args = {}, onprogress) =>
      textOf(await client.callTool({ name, arguments: args }, undefined, progressTo(onprogress))),
    toolNames: async () => namesOf(await client.listTools()),
    readResource: async (uri) => (await client.readResource({ uri })).contents,
    getPrompt: async (name, args) => (await client.getPrompt({ name, arguments: args })).messages,
    subscribe: (uri) => client.subscribeResource({ uri }),
    setLevel: (level) => client.setLoggingLevel(level),
    serverName: () => client.getServerVersion()?.name,
    terminate: () => transport.terminateSession(),
  };
};

/** With `@modelcontextprotocol/client`, speaking a revision with sessions. */
export const connectV2: Connect = async (url, token) => {
  const client = new ClientV2(INFO, OPTIONS);
  const ears = new Ears();
  client.setRequestHandler('elicitation/create', () => ELICITED);
  client.setRequestHandler('sampling/createMessage', () => SAMPLED);
  client.setNotificationHandler('notifications/message', ({ params }) => ears.log(params.data));
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => ears.update(params.uri));
  client.setNotificationHandler('notifications/tools/list_changed', () => ears.listChange());
  const transport = new TransportV2(new URL(url), { requestInit: { headers: headersFor(token) } });
  onTestFinished(() => client.close());
  await client.connect(transport);
  return {
    sessionId: transport.sessionId,
    heard: ears.heard,
    told: () => ears.told(),
    callTool: async (name, args = {}, onprogress) =>
      textOf(await client.callTool({ name, arguments: args }, progressTo(onprogress))),
    toolNames: async () => namesOf(await client.listTools()),
    readResource: async (uri) => (await client.readResource({ uri })).contents,
    getPrompt: async (name, args) => (await client.getPrompt({ name, arguments: args })).messages,
    subscribe: (uri) => client.subscribeResource({ uri }),
    setLevel: (level) => client.setLoggingLevel(level),
    serverName: () => client.getServerVersion()?.name,
    terminate: () => transport.terminateSession(),
  };
};

/** Both of them, for `describe.each`. */
export const CLIENTS = [
  { sdk: 'v1', connect: connectV1 },
  { sdk: 'v2', connect: connectV2 },
];

class Ears {
  readonly heard: Heard = { logs: [], updated: [], toolListChanges: 0 };
  #wake: () => void = () => {};

  log(data: unknown): void {
    this.heard.logs.push(data);
    this.#wake();
  }

  update(uri: string): void {
    this.heard.updated.push(uri);
    this.#wake();
  }

  listChange(): void {
    this.heard.toolListChanges += 1;
    this.#wake();
  }

  told(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function headersFor(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function progressTo(onprogress: ((value: number) => void) | undefined) {
  return onprogress && { onprogress: ({ progress }: { progress: number }) => onprogress(progress) };
}

function textOf({ content }: { [key: string]: unknown }): string {
  return (content as { text: string }[]).map(({ text }) => text).join();
}

function namesOf({ tools }: { tools: readonly { name: string }[] }): string[] {
  return tools.map(({ name }) => name);
}
