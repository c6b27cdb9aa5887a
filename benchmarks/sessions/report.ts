import { type Circumstances, machine } from '../circumstances.ts';
import { tableOf } from '../report-parts.ts';
import { heapOfLiveSessions, parkedSessions } from './experiments/memory.ts';
import { killedServer } from './experiments/restart.ts';
import { openStreams } from './experiments/streams.ts';
import { updatesUnderLoad } from './experiments/updates.ts';
import { vanishingClients } from './experiments/vanishing.ts';
import type { Finding } from './finding.ts';

const experiments = [
  { title: 'Memory of sessions', run: () => heapOfLiveSessions(false) },
  { title: 'Memory of sessions with lean servers', run: () => heapOfLiveSessions(true) },
  { title: 'Parked sessions', run: parkedSessions },
  { title: 'Open streams', run: openStreams },
  { title: 'Clients that vanish', run: vanishingClients },
  { title: 'A server that is killed', run: killedServer },
  { title: 'updateToken under load', run: updatesUnderLoad },
];

/** Runs the experiments with sessions, one after another, and reports what they found. */
export async function measureSessions(circumstances: Circumstances): Promise<string> {
  const sections: string[] = [];
  for (const { title, run } of experiments) {
    console.error(`… ${title}`);
    sections.push(`## ${title}\n\n${tableOf(COLUMNS, await run())}`);
  }
  const on = machine(circumstances, ['@modelcontextprotocol/sdk', 'zod']);
  return ['# Sessions', INTRODUCTION, ...sections, '## Machine', on].join('\n\n');
}

const INTRODUCTION = [
  'Each experiment has a server and a client in processes of their own; the figures are from one run. Heap is measured after',
  'garbage has been collected. “Bare” is an SDK server of the same factory, connected and initialized, without any session layer.',
].join(' ');

const COLUMNS: readonly (readonly [string, (finding: Finding) => string])[] = [
  ['what', ({ what }) => what],
  ['measured', ({ measured }) => measured],
  ['demanded', ({ bar }) => bar],
  ['met', ({ met }) => (met === undefined ? '' : met ? 'yes' : '**no**')],
];
