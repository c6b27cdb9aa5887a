// Tools behind OAuth: JWT access tokens, scopes, the documents that tell clients where to get a token, tools that know who calls.
//   node examples/oauth-protected-tools.ts
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { fastify } from 'fastify';
import fastifyMcpServer from 'fastify-mcp-server';
import { createLocalJWKSet } from 'jose';
import { z } from 'zod';
import { printClientConfiguration } from './client-configuration.ts';
import { createDemoAuthorizationServer } from './demo-authorization-server.ts';
import { createJwtVerifier } from './jwt-verifier.ts';
import { runExample } from './run-example.ts';
import { refusal, textResult } from './text-result.ts';

const READ = 'invoices:read';
const WRITE = 'invoices:write';

const invoiceInput = z.object({ amount: z.number().positive() });

/** A factory of servers for all callers. Who calls is in `extra.authInfo`, fresh for each request. */
function invoiceServers(): () => McpServer {
  const invoices = new Map<string, number[]>();
  return () => {
    const server = new McpServer({ name: 'invoices', version: '1.0.0' });
    server.registerTool('who_am_i', { description: 'The caller, as the token says' }, ({ authInfo }) =>
      textResult({ subject: subjectOf(authInfo), scopes: authInfo?.scopes }),
    );
    server.registerTool('list_invoices', { description: "The caller's invoices" }, ({ authInfo }) =>
      textResult(invoices.get(subjectOf(authInfo)) ?? []),
    );
    const about = { description: 'Writes an invoice', inputSchema: invoiceInput };
    server.registerTool('create_invoice', about, ({ amount }, { authInfo }) => {
      // requiredScopes guard the whole endpoint; a scope that only one tool needs is the tool's own business.
      if (!authInfo?.scopes.includes(WRITE)) return refusal(`The token lacks the scope ${WRITE}`);
      const subject = subjectOf(authInfo);
      invoices.set(subject, [...(invoices.get(subject) ?? []), amount]);
      return textResult(`An invoice over ${amount} is written`);
    });
    return server;
  };
}

/** A token without a subject belongs to nobody: its callers must not meet in one list. */
function subjectOf(authInfo: AuthInfo | undefined): string {
  const subject = authInfo?.extra?.sub;
  if (typeof subject !== 'string') throw new Error('The token names no subject');
  return subject;
}

export interface ProtectedServiceOptions {
  readonly port?: number;
  /**
   * What clients call, and compare the published resource with. Configuration, never read from a request's `Host`: give it
   * with port 0, of which nobody knows beforehand what it becomes. Default: the loopback address at `port`.
   */
  readonly publicUrl?: string;
}

export async function start(options: ProtectedServiceOptions = {}) {
  const { port = 0, publicUrl = `http://127.0.0.1:${port}` } = options;
  const resource = `${publicUrl}/mcp`;
  const authorizationServer = await createDemoAuthorizationServer('https://auth.example.com');
  const { issuer, jwks, issueToken } = authorizationServer;
  const app = fastify();

  await app.register(fastifyMcpServer, {
    createServer: invoiceServers(),
    authorization: {
      bearerMiddlewareOptions: {
        verifier: createJwtVerifier({ issuer, audience: resource, keys: createLocalJWKSet(jwks) }),
        requiredScopes: [READ],
        resourceMetadataUrl: `${publicUrl}/.well-known/oauth-protected-resource/mcp`,
      },
      oauth2: {
        protectedResourceOAuthMetadata: {
          resource,
          authorization_servers: [issuer],
          scopes_supported: [READ, WRITE],
          bearer_methods_supported: ['header'],
        },
        authorizationServerOAuthMetadata: {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          response_types_supported: ['code'],
          code_challenge_methods_supported: ['S256'],
        },
      },
    },
  });

  const origin = await app.listen({ port, host: '127.0.0.1' });
  return {
    url: `${origin}/mcp`,
    origin,
    issueToken: (subject: string, scope: string, { audience = resource, lifetime = 600 } = {}) =>
      issueToken({ subject, scope, audience, lifetime }),
    stop: () => app.close(),
  };
}

if (import.meta.main) {
  await runExample(start, async ({ url, issueToken }) => {
    printClientConfiguration('Tools behind OAuth', url, {
      reader: await issueToken('ada', READ),
      writer: await issueToken('grace', `${READ} ${WRITE}`),
    });
  });
}
