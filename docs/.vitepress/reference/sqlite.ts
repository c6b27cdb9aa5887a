/**
 * Sessions and events that survive a restart, in one SQLite file.
 *
 * @module @mcp-tenancy/sqlite
 */
export * from '../../../packages/sqlite/src/index.ts';
