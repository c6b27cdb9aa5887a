/** The part of a schema that is guarded. */
export interface Guarded {
  safeParse(value: unknown, params?: unknown): { readonly success: boolean };
}

/** A schema that takes no object without `key`, and the SDK's own check that asks it. */
export interface Guard {
  readonly key: string;
  readonly schema: Guarded;
  readonly asks: (value: unknown) => boolean;
}

/**
 * Lets `schema.safeParse` refuse an object without `key` at once, if its answers to all `samples` stay what they are; returns what undoes it. Throws
 * otherwise, and where the SDK does not ask this schema, and has changed nothing then.
 */
export function guardWith({ key, schema, asks }: Guard, samples: readonly unknown[]): () => void {
  const original = schema?.safeParse;
  if (typeof original !== 'function') throw new Error(`there is no schema with '${key}'`);
  const parse: Guarded['safeParse'] = (value, params) => original.call(schema, value, params);
  const answers = samples.map((sample) => parse(sample).success);
  if (!answers.includes(true)) throw new Error(`the schema with '${key}' takes none of the samples`);
  if (!isAsked(schema, asks)) throw new Error(`the schema with '${key}' is not the one that the SDK asks`);
  schema.safeParse = (value, params) =>
    params === undefined && typeof value === 'object' && value !== null && !(key in value)
      ? new Refusal(parse, value)
      : parse(value, params);
  const restore = () => {
    schema.safeParse = original;
  };
  const changed = samples.some((sample, index) => schema.safeParse(sample).success !== answers[index]);
  if (!changed) return restore;
  restore();
  throw new Error(`the schema with '${key}' would answer differently`);
}

/** Whether a check asks this very schema: another copy of it would be guarded for nothing. */
function isAsked(schema: Guarded, asks: Guard['asks']): boolean {
  const original = schema.safeParse;
  let asked = false;
  schema.safeParse = (value, params) => {
    asked = true;
    return original.call(schema, value, params);
  };
  asks({ jsonrpc: '2.0', id: 1, result: {}, error: {} });
  schema.safeParse = original;
  return asked;
}

/** A failed parse whose error is made for those who look at it. */
class Refusal {
  readonly success = false;
  readonly #parse: Guarded['safeParse'];
  readonly #value: object;

  constructor(parse: Guarded['safeParse'], value: object) {
    this.#parse = parse;
    this.#value = value;
  }

  get error(): unknown {
    return Reflect.get(this.#parse(this.#value), 'error');
  }
}
