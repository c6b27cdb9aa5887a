import { frameOf, streamHeaders } from '../transport/event-frames.ts';
import type { KeepAlive, KeepAliveTarget, KeptAlive } from '../transport/keep-alive.ts';
import type { ResponseSink } from '../transport/response-sink.ts';

const JSON_HEADERS = ['content-type', 'application/json'];

/**
 * The answer to one request of the 2026 era: JSON where the response is the first thing to send, a stream as soon as a notification comes first or a
 * sign of life is due (MCP 2026-07-28, Streamable HTTP). It cannot be resumed.
 */
export class ModernExchange implements KeepAliveTarget {
  readonly #sink: ResponseSink;
  readonly #keepAlive: KeepAlive;
  readonly #kept: KeptAlive;
  #streaming = false;

  /** @param onGone - called when the client closes the connection before the end: that cancels its request. */
  constructor(sink: ResponseSink, keepAlive: KeepAlive, onGone: () => void) {
    this.#sink = sink;
    this.#keepAlive = keepAlive;
    this.#kept = keepAlive.add(this);
    sink.onGone(onGone);
  }

  /** Whether the answer is a stream by now. */
  get streaming(): boolean {
    return this.#streaming;
  }

  /** Makes the answer a stream. Who writes it gives signs of life, too. */
  stream(): void {
    this.#keepAlive.remove(this.#kept);
    this.#openStream();
  }

  /** Sends a notification that belongs to the request. */
  send(message: string): void {
    this.#openStream();
    this.#sink.write(frameOf(message, undefined));
  }

  /** Sends the response, and ends the answer. `status`: of an answer that is no stream yet. */
  respond(response: string, status = 200): void {
    this.#keepAlive.remove(this.#kept);
    if (this.#streaming) {
      this.#sink.write(frameOf(response, undefined));
      this.#sink.end();
    } else this.#sink.answer(status, response, JSON_HEADERS);
  }

  /** There is nothing to wait for any more. */
  abandon(): void {
    this.#keepAlive.remove(this.#kept);
  }

  keepAlive(): void {
    this.#openStream();
    this.#sink.write(': keep-alive\n\n');
  }

  #openStream(): void {
    if (this.#streaming) return;
    this.#streaming = true;
    this.#sink.openStream(streamHeaders());
  }
}
