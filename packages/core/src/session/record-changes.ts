import type { JSONRPCRequest, LoggingLevel } from '@modelcontextprotocol/sdk/types.js';
import type { CallObserver } from '../transport/tool-calls.ts';
import type { SessionRecord } from './session-record.ts';

/** What a client can make a record hold: URIs, and characters of each. */
const MAX_SUBSCRIPTIONS = 1_000;
const MAX_URI_LENGTH = 8_192;

/** Whether a request would make the record hold more than it may. */
export function asksTooMuch({ method, params }: JSONRPCRequest, { subscriptions }: SessionRecord): boolean {
  if (method !== 'resources/subscribe') return false;
  return subscriptions.length >= MAX_SUBSCRIPTIONS || String(params?.uri).length > MAX_URI_LENGTH;
}

/** The refusal of such a request, as JSON. */
export function tooManySubscriptions({ id }: JSONRPCRequest): string {
  const message = `A session may have ${MAX_SUBSCRIPTIONS} subscriptions, to URIs of ${MAX_URI_LENGTH} characters`;
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32602, message } });
}

/** Follows a request that changes what the record must hold, and writes it there once the server has agreed. */
export function observeRecordChange(request: JSONRPCRequest, record: SessionRecord): CallObserver | undefined {
  const change = changeOf(request, record);
  if (change === undefined) return undefined;
  return {
    answered: (response) => {
      if ('result' in response) change();
    },
    abandoned: () => {},
  };
}

function changeOf({ method, params }: JSONRPCRequest, record: SessionRecord): (() => void) | undefined {
  const uri = String(params?.uri);
  const others = () => record.subscriptions.filter((subscribed) => subscribed !== uri);
  switch (method) {
    case 'logging/setLevel':
      return () => {
        record.logLevel = params?.level as LoggingLevel;
      };
    case 'resources/subscribe':
      return () => {
        record.subscriptions = [...others(), uri];
      };
    case 'resources/unsubscribe':
      return () => {
        record.subscriptions = others();
      };
    default:
      return undefined;
  }
}
