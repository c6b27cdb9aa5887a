import { fastify } from 'fastify';
import fastifyMcpServer from 'fastify-mcp-server';
import { provider as tenants } from './readme-context.ts';

const app = fastify();

//#region restart
import { createSqliteStores } from '@mcp-tenancy/sqlite';

const stores = createSqliteStores({ path: 'sessions.db' });
await app.register(fastifyMcpServer, {
  authorization: { bearerTokenProvider: tenants },
  sessions: { store: stores.sessionStore },
  streams: { eventLog: stores.eventLog },
});
//#endregion restart
