/**
 * Importing it makes two checks of the SDKs faster, in the whole process.
 *
 * @module @mcp-tenancy/core/fast-guards
 */
export * from '../../../packages/core/src/fast-guards.ts';
