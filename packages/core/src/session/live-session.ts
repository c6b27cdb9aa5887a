import type {
  InitializeResult,
  JSONRPCMessage,
  JSONRPCRequest,
  MessageExtraInfo,
} from '@modelcontextprotocol/sdk/types.js';
import { sessionNotFound, TenancyError } from '../errors.ts';
import type { Identity } from '../identity/authenticate.ts';
import type { MessageBatch } from '../request/read-messages.ts';
import type { EventLog } from '../transport/event-log.ts';
import type { StreamContext } from '../transport/event-stream.ts';
import { Exchange, type ExchangeContext } from '../transport/exchange.ts';
import type { KeepAlive } from '../transport/keep-alive.ts';
import type { ResponseSink } from '../transport/response-sink.ts';
import { SessionLog } from '../transport/session-log.ts';
import { SessionStreams } from '../transport/session-streams.ts';
import type { SessionTransport } from '../transport/session-transport.ts';
import type { CallObserver } from '../transport/tool-calls.ts';
import type { ConnectServer } from './connect-server.ts';
import { NotRestorableError } from './rebuild.ts';
import { asksTooMuch, observeRecordChange, type PendingSubscriptions, tooManySubscriptions } from './record-changes.ts';
import type { SessionRecord } from './session-record.ts';
import { type ServedSession, SessionServers } from './session-servers.ts';

/** What all sessions of a tenancy share. */
export interface SessionServices {
  readonly connect: ConnectServer;
  readonly keepAlive: KeepAlive;
  readonly eventLog: EventLog | undefined;
  /** ms a client waits before it reconnects. */
  readonly retryMs: number;
  /** Follows a `tools/call`; `undefined` while nobody listens. */
  observeToolCall(session: LiveSession, request: JSONRPCRequest): CallObserver | undefined;
  /** A server has introduced itself. `outdated`: another one will follow it. */
  onServerBuilt(session: LiveSession, outdated: boolean): void;
  /** The session cannot go on. */
  onBroken(session: LiveSession, reason: 'server_closed' | 'not_restorable'): void;
  onError(session: LiveSession, error: Error): void;
}

const PRIMING_SINCE = '2025-11-25';
const NO_BATCHES_SINCE = '2025-06-18';
const LISTS = ['tools', 'resources', 'prompts'] as const;

/** A session with its server in this process: messages go in here, and come out at exchanges and streams. */
export class LiveSession implements ServedSession, ExchangeContext, StreamContext {
  readonly record: SessionRecord;
  readonly log: SessionLog | undefined;
  readonly streams: SessionStreams;
  /** Digest of the token of the session's last exchange: what a removed token is recognised by. */
  tokenDigest: string | undefined;
  /** The server it uses, by its key in `TenantServers`. */
  serverKey: string | undefined;
  /** Whether its client has been told of it. */
  opened = false;
  readonly #services: SessionServices;
  readonly #servers: SessionServers;
  /** Exchanges that wait for a server to be built. */
  readonly #waiting = new Set<ResponseSink>();
  readonly #pendingSubscriptions: PendingSubscriptions = new Set();
  #ended = false;

  constructor(record: SessionRecord, services: SessionServices) {
    this.record = record;
    this.#services = services;
    this.#servers = new SessionServers(this, services.connect);
    this.log = services.eventLog && new SessionLog(services.eventLog, record.id, (error) => this.onError(error));
    this.streams = new SessionStreams(this);
  }

  get sessionId(): string {
    return this.record.id;
  }

  get client(): SessionRecord {
    return this.record;
  }

  get keepAlive(): KeepAlive {
    return this.#services.keepAlive;
  }

  get retryMs(): number {
    return this.#services.retryMs;
  }

