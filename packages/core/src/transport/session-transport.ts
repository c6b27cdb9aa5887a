import { errorFrom } from '../errors.ts';
import type { AuthInfo } from '../protocol/auth-info.ts';
import type {
  JSONRPCMessage,
  JSONRPCNotification,
  JSONRPCRequest,
  JSONRPCResponse,
  RequestId,
} from '../protocol/json-rpc.ts';
import type { MessageExtraInfo, SendOptions, Transport } from '../protocol/transport.ts';
import { allOf, type Call, type Calls, callOf, countOf, withCall, withoutCall } from './calls.ts';
import { assertClientCapability } from './client-capabilities.ts';
import type { ClientState } from './client-state.ts';
import type { Exchange } from './exchange.ts';
import { OutboundIds } from './message-ids.ts';
import { cancelled, errorResponse, serialized } from './responses.ts';
import { type ScopeChallengeResolver, ScopeChallenges } from './scope-challenges.ts';
import type { SessionStreams } from './session-streams.ts';
import type { CallObserver } from './tool-calls.ts';
import type { ToolsListCache } from './tools-list-cache.ts';

/** What a transport needs of the session it belongs to. It outlives the transport: a session may be served by several, one after another. */
export interface TransportContext {
  readonly sessionId: string;
  readonly streams: SessionStreams;
  readonly client: ClientState;
  /** Follows a request of the client; `undefined` for one that nobody follows. */
  observe(request: JSONRPCRequest): CallObserver | undefined;
  /** Whether the session goes on somewhere else. */
  readonly released: boolean;
  /** Closes the transport where the session may be another process's by now: nothing may be said to its client from here. */
  noticeLapse(): void;
  /** The number of calls has gone down. */
  onSettled(): void;
  /** The server closed the connection. */
  onServerClosed(transport: SessionTransport): void;
  /** A message could not be delivered. */
  onError(error: Error): void;
}

interface Ask {
  resolve(response: JSONRPCResponse): void;
  reject(error: Error): void;
}

const DELIVERED = Promise.resolve();

/**
 * One session's messages to and from one server: the SDK's `Transport`, with exchanges and streams on its other side.
 * Client ids are replaced by numbers of our own from 1 on: two requests in flight with the same id each get their own answer, and no id is
 * one that the SDK cannot cancel (0, '').
 */
export class SessionTransport implements Transport {
  readonly sessionId: string;
  onmessage?: NonNullable<Transport['onmessage']>;
  onclose?: () => void;
  onerror?: (error: Error) => void;

  readonly #context: TransportContext;
  readonly #numbers: (() => number) | undefined;
  #lastNumber = 0;
  readonly #toolsList: ToolsListCache | undefined;
  #calls: Calls;
  /** While there are some. */
  #asks: Map<RequestId, Ask> | undefined;
  readonly #outbound = new OutboundIds();
  /** Where the server may ask for scopes. */
  #scopes: ScopeChallenges | undefined;
  /** While a handshake is replayed: what the server announces by it, the client knows already. */
  #muted = false;
  #closed = false;

  /**
   * @param toolsList - where the server's list of tools is kept, if its owner wants that.
   * @param numbers - for requests; a server that is shared by many transports needs them from one source. Default: 1, 2, 3 …
   */
  constructor(context: TransportContext, toolsList?: ToolsListCache, numbers?: () => number) {
    this.#context = context;
    this.#toolsList = toolsList;
    this.sessionId = context.sessionId;
    this.#numbers = numbers;
  }

