import { TenancyError } from '../errors.ts';
import { headerOf, type RequestFacts } from './request-facts.ts';

const METHODS = ['GET', 'POST', 'DELETE'];
/** What may stand in `Accept` for each kind of answer. */
const JSON_RANGES = ['application/json', 'application/*', '*/*'];
const STREAM_RANGES = ['text/event-stream', 'text/*', '*/*'];

/** Throws `method_not_allowed` for a method that the endpoint does not know. */
export function checkMethod({ method }: RequestFacts): void {
  if (METHODS.includes(method)) return;
  throw new TenancyError('method_not_allowed', 'Method not allowed.', { headers: { allow: METHODS.join(', ') } });
}

/** Throws unless a POST accepts both kinds of answer and carries JSON, and a GET accepts a stream. */
export function checkMediaTypes(facts: RequestFacts): void {
  if (facts.method === 'POST') checkPost(facts);
  if (facts.method === 'GET' && !acceptOf(facts).includes('text/event-stream')) {
    throw new TenancyError('not_acceptable', 'Not Acceptable: Client must accept text/event-stream');
  }
}

function checkPost(facts: RequestFacts): void {
  const accept = acceptOf(facts);
  if (!namesOne(accept, JSON_RANGES) || !namesOne(accept, STREAM_RANGES)) {
    throw new TenancyError(
      'not_acceptable',
      'Not Acceptable: Client must accept both application/json and text/event-stream',
    );
  }
  if (!isJson(headerOf(facts, 'content-type'))) {
    throw new TenancyError('unsupported_media_type', 'Unsupported Media Type: Content-Type must be application/json');
  }
}

function namesOne(accept: string, ranges: readonly string[]): boolean {
  for (const range of ranges) if (accept.includes(range)) return true;
  return false;
}

function acceptOf(facts: RequestFacts): string {
  return headerOf(facts, 'accept')?.toLowerCase() ?? '';
}

/**
 * Whether the media type itself is JSON, parameters aside: a substring would let `text/plain; a=application/json` through
 * a browser without a preflight (CVE-2026-33252).
 */
function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  const [essence = '', ...parameters] = (contentType ?? '').split(';');
  const ambiguous = parameters.some((parameter) => parameter.includes(','));
  return essence.trim().toLowerCase() === 'application/json' && !ambiguous;
}
