/** The pages of the console, in the order of the navigation. */

import type { ChannelSession } from "../../client/channel-session.ts";
import type { Child } from "../widgets/html.ts";
import { AccessPage } from "./access.ts";
import { ConnectionsPage } from "./connections.ts";
import { OverviewPage } from "./overview.ts";
import { PlaygroundPage } from "./playground.ts";
import { ProceduresPage } from "./procedures.ts";
import { SessionsPage } from "./sessions.ts";
import { TopicsPage } from "./topics.ts";

/** What each page gets. Its own state is in the parameters of the place (`usePlace`). */
export interface PageProps {
  readonly session: ChannelSession;
}

/** A page: its name in the address, its title, the letter of its shortcut after `g`. */
export interface PageEntry {
  readonly name: string;
  readonly title: string;
  readonly key: string;
  readonly component: (props: PageProps) => Child;
}

/** All pages. */
export const PAGES: readonly PageEntry[] = [
  { name: "overview", title: "Overview", key: "o", component: OverviewPage },
  { name: "sessions", title: "Sessions", key: "s", component: SessionsPage },
  { name: "topics", title: "Topics", key: "t", component: TopicsPage },
  { name: "procedures", title: "Procedures", key: "p", component: ProceduresPage },
  { name: "playground", title: "Playground", key: "y", component: PlaygroundPage },
  { name: "access", title: "Access", key: "a", component: AccessPage },
  { name: "connections", title: "Connections", key: "c", component: ConnectionsPage },
];
