import { expect, vi } from 'vitest';

type Awaitable<Value> = Value | Promise<Value>;

/** What the battery asks of an ownership: core's `SessionOwnership`, by structure, because core's own tests run the battery. */
export interface OwnershipUnderTest {
  readonly processId: string;
  readonly held: boolean;
  acquire(sessionId: string): Promise<string | undefined>;
  ownerOf(sessionId: string): Promise<string | undefined>;
  release(sessionId: string): Promise<void>;
  onLapsed(listener: () => void): () => void;
  watch(processId: string, listener: () => void): () => void;
}

/** What the battery asks of a bus: core's `TenantBus`, by structure. */
export interface BusUnderTest {
  send(processId: string, message: string): Promise<boolean>;
  broadcast(message: string): Promise<void>;
  subscribe(listener: (message: string) => void): () => void;
}

/** One process of a fleet, as good as. */
export interface MemberUnderTest {
  readonly ownership: OwnershipUnderTest;
  readonly bus: BusUnderTest;
  /** Has it lose its lease; settles when it has. It goes on, as another process. */
  lapse(): Awaitable<void>;
  /** Ends it without a word to the others. */
  die(): Awaitable<void>;
}

/**
 * Makes a fleet of some processes that share nothing with another test's. What it needs to be cleaned up, it leaves to vitest's
 * `onTestFinished`.
 */
export type CreateFleet = (count: number) => Awaitable<readonly MemberUnderTest[]>;

/** What becomes true when a lease is over, or a message has arrived. */
export const SOON = { timeout: 10_000, interval: 10 };

/** A fleet of two. */
export async function pairFrom(createFleet: CreateFleet): Promise<readonly [MemberUnderTest, MemberUnderTest]> {
  const [one, two] = await createFleet(2);
  return [existing(one), existing(two)];
}

/** A fleet of three. */
export async function threeFrom(
  createFleet: CreateFleet,
): Promise<readonly [MemberUnderTest, MemberUnderTest, MemberUnderTest]> {
  const [one, two, three] = await createFleet(3);
  return [existing(one), existing(two), existing(three)];
}

function existing(member: MemberUnderTest | undefined): MemberUnderTest {
  if (member === undefined) throw new Error('The fleet has fewer members than were asked for');
  return member;
}

/** What a process hears from now on, in order. `end` is what `subscribe` returned. */
export interface Ear {
  readonly heard: string[];
  end(): void;
}

/** What a message begins with by which it is found out whether somebody listens. */
const PROBE = 'probe ';
let probes = 0;

/** Listens at `member`, and returns when `from` is heard there: a bus may need a moment to listen. */
export async function listenAt(member: MemberUnderTest, from: MemberUnderTest): Promise<Ear> {
  const [heard, probed] = [[] as string[], [] as string[]];
  const end = member.bus.subscribe((message) => (message.startsWith(PROBE) ? probed : heard).push(message));
  probes += 1;
  const [told, toldAll] = [`${PROBE}${probes}`, `${PROBE}${probes} of all`];
  await vi.waitFor(async () => {
    await from.bus.send(member.ownership.processId, told);
    await from.bus.broadcast(toldAll);
    expect(probed).toEqual(expect.arrayContaining([told, toldAll]));
  }, SOON);
  return { heard, end };
}

/** Waits until all of this, and nothing else, has been heard, in this order. */
export async function heardAll(ear: Ear, expected: readonly string[]): Promise<void> {
  await vi.waitFor(() => expect(ear.heard.length).toBeGreaterThanOrEqual(expected.length), SOON);
  expect(ear.heard).toEqual(expected);
}
