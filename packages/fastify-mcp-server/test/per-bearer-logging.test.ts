import { execFile } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { WireClient } from '@mcp-tenancy/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { buildDemoServer } from './support/demo-server.ts';
import { perBearerServer } from './support/per-bearer.ts';

const PROCESS = fileURLToPath(new URL('./support/logging-process.ts', import.meta.url));

/** Whether the process can be given the sources: `module.registerHooks` is in Node 22.15 and newer. Where it is not, those tests are left out. */
const runsSources = 'registerHooks' in nodeModule;

/** What a process prints that starts a server and stops it. */
async function printedBy(flags: { terminal: boolean; logging?: boolean }): Promise<string> {
  const args = Object.values(flags).map(String);
  const { stdout } = await promisify(execFile)(process.execPath, [PROCESS, ...args]);
  return stdout;
}

/** A file that takes the place of the standard output; returns how to read it. It stays open: the logger writes when it likes. */
function redirectedOutput(): () => string {
  const folder = mkdtempSync(join(tmpdir(), 'log-'));
  const file = join(folder, 'out');
  const descriptor = openSync(file, 'w');
  const output = vi.spyOn(process.stdout as { fd: number }, 'fd', 'get').mockReturnValue(descriptor);
  onTestFinished(() => {
    output.mockRestore();
    rmSync(folder, { recursive: true });
  });
  return () => readFileSync(file, 'utf8');
}

describe('the option logging', () => {
  test.skipIf(!runsSources)('is off by default', async () => {
    expect(await printedBy({ terminal: false })).toBe('');
    expect(await printedBy({ terminal: true })).toBe('');
  });

  test.skipIf(!runsSources)('writes lines of JSON where there is no terminal', async () => {
    const [line] = (await printedBy({ terminal: false, logging: true })).split('\n');
    expect(JSON.parse(String(line))).toMatchObject({ level: 30, msg: expect.stringContaining('Server listening at') });
  });

  test.skipIf(!runsSources)('writes prettily on a terminal', async () => {
    const printed = await printedBy({ terminal: true, logging: true });
    expect(printed).toMatch(/INFO.*Server listening at http:\/\/127\.0\.0\.1:\d+/);
    expect(printed).not.toContain('{"level"');
  });

  test('writes no token', async () => {
    const written = redirectedOutput();
    const server = perBearerServer({ logging: true }).addToken('known-s3cr3t', () => buildDemoServer());
    const { url } = await server.start();
    await new WireClient(url, 'known-s3cr3t').open();
    expect((await new WireClient(url, 'unknown-s3cr3t').open()).status).toBe(401);
    await expect.poll(() => written().match(/request completed/g)).toHaveLength(4);
    expect(written()).not.toContain('s3cr3t');
  });

  test('writes the failures of listeners', async () => {
    const written = redirectedOutput();
    const server = perBearerServer({ logging: true }).on('started', () => {
      throw new Error('a broken listener');
    });
    await server.start();
    await expect.poll(written).toMatch(/a broken listener.*A listener of 'started' failed/);
  });
});
