import type { JSONRPCErrorResponse } from '../protocol/json-rpc.ts';
import type { InitializeResult } from '../protocol/lifecycle.ts';
import type { MessageExtraInfo } from '../protocol/transport.ts';
import type { SessionTransport } from '../transport/session-transport.ts';
import type { SessionRecord } from './session-record.ts';

/** The session cannot go on with a server that refuses it, or speaks another revision than the client was told. */
export class NotRestorableError extends Error {}

/** A server refused `initialize`: what it said is its answer to the client. */
export class InitializeRefusedError extends Error {
  readonly error: JSONRPCErrorResponse['error'];

  constructor(error: JSONRPCErrorResponse['error']) {
    super(`The server refused to initialize: ${error.message}`);
    this.error = error;
  }
}

/**
 * Brings a fresh server to where the record says its session is, through the protocol alone: the handshake, the log level and the
 * subscriptions are sent to it as the client once sent them. Not restored are calls in flight and what handlers keep in closures.
 * The client hears nothing of it. Rejects with {@link NotRestorableError}.
 */
export async function replayHandshake(
  transport: SessionTransport,
  record: SessionRecord,
  extra: MessageExtraInfo,
): Promise<InitializeResult> {
  return transport.muted(async () => {
    const introduction = await initialize(transport, record, extra).catch((error: Error) => {
      throw error instanceof InitializeRefusedError ? new NotRestorableError(error.message) : error;
    });
    if (introduction.protocolVersion !== record.protocolVersion) {
      throw new NotRestorableError(`The new server does not speak ${record.protocolVersion}`);
    }
    const announced = record.initialized;
    if (announced) await announceInitialized(transport, extra);
    if (record.logLevel !== undefined) await transport.ask('logging/setLevel', { level: record.logLevel }, extra);
    for (const uri of record.subscriptions) await transport.ask('resources/subscribe', { uri }, extra);
    // The client may have said so meanwhile.
    if (record.initialized && !announced) await announceInitialized(transport, extra);
    return introduction;
  });
}

/** Sends `initialize` to a server in the client's name. Rejects with {@link InitializeRefusedError}. */
export async function initialize(
  transport: SessionTransport,
  { protocolVersion, clientCapabilities: capabilities, clientInfo }: SessionRecord,
  extra: MessageExtraInfo,
): Promise<InitializeResult> {
  const response = await transport.ask('initialize', { protocolVersion, capabilities, clientInfo }, extra);
  if ('error' in response) throw new InitializeRefusedError(response.error);
  return response.result as InitializeResult;
}

/** Returns when the server's `oninitialized` has run, and what it sent at once is out. */
async function announceInitialized(transport: SessionTransport, extra: MessageExtraInfo): Promise<void> {
  transport.receive({ jsonrpc: '2.0', method: 'notifications/initialized' }, extra);
  await new Promise((resolve) => setImmediate(resolve));
}
