/** Imports the components of a Crossbar.io node: the two for HTTP have counterparts, the others are programs. */

import type { ConfigReader } from "./config-reader.ts";
import type { RealmDraft } from "./realms.ts";

const PROGRAM = "run it anywhere, it connects as a client; or write it as a hosted component";
/** Class names of the HTTP bridge's components; older nodes have them in another package. */
const REST_CLASS = /^crossbar\.(?:bridge|adapter)\.rest\.(RESTCallee|MessageForwarder)$/;
/** The binding of the secret that signs requests. Crossbar.io does not sign them. */
const SECRET = { env: "WEBHOOK_SECRET" };

/** Reads the components of a router or container into their realms. */
export function readComponents(worker: ConfigReader, realms: ReadonlyMap<string, RealmDraft>): void {
  for (const component of worker.list("components")) {
    const [, kind] = REST_CLASS.exec(component.text("classname") ?? "") ?? [];
    const realm = realms.get(component.text("realm") ?? "");
    if (kind === undefined) component.reportTodo(PROGRAM);
    else if (realm === undefined) component.reportLost("its realm is not in this configuration");
    else if (kind === "RESTCallee") readCallee(component, realm);
    else readForwarder(component, realm);
  }
}

function readCallee(component: ConfigReader, realm: RealmDraft): void {
  const extra = component.dict("extra");
  realm.callees.push(extra.pick("procedure", "baseurl"));
  reportUnread(component, extra);
}

function readForwarder(component: ConfigReader, realm: RealmDraft): void {
  const extra = component.dict("extra");
  const role = component.text("role") ?? [...realm.roles.keys()][0];
  if (!component.has("role")) component.reportTodo(`subscribes with the role ${JSON.stringify(role)}: check it`);
  for (const subscription of extra.list("subscriptions")) {
    const { topic: uri, ...rest } = subscription.pick("topic", "match", "url");
    const name = `forwarder-${realm.webhooksOut.length + 1}`;
    realm.webhooksOut.push({ name, uri, ...rest, secret: SECRET, role });
    subscription.reportUnread();
  }
  component.reportTodo(`requests are signed: set ${SECRET.env}; the receiver can verify the signature`);
  if (extra.get("method") !== "POST") extra.reportLost("is always POST", "method");
  extra.reportTodo("each 2xx status is a success; after any other the request is repeated", "expectedcode");
  reportUnread(component, extra);
}

/** Skips the keys that a component of Crossbar.io needs to join its realm, and notes the other unread keys. */
function reportUnread(component: ConfigReader, extra: ConfigReader): void {
  for (const key of ["type", "id", "role", "transport", "auth"]) component.get(key);
  extra.reportHandled("the platform keeps the log", "debug");
  extra.reportUnread();
  component.reportUnread();
}
