import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose';

/** What a token says. */
export interface TokenClaims {
  readonly subject: string;
  /** Separated by spaces, as OAuth has it. */
  readonly scope: string;
  /** The resource that the token is for (RFC 8707). */
  readonly audience: string;
  /** Seconds from now. Default: 600. */
  readonly lifetime?: number;
}

/** Stands for your authorization server: it has a key pair, publishes the public key and signs tokens with the private one. */
export async function createDemoAuthorizationServer(issuer: string) {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwks: JSONWebKeySet = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] };
  return {
    issuer,
    jwks,
    issueToken({ subject, scope, audience, lifetime = 600 }: TokenClaims): Promise<string> {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ scope, client_id: 'demo-client' })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
        .setIssuer(issuer)
        .setSubject(subject)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(now + lifetime)
        .sign(privateKey);
    },
  };
}
