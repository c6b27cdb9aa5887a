import { hash } from 'node:crypto';

/** Slots of a cluster that sessions are spread over; part of the layout: it never changes. */
export const BUCKETS = 64;

/** An index of sessions: when they were written, and when their time is over. One script changes both. */
export interface IndexKeys {
  /** Sorted set: sessions by the turn of their last write. */
  readonly turns: string;
  /** Sorted set: sessions by when they expire, ms since the epoch. */
  readonly expiry: string;
}

/** Where a session is. All of these keys share a slot, the bucket's index is of all of its sessions. */
export interface SessionKeys extends IndexKeys {
  /** What the session is called in indexes. */
  readonly part: string;
  readonly bucket: number;
  /** Hash. */
  readonly record: string;
}

/** Where the events of one stream are. Both keys share a slot with the session's. */
export interface EventKeys {
  /** What the stream is called in `streams`. */
  readonly part: string;
  /** Stream. */
  readonly events: string;
  /** Hash: what is known of the session's streams. */
  readonly streams: string;
}

/** Where a token is. All of these keys share a slot, the indexes are of all tokens of the bucket. */
export interface TokenKeys {
  /** String, JSON. */
  readonly token: string;
  /** Sorted set, by name: digests. */
  readonly digests: string;
  /** Sorted set: digests by when their token expires, ms since the epoch. */
  readonly expiry: string;
}

/** The digits of base64url in the order of Redis: tokens are in buckets by the first digit of their digest. */
export const DIGITS = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';

/**
 * The names of keys. What is in braces decides the slot of Redis Cluster, so that all keys of one script share it. A prefix has no braces.
 */
export class Keys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The keys of a session. */
  session(sessionId: string): SessionKeys {
    return this.sessionNamed(keyPart(sessionId));
  }

  /** The keys of the session that indexes call `part`. */
  sessionNamed(part: string): SessionKeys {
    const bucket = bucketOf(part);
    return { part, bucket, record: `${this.#tag(bucket)}:session:${part}`, ...this.bucket(bucket) };
  }

  /** The index of the sessions of a bucket. */
  bucket(bucket: number): IndexKeys {
    return indexUnder(`${this.#tag(bucket)}:sessions`);
  }

  /** The index of the sessions of a tenant. */
  tenant(tenantId: string): IndexKeys {
    return indexUnder(`${this.#prefix}{tenant:${keyPart(tenantId)}}`);
  }

  /** The index of the sessions of a principal. */
  principal(tenantId: string, subject: string): IndexKeys {
    return indexUnder(`${this.#prefix}{principal:${keyPart(JSON.stringify([tenantId, subject]))}}`);
  }

  /** The index of the sessions that were used last with a token. */
  tokenSessions(tokenDigest: string): IndexKeys {
    return indexUnder(`${this.#prefix}{token:${keyPart(tokenDigest)}}`);
  }

  /** The keys of a stream of events. */
  stream(sessionId: string, streamId: string): EventKeys {
    const part = keyPart(streamId);
    return { part, events: this.events(sessionId, part), streams: this.streams(sessionId) };
  }

  /** The events of the stream that is called `part`. */
  events(sessionId: string, part: string): string {
    return `${this.streams(sessionId)}:${part}`;
  }

  /** What is known of a session's streams. */
  streams(sessionId: string): string {
    const part = keyPart(sessionId);
    return `${this.#tag(bucketOf(part))}:events:${part}`;
  }

  /** The keys of a token. */
  token(tokenDigest: string): TokenKeys {
    return { token: `${this.#tokenTag(tokenDigest)}:${tokenDigest}`, ...this.tokens(tokenDigest) };
  }

  /** The index of the tokens whose digests begin with the same digit. */
  tokens(tokenDigest: string): Omit<TokenKeys, 'token'> {
    const tag = this.#tokenTag(tokenDigest);
    return { digests: `${tag}:digests`, expiry: `${tag}:expiry` };
  }

  /** The stream of changes to tokens. */
  get tokenChanges(): string {
    return `${this.#prefix}token-changes`;
  }

  /** What says that a process lives: its lease. */
  process(processId: string): string {
    return `${this.#prefix}process:${processId}`;
  }

  /** The channel of what a process is told. A process that has lapsed is told by the same. */
  processChannel(processId: string): string {
    return this.process(processId.replace(/\..*$/, ''));
  }

  /** The channel of what a process says to itself, which every process that lives listens to. */
  beatChannel(processId: string): string {
    return `${this.processChannel(processId)}:beats`;
  }

  /** The channel of what all processes are told. */
  get fleetChannel(): string {
    return `${this.#prefix}processes`;
  }

  /** What the keys of rates begin with. */
  get rates(): string {
    return `${this.#prefix}rate`;
  }

  #tag(bucket: number): string {
    return `${this.#prefix}{sessions:${bucket}}`;
  }

  #tokenTag(tokenDigest: string): string {
    return `${this.#prefix}{tokens:${tokenDigest.charAt(0)}}`;
  }
}

/** A text as a part of a key: distinct texts have distinct parts, of ASCII letters and digits and at most 64 of them. */
export function keyPart(text: string): string {
  return /^[\w-]{1,64}$/.test(text) ? text : `%${hash('sha256', JSON.stringify(text), 'base64url')}`;
}

/** What keys begin with. Throws a `TypeError` for a prefix that would change the slots of keys. */
export function readKeyPrefix(keyPrefix: unknown = 'mcp-tenancy:'): string {
  if (typeof keyPrefix === 'string' && /^[\x21-\x7e]*$/.test(keyPrefix) && !/[{}]/.test(keyPrefix)) return keyPrefix;
  throw new TypeError('keyPrefix must be visible ASCII characters without braces');
}

function indexUnder(name: string): IndexKeys {
  return { turns: `${name}:turns`, expiry: `${name}:expiry` };
}

/** FNV-1a: quick, even, and the same everywhere. */
function bucketOf(part: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < part.length; index += 1) value = Math.imul(value ^ part.charCodeAt(index), 0x01000193);
  return (value >>> 0) % BUCKETS;
}
