import { fastGuards } from '@mcp-tenancy/core/fast-guards';
import * as v1 from '@modelcontextprotocol/sdk/types.js';
import * as v2 from '@modelcontextprotocol/server';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { said, serve, serverWith, textOf } from './support/tenancy-server.ts';

// The schemas as the SDK declares them (types.ts, 2025-11-25): what they answer is what must not change.
const id = z.union([z.string(), z.number().int()]);
const resultResponse = z
  .object({ jsonrpc: z.literal('2.0'), id, result: z.looseObject({ _meta: z.looseObject({}).optional() }) })
  .strict();
const errorResponse = z
  .object({
    jsonrpc: z.literal('2.0'),
    id: id.optional(),
    error: z.object({ code: z.number().int(), message: z.string(), data: z.unknown().optional() }),
  })
  .strict();

const field = fc.oneof(
  fc.constantFrom(undefined, null, '2.0', {}, [], { _meta: {} }, { _meta: { progressToken: 1 } }),
  fc.integer(),
  fc.double(),
  fc.string(),
  fc.record({ code: fc.oneof(fc.integer(), fc.double()), message: fc.string() }),
);
const message = fc.oneof(
  fc.record(
    {
      jsonrpc: fc.constantFrom('2.0', '1.0', undefined),
      id: field,
      result: field,
      error: field,
      method: field,
      params: field,
    },
    { requiredKeys: [] },
  ),
  fc.record({ jsonrpc: fc.constant('2.0'), id: fc.integer(), result: fc.object() }),
  fc.record({
    jsonrpc: fc.constant('2.0'),
    id: fc.string(),
    error: fc.record({ code: fc.integer(), message: fc.string() }),
  }),
  fc.anything(),
);

describe('@mcp-tenancy/core/fast-guards', () => {
  it('is active with the SDKs that are installed', () => {
    expect(fastGuards).toEqual({ active: true });
  });

  it.each([
    ['v1', v1],
    ['v2', v2],
  ])('changes no answer of SDK %s', async (_name, { isJSONRPCErrorResponse, isJSONRPCResultResponse }) => {
    await fc.assert(
      fc.property(message, (value) => {
        expect(isJSONRPCResultResponse(value)).toBe(resultResponse.safeParse(value).success);
        expect(isJSONRPCErrorResponse(value)).toBe(errorResponse.safeParse(value).success);
      }),
      { seed: 20_251_125, numRuns: 5_000 },
    );
  });

  it('still says why, to who asks', () => {
    const request = { jsonrpc: '2.0', id: 1, method: 'ping' };
    const { JSONRPCResultResponseSchema, JSONRPCErrorResponseSchema } = v1;
    expect(JSONRPCResultResponseSchema.safeParse(request).error?.issues.map(({ path }) => path)).toContainEqual([
      'result',
    ]);
    expect(JSONRPCErrorResponseSchema.safeParse(request).error?.issues.map(({ path }) => path)).toContainEqual([
      'error',
    ]);
    expect(JSONRPCResultResponseSchema.safeParse(request, {}).success).toBe(false);
  });

  it('serves clients as before', async () => {
    const { connect } = await serve({ createServer: () => serverWith({ greet: async () => said('hello') }) });
    const client = await connect();
    expect(textOf(await client.callTool({ name: 'greet' }))).toBe('hello');
    expect(await client.callTool({ name: 'unknown' })).toMatchObject({ isError: true });
  });
});
