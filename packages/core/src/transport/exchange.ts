import type { RequestId } from '../protocol/json-rpc.ts';
import { streamHeaders } from './event-frames.ts';
import type { EventStream } from './event-stream.ts';
import type { KeepAlive, KeepAliveTarget, KeptAlive } from './keep-alive.ts';
import type { ResponseSink } from './response-sink.ts';
import type { SessionStreams } from './session-streams.ts';

/** What an exchange needs to know of its session. */
export interface ExchangeContext {
  readonly sessionId: string;
  readonly streams: SessionStreams;
  readonly keepAlive: KeepAlive;
  /** Whether the client understands events without data (revisions from 2025-11-25). */
  readonly primeStreams: boolean;
  /** All the requests of one POST are settled. */
  onExchangeDone(requests: number): void;
  /** An answer could not be delivered. */
  onError(error: Error): void;
}

/**
 * The answer to one POST with requests: JSON when the responses are the first thing to send, a stream as soon as anything else comes
 * first or the call still runs when a sign of life is due (MCP 2025-11-25, Transports, Sending Messages to the Server).
 */
export class Exchange implements KeepAliveTarget {
  readonly #context: ExchangeContext;
  readonly #sink: ResponseSink;
  readonly #isArray: boolean;
  readonly #ids: readonly RequestId[];
  /** Requests that are not answered yet. */
  #pending: number;
  /** Responses that wait for the others, while the answer is still to be JSON. */
  #responses: string[] = [];
  #stream: EventStream | undefined;
  #answered = false;
  readonly #kept: KeptAlive;

  /** @param ids - of the requests that the POST holds; @param isArray - whether its body was an array. */
  constructor(context: ExchangeContext, sink: ResponseSink, ids: readonly RequestId[], isArray: boolean) {
    this.#context = context;
    this.#sink = sink;
    this.#ids = ids;
    this.#pending = ids.length;
    this.#isArray = isArray;
    this.#kept = context.keepAlive.add(this);
  }

  /** Sends a message that belongs to one of the requests and is not its response. */
  send(message: string): void {
    this.#openStream().send(message);
  }

  /** Sends the response to one of the requests, and ends the answer with the last. */
  respond(response: string): void {
    this.#answered = true;
    if (this.#stream === undefined) this.#responses.push(response);
    else this.#stream.send(response);
    this.#settleOne();
  }

  /** One of the requests gets no response: it was cancelled. */
  abandon(): void {
    this.#settleOne();
  }

  /** Closes the connection; the client comes back for the rest (MCP 2025-11-25: polling). */
  closeConnection(): void {
    if (this.#pending === 0) return;
    this.#openStream().detach();
  }

  keepAlive(): void {
    this.#openStream().keepAlive();
  }

  #openStream(): EventStream {
    if (this.#stream !== undefined) return this.#stream;
    const { streams, keepAlive, primeStreams } = this.#context;
    keepAlive.remove(this.#kept);
    const stream = streams.createForPost();
    this.#stream = stream;
    stream.carry(this.#sink);
    if (primeStreams) stream.prime(this.#ids);
    for (const response of this.#responses) stream.send(response);
    this.#responses = [];
    return stream;
  }

  #settleOne(): void {
    this.#pending -= 1;
    if (this.#pending > 0) return;
    this.#context.onExchangeDone(this.#ids.length);
    this.#context.keepAlive.remove(this.#kept);
    if (this.#stream !== undefined) this.#context.streams.end(this.#stream, !this.#answered);
    else if (this.#answered) this.#answerJson();
    else this.#answerNothing();
  }

  /** Every request was cancelled: the exchange ends all the same, and without anything to come back for. */
  #answerNothing(): void {
    this.#sink.openStream(streamHeaders(this.#context.sessionId));
    this.#sink.end();
  }

  #answerJson(): void {
    if (this.#sink.closed) {
      this.#context.onError(new Error('The client disconnected before its answer was ready'));
      return;
    }
    const body = this.#isArray ? `[${this.#responses.join(',')}]` : this.#responses.join();
    this.#sink.answer(200, body, ['content-type', 'application/json', 'mcp-session-id', this.#context.sessionId]);
  }
}
