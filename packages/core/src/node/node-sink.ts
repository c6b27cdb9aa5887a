import type { ServerResponse } from 'node:http';
import type { HeaderList, ResponseSink } from '../transport/response-sink.ts';

/** Headers as frameworks collect them. */
export type HostHeaders = Readonly<Record<string, number | string | string[] | undefined>>;

const EXPOSED = ['Mcp-Session-Id', 'WWW-Authenticate'];

/** A {@link ResponseSink} over Node's response. */
export class NodeSink implements ResponseSink {
  readonly done: Promise<void>;
  readonly #res: ServerResponse;
  readonly #maxBufferedBytes: number;
  #closed = false;
  #settle: () => void = () => {};
  #onGone: (() => void) | undefined;
  #onFlushed: (() => void) | undefined;
  /** Lengths of the texts that the network has not taken yet. */
  readonly #unsent: number[] = [];
  #unsentLength = 0;

  /** @param hostHeaders - what the framework wants on every answer; @param maxBufferedBytes - bytes kept for a slow reader. */
  constructor(res: ServerResponse, hostHeaders: HostHeaders | undefined, maxBufferedBytes: number) {
    this.#res = res;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    for (const [name, value] of Object.entries(hostHeaders ?? {})) if (value !== undefined) res.setHeader(name, value);
    exposeMcpHeaders(res);
    res.once('close', () => this.#gone());
    if (res.destroyed) this.#gone();
  }

  get closed(): boolean {
    return this.#closed;
  }

  answer(status: number, body: string | undefined, headers: HeaderList): void {
    if (this.#res.headersSent) this.end();
    if (this.#closed) return;
    const length = body === undefined ? 0 : Buffer.byteLength(body);
    this.#res.writeHead(status, [...headers, 'content-length', String(length)]);
    this.#close();
    this.#res.end(body);
  }

  openStream(headers: HeaderList): void {
    if (this.#closed) return;
    this.#res.writeHead(200, [...headers]);
    this.#res.flushHeaders();
  }

  write(text: string): void {
    if (this.#closed) return;
    this.#unsent.push(text.length);
    this.#unsentLength += text.length;
    this.#res.write(text, () => this.#sent());
    // What the network takes at once is under way by then: only a reader that does not keep up is left.
    if (this.#behind > this.#maxBufferedBytes) setImmediate(() => this.#cutIfBehind());
  }

  flushed(): Promise<void> | undefined {
    if (this.#closed || this.#unsent.length === 0) return undefined;
    return new Promise((resolve) => {
      this.#onFlushed = resolve;
    });
  }

  end(): void {
    if (this.#closed) return;
    this.#close();
    this.#res.end();
  }

  onGone(listener: () => void): void {
    this.#onGone = listener;
  }

  /** Bytes (as characters) that wait behind the text under way. */
  get #behind(): number {
    return this.#unsentLength - (this.#unsent[0] ?? 0);
  }

  #sent(): void {
    this.#unsentLength -= this.#unsent.shift() ?? 0;
    if (this.#unsent.length === 0) this.#settleFlushed();
  }

  #settleFlushed(): void {
    this.#onFlushed?.();
    this.#onFlushed = undefined;
  }

  #cutIfBehind(): void {
    if (this.#closed || this.#behind <= this.#maxBufferedBytes) return;
    this.#res.destroy();
    this.#gone();
  }

  #gone(): void {
    if (this.#closed) return;
    this.#close();
    this.#onGone?.();
  }

  #close(): void {
    this.#closed = true;
    this.#settle();
    this.#settleFlushed();
  }
}

/** Where the host allows other origins (CORS), their scripts may also read what MCP clients need. */
function exposeMcpHeaders(res: ServerResponse): void {
  if (!res.hasHeader('access-control-allow-origin')) return;
  const exposed = String(res.getHeader('access-control-expose-headers') ?? '');
  const missing = EXPOSED.filter((name) => !exposed.toLowerCase().includes(name.toLowerCase()));
  res.setHeader('access-control-expose-headers', [exposed, ...missing].filter(Boolean).join(', '));
}
