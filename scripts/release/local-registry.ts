import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../workspace/run-command.ts';
import { environmentIn } from '../workspace/workspace.ts';
import { ChildProgram } from './child-program.ts';
import { freePort } from './free-port.ts';
import { startRegistryFront } from './registry-front.ts';

/** Verdaccio asks for a tag of node-fetch, and mirrors of npm's registry may have no tags. */
const MANIFEST = {
  private: true,
  dependencies: { verdaccio: '6.10.4' },
  overrides: { 'verdaccio-audit': { 'node-fetch': '2.7.0' } },
};
const START_MS = 60_000;
const USER = 'rehearsal';

/** An npm registry on the loopback address, for this process alone. */
export interface LocalRegistry {
  /** What npm has to be told, in its environment, to publish to it. */
  readonly publishing: NodeJS.ProcessEnv;
  /** And to install from it: what it does not have comes from the registry that this machine uses. */
  readonly installing: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** Starts one that takes the packages of these names. All of its files are in `folder`. Rejects with what it printed where it does not start. */
export async function startLocalRegistry(folder: string, names: readonly string[]): Promise<LocalRegistry> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify(MANIFEST));
  await runCommand('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder, env: environmentIn(folder) });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  // JSON is YAML.
  const configuration = join(folder, 'config.yaml');
  await writeFile(configuration, JSON.stringify(configurationFor(folder, names)));
  const program = join(folder, 'node_modules', '.bin', 'verdaccio');
  const args = [program, '--config', configuration, '--listen', `127.0.0.1:${port}`];
  const verdaccio = new ChildProgram(process.execPath, args, { cwd: folder });
  await verdaccio.until(() => answers(`${url}-/ping`), START_MS);

  const userConfiguration = join(folder, 'npmrc');
  await writeFile(userConfiguration, `//127.0.0.1:${port}/:_authToken=${await registerUser(url)}\n`);
  const upstream = (await runCommand('npm', ['config', 'get', 'registry'], { cwd: folder }))
    .trim()
    .replace(/\/?$/, '/');
  const front = await startRegistryFront(names, url, upstream);
  const common = { npm_config_userconfig: userConfiguration, npm_config_update_notifier: 'false' };
  const stop = async () => {
    front.close();
    await verdaccio.stop();
  };
  return {
    publishing: { ...common, npm_config_registry: url },
    installing: { ...common, npm_config_registry: front.url, npm_config_audit: 'false', npm_config_fund: 'false' },
    stop,
  };
}

function configurationFor(folder: string, names: readonly string[]): object {
  const packages = names.map((name) => [name, { access: '$all', publish: '$authenticated' }]);
  return {
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    packages: Object.fromEntries(packages),
    web: { enable: false },
    log: { type: 'stdout', format: 'json', level: 'warn' },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/** npm publishes with a token only. */
async function registerUser(url: string): Promise<string> {
  const response = await fetch(`${url}-/user/org.couchdb.user:${USER}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: USER, password: crypto.randomUUID() }),
  });
  const { token } = (await response.json()) as { token?: string };
  if (token === undefined) throw new Error(`The local registry registers no user: status ${response.status}`);
  return token;
}
