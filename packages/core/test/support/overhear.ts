import { type Member, startFleet, withTools } from './fleet.ts';
import { call } from './parking.ts';
import { type Extra, gate, said } from './tenancy-server.ts';

/** What a process tells another, as far as tests look at it. */
export interface Told {
  readonly type: string;
  readonly part?: string;
}

/** Notes what a process tells others; what `interfere` says becomes of each. */
export function overhear({ process }: Member, interfere: (message: Told, index: number) => unknown = () => {}): Told[] {
  const told: Told[] = [];
  process.bus.before = (text) => {
    const message: Told = JSON.parse(text);
    told.push(message);
    return interfere(message, told.length);
  };
  return told;
}

/** What they are. */
export const typesOf = (told: readonly Told[]) => told.map(({ type, part }) => part ?? type);

/** A fleet whose first process has a session, and its client at the second, who knows where the session is. */
export async function clientElsewhere(tools: Parameters<typeof withTools>[0] = {}) {
  const { members } = await startFleet(withTools(tools));
  const [owner, front] = members;
  const client = await owner.open();
  const there = front.take(client);
  await there.call(...call('where'));
  return { owner, front, client, there };
}

/** A tool that says `done` when its gate opens, and what it says first. */
export function gated() {
  const [begun, finish] = [gate(), gate()];
  const calls = { count: 0 };
  const slow = async ({ sendNotification }: Extra) => {
    calls.count += 1;
    await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'begun' } });
    begun.open();
    await finish.opened;
    return said('done');
  };
  const silent = async () => {
    calls.count += 1;
    begun.open();
    await finish.opened;
    return said('done');
  };
  return { begun, finish, calls, tools: { slow, silent } };
}
