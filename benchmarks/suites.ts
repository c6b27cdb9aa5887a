import {
  aloneSubject,
  bareFastify,
  bareNode,
  bareRoutes,
  byHand,
  byHandExpress,
  byHandJson,
  byHandLean,
  type Contender,
  cachedSubject,
  competitors,
  type Exclusion,
  fastModernSubject,
  fastmcp,
  fastShortestTransport,
  fastSubject,
  honoMcp,
  lazySubject,
  leanShortestTransport,
  leanSubject,
  mcpHandler,
  modernSubject,
  roundRobinSubject,
  shortestTransport,
  stickySubject,
  subject,
  under,
  v2Handler,
  v2HandlerInPlace,
  v2Sessions,
} from './contenders.ts';
import { fanOut } from './fan-out/fan-out.ts';
import { contendersOfHosts } from './hosts.ts';
import { instructions } from './instructions.ts';
import { type LoadSuite, runLoadSuite } from './load-suite.ts';
import { measure } from './measure.ts';
import { profile } from './profile/profile.ts';
import { reportOfHosts } from './report-hosts.ts';
import { measureSessions } from './sessions/report.ts';
import { steady } from './steady.ts';
import type { Suite } from './suite.ts';

const callSuite: Suite = {
  file: 'latest',
  run: (circumstances) =>
    runLoadSuite(
      {
        title: 'tools/call of a small tool',
        plan: { work: 'tools-call' },
        comparisons: [
          {
            subjects: [subject, fastSubject],
            references: [byHandJson, ...competitors, shortestTransport, fastShortestTransport, ...bareRoutes],
          },
        ],
      },
      circumstances,
    ),
};

const stateless = new Set([v2Handler, mcpHandler]);

const withoutSessions: readonly Exclusion[] = [...stateless].map(({ label }) => ({
  label,
  reason: 'has no sessions: it answers `DELETE` with 405',
}));

const onlySessions: readonly Exclusion[] = [byHand, byHandExpress, v2Sessions, fastmcp, honoMcp].map(({ label }) => ({
  label,
  reason: 'speaks the revisions with sessions only',
}));

const noStreams: readonly Exclusion[] = [
  {
    label: byHandJson.label,
    reason: '`enableJsonResponse` answers with one JSON body, which has no room for notifications',
  },
];

/** What can be measured by its name. */
export const suites: Readonly<Record<string, Suite>> = {
  'tools-call': callSuite,
  latest: callSuite,
  modern: loadSuite({
    title: 'tools/call without sessions (MCP 2026-07-28), 10 tools',
    plan: { work: 'modern-call' },
    comparisons: [
      {
        subjects: [modernSubject, fastModernSubject],
        references: [v2HandlerInPlace, v2Handler, mcpHandler, ...bareRoutes],
      },
    ],
    exclusions: onlySessions,
    note: 'Ours answers with one server of SDK v2 for each token; the SDK v2 handler and mcp-handler build one for each request. “Schemas in place” is the very factory of ours; in the other rows the schemas are made once for the process.',
  }),
  'large-result': loadSuite({
    title: 'tools/call with a result of 64 KiB',
    plan: { work: 'large-result' },
    comparisons: [{ subjects: [subject, fastSubject], references: [...competitors, bareFastify] }],
  }),
  'tools-list': loadSuite({
    title: 'tools/list of 50 tools',
    plan: { work: 'tools-list' },
    comparisons: [{ subjects: [subject, cachedSubject], references: [...competitors, bareFastify] }],
  }),
  churn: loadSuite({
    title: 'Sessions that begin and end',
    plan: { work: 'churn' },
    comparisons: [
      {
        subjects: [subject, leanSubject, lazySubject],
        references: [byHandLean, ...competitors.filter((contender) => !stateless.has(contender)), bareFastify],
      },
    ],
    exclusions: withoutSessions,
    note: 'An operation is three requests. fastmcp makes its schemas once in any case: its tools belong to the process. Its answer to `initialize` takes a second: it waits ten times 100 ms for what that very request says.',
  }),
  progress: loadSuite({
    title: 'tools/call with three notifications of progress',
    plan: { work: 'progress' },
    comparisons: [{ subjects: [subject, fastSubject], references: [...competitors, bareFastify] }],
    exclusions: noStreams,
    note: 'A bare route writes all events at once.',
  }),
  connections: loadSuite({
    title: 'tools/call over 1, 32 and 256 connections',
    plan: { work: 'tools-call' },
    comparisons: [1, 32, 256].map((connections) => {
      const over = (contender: Contender) =>
        under(contender, connections === 1 ? '1 connection' : `${connections} connections`, { connections });
      return { subjects: [over(subject)], references: [byHand, bareFastify, bareNode].map(over) };
    }),
  }),
  tenants: loadSuite(tenantsSuite()),
  fleet: loadSuite({
    title: 'tools/call of a fleet that shares its sessions in Redis',
    plan: { work: 'tools-call' },
    comparisons: [
      { subjects: [stickySubject, roundRobinSubject], references: [aloneSubject] },
      {
        subjects: [under(roundRobinSubject, '1 connection', { connections: 1 })],
        references: [under(stickySubject, '1 connection', { connections: 1 })],
      },
    ],
    note: 'Of three processes that take turns, two of three requests are for a session of another process: they go there and back through Redis. All processes of a fleet share one core here, so that the ratio is that of the work; with one connection, it is the time that the way takes.',
  }),
  'fan-out': { run: fanOut },
  hosts: {
    run: async (circumstances) => ({
      markdown: reportOfHosts(await measure(contendersOfHosts, circumstances), circumstances),
    }),
  },
  sessions: { run: async (circumstances) => ({ markdown: await measureSessions(circumstances) }) },
  instructions: { run: instructions },
  profile: { run: profile },
  steady: { run: steady },
};

/** What is measured where no name is given. */
export const defaultSuites: readonly string[] = [
  'tools-call',
  'modern',
  'large-result',
  'tools-list',
  'churn',
  'progress',
  'connections',
  'tenants',
  'fan-out',
];

function loadSuite(suite: LoadSuite): Suite {
  return { run: (circumstances) => runLoadSuite(suite, circumstances) };
}

function tenantsSuite(): LoadSuite {
  const ofTenants = (tenants: number, contender = leanSubject) =>
    under(contender, tenants === 1 ? '1 tenant' : `${tenants.toLocaleString('en')} tenants`, {
      tenants,
      sessions: tenants,
      rotate: true,
    });
  const withIdle = (idleSessions: number) =>
    under(leanSubject, `${idleSessions.toLocaleString('en')} idle sessions`, { tenants: 100, idleSessions });
  return {
    title: 'Cost of many tenants and of idle sessions',
    plan: { work: 'tools-call' },
    comparisons: [
      { subjects: [ofTenants(100), ofTenants(10_000)], references: [ofTenants(1)] },
      { subjects: [ofTenants(10_000, leanShortestTransport)], references: [ofTenants(1, leanShortestTransport)] },
      { subjects: [withIdle(10_000)], references: [withIdle(8)] },
    ],
    note: "Every tenant has a token and a session; with many tenants, every request is in another session than the one before it. “SDK v1 on the shortest transport” says how much of the loss is the SDK's own.",
  };
}
