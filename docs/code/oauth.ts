import { McpServer, OAuthError, requireScopes } from '@modelcontextprotocol/server';
import { fastify } from 'fastify';
import fastifyMcpServer, { UnavailableError } from 'fastify-mcp-server';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

const issuer = 'https://auth.example.com';
const resource = 'https://mcp.example.com/mcp';

//#region verifier
const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));

const verifier = {
  async verifyAccessToken(token: string) {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: resource,
      requiredClaims: ['sub', 'exp'],
    }).catch(refuse);
    return {
      token,
      clientId: String(payload.client_id),
      scopes: String(payload.scope ?? '').split(' '),
      expiresAt: Number(payload.exp),
      extra: { iss: issuer, sub: payload.sub, org: payload.org },
    };
  },
};
//#endregion verifier

//#region refuse
/** What jose throws where the keys cannot be had: that is not the token's fault. */
const NO_KEYS = ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'];

function refuse(error: unknown): never {
  if (error instanceof errors.JOSEError && !NO_KEYS.includes(error.code)) {
    throw new OAuthError('invalid_token', 'Invalid token'); // a 401
  }
  throw new UnavailableError('The keys cannot be had', { cause: error }); // a 503
}
//#endregion refuse

//#region tools
function serverFor(tenant: string) {
  const server = new McpServer({ name: `${tenant}-files`, version: '1.0.0' });
  server.registerTool('who_am_i', { description: 'The caller, as the token says' }, ({ http }) => ({
    content: [{ type: 'text', text: String(http?.authInfo?.extra?.sub) }],
  }));
  const deleting = { description: 'Deletes all files', scopeChallenge: requireScopes('files:delete') };
  server.registerTool('delete_all', deleting, () => ({ content: [{ type: 'text', text: 'Gone' }] }));
  return server;
}
//#endregion tools

const app = fastify();
//#region register
await app.register(fastifyMcpServer, {
  createServer: ({ principal }) => serverFor(principal.tenantId),
  identify: ({ extra }) => ({ tenantId: extra?.org as string, subject: extra?.sub as string }),
  authorization: {
    bearerMiddlewareOptions: {
      verifier,
      requiredScopes: ['files:read'],
      resourceMetadataUrl: 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp',
    },
    oauth2: {
      protectedResourceOAuthMetadata: { resource, authorization_servers: [issuer] },
    },
  },
});
//#endregion register
await app.listen({ port: 3000, host: '127.0.0.1' });
