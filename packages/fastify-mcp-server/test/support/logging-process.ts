// A process of its own: what a server logs goes to the standard output of its process.
import { registerHooks } from 'node:module';

const SOURCES: Readonly<Record<string, string>> = {
  'fastify-mcp-server': '../../src/index.ts',
  '@mcp-tenancy/core': '../../../core/src/index.ts',
};

// The sources and not what was last built of them, as in the tests.
registerHooks({
  resolve: (specifier, context, next) => {
    const source = SOURCES[specifier];
    return source === undefined ? next(specifier, context) : next(new URL(source, import.meta.url).href, context);
  },
});
const { createPerBearerMcpServer } = await import('fastify-mcp-server');

const [terminal, logging] = process.argv.slice(2).map((flag) => flag === 'true');
process.stdout.isTTY = terminal === true;
const server = createPerBearerMcpServer(logging === undefined ? {} : { logging });
await server.start();
await server.stop();
