import type { OAuthProtectedResourceMetadata, OAuthTokenVerifier } from '@mcp-tenancy/core';
import { fastify } from 'fastify';
import fastifyMcpServer from 'fastify-mcp-server';
import { serverFor } from './readme-context.ts';

const app = fastify();
declare const verifier: OAuthTokenVerifier;
declare const protectedResourceOAuthMetadata: OAuthProtectedResourceMetadata;

//#region oauth
await app.register(fastifyMcpServer, {
  createServer: ({ principal, authInfo }) => serverFor(principal.tenantId, authInfo),
  identify: ({ extra }) => ({ tenantId: extra?.org as string, subject: extra?.sub as string }), // a missing claim is refused
  authorization: {
    bearerMiddlewareOptions: {
      verifier, // an OAuthTokenVerifier of the SDK
      requiredScopes: ['mcp'],
      resourceMetadataUrl: 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp',
    },
    oauth2: { protectedResourceOAuthMetadata }, // served at its well-known paths
  },
});
//#endregion oauth
