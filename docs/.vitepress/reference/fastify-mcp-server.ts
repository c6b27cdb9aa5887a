/**
 * The Fastify plugin, and a server that is ready to start. What comes from `@mcp-tenancy/core` is described there.
 *
 * @module fastify-mcp-server
 */
export * from '../../../packages/fastify-mcp-server/src/index.ts';
export { default } from '../../../packages/fastify-mcp-server/src/index.ts';
