import {
  type OAuthMetadata,
  OAuthMetadataSchema,
  type OAuthProtectedResourceMetadata,
  OAuthProtectedResourceMetadataSchema,
} from '@modelcontextprotocol/sdk/shared/auth.js';

/** The OAuth documents to publish. Each is served only where it is given. */
export interface OAuthDocuments {
  /** RFC 8414, at `/.well-known/oauth-authorization-server`. */
  readonly authorizationServerOAuthMetadata?: OAuthMetadata;
  /** RFC 9728, at `/.well-known/oauth-protected-resource` and below it at the endpoint's path. */
  readonly protectedResourceOAuthMetadata?: OAuthProtectedResourceMetadata;
}

/** A document and the paths it is served at. */
export interface WellKnownDocument {
  readonly paths: readonly string[];
  readonly body: string;
}

/** The documents to serve. Throws a `TypeError` that names the option where a document breaks the SDK's schema. */
export function wellKnownDocuments(oauth2: OAuthDocuments, endpoint: string): WellKnownDocument[] {
  const documents: WellKnownDocument[] = [];
  const { authorizationServerOAuthMetadata, protectedResourceOAuthMetadata } = oauth2;
  if (authorizationServerOAuthMetadata !== undefined) {
    assertDocument(OAuthMetadataSchema, authorizationServerOAuthMetadata, 'authorizationServerOAuthMetadata');
    documents.push({
      paths: ['/.well-known/oauth-authorization-server'],
      body: JSON.stringify(authorizationServerOAuthMetadata),
    });
  }
  if (protectedResourceOAuthMetadata !== undefined) {
    assertDocument(
      OAuthProtectedResourceMetadataSchema,
      protectedResourceOAuthMetadata,
      'protectedResourceOAuthMetadata',
    );
    const root = '/.well-known/oauth-protected-resource';
    documents.push({
      paths: endpoint === '/' ? [root] : [root, root + endpoint],
      body: JSON.stringify(protectedResourceOAuthMetadata),
    });
  }
  return documents;
}

interface Schema {
  safeParse(value: unknown): { readonly success: boolean; readonly error?: Error | undefined };
}

function assertDocument(schema: Schema, document: unknown, option: string): void {
  const { success, error } = schema.safeParse(document);
  if (!success) throw new TypeError(`oauth2.${option} is not valid: ${error?.message}`);
}
