import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

/** ms until a suite that hangs is ended: it takes a few seconds. */
const TIMEOUT_MS = 120_000;

/** A run of the suite. */
export interface SuiteRun {
  /** Revision of the specification. */
  readonly revision: string;
  /** URL of the MCP endpoint. */
  readonly url: string;
  /** Bearer token to send. */
  readonly token: string;
  /** Where the results go; what is there is removed first. */
  readonly directory: string;
  /** Ends the suite. */
  readonly signal: AbortSignal;
}

const Requirements = z.object({ server: z.array(z.string()).min(1) });

/** The scenarios that a server must pass to conform to the revision. Rejects for a revision that the suite does not know. */
export async function readScoredScenarios(revision: string): Promise<readonly string[]> {
  const file = fileInSuite(`requirements/${revision}.yaml`);
  return Requirements.parse(parse(await readFile(file, 'utf8'))).server;
}

/**
 * Runs the suite and resolves with its exit code, `null` where a signal ended it, as after the timeout; what it prints goes to
 * `output.log` in the directory. Rejects when it cannot be started and when `signal` ends it.
 */
export async function runSuite({ revision, url, token, directory, signal }: SuiteRun): Promise<number | null> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await using log = await open(join(directory, 'output.log'), 'w');
  const preload = new URL('bearer-preload.ts', import.meta.url).href;
  const run = ['server', '--url', url, '--requirements', revision, '-o', directory];
  const suite = spawn(process.execPath, ['--import', preload, fileInSuite('dist/index.js'), ...run], {
    env: { ...process.env, CONFORMANCE_URL: url, CONFORMANCE_TOKEN: token },
    stdio: ['ignore', log.fd, log.fd],
    timeout: TIMEOUT_MS,
    signal,
  });
  const [exitCode]: (number | null)[] = await once(suite, 'exit');
  return exitCode ?? null;
}

function fileInSuite(path: string): string {
  return fileURLToPath(import.meta.resolve(`@modelcontextprotocol/conformance/${path}`));
}