  get primeStreams(): boolean {
    return this.log !== undefined && this.record.protocolVersion >= PRIMING_SINCE;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether nothing goes on: no call is in flight, no stream is open, and no client waits for a server to be built. */
  get idle(): boolean {
    const waitedFor = [...this.#waiting].some(({ closed }) => !closed);
    return !waitedFor && !this.#servers.busy && this.streams.attachedCount === 0;
  }

  /** Notes that the session is in use, and by which token. */
  use({ tokenDigest }: Identity): void {
    this.tokenDigest = tokenDigest;
    this.touch();
  }

  /** Notes that the session is in use. */
  touch(): void {
    this.record.lastSeenAt = Date.now();
  }

  /** Builds the session's first server and lets it answer the client's `initialize`. */
  async open(identity: Identity, extra: MessageExtraInfo, sink: ResponseSink): Promise<InitializeResult> {
    this.use(identity);
    return this.#whileWaiting(sink, this.#servers.open(identity, extra));
  }

  /** Takes the messages of one POST; what the server answers goes to `sink`. */
  async post(batch: MessageBatch, identity: Identity, extra: MessageExtraInfo, sink: ResponseSink): Promise<void> {
    this.#assertBatchAllowed(batch);
    this.use(identity);
    const requests = batch.messages.filter(isRequest).length;
    if (requests === 0) {
      for (const message of batch.messages) this.#deliver(message, extra);
      return sink.answer(202, undefined, []);
    }
    const transport = await this.#whileWaiting(sink, this.#currentTransport(identity, extra));
    const exchange = new Exchange(this, sink, requests, batch.isArray);
    const extraOfRequests = this.#withPolling(extra, exchange);
    for (const message of batch.messages) {
      if (!isRequest(message)) this.#deliver(message, extra);
      else if (asksTooMuch(message, this.record, this.#pendingSubscriptions))
        exchange.respond(tooManySubscriptions(message));
      else transport.request(message, exchange, extraOfRequests);
    }
  }

  /**
   * The next message is for a server of the current factory, calls in flight stay with the old one. The client is told that its
   * lists may have changed.
   */
  replaceServer(): void {
    this.#servers.outdate();
    for (const list of LISTS) {
      if (this.record.serverCapabilities[list] === undefined) continue;
      this.streams.standalone.send(JSON.stringify({ jsonrpc: '2.0', method: `notifications/${list}/list_changed` }));
    }
  }

  /** Ends everything: calls are aborted and answered with an error, streams end. */
  end(): void {
    this.#ended = true;
    this.#servers.close();
    this.streams.endAll();
  }

  observe(request: JSONRPCRequest): CallObserver | undefined {
    if (request.method === 'tools/call') return this.#services.observeToolCall(this, request);
    return observeRecordChange(request, this.record, this.#pendingSubscriptions);
  }

  onSettled(): void {
    this.touch();
    this.#servers.closeFinished();
  }

  onServerClosed(transport: SessionTransport): void {
    const [current] = this.#servers.transports;
    if (!this.#ended && current === transport) this.#services.onBroken(this, 'server_closed');
    else this.#servers.closeFinished();
  }

  onError(error: Error): void {
    this.#services.onError(this, error);
  }

  onIntroduced({ protocolVersion, serverInfo, capabilities }: InitializeResult, outdated: boolean): void {
    this.record.protocolVersion = protocolVersion;
    this.record.serverInfo = serverInfo;
    this.record.serverCapabilities = capabilities;
    this.#services.onServerBuilt(this, outdated);
  }

  async #whileWaiting<Result>(sink: ResponseSink, result: Promise<Result>): Promise<Result> {
    this.#waiting.add(sink);
    try {
      return await result;
    } finally {
      this.#waiting.delete(sink);
    }
  }

  /** A server that was replaced keeps what it was asked: answers and cancellations go to the one they concern. */
  #deliver(message: JSONRPCMessage, extra: MessageExtraInfo): void {
    if ('method' in message && message.method === 'notifications/initialized') this.record.initialized = true;
    const cancelled = 'method' in message && message.method === 'notifications/cancelled';
    let delivered = false;
    for (const transport of this.#servers.transports) {
      if (delivered && !cancelled) break;
      delivered = transport.receive(message, extra) || delivered;
    }
    if (!delivered && !('method' in message))
      this.onError(new Error('The client answered a request that is not in flight'));
  }

  async #currentTransport(identity: Identity, extra: MessageExtraInfo): Promise<SessionTransport> {
    try {
      return await this.#servers.current(identity, extra);
    } catch (error) {
      if (!(error instanceof NotRestorableError)) throw error;
      this.#services.onBroken(this, 'not_restorable');
      throw sessionNotFound(error);
    }
  }

  #assertBatchAllowed({ isArray }: MessageBatch): void {
    const { protocolVersion } = this.record;
    if (!isArray || protocolVersion < NO_BATCHES_SINCE) return;
    throw new TenancyError('invalid_request', `Invalid Request: Protocol version ${protocolVersion} has no batches`);
  }

  /** Lets handlers end a connection that the client will resume (MCP 2025-11-25: polling). */
  #withPolling(extra: MessageExtraInfo, exchange: Exchange): MessageExtraInfo {
    if (!this.primeStreams) return extra;
    return {
      ...extra,
      closeSSEStream: () => exchange.closeConnection(),
      closeStandaloneSSEStream: () => {
        if (this.#ended) return;
        this.streams.standalone.prime();
        this.streams.standalone.detach();
      },
    };
  }
}

function isRequest(message: JSONRPCMessage): message is JSONRPCRequest {
  return 'method' in message && 'id' in message;
}
