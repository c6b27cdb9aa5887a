import { JSONRPCErrorResponseSchema, JSONRPCResultResponseSchema } from '@modelcontextprotocol/sdk/types.js';
import { errorFrom } from './errors.ts';
import { type Guarded, guardWith } from './guards/guard-with.ts';
import { sampleMessages } from './guards/sample-messages.ts';

/** What importing `@mcp-tenancy/core/fast-guards` has done. */
export interface FastGuards {
  /** Whether the SDK's checks are faster now. */
  readonly active: boolean;
  /** Why they are as they were. */
  readonly reason?: string;
}

/**
 * Importing this entry makes the SDK's servers faster: of every message that arrives, they first ask whether it is a response, by two schemas that fail
 * on each request, which takes longer than everything else that they do. The two schemas' `safeParse` is replaced by one that says "no" at once to
 * what has no `result`, or no `error`, and asks the original about everything else.
 *
 * It changes objects of another library, for the whole process, which is why nothing of ours does it unasked. It tests itself when it is loaded: on
 * samples of all kinds the answers must be those of the SDK. Where they are not, it leaves everything as it was and emits a process warning.
 */
export const fastGuards: FastGuards = install([
  { schema: JSONRPCResultResponseSchema as unknown as Guarded, key: 'result' },
  { schema: JSONRPCErrorResponseSchema as unknown as Guarded, key: 'error' },
]);

function install(guards: readonly { readonly schema: Guarded; readonly key: string }[]): FastGuards {
  const undo: (() => void)[] = [];
  try {
    const samples = sampleMessages();
    for (const { schema, key } of guards) undo.push(guardWith(schema, key, samples));
    return { active: true };
  } catch (error) {
    for (const restore of undo) restore();
    const { message: reason } = errorFrom(error);
    process.emitWarning(`@mcp-tenancy/core/fast-guards changes nothing: ${reason}`);
    return { active: false, reason };
  }
}
