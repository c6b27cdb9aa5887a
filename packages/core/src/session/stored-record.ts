import type { ClientCapabilities, Implementation, LoggingLevel, ServerCapabilities } from '../protocol/lifecycle.ts';
import type { KeptPosition } from '../transport/stream-position.ts';
import type { SessionRecord } from './session-record.ts';
import type { StoredSession } from './session-store.ts';

/** A record as stores keep it. */
export function storedFromRecord(record: SessionRecord): StoredSession {
  return stored(record, stateOf(record));
}

/** The state of an outline. */
export const OUTLINE = '';

/** What stores look at of a record, and nothing else: for who has the record itself. */
export function outlineOf(record: SessionRecord): StoredSession {
  return stored(record, OUTLINE);
}

function stored({ id, principal, tokenDigest, lastSeenAt }: SessionRecord, state: string): StoredSession {
  const { tenantId, subject } = principal;
  return { id, tenantId, subject, ...(tokenDigest && { tokenDigest }), lastSeenAt, state };
}

/** What a record holds beside the fields that stores look at. */
type State = Omit<SessionRecord, 'id' | 'principal' | 'tokenDigest' | 'lastSeenAt'>;

/** The state as JSON. Its fields are named: to copy those that are left over takes longer than to write them. */
function stateOf(record: SessionRecord): string {
  const state: { [Field in keyof State]-?: State[Field] | undefined } = {
    clientInfo: record.clientInfo,
    clientCapabilities: record.clientCapabilities,
    protocolVersion: record.protocolVersion,
    serverInfo: record.serverInfo,
    serverCapabilities: record.serverCapabilities,
    initialized: record.initialized,
    logLevel: record.logLevel,
    subscriptions: record.subscriptions,
    standalone: record.standalone,
    announced: record.announced,
    createdAt: record.createdAt,
  };
  return JSON.stringify(state);
}

/**
 * The record that a store has kept. Throws a `TypeError` where it is none: it was written by somebody else, or damaged. What only matters to a
 * server is left for the server to judge, when the session's handshake is replayed.
 */
export function recordFromStored(stored: StoredSession): SessionRecord {
  const { id, tenantId, subject, tokenDigest, lastSeenAt, state } = stored;
  const { logLevel, ...value } = JSON.parse(state);
  return {
    id,
    principal: { tenantId, subject },
    tokenDigest,
    clientInfo: read<Implementation>(value, 'clientInfo', isImplementation),
    clientCapabilities: read<ClientCapabilities>(value, 'clientCapabilities', isObject),
    protocolVersion: read<string>(value, 'protocolVersion', isString),
    serverInfo: read<Implementation>(value, 'serverInfo', isImplementation),
    serverCapabilities: read<ServerCapabilities>(value, 'serverCapabilities', isObject),
    initialized: read<boolean>(value, 'initialized', (field) => typeof field === 'boolean'),
    ...(logLevel !== undefined && { logLevel: read<LoggingLevel>({ logLevel }, 'logLevel', isString) }),
    subscriptions: read<string[]>(value, 'subscriptions', isStrings),
    announced: value.announced === true,
    standalone: read<KeptPosition>(value, 'standalone', isKeptPosition),
    createdAt: read<number>(value, 'createdAt', Number.isSafeInteger),
    lastSeenAt,
  };
}

function read<Value>(state: Record<string, unknown>, name: string, is: (field: unknown) => boolean): Value {
  const field = state[name];
  if (!is(field)) throw new TypeError(`The record of a session has no valid ${name}`);
  return field as Value;
}

function isString(field: unknown): boolean {
  return typeof field === 'string';
}

function isStrings(field: unknown): boolean {
  return Array.isArray(field) && field.every(isString);
}

function isObject(field: unknown): boolean {
  return typeof field === 'object' && field !== null && !Array.isArray(field);
}

function isImplementation(field: unknown): boolean {
  const { name, version } = Object(field);
  return isString(name) && isString(version);
}

function isKeptPosition(field: unknown): boolean {
  const { streamId, last, written, exact } = Object(field);
  return (
    isString(streamId) && Number.isSafeInteger(last) && Number.isSafeInteger(written) && typeof exact === 'boolean'
  );
}
