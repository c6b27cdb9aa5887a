/** What is known of a verified token: the `AuthInfo` of both SDKs. */
export interface AuthInfo {
  readonly token: string;
  /** The OAuth client that the token was issued to. */
  readonly clientId: string;
  readonly scopes: string[];
  /** Seconds since the epoch. */
  readonly expiresAt?: number;
  /** What the token was issued for (RFC 8707). */
  readonly resource?: URL;
  /** Where its clients learn how to get another token (RFC 9728). */
  readonly resourceMetadataUrl?: string;
  /** Whatever else the verifier has to say. */
  readonly extra?: Record<string, unknown>;
}

/** Verifies bearer tokens: the `OAuthTokenVerifier` of both SDKs. */
export interface OAuthTokenVerifier {
  /** Throw the `InvalidTokenError` of SDK v1, or an error with the `errorCode` or `code` `invalid_token`, to refuse the token. */
  verifyAccessToken(token: string): Promise<AuthInfo>;
}
