import type { Client, VersionNegotiationMode } from '@modelcontextprotocol/client';
import { onTestFinished } from 'vitest';
import { connectClientV2 } from '../connect-client-v2.ts';

/** A real client of SDK v2, for one test. */
export async function connectedV2(url: string, token: string, mode: VersionNegotiationMode): Promise<Client> {
  const client = await connectClientV2(url, token, mode);
  onTestFinished(() => client.close());
  return client;
}

/** The names of the tools that the client is offered now. */
export async function toolNamesV2(client: Client): Promise<string[]> {
  const { tools } = await client.listTools();
  return tools.map(({ name }) => name);
}

/** The text of a tool's result. */
export async function useToolV2(client: Client, name: string, args: Record<string, unknown> = {}): Promise<string> {
  const {
    content: [first],
  } = await client.callTool({ name, arguments: args });
  if (first?.type !== 'text') throw new Error(`${name} returned no text`);
  return first.text;
}
