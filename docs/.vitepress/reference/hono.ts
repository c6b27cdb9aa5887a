/**
 * An app for Hono 4 on Node.
 *
 * @module @mcp-tenancy/hono
 */
export * from '../../../packages/hono/src/index.ts';
