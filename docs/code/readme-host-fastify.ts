import { tenancy } from './readme-tenancy.ts';

//#region host

import { fastify } from 'fastify';
import fastifyMcpServer from 'fastify-mcp-server';

const app = fastify();
await app.register(fastifyMcpServer, { tenancy });
await app.listen({ port: 3000 });
//#endregion host
