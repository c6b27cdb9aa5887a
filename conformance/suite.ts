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

const RequirementsFile = z.object({
  server: z.array(z.string()).min(1),
  not_scored: z.array(z.object({ scenario: z.string(), reason: z.string() })),
});

/** What the suite asks of a server. */
export interface Requirements {
  /** The scenarios that a server must pass to conform. */
  readonly scored: readonly string[];
  /** Why a scenario that is run does not count, in a word of the suite's: `extension`, `pending`. */
  readonly unscored: ReadonlyMap<string, string>;
}

/** What the suite asks of a server for the revision. Rejects for a revision that the suite does not know. */
export async function readRequirements(revision: string): Promise<Requirements> {
  const file = await readFile(fileInSuite(`requirements/${revision}.yaml`), 'utf8');
  const { server, not_scored } = RequirementsFile.parse(parse(file));
  return { scored: server, unscored: new Map(not_scored.map(({ scenario, reason }) => [scenario, reason])) };
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
