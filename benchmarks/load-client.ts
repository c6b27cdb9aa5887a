import { Load } from './load.ts';

/** What the parent process asks for; each is answered with one message. */
export type LoadCommand =
  | { readonly do: 'open'; readonly url: string; readonly connections: number }
  | { readonly do: 'round'; readonly url: string; readonly durationMs: number };

const loads = new Map<string, Load>();

async function obey(command: LoadCommand): Promise<unknown> {
  if (command.do === 'open') {
    loads.set(command.url, await Load.open(command.url, command.connections));
    return 'open';
  }
  return loads.get(command.url)?.round(command.durationMs);
}

// A rejection ends the process, and with it the run.
process.on('message', async (command: LoadCommand) => process.send?.(await obey(command)));
process.on('disconnect', () => process.exit());
process.send?.('ready');
