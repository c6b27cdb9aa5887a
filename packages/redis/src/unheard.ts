/** For an error or a rejection that somebody else tells of. */
export function unheard(): undefined {
  return undefined;
}
