import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * A module of whichever SDK is installed, v1 (`@modelcontextprotocol/sdk`) or v2 (`@modelcontextprotocol/server`): both are optional. Throws a
 * `TypeError` that names the packages where neither is.
 */
export function requireSdk<Module>(v1: `/${string}`, v2: '' | `/${string}`, purpose: string): Module {
  try {
    return require(`@modelcontextprotocol/sdk${v1}`);
  } catch {
    // v1 is not installed: v2 will do.
  }
  try {
    return require(`@modelcontextprotocol/server${v2}`);
  } catch (cause) {
    throw new TypeError(
      `${purpose} needs an MCP SDK: npm install @modelcontextprotocol/server (v2) or @modelcontextprotocol/sdk (v1)`,
      { cause },
    );
  }
}

/** Throws a `TypeError` that names the package where SDK v2 is not installed. */
export function assertModernSdk(option: string): void {
  try {
    require.resolve('@modelcontextprotocol/server');
  } catch (cause) {
    throw new TypeError(`${option} needs SDK v2: npm install @modelcontextprotocol/server`, { cause });
  }
}

/** The error that tells of an unknown token: SDK v1's `InvalidTokenError` where v1 is installed, else one with the same `errorCode`. */
export async function invalidTokenError(message: string): Promise<Error> {
  try {
    const { InvalidTokenError } = await import('@modelcontextprotocol/sdk/server/auth/errors.js');
    return new InvalidTokenError(message);
  } catch {
    return Object.assign(new Error(message), { errorCode: 'invalid_token' });
  }
}
