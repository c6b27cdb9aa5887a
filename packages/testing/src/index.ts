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
export { findRedisServer } from './find-redis-server.ts';
export type { CreateFleet, MemberUnderTest } from './fleet-contract/fleet-under-test.ts';
export {
  type InterfereWithMessage,
  type InterfereWithQuestion,
  type MemoryBus,
  MemoryFleet,
  type MemoryMember,
  type MemoryOwnership,
} from './memory-fleet.ts';
export { type RedisServer, startRedisServer } from './redis-server.ts';
export { describeSessionOwnership } from './session-ownership-battery.ts';
export { describeSessionStore } from './session-store-battery.ts';
export type { CreateStore } from './session-store-contract/store-under-test.ts';
export { describeTenantBus } from './tenant-bus-battery.ts';
export {
  REVISION,
  type WireAnswer,
  WireClient,
  type WireMessage,
  type WireRequest,
  type WireStream,
} from './wire-client.ts';
