import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { type CallToolResult, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';
import { connectClient } from '../connect-client.ts';

/** Starts an example for one test. */
export async function started<Example extends { stop(): Promise<unknown> }>(starting: Promise<Example>) {
  const example = await starting;
  onTestFinished(async () => {
    await example.stop();
  });
  return example;
}

/** A real client, for one test. */
export async function connected(url: string, token?: string): Promise<Client> {
  const client = await connectClient(url, token);
  onTestFinished(() => client.close());
  return client;
}

/** The text of a tool's result. */
export async function callTool(client: Client, name: string, args: Record<string, unknown> = {}): Promise<string> {
  const { content } = (await client.callTool({ name, arguments: args })) as CallToolResult;
  const [first] = content;
  if (first?.type !== 'text') throw new Error(`${name} returned no text`);
  return first.text;
}

/** Resolves at the next announcement that the tools have changed. */
export function toolsChanged(client: Client): Promise<void> {
  return new Promise((resolve) => {
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve());
  });
}

/** What the SDK's client rejects with where a token is refused. */
export const unauthorized = { code: 401 };
