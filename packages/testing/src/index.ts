export type { EventReader, WireEvent } from './event-reader.ts';
export {
  REVISION,
  type WireAnswer,
  WireClient,
  type WireMessage,
  type WireRequest,
  type WireStream,
} from './wire-client.ts';
