import { once } from 'node:events';
import { expect, it, vi } from 'vitest';

const LATER_SDK = { safeParse: (value: unknown) => ({ success: Object(value).jsonrpc === '2.0' }) };
const RESULT_RESPONSES = { safeParse: (value: unknown) => ({ success: Object(value).result !== undefined }) };
const ERROR_RESPONSES = { safeParse: (value: unknown) => ({ success: Object(value).error !== undefined }) };

it.each([
  [
    'the schema of results would answer differently',
    LATER_SDK,
    ERROR_RESPONSES,
    "the schema with 'result' would answer",
  ],
  ['the schema of errors would', RESULT_RESPONSES, LATER_SDK, "the schema with 'error' would answer"],
  ['a schema takes nothing', { safeParse: () => ({ success: false }) }, ERROR_RESPONSES, 'takes none of the samples'],
])('fast guards change nothing where %s, and a warning says so', async (_name, results, errors, reason) => {
  const before = [results.safeParse, errors.safeParse];
  vi.resetModules();
  vi.doMock('@modelcontextprotocol/sdk/types.js', () => ({
    JSONRPCResultResponseSchema: results,
    JSONRPCErrorResponseSchema: errors,
  }));
  const warned = once(process, 'warning');
  const { fastGuards } = await import('@mcp-tenancy/core/fast-guards');
  expect(fastGuards).toEqual({ active: false, reason: expect.stringContaining(reason) });
  expect([results.safeParse, errors.safeParse]).toEqual(before);
  expect((await warned)[0].message).toContain('fast-guards changes nothing');
});
