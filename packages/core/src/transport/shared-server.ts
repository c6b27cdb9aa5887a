import { AsyncLocalStorage } from 'node:async_hooks';
import type {
  JSONRPCMessage,
  JSONRPCNotification,
  JSONRPCRequest,
  JSONRPCResponse,
  RequestId,
} from '../protocol/json-rpc.ts';
import {
  type InitializeResult,
  LATEST_SESSION_REVISION,
  LOG_LEVELS,
  SESSION_REVISIONS,
} from '../protocol/lifecycle.ts';
import type { McpServerInstance } from '../protocol/server-instance.ts';
import type { MessageExtraInfo, SendOptions, Transport } from '../protocol/transport.ts';
import { wants } from './client-state.ts';
import type { ScopeChallengeResolver } from './scope-challenges.ts';
import { SessionTransport, type TransportContext } from './session-transport.ts';
import type { ToolsListCache } from './tools-list-cache.ts';

const LIST_CHANGED = /^notifications\/(tools|prompts|resources)\/list_changed$/;
const DELIVERED = Promise.resolve();

/**
 * One server instance behind any number of sessions. The instance itself knows one client, so it is told of one without
 * capabilities, and everything that differs between clients is kept out here: ids, capabilities, log levels, and whom a message is for.
 */
export class SharedServer implements Transport {
  onmessage?: NonNullable<Transport['onmessage']>;
  onclose?: () => void;
  onerror?: (error: Error) => void;

