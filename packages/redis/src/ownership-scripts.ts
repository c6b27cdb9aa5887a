import { LuaScript } from './lua-script.ts';

/** How long the mark on a session that is about to be created lasts, ms. */
const MARK_MS = 60_000;

/**
 * A session is taken by a process, unless another one has it. `KEYS`: record. `ARGV`: process, a process that is known to be gone (or empty). Returns the other
 * process, or false and the fence. A fence is the time in µs, and grows with each that takes the session.
 */
export const takeSession = new LuaScript<[owner: string | null, fence: string | null]>(`
local time = redis.call('TIME')
local known = redis.call('HMGET', KEYS[1], 'owner', 'fence')
local owner, fence = known[1], tonumber(known[2] or 0)
if owner == ARGV[1] then return {false, known[2]} end
if owner and owner ~= ARGV[2] then return {owner, false} end
local now = time[1] * 1000000 + time[2]
local next = string.format('%.0f', math.max(now, fence + 1))
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'fence', next)
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ${MARK_MS}) end
return {false, next}
`);

/** A session is let go of by the process that has it; its fence stays. `KEYS`: record. `ARGV`: process. */
export const releaseSession = new LuaScript<null>(`
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return end
redis.call('HDEL', KEYS[1], 'owner')
if redis.call('HEXISTS', KEYS[1], 'tenant') == 0 then redis.call('DEL', KEYS[1]) end
`);

/**
 * A lease is renewed, and said to be: who hears that hears everything. `KEYS`: lease. `ARGV`: ms, channel, message, and 1 for a lease that is new. Returns 0 for one
 * that is over.
 */
export const renewLease = new LuaScript<number>(`
local renewed = 1
if ARGV[4] == '1' then redis.call('SET', KEYS[1], '', 'PX', ARGV[1])
else renewed = redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return renewed
`);

/**
 * Something is said on a channel. `KEYS`: one of its name, which is not there: by it a cluster says all of it at the same node, and keeps the order. `ARGV`: channel,
 * message. A client may put a prefix of its own before keys, and never does before channels.
 */
export const publish = new LuaScript<number>(`
return redis.call('PUBLISH', ARGV[1], ARGV[2])
`);

/** A process is told, unless it is gone. `KEYS`: lease. `ARGV`: channel, message. Returns 0 for one that is gone. */
export const publishToLiving = new LuaScript<number>(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return 1
`);
