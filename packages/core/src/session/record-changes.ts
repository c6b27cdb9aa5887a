import type { JSONRPCRequest, LoggingLevel } from '@modelcontextprotocol/sdk/types.js';
import type { CallObserver } from '../transport/tool-calls.ts';
import type { SessionRecord } from './session-record.ts';

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
