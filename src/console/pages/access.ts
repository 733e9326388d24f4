/** The page Access: why a message is refused or where it would go, and the rules of each role. */

import type { ChannelSession } from "../../client/channel-session.ts";
import { Explain } from "../access/explain.ts";
import { Roles } from "../access/roles.ts";
import { type Child, html } from "../widgets/html.ts";

/** Shows both. */
export function AccessPage({ session }: { readonly session: ChannelSession }): Child {
  return html`<h1>Access</h1>
    <${Explain} session=${session} />
    <${Roles} session=${session} />`;
}
