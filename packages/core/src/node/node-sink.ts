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

  /** @param hostHeaders - what the framework wants on every answer; @param maxBufferedBytes - bytes kept for a slow reader. */
  constructor(res: ServerResponse, hostHeaders: HostHeaders | undefined, maxBufferedBytes: number) {
    this.#res = res;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.done = new Promise((resolve) => {
      this.#settle = resolve;
    });
    if (hostHeaders !== undefined) setHostHeaders(res, hostHeaders);
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
    this.#res.write(text);
    if (this.#res.writableLength <= this.#maxBufferedBytes) return;
    this.#res.destroy();
    this.#gone();
  }

  end(): void {
    if (this.#closed) return;
    this.#close();
    this.#res.end();
  }

  onGone(listener: () => void): void {
    this.#onGone = listener;
  }

  #gone(): void {
    if (this.#closed) return;
    this.#close();
    this.#onGone?.();
  }

  #close(): void {
    this.#closed = true;
    this.#settle();
  }
}

/** Where the host allows other origins (CORS), their scripts may also read what MCP clients need. */
function setHostHeaders(res: ServerResponse, headers: HostHeaders): void {
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) res.setHeader(name, value);
  if (!res.hasHeader('access-control-allow-origin')) return;
  const exposed = String(res.getHeader('access-control-expose-headers') ?? '');
  const missing = EXPOSED.filter((name) => !exposed.toLowerCase().includes(name.toLowerCase()));
  res.setHeader('access-control-expose-headers', [exposed, ...missing].filter(Boolean).join(', '));
}
