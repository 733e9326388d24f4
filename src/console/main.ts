/** Entry of the console in the browser. */

import { render } from "preact";
import { App } from "./app.ts";
import { RealmConnection } from "./session/connection.ts";
import { html } from "./widgets/html.ts";
import { applyTheme, readTheme } from "./widgets/theme.ts";

applyTheme(readTheme());
render(html`<${App} connection=${new RealmConnection()} />`, document.body);
