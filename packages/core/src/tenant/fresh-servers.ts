import {
  serverUnavailable,
  TenancyError,
  temporarilyUnavailable,
  UnavailableError,
  UnknownTenantError,
} from '../errors.ts';
import type { Identity } from '../identity/authenticate.ts';
import { assertUnconnected, type McpServerInstance } from '../protocol/server-instance.ts';
import type { BuildServer, Purpose } from './build-server.ts';

/**
 * {@link BuildServer} whose servers have been checked: each is a server of the SDK that has not served anybody. Rejects with `server_unavailable` where
 * it cannot be had, and with `unknown_tenant`.
 */
export function freshServers(build: BuildServer): BuildServer {
  const used = new WeakSet<McpServerInstance>();
  return async (identity: Identity, purpose: Purpose) => {
    try {
      const server = await build(identity, purpose);
      assertUnconnected(server, 'The server that the factory returned');
      if (used.has(server)) {
        throw new TypeError('The server that the factory returned has served before: build a fresh one');
      }
      used.add(server);
      return server;
    } catch (cause) {
      if (cause instanceof TenancyError) throw cause;
      if (cause instanceof UnavailableError) throw temporarilyUnavailable(cause);
      if (!(cause instanceof UnknownTenantError)) throw serverUnavailable(cause);
      throw new TenancyError('unknown_tenant', 'Forbidden: Unknown tenant', { cause });
    }
  };
}
