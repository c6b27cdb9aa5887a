import { errorFrom } from '../errors.ts';
import type {
  JSONRPCMessage,
  JSONRPCNotification,
  JSONRPCRequest,
  JSONRPCResponse,
  RequestId,
} from '../protocol/json-rpc.ts';
import type { MessageExtraInfo, SendOptions, Transport } from '../protocol/transport.ts';
import { MODERN_REVISION } from '../request/classify-era.ts';
import { cancelled } from '../transport/responses.ts';
import { type ScopeChallengeResolver, ScopeChallenges } from '../transport/scope-challenges.ts';

/** One request that waits for a server. */
export interface PendingCall {
  /** A notification that belongs to it. */
  told(notification: JSONRPCNotification): void;
  /** The answer. Nothing comes after it. */
  answered(response: JSONRPCResponse): void;
  /** There will be none: the server has closed its connection. */
  closed(): void;
}

/** Whom a server's connection talks to beside the callers. */
export interface PooledTransportContext {
  /** A message that belongs to no request: the list of tools has changed, say. */
  onAnnounced(notification: JSONRPCNotification): void;
  onError(error: Error): void;
  /** A request has come to its end. */
  onSettled(): void;
}

/** What the SDK is told of every message: of which era it is. */
export const MODERN: MessageExtraInfo = { classification: { era: 'modern', revision: MODERN_REVISION } };
const DELIVERED = Promise.resolve();

/**
 * Many requests of the 2026 era to one server: each stands for itself, and the server's ids are numbers of our own from 1 on, so that two clients may use
 * the same.
 */
export class PooledTransport implements Transport {
  onmessage?: NonNullable<Transport['onmessage']>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  readonly #context: PooledTransportContext;
  /** The scopes that the server asks for, if it may. */
  scopes: ScopeChallenges | undefined;
  readonly #calls = new Map<RequestId, PendingCall>();
  #lastId = 0;
  /** Whether a request is just being handed over: what is answered now was refused before any handler saw it. */
  #handingOver = false;
  #closed = false;

  constructor(context: PooledTransportContext) {
    this.#context = context;
  }

  /** Whether the connection to the server has been closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** How many requests wait for the server. */
  get callsInFlight(): number {
    return this.#calls.size;
  }

  /** SDK v2 gives it what knows the scopes that tools, resources and prompts ask for. */
  setScopeChallengeResolver(resolver: ScopeChallengeResolver): void {
    this.scopes = new ScopeChallenges(resolver);
  }

  async start(): Promise<void> {}

  /**
   * Hands a request over to the server. Returns what {@link cancel} takes, or `undefined` where the server refused the request without a handler having
   * seen it.
   */
  ask(request: JSONRPCRequest, extra: MessageExtraInfo, call: PendingCall): RequestId | undefined {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#calls.set(id, call);
    this.#handingOver = true;
    try {
      this.onmessage?.({ ...request, id }, extra);
    } catch (error) {
      this.#context.onError(errorFrom(error));
      this.#calls.delete(id);
    } finally {
      this.#handingOver = false;
    }
    return this.#calls.has(id) ? id : undefined;
  }

  /** Nobody waits for the answer any more: its handler is told to stop. */
  cancel(requestId: RequestId, reason: string): void {
    if (this.#calls.delete(requestId)) this.#context.onSettled();
    try {
      this.onmessage?.(cancelled({ requestId, reason }), MODERN);
    } catch (error) {
      this.#context.onError(errorFrom(error));
    }
  }

  send(message: JSONRPCMessage, options?: SendOptions): Promise<void> {
    if (!('method' in message)) this.#answer(message);
    else if ('id' in message) return Promise.reject(new Error(`A server cannot send ${message.method} in this era`));
    else this.#tell(message, options?.relatedRequestId);
    return DELIVERED;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.closed();
    this.onclose?.();
  }

  #answer(response: JSONRPCResponse): void {
    const id = response.id as RequestId;
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (!this.#handingOver) call?.answered(response);
    this.#context.onSettled();
  }

  #tell(notification: JSONRPCNotification, relatedRequestId: RequestId | undefined): void {
    if (relatedRequestId === undefined) this.#context.onAnnounced(notification);
    else this.#calls.get(relatedRequestId)?.told(notification);
  }
}
