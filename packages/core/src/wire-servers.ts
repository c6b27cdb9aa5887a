import { LRUCache } from 'lru-cache';
import type { RequestPath } from './handle-request.ts';
import { type Logger, logWith } from './logger.ts';
import { ModernEra, type ModernParts } from './modern/serve-modern.ts';
import { onlySessions } from './request/classify-era.ts';
import { type ConnectServer, connectFresh, connectShared } from './session/connect-server.ts';
import type { TenancySettings } from './tenancy-options.ts';
import { type BuildServer, buildWithFactory, buildWithProvider } from './tenant/build-server.ts';
import { keepsToolsList } from './tenant/cache-tools-list.ts';
import { freshServers } from './tenant/fresh-servers.ts';
import { SharedServer } from './transport/shared-server.ts';
import { ToolsListCache } from './transport/tools-list-cache.ts';

const PUBLIC_CACHE =
  "A server set cacheScope 'public' on what belongs to one tenant: it was answered as 'private'. Leave it out, or set it to 'private'";

/** Where the servers of a tenancy come from. */
interface Servers {
  /** Connects a session to one. */
  readonly connect: ConnectServer;
  /** Builds one for a caller. Absent where all callers share one. */
  readonly build?: BuildServer;
  /** Lets go of what outlives sessions. */
  disconnect(): Promise<void>;
}

/** The servers that the options ask for. */
export function serversOf(settings: TenancySettings): Servers {
  const { source } = settings;
  if (source.kind === 'shared') {
    const { server } = source;
    const shared = new SharedServer(server, keepsToolsList(server) ? new ToolsListCache() : undefined);
    return { connect: connectShared(shared), disconnect: () => shared.disconnect() };
  }
  const build = freshServers(
    source.kind === 'provider' ? buildWithProvider(source.provider, settings) : buildWithFactory(source.createServer),
  );
  return { connect: connectFresh(build), build, disconnect: async () => {} };
}

/** The 2026 era as the options ask for it; `undefined` where it is not served. */
export function modernEra(
  { modern, sessions }: TenancySettings,
  build: BuildServer,
  shared: Omit<ModernParts, 'build' | 'settings' | 'onError' | 'onPublicCache'> & { readonly logger: Logger },
): ModernEra | undefined {
  if (modern === undefined) return undefined;
  const { mode, maxServers, maxListeners, createTenantServer } = modern;
  const { logger } = shared;
  const warned = new LRUCache<string, true>({ max: 1_000 });
  return new ModernEra({
    ...shared,
    build:
      createTenantServer === undefined
        ? build
        : freshServers(async ({ principal: { tenantId } }) => createTenantServer({ tenantId, era: '2026' })),
    settings: {
      pooled: mode === 'pooled',
      maxServers,
      maxListeners,
      idleTimeoutMs: sessions.idleTimeoutMs,
      byTenant: createTenantServer !== undefined,
    },
    onError: ({ tenantId }, err) => logWith(logger, 'warn', { err, tenantId }, 'A request of the 2026 era failed'),
    onPublicCache: ({ tenantId }) => {
      if (!warned.has(tenantId)) logWith(logger, 'warn', { tenantId }, PUBLIC_CACHE);
      warned.set(tenantId, true);
    },
  });
}

/** What a request of the 2026 era meets. */
export function routeModernTo(modern: ModernEra | undefined): RequestPath['routeModern'] {
  if (modern !== undefined) return (facts, body) => modern.route(facts, body);
  return (facts, body) => {
    throw onlySessions(facts, body);
  };
}
