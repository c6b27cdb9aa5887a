import { MAX_TIMER_MS } from '../read-whole-number.ts';
import type { Credential } from './response-sink.ts';

/** What a token allowed ends with it. Returns the timer, for those who end before; `undefined` where the token does not expire. */
export function whenExpired(credential: Credential | undefined, end: () => void): NodeJS.Timeout | undefined {
  if (credential?.expiresAt === undefined) return undefined;
  const remainingMs = Math.max(credential.expiresAt - Date.now(), 0);
  return setTimeout(end, Math.min(remainingMs, MAX_TIMER_MS)).unref();
}
