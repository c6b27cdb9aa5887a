import { randomUUID } from 'node:crypto';
import type { Principal } from '../identity/principal.ts';
import type {
  ClientCapabilities,
  Implementation,
  InitializeResult,
  LoggingLevel,
  ServerCapabilities,
} from '../protocol/lifecycle.ts';
import { createStreamPosition, type KeptPosition } from '../transport/stream-position.ts';

/**
 * A session as plain data, enough to rebuild its server from: the truth about the session. It never holds a token or an
 * `AuthInfo`.
 */
export interface SessionRecord {
  /** From a CSPRNG; visible ASCII. */
  readonly id: string;
  readonly principal: Principal;
  /** Digest of the token of its last exchange: what a removed token is recognised by. */
  tokenDigest: string | undefined;
  readonly clientInfo: Implementation;
  readonly clientCapabilities: ClientCapabilities;
  /** The negotiated protocol revision. */
  protocolVersion: string;
  serverInfo: Implementation;
  serverCapabilities: ServerCapabilities;
  /** Whether the client has sent `notifications/initialized`. */
  initialized: boolean;
  logLevel?: LoggingLevel;
  /** The URIs that the client has subscribed to. */
  subscriptions: string[];
  /** Where the stream for messages that belong to no request is. */
  standalone: KeptPosition;
  /** Whether its client has been told that its server was replaced, and has not asked for anything since. */
  announced?: boolean;
  /** ms since the epoch */
  readonly createdAt: number;
  /** ms since the epoch */
  lastSeenAt: number;
}

/** What a client says of itself in `initialize`. */
export interface ClientIntroduction {
  readonly protocolVersion: string;
  readonly capabilities: ClientCapabilities;
  readonly clientInfo: Implementation;
}

/** Notes what a server has said of itself. */
export function noteIntroduction(record: SessionRecord, introduction: InitializeResult): void {
  const { protocolVersion, serverInfo, capabilities } = introduction;
  record.protocolVersion = protocolVersion;
  record.serverInfo = serverInfo;
  record.serverCapabilities = capabilities;
}

/** The record of a session that is being opened; the server's part follows with its answer. */
export function createSessionRecord(
  principal: Principal,
  tokenDigest: string | undefined,
  client: ClientIntroduction,
): SessionRecord {
  const now = Date.now();
  return {
    id: randomUUID(),
    principal,
    tokenDigest,
    clientInfo: client.clientInfo,
    clientCapabilities: client.capabilities,
    protocolVersion: client.protocolVersion,
    serverInfo: { name: '', version: '' },
    serverCapabilities: {},
    initialized: false,
    subscriptions: [],
    standalone: createStreamPosition(),
    createdAt: now,
    lastSeenAt: now,
  };
}
