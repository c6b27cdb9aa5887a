import { requireSdk } from '../protocol/sdk-peer.ts';

/** Metadata of an authorization server (RFC 8414). */
export interface OAuthMetadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly response_types_supported: string[];
  readonly [name: string]: unknown;
}

/** Metadata of a protected resource (RFC 9728). */
export interface OAuthProtectedResourceMetadata {
  readonly resource: string;
  readonly [name: string]: unknown;
}

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
    assertDocument('OAuthMetadata', authorizationServerOAuthMetadata, 'authorizationServerOAuthMetadata');
    documents.push({
      paths: ['/.well-known/oauth-authorization-server'],
      body: JSON.stringify(authorizationServerOAuthMetadata),
    });
  }
  if (protectedResourceOAuthMetadata !== undefined) {
    assertDocument('OAuthProtectedResourceMetadata', protectedResourceOAuthMetadata, 'protectedResourceOAuthMetadata');
    const root = '/.well-known/oauth-protected-resource';
    documents.push({
      paths: endpoint === '/' ? [root] : [root, root + endpoint],
      body: JSON.stringify(protectedResourceOAuthMetadata),
    });
  }
  return documents;
}

type DocumentName = 'OAuthMetadata' | 'OAuthProtectedResourceMetadata';

/** A schema of either SDK, as https://standardschema.dev has it. */
interface Schema {
  readonly '~standard': {
    validate(value: unknown): { readonly issues?: readonly { readonly message: string; readonly path?: unknown[] }[] };
  };
}

/** Where the two SDKs keep the schemas. */
type Schemas = { readonly [Name in `${DocumentName}Schema`]: Schema } & {
  readonly specTypeSchemas?: { readonly [Name in DocumentName]: Schema };
};

function assertDocument(name: DocumentName, document: unknown, option: string): void {
  const schemas = requireSdk<Schemas>('/shared/auth.js', '', `oauth2.${option}`);
  const schema = schemas.specTypeSchemas?.[name] ?? schemas[`${name}Schema`];
  const [issue] = schema['~standard'].validate(document).issues ?? [];
  if (issue === undefined) return;
  throw new TypeError(
    `oauth2.${option} is not valid: ${[issue.path?.join('.'), issue.message].filter(Boolean).join(': ')}`,
  );
}
