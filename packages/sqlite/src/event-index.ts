/** About what an event takes in the file and in memory beside its data. */
const EVENT_OVERHEAD = 256;

/** Where an event is in the file. */
export interface EventPlace {
  /** Its row: one more for each event that is appended. */
  readonly position: number;
  readonly session: string;
  readonly stream: string;
  readonly sequence: number;
  /** When it was appended, ms since the epoch. */
  readonly at: number;
  /** Of its data. */
  readonly dataBytes: number;
}

/** What one session has. */
interface SessionEvents {
  /** By position, oldest first. */
  readonly places: Map<number, EventPlace>;
  /** How many events each stream has. */
  readonly streams: Map<string, number>;
  bytes: number;
}

const NO_EVENTS: SessionEvents = { places: new Map(), streams: new Map(), bytes: 0 };

/**
 * Where the events of a file are, in memory: the file is only appended to and read by position, so that a write changes one page of it. Events of
 * one session, as those of all, are dropped oldest first.
 */
export class EventIndex {
  readonly #places = new Map<number, EventPlace>();
  readonly #sessions = new Map<string, SessionEvents>();
  #bytes = 0;
  /** No event that is kept is before this position. */
  #first = 1;
  #next = 1;

  /** The position of the next event. */
  get next(): number {
    return this.#next;
  }

  /** Bytes of all events, their overhead included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The events of a session, or of one of its streams; oldest first. */
  of(session: string, stream?: string): EventPlace[] {
    const places: EventPlace[] = [];
    for (const place of (this.#sessions.get(session) ?? NO_EVENTS).places.values()) {
      if (stream === undefined || place.stream === stream) places.push(place);
    }
    return places;
  }

  /** Whether a stream has this event and no other. */
  isOnly({ session, stream }: EventPlace): boolean {
    return this.#sessions.get(session)?.streams.get(stream) === 1;
  }

  /** The oldest event of all. */
  oldest(): EventPlace | undefined {
    while (this.#first < this.#next && !this.#places.has(this.#first)) this.#first += 1;
    return this.#places.get(this.#first);
  }

  /** The oldest event of a session that has more events or bytes than it may. */
  oldestBeyond(session: string, maxEvents: number, maxBytes: number): EventPlace | undefined {
    const { places, bytes } = this.#sessions.get(session) ?? NO_EVENTS;
    return places.size > maxEvents || bytes > maxBytes ? places.values().next().value : undefined;
  }

  /** An event has been written, after all others. */
  add(place: EventPlace): void {
    const session = this.#sessionOf(place);
    if (this.#places.size === 0) this.#first = place.position;
    this.#next = place.position + 1;
    this.#places.set(place.position, place);
    session.places.set(place.position, place);
    this.#count(session, place, 1);
  }

  /** An event has been deleted. */
  remove(place: EventPlace): void {
    const session = this.#sessionOf(place);
    this.#places.delete(place.position);
    session.places.delete(place.position);
    this.#count(session, place, -1);
    if (session.places.size === 0) this.#sessions.delete(place.session);
  }

  #sessionOf({ session }: EventPlace): SessionEvents {
    const known = this.#sessions.get(session);
    if (known !== undefined) return known;
    const events = { places: new Map(), streams: new Map(), bytes: 0 };
    this.#sessions.set(session, events);
    return events;
  }

  #count(session: SessionEvents, { stream, dataBytes }: EventPlace, change: 1 | -1): void {
    const events = (session.streams.get(stream) ?? 0) + change;
    if (events === 0) session.streams.delete(stream);
    else session.streams.set(stream, events);
    session.bytes += change * (dataBytes + EVENT_OVERHEAD);
    this.#bytes += change * (dataBytes + EVENT_OVERHEAD);
  }
}
