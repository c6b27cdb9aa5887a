import type { TokenChange } from '@mcp-tenancy/core';
import type { RedisConnection } from './connection.ts';
import { LuaScript } from './lua-script.ts';
import { unheard } from './unheard.ts';

/** Changes that are kept for processes that were away. */
const MAX_CHANGES = 10_000;
/** For how long, ms after the last one. */
const KEPT_MS = 3_600_000;
/** Changes that are read at once. */
const PAGE = 1_000;

/** A change is written down, and everybody told to look. `KEYS`: changes. `ARGV`: type, digest, channel. */
const announceChange = new LuaScript<null>(`
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ${MAX_CHANGES}, '*', 'type', ARGV[1], 'digest', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ${KEPT_MS})
redis.call('PUBLISH', ARGV[3], '')
`);

/** Who is told of changes. */
export interface TokenChangeListener {
  onChange(change: TokenChange): void;
  /** Changes may have been missed that nobody can tell of any more. */
  onGap(): void;
}

/**
 * Changes to tokens, in their order, to every process: they are in a stream of Redis, and a message says that there is something new. A process that was away for
 * a while reads what it has missed. It looks by itself now and then, too.
 */
export class TokenChanges {
  readonly #connection: RedisConnection;
  readonly #key: string;
  readonly #listener: TokenChangeListener;
  readonly #unsubscribe: () => void;
  readonly #timer: NodeJS.Timeout;
  /** The last change that is known. */
  #position: string | undefined;
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param intervalMs - how often it looks by itself, ms. */
  constructor(connection: RedisConnection, key: string, intervalMs: number, listener: TokenChangeListener) {
    this.#connection = connection;
    this.#key = key;
    this.#listener = listener;
    const look = () => void this.catchUp().catch(unheard);
    this.#unsubscribe = connection.subscribe(key, {
      onMessage: look,
      onSubscribed: () => {
        listener.onGap();
        look();
      },
    });
    this.#timer = setInterval(look, intervalMs).unref();
  }

  /** Tells every process, this one before it resolves. Rejects where Redis does not answer: it may have been told or not. */
  async announce({ type, tokenDigest }: TokenChange): Promise<void> {
    if (this.#position === undefined) await this.catchUp();
    await this.#connection.run((redis) => announceChange.run(redis, [this.#key], type, tokenDigest, this.#key));
    await this.catchUp();
  }

  /** Tells the listener of all changes until now. */
  catchUp(): Promise<void> {
    if (this.#reading === undefined) {
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
      });
      return this.#reading;
    }
    // What is being read may have been asked for too early.
    this.#next ??= this.#reading.catch(unheard).then(() => {
      this.#next = undefined;
      return this.catchUp();
    });
    return this.#next;
  }

  /** Nobody is told any more. */
  close(): void {
    clearInterval(this.#timer);
    this.#unsubscribe();
  }

  async #read(): Promise<void> {
    const after = this.#position;
    if (after === undefined) {
      const [last] = await this.#connection.run((redis) => redis.xrevrange(this.#key, '+', '-', 'COUNT', 1));
      this.#position = last?.[0] ?? '0-0';
      return;
    }
    const changes = await this.#connection.run((redis) => redis.xrange(this.#key, `(${after}`, '+', 'COUNT', PAGE));
    for (const [id, [, type, , tokenDigest]] of changes) {
      this.#position = id;
      this.#listener.onChange({ type: type as TokenChange['type'], tokenDigest: String(tokenDigest) });
    }
    if (changes.length === PAGE) await this.#read();
  }
}
