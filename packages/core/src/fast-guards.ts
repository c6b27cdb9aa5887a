import { errorFrom } from './errors.ts';
import { type Guard, type Guarded, guardWith } from './guards/guard-with.ts';
import { sampleMessages } from './guards/sample-messages.ts';

/** What importing `@mcp-tenancy/core/fast-guards` has done. */
export interface FastGuards {
  /** Whether the checks of every SDK that is installed are faster now. */
  readonly active: boolean;
  /** Why they are as they were. */
  readonly reason?: string;
}

/** Where an SDK exports its two schemas of responses, and the checks that ask them. */
interface Source {
  readonly sdk: string;
  /** Rejects where the SDK is not installed. */
  load(): Promise<readonly Guard[]>;
}

const SOURCES: readonly Source[] = [
  {
    sdk: '@modelcontextprotocol/sdk',
    async load() {
      const types = await import('@modelcontextprotocol/sdk/types.js');
      return [
        { key: 'result', schema: guarded(types.JSONRPCResultResponseSchema), asks: types.isJSONRPCResultResponse },
        { key: 'error', schema: guarded(types.JSONRPCErrorResponseSchema), asks: types.isJSONRPCErrorResponse },
      ];
    },
  },
  {
    sdk: '@modelcontextprotocol/server',
    async load() {
      // The very objects that `@modelcontextprotocol/core` exports: that package may not be found from here, and has another copy for `require`.
      const { specTypeSchemas, ...sdk } = await import('@modelcontextprotocol/server');
      return [
        { key: 'result', schema: guarded(specTypeSchemas.JSONRPCResultResponse), asks: sdk.isJSONRPCResultResponse },
        { key: 'error', schema: guarded(specTypeSchemas.JSONRPCErrorResponse), asks: sdk.isJSONRPCErrorResponse },
      ];
    },
  },
];

/**
 * Importing this entry makes the SDKs' servers faster, v1's and v2's: of every message that arrives, they first ask whether it is a response, by two schemas
 * that fail on each request, which takes longer than everything else that v1 does. The two schemas' `safeParse` is replaced by one that says "no" at once
 * to what has no `result`, or no `error`, and asks the original about everything else.
 *
 * It changes objects of another library, for the whole process, which is why nothing of ours does it unasked. It tests itself when it is loaded: on
 * samples of all kinds the answers must be those of the SDK, and the SDK must ask the schema that was changed. Where that is not so, it leaves everything
 * as it was and emits a process warning.
 */
export const fastGuards: FastGuards = await install();

async function install(): Promise<FastGuards> {
  const undo: (() => void)[] = [];
  try {
    const guards = (await Promise.all(SOURCES.map(guardsOf))).flat();
    if (guards.length === 0) throw new Error('no MCP SDK is installed');
    const samples = sampleMessages();
    for (const guard of guards) undo.push(guardWith(guard, samples));
    return { active: true };
  } catch (error) {
    for (const restore of undo) restore();
    const { message: reason } = errorFrom(error);
    process.emitWarning(`@mcp-tenancy/core/fast-guards changes nothing: ${reason}`);
    return { active: false, reason };
  }
}

/** The guards of an SDK; none where it is not installed. */
async function guardsOf({ sdk, load }: Source): Promise<readonly Guard[]> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${sdk}`)) return [];
    throw error;
  }
}

/** The SDKs declare less of their schemas, or more: what is needed is looked for when they are guarded. */
function guarded(schema: unknown): Guarded {
  return schema as Guarded;
}
