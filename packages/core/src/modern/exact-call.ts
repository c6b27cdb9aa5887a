import { type TenancyError, temporarilyUnavailable, tenancyErrorFrom, UnavailableError, unheard } from '../errors.ts';
import { type Caller, callerOf } from '../identity/session-filter.ts';
import { isObject, type JSONRPCRequest } from '../protocol/json-rpc.ts';
import { onlySessions } from '../request/classify-era.ts';
import { requestIdOf } from '../request/read-messages.ts';
import { type ActiveRequest, ENDED } from '../transport/active-requests.ts';
import { type CallerRequest, webRequestOf } from '../transport/caller-request.ts';
import { frameOf } from '../transport/event-frames.ts';
import { errorResponse } from '../transport/responses.ts';
import { type CallObserver, observeToolCall } from '../transport/tool-calls.ts';
import { privateResponse } from './cache-scope.ts';
import type { ChangeEvent } from './change-events.ts';
import { parsed, refusalOf, responseIn, serverInfoIn } from './exact-answer.ts';
import { isServerOf, type ModernSdk, type ModernServer, sdkOf } from './load-modern-sdk.ts';
import { ModernExchange } from './modern-exchange.ts';
import { type ModernServices, toolCallerOf } from './modern-services.ts';

/** Why a request was ended before its server had answered, and what its client is told. */
interface Ending {
  readonly outcome: 'cancelled' | 'closed' | 'timeout';
  readonly code: number;
  readonly message: string;
}

const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';
/** The frames of the SDK's handler that carry a message. */
const MESSAGE_FRAME = 'event: message\ndata: ';
/** What a server reports whose answer could not be sent: nothing else will come. */
const NOT_SENT = 'Failed to send response';
const GONE: Ending = { outcome: 'cancelled', code: -32000, message: 'The client has gone' };
const CLOSED: Ending = { outcome: 'closed', code: -32000, message: 'The server has closed its connection' };
const NO_JSON: Ending = {
  outcome: 'closed',
  code: -32603,
  message: 'Internal error: the result cannot be written as JSON',
};

/**
 * One request that the SDK's own handler answers, with a server that is built for it: whatever is not plain to see (listening for changes, headers that must
 * be compared with parameters, scopes), and everything that is wrong.
 */
export class ExactCall implements ActiveRequest {
  readonly caller: Caller;
  /** What a client that listens has asked for; what it is told of, once the server has agreed. */
  params: unknown;
  /** Whether the client only listens for changes: it waits for no answer. */
  readonly listening: boolean;
  readonly #body: unknown;
  readonly #request: CallerRequest;
  readonly #services: ModernServices;
  #exchange: ModernExchange | undefined;
  readonly #abort = new AbortController();
  readonly #ended = Promise.withResolvers<Ending>();
  #sdk: ModernSdk;
  #handler: ReturnType<ModernSdk['createMcpHandler']>;
  #observer: CallObserver | undefined;
  #tell: ((change: ChangeEvent) => void) | undefined;
  /** Why the factory gave no server. */
  #refusal: TenancyError | undefined;
  /** What the handler has reported last. */
  #fault: Error | undefined;
  /** Whether the client has its answer, or will get none. */
  #settled = false;

  constructor(sdk: ModernSdk, body: unknown, request: CallerRequest, services: ModernServices) {
    this.caller = callerOf(request.identity);
    this.params = isObject(body) ? body.params : undefined;
    this.listening = isObject(body) && body.method === 'subscriptions/listen';
    this.#sdk = sdk;
    this.#body = body;
    this.#request = request;
    this.#services = services;
    this.#handler = this.#createHandler();
  }

