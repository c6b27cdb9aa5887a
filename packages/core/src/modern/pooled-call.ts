import { type Caller, callerOf } from '../identity/session-filter.ts';
import { withoutToken } from '../identity/without-token.ts';
import type { JSONRPCNotification, JSONRPCRequest, JSONRPCResponse, RequestId } from '../protocol/json-rpc.ts';
import type { MessageExtraInfo } from '../protocol/transport.ts';
import { type ActiveRequest, ENDED } from '../transport/active-requests.ts';
import type { CallerRequest } from '../transport/caller-request.ts';
import { errorResponse, serialized } from '../transport/responses.ts';
import { type CallObserver, observeToolCall } from '../transport/tool-calls.ts';
import { privateResponse } from './cache-scope.ts';
import { ModernExchange } from './modern-exchange.ts';
import { type ModernServices, toolCallerOf } from './modern-services.ts';
import type { PooledServer } from './pooled-server.ts';
import type { PendingCall } from './pooled-transport.ts';

/** The one error whose status the specification names wherever it comes from (MCP 2026-07-28, Missing Required Client Capability). */
const CAPABILITY_REQUIRED = -32021;

/** One request to a pooled server, from its arrival to the end of its answer. */
export class PooledCall implements PendingCall, ActiveRequest {
  readonly caller: Caller;
  readonly #server: PooledServer;
  readonly #message: JSONRPCRequest;
  readonly #request: CallerRequest;
  readonly #services: ModernServices;
  #observer: CallObserver | undefined;
  #exchange: ModernExchange | undefined;
  #id: RequestId | undefined;
  #timer: NodeJS.Timeout | undefined;
  #settled = false;

  constructor(server: PooledServer, message: JSONRPCRequest, request: CallerRequest, services: ModernServices) {
    this.caller = callerOf(request.identity);
    this.#server = server;
    this.#message = message;
    this.#request = request;
    this.#services = services;
  }

  /** Hands the request over. `false` where the server refused it without a handler having seen it: nothing has been answered then. */
  begin(extra: MessageExtraInfo): boolean {
    const id = this.#server.retired ? undefined : this.#server.transport.ask(this.#message, extra, this);
    if (id === undefined) return false;
    const { sink, limits, identity } = this.#request;
    const { events, keepAlive, active } = this.#services;
    this.#id = id;
    if (this.#message.method === 'tools/call') {
      this.#observer = observeToolCall(events, () => toolCallerOf(identity), this.#message);
    }
    this.#exchange = new ModernExchange(sink, keepAlive, () => this.#cancel('cancelled', 'The client has gone'));
    active.add(this, sink.done);
    const { callTimeoutMs } = limits;
    if (callTimeoutMs !== undefined)
      this.#timer = setTimeout(() => this.#timeOut(callTimeoutMs), callTimeoutMs).unref();
    return true;
  }

  told(notification: JSONRPCNotification): void {
    this.#exchange?.send(JSON.stringify(notification));
  }

  answered(response: JSONRPCResponse): void {
    this.#settle();
    const { authInfo, principal } = this.#request.identity;
    const own = privateResponse(response, principal, this.#services);
    const { answer, text } = serialized(own, this.#message.id, (error) =>
      this.#services.onError(principal, withoutToken(error, authInfo?.token)),
    );
    const status = 'error' in answer && answer.error.code === CAPABILITY_REQUIRED ? 400 : 200;
    this.#exchange?.respond(text, status);
    this.#observer?.answered(answer);
  }

  closed(): void {
    this.#refuse('closed', -32000, 'The server has closed its connection');
  }

  end(): void {
    this.#refuse('closed', -32000, ENDED);
  }

  #timeOut(timeoutMs: number): void {
    this.#refuse('timeout', -32001, `Request timed out: No answer within ${timeoutMs} ms`);
  }

  #refuse(outcome: 'closed' | 'timeout', code: number, message: string): void {
    const text = JSON.stringify(errorResponse(this.#message.id, code, message));
    this.#cancel(outcome, message, () => this.#exchange?.respond(text));
  }

  /** The handler is told to stop. */
  #cancel(outcome: 'cancelled' | 'closed' | 'timeout', reason: string, answer?: () => void): void {
    if (this.#settled) return;
    this.#settle();
    if (this.#id !== undefined) this.#server.transport.cancel(this.#id, reason);
    answer?.();
    this.#observer?.abandoned(outcome);
  }

  /** It comes to one end. Listeners are told last: what they do may end it again. */
  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#exchange?.abandon();
  }
}
