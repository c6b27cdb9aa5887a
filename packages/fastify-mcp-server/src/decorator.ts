import type { SessionManager, Tenancy, TenancyStats } from '@mcp-tenancy/core';
import type { FastifyInstance } from 'fastify';

/** Counts of what is going on. */
export interface McpStats extends TenancyStats {
  /** Path of the MCP endpoint. */
  readonly endpoint: string;
}

/** What the plugin puts on the Fastify instance, as `app.mcp`. */
export interface McpDecorator {
  /** The tenancy itself: events, sessions, handler. */
  readonly tenancy: Tenancy;
  /** Counts of what is going on now. */
  getStats(): McpStats;
  /** The open sessions, and the events of their coming and going. */
  getSessionManager(): SessionManager;
  /** Ends every session, or releases it where its store is durable, with its calls and streams, and refuses new ones. Idempotent. Closing the app does the same. */
  shutdown(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Present after `fastify-mcp-server` has been registered. */
    mcp: McpDecorator;
  }
}

/** The decorator over a tenancy that is served at `endpoint`. */
export function decoratorOf(tenancy: Tenancy, endpoint: string): McpDecorator {
  return {
    tenancy,
    getStats: () => ({ ...tenancy.stats(), endpoint }),
    getSessionManager: () => tenancy.sessions,
    shutdown: () => tenancy.close(),
  };
}

/** The plugin's decorator on `app`. Throws where the plugin is not registered. */
export function getMcpDecorator(app: FastifyInstance): McpDecorator {
  if (!app.hasDecorator('mcp')) {
    throw new Error(
      'fastify-mcp-server is not registered on this instance: await app.register(fastifyMcpServer, options) first',
    );
  }
  return app.mcp;
}
