import { errorFrom, type TenancyError, tenancyErrorFrom } from '../errors.ts';
import { isObject, type JSONRPCRequest, type JSONRPCResponse } from '../protocol/json-rpc.ts';
import { onlySessions } from '../request/classify-era.ts';
import { requestIdOf } from '../request/read-messages.ts';
import { type CallerRequest, webRequestOf } from '../transport/caller-request.ts';
import { frameOf, streamHeaders } from '../transport/event-frames.ts';
import { errorResponse } from '../transport/responses.ts';
import { type CallObserver, observeToolCall } from '../transport/tool-calls.ts';
import { type ActiveRequest, type Caller, ENDED } from './active-requests.ts';
import { privateResponse } from './cache-scope.ts';
import type { ChangeEvent } from './change-events.ts';
import { parsed, refusalOf, responseIn, serverInfoIn } from './exact-answer.ts';
import { isServerOf, type ModernSdk, type ModernServer, sdkOf } from './load-modern-sdk.ts';
import { callerOf, type ModernServices } from './modern-services.ts';

const JSON_HEADERS = ['content-type', 'application/json'];

/** Why a request was ended before its server had answered, and what its client is told. */
interface Ending {
  readonly outcome: 'closed' | 'timeout';
  readonly code: number;
  readonly message: string;
}

/** The frames of the SDK's handler that carry a message. */
const MESSAGE_FRAME = 'event: message\ndata: ';

/**
 * One request that the SDK's own handler answers, with a server that is built for it: whatever is not plain to see (listening for changes, headers that must
 * be compared with parameters, scopes), and everything that is wrong.
 */
export class ExactCall implements ActiveRequest {
  readonly caller: Caller;
  /** The parameters of the request. */
  readonly params: unknown;
  #sdk: ModernSdk;
  readonly #body: unknown;
  readonly #request: CallerRequest;
  readonly #services: ModernServices;
  readonly #listening: boolean;
  #handler: ReturnType<ModernSdk['createMcpHandler']>;
  readonly #abort = new AbortController();
  #observer: CallObserver | undefined;
  /** Whether the client has no answer yet. */
  #waiting = true;
  #closing = false;
  #tell: ((change: ChangeEvent) => void) | undefined;
  /** Why the factory gave no server. */
  #refusal: TenancyError | undefined;
  /** Why it was ended before the server had answered. */
  #ended: Ending | undefined;

  constructor(sdk: ModernSdk, body: unknown, request: CallerRequest, services: ModernServices) {
    this.caller = callerOf(request.identity);
    this.params = isObject(body) ? body.params : undefined;
    this.#sdk = sdk;
    this.#body = body;
    this.#request = request;
    this.#services = services;
    this.#listening = isObject(body) && body.method === 'subscriptions/listen';
    this.#handler = this.#createHandler();
  }

  /** Whether the client only listens for changes: it waits for no answer. */
  get listening(): boolean {
    return this.#listening;
  }

  /** Answers the request; settles when the answer has begun. Throws what it is refused with. */
  async answer(): Promise<void> {
    const { sink, limits } = this.#request;
    sink.onGone(() => this.#abort.abort());
    this.#observer = this.#observe();
    if (!this.#listening) this.#limitTime(limits.callTimeoutMs);
    await this.#ask();
  }

  async #ask(): Promise<void> {
    const { facts, identity } = this.#request;
    const sdk = this.#sdk;
    const response = await this.#handler.fetch(webRequestOf(facts, this.#abort.signal), {
      parsedBody: this.#body,
      ...(identity.authInfo && { authInfo: identity.authInfo }),
    });
    const refusal = this.#refusal;
    this.#refusal = undefined;
    if (this.#sdk !== sdk) return this.#ask();
    if (refusal !== undefined) throw refusal;
    // What was closed before it had begun has to be closed once more.
    if (this.#closing) void this.#handler.close();
    if (response.headers.get('content-type') === 'text/event-stream') void this.#relay(response);
    else this.#answerWith(response, await response.text());
  }

  /** Tells a listener of a change. */
  tell(change: ChangeEvent): void {
    this.#tell?.(change);
  }

  end(): void {
    this.#closing = this.#listening;
    if (this.#listening) void this.#handler.close();
    else this.#stop({ outcome: 'closed', code: -32000, message: ENDED });
  }

  #limitTime(timeoutMs: number | undefined): void {
    if (timeoutMs === undefined) return;
    const message = `Request timed out: No answer within ${timeoutMs} ms`;
    const timer = setTimeout(() => this.#stop({ outcome: 'timeout', code: -32001, message }), timeoutMs).unref();
    void this.#request.sink.done.then(() => clearTimeout(timer));
  }

  #stop(ended: Ending): void {
    this.#ended = ended;
    this.#abort.abort();
  }

  #createHandler(): ReturnType<ModernSdk['createMcpHandler']> {
    const { keepAliveMs } = this.#services;
    return this.#sdk.createMcpHandler(() => this.#build(), { legacy: 'reject', keepAliveMs, bus: this.#bus });
  }

