import type { Measurement, Round } from './measure.ts';
import { median } from './statistics.ts';

/** Answers in a second. */
export function throughput({ requests, elapsedMs }: Round): number {
  return (1000 * requests) / elapsedMs;
}

/** CPU time of the server for a request, µs. */
export function serverCost({ serverCpuMicros, requests }: Round): number {
  return serverCpuMicros / requests;
}

/** Requests in a second of the server's CPU time. */
export function efficiency(round: Round): number {
  return 1e6 / serverCost(round);
}

/** Share of the time that the client had something to do. */
export function clientLoad({ idleMs, elapsedMs }: Round): number {
  return 1 - idleMs / elapsedMs;
}

/** The quotients of two measurements, each of the rounds of the same number. */
export function ratios(above: Measurement, below: Measurement, value: (round: Round) => number): number[] {
  return pairwise(above.rounds.map(value), below.rounds.map(value), (a, b) => a / b);
}

/** `combine` of the values of the same number. */
export function pairwise(
  values: readonly number[],
  others: readonly number[],
  combine: (value: number, other: number) => number,
): number[] {
  return values.flatMap((value, index) => {
    const other = others[index];
    return other === undefined ? [] : [combine(value, other)];
  });
}

/** The median of `values`, minimum and maximum in brackets. */
export function spread(values: readonly number[], digits: number): string {
  const [middle, min, max] = [median(values), Math.min(...values), Math.max(...values)].map((value) =>
    value.toFixed(digits),
  );
  return `${middle} (${min}–${max})`;
}
