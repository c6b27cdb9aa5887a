import { serverUnavailable, sessionNotFound, TenancyError, unheard } from '../errors.ts';
import type { Identity } from '../identity/authenticate.ts';
import type { JSONRPCMessage } from '../protocol/json-rpc.ts';
import type { InitializeResult } from '../protocol/lifecycle.ts';
import type { MessageExtraInfo } from '../protocol/transport.ts';
import type { SessionTransport, TransportContext } from '../transport/session-transport.ts';
import type { ConnectedServer, ConnectServer } from './connect-server.ts';
import { InitializeRefusedError, initialize, NotRestorableError, replayHandshake } from './rebuild.ts';
import type { SessionRecord } from './session-record.ts';

/** The session that the servers serve. */
export interface ServedSession extends TransportContext {
  readonly record: SessionRecord;
  /** A server has taken over and said who it is. `outdated`: another one will follow it. */
  onIntroduced(introduction: InitializeResult, outdated: boolean): void;
}

/** What nearly every session has of servers that were replaced. */
const NONE: readonly ConnectedServer[] = [];

/**
 * The servers of one session, one after another: the current one takes what arrives, those before it finish the calls that they have
 * begun.
 */
export class SessionServers {
  readonly #session: ServedSession;
  readonly #connect: ConnectServer;
  #current: ConnectedServer | undefined;
  /** Those that were replaced, and finish the calls that they have begun. */
  #retiring = NONE;
  #stale: boolean;
  /** Whether no server has ever known of the session. */
  #untouched = false;
  #rebuilding: Promise<void> | undefined;
  /** What who wants a server is told when there will be none. */
  #refusal: TenancyError | undefined;
  /** A server that has not taken over yet. */
  #introducing: ConnectedServer | undefined;
  /** Rejects when the session ends: nobody waits for a server any longer. Absent while nobody ever has. */
  #ended: PromiseWithResolvers<never> | undefined;

  /** @param parked - whether the session has had a server before: the next message is for one that is rebuilt. */
  constructor(session: ServedSession, connect: ConnectServer, parked: boolean) {
    this.#session = session;
    this.#connect = connect;
    this.#stale = parked;
  }

  /** The transports that may know what a message is about, the current one first. */
  get transports(): SessionTransport[] {
    const servers = this.#current === undefined ? this.#retiring : [this.#current, ...this.#retiring];
    return servers.map(({ transport }) => transport);
  }

  /** The transport of a server from the current factory, where there is one. */
  get ready(): SessionTransport | undefined {
    return this.#stale || this.#rebuilding !== undefined || this.#refusal !== undefined
      ? undefined
      : this.#current?.transport;
  }

  /** Whether a server that knows the session is to be built before a stream is opened. */
  get missing(): boolean {
    return this.#current === undefined && !this.#untouched;
  }

  /** Whether no server has been built yet. */
  get none(): boolean {
    return this.#current === undefined;
  }

  /** Whether a call has not been answered yet. */
  get busy(): boolean {
    return this.transports.some(({ callsInFlight }) => callsInFlight > 0);
  }

  /** Whether a server waits for an answer of the client. */
  get asking(): boolean {
    return this.transports.some(({ asking }) => asking);
  }

  /** Builds the first server and lets it answer the client's `initialize`. */
  async open(identity: Identity, extra: MessageExtraInfo): Promise<InitializeResult> {
    const opening = this.#succeed(identity, false, (transport) => initialize(transport, this.#session.record, extra));
    return Promise.race([opening, this.#end]);
  }

  /** The transport of a server from the current factory; a session whose server is outdated gets another one first. */
  async current(identity: Identity, extra: MessageExtraInfo): Promise<SessionTransport> {
    while (this.#stale || this.#rebuilding !== undefined) {
      this.#rebuilding ??= this.#rebuild(identity, extra);
      await Promise.race([this.#rebuilding, this.#end]);
    }
    return this.#live().transport;
  }

  /** A server that was replaced keeps what it was asked: answers and cancellations go to the one they concern. `false` where none knows of it. */
  deliver(message: JSONRPCMessage, extra: MessageExtraInfo): boolean {
    const cancelled = 'method' in message && message.method === 'notifications/cancelled';
    let delivered = false;
    for (const transport of this.transports) {
      if (delivered && !cancelled) break;
      delivered = transport.receive(message, extra) || delivered;
    }
    return delivered;
  }

  /** The next message is for a server of another factory. */
  outdate(): void {
    this.#stale = true;
  }

  /** The first server is built when the next message needs it: what it would say of itself is known. */
  startLater(): void {
    this.#stale = true;
    this.#untouched = true;
  }

  /** Closes the servers that have answered their last call. */
  closeFinished(): void {
    if (this.#retiring === NONE) return;
    const finished = this.#retiring.filter(({ transport }) => transport.callsInFlight === 0);
    const busy = this.#retiring.filter(({ transport }) => transport.callsInFlight > 0);
    this.#retiring = busy.length === 0 ? NONE : busy;
    for (const server of finished) this.#close(server);
  }

  /** Closes every server: calls in flight are aborted, and who waits for a server is refused. */
  close(refusal: TenancyError): void {
    this.#refusal = refusal;
    this.#ended?.reject(refusal);
    if (this.#introducing !== undefined) this.#close(this.#introducing);
    for (const server of this.#retiring) this.#close(server);
    if (this.#current !== undefined) this.#close(this.#current);
  }

  get #end(): Promise<never> {
    if (this.#ended === undefined) {
      this.#ended = Promise.withResolvers();
      this.#ended.promise.catch(unheard);
      if (this.#refusal !== undefined) this.#ended.reject(this.#refusal);
    }
    return this.#ended.promise;
  }

  #live(): ConnectedServer {
    if (this.#refusal !== undefined || this.#current === undefined) throw this.#refusal ?? sessionNotFound();
    return this.#current;
  }

  /** Runs once for all the requests that wait for it. */
  async #rebuild(identity: Identity, extra: MessageExtraInfo): Promise<void> {
    this.#stale = false;
    try {
      await this.#succeed(identity, true, (transport) => replayHandshake(transport, this.#session.record, extra));
    } catch (error) {
      this.#stale = true;
      throw error;
    } finally {
      this.#rebuilding = undefined;
    }
  }

  /** A new server takes over once `introduce` has brought it to where the session is. */
  async #succeed(
    identity: Identity,
    rebuilt: boolean,
    introduce: (transport: SessionTransport) => Promise<InitializeResult>,
  ): Promise<InitializeResult> {
    const server = await this.#connect(this.#session, identity, rebuilt);
    this.#introducing = server;
    try {
      if (this.#refusal !== undefined) throw this.#refusal;
      const introduction = await introduce(server.transport);
      if (server.transport.closed) throw serverUnavailable(new Error('The new server closed its connection at once'));
      if (this.#current !== undefined) this.#retiring = [...this.#retiring, this.#current];
      this.#current = server;
      this.closeFinished();
      this.#session.onIntroduced(introduction, this.#stale);
      return introduction;
    } catch (error) {
      this.#close(server);
      const known = [TenancyError, InitializeRefusedError, NotRestorableError].some((kind) => error instanceof kind);
      throw known ? error : serverUnavailable(error);
    } finally {
      this.#introducing = undefined;
    }
  }

  #close(server: ConnectedServer): void {
    server.close().catch((error) => this.#session.onError(error));
  }
}
