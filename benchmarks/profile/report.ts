import { type Column, tableOf } from '../report-parts.ts';
import { fileOf, OURS, PLACES, type Place, placeOf } from './place.ts';
import type { Recording } from './record.ts';

const SHOWN = 10;

/** Share of each place in a server's time, and what that is of its CPU time for a request. */
export function placesTable(recordings: readonly Recording[]): string {
  const columns = recordings.map((recording): Column<Place | 'all'> => {
    const shares = sharesOf(recording);
    return [
      `${recording.contender.label}: % (µs/request)`,
      (place) => costOf(recording, place === 'all' ? 1 : (shares.get(place) ?? 0)),
    ];
  });
  return tableOf([['where', (place) => place], ...columns], [...PLACES, 'all']);
}

/** The functions of ours that cost most by themselves. */
export function functionsTable(recording: Recording): string {
  const total = totalOf(recording);
  const ours = recording.functions
    .map((cost) => ({ ...cost, place: placeOf(cost), share: cost.micros / total }))
    .filter(({ place }) => (OURS as readonly Place[]).includes(place))
    .toSorted((a, b) => b.share - a.share)
    .slice(0, SHOWN);
  return tableOf(
    [
      ['function', ({ name }) => (name === '' ? '(without a name)' : `\`${name}\``)],
      ['package', ({ place }) => place],
      ['file', ({ url, line }) => `\`${fileOf(url)}:${line}\``],
      ['% (µs/request)', ({ share }) => costOf(recording, share)],
    ],
    ours,
  );
}

function sharesOf(recording: Recording): Map<Place, number> {
  const total = totalOf(recording);
  const shares = new Map<Place, number>();
  for (const cost of recording.functions) {
    const place = placeOf(cost);
    shares.set(place, (shares.get(place) ?? 0) + cost.micros / total);
  }
  return shares;
}

function totalOf({ functions }: Recording): number {
  return functions.reduce((sum, { micros }) => sum + micros, 0);
}

function costOf({ cpuMicros }: Recording, share: number): string {
  return `${(100 * share).toFixed(1)} (${(cpuMicros * share).toFixed(1)})`;
}
