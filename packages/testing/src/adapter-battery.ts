import { describe } from 'vitest';
import { describeAnswers } from './adapter-contract/answers.ts';
import { describeClients } from './adapter-contract/clients.ts';
import { describeClosing } from './adapter-contract/closing.ts';
import { describeConnections } from './adapter-contract/connections.ts';
import type { AdapterHost, BatteryTenancy, Mount } from './adapter-contract/mounted-app.ts';
import { describeMounts } from './adapter-contract/mounts.ts';
import { describeRejections } from './adapter-contract/rejections.ts';

/**
 * The contract of adapters: what every framework under core must do, and leave alone. `mount` starts an app of the framework;
 * `createTenancy` is core's, of which the battery knows nothing.
 */
export function describeAdapter<Tenancy extends BatteryTenancy>(
  name: string,
  createTenancy: AdapterHost<Tenancy>['createTenancy'],
  mount: Mount<Tenancy>,
): void {
  describe(name, () => {
    const host = { createTenancy, mount };
    describeAnswers(host);
    describeRejections(host);
    describeMounts(host);
    describeConnections(host);
    describeClosing(host);
    describeClients(host);
  });
}
