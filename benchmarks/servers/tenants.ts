import { cacheToolsList, type Tenancy, TokenBasedServerProvider } from '@mcp-tenancy/core';
import { tokensOf } from '../tokens.ts';
import { serverOptions } from './server-options.ts';

const { buildServer } = await (serverOptions.sdkV2 ? import('./sdk-v2/tools.ts') : import('./tools.ts'));
const factory = serverOptions.cacheList ? () => cacheToolsList(buildServer()) : buildServer;

/** A server with the benchmark's tools for each of its tokens. */
export const bearerTokenProvider = new TokenBasedServerProvider(
  Object.fromEntries(tokensOf(serverOptions.tenants).map((token) => [token, factory])),
);

/** Listens to the tool calls of a tenancy, as an app that bills them would. */
export function countToolCalls(tenancy: Tenancy): void {
  const calls = new Map<string, number>();
  tenancy.on('toolCalled', ({ toolName }) => {
    calls.set(toolName, (calls.get(toolName) ?? 0) + 1);
  });
}
