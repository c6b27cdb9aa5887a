import type { BusUnderTest, MemberUnderTest, OwnershipUnderTest } from './fleet-contract/fleet-under-test.ts';

/** What becomes of a message: whatever it throws, the bus rejects with; what it waits for, the bus waits for; by `false` it is lost. */
export type InterfereWithMessage = (message: string) => unknown;

/** What becomes of a question: whatever it throws, the ownership rejects with; what it waits for, the ownership waits for. */
export type InterfereWithQuestion = (question: 'acquire' | 'ownerOf' | 'release', sessionId: string) => unknown;

/** Processes of one fleet that are none: in memory, for tests. They all have a lease until it is taken from them. */
export class MemoryFleet {
  readonly #members = new Map<string, MemoryMember>();
  /** Those who have a lease. */
  readonly #living = new Set<string>();
  readonly #owners = new Map<string, string>();
  readonly #watchers = new Map<string, Set<() => void>>();

  /** One more process. */
  join(): MemoryMember {
    const name = `process-${this.#members.size + 1}`;
    const member = new MemoryMember(this, name);
    this.#members.set(name, member);
    return member;
  }

  /** The process that owns a session, if it lives. */
  ownerOf(sessionId: string): string | undefined {
    const owner = this.#owners.get(sessionId);
    return owner !== undefined && this.#living.has(owner) ? owner : undefined;
  }

  /** Notes who owns a session; `undefined`: nobody. */
  setOwner(sessionId: string, processId: string | undefined): void {
    if (processId === undefined) this.#owners.delete(sessionId);
    else this.#owners.set(sessionId, processId);
  }

  begin(processId: string): void {
    this.#living.add(processId);
  }

  /** The lease of a process is over. */
  end(processId: string): void {
    this.#living.delete(processId);
    const watchers = this.#watchers.get(processId) ?? [];
    this.#watchers.delete(processId);
    for (const listener of watchers) listener();
  }

  watch(processId: string, listener: () => void): () => void {
    const watchers = this.#watchers.get(processId) ?? new Set();
    const own = () => listener();
    this.#watchers.set(processId, watchers.add(own));
    setImmediate(() => {
      if (watchers.has(own) && !this.#living.has(processId)) this.end(processId);
    });
    return () => watchers.delete(own);
  }

  /** The process that is known by this name now, or was once. */
  member(processId: string): MemoryMember | undefined {
    return this.#members.get(processId.replace(/\..*$/, ''));
  }

  others(than: MemoryMember): MemoryMember[] {
    return [...this.#members.values()].filter((member) => member !== than);
  }
}

/** One process of a {@link MemoryFleet}. */
export class MemoryMember implements MemberUnderTest {
  readonly ownership: MemoryOwnership;
  readonly bus: MemoryBus;

  constructor(fleet: MemoryFleet, name: string) {
    this.ownership = new MemoryOwnership(fleet, name);
    this.bus = new MemoryBus(fleet, this);
  }

  /** Takes its lease, until it acquires the next session. */
  lapse(): void {
    this.ownership.lapse();
  }

  /** It hears and says nothing any more, and nobody tells it that its lease is over. */
  die(): void {
    this.bus.cut();
    this.ownership.die();
  }
}

/** The ownership of one process of a {@link MemoryFleet}. */
export class MemoryOwnership implements OwnershipUnderTest {
  /** Comes before an operation takes effect. */
  before: InterfereWithQuestion = () => {};
  readonly #fleet: MemoryFleet;
  readonly #name: string;
  readonly #listeners = new Set<() => void>();
  #lapses = 0;
  #held = true;
  #last: Promise<unknown> = Promise.resolve();

  constructor(fleet: MemoryFleet, name: string) {
    this.#fleet = fleet;
    this.#name = name;
    fleet.begin(this.processId);
  }

  get processId(): string {
    return `${this.#name}.${this.#lapses}`;
  }

  get held(): boolean {
    return this.#held;
  }

  acquire(sessionId: string): Promise<string | undefined> {
    return this.#ask('acquire', sessionId, () => {
      this.#held = true;
      this.#fleet.begin(this.processId);
      const owner = this.#fleet.ownerOf(sessionId) ?? this.processId;
      this.#fleet.setOwner(sessionId, owner);
      return owner === this.processId ? undefined : owner;
    });
  }

  ownerOf(sessionId: string): Promise<string | undefined> {
    return this.#ask('ownerOf', sessionId, () => {
      const owner = this.#fleet.ownerOf(sessionId);
      return owner === this.processId ? undefined : owner;
    });
  }

  release(sessionId: string): Promise<void> {
    return this.#ask('release', sessionId, () => {
      if (this.#fleet.ownerOf(sessionId) === this.processId) this.#fleet.setOwner(sessionId, undefined);
    });
  }

  onLapsed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watch(processId: string, listener: () => void): () => void {
    return this.#fleet.watch(processId, listener);
  }

  lapse(): void {
    const { processId } = this;
    this.#lapses += 1;
    for (const listener of this.#listeners) listener();
    this.#held = false;
    this.#fleet.end(processId);
  }

  die(): void {
    this.#listeners.clear();
    this.#fleet.end(this.processId);
  }

  #ask<Answer>(
    question: Parameters<InterfereWithQuestion>[0],
    sessionId: string,
    answer: () => Answer,
  ): Promise<Answer> {
    const asked = this.#last.then(async () => {
      await this.before(question, sessionId);
      return answer();
    });
    this.#last = asked.catch(() => undefined);
    return asked;
  }
}

/** The bus of one process of a {@link MemoryFleet}. It knows who listens. */
export class MemoryBus implements BusUnderTest {
  /** Comes before a message is on its way; those after it wait. */
  before: InterfereWithMessage = () => {};
  readonly #fleet: MemoryFleet;
  readonly #member: MemoryMember;
  readonly #listeners = new Set<(message: string) => void>();
  #last: Promise<unknown> = Promise.resolve();
  #cut = false;

  constructor(fleet: MemoryFleet, member: MemoryMember) {
    this.#fleet = fleet;
    this.#member = member;
  }

  send(processId: string, message: string): Promise<boolean> {
    return this.#tell(message, () => this.#fleet.member(processId)?.bus.receive(message) ?? false);
  }

  async broadcast(message: string): Promise<void> {
    await this.#tell(message, () => {
      for (const { bus } of this.#fleet.others(this.#member)) bus.receive(message);
      return true;
    });
  }

  subscribe(listener: (message: string) => void): () => void {
    const own = (message: string) => listener(message);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Whether anybody has heard it. */
  receive(message: string): boolean {
    for (const listener of this.#listeners) listener(message);
    return this.#listeners.size > 0;
  }

  /** Hears and says nothing from now on. */
  cut(): void {
    this.#cut = true;
    this.#listeners.clear();
  }

  #tell(message: string, tell: () => boolean): Promise<boolean> {
    const told = this.#last.then(async () => {
      const lost = (await this.before(message)) === false;
      return lost || (!this.#cut && tell());
    });
    this.#last = told.catch(() => undefined);
    return told;
  }
}
