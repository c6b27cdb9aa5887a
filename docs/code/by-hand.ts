import { randomUUID } from 'node:crypto';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type { OAuthTokenVerifier } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

/** An app with the transport of SDK v1, wired by hand. */
export function appByHand(buildServer: () => McpServer, verifier: OAuthTokenVerifier) {
  //#region before
  const sessions = new Map<string, StreamableHTTPServerTransport>();

  async function openSession() {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    transport.onclose = () => void sessions.delete(transport.sessionId ?? '');
    await buildServer().connect(transport as Transport);
    return transport;
  }

  const app = createMcpExpressApp();
  app.all('/mcp', requireBearerAuth({ verifier }), async (req, res) => {
    const id = req.header('mcp-session-id');
    const transport = id === undefined ? await openSession() : sessions.get(id);
    if (transport === undefined) res.status(404).json({ error: 'Session not found' });
    else await transport.handleRequest(req, res, req.body);
  });
  app.listen(3000, '127.0.0.1');
  //#endregion before
  return app;
}
