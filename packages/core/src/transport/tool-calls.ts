import type { ToolCallOutcome } from '../events.ts';
import type { JSONRPCRequest, JSONRPCResponse } from '../protocol/json-rpc.ts';

/** Follows one request of the client to its end. Exactly one of the two is called, once. */
export interface CallObserver {
  /** The server answered. */
  answered(response: JSONRPCResponse): void;
  /** The server will not answer: the client cancelled the call, it took too long, or its session ended. */
  abandoned(outcome: 'cancelled' | 'timeout' | 'closed'): void;
}

/** A `tools/call` that has come to its end. */
export interface ObservedToolCall {
  readonly toolName: string;
  readonly calledAt: Date;
  /** ms, to the microsecond */
  readonly duration: number;
  readonly outcome: ToolCallOutcome;
}

/** Observes one `tools/call`, from its arrival now to its outcome. */
export class ToolCallObserver implements CallObserver {
  readonly #toolName: string;
  readonly #calledAt = Date.now();
  readonly #startedAt = performance.now();
  readonly #report: (call: ObservedToolCall) => void;

  constructor(request: JSONRPCRequest, report: (call: ObservedToolCall) => void) {
    const name = request.params?.name;
    this.#toolName = typeof name === 'string' ? name : '';
    this.#report = report;
  }

  answered(response: JSONRPCResponse): void {
    this.#end(outcomeOf(response));
  }

  abandoned(outcome: 'cancelled' | 'timeout' | 'closed'): void {
    this.#end(outcome);
  }

  #end(outcome: ToolCallOutcome): void {
    const duration = Math.round((performance.now() - this.#startedAt) * 1_000) / 1_000;
    this.#report({ toolName: this.#toolName, calledAt: new Date(this.#calledAt), duration, outcome });
  }
}

function outcomeOf(response: JSONRPCResponse): ToolCallOutcome {
  if ('error' in response) return 'protocol_error';
  const { resultType, isError } = response.result;
  if (resultType === 'input_required') return 'input_required';
  return isError === true ? 'tool_error' : 'ok';
}
