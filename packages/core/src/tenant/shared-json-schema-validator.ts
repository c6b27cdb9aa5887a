import { LRUCache } from 'lru-cache';
import { requireSdk } from '../protocol/sdk-peer.ts';

const MAX_SCHEMAS = 1_000;

/** What becomes of a value that is held against a schema. */
export type JsonSchemaResult<Value> =
  | { valid: true; data: Value; errorMessage: undefined }
  | { valid: false; data: undefined; errorMessage: string };

/** Holds values against one schema. */
export type JsonSchemaValidator<Value> = (input: unknown) => JsonSchemaResult<Value>;

/** What both SDKs take as `jsonSchemaValidator`. */
export interface JsonSchemaValidatorProvider {
  /** The validator of a schema. Throws for a schema that is none. */
  getValidator<Value>(schema: object): JsonSchemaValidator<Value>;
}

/** The SDK's own one, over Ajv. */
interface AjvModule {
  readonly AjvJsonSchemaValidator: new () => JsonSchemaValidatorProvider;
}

/** One compiler for the servers of all tenants. It forgets the schemas that were used longest ago. */
class SharedJsonSchemaValidator implements JsonSchemaValidatorProvider {
  readonly #validators = new LRUCache<string, JsonSchemaValidator<unknown>>({ max: MAX_SCHEMAS });
  /** It keeps everything that it has ever compiled: it is replaced now and then. */
  #compiler: JsonSchemaValidatorProvider | undefined;
  #compiled = 0;

  getValidator<Value>(schema: object): JsonSchemaValidator<Value> {
    const text = JSON.stringify(schema);
    const validator = this.#validators.get(text) ?? this.#compilerFor(text).getValidator(schema);
    this.#validators.set(text, validator);
    return validator as JsonSchemaValidator<Value>;
  }

  /** A schema with an id would stand for every later one of that id, another tenant's too: it gets a compiler of its own. */
  #compilerFor(text: string): JsonSchemaValidatorProvider {
    if (text.includes('"$id"')) return newCompiler();
    if (this.#compiled % MAX_SCHEMAS === 0) this.#compiler = undefined;
    this.#compiled += 1;
    this.#compiler ??= newCompiler();
    return this.#compiler;
  }
}

/**
 * A JSON Schema validator for the servers of SDK v1 that a factory builds: `new McpServer(info, { jsonSchemaValidator: sharedJsonSchemaValidator })`. Without
 * it each of them makes one of its own, which is most of what it takes to build and to keep a server; those of SDK v2 make none before they need it. Schemas are
 * compiled once, and never for another schema with the same `$id`.
 */
export const sharedJsonSchemaValidator: JsonSchemaValidatorProvider = new SharedJsonSchemaValidator();

function newCompiler(): JsonSchemaValidatorProvider {
  const { AjvJsonSchemaValidator } = requireSdk<AjvModule>(
    '/validation/ajv',
    '/validators/ajv',
    'sharedJsonSchemaValidator',
  );
  return new AjvJsonSchemaValidator();
}
