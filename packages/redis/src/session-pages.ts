import type { RedisClient } from './connection.ts';
import { BUCKETS } from './keys.ts';
import { pageOfIndex } from './session-scripts.ts';

/** A place in a list: a session, by the turn of its last write and its name. */
export interface Place {
  readonly turn: number;
  readonly part: string;
}

/** Some sessions of a list, in order. */
export interface Places {
  readonly places: readonly Place[];
  /** Whether there are no more. */
  readonly complete: boolean;
}

/** Before every session. */
const BEGINNING: Place = { turn: 0, part: '' };

/** The place that a cursor means, {@link BEGINNING} where none is given; `undefined` for a text that is none. */
export function placeFromCursor(cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return BEGINNING;
  const [, turn, part] = /^(\d{1,16})\.([\w%-]{1,64})$/.exec(cursor) ?? [];
  return turn === undefined || part === undefined ? undefined : { turn: Number(turn), part };
}

/** The cursor of a place. */
export function cursorFromPlace({ turn, part }: Place): string {
  return `${turn}.${part}`;
}

/** Sessions of a bucket that are read beyond its share of a page: sessions are spread evenly, but not exactly so. */
const SLACK = 4;

/**
 * At least `count` sessions after a place, or all that there are, from indexes that share no session: as if they were one.
 */
export async function placesAfter(
  redis: RedisClient,
  indexes: readonly string[],
  after: Place,
  count: number,
): Promise<Places> {
  for (let share = Math.ceil(count / indexes.length) + SLACK; ; share *= 2) {
    const pages = await Promise.all(indexes.map((turns) => readIndex(redis, turns, after, share)));
    const ends = pages.filter(({ complete }) => !complete).map(({ places }) => places.at(-1) ?? after);
    const end = ends.toSorted(compare).at(0);
    const sorted = pages.flatMap(({ places }) => places).toSorted(compare);
    if (end === undefined) return { places: sorted, complete: true };
    // What comes after the end of an index that has more might be out of order.
    const places = sorted.filter((place) => compare(place, end) <= 0);
    if (places.length >= count) return { places, complete: false };
  }
}

/** Turns are distinct in a bucket: no more than one session of each has the turn that the page begins with. */
async function readIndex(redis: RedisClient, turns: string, after: Place, count: number): Promise<Places> {
  const limit = count + (after === BEGINNING ? 0 : BUCKETS);
  const reply = await pageOfIndex.run(redis, [turns], after.turn, limit);
  const places: Place[] = [];
  for (let index = 0; index < reply.length; index += 2) {
    places.push({ part: String(reply[index]), turn: Number(reply[index + 1]) });
  }
  return { places: places.filter((place) => compare(place, after) > 0), complete: places.length < limit };
}

/** Names are ASCII: the order of Redis is that of JavaScript. */
function compare(a: Place, b: Place): number {
  return a.turn - b.turn || Number(a.part > b.part) - Number(a.part < b.part);
}
