import { createTenancy, type TenancyOptions } from '@mcp-tenancy/core';

/** Options that are wrong, and what the message must name. */
export type WrongOptions = readonly [name: string, options: object, names: readonly string[]];

/** What `createTenancy` throws. */
export function thrownFor(options: unknown): unknown {
  try {
    createTenancy(options as TenancyOptions);
  } catch (error) {
    return error;
  }
  return undefined;
}
