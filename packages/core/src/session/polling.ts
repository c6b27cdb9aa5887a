import type { MessageExtraInfo } from '../protocol/transport.ts';
import type { Exchange } from '../transport/exchange.ts';
import type { SessionStreams } from '../transport/session-streams.ts';

/** Lets handlers end a connection that the client will resume (MCP 2025-11-25: polling). */
export function withPolling(extra: MessageExtraInfo, exchange: Exchange, streams: SessionStreams): MessageExtraInfo {
  return {
    ...extra,
    closeSSEStream: () => exchange.closeConnection(),
    closeStandaloneSSEStream: () => streams.poll(),
  };
}
