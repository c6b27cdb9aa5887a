/** Response headers as a flat list, name before value, names in lower case. */
export type HeaderList = readonly string[];

/** What a stream must end with: a token, by digest, and its expiry, ms since the epoch. */
export interface Credential {
  readonly tokenDigest: string | undefined;
  readonly expiresAt: number | undefined;
  /** Set when the token is removed before the answer has begun. */
  revoked?: boolean;
}

/**
 * Where the answer of one exchange is written: {@link answer} for a complete one, or {@link openStream} and what follows it. An answer
 * after a stream has begun ends the stream; calls after the end or after the client has gone do nothing.
 */
export interface ResponseSink {
  /** Whether nothing more can be written: the answer is complete, or the client has gone. */
  readonly closed: boolean;
  /** By what the caller is allowed to read the answer. Set when it is known. */
  credential: Credential | undefined;
  /** Settles when the answer is complete or the client has gone; never rejects. */
  readonly done: Promise<void>;
  /** A complete answer. `undefined` is an empty body. */
  answer(status: number, body: string | undefined, headers: HeaderList): void;
  /** Starts an SSE answer: status 200 and its headers are sent at once, with what is written in the same turn of the event loop. */
  openStream(headers: HeaderList): void;
  /**
   * Writes to the open stream. A client that does not read is cut off, once what waits behind the text under way exceeds what may be
   * buffered for it.
   */
  write(text: string): void;
  /** Settles when all that was written is under way, or the client has gone; never rejects. `undefined` where that is so already. */
  flushed(): Promise<void> | undefined;
  /** Ends the open stream. */
  end(): void;
  /** Calls `listener` once when the client has gone before the end; at once where it has. */
  onGone(listener: () => void): void;
}
