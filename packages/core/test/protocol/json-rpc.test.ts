import {
  isJSONRPCErrorResponse as isErrorOfV1,
  isJSONRPCNotification as isNotificationOfV1,
  isJSONRPCRequest as isRequestOfV1,
  isJSONRPCResultResponse as isResultOfV1,
} from '@modelcontextprotocol/sdk/types.js';
import {
  isJSONRPCErrorResponse as isErrorOfV2,
  isJSONRPCNotification as isNotificationOfV2,
  isJSONRPCRequest as isRequestOfV2,
  isJSONRPCResultResponse as isResultOfV2,
} from '@modelcontextprotocol/server';
import { type Arbitrary, assert, constant, constantFrom, jsonValue, oneof, property, record, tuple } from 'fast-check';
import { expect, it } from 'vitest';
import { isJSONRPCMessage, isRequest } from '../../src/protocol/json-rpc.ts';

const SEED = 20_261_122;
const SAMPLES = 40_000;

const isOfV1 = (value: unknown) =>
  isRequestOfV1(value) || isNotificationOfV1(value) || isResultOfV1(value) || isErrorOfV1(value);
const isOfV2 = (value: unknown) =>
  isRequestOfV2(value) || isNotificationOfV2(value) || isResultOfV2(value) || isErrorOfV2(value);

const odd = constantFrom<unknown>(
  ...[null, true, 0, -0, 1, -1, 1.5, 9007199254740991, 2 ** 53, 1e308, '', 'x', '0', [], [1], {}, { a: 1 }],
);
const anything = oneof({ weight: 3, arbitrary: odd }, { weight: 1, arbitrary: jsonValue() });

/** `usual` for the most part. */
const mostly = (usual: Arbitrary<unknown>) =>
  oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: anything });

const id = mostly(constantFrom<unknown>(0, 1, 42, 'abc', ''));
const meta = mostly(
  record(
    {
      progressToken: mostly(constantFrom<unknown>(7, 'token')),
      'io.modelcontextprotocol/related-task': mostly(
        record({ taskId: mostly(constant('task')), more: anything }, { requiredKeys: [] }),
      ),
      other: anything,
    },
    { requiredKeys: [] },
  ),
);
const params = mostly(record({ _meta: meta, name: anything, cursor: anything }, { requiredKeys: [] }));
const method = mostly(constantFrom('ping', 'tools/call', 'notifications/initialized', 'initialize'));
const jsonrpc = mostly(constant('2.0'));
const error = mostly(
  record(
    { code: mostly(constant(-32_000)), message: mostly(constant('no')), data: anything, more: anything },
    { requiredKeys: ['code', 'message'] },
  ),
);

/** Messages of all four kinds with something wrong, or with too much, or with nothing of the kind. */
const message = tuple(
  oneof(
    record({ jsonrpc, id, method, params }, { requiredKeys: ['jsonrpc', 'id', 'method'] }),
    record({ jsonrpc, method, params }, { requiredKeys: ['jsonrpc', 'method'] }),
    record({ jsonrpc, id, result: params }),
    record({ jsonrpc, id, error }, { requiredKeys: ['jsonrpc', 'error'] }),
    record({ jsonrpc, id, method, params, result: params, error, extra: anything }, { requiredKeys: [] }),
    anything,
  ),
  oneof({ weight: 6, arbitrary: constant({}) }, { weight: 1, arbitrary: record({ extra: anything }) }),
).map(([value, more]) =>
  // As it comes out of a body: no `undefined`, no `-0`.
  JSON.parse(JSON.stringify(typeof value === 'object' && !Array.isArray(value) ? { ...value, ...more } : value)),
);

it(`${SAMPLES} messages: what is taken is taken by both SDKs, and what both take is taken`, () => {
  const verdicts = { taken: 0, refused: 0 };

  void assert(
    property(message, (value) => {
      const [v1, v2] = [isOfV1(value), isOfV2(value)];
      const taken = isJSONRPCMessage(value);
      expect({ value, taken }).toEqual({ value, taken: v1 && v2 });
      verdicts[taken ? 'taken' : 'refused'] += 1;
    }),
    { numRuns: SAMPLES, seed: SEED },
  );

  // A test that meets one verdict only would prove little.
  expect(verdicts.taken).toBeGreaterThan(SAMPLES / 20);
  expect(verdicts.refused).toBeGreaterThan(SAMPLES / 20);
});

it(`${SAMPLES} messages: a request is what both SDKs find to be one`, () => {
  void assert(
    property(message, (value) => {
      if (!isJSONRPCMessage(value)) return;
      expect([isRequest(value), isRequest(value)]).toEqual([isRequestOfV1(value), isRequestOfV2(value)]);
    }),
    { numRuns: SAMPLES, seed: SEED },
  );
});
