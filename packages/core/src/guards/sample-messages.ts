const COUNT = 400;
const VALUES: readonly unknown[] = [
  undefined,
  null,
  0,
  1,
  1.5,
  'a',
  '2.0',
  {},
  [],
  { _meta: { progressToken: 1 } },
  { code: 1, message: 'm' },
  { code: 1.5, message: 'm' },
  { code: 1, message: 'm', data: 1 },
];
const KEYS = ['jsonrpc', 'id', 'result', 'error', 'method', 'params', 'other'];

/** Values of all kinds, from good messages to none at all: the same ones every time. */
export function sampleMessages(): unknown[] {
  const below = pseudoRandom();
  const samples: unknown[] = [
    null,
    undefined,
    1,
    'text',
    [],
    pseudoRandom,
    Object.create({ jsonrpc: '2.0', id: 1, result: {} }),
    { jsonrpc: '2.0', id: 1, result: {} },
    { jsonrpc: '2.0', id: 'a', error: { code: -32600, message: 'm' } },
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a', arguments: {} } },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
  ];
  for (let count = 0; count < COUNT; count += 1) {
    const sample: Record<string, unknown> = {};
    for (const key of KEYS) if (below(2) === 1) sample[key] = VALUES[below(VALUES.length)];
    if (below(3) > 0) sample.jsonrpc = '2.0';
    samples.push(sample);
  }
  return samples;
}

/** Whole numbers from 0 to below what is asked for (a linear congruential generator, seeded with 1). */
function pseudoRandom(): (limit: number) => number {
  let state = 1;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
