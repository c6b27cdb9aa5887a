import type { Connection } from './connection.ts';
import { assertRight, initializeBody, initializedBody, onlyMessageOf, PROTOCOL_VERSION } from './messages.ts';

type Headers = Readonly<Record<string, string>>;

/** The headers of a caller's requests, without a session. */
export function headersOf(token: string): Headers {
  return {
    authorization: `Bearer ${token}`,
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
  };
}

/**
 * Makes the handshake, and returns the headers of the session's requests. Rejects where an answer is wrong: without a session, too, unless
 * the server is `stateless`.
 */
export async function openSession(connection: Connection, headers: Headers, stateless: boolean): Promise<Headers> {
  const answer = await connection.post(initializeBody, headers);
  const { sessionId } = answer;
  const agreed = onlyMessageOf(answer)?.result?.protocolVersion === PROTOCOL_VERSION;
  assertRight(agreed && (sessionId !== undefined || stateless), initializeBody, answer);
  const ofSession = {
    ...headers,
    'mcp-protocol-version': PROTOCOL_VERSION,
    ...(sessionId !== undefined && { 'mcp-session-id': sessionId }),
  };
  const initialized = await connection.post(initializedBody, ofSession);
  assertRight(initialized.status === 202, initializedBody, initialized);
  return ofSession;
}