  /** Answers the request; settles when the answer has begun, or the client has gone. Throws what it is refused with. */
  async answer(): Promise<void> {
    const { limits, identity, sink } = this.#request;
    this.#exchange = new ModernExchange(sink, this.#services.keepAlive, () => this.#stop(GONE));
    if (isObject(this.#body) && this.#body.method === 'tools/call') {
      const message = this.#body as unknown as JSONRPCRequest;
      this.#observer = observeToolCall(this.#services.events, () => toolCallerOf(identity), message);
    }
    if (!this.listening) this.#limitTime(limits.callTimeoutMs);
    const answered = this.#ask();
    answered.catch(unheard);
    const ending = await Promise.race([answered, this.#ended.promise]);
    if (ending !== undefined && !this.#settled) this.#answerEnding(ending);
  }

  /** Tells a listener of a change. */
  tell(change: ChangeEvent): void {
    this.#tell?.(change);
  }

  end(): void {
    this.#stop({ outcome: 'closed', code: -32000, message: ENDED });
  }

  #limitTime(timeoutMs: number | undefined): void {
    if (timeoutMs === undefined) return;
    const message = `Request timed out: No answer within ${timeoutMs} ms`;
    const timer = setTimeout(() => this.#stop({ outcome: 'timeout', code: -32001, message }), timeoutMs).unref();
    void this.#request.sink.done.then(() => clearTimeout(timer));
  }

  #stop(ending: Ending): void {
    this.#ended.resolve(ending);
    // A client that listens is told of the end by the handler.
    if (this.listening && ending !== GONE) void this.#handler.close();
    else this.#abort.abort();
  }

  /** Asks the handler, and answers with what it says. */
  async #ask(): Promise<undefined> {
    const { facts, identity } = this.#request;
    const sdk = this.#sdk;
    const response = await this.#handler.fetch(webRequestOf(facts, this.#abort.signal), {
      parsedBody: this.#body,
      ...(identity.authInfo && { authInfo: identity.authInfo }),
    });
    const refusal = this.#refusal;
    this.#refusal = undefined;
    if (this.#sdk !== sdk) return this.#ask();
    if (this.#settled) await response.body?.cancel();
    else if (refusal !== undefined) this.#refuse(refusal);
    else if (response.headers.get('content-type') === 'text/event-stream') this.#relay(response).catch(unheard);
    else {
      const text = await response.text();
      if (!this.#settled) this.#answerWith(response, text);
    }
  }

  #answerWith(response: Response, text: string): void {
    const refusal = refusalOf(response, parsed(text), this.#fault);
    if (refusal !== undefined) this.#refuse(refusal);
    // The status that SDK v2 has for a connection that was closed.
    else if (response.status === 499) this.#answerEnding(CLOSED);
    else if (text === '') this.#answerNothing(response.status);
    else this.#exchange?.respond(this.#checked(text), response.status);
  }

  #answerNothing(status: number): void {
    this.#settle();
    this.#request.sink.answer(status, undefined, []);
  }

  /** Passes on what the handler says as it says it: a client that does not read is cut off. */
  async #relay(response: Response): Promise<void> {
    const { sink } = this.#request;
    this.#exchange?.stream();
    try {
      for await (const frame of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const message = frame.startsWith(MESSAGE_FRAME) ? frame.slice(MESSAGE_FRAME.length).trimEnd() : undefined;
        sink.write(message === undefined ? frame : frameOf(this.#checked(message), undefined));
      }
    } finally {
      this.#ended.resolve(CLOSED);
      const ending = await this.#ended.promise;
      if (this.listening || this.#settled) sink.end();
      else this.#answerEnding(ending);
    }
  }

  /** A message of the handler; its response is the end of the call. */
  #checked(message: string): string {
    const response = responseIn(message);
    if (response === undefined && this.listening) this.#agreed(parsed(message));
    if (response === undefined || this.#settled) return message;
    this.#settle();
    const own = privateResponse(response, this.#request.identity.principal, this.#services);
    const info = serverInfoIn(own);
    if (info !== undefined) this.#services.onServerBuilt(this.#request.identity, info);
    this.#observer?.answered(own);
    return own === response ? message : JSON.stringify(own);
  }

  /** The first frame says which changes the server tells of. */
  #agreed(acknowledgement: unknown): void {
    if (isObject(acknowledgement) && acknowledgement.method === ACKNOWLEDGED) this.params = acknowledgement.params;
  }

  /** What the handler has not said yet, it never will. */
  #answerEnding(ending: Ending): void {
    this.#settle();
    const { outcome, code, message } = ending;
    if (this.listening && ending !== GONE) throw temporarilyUnavailable(new UnavailableError(message));
    const id = requestIdOf(this.#body);
    const response = errorResponse(id ?? '', code, message);
    if (id === undefined) this.#request.sink.answer(202, undefined, []);
    else this.#exchange?.respond(JSON.stringify(response));
    if (ending === NO_JSON) this.#observer?.answered(response);
    else this.#observer?.abandoned(outcome);
  }

  /** A client whose answer is a stream already is told in it; the refusal is thrown all the same, for the log and for listeners. */
  #refuse(refusal: TenancyError): void {
    this.#settle();
    const { code, rpcCode, message } = refusal;
    const response = errorResponse(requestIdOf(this.#body) ?? '', rpcCode, message);
    // The one refusal that comes from a handler.
    if (code === 'client_capability_required') this.#observer?.answered(response);
    if (this.#exchange?.streaming) this.#exchange.respond(JSON.stringify(response));
    throw refusal;
  }

  /** It comes to one end. */
  #settle(): void {
    this.#settled = true;
    this.#exchange?.abandon();
  }

  async #build(): Promise<ModernServer> {
    try {
      const server = await this.#services.build(this.#request.identity, { era: '2026', rebuilt: false });
      if (isServerOf(this.#sdk, server)) return this.#watched(server);
      await server.close();
      this.#turnTo(sdkOf(server, this.#sdk));
      throw onlySessions(this.#request.facts, this.#body);
    } catch (error) {
      this.#refusal = tenancyErrorFrom(error);
      throw error;
    }
  }

  /** A server that cannot send its answer tells its owner, and the handler waits for ever. */
  #watched(server: ModernServer): ModernServer {
    const protocol = 'server' in server ? server.server : server;
    const { onerror } = protocol;
    protocol.onerror = (error) => {
      onerror?.(error);
      if (error.message.startsWith(NOT_SENT)) this.#stop(NO_JSON);
    };
    return server;
  }

  /** The server comes from another copy of the SDK: its handler answers. */
  #turnTo(sdk: ModernSdk | undefined): void {
    if (sdk === undefined) return;
    this.#sdk = sdk;
    this.#handler = this.#createHandler();
  }

  #createHandler(): ReturnType<ModernSdk['createMcpHandler']> {
    const { keepAliveMs } = this.#services;
    const onerror = (error: Error) => {
      this.#fault = error;
    };
    return this.#sdk.createMcpHandler(() => this.#build(), { legacy: 'reject', keepAliveMs, bus: this.#bus, onerror });
  }

  /** Every listener has a bus of its own: the changes of its tenant. */
  get #bus() {
    return {
      publish: unheard,
      subscribe: (tell: (change: ChangeEvent) => void) => {
        this.#tell = tell;
        return () => {
          this.#tell = undefined;
        };
      },
    };
  }
}
