import { isObject, type Notification } from '../protocol/json-rpc.ts';
import type { ModernSdk } from './load-modern-sdk.ts';

/** A change that listeners may have asked to hear of: what SDK v2's `ServerEventBus` carries. */
export type ChangeEvent = Parameters<InstanceType<ModernSdk['InMemoryServerEventBus']>['publish']>[0];

/** Lists of a server that can change. */
export const LIST_CHANGES: readonly ChangeEvent[] = [
  { kind: 'tools_list_changed' },
  { kind: 'prompts_list_changed' },
  { kind: 'resources_list_changed' },
];

/** The change that a notification tells of; `undefined` for one that no listener can ask for. */
export function changeOf({ method, params }: Notification): ChangeEvent | undefined {
  switch (method) {
    case 'notifications/tools/list_changed':
      return { kind: 'tools_list_changed' };
    case 'notifications/prompts/list_changed':
      return { kind: 'prompts_list_changed' };
    case 'notifications/resources/list_changed':
      return { kind: 'resources_list_changed' };
    case 'notifications/resources/updated':
      return typeof params?.uri === 'string' ? { kind: 'resource_updated', uri: params.uri } : undefined;
    default:
      return undefined;
  }
}

/** Whether a `subscriptions/listen` with these parameters asks for a change. */
export function asksFor(params: unknown, change: ChangeEvent): boolean {
  const filter = isObject(params) && isObject(params.notifications) ? params.notifications : {};
  switch (change.kind) {
    case 'tools_list_changed':
      return filter.toolsListChanged === true;
    case 'prompts_list_changed':
      return filter.promptsListChanged === true;
    case 'resources_list_changed':
      return filter.resourcesListChanged === true;
    case 'resource_updated':
      return Array.isArray(filter.resourceSubscriptions) && filter.resourceSubscriptions.includes(change.uri);
  }
}
