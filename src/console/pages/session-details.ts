/** One session: who it is, what it subscribes to and has registered, and how to end it. */

import { useRef, useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import type { Id } from "../../wamp/protocol/values.ts";
import { TapPanel } from "../live/tap-panel.ts";
import { useAnswer } from "../session/calls.ts";
import { type Fault, faultOf } from "../session/connection.ts";
import { goTo, linkTo, readPlace } from "../session/location.ts";
import { getSession, type Held, listHeld, type SessionRow, transportOf } from "../session/sessions.ts";
import { Dialog } from "../widgets/dialog.ts";
import { type Child, html } from "../widgets/html.ts";
import { FaultNotice, Notice } from "../widgets/notice.ts";
import { type Column, Table } from "../widgets/table.ts";
import { Uri } from "../widgets/uri.ts";
import { Value } from "../widgets/value.ts";

const RELOAD_MS = 5_000;

interface Props {
  readonly session: ChannelSession;
  readonly id: Id;
}

/** Shows a session until it ends, and says so then. */
export function SessionDetails({ session, id }: Props): Child {
  const { value, fault } = useAnswer(async () => ({ row: await getSession(session, id) }), [session, id], RELOAD_MS);
  const [isKilling, setKilling] = useState(false);
  // What the page knows of a session stays when it has ended, and so do its last messages.
  const last = useRef<SessionRow | undefined>(undefined);
  const isThere = value?.row !== undefined;
  if (isThere) last.current = value.row;
  const row = last.current;
  const filter = readPlace().params.get("filter") ?? undefined;
  return html`<p><a href=${linkTo("sessions", { filter })}>← All sessions</a></p>
    <h1>Session ${id}</h1>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} />`}
    ${value !== undefined && !isThere && html`<${Notice} kind="warning">The session has ended.<//>`}
    ${
      row !== undefined &&
      html`<section class="card">
        <div class="row"><h2 class="grow">Identity</h2>
          ${isThere && (id === session.id ? html`<span class="quiet">This is the session of the console.</span>` : html`<button type="button" class="danger" onClick=${() => setKilling(true)}>Kill the session …</button>`)}
        </div>
        <${Identity} row=${row} /></section>
      <${Messages} session=${session} row=${row} />
      ${
        isThere &&
        html`<div class="columns">
        <${HeldList} session=${session} id=${id} kind="subscription" title="Subscriptions" />
        <${HeldList} session=${session} id=${id} kind="registration" title="Registrations" /></div>`
      }
      <section class="card"><h2>All details</h2><${Value} value=${row} /></section>`
    }
    ${isKilling && row !== undefined && html`<${KillDialog} session=${session} row=${row} onClose=${() => setKilling(false)} />`}`;
}

function Identity({ row }: { readonly row: SessionRow }): Child {
  const { relay } = transportOf(row);
  return html`<dl class="facts">
    <dt>authid</dt><dd><${Uri} uri=${row.authid} /></dd>
    <dt>Role</dt><dd>${row.authrole} <a href=${linkTo("access", { who: String(row.session) })}>explain what it may do</a></dd>
    <dt>Method</dt><dd>${row.authmethod}</dd>
    <dt>Provider</dt><dd>${String(row.authprovider ?? "")}</dd>
    ${relay !== undefined && html`<dt>Relay</dt><dd>${relay}</dd>`}
  </dl>`;
}

/** Taps the session, or all sessions of its authid, so that nothing is missed when its client connects anew. */
function Messages({ session, row }: { readonly session: ChannelSession; readonly row: SessionRow }): Child {
  const [isForAll, setForAll] = useState(false);
  return html`<section class="card" aria-label="Messages"><h2>Messages</h2>
    <${TapPanel} session=${session} selection=${isForAll ? { authid: row.authid } : { session: row.session }} title="Tap the session"
      about="Shows each message from and to the client, as it comes.">
      <label class="check"><input type="checkbox" checked=${isForAll} onChange=${() => setForAll(!isForAll)} /> All sessions of this authid</label><//>
  </section>`;
}

interface HeldProps extends Props {
  readonly kind: "subscription" | "registration";
  readonly title: string;
}

function HeldList({ session, id, kind, title }: HeldProps): Child {
  const { value, fault } = useAnswer(() => listHeld(session, kind, id), [session, id, kind], RELOAD_MS);
  const columns: Column<Held>[] = [
    { title: "URI", cell: ({ uri }) => html`<${Uri} uri=${uri} />` },
    { title: "Match", isShort: true, cell: ({ match }) => match },
    { title: "Id", isShort: true, cell: ({ id: held }) => held },
  ];
  const hint = `The role needs { "uri": "wamp.${kind}.*", "allow": { "call": true } } among its permissions.`;
  return html`<section class="card"><h2>${title}</h2>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} hint=${hint} />`}
    ${value?.length === 0 && html`<p class="quiet">None.</p>`}
    ${value !== undefined && value.length > 0 && html`<${Table} label=${title} columns=${columns} rows=${value} keyOf=${(row: Held) => row.id} />`}
  </section>`;
}

interface KillProps {
  readonly session: ChannelSession;
  readonly row: SessionRow;
  onClose(): void;
}

/** Asks before it ends a session, or all sessions of an authid. */
function KillDialog({ session, row, onClose }: KillProps): Child {
  const [message, setMessage] = useState("");
  const [isForAll, setForAll] = useState(false);
  const [fault, setFault] = useState<Fault>();
  const kill = (event: Event): void => {
    event.preventDefault();
    const [procedure, argument] = isForAll
      ? ["wamp.session.kill_by_authid", row.authid]
      : ["wamp.session.kill", row.session];
    session.call(procedure as string, [argument], message === "" ? {} : { message }).then(
      () => goTo("sessions"),
      (error) => setFault(faultOf(error)),
    );
  };
  return html`<${Dialog} title="Kill the session?" onClose=${onClose}>
    <form onSubmit=${kill}>
      <p>The router ends session ${row.session} of <${Uri} uri=${row.authid} /> with <code>wamp.close.killed</code>. Its client may log in again.</p>
      <label class="check"><input type="checkbox" checked=${isForAll} onChange=${() => setForAll(!isForAll)} /> All sessions of this authid</label>
      <label class="field"><span>Message to the client (optional)</span>
        <input name="message" value=${message} onInput=${(event: Event) => setMessage((event.target as HTMLInputElement).value)} /></label>
      ${fault !== undefined && html`<${FaultNotice} fault=${fault} hint=${`The role may lack the permission to call wamp.session.kill${isForAll ? "_by_authid" : ""}.`} />`}
      <div class="row end"><button type="button" onClick=${onClose}>Cancel</button><button class="danger" type="submit">Kill</button></div>
    </form>
  <//>`;
}
