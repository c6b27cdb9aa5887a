import type { JSONRPCRequest, LoggingLevel } from '@modelcontextprotocol/sdk/types.js';
import type { CallObserver } from '../transport/tool-calls.ts';
import type { SessionRecord } from './session-record.ts';

/** What a client can make a record hold: URIs, characters of each, and characters of all. */
const MAX_SUBSCRIPTIONS = 1_000;
const MAX_URI_LENGTH = 8_192;
const MAX_LENGTH = 131_072;

/** Whether a request would make the record hold more than it may. */
export function asksTooMuch({ method, params }: JSONRPCRequest, { subscriptions }: SessionRecord): boolean {
  if (method !== 'resources/subscribe') return false;
  const uri = params?.uri;
  if (typeof uri !== 'string') return false;
  if (uri.length > MAX_URI_LENGTH) return true;
  const length = subscriptions.reduce((sum, subscribed) => sum + subscribed.length, uri.length);
  const full = subscriptions.length >= MAX_SUBSCRIPTIONS || length > MAX_LENGTH;
  return full && !subscriptions.includes(uri);
}

/** The refusal of such a request, as JSON. */
export function tooManySubscriptions({ id }: JSONRPCRequest): string {
  const message = `A session may have ${MAX_SUBSCRIPTIONS} subscriptions, to URIs of ${MAX_URI_LENGTH} characters`;
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32602, message } });
}

/** Follows a request that changes what the record must hold; what the server does not agree to is not kept. */
export function observeRecordChange(request: JSONRPCRequest, record: SessionRecord): CallObserver | undefined {
  const { method, params } = request;
  const uri = typeof params?.uri === 'string' ? params.uri : '';
  switch (method) {
    case 'logging/setLevel':
      return whenAgreed(() => {
        record.logLevel = params?.level as LoggingLevel;
      });
    case 'resources/subscribe':
      return observeSubscription(record, uri);
    case 'resources/unsubscribe':
      return whenAgreed(() => unsubscribe(record, uri));
    default:
      return undefined;
  }
}

/** Kept from the start, so that requests that come at once are counted. */
function observeSubscription(record: SessionRecord, uri: string): CallObserver | undefined {
  if (record.subscriptions.includes(uri)) return undefined;
  record.subscriptions.push(uri);
  return whenAgreed(
    () => {},
    () => unsubscribe(record, uri),
  );
}

function unsubscribe(record: SessionRecord, uri: string): void {
  record.subscriptions = record.subscriptions.filter((subscribed) => subscribed !== uri);
}

function whenAgreed(change: () => void, otherwise: () => void = () => {}): CallObserver {
  return {
    answered: (response) => ('result' in response ? change() : otherwise()),
    abandoned: otherwise,
  };
}
