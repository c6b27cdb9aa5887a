import { assertOptions } from '../assert-options.ts';
import { assertModernSdk } from '../protocol/sdk-peer.ts';
import type { McpServerInstance } from '../protocol/server-instance.ts';
import { readWholeNumber } from '../read-whole-number.ts';

/** For whom a server is built that all callers of a tenant share. It names none of them. */
export interface TenantServerContext {
  readonly tenantId: string;
  readonly era: '2026';
}

/** Builds one MCP server (of SDK v2) for all callers of a tenant: what it offers must depend on nothing but the tenant. */
export type TenantServerFactory = (context: TenantServerContext) => McpServerInstance | Promise<McpServerInstance>;

/** How requests of the era without sessions (MCP 2026-07-28) are served. It takes factories that build servers of SDK v2. */
export interface ModernOptions {
  /**
   * `'pooled'`: a server answers many requests of one caller; it is built again for another token or other scopes. `'per-request'`: a server is
   * built for each request. Default: `'pooled'`.
   */
  readonly mode?: 'pooled' | 'per-request';
  /** Servers in the pool; the one that was used longest ago makes room. Default: 1,000. */
  readonly maxServers?: number;
  /** Clients of one tenant that listen for changes (`subscriptions/listen`). Default: 1,000. */
  readonly maxListeners?: number;
  /** Builds one server for all callers of a tenant, in place of one for each of them. Default: none. */
  readonly createTenantServer?: TenantServerFactory;
}

/** The options, checked and complete. */
export type ModernOptionSettings = Required<Omit<ModernOptions, 'createTenantServer'>> &
  Pick<ModernOptions, 'createTenantServer'>;

const NAMES = ['mode', 'maxServers', 'maxListeners', 'createTenantServer'] satisfies (keyof ModernOptions)[];

/** Reads the option `modern`; `undefined` where the era is not served. Throws a `TypeError` that names what is wrong. */
export function readModern(
  modern: false | 'pooled' | 'per-request' | ModernOptions | undefined,
): ModernOptionSettings | undefined {
  if (modern === false) return undefined;
  // What nobody has asked for is served where it can be.
  if (modern !== undefined) assertModernSdk('modern');
  const given: ModernOptions = typeof modern === 'string' ? { mode: modern } : modern === undefined ? {} : modern;
  assertOptions('modern', given, NAMES);
  const { mode = 'pooled', createTenantServer } = given;
  if (mode !== 'pooled' && mode !== 'per-request') {
    throw new TypeError(`modern must be 'pooled', 'per-request', false or an object of options, got ${String(mode)}`);
  }
  if (createTenantServer !== undefined && typeof createTenantServer !== 'function') {
    throw new TypeError('modern.createTenantServer must be a function that returns a Server or McpServer');
  }
  return {
    mode,
    maxServers: readWholeNumber('modern.maxServers', given.maxServers, 1_000),
    maxListeners: readWholeNumber('modern.maxListeners', given.maxListeners, 1_000),
    ...(createTenantServer && { createTenantServer }),
  };
}
