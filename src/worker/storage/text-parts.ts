/** Texts of any length in rows, which have a limit. */

/** Characters of one row's text; SQLite takes 2 MB a row here, and a character is at most three bytes. */
export const PART_LENGTH = 600_000;

/** The text in parts of at most `length` characters, none of which ends between the two halves of a character. */
export function partsOf(text: string, length: number = PART_LENGTH): string[] {
  if (text.length <= length) return [text];
  const parts: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = start + length - (isFirstHalf(text.charCodeAt(start + length - 1)) ? 1 : 0);
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}

/** Is it the first code unit of a surrogate pair? */
function isFirstHalf(codeUnit: number): boolean {
  return codeUnit >= 0xd800 && codeUnit <= 0xdbff;
}
