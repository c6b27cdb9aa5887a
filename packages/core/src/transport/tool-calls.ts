import type { IsolatedEmitter, TenancyEvents, ToolCalledEvent, ToolCallOutcome } from '../events.ts';
import type { JSONRPCRequest, JSONRPCResponse } from '../protocol/json-rpc.ts';

/** Follows one request of the client to its end. Exactly one of the two is called, once. */
export interface CallObserver {
  /** The server answered. */
  answered(response: JSONRPCResponse): void;
  /** The server will not answer: the client cancelled the call, it took too long, or its session ended. */
  abandoned(outcome: 'cancelled' | 'timeout' | 'closed'): void;
}

/** Whose call it is. */
export type ToolCaller = Pick<ToolCalledEvent, 'sessionId' | 'tenantId' | 'subject' | 'era'>;

/** Follows a `tools/call` and tells listeners of its outcome; `undefined` while nobody listens: then nobody asks for the `caller`. */
export function observeToolCall(
  events: IsolatedEmitter<TenancyEvents>,
  caller: () => ToolCaller,
  request: JSONRPCRequest,
): CallObserver | undefined {
  if (events.listenerCount('toolCalled') === 0) return undefined;
  return new ToolCallObserver(events, caller(), request);
}

/** Observes one `tools/call`, from its arrival now to its outcome. */
class ToolCallObserver implements CallObserver {
  readonly #events: IsolatedEmitter<TenancyEvents>;
  readonly #caller: ToolCaller;
  readonly #toolName: string;
  readonly #calledAt = new Date();
  readonly #startedAt = performance.now();

  constructor(events: IsolatedEmitter<TenancyEvents>, caller: ToolCaller, request: JSONRPCRequest) {
    const name = request.params?.name;
    this.#events = events;
    this.#caller = caller;
    this.#toolName = typeof name === 'string' ? name : '';
  }

  answered(response: JSONRPCResponse): void {
    this.#end(outcomeOf(response));
  }

  abandoned(outcome: 'cancelled' | 'timeout' | 'closed'): void {
    this.#end(outcome);
  }

  #end(outcome: ToolCallOutcome): void {
    // To the microsecond.
    const duration = Math.round((performance.now() - this.#startedAt) * 1_000) / 1_000;
    this.#events.publish('toolCalled', {
      ...this.#caller,
      toolName: this.#toolName,
      calledAt: this.#calledAt,
      duration,
      outcome,
      success: outcome === 'ok',
    });
  }
}

function outcomeOf(response: JSONRPCResponse): ToolCallOutcome {
  if ('error' in response) return 'protocol_error';
  const { resultType, isError } = response.result;
  if (resultType === 'input_required') return 'input_required';
  return isError === true ? 'tool_error' : 'ok';
}
