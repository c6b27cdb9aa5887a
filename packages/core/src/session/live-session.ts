import { sessionNotFound, shuttingDown } from '../errors.ts';
import type { Identity } from '../identity/authenticate.ts';
import { isRequest, type JSONRPCMessage, type JSONRPCNotification, type JSONRPCRequest } from '../protocol/json-rpc.ts';
import type { InitializeResult } from '../protocol/lifecycle.ts';
import type { MessageExtraInfo } from '../protocol/transport.ts';
import type { MessageBatch } from '../request/read-messages.ts';
import type { PrincipalUsage } from '../tenant/principal-usage.ts';
import { type CallerRequest, extraOf } from '../transport/caller-request.ts';
import { wants } from '../transport/client-state.ts';
import { Exchange, type ExchangeContext } from '../transport/exchange.ts';
import type { KeepAlive } from '../transport/keep-alive.ts';
import { resultAsJson } from '../transport/responses.ts';
import { SessionLog } from '../transport/session-log.ts';
import { SessionStreams, type SessionStreamsContext } from '../transport/session-streams.ts';
import type { SessionTransport } from '../transport/session-transport.ts';
import type { StreamPosition } from '../transport/stream-position.ts';
import type { CallObserver } from '../transport/tool-calls.ts';
import { assertBatchAllowed, isForServer, isInitialized, listChanges } from './message-kinds.ts';
import { withPolling } from './polling.ts';
import { NotRestorableError } from './rebuild.ts';
import { RecordChanges } from './record-changes.ts';
import { noteIntroduction, type SessionRecord } from './session-record.ts';
import { type ServedSession, SessionServers } from './session-servers.ts';
import type { SessionServices } from './session-services.ts';
import type { Awaitable } from './session-store.ts';
import { WaitingClients } from './waiting-clients.ts';

const PRIMING_SINCE = '2025-11-25';
const ENDED = sessionNotFound();
const RELEASED = shuttingDown();

/** A session with its server in this process: messages go in here, and come out at exchanges and streams. */
export class LiveSession implements ServedSession, ExchangeContext, SessionStreamsContext {
  readonly record: SessionRecord;
  readonly log: SessionLog | undefined;
  readonly streams: SessionStreams;
  readonly keepAlive: KeepAlive;
  readonly retryMs: number;
  /** Whether its client has been told of it. */
  opened: boolean;
  /** When it was last in use, as far as its store knows; ms since the epoch. */
  keptSeenAt: number;
  /** What its principal has going on. */
  readonly usage: PrincipalUsage;
  readonly #services: SessionServices;
  readonly #servers: SessionServers;
  readonly waiting: WaitingClients;
  readonly #changes: RecordChanges;
  #state: 'present' | 'ended' | 'released' = 'present';

  /** @param parked - whether it only lacks a server. */
  constructor(record: SessionRecord, usage: PrincipalUsage, services: SessionServices, parked: boolean) {
    this.record = record;
    this.opened = parked;
    this.keptSeenAt = record.lastSeenAt;
    this.usage = usage;
    this.#services = services;
    this.keepAlive = services.keepAlive;
    this.retryMs = services.retryMs;
    this.waiting = new WaitingClients(() => services.onSettled());
    this.#servers = new SessionServers(this, services.connect, parked);
    this.#changes = new RecordChanges(record, services.save);
    this.log = services.eventLog && new SessionLog(services.eventLog, record.id, (error) => this.onError(error));
    this.streams = new SessionStreams(this);
  }

  get sessionId(): string {
    return this.record.id;
  }

  get client(): SessionRecord {
    return this.record;
  }

  get standalone(): StreamPosition {
    return this.record.standalone;
  }

  get primeStreams(): boolean {
    return this.log !== undefined && this.record.protocolVersion >= PRIMING_SINCE;
  }

