import { createRequire } from 'node:module';
import { serverUnavailable } from '../errors.ts';
import { type McpServerInstance, protocolOf } from '../protocol/server-instance.ts';

/** SDK v2: what speaks the 2026 era. */
export type ModernSdk = typeof import('@modelcontextprotocol/server');

/** A server of SDK v2. */
export type ModernServer = InstanceType<ModernSdk['McpServer']> | InstanceType<ModernSdk['Server']>;

const require = createRequire(import.meta.url);
let loading: Promise<ModernSdk | undefined> | undefined;

/**
 * SDK v2 where it is installed, `undefined` where it is not; loaded once for the process. Its schemas are made at once: the first request would
 * wait for them otherwise. Rejects where it is there and cannot be loaded.
 */
export function loadModernSdk(): Promise<ModernSdk | undefined> {
  loading ??= load();
  return loading;
}

/**
 * The copy of SDK v2 that a server comes from: the package has one for `import` and one for `require`, and neither knows the other's servers. `undefined` for a
 * server of SDK v1. Throws for one of a third copy.
 */
export function sdkOf(server: McpServerInstance, sdk: ModernSdk): ModernSdk | undefined {
  if (isServerOf(sdk, server)) return sdk;
  if (!('getNegotiatedProtocolVersion' in protocolOf(server))) return undefined;
  const required: ModernSdk = require('@modelcontextprotocol/server');
  if (isServerOf(required, server)) return required;
  throw serverUnavailable(
    new TypeError('The server comes from another copy of @modelcontextprotocol/server: install the package once'),
  );
}

/** Whether a server is one of this copy of SDK v2. */
export function isServerOf(sdk: ModernSdk, server: McpServerInstance): server is McpServerInstance & ModernServer {
  return server instanceof sdk.McpServer || server instanceof sdk.Server;
}

async function load(): Promise<ModernSdk | undefined> {
  try {
    const sdk = await import('@modelcontextprotocol/server');
    sdk.preloadSchemas();
    return sdk;
  } catch (error) {
    if (isNotInstalled(error)) return undefined;
    throw error;
  }
}

function isNotInstalled(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ERR_MODULE_NOT_FOUND' && message.includes("'@modelcontextprotocol/server'");
}
