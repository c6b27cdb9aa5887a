import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const PROGRAMS = ['redis-server', 'valkey-server'];
const PID_FILE = '/run/redis/redis-server.pid';

/** The program that is run. Throws an `Error` that says what to install where there is none. */
export function findRedisServer(): string {
  const found = onPath() ?? installed();
  if (found !== undefined) return found;
  throw new Error('Install redis-server (Debian: apt-get install redis-server), or set REDIS_URL');
}

/** One that runs: while another process installs it, it may be there without what it needs. */
function onPath(): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  const files = directories.flatMap((directory) => PROGRAMS.map((program) => join(directory, program)));
  return files.filter((file) => existsSync(file)).find(runs);
}

function runs(file: string): boolean {
  try {
    execFileSync(file, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** On Debian, as root: from the distribution, without a service that stays. Several test files may try it at once. */
function installed(): string | undefined {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return undefined;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (!apt('install', '-y', '--no-install-recommends', 'redis-server')) apt('update');
    const found = onPath();
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Waits for others that install. A service that was started, because nothing forbids it here, is stopped: it would keep port 6379. */
function apt(...args: string[]): boolean {
  const existed = existsSync(PID_FILE);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  try {
    execFileSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
      env,
      stdio: 'ignore',
      timeout: 300_000,
    });
    if (!existed && existsSync(PID_FILE)) execFileSync('service', ['redis-server', 'stop'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
