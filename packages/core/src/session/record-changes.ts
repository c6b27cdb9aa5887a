import type { JSONRPCRequest } from '../protocol/json-rpc.ts';
import type { LoggingLevel } from '../protocol/lifecycle.ts';
import type { CallObserver } from '../transport/tool-calls.ts';
import type { SessionRecord } from './session-record.ts';

/** What a client can make a record hold: URIs, characters of each, and characters of all. */
const MAX_SUBSCRIPTIONS = 1_000;
const MAX_URI_LENGTH = 8_192;
const MAX_LENGTH = 131_072;

/** What the requests of a client change in the record of its session; what the server does not agree to is not kept. */
export class RecordChanges {
  readonly #record: SessionRecord;
  readonly #save: (record: SessionRecord) => Promise<void>;
  /** The URIs that the client has asked to subscribe to and has no answer for; absent where it has never asked. */
  #pending: Set<string> | undefined;

  /** @param save - keeps the record when it has changed. */
  constructor(record: SessionRecord, save: (record: SessionRecord) => Promise<void>) {
    this.#record = record;
    this.#save = save;
  }

  /** The refusal, as JSON, of a request that would make the record hold more than it may, once all that is pending is agreed to. */
  refusalOf({ id, method, params }: JSONRPCRequest): string | undefined {
    const uri = params?.uri;
    if (method !== 'resources/subscribe' || typeof uri !== 'string' || this.#hasRoomFor(uri)) return undefined;
    const message = `A session may have ${MAX_SUBSCRIPTIONS} subscriptions, to URIs of ${MAX_URI_LENGTH} characters`;
    return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32602, message } });
  }

  /** Follows a request that changes what the record must hold; `undefined` for any other. */
  observe({ method, params }: JSONRPCRequest): CallObserver | undefined {
    const uri = typeof params?.uri === 'string' ? params.uri : '';
    switch (method) {
      case 'logging/setLevel':
        return this.#whenAgreed(() => {
          this.#record.logLevel = params?.level as LoggingLevel;
          return true;
        });
      case 'resources/subscribe':
        return this.#observeSubscription(uri);
      case 'resources/unsubscribe':
        return this.#whenAgreed(() => {
          this.#record.subscriptions = this.#record.subscriptions.filter((subscribed) => subscribed !== uri);
          return true;
        });
      default:
        return undefined;
    }
  }

  #hasRoomFor(uri: string): boolean {
    if (uri.length > MAX_URI_LENGTH) return false;
    const all = new Set([...this.#record.subscriptions, ...(this.#pending ?? [])]).add(uri);
    const length = [...all].reduce((sum, subscribed) => sum + subscribed.length, 0);
    return all.size <= MAX_SUBSCRIPTIONS && length <= MAX_LENGTH;
  }

  #observeSubscription(uri: string): CallObserver {
    this.#pending ??= new Set();
    const pending = this.#pending.add(uri);
    return this.#whenAgreed(
      () => {
        const { subscriptions } = this.#record;
        if (subscriptions.includes(uri)) return false;
        subscriptions.push(uri);
        return true;
      },
      () => pending.delete(uri),
    );
  }

  /** @param change - tells whether anything has changed; @param settled - what is to be done whether the server agrees or not. */
  #whenAgreed(change: () => boolean, settled: () => unknown = () => {}): CallObserver {
    return {
      answered: (response) => {
        settled();
        if ('result' in response && change()) void this.#save(this.#record);
      },
      abandoned: () => {
        settled();
      },
    };
  }
}
