import { LuaScript } from './lua-script.ts';

/** What one session may have of events. */
export interface EventLogBounds {
  readonly maxEventsPerSession: number;
  readonly maxBytesPerSession: number;
  readonly maxAgeMs: number;
}

/** How long the last places of a session's streams are known after its last event, ms; longer where events are kept for longer. */
export const PLACES_MS = 3_600_000;
/** Streams of a session whose place is known although none of their events is. */
const MAX_PLACES = 64;
/** About what an event takes in Redis beside its data, bytes. */
const EVENT_OVERHEAD = 128;

/**
 * The hash `streams` of a session has a field for each stream, `count bytes last first at`: how many events it has and of how many bytes, the
 * sequence of its last one, when the oldest and the newest was appended (ms); and in `=` the sums of count and bytes. `KEYS`: events, streams.
 * `ARGV`: part, maxEvents, maxBytes, maxAgeMs.
 *
 * Drops what is too old of this stream, and the oldest event of the session as long as it has too many: returns the stream that has it, if it is
 * another one. The events of a stream without new ones expire by themselves, which is noticed here when there is too much.
 */
const BOUNDS = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local events, streams, part = KEYS[1], KEYS[2], ARGV[1]
local maxEvents, maxBytes, maxAge = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

local function readField(name)
  local value = redis.call('HGET', streams, name)
  if not value then return nil end
  local count, bytes, last, first, at = string.match(value, '^(%d+) (%d+) (%d+) (%d+) (%d+)$')
  return {count = tonumber(count), bytes = tonumber(bytes), last = last, first = tonumber(first), at = tonumber(at)}
end

local function writeField(name, stream)
  local value = string.format('%d %d %s %.0f %.0f', stream.count, stream.bytes, stream.last, stream.first, stream.at)
  redis.call('HSET', streams, name, value)
end

local total = readField('=') or {count = 0, bytes = 0, last = '0', first = 0, at = 0}

local function subtract(stream, count, bytes)
  stream.count, total.count = stream.count - count, total.count - count
  stream.bytes, total.bytes = stream.bytes - bytes, total.bytes - bytes
end

local function oldestOf(stream)
  local oldest = redis.call('XRANGE', events, '-', '+', 'COUNT', 2)
  if oldest[2] then stream.first = tonumber(oldest[2][2][2]) end
  return oldest[1]
end

local function dropOldest(stream)
  local oldest = oldestOf(stream)
  if not oldest then return subtract(stream, stream.count, stream.bytes) end
  redis.call('XDEL', events, oldest[1])
  subtract(stream, 1, #oldest[2][4] + ${EVENT_OVERHEAD})
end

local function beyond() return total.count > maxEvents or total.bytes > maxBytes end

local function otherWithOldest(own)
  local oldest, emptied = nil, {}
  for _, name in ipairs(redis.call('HKEYS', streams)) do
    local stream = name ~= '=' and name ~= part and readField(name)
    if stream then
      if stream.count > 0 and stream.at + maxAge <= now then
        subtract(stream, stream.count, stream.bytes)
        writeField(name, stream)
      end
      if stream.count == 0 then
        emptied[#emptied + 1] = {name = name, at = stream.at}
      elseif (own.count == 0 or stream.first < own.first) and (not oldest or stream.first < oldest.first) then
        oldest = {name = name, first = stream.first}
      end
    end
  end
  if #emptied > ${MAX_PLACES} then
    table.sort(emptied, function(a, b) return a.at < b.at end)
    for index = 1, #emptied - ${MAX_PLACES} do redis.call('HDEL', streams, emptied[index].name) end
  end
  return oldest and oldest.name
end

local function keepBounds(stream)
  while stream.count > 0 and stream.first + maxAge <= now do dropOldest(stream) end
  local other = false
  if beyond() or redis.call('HLEN', streams) > ${2 * MAX_PLACES} then other = otherWithOldest(stream) end
  while beyond() and stream.count > 0 and not other do
    dropOldest(stream)
    other = otherWithOldest(stream)
  end
  writeField(part, stream)
  writeField('=', total)
  return beyond() and other
end
`;

/** An event is kept. Beside the arguments of {@link BOUNDS}: sequence, data, how long places are known (ms). Fails for a sequence that is not new. */
export const appendEvent = new LuaScript<string | null>(`${BOUNDS}
local sequence, data, placesMs = ARGV[5], ARGV[6], ARGV[7]
local stream = readField(part) or {count = 0, bytes = 0, last = '0', first = now, at = now}
if redis.call('EXISTS', events) == 0 then subtract(stream, stream.count, stream.bytes) end
redis.call('XADD', events, sequence .. '-0', 'at', string.format('%.0f', now), 'data', data)
if stream.count == 0 then stream.first = now end
subtract(stream, -1, -(#data + ${EVENT_OVERHEAD}))
stream.last, stream.at = sequence, now
local other = keepBounds(stream)
redis.call('PEXPIRE', events, ARGV[4])
redis.call('PEXPIRE', streams, placesMs)
return other
`);

/** Drops the oldest event of a stream because the session has too many. */
export const trimStream = new LuaScript<string | null>(`${BOUNDS}
local stream = readField(part)
if not stream then return false end
if redis.call('EXISTS', events) == 0 then subtract(stream, stream.count, stream.bytes) end
return keepBounds(stream)
`);

/** The events of a stream from a sequence on: its last sequence, and then sequence and data of each. `ARGV`: part, sequence, maxAgeMs. */
export const eventsFrom = new LuaScript<[last: string | null, ...events: string[]]>(`
local time = redis.call('TIME')
local expired = time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(ARGV[3])
local known = redis.call('HGET', KEYS[2], ARGV[1])
local found = {known and string.match(known, '^%d+ %d+ (%d+)')}
for _, event in ipairs(redis.call('XRANGE', KEYS[1], ARGV[2] .. '-0', '+')) do
  if tonumber(event[2][2]) > expired then
    found[#found + 1] = string.match(event[1], '^%d+')
    found[#found + 1] = event[2][4]
  end
end
return found
`);

/** A stream is forgotten, and the session with its last one. `KEYS`: events, streams. `ARGV`: part. */
export const forgetEvents = new LuaScript<null>(`
redis.call('DEL', KEYS[1])
local value = redis.call('HGET', KEYS[2], ARGV[1])
if not value then return end
local count, bytes = string.match(value, '^(%d+) (%d+)')
local total, totalBytes, rest = string.match(redis.call('HGET', KEYS[2], '='), '^(%d+) (%d+)(.*)$')
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[2], '=', string.format('%d %d', total - count, totalBytes - bytes) .. rest)
if redis.call('HLEN', KEYS[2]) == 1 then redis.call('DEL', KEYS[2]) end
`);