  /** Whether the connection to the server has been closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** How many requests of the client wait for the server. */
  get callsInFlight(): number {
    return countOf(this.#calls);
  }

  /** Whether the server waits for an answer of the client. */
  get asking(): boolean {
    return this.#outbound.pending.length > 0;
  }

  /** What is known of the client now. */
  get client(): ClientState {
    return this.#context.client;
  }

  async start(): Promise<void> {}

  /** Servers of SDK v2 tell by it which scopes they ask for. */
  setScopeChallengeResolver(resolver: ScopeChallengeResolver): void {
    this.#scopes = new ScopeChallenges(resolver);
  }

  /** Whether the server may ask for scopes. */
  get asksForScopes(): boolean {
    return this.#scopes !== undefined;
  }

  /** Throws, or rejects with, `insufficient_scope` where the caller's token does not do for one of the requests. */
  assertScopes(requests: readonly JSONRPCRequest[], authInfo: AuthInfo | undefined): Promise<void> | undefined {
    return this.#scopes?.assertNone(requests, authInfo);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const calls = allOf(this.#calls);
    this.#calls = undefined;
    for (const call of calls) {
      clearTimeout(call.timer);
      call.observer?.abandoned('closed');
      call.exchange.respond(aborted(call.clientId, this.#context.released));
    }
    for (const ask of this.#asks?.values() ?? []) ask.reject(new Error('The connection to the server was closed'));
    this.#asks = undefined;
    for (const id of this.#outbound.pending) this.#tell(errorResponse(id, -32000, 'Connection closed'));
    this.onclose?.();
    this.#context.onServerClosed(this);
  }

  /** Runs `handshake` without letting the client hear what the server announces meanwhile. */
  async muted<Result>(handshake: () => Promise<Result>): Promise<Result> {
    this.#muted = true;
    try {
      return await handshake();
    } finally {
      this.#muted = false;
    }
  }

  /** Asks the server something on behalf of nobody: the answer comes here and not to the client. Rejects if the transport closes first. */
  ask(method: string, params: object | undefined, extra: MessageExtraInfo): Promise<JSONRPCResponse> {
    if (this.#closed) return Promise.reject(new Error('The connection to the server was closed'));
    return new Promise((resolve, reject) => {
      const id = this.#nextId();
      this.#asks ??= new Map();
      this.#asks.set(id, { resolve, reject });
      this.onmessage?.({ jsonrpc: '2.0', id, method, ...(params && { params: { ...params } }) }, extra);
    });
  }

  /** A request of the client, to be answered through `exchange`; after `timeoutMs` by an error. */
  request(message: JSONRPCRequest, exchange: Exchange, extra: MessageExtraInfo, timeoutMs: number | undefined): void {
    const known = this.#closed ? aborted(message.id, this.#context.released) : this.#toolsList?.answerTo(message);
    if (known === undefined) this.#dispatch(message, exchange, extra, timeoutMs);
    else exchange.respond(known);
  }

  /** A notification or an answer of the client; `false` where it concerns a request that is not in flight here. */
  receive(message: JSONRPCMessage, extra: MessageExtraInfo): boolean {
    if ('method' in message && message.method === 'notifications/cancelled') return this.#cancel(message, extra);
    const known = this.#outbound.fromWire(message);
    if (known === undefined) return false;
    this.#tell(known, extra);
    return true;
  }

  send(message: JSONRPCMessage, options?: SendOptions): Promise<void> {
    try {
      this.#context.noticeLapse();
      if ('method' in message) this.#sendToClient(message, options?.relatedRequestId);
      else this.#answer(message);
      return DELIVERED;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #dispatch(message: JSONRPCRequest, exchange: Exchange, extra: MessageExtraInfo, timeoutMs: number | undefined): void {
    const id = this.#nextId();
    const observer = this.#context.observe(message) ?? this.#toolsList?.observe(message);
    const call: Call = { id, clientId: message.id, exchange, observer };
    this.#calls = withCall(this.#calls, call);
    if (timeoutMs !== undefined) call.timer = setTimeout(() => this.#timeOut(call, timeoutMs), timeoutMs).unref();
    try {
      this.onmessage?.({ ...message, id }, extra);
    } catch (error) {
      this.#context.onError(errorFrom(error));
      this.#answer(errorResponse(id, -32603, 'Internal error: the server did not take the request'));
    }
  }

  #answer(response: JSONRPCResponse): void {
    const id = response.id as RequestId;
    const ask = this.#asks?.get(id);
    if (ask !== undefined) {
      this.#asks?.delete(id);
      if (this.#asks?.size === 0) this.#asks = undefined;
      ask.resolve(response);
      return;
    }
    const call = callOf(this.#calls, id);
    if (call === undefined) return;
    this.#remove(call);
    const { answer, text } = serialized(response, call.clientId, (error) => this.#context.onError(error));
    call.exchange.respond(text);
    call.observer?.answered(answer);
    this.#context.onSettled();
  }

  #sendToClient(message: JSONRPCRequest | JSONRPCNotification, relatedRequestId: RequestId | undefined): void {
    if (message.method === 'notifications/tools/list_changed') this.#toolsList?.drop();
    if (this.#closed) throw new Error('The session has ended');
    if ('id' in message) assertClientCapability(message.method, this.client.clientCapabilities);
    const call = relatedRequestId === undefined ? undefined : callOf(this.#calls, relatedRequestId);
    if (call === undefined && this.#muted && !('id' in message)) return;
    const text = JSON.stringify(this.#outbound.toWire(message));
    if (call === undefined) this.#context.streams.standalone.send(text);
    else call.exchange.send(text);
  }

  /** All requests in flight that the client gave this id: it cannot mean only one of them. */
  #cancel({ params }: JSONRPCNotification, extra: MessageExtraInfo): boolean {
    let known = false;
    for (const call of allOf(this.#calls)) {
      // One may have ended by what was done to another.
      if (call.clientId !== params?.requestId || callOf(this.#calls, call.id) === undefined) continue;
      known = true;
      this.#remove(call);
      this.#tell(cancelled({ ...params, requestId: call.id }), extra);
      call.observer?.abandoned('cancelled');
      call.exchange.abandon();
      this.#context.onSettled();
    }
    return known;
  }

  /** The server is told to stop, and the client need not wait for it. */
  #timeOut(call: Call, timeoutMs: number): void {
    this.#remove(call);
    const reason = `No answer within ${timeoutMs} ms`;
    this.#tell(cancelled({ requestId: call.id, reason }));
    call.observer?.abandoned('timeout');
    call.exchange.respond(JSON.stringify(errorResponse(call.clientId, -32001, `Request timed out: ${reason}`)));
    this.#context.onSettled();
  }

  /** A server that does not even take a message must not keep others from their answers. */
  #tell(message: JSONRPCMessage, extra?: MessageExtraInfo): void {
    try {
      this.onmessage?.(message, extra);
    } catch (error) {
      this.#context.onError(errorFrom(error));
    }
  }

  #remove(call: Call): void {
    clearTimeout(call.timer);
    this.#calls = withoutCall(this.#calls, call);
  }

  #nextId(): number {
    if (this.#numbers !== undefined) return this.#numbers();
    this.#lastNumber += 1;
    return this.#lastNumber;
  }
}

/** What a call gets that its session did not live to answer, or goes on without, as JSON. */
function aborted(id: RequestId, released: boolean): string {
  const message = released ? 'The call was aborted: its session goes on, on another server' : 'Session ended';
  return JSON.stringify(errorResponse(id, -32000, message));
}
