import type { Credential, HeaderList, ResponseSink } from '../transport/response-sink.ts';
import type { AnswerPart } from './fleet-messages.ts';

/** How the other process is told. */
export interface RemoteSinkParts {
  /** Sends it a part of the answer. */
  send(part: AnswerPart): Promise<unknown>;
  /** A part could not be sent: there is no answer any more. */
  lost(): void;
}

/** A {@link ResponseSink} whose client is connected to another process. */
export class RemoteSink implements ResponseSink {
  credential: Credential | undefined;
  readonly #parts: RemoteSinkParts;
  readonly #maxBufferedBytes: number;
  readonly #done = Promise.withResolvers<void>();
  #closed = false;
  /** Whether the client has gone before the end. */
  #left = false;
  #streaming = false;
  /** Whether a part could not be sent. */
  #lost = false;
  #onGone: (() => void) | undefined;
  /** Bytes of each text that the bus has not taken yet. */
  readonly #unsent: number[] = [];
  #unsentBytes = 0;
  #flushed: PromiseWithResolvers<void> | undefined;

  /** @param maxBufferedBytes - bytes that may wait behind the text under way while the bus is slow. */
  constructor(parts: RemoteSinkParts, maxBufferedBytes: number) {
    this.#parts = parts;
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
    if (this.#waitingBytes <= this.#maxBufferedBytes) {
      this.#tell({ part: 'write', text }, Buffer.byteLength(text));
    } else {
      this.#tell({ part: 'end' });
      this.gone();
    }
  }

  flushed(): Promise<void> | undefined {
    if (!this.#closed) {
      this.#tell({ part: 'flush' });
      this.#flushed ??= Promise.withResolvers();
    }
    return this.#flushed?.promise;
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

  /** Bytes behind the text under way: however large one is, it is no reason to cut a client off. */
  get #waitingBytes(): number {
    const [underWay = 0] = this.#unsent;
    return this.#unsentBytes - underWay;
  }

  #tell(part: AnswerPart, bytes = 0): void {
    this.#unsent.push(bytes);
    this.#unsentBytes += bytes;
    const taken = () => {
      this.#unsentBytes -= this.#unsent.shift() as number;
    };
    this.#parts.send(part).then(taken, () => this.#lose());
  }

  #lose(): void {
    if (!this.#lost) this.#parts.lost();
    this.#lost = true;
    this.gone();
  }

  #close(): void {
    this.#closed = true;
    this.#done.resolve();
    this.settleFlushed();
  }
}
