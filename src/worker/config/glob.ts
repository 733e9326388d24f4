/** Patterns in which `*` stands for any characters, as realm names and origins use them. */

/**
 * Whether `pattern` matches the whole text; each `*` stands for at least `minimum` characters. The time is linear in
 * the length of the text, which a client may choose.
 */
export function matchesGlob(pattern: string, text: string, minimum: 0 | 1): boolean {
  const [head = "", ...pieces] = pattern.split("*");
  const tail = pieces.pop();
  if (tail === undefined) return text === head;
  if (!text.startsWith(head)) return false;
  let at = head.length;
  for (const piece of pieces) {
    const found = text.indexOf(piece, at + minimum);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - tail.length >= at + minimum && text.endsWith(tail);
}
