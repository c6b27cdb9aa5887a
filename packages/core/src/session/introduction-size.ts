import { TenancyError } from '../errors.ts';
import type { InitializeRequest } from '../protocol/lifecycle.ts';

/** Characters of JSON that a client may introduce itself with: they are kept as long as its session. */
const MAX_INTRODUCTION_LENGTH = 65_536;

/** Throws `invalid_params` for a client that says too much of itself. */
export function assertIntroductionSize({ capabilities, clientInfo }: InitializeRequest['params']): void {
  if (lengthAsJson([capabilities, clientInfo]) <= MAX_INTRODUCTION_LENGTH) return;
  throw new TenancyError(
    'invalid_params',
    `Invalid params: capabilities and clientInfo must not exceed ${MAX_INTRODUCTION_LENGTH} characters of JSON`,
  );
}

/** What is nested too deeply to be written is too long. */
function lengthAsJson(value: unknown): number {
  try {
    return JSON.stringify(value).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
