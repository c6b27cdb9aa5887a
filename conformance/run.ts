import { join } from 'node:path';
import { createEverythingServer } from './everything-server.ts';
import { HOSTS, type Host } from './hosts.ts';
import { type HostReport, tableOf, verdictOn } from './report.ts';
import { readScenarioResults } from './scenario-results.ts';
import { readScoredScenarios, runSuite } from './suite.ts';

const REVISION = '2025-11-25';
const TOKEN = 'conformance-token';
const RESULTS = join(import.meta.dirname, 'results');

/** Runs the suite against the host. Rejects when the host serves callers without a token. */
async function testHost(host: Host, signal: AbortSignal): Promise<HostReport> {
  const directory = join(RESULTS, host.name);
  const scored = await readScoredScenarios(REVISION);
  const running = await host.listen(createEverythingServer, TOKEN);
  try {
    await assertGuarded(running.url);
    const exitCode = await runSuite({ revision: REVISION, url: running.url, token: TOKEN, directory, signal });
    const results = await readScenarioResults(directory, scored);
    return { host: host.name, revision: REVISION, exitCode, results };
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

const signal = signalOfInterrupts();
const reports: HostReport[] = [];
for (const host of HOSTS) {
  const report = await testHost(host, signal);
  console.log(`${tableOf(report)}\n`);
  reports.push(report);
}
const { ok, line } = verdictOn(reports);
console.log(line);
process.exitCode = ok ? 0 : 1;
