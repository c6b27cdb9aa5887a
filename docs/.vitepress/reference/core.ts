/**
 * All of the logic, for every host that has the request and response of Node. The other packages build on it.
 *
 * @module @mcp-tenancy/core
 */
export * from '../../../packages/core/src/index.ts';
