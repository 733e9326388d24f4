/** Splits texts of any length into parts that fit a row. */

/** Characters of a row's text: a row has 2 MB in the platform's SQLite, and a character has at most three bytes. */
export const PART_LENGTH = 600_000;

/** Splits a text into parts of at most `length` characters; none ends within a surrogate pair. */
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

/** Whether it is the first code unit of a surrogate pair. */
function isFirstHalf(codeUnit: number): boolean {
  return codeUnit >= 0xd800 && codeUnit <= 0xdbff;
}
