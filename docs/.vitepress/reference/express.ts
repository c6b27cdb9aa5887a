/**
 * A router for Express 5.
 *
 * @module @mcp-tenancy/express
 */
export * from '../../../packages/express/src/index.ts';
