import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import type {
  JsonSchemaType,
  JsonSchemaValidator,
  jsonSchemaValidator,
} from '@modelcontextprotocol/sdk/validation/types.js';
import { LRUCache } from 'lru-cache';

const MAX_SCHEMAS = 1_000;

/** One compiler for the servers of all tenants. It forgets the schemas that were used longest ago. */
class SharedJsonSchemaValidator implements jsonSchemaValidator {
  readonly #validators = new LRUCache<string, JsonSchemaValidator<unknown>>({ max: MAX_SCHEMAS });
  /** It keeps everything that it has ever compiled: it is replaced now and then. */
  #compiler: AjvJsonSchemaValidator | undefined;
  #compiled = 0;

  getValidator<Value>(schema: JsonSchemaType): JsonSchemaValidator<Value> {
    const text = JSON.stringify(schema);
    const validator = this.#validators.get(text) ?? this.#compilerFor(text).getValidator(schema);
    this.#validators.set(text, validator);
    return validator as JsonSchemaValidator<Value>;
  }

  /** A schema with an id would stand for every later one of that id, another tenant's too: it gets a compiler of its own. */
  #compilerFor(text: string): AjvJsonSchemaValidator {
    if (text.includes('"$id"')) return new AjvJsonSchemaValidator();
    if (this.#compiled % MAX_SCHEMAS === 0) this.#compiler = undefined;
    this.#compiled += 1;
    this.#compiler ??= new AjvJsonSchemaValidator();
    return this.#compiler;
  }
}

/**
 * A JSON Schema validator for the servers that a factory builds: `new McpServer(info, { jsonSchemaValidator: sharedJsonSchemaValidator })`. Without
 * it every SDK server makes one of its own, which is most of what it takes to build and to keep a server. Schemas are compiled once, and never for
 * another schema with the same `$id`.
 */
export const sharedJsonSchemaValidator: jsonSchemaValidator = new SharedJsonSchemaValidator();
