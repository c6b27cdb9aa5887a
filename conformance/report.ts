import type { Check, ScenarioResult } from './scenario-results.ts';

/** What a run of the suite has shown. */
export interface RunReport {
  readonly host: string;
  /** The everything server behind the host. */
  readonly server: string;
  readonly revision: string;
  /** Exit code of the suite, `null` where a signal ended it. */
  readonly exitCode: number | null;
  readonly results: readonly ScenarioResult[];
}

/** A table of the scenarios, with the reasons of failures and warnings; not of extensions, which nobody has to support. */
export function tableOf({ host, server, revision, results }: RunReport): string {
  const width = Math.max(...results.map(({ scenario }) => scenario.length));
  const row = (mark: string, scenario: string, cells: string[], note = '') =>
    [mark, scenario.padEnd(width), ...cells.map((cell) => cell.padStart(8)), note].join(' ').trimEnd();
  return [
    `${host}, ${server}, MCP ${revision}`,
    row(' ', 'scenario', ['success', 'failure', 'warning']),
    ...results.flatMap(({ scenario, unscored, passed, checks }) => [
      row(passed ? '✓' : '✗', scenario, countsOf(checks), unscored && ` not scored: ${unscored}`),
      ...(unscored === 'extension' ? [] : reasonsOf(passed, checks)),
    ]),
  ].join('\n');
}

/** A table of the runs: how many of the scored scenarios each has passed. */
export function summaryOf(reports: readonly RunReport[]): string {
  const rows = reports.map(({ host, server, revision, results, exitCode }) => {
    const scored = results.filter(isScored);
    const passed = scored.filter((result) => result.passed).length;
    return [host, server, `MCP ${revision}`, `${passed} of ${scored.length}`, endOf(exitCode)];
  });
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}

/** Whether everything was as it must be, and the sum of it in one line: `97 passed, 0 failed`. */
export function verdictOn(reports: readonly RunReport[]): { readonly ok: boolean; readonly line: string } {
  const scored = reports.flatMap(({ results }) => results.filter(isScored));
  const passed = scored.filter((result) => result.passed).length;
  const failed = scored.length - passed;
  const complaints = reports
    .filter(({ exitCode }) => exitCode !== 0)
    .map(
      ({ host, server, revision, exitCode }) => `, the suite for ${host}, ${server}, ${revision} ${endOf(exitCode)}`,
    );
  return {
    ok: passed > 0 && failed === 0 && complaints.length === 0,
    line: `${passed} passed, ${failed} failed${complaints.join('')}`,
  };
}

function isScored({ unscored }: ScenarioResult): boolean {
  return unscored === undefined;
}

function endOf(exitCode: number | null): string {
  return exitCode === null ? 'was ended by a signal' : `exited with ${exitCode}`;
}

function countsOf(checks: readonly Check[]): string[] {
  return ['SUCCESS', 'FAILURE', 'WARNING'].map((wanted) =>
    String(checks.filter(({ status }) => status === wanted).length),
  );
}

function reasonsOf(passed: boolean, checks: readonly Check[]): string[] {
  const reasons = checks
    .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
    .map(({ id, errorMessage = 'no reason given' }) => `    ${id}: ${errorMessage}`);
  return passed || reasons.length > 0 ? reasons : ['    no check has succeeded'];
}
