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
export { type Balancer, startBalancer } from './balancer.ts';
export { describeEventLog } from './event-log-battery.ts';
export type { CreateLog } from './event-log-contract/log-under-test.ts';
export type { EventReader, WireEvent } from './event-reader.ts';
export { describeSessionStore } from './session-store-battery.ts';
export type { CreateStore } from './session-store-contract/store-under-test.ts';
export {
  REVISION,
  type WireAnswer,
  WireClient,
  type WireMessage,
  type WireRequest,
  type WireStream,
} from './wire-client.ts';
