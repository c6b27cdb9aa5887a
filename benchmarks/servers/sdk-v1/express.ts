import { createServer } from 'node:http';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { verifyAccessToken } from '../authenticate.ts';
import { serve } from '../serve.ts';
import { sessionOf } from './sessions.ts';

// The app of the SDK's examples: it parses JSON, and protects against DNS rebinding.
const app = createMcpExpressApp();
app.all('/mcp', requireBearerAuth({ verifier: { verifyAccessToken } }), async (req, res) => {
  const session = await sessionOf(req.headers, req.body, req.auth?.token);
  if (session === undefined) {
    res.status(404).json({ error: 'Session not found' });
    return;
  }
  await session.transport.handleRequest(req, res, req.body);
});

await serve(createServer(app));