  /** Whether it is in this process still. */
  get present(): boolean {
    return this.#state === 'present';
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  get released(): boolean {
    return this.#state === 'released';
  }

  /** Whether a call is in flight, or a client waits for a server to be built, or for its request by which the session was resumed. */
  get busy(): boolean {
    return this.#servers.busy || this.waiting.any;
  }

  /** Whether nothing goes on: it is not {@link busy}, and no stream is open. */
  get idle(): boolean {
    return !this.busy && this.streams.attachedCount === 0;
  }

  /** Whether it has no server yet, or none any more. */
  get bare(): boolean {
    return this.#servers.none;
  }

  /** Whether its server can be let go of: nothing goes on, and nobody waits for the client. */
  get parkable(): boolean {
    return this.opened && this.idle && !this.#servers.asking;
  }

  touch(): void {
    this.record.lastSeenAt = Date.now();
  }

  /** What answers the client's `initialize`, as JSON: what its server says, or at once what another has said, where servers wait to be needed. */
  open(request: CallerRequest): Awaitable<string> {
    this.#use(request.identity);
    const known = this.#services.introductions?.known(this.record);
    if (known === undefined) return this.#introduce(request);
    this.#servers.startLater();
    noteIntroduction(this.record, known.result);
    return known.json;
  }

  /** Takes the messages of one POST; what the server answers goes to the request's sink. */
  post(batch: MessageBatch, request: CallerRequest): void | Promise<void> {
    assertBatchAllowed(batch, this.record);
    this.#use(request.identity);
    if (batch.requestIds.length === 0) return this.#postWithoutRequests(batch, request);
    const extra = extraOf(request);
    this.usage.startCalls(batch.requestIds.length, request.limits.maxCalls);
    const { ready } = this.#servers;
    if (ready?.asksForScopes === false) return this.#postRequests(ready, batch, request, extra);
    const server = this.#serverFor(request, extra, batch.messages);
    return server.then((transport) => this.#postRequests(transport, batch, request, extra));
  }

  /** Opens the stream of a GET, or carries on the one that `Last-Event-ID` names; a parked session gets its server first. */
  async openStream(request: CallerRequest, named: string | undefined): Promise<void> {
    const { identity, limits, sink } = request;
    this.#use(identity);
    const lastEventId = this.log === undefined ? undefined : named;
    this.usage.addStream(sink, this.streams.carrierOf(lastEventId), limits.maxStreams);
    if (this.#servers.missing) await this.#serverFor(request, extraOf(request));
    const onOpened = () => this.#services.onStreamOpened(this.record, sink);
    await this.waiting.during(sink, this.streams.open(sink, lastEventId, onOpened));
  }

  /**
   * The next message is for a server of the current factory, calls in flight stay with the old one. The client is told that its
   * lists may have changed.
   */
  replaceServer(): void {
    this.#servers.outdate();
    if (this.record.announced) return;
    this.record.announced = true;
    for (const change of listChanges(this.record)) this.notify(change);
  }

  /** Sends its client a notification, unless it has asked not to get it; `false` then. */
  notify(notification: JSONRPCNotification): boolean {
    if (!wants(this.record, notification)) return false;
    this.streams.standalone.send(JSON.stringify(notification));
    return true;
  }

  /** Ends the connections that were opened with this token, and those that are about to be; the streams go on. */
  detachByToken(tokenDigest: string): void {
    this.waiting.revoke(tokenDigest);
    this.streams.detachByToken(tokenDigest);
  }

  /** Ends everything: calls are aborted and answered with an error, streams end. */
  end(): void {
    this.#state = 'ended';
    this.#servers.close(ENDED);
    this.streams.abortAll(ENDED);
    this.log?.forget();
  }

  /** Lets go of server and streams; the record and the events stay, for the session to go on with. */
  release(): void {
    this.#state = 'released';
    this.streams.hangUp();
    this.#servers.close(RELEASED);
    this.streams.abortAll(RELEASED);
  }

  observe(request: JSONRPCRequest): CallObserver | undefined {
    if (request.method === 'tools/call') return this.#services.observeToolCall(this.record, request);
    return this.#changes.observe(request);
  }

  noticeLapse(): void {
    this.#services.isHeld();
  }

  onSettled(): void {
    this.touch();
    this.#servers.closeFinished();
    this.#services.onSettled();
  }

  onExchangeDone(requests: number): void {
    this.usage.endCalls(requests);
  }

  onStandaloneUsed(): void {
    if (!this.record.standalone.exact) return;
    this.record.standalone.exact = false;
    void this.#services.save(this.record);
  }

  onServerClosed(transport: SessionTransport): void {
    const [current] = this.#servers.transports;
    if (this.present && current === transport) this.#services.onBroken(this.record, 'server_closed');
    else this.#servers.closeFinished();
  }

  onError(error: Error): void {
    this.#services.onError(this.record, error);
  }

  onIntroduced(introduction: InitializeResult, outdated: boolean): void {
    noteIntroduction(this.record, introduction);
    this.record.announced = outdated;
    if (this.opened) void this.#services.save(this.record);
    this.#services.onServerBuilt(this.record, { outdated, rebuilt: this.opened });
  }

  async #introduce(request: CallerRequest): Promise<string> {
    const asked = { ...this.record };
    const result = await this.waiting.forServer(request, this.#servers.open(request.identity, extraOf(request)));
    const json = resultAsJson(result);
    if (this.#servers.ready !== undefined) this.#services.introductions?.keep(asked, { result, json });
    return json;
  }

  /** Notes that the session is in use, and by which token. */
  #use({ tokenDigest }: Identity): void {
    this.touch();
    if (this.record.tokenDigest === tokenDigest) return;
    this.record.tokenDigest = tokenDigest;
    void this.#services.save(this.record);
  }

  #postRequests(to: SessionTransport, batch: MessageBatch, request: CallerRequest, extra: MessageExtraInfo): void {
    const exchange = new Exchange(this, request.sink, batch.requestIds, batch.isArray);
    const extraOfRequests = this.primeStreams ? withPolling(extra, exchange, this.streams) : extra;
    for (const message of batch.messages) {
      const refusal = isRequest(message) ? this.#changes.refusalOf(message) : undefined;
      if (!isRequest(message)) this.#deliver(message, extra);
      else if (refusal !== undefined) exchange.respond(refusal);
      else to.request(message, exchange, extraOfRequests, request.limits.callTimeoutMs);
    }
  }

  async #postWithoutRequests({ messages }: MessageBatch, request: CallerRequest): Promise<void> {
    if (this.#servers.none && messages.some(isForServer)) await this.#serverFor(request, extraOf(request));
    const extra = this.#servers.none ? {} : extraOf(request);
    for (const message of messages) this.#deliver(message, extra);
    if (messages.some(isInitialized)) await this.#services.saveForOthers(this.record);
    request.sink.answer(202, undefined, []);
  }

  #deliver(message: JSONRPCMessage, extra: MessageExtraInfo): void {
    if (isInitialized(message)) this.record.initialized = true;
    if (this.#servers.deliver(message, extra) || 'method' in message) return;
    this.onError(new Error('The client answered a request that is not in flight'));
  }

  /**
   * The transport of a server from the current factory, which is built where there is none. Rejects with `insufficient_scope` where the caller's token does not
   * do for the messages. Requests that get no server are not in flight.
   */
  async #serverFor(request: CallerRequest, extra: MessageExtraInfo, messages: readonly JSONRPCMessage[] = []) {
    const { identity, sink } = request;
    const requests = messages.filter(isRequest);
    try {
      for (;;) {
        const { ready } = this.#servers;
        const transport = ready ?? (await this.waiting.forServer(request, this.#servers.current(identity, extra)));
        const scoped = transport.assertScopes(requests, identity.authInfo);
        if (scoped !== undefined) await this.waiting.during(sink, scoped);
        // It may have been replaced while it took its time to say.
        if (scoped === undefined || !transport.closed) return transport;
      }
    } catch (error) {
      this.onExchangeDone(requests.length);
      if (!(error instanceof NotRestorableError)) throw error;
      this.#services.onBroken(this.record, 'not_restorable', error);
      throw sessionNotFound(error);
    }
  }
}
