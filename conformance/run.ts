import { join } from 'node:path';
import { EVERYTHING_SERVERS, type EverythingServer } from './everything-servers.ts';
import type { Host } from './host.ts';
import { HOSTS } from './hosts.ts';
import { type RunReport, summaryOf, tableOf, verdictOn } from './report.ts';
import { readScenarioResults } from './scenario-results.ts';
import { readRequirements, runSuite } from './suite.ts';

const TOKEN = 'conformance-token';
const RESULTS = join(import.meta.dirname, 'results');

/** Runs the suite for every revision of the server, through one running host. Rejects when it serves callers without a token. */
async function* testServer(host: Host, server: EverythingServer, signal: AbortSignal): AsyncGenerator<RunReport> {
  const running = await host.listen(server, TOKEN);
  try {
    await assertGuarded(running.url);
    for (const revision of server.revisions) {
      const directory = join(RESULTS, host.name, `${server.name}-${revision}`);
      const requirements = await readRequirements(revision);
      const exitCode = await runSuite({ revision, url: running.url, token: TOKEN, directory, signal });
      const results = await readScenarioResults(directory, requirements);
      yield { host: host.name, server: server.name, revision, exitCode, results };
    }
  } finally {
    await running.close();
  }
}

async function assertGuarded(url: string): Promise<void> {
  const { status } = await fetch(url, { method: 'POST' });
  if (status !== 401) throw new Error(`A request without a token was answered with ${status}, must be 401`);
}

function signalOfInterrupts(): AbortSignal {
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => interrupted.abort());
  return interrupted.signal;
}

/** Those that are named in the arguments, or all of them. */
function hostsToTest(names: readonly string[]): readonly Host[] {
  const unknown = names.filter((name) => !HOSTS.some((host) => host.name === name));
  if (unknown.length > 0) throw new TypeError(`There is no host ${unknown.join(', ')}`);
  return names.length === 0 ? HOSTS : HOSTS.filter(({ name }) => names.includes(name));
}

const signal = signalOfInterrupts();
const reports: RunReport[] = [];
for (const host of hostsToTest(process.argv.slice(2))) {
  for (const server of EVERYTHING_SERVERS) {
    for await (const report of testServer(host, server, signal)) {
      console.log(`${tableOf(report)}\n`);
      reports.push(report);
    }
  }
}
const { ok, line } = verdictOn(reports);
console.log(`${summaryOf(reports)}\n\n${line}`);
process.exitCode = ok ? 0 : 1;
