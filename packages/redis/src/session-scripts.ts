import { LuaScript } from './lua-script.ts';

/** How long a session whose time has passed waits to be taken, ms: after that it goes by itself. */
const RETENTION_MS = 600_000;

/** `now`, ms since the epoch by the clock of Redis: the same for all processes. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Keys live as long as what is in them, and wait for {@link RETENTION_MS}. */
const KEEP_INDEX = `
local function keepIndex(turns, expiry)
  local last = redis.call('ZREVRANGE', expiry, 0, 0, 'WITHSCORES')[2]
  if not last then return end
  local at = string.format('%.0f', last + ${RETENTION_MS})
  redis.call('PEXPIREAT', turns, at)
  redis.call('PEXPIREAT', expiry, at)
end
`;

const RECORD = `'id', 'tenant', 'subject', 'digest', 'seen', 'state'`;

/** The fields of a record: id (where it is not the name in indexes), tenant, subject, digest, lastSeenAt and state. */
export type RecordFields = readonly (string | null)[];

/**
 * A session is written. `KEYS`: record, turns, expiry. `ARGV`: mode, part, ttlMs, lastSeenAt, fence (empty: none), and but for a touch tenant, subject, state,
 * and then names and values of what not every session has.
 *
 * What a mode other than `create` finds not kept stays so, and so does what a process has taken by another fence. A turn is the time in µs, and grows with each write of a bucket.
 */
export const writeSession = new LuaScript<
  [kept: number, size: number, turn: number, expiresAt: number, tenant: string, subject: string, digest: string | null]
>(`${NOW}${KEEP_INDEX}
local record, turns, expiry = KEYS[1], KEYS[2], KEYS[3]
local mode, part, ttl, seen = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local kept = tonumber(redis.call('ZSCORE', expiry, part) or 0) > now
local old = redis.call('HMGET', record, 'tenant', 'subject', 'digest', 'fence', 'owner')
if old[4] and old[4] ~= ARGV[5] then return {0, redis.call('ZCARD', turns)} end
if mode ~= 'create' and not (kept and old[1]) then return {0, redis.call('ZCARD', turns)} end
if mode == 'touch' then
  redis.call('HSET', record, 'seen', seen)
else
  redis.call('DEL', record)
  redis.call('HSET', record, 'seen', seen, 'tenant', ARGV[6], 'subject', ARGV[7], 'state', ARGV[8], unpack(ARGV, 9))
  if old[4] then redis.call('HSET', record, 'fence', old[4]) end
  if old[5] then redis.call('HSET', record, 'owner', old[5]) end
end
local turn = time[1] * 1000000 + time[2]
local last = redis.call('ZREVRANGE', turns, 0, 0, 'WITHSCORES')[2]
if last and tonumber(last) >= turn then turn = last + 1 end
redis.call('ZADD', turns, string.format('%.0f', turn), part)
redis.call('ZADD', expiry, string.format('%.0f', now + ttl), part)
redis.call('PEXPIRE', record, string.format('%.0f', ttl + ${RETENTION_MS}))
keepIndex(turns, expiry)
return {1, redis.call('ZCARD', turns), turn, now + ttl, old[1], old[2], old[3]}
`);

/** A session whose time is not over. `KEYS`: record, expiry. `ARGV`: part. */
export const readSession = new LuaScript<RecordFields | null>(`${NOW}
if tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or 0) <= now then return false end
return redis.call('HMGET', KEYS[1], ${RECORD})
`);

/**
 * A session is forgotten and returned: with `live` one whose time is not over, with `expired` one whose time is. `KEYS`: record, turns, expiry.
 * `ARGV`: mode, part. One that Redis has dropped by itself leaves the index.
 */
export const removeSession = new LuaScript<[size: number, turn: number | null, fields: RecordFields | null]>(`${NOW}
local record, turns, expiry = KEYS[1], KEYS[2], KEYS[3]
local expired = tonumber(redis.call('ZSCORE', expiry, ARGV[2]) or 0) <= now
if expired ~= (ARGV[1] == 'expired') then return {redis.call('ZCARD', turns), false, false} end
local turn = redis.call('ZSCORE', turns, ARGV[2])
local fields = redis.call('HMGET', record, ${RECORD})
redis.call('DEL', record)
redis.call('ZREM', turns, ARGV[2])
redis.call('ZREM', expiry, ARGV[2])
return {redis.call('ZCARD', turns), turn and tonumber(turn), fields[2] and fields}
`);

/** How many sessions a bucket has, and which of them are expired. `KEYS`: expiry. `ARGV`: limit. */
export const expiredSessions = new LuaScript<[size: number, parts: string[]]>(`${NOW}
return {redis.call('ZCARD', KEYS[1]), redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])}
`);

/** A session is in an index from its turn on. `KEYS`: turns, expiry. `ARGV`: part, turn, expiresAt. Drops some that nobody has taken in time. */
export const addToIndex = new LuaScript<null>(`${NOW}${KEEP_INDEX}
local known = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0)
if known < tonumber(ARGV[2]) then
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
end
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ${RETENTION_MS}, 'LIMIT', 0, 16)
for _, part in ipairs(gone) do
  redis.call('ZREM', KEYS[1], part)
  redis.call('ZREM', KEYS[2], part)
end
keepIndex(KEYS[1], KEYS[2])
`);

/** A session is not in an index any more, unless it has been added again since. `KEYS`: turns, expiry. `ARGV`: part, turn. */
export const removeFromIndex = new LuaScript<null>(`
local known = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0)
if known > tonumber(ARGV[2]) then return end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
`);

/** How many sessions of an index are not expired. `KEYS`: expiry. */
export const countIndex = new LuaScript<number>(`${NOW}
return redis.call('ZCOUNT', KEYS[1], '(' .. string.format('%.0f', now), '+inf')
`);

/** Sessions of an index from a turn on, with their turns. `KEYS`: turns. `ARGV`: turn, limit. */
export const pageOfIndex = new LuaScript<string[]>(`
return redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
`);
