import { once } from 'node:events';
import { afterEach, expect, it, vi } from 'vitest';

type Schema = { safeParse(value: unknown): { success: boolean } };

const V1 = '@modelcontextprotocol/sdk/types.js';
const V2 = '@modelcontextprotocol/server';
const later = (): Schema => ({ safeParse: (value) => ({ success: Object(value).jsonrpc === '2.0' }) });
const results = (): Schema => ({ safeParse: (value) => ({ success: Object(value).result !== undefined }) });
const errors = (): Schema => ({ safeParse: (value) => ({ success: Object(value).error !== undefined }) });
const nothing = (): Schema => ({ safeParse: () => ({ success: false }) });
const asking = (schema: Schema) => (value: unknown) => schema.safeParse(value).success;
const notAsking = () => false;

/** SDK v1, as far as the guards look at it. */
function v1With(result: Schema, error: Schema, asks = asking) {
  return {
    JSONRPCResultResponseSchema: result,
    JSONRPCErrorResponseSchema: error,
    isJSONRPCResultResponse: asks(result),
    isJSONRPCErrorResponse: asks(error),
  };
}

/** SDK v2, as far as the guards look at it. */
function v2With(result: Schema | undefined, error: Schema) {
  return {
    specTypeSchemas: { JSONRPCResultResponse: result, JSONRPCErrorResponse: error },
    isJSONRPCResultResponse: result && asking(result),
    isJSONRPCErrorResponse: asking(error),
  };
}

/** Fails as the import of a package that is not there, or cannot be loaded. */
function failing(sdk: string, code: string) {
  const fail = () => {
    throw Object.assign(new Error(`Cannot find package '${sdk}'`), { code });
  };
  const unread = { isJSONRPCResultResponse: undefined, isJSONRPCErrorResponse: undefined };
  return Object.defineProperties(unread, {
    JSONRPCResultResponseSchema: { get: fail, enumerable: true },
    specTypeSchemas: { get: fail, enumerable: true },
  });
}

const NO_V1 = failing('@modelcontextprotocol/sdk', 'ERR_MODULE_NOT_FOUND');
const NO_V2 = failing('@modelcontextprotocol/server', 'ERR_MODULE_NOT_FOUND');

async function importWith(v1: object, v2: object) {
  vi.resetModules();
  vi.doMock(V1, () => v1);
  vi.doMock(V2, () => v2);
  return (await import('@mcp-tenancy/core/fast-guards')).fastGuards;
}

afterEach(() => {
  vi.doUnmock(V1);
  vi.doUnmock(V2);
});

it.each([
  ['the schema of results would answer differently', later(), errors(), "the schema with 'result' would answer"],
  ['the schema of errors would', results(), later(), "the schema with 'error' would answer"],
  ['a schema takes nothing', nothing(), errors(), 'takes none of the samples'],
])('fast guards change nothing where %s, and a warning says so', async (_name, result, error, reason) => {
  for (const [v1, v2] of [
    [v1With(result, error), NO_V2],
    [NO_V1, v2With(result, error)],
    [v1With(results(), errors()), v2With(result, error)],
  ] as const) {
    const before = [result.safeParse, error.safeParse];
    const warned = once(process, 'warning');
    expect(await importWith(v1, v2)).toEqual({ active: false, reason: expect.stringContaining(reason) });
    expect([result.safeParse, error.safeParse]).toEqual(before);
    expect((await warned)[0].message).toContain('fast-guards changes nothing');
  }
});

it.each([
  [
    'the SDK asks another schema',
    v1With(results(), errors(), () => notAsking),
    NO_V2,
    'is not the one that the SDK asks',
  ],
  ['a schema is gone', NO_V1, v2With(undefined, errors()), "there is no schema with 'result'"],
  ['no SDK is installed', NO_V1, NO_V2, 'no MCP SDK is installed'],
  ['an SDK cannot be loaded', NO_V1, failing('@modelcontextprotocol/server', 'ERR_OTHER'), 'Cannot find package'],
])('fast guards change nothing where %s', async (_name, v1, v2, reason) => {
  const warned = once(process, 'warning');
  expect(await importWith(v1, v2)).toEqual({ active: false, reason: expect.stringContaining(reason) });
  expect((await warned)[0].message).toContain('fast-guards changes nothing');
});

it('fast guards need one SDK only, whichever it is', async () => {
  const [result, error] = [results(), errors()];
  const before = result.safeParse;
  expect(await importWith(v1With(result, error), NO_V2)).toEqual({ active: true });
  expect(result.safeParse).not.toBe(before);
  const [laterResult, laterError] = [results(), errors()];
  expect(await importWith(NO_V1, v2With(laterResult, laterError))).toEqual({ active: true });
  expect([result, laterResult].map((schema) => schema.safeParse({ result: {} }).success)).toEqual([true, true]);
});
