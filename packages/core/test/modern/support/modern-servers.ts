import {
  type CallToolResult,
  type InputRequiredResult,
  McpServer,
  type ServerContext,
  type ServerOptions,
} from '@modelcontextprotocol/server';
import { onTestFinished } from 'vitest';

/** A tool of SDK v2 without parameters. */
export type ModernTool = (
  context: ServerContext,
) => CallToolResult | InputRequiredResult | Promise<CallToolResult | InputRequiredResult>;

/** Tools of SDK v2, by name. */
export type ModernTools = Readonly<Record<string, ModernTool>>;

/** A server of SDK v2 with these tools, with logging, and with a list that may change. */
export function modernServer(
  tools: ModernTools,
  name = 'modern-server',
  version = '2.0.0',
  options: ServerOptions = {},
): McpServer {
  const capabilities = { logging: {}, tools: { listChanged: true } };
  const server = new McpServer({ name, version }, { capabilities, ...options });
  for (const [tool, callback] of Object.entries(tools)) server.registerTool(tool, {}, callback);
  return server;
}

/** A factory that counts what it builds. */
export interface CountedFactory<Server> {
  readonly create: () => Server;
  readonly built: Server[];
}

/** A factory of servers with these tools. */
export function counting(tools: ModernTools): CountedFactory<McpServer> {
  const built: McpServer[] = [];
  const create = () => {
    const server = modernServer(tools, `server-${built.length + 1}`);
    built.push(server);
    return server;
  };
  return { create, built };
}

/** Resolves when the handler of a call is told to stop. */
export function aborted({ mcpReq: { signal } }: ServerContext): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}

/** Answers when the test ends at the latest, so that no call is left behind. */
export function hanging(): Promise<CallToolResult> {
  return new Promise((resolve) => onTestFinished(() => resolve({ content: [] })));
}
