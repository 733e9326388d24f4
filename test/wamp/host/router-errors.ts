/** The Arguments of the router's own ERRORs, for tests that are not about their text. */

import { expect } from "vitest";

const ACTION =
  "(call procedure|register procedure|publish to topic|subscribe to topic) '.*'( \\((prefix|wildcard)\\))?$";
const SESSION = "session \\(authid '.+', authrole '.+'\\)";

/** Error URI → Arguments of its ERROR. */
export const ERROR_ARGS: Readonly<Record<string, readonly unknown[]>> = {
  "wamp.error.not_authorized": [expect.stringMatching(new RegExp(`^${SESSION} not authorized to ${ACTION}`))],
  "wamp.error.authorization_required": [expect.stringMatching(new RegExp(`^${SESSION} needs a grant to ${ACTION}`))],
  "wamp.error.authorization_failed": [
    expect.stringMatching(new RegExp(`^failed to authorize ${SESSION} to ${ACTION}`)),
  ],
  "wamp.error.no_such_procedure": [
    expect.stringMatching(/^(no callee is registered for|the router has no) procedure \S+$/),
  ],
  "wamp.error.procedure_already_exists": [expect.stringMatching(/^procedure \S* is registered already$/)],
  "wamp.error.no_such_registration": [
    expect.stringMatching(/^(the session does not hold|there is no) registration \d+$/),
  ],
  "wamp.error.no_such_subscription": [
    expect.stringMatching(/^(the session does not hold|there is no) subscription \d+$/),
  ],
  "wamp.error.no_such_session": [
    expect.stringMatching(
      /^there is no (other )?session \d+$|^session \d+ (does not hold subscription|is no callee of registration) \d+$/,
    ),
  ],
  "wamp.error.invalid_uri": [expect.stringMatching(/^".*" is not a URI to (call|register|publish|subscribe)$/)],
  "wamp.error.canceled": [expect.stringMatching(/^the call of \S+ was canceled$/)],
  "wamp.error.timeout": [expect.stringMatching(/^the call of \S+ took too long$/)],
  "wamp.error.network_failure": [expect.stringMatching(/^the callee of \S+ cannot be reached$/)],
  "wamp.error.no_available_callee": [expect.stringMatching(/^every callee of \S+ is unavailable$/)],
  "wamp.error.payload_size_exceeded": [
    expect.stringMatching(
      /^the call is too large for the connection of the callee of \S+$|^the answer of \S+ is too large$/,
    ),
  ],
  "wamp.error.feature_not_supported": [
    expect.stringMatching(
      /^the callee of \S+ does not support what the call asks for$|^the caller did not announce payload_passthru_mode|^\S+ takes its arguments at once/,
    ),
  ],
  "wamp.error.option_disallowed.disclose_me": [
    expect.stringMatching(/^callers of \S+ are not disclosed$|^the (caller|publisher) is not disclosed here$/),
  ],
  "crossbar.error.max_concurrency_reached": [
    expect.stringMatching(/^every callee of \S+ is at its concurrency, and no more calls wait$/),
  ],
};

/** An error URI and its Arguments. */
export function routerError(uri: string): readonly unknown[] {
  const args = ERROR_ARGS[uri];
  return args === undefined ? [uri] : [uri, args];
}
