/** The shell of the console: header, navigation, the page, shortcuts, and what it says when the connection is lost. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { ChannelSession } from "../client/channel-session.ts";
import { HelpDialog, useShortcuts } from "./help.ts";
import { LoginPage } from "./login.ts";
import { PAGES } from "./pages/pages.ts";
import { type ConnectionState, type RealmConnection, useConnection } from "./session/connection.ts";
import { linkTo, usePlace } from "./session/location.ts";
import { type Child, html } from "./widgets/html.ts";
import { Notice } from "./widgets/notice.ts";
import { applyTheme, nextTheme, readTheme } from "./widgets/theme.ts";

/** The whole page. */
export function App({ connection }: { readonly connection: RealmConnection }): Child {
  const state = useConnection(connection);
  // While the connection is lost, the page stays as it was, with the session it had.
  const lastSession = useRef<ChannelSession | undefined>(undefined);
  if (state.kind === "open") lastSession.current = state.session;
  // A realm with a further factor asks for it again after a loss, which only the login page does.
  if (state.kind === "out" || state.kind === "challenged") lastSession.current = undefined;
  const session = lastSession.current;
  const [isHelpOpen, setHelpOpen] = useState(false);
  useShortcuts(session !== undefined, () => setHelpOpen(true));
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <${Header} connection=${connection} session=${session} onHelp=${() => setHelpOpen(true)} />
    ${state.kind === "lost" && html`<${LostNotice} state=${state} connection=${connection} />`}
    ${session === undefined ? html`<${LoginPage} connection=${connection} state=${state} />` : html`<${Page} session=${session} />`}
    ${isHelpOpen && html`<${HelpDialog} onClose=${() => setHelpOpen(false)} />`}`;
}

/** The fragment of the address is the place in the console, so the link must not change it. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Page({ session }: { readonly session: ChannelSession }): Child {
  const { page, params } = usePlace();
  const entry = PAGES.find(({ name }) => name === page) ?? PAGES[0]!;
  // What had the focus, such as a link to another page, is gone: the keyboard goes on with the new content.
  useEffect(() => {
    if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
  }, [entry, params.get("id")]);
  useEffect(() => {
    document.title = `${entry.title} · ${session.realm} · wamp-edge console`;
  }, [entry, session]);
  return html`<main id="main" tabindex="-1" data-page=${entry.name}>
    <${entry.component} key=${`${entry.name} ${session.id}`} session=${session} />
  </main>`;
}

interface HeaderProps {
  readonly connection: RealmConnection;
  readonly session: ChannelSession | undefined;
  onHelp(): void;
}

function Header({ connection, session, onHelp }: HeaderProps): Child {
  const [theme, setTheme] = useState(readTheme);
  const switchTheme = (): void => {
    const next = nextTheme(theme);
    applyTheme(next);
    setTheme(next);
  };
  return html`<header>
    <div class="bar">
      <a class="brand" href=${linkTo("overview")}>wamp-edge</a>
      ${
        session !== undefined &&
        html`<span class="identity" title="realm, authid and role of this session"><strong>${session.realm}</strong>
          <span class="quiet">${session.details.authid} · ${session.authrole}</span></span>`
      }
      <span class="tools">
        <button type="button" class="plain" onClick=${switchTheme} title="Switch between light and dark"><span class="word">Theme: </span>${theme}</button>
        <button type="button" class="plain" onClick=${onHelp} title="Keyboard shortcuts">Help</button>
        ${session !== undefined && html`<button type="button" class="plain" onClick=${() => connection.logout()}>Log out</button>`}
      </span>
    </div>
    ${session !== undefined && html`<${Navigation} />`}
  </header>`;
}

function Navigation(): Child {
  const { page } = usePlace();
  const current = PAGES.some(({ name }) => name === page) ? page : PAGES[0]!.name;
  return html`<nav aria-label="Pages"><ul>
    ${PAGES.map(
      ({ name, title, key }) =>
        html`<li><a href=${linkTo(name)} aria-current=${name === current ? "page" : undefined} title=${`Shortcut: g ${key}`}>${title}</a></li>`,
    )}
  </ul></nav>`;
}

function LostNotice({
  state,
  connection,
}: {
  readonly state: ConnectionState & { readonly kind: "lost" };
  readonly connection: RealmConnection;
}): Child {
  return html`<div class="banner"><${Notice} kind="error">
    <strong>The connection is lost.</strong> ${state.reason !== "" && html`<span class="quiet">${state.reason}</span>`}
    The console tries to come back by itself; what is shown is of the time before.
    <button type="button" onClick=${() => connection.retry()}>Try now</button><//></div>`;
}
