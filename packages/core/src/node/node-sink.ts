import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Place } from '../chain.ts';
import { type Logger, logWith } from '../logger.ts';
import type { Credential, HeaderList, ResponseSink } from '../transport/response-sink.ts';
import type { HostContext, HostHeaders } from './host-context.ts';
import type { OpenAnswer, OpenAnswers } from './open-answers.ts';
import { PipelinedAnswers } from './pipelined-answers.ts';
import { UnsentTexts } from './unsent-texts.ts';

const DONE = Promise.resolve();
const EXPOSED = ['Mcp-Session-Id', 'WWW-Authenticate'];
/** Headers that Node writes where they are due (RFC 9110 section 7.6.1), and `Trailer`, which needs trailers. */
const OF_THE_CONNECTION = [
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** What all answers share. */
export interface AnswerParts {
  /** Bytes kept for a slow reader. */
  readonly maxBufferedBytes: number;
  /** The answers that have not been sent to their end. */
  readonly open: OpenAnswers;
  /** Where the host has none for the request. */
  readonly logger: Logger;
}

/** A {@link ResponseSink} over Node's response. */
export class NodeSink implements ResponseSink {
  #done: PromiseWithResolvers<void> | undefined;
  credential: Credential | undefined;
  /** What is wrong with the host's headers, if anything: they are left out then. */
  readonly fault: unknown;
  readonly #res: ServerResponse;
  readonly #parts: AnswerParts;
  readonly #logger: Logger;
  readonly #place: Place<OpenAnswer>;
  #closed = false;
  /** Whether the client has gone before the end. */
  #left = false;
  #settleSent: (() => void) | undefined;
  #onGone: (() => void) | undefined;
  readonly #finishNow = () => this.#finish();
  /** Of the stream, where the answer is one. */
  #unsent: UnsentTexts | undefined;
  /** What comes at once goes with them, in one write. */
  readonly #sendHeaders = () => {
    if (!this.#closed && !this.#unsent?.any) this.#res.flushHeaders();
  };

  constructor(res: ServerResponse, { headers, log }: HostContext, parts: AnswerParts) {
    this.#res = res;
    this.#parts = parts;
    this.#logger = log ?? parts.logger;
    this.#place = parts.open.add(this);
    this.fault = setHostHeaders(res, headers ?? {});
    exposeMcpHeaders(res);
    res.on('close', this.#finishNow);
    // What a host does to its response behind our back ends the answer, and nothing else.
    res.on('error', this.#finishNow);
    if (res.socket === null) this.#followConnection(res.req.socket);
    // Its end has been told to others before.
    if (res.destroyed) this.#finish();
  }

  get done(): Promise<void> {
    if (this.#closed) return DONE;
    this.#done ??= Promise.withResolvers();
    return this.#done.promise;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Settles when nothing of the answer is on its way any more. For one who asks, once. */
  get sent(): Promise<void> {
    return new Promise((resolve) => {
      this.#settleSent = resolve;
    });
  }

  answer(status: number, body: string | undefined, headers: HeaderList): void {
    if (this.#res.headersSent) this.end();
    if (this.#closed) return;
    const length = body === undefined ? 0 : Buffer.byteLength(body);
    this.#begin(status, [...headers, 'content-length', String(length)]);
    this.#close();
    this.#res.end(body, this.#finishNow);
  }

  openStream(headers: HeaderList): void {
    // A host that has answered by itself, on a timeout say, has taken the response away.
    if (this.#res.headersSent) this.#gone();
    if (this.#closed) return;
    this.#unsent = new UnsentTexts();
    this.#begin(200, [...headers]);
    process.nextTick(this.#sendHeaders);
  }

  write(text: string): void {
    if (this.#res.writableEnded) this.#gone();
    const unsent = this.#unsent;
    if (this.#closed || unsent === undefined) return;
    unsent.add(Buffer.byteLength(text));
    this.#res.write(text, () => unsent.takeFirst());
    // What the network takes at once is under way by then: only a reader that does not keep up is left.
    if (unsent.behind > this.#parts.maxBufferedBytes) setImmediate(() => this.#cutIfBehind(unsent));
  }

  flushed(): Promise<void> | undefined {
    return this.#closed ? undefined : this.#unsent?.whenTaken();
  }

  end(): void {
    if (this.#closed) return;
    this.#close();
    this.#res.end(this.#finishNow);
  }

  onGone(listener: () => void): void {
    if (this.#left) listener();
    else this.#onGone = listener;
  }

  /** Where the host has set headers that are not its own to set, they are left out: the request must be answered all the same. */
  #begin(status: number, headers: string[]): void {
    try {
      this.#res.writeHead(status, headers);
    } catch (err) {
      logWith(this.#logger, 'error', { err }, 'Headers of the host do not go with an answer: they were left out');
      for (const name of OF_THE_CONNECTION) this.#res.removeHeader(name);
      this.#res.writeHead(status, headers);
    }
  }

  #cutIfBehind(unsent: UnsentTexts): void {
    if (this.#closed || unsent.behind <= this.#parts.maxBufferedBytes) return;
    this.#res.destroy();
    this.#gone();
  }

  /** The answer to a pipelined request has no connection of its own yet, and would not hear of its end. */
  #followConnection(socket: Socket): void {
    const waiting = PipelinedAnswers.of(socket);
    waiting.add(this.#finishNow);
    this.#res.once('close', () => waiting.delete(this.#finishNow));
  }

  /** Nothing is on its way any more. */
  #finish(): void {
    this.#gone();
    this.#parts.open.remove(this.#place);
    this.#settleSent?.();
  }

  #gone(): void {
    if (this.#closed) return;
    this.#left = true;
    this.#close();
    this.#onGone?.();
  }

  #close(): void {
    this.#closed = true;
    this.#done?.resolve();
    this.#unsent?.settle();
  }
}

/** Returns what is wrong with them, if anything; the good ones are set. */
function setHostHeaders(res: ServerResponse, headers: HostHeaders): unknown {
  let fault: unknown;
  for (const [name, value] of Object.entries(headers)) {
    try {
      if (value !== undefined) res.setHeader(name, value);
    } catch (error) {
      fault = error;
    }
  }
  return fault;
}

/** Where the host allows other origins (CORS), their scripts may also read what MCP clients need. */
function exposeMcpHeaders(res: ServerResponse): void {
  if (res.headersSent || !res.hasHeader('access-control-allow-origin')) return;
  const exposed = String(res.getHeader('access-control-expose-headers') ?? '');
  const missing = EXPOSED.filter((name) => !exposed.toLowerCase().includes(name.toLowerCase()));
  res.setHeader('access-control-expose-headers', [exposed, ...missing].filter(Boolean).join(', '));
}
