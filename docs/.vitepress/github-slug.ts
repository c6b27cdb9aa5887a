/**
 * The anchor that GitHub gives to a heading. The site gives the same, so that a link works in both. Of several headings with one text,
 * both add `-1` to the second, `-2` to the third.
 */
export function githubSlug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}
