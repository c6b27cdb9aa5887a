import type { JSONRPCRequest } from '../protocol/json-rpc.ts';
import type { LoggingLevel } from '../protocol/lifecycle.ts';
import type { CallObserver } from '../transport/tool-calls.ts';
import type { SessionRecord } from './session-record.ts';

/** What a client can make a record hold: URIs, characters of each, and characters of all. */
const MAX_SUBSCRIPTIONS = 1_000;
const MAX_URI_LENGTH = 8_192;
const MAX_LENGTH = 131_072;

/** The URIs that a session has asked to subscribe to and has no answer for. */
export type PendingSubscriptions = Set<string>;

/** Whether a request would make the record hold more than it may, once all that is pending is agreed to. */
export function asksTooMuch(
  { method, params }: JSONRPCRequest,
  { subscriptions }: SessionRecord,
  pending: PendingSubscriptions,
): boolean {
  if (method !== 'resources/subscribe') return false;
  const uri = params?.uri;
  if (typeof uri !== 'string') return false;
  if (uri.length > MAX_URI_LENGTH) return true;
  const all = new Set([...subscriptions, ...pending]).add(uri);
  const length = [...all].reduce((sum, subscribed) => sum + subscribed.length, 0);
  return all.size > MAX_SUBSCRIPTIONS || length > MAX_LENGTH;
}

/** The refusal of such a request, as JSON. */
export function tooManySubscriptions({ id }: JSONRPCRequest): string {
  const message = `A session may have ${MAX_SUBSCRIPTIONS} subscriptions, to URIs of ${MAX_URI_LENGTH} characters`;
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32602, message } });
}

/** Follows a request that changes what the record must hold, and tells of the change; what the server does not agree to is not kept. */
export function observeRecordChange(
  request: JSONRPCRequest,
  record: SessionRecord,
  pending: PendingSubscriptions,
  onChanged: () => void,
): CallObserver | undefined {
  const { method, params } = request;
  const uri = typeof params?.uri === 'string' ? params.uri : '';
  switch (method) {
    case 'logging/setLevel':
      return whenAgreed(() => {
        record.logLevel = params?.level as LoggingLevel;
        onChanged();
      });
    case 'resources/subscribe':
      return observeSubscription(record, pending, uri, onChanged);
    case 'resources/unsubscribe':
      return whenAgreed(() => {
        record.subscriptions = record.subscriptions.filter((subscribed) => subscribed !== uri);
        onChanged();
      });
    default:
      return undefined;
  }
}

function observeSubscription(
  record: SessionRecord,
  pending: PendingSubscriptions,
  uri: string,
  onChanged: () => void,
): CallObserver {
  pending.add(uri);
  return whenAgreed(
    () => {
      pending.delete(uri);
      if (record.subscriptions.includes(uri)) return;
      record.subscriptions.push(uri);
      onChanged();
    },
    () => pending.delete(uri),
  );
}

function whenAgreed(change: () => void, otherwise: () => unknown = () => {}): CallObserver {
  return {
    answered: (response) => {
      if ('result' in response) change();
      else otherwise();
    },
    abandoned: () => {
      otherwise();
    },
  };
}
