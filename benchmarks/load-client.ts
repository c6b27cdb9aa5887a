import { Load } from './load.ts';
import type { LoadPlan } from './load-plan.ts';

/** What the parent process asks for; each is answered with one message. */
export type LoadCommand =
  | { readonly do: 'open'; readonly url: string; readonly plan: LoadPlan }
  | { readonly do: 'round'; readonly url: string; readonly durationMs: number }
  | { readonly do: 'operations'; readonly url: string; readonly count: number };

const loads = new Map<string, Load>();

async function obey(command: LoadCommand): Promise<unknown> {
  switch (command.do) {
    case 'open':
      loads.set(command.url, await Load.open(command.url, command.plan));
      return 'open';
    case 'round':
      return loads.get(command.url)?.round(command.durationMs);
    case 'operations':
      return loads.get(command.url)?.operations(command.count);
  }
}

// A rejection ends the process, and with it the run.
process.on('message', async (command: LoadCommand) => process.send?.(await obey(command)));
process.on('disconnect', () => process.exit());
process.send?.('ready');
