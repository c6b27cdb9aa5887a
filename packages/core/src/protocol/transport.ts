import type { AuthInfo } from './auth-info.ts';
import type { JSONRPCMessage, RequestId } from './json-rpc.ts';

/** What handlers learn of the HTTP request that a message came with. SDK v1 looks at `requestInfo`, v2 at `request`. */
export interface MessageExtraInfo {
  readonly requestInfo?: RequestInfo;
  readonly request?: Request;
  /** The verified token. */
  readonly authInfo?: AuthInfo;
  /** The era that the message was found to be of. */
  readonly classification?: { readonly era: 'legacy' | 'modern'; readonly revision?: string };
  /** Closes the connection that waits for the answer; the client comes back for it. */
  readonly closeSSEStream?: () => void;
  /** Closes the connection of the standalone stream; the client comes back for it. */
  readonly closeStandaloneSSEStream?: () => void;
}

/** Headers and URL of an HTTP request. */
export interface RequestInfo {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly url: URL;
}

/** What a message of a server belongs to. */
export interface SendOptions {
  /** The request of the client that a handler was at. */
  readonly relatedRequestId?: RequestId | undefined;
}

/** What a server of either SDK is connected to. */
export interface Transport {
  readonly sessionId?: string | undefined;
  onmessage?: (message: JSONRPCMessage, extra?: MessageExtraInfo) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  start(): Promise<void>;
  send(message: JSONRPCMessage, options?: SendOptions): Promise<void>;
  close(): Promise<void>;
}
