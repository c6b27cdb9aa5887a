import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

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
  /** Whether the revision requires it. */
  readonly scored: boolean;
  readonly passed: boolean;
  readonly checks: readonly Check[];
}

/**
 * The results that a run of the suite has left in the directory: the scored scenarios in their order, then the others. A scored
 * scenario without results has failed. Rejects when a file is not what the suite writes.
 */
export async function readScenarioResults(directory: string, scored: readonly string[]): Promise<ScenarioResult[]> {
  const checks = await readChecks(directory);
  const others = [...checks.keys()].filter((scenario) => !scored.includes(scenario));
  return [...scored, ...others.sort()].map((scenario) => {
    const found = checks.get(scenario) ?? [];
    return { scenario, scored: scored.includes(scenario), passed: hasPassed(found), checks: found };
  });
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
