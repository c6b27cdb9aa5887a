import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const CHROMIUM = '/usr/bin/chromium';

/** The Chromium of the system; installed from the distribution's packages where that can be done. Throws an `Error` that says what to install. */
export function findChromium(): string {
  if (!existsSync(CHROMIUM) && process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    apt('update');
    apt('install', '-y', '--no-install-recommends', 'chromium');
  }
  if (existsSync(CHROMIUM)) return CHROMIUM;
  throw new Error('Install chromium (Debian: apt-get install chromium)');
}

function apt(...args: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], { env, stdio: 'ignore' });
}
