import { Client, type Dispatcher } from 'undici';
import type { Answer } from './messages.ts';

/** An {@link Answer} with the session that it names. */
export interface SessionAnswer extends Answer {
  readonly sessionId: string | undefined;
}

/** ms without a sign of life after which a server has failed. */
const TIMEOUT_MS = 10_000;

type RequestHeaders = Readonly<Record<string, string>>;

/** One keep-alive connection that carries one request at a time; to each process, where several take turns. */
export class Connection {
  readonly #clients: readonly Client[];
  readonly #path: string;
  #turn = 0;

  /** @param urls - of the MCP endpoint: one for each process, with spaces between them. */
  constructor(urls: string) {
    const endpoints = urls.split(' ').map((url) => new URL(url));
    const options = { pipelining: 1, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS };
    this.#clients = endpoints.map(({ origin }) => new Client(origin, options));
    this.#path = String(endpoints[0]?.pathname);
  }

  /** Sends a body and reads the whole answer. Rejects where the connection fails. */
  post(body: string, headers: RequestHeaders): Promise<SessionAnswer> {
    return this.#send({ method: 'POST', path: this.#path, headers, body });
  }

  /** Sends a DELETE and reads the whole answer. Rejects where the connection fails. */
  delete(headers: RequestHeaders): Promise<SessionAnswer> {
    const { 'content-type': _ofBody, ...ofRequest } = headers;
    return this.#send({ method: 'DELETE', path: this.#path, headers: ofRequest });
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  #send(request: Dispatcher.DispatchOptions): Promise<SessionAnswer> {
    return new Promise((resolve, reject) => {
      this.#turn += 1;
      const client = this.#clients[this.#turn % this.#clients.length] as Client;
      client.dispatch(request, new AnswerReader(resolve, reject));
    });
  }
}

/** undici's `request` makes a stream of every body, at the price of the client becoming slower than the servers it measures. */
class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: SessionAnswer) => void;
  readonly #reject: (error: Error) => void;
  #status = 0;
  #contentType = '';
  #sessionId: string | undefined;
  #body = '';

  constructor(resolve: (answer: SessionAnswer) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onRequestStart(): void {}

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    this.#status = status;
    this.#contentType = String(headers['content-type']);
    this.#sessionId = headers['mcp-session-id']?.toString();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // No character is ever cut in two: the answers are ASCII.
    this.#body += chunk.toString('latin1');
  }

  onResponseEnd(): void {
    this.#resolve({
      status: this.#status,
      contentType: this.#contentType,
      body: this.#body,
      sessionId: this.#sessionId,
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
  }
}
