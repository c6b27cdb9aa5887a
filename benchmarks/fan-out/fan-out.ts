import { barChart } from '../bar-chart.ts';
import { serverArgs } from '../candidate.ts';
import { type Circumstances, machine } from '../circumstances.ts';
import { byHand, type Contender, fastSubject, subject } from '../contenders.ts';
import { DEFAULT_PLAN } from '../load-plan.ts';
import { CLIENT_CORE, PinnedProcess, SERVER_CORE } from '../pinned-process.ts';
import { type Column, extentOf, tableOf } from '../report-parts.ts';
import { pairwise, spread } from '../rounds.ts';
import type { ServeCommand, Usage } from '../servers/serve.ts';
import { median } from '../statistics.ts';
import type { Report } from '../suite.ts';
import type { ListenersCommand } from './listeners.ts';

const STREAMS = 200;
const STREAMS_OF_ANOTHER = 50;
const NOTIFICATIONS_AT_ONCE = 20;

const contenders: readonly Contender[] = [subject, fastSubject, byHand];

/** A server with the streams of two tenants open. */
interface Speaker {
  readonly contender: Contender;
  readonly server: PinnedProcess;
  readonly url: string;
  readonly perSecond: number[];
  readonly cpuMicros: number[];
}

/** Sends notifications to all streams of a tenant, and counts what arrives there, and that nothing arrives anywhere else. */
export async function fanOut(circumstances: Circumstances): Promise<Report> {
  const { rounds, roundMs, warmUpMs, leadInMs } = circumstances;
  const client = new PinnedProcess('fan-out/listeners.ts', [], CLIENT_CORE);
  const speakers: Speaker[] = [];
  try {
    await client.ask();
    for (const contender of contenders) speakers.push(await speakerOf(contender, client));
    for (const speaker of speakers) await speak(speaker, client, warmUpMs);
    for (let round = 0; round < rounds; round += 1) {
      for (const speaker of speakers) {
        await speak(speaker, client, leadInMs);
        await measureRound(speaker, client, roundMs);
      }
    }
    return reportOf(speakers, circumstances);
  } finally {
    for (const running of [client, ...speakers.map(({ server }) => server)]) running.end();
  }
}

async function speakerOf(contender: Contender, client: PinnedProcess): Promise<Speaker> {
  const { nodeArgs } = contender;
  const server = new PinnedProcess(contender.file, serverArgs(contender, DEFAULT_PLAN), SERVER_CORE, { nodeArgs });
  const url = await server.ask<string>();
  const listen = (tenant: number, streams: number) => order(client, { do: 'listen', url, tenant, streams });
  await listen(0, STREAMS);
  await listen(1, STREAMS_OF_ANOTHER);
  return { contender, server, url, perSecond: [], cpuMicros: [] };
}

/** Speaks for some time. Returns the deliveries and what they took. */
async function speak({ server, url }: Speaker, client: PinnedProcess, durationMs: number): Promise<[number, number]> {
  const start = performance.now();
  let deliveries = 0;
  while (performance.now() < start + durationMs) {
    await order(client, { do: 'expect', url, each: NOTIFICATIONS_AT_ONCE });
    const heard = order<number>(client, { do: 'hear', url });
    const command: ServeCommand = { do: 'notify', tenant: 0, times: NOTIFICATIONS_AT_ONCE };
    await server.ask(command);
    deliveries += await heard;
  }
  return [deliveries, performance.now() - start];
}

async function measureRound(speaker: Speaker, client: PinnedProcess, durationMs: number): Promise<void> {
  const usage = () => speaker.server.ask<Usage>({ do: 'usage' } satisfies ServeCommand);
  const before = await usage();
  const [deliveries, elapsedMs] = await speak(speaker, client, durationMs);
  const after = await usage();
  speaker.perSecond.push((1_000 * deliveries) / elapsedMs);
  speaker.cpuMicros.push((after.cpuMicros - before.cpuMicros) / deliveries);
}

function order<Answer>(client: PinnedProcess, command: ListenersCommand): Promise<Answer> {
  return client.ask<Answer>(command);
}

function reportOf(speakers: readonly Speaker[], circumstances: Circumstances): Report {
  const title = 'Notifications to all streams of a tenant';
  const bars = speakers.map(({ contender, perSecond }) => ({
    label: contender.label,
    value: median(perSecond),
    min: Math.min(...perSecond),
    max: Math.max(...perSecond),
    ours: contender !== byHand,
  }));
  const markdown = [
    `# ${title}`,
    `\`notifications/tools/list_changed\` to the ${STREAMS} open streams of a tenant, ${NOTIFICATIONS_AT_ONCE} at once, again when all have arrived; ${STREAMS_OF_ANOTHER} streams of another tenant must get nothing. By hand: a loop over the tenant’s sessions. ${extentOf(circumstances)}`,
    tableOf(columns(speakers), speakers),
    'By hand, nothing is kept for clients that come back; ours keeps its event log, as after installation.',
    machine(circumstances, ['fastify-mcp-server', '@modelcontextprotocol/sdk', 'fastify']),
  ].join('\n\n');
  return { markdown, picture: barChart({ title, unit: 'deliveries a second', bars }) };
}

function columns(speakers: readonly Speaker[]): readonly Column<Speaker>[] {
  const reference = speakers.find(({ contender }) => contender === byHand);
  return [
    ['server', ({ contender }) => contender.label],
    ['deliveries/s', ({ perSecond }) => spread(perSecond, 0)],
    ['CPU µs/delivery', ({ cpuMicros }) => spread(cpuMicros, 2)],
    [
      `deliveries/s, compared with ${byHand.label}`,
      ({ perSecond }) =>
        spread(
          pairwise(perSecond, reference?.perSecond ?? [], (own, other) => own / other),
          2,
        ),
    ],
  ];
}
