/** SASLprep: normalizes user names, so that names that look the same are the same (RFC 4013, a profile of RFC 3454). */

/** RFC 3454 table C.1.2: non-ASCII spaces, except U+200B, which table B.1 has too. */
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu;
/** Table B.1: characters that are mapped to nothing. */
const NOTHING = /\u034f|[\u180b-\u180d\ufe00-\ufe0f]|[\u00ad\u1806\u200b-\u200d\u2060\ufeff]/gu;
/** Tables C.2 to C.9: prohibited characters (control, private use, surrogates and others) that remain after NFKC. */
const PROHIBITED =
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u06dd\u070f\u180e\u200e\u200f\u2028-\u202e\u2061-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufff9-\ufffd\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u;
/** Table D.1, by blocks: right-to-left characters. */
const RIGHT_TO_LEFT =
  /[\u05be\u05c0\u05c3\u05d0-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const LEFT_TO_RIGHT =
  /(?![\u05be\u05c0\u05c3\u05d0-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}])\p{L}/u;

/** Returns the prepared text, or undefined if RFC 4013 prohibits it. */
export function saslprep(text: string): string | undefined {
  const prepared = text.replace(SPACES, " ").replace(NOTHING, "").normalize("NFKC");
  return PROHIBITED.test(prepared) || isMixed(prepared) ? undefined : prepared;
}

/** Does the text break RFC 4013 section 6: right-to-left text begins and ends so, and has no left-to-right letters? */
function isMixed(text: string): boolean {
  if (!RIGHT_TO_LEFT.test(text)) return false;
  const characters = [...text];
  const isFramed = RIGHT_TO_LEFT.test(characters[0]!) && RIGHT_TO_LEFT.test(characters.at(-1)!);
  return !isFramed || LEFT_TO_RIGHT.test(text);
}