  /** Every listener has a bus of its own: the changes of its tenant. */
  get #bus() {
    return {
      publish: () => {},
      subscribe: (tell: (change: ChangeEvent) => void) => {
        this.#tell = tell;
        return () => {
          this.#tell = undefined;
        };
      },
    };
  }

  async #build(): Promise<ModernServer> {
    try {
      const server = await this.#services.build(this.#request.identity, { era: '2026', rebuilt: false });
      if (isServerOf(this.#sdk, server)) return server;
      await server.close();
      this.#turnTo(sdkOf(server, this.#sdk));
      throw onlySessions(this.#request.facts, this.#body);
    } catch (error) {
      this.#refusal = tenancyErrorFrom(error);
      throw error;
    }
  }

  /** The server comes from another copy of the SDK: its handler answers. */
  #turnTo(sdk: ModernSdk | undefined): void {
    if (sdk === undefined) return;
    this.#sdk = sdk;
    this.#handler = this.#createHandler();
  }

  #observe(): CallObserver | undefined {
    const { tenantId, subject } = this.#request.identity.principal;
    if (!isObject(this.#body) || this.#body.method !== 'tools/call') return undefined;
    return observeToolCall(
      this.#services.events,
      () => ({ tenantId, subject, era: '2026' }),
      this.#body as unknown as JSONRPCRequest,
    );
  }

  #answerWith(response: Response, text: string): void {
    const { sink } = this.#request;
    const last = this.#lastWords();
    const refusal = last === undefined ? refusalOf(response, parsed(text)) : undefined;
    if (refusal !== undefined) throw refusal;
    if (last !== undefined) sink.answer(200, last, JSON_HEADERS);
    else if (text === '') sink.answer(response.status, undefined, []);
    else sink.answer(response.status, this.#checked(text), JSON_HEADERS);
  }

  /** Passes on what the handler says as it says it: a client that does not read is cut off. */
  async #relay(response: Response): Promise<void> {
    const { sink, identity } = this.#request;
    sink.openStream(streamHeaders());
    try {
      for await (const frame of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const message = frame.startsWith(MESSAGE_FRAME) ? frame.slice(MESSAGE_FRAME.length).trimEnd() : undefined;
        sink.write(message === undefined ? frame : frameOf(this.#checked(message), undefined));
      }
    } catch (error) {
      this.#services.onError(identity.principal, errorFrom(error));
    }
    const last = this.#lastWords();
    if (last !== undefined) sink.write(frameOf(last, undefined));
    sink.end();
  }

  /** A message of the handler; its response is the end of the call. */
  #checked(message: string): string {
    const response = responseIn(message);
    if (response === undefined) return message;
    const own = privateResponse(response, this.#request.identity.principal, this.#services);
    this.#answered(own);
    return own === response ? message : JSON.stringify(own);
  }

  #answered(response: JSONRPCResponse): void {
    this.#waiting = false;
    this.#observer?.answered(response);
    const info = serverInfoIn(response);
    if (info !== undefined) this.#services.onServerBuilt(this.#request.identity, info);
  }

  /** Where the handler has not answered, it never will. Returns what the client is told where that was our doing. */
  #lastWords(): string | undefined {
    if (!this.#waiting || (this.#ended === undefined && !this.#request.sink.closed)) return undefined;
    this.#waiting = false;
    this.#observer?.abandoned(this.#ended?.outcome ?? 'cancelled');
    if (this.#ended === undefined) return undefined;
    return JSON.stringify(errorResponse(requestIdOf(this.#body) ?? '', this.#ended.code, this.#ended.message));
  }
}
