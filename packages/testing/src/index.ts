export { describeAdapter } from './adapter-battery.ts';
export type {
  AppMiddleware,
  BatteryOptions,
  BatteryTenancy,
  Mount,
  MountedApp,
  MountRequest,
} from './adapter-contract/mounted-app.ts';
export { describeAdapterSource } from './adapter-source.ts';
export type { EventReader, WireEvent } from './event-reader.ts';
export {
  REVISION,
  type WireAnswer,
  WireClient,
  type WireMessage,
  type WireRequest,
  type WireStream,
} from './wire-client.ts';
