/** Response headers as a flat list, name before value, names in lower case. */
export type HeaderList = readonly string[];

/**
 * Where the answer of one exchange is written. Exactly one of {@link answer} and {@link openStream} is called, once; calls after the
 * end or after the client has gone do nothing.
 */
export interface ResponseSink {
  /** Whether nothing more can be written: the answer is complete, or the client has gone. */
  readonly closed: boolean;
  /** Settles when the answer is complete or the client has gone; never rejects. */
  readonly done: Promise<void>;
  /** A complete answer. `undefined` is an empty body. */
  answer(status: number, body: string | undefined, headers: HeaderList): void;
  /** Starts an SSE answer: status 200 and its headers are sent at once. */
  openStream(headers: HeaderList): void;
  /** Writes to the open stream. A client that reads too slowly is cut off instead of being buffered for without bound. */
  write(text: string): void;
  /** Ends the open stream. */
  end(): void;
  /** Calls `listener` once when the client has gone before the end. */
  onGone(listener: () => void): void;
}
