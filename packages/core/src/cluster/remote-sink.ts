import type { Credential, HeaderList, ResponseSink } from '../transport/response-sink.ts';
import type { AnswerPart } from './fleet-messages.ts';

/** A {@link ResponseSink} whose client is connected to another process. */
export class RemoteSink implements ResponseSink {
  credential: Credential | undefined;
  readonly #send: (part: AnswerPart) => Promise<unknown>;
  readonly #maxBufferedBytes: number;
  readonly #done = Promise.withResolvers<void>();
  #closed = false;
  /** Whether the client has gone before the end. */
  #left = false;
  #streaming = false;
  #onGone: (() => void) | undefined;
  /** Bytes that the bus has not taken yet. */
  #unsentBytes = 0;
  #flushed: PromiseWithResolvers<void> | undefined;

  /** @param send - tells the other process; @param maxBufferedBytes - bytes kept while the bus is slow. */
  constructor(send: (part: AnswerPart) => Promise<unknown>, maxBufferedBytes: number) {
    this.#send = send;
    this.#maxBufferedBytes = maxBufferedBytes;
  }

  get done(): Promise<void> {
    return this.#done.promise;
  }

  get closed(): boolean {
    return this.#closed;
  }

  answer(status: number, body: string | undefined, headers: HeaderList): void {
    if (this.#streaming) this.end();
    if (this.#closed) return;
    this.#tell({ part: 'answer', status, ...(body !== undefined && { body }), headers });
    this.#close();
  }

  openStream(headers: HeaderList): void {
    if (this.#closed) return;
    this.#streaming = true;
    this.#tell({ part: 'open', headers });
  }

  write(text: string): void {
    if (this.#closed) return;
    this.#tell({ part: 'write', text }, Buffer.byteLength(text));
    if (this.#unsentBytes > this.#maxBufferedBytes) this.gone();
  }

  flushed(): Promise<void> | undefined {
    if (this.#closed) return undefined;
    this.#tell({ part: 'flush' });
    this.#flushed ??= Promise.withResolvers();
    return this.#flushed.promise;
  }

  end(): void {
    if (this.#closed) return;
    this.#tell({ part: 'end' });
    this.#close();
  }

  onGone(listener: () => void): void {
    if (this.#left) listener();
    else this.#onGone = listener;
  }

  /** All that was written has been taken by the client. */
  settleFlushed(): void {
    this.#flushed?.resolve();
    this.#flushed = undefined;
  }

  /** The client has gone, or cannot be reached. */
  gone(): void {
    if (this.#closed) return;
    this.#left = true;
    this.#close();
    this.#onGone?.();
  }

  /** What cannot be told leaves a gap: the other process notices it, and so does this one. */
  #tell(part: AnswerPart, bytes = 0): void {
    this.#unsentBytes += bytes;
    const taken = () => {
      this.#unsentBytes -= bytes;
    };
    this.#send(part).then(taken, () => this.gone());
  }

  #close(): void {
    this.#closed = true;
    this.#done.resolve();
    this.settleFlushed();
  }
}
