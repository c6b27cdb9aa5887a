import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Requirements } from './suite.ts';

const Check = z.object({
  id: z.string(),
  status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
  errorMessage: z.string().optional(),
});

/** One observation of a scenario. */
export type Check = z.infer<typeof Check>;

/** What came out of a scenario. */
export interface ScenarioResult {
  readonly scenario: string;
  /** Why it does not count, in a word; `undefined` where the revision requires it. */
  readonly unscored: string | undefined;
  readonly passed: boolean;
  readonly checks: readonly Check[];
}

/**
 * The results that a run of the suite has left in the directory: the scored scenarios in their order, then the others. A scored
 * scenario without results has failed. Rejects when a file is not what the suite writes.
 */
export async function readScenarioResults(
  directory: string,
  { scored, unscored }: Requirements,
): Promise<ScenarioResult[]> {
  const checks = await readChecks(directory);
  const resultOf = (scenario: string, reason?: string): ScenarioResult => {
    const found = checks.get(scenario) ?? [];
    return { scenario, unscored: reason, passed: hasPassed(found), checks: found };
  };
  const others = [...checks.keys()].filter((scenario) => !scored.includes(scenario)).sort();
  return [
    ...scored.map((scenario) => resultOf(scenario)),
    ...others.map((scenario) => resultOf(scenario, unscored.get(scenario) ?? 'unknown')),
  ];
}

async function readChecks(directory: string): Promise<Map<string, Check[]>> {
  const checks = new Map<string, Check[]>();
  for await (const file of glob('server-*/checks.json', { cwd: directory })) {
    const scenario = scenarioOf(dirname(file));
    checks.set(scenario, z.array(Check).parse(JSON.parse(await readFile(join(directory, file), 'utf8'))));
  }
  return checks;
}

/** The suite names directories `server-{scenario}-{time}`. */
function scenarioOf(directory: string): string {
  return directory.replace(/^server-/, '').replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, '');
}

/** The suite adds to every scenario the check that messages fit the schema: its success says nothing about what the scenario is for. */
const ADDED_CHECK = 'wire-schema-valid';

function hasPassed(checks: readonly Check[]): boolean {
  const succeeded = checks.some(({ id, status }) => status === 'SUCCESS' && id !== ADDED_CHECK);
  return succeeded && checks.every(({ status }) => status !== 'FAILURE');
}
