import { serverUnavailable, TenancyError, UnknownTenantError, unheard } from '../errors.ts';
import type { Identity } from '../identity/authenticate.ts';
import type { BuildServer } from '../tenant/build-server.ts';
import { keepsToolsList } from '../tenant/cache-tools-list.ts';
import { SessionTransport, type TransportContext } from '../transport/session-transport.ts';
import type { SharedServer } from '../transport/shared-server.ts';
import { ToolsListCache } from '../transport/tools-list-cache.ts';
import { NotRestorableError } from './rebuild.ts';

/** A server that serves a session, and the transport between them. */
export interface ConnectedServer {
  readonly transport: SessionTransport;
  /** Ends the connection: calls in flight are aborted. */
  close(): Promise<void>;
}

/** Connects a session to a server for the identity. */
export type ConnectServer = (
  context: TransportContext,
  identity: Identity,
  rebuilt: boolean,
) => Promise<ConnectedServer>;

/** A fresh server for every session. Rejects with `server_unavailable` where it cannot be had. */
export function connectFresh(build: BuildServer): ConnectServer {
  return async (context, identity, rebuilt) => {
    try {
      const server = await build(identity, { era: '2025', rebuilt });
      const transport = new SessionTransport(context, keepsToolsList(server) ? new ToolsListCache() : undefined);
      // Calls are aborted whatever a server's own close does. What that throws is a rejection: others must be closed too.
      const close = async () => {
        await transport.close();
        await server.close();
      };
      await server.connect(transport).catch(async (error) => {
        await close().catch(unheard);
        throw error;
      });
      return { transport, close };
    } catch (error) {
      if (!(error instanceof TenancyError)) throw serverUnavailable(error);
      const { cause } = error;
      throw rebuilt && cause instanceof UnknownTenantError ? new NotRestorableError(cause.message, { cause }) : error;
    }
  };
}

/** One server for all sessions. */
export function connectShared(shared: SharedServer): ConnectServer {
  return async (context) => {
    const transport = await shared.connect(context);
    return { transport, close: () => transport.close() };
  };
}
