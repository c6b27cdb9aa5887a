import type { Check, ScenarioResult } from './scenario-results.ts';

/** What a host has achieved. */
export interface HostReport {
  readonly host: string;
  readonly revision: string;
  /** Exit code of the suite, `null` where a signal ended it. */
  readonly exitCode: number | null;
  readonly results: readonly ScenarioResult[];
}

/** A table of the scenarios, with the reasons of those that failed. */
export function tableOf({ host, revision, results }: HostReport): string {
  const width = Math.max(...results.map(({ scenario }) => scenario.length));
  const row = (mark: string, scenario: string, cells: string[], note = '') =>
    [mark, scenario.padEnd(width), ...cells.map((cell) => cell.padStart(8)), note].join(' ').trimEnd();
  return [
    `${host}, MCP ${revision}`,
    row(' ', 'scenario', ['success', 'failure', 'warning']),
    ...results.flatMap(({ scenario, scored, passed, checks }) => [
      row(passed ? '✓' : '✗', scenario, countsOf(checks), scored ? '' : ' not scored'),
      ...(passed ? [] : reasonsOf(checks)),
    ]),
  ].join('\n');
}

/** Whether everything was as it must be, and the sum of it in one line: `30 passed, 0 failed`. */
export function verdictOn(reports: readonly HostReport[]): { readonly ok: boolean; readonly line: string } {
  const scored = reports.flatMap(({ results }) => results.filter((result) => result.scored));
  const passed = scored.filter((result) => result.passed).length;
  const failed = scored.length - passed;
  const complaints = reports
    .filter(({ exitCode }) => exitCode !== 0)
    .map(
      ({ host, exitCode }) =>
        `, the suite for ${host} ${exitCode === null ? 'was ended by a signal' : `exited with ${exitCode}`}`,
    );
  return {
    ok: passed > 0 && failed === 0 && complaints.length === 0,
    line: `${passed} passed, ${failed} failed${complaints.join('')}`,
  };
}

function countsOf(checks: readonly Check[]): string[] {
  return ['SUCCESS', 'FAILURE', 'WARNING'].map((wanted) =>
    String(checks.filter(({ status }) => status === wanted).length),
  );
}

function reasonsOf(checks: readonly Check[]): string[] {
  const reasons = checks
    .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
    .map(({ id, errorMessage = 'no reason given' }) => `    ${id}: ${errorMessage}`);
  return reasons.length > 0 ? reasons : ['    no check has succeeded'];
}
