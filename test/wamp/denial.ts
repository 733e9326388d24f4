/** The words with which an action is denied, for the tests of what is denied rather than how. */

import { expect } from "vitest";

const ACTION =
  "(call procedure|register procedure|publish to topic|subscribe to topic) '.*'( \\((prefix|wildcard)\\))?$";
const SESSION = "session \\(authid '.+', authrole '.+'\\)";

/** Error URI → Arguments of its ERROR. */
export const WORDS: Readonly<Record<string, readonly unknown[]>> = {
  "wamp.error.not_authorized": [expect.stringMatching(new RegExp(`^${SESSION} not authorized to ${ACTION}`))],
  "wamp.error.authorization_required": [expect.stringMatching(new RegExp(`^${SESSION} needs a grant to ${ACTION}`))],
  "wamp.error.authorization_failed": [
    expect.stringMatching(new RegExp(`^failed to authorize ${SESSION} to ${ACTION}`)),
  ],
};

/** An error URI and the Arguments that come with it. */
export function denial(uri: string): readonly unknown[] {
  const words = WORDS[uri];
  return words === undefined ? [uri] : [uri, words];
}