  readonly #server: McpServerInstance;
  readonly #toolsList: ToolsListCache | undefined;
  #lastId = 0;
  readonly #nextId = () => {
    this.#lastId += 1;
    return this.#lastId;
  };
  #resolver: ScopeChallengeResolver | undefined;
  readonly #sessions = new Set<SessionTransport>();
  /** Which session each request in flight belongs to. */
  readonly #owners = new Map<RequestId, SessionTransport>();
  /** The session on whose behalf a handler runs. */
  readonly #current = new AsyncLocalStorage<SessionTransport>();
  #initialized: Promise<InitializeResult> | undefined;
  #initializing: ((response: JSONRPCResponse) => void) | undefined;

  /** @param toolsList - where the instance's list of tools is kept, if its owner wants that. */
  constructor(server: McpServerInstance, toolsList?: ToolsListCache) {
    this.#server = server;
    this.#toolsList = toolsList;
  }

  /** The session whose message is being dispatched: the SDK reads it then, synchronously. */
  get sessionId(): string | undefined {
    return this.#current.getStore()?.sessionId;
  }

  /** SDK v2 tells by it which scopes the instance asks for: the same of every session. */
  setScopeChallengeResolver(resolver: ScopeChallengeResolver): void {
    this.#resolver = resolver;
  }

  /** A transport for one more session. */
  async connect(context: TransportContext): Promise<SessionTransport> {
    this.#initialized ??= this.#initialize();
    const result = await this.#initialized.catch(async (error: unknown) => {
      this.#initialized = undefined;
      await this.#server.close();
      throw error;
    });
    const session = new SessionTransport(context, this.#toolsList, this.#nextId);
    session.onmessage = (message, extra) => this.#receive(session, message, extra, result);
    session.onclose = () => this.#detach(session);
    if (this.#resolver !== undefined) session.setScopeChallengeResolver(this.#resolver);
    this.#sessions.add(session);
    return session;
  }

  async start(): Promise<void> {}

  async close(): Promise<void> {
    for (const session of [...this.#sessions]) await session.close();
    this.#initialized = undefined;
    this.onclose?.();
  }

  /** Disconnects the instance from all sessions, and leaves it free for another use. */
  async disconnect(): Promise<void> {
    await this.#server.close();
  }

  send(message: JSONRPCMessage, options?: SendOptions): Promise<void> {
    if (!('method' in message)) return this.#sendResponse(message);
    if (message.method === 'notifications/tools/list_changed') this.#toolsList?.drop();
    if (LIST_CHANGED.test(message.method)) return this.#broadcast(message, () => true);
    const { relatedRequestId } = options ?? {};
    const session = relatedRequestId === undefined ? this.#current.getStore() : this.#owners.get(relatedRequestId);
    if (message.method === 'notifications/resources/updated') {
      return this.#broadcast(message, ({ client }) => wants(client, message));
    }
    if (session === undefined && relatedRequestId !== undefined) return tooLate(message);
    if (message.method === 'notifications/message' && session === undefined) {
      return this.#broadcast(message, (candidate) => wants(candidate.client, message));
    }
    if (session !== undefined) return wants(session.client, message) ? session.send(message, options) : DELIVERED;
    return Promise.reject(
      new Error(
        `A shared server can send ${message.method} only while it handles a request: use createServer instead of server`,
      ),
    );
  }

  /** One handshake for all clients. Without capabilities, the instance's own methods refuse what a client may not support. */
  async #initialize(): Promise<InitializeResult> {
    await this.#server.connect(this);
    const response = await new Promise<JSONRPCResponse>((resolve) => {
      this.#initializing = resolve;
      const params = {
        protocolVersion: LATEST_SESSION_REVISION,
        capabilities: {},
        clientInfo: { name: 'shared', version: '1' },
      };
      this.onmessage?.({ jsonrpc: '2.0', id: this.#nextId(), method: 'initialize', params });
    });
    this.#initializing = undefined;
    if ('error' in response) throw new Error(`The shared server refused to initialize: ${response.error.message}`);
    this.onmessage?.({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return response.result as InitializeResult;
  }

  #receive(
    session: SessionTransport,
    message: JSONRPCMessage,
    extra: MessageExtraInfo | undefined,
    result: InitializeResult,
  ): void {
    if ('method' in message) {
      if (message.method === 'notifications/initialized') return;
      if ('id' in message) {
        const answer = answerFor(message, result);
        if (answer !== undefined) {
          void session.send({ jsonrpc: '2.0', id: message.id, ...answer });
          return;
        }
        this.#owners.set(message.id, session);
      } else if (message.method === 'notifications/cancelled') {
        this.#owners.delete(message.params?.requestId as RequestId);
      }
    }
    this.#current.run(session, () => this.onmessage?.(message, extra));
  }

  #sendResponse(message: JSONRPCResponse): Promise<void> {
    if (this.#initializing !== undefined) {
      this.#initializing(message);
      return DELIVERED;
    }
    const id = message.id as RequestId;
    const session = this.#owners.get(id);
    this.#owners.delete(id);
    return session?.send(message) ?? DELIVERED;
  }

  async #broadcast(message: JSONRPCMessage, isFor: (session: SessionTransport) => boolean): Promise<void> {
    for (const session of this.#sessions) if (isFor(session)) await session.send(message);
  }

  /** A session has ended: its calls are aborted, the others notice nothing. */
  #detach(session: SessionTransport): void {
    this.#sessions.delete(session);
    for (const [requestId, owner] of this.#owners) {
      if (owner !== session) continue;
      this.#owners.delete(requestId);
      this.onmessage?.({
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId, reason: 'Session ended' },
      });
    }
  }
}

/** What the instance must not be asked, because it holds one answer for all clients. */
function answerFor(
  message: JSONRPCRequest,
  initialized: InitializeResult,
): { result: InitializeResult | Record<string, never> } | { error: { code: number; message: string } } | undefined {
  if (message.method === 'initialize') {
    const requested = String(message.params?.protocolVersion);
    const protocolVersion = SESSION_REVISIONS.includes(requested) ? requested : LATEST_SESSION_REVISION;
    return { result: { ...initialized, protocolVersion } };
  }
  if (message.method === 'logging/setLevel' && initialized.capabilities.logging !== undefined) {
    if (LOG_LEVELS.some((level) => level === message.params?.level)) return { result: {} };
    return { error: { code: -32602, message: `Invalid params: level must be one of ${LOG_LEVELS.join(', ')}` } };
  }
  return undefined;
}

/**
 * A message that belongs to a request which has been answered: whose it was is not known any more, and the code that sends it may run on
 * behalf of another session. A notification is lost, a request is refused.
 */
function tooLate(message: JSONRPCRequest | JSONRPCNotification): Promise<void> {
  return 'id' in message ? Promise.reject(new Error('The request it belongs to has been answered')) : DELIVERED;
}
