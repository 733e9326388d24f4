/** Components of a Crossbar.io node: the two that it brings along itself have counterparts, the others are programs. */

import type { Source } from "./import-notes.ts";
import type { RealmDraft } from "./realm.ts";

const PROGRAM = "run it anywhere, it connects as a client; or write it as a hosted component";
/** Of the bridge to HTTP; older nodes have it at another place. */
const REST = /^crossbar\.(?:bridge|adapter)\.rest\.(RESTCallee|MessageForwarder)$/;
/** The binding that what signs requests is to be in: Crossbar.io signs none. */
const SECRET = { env: "WEBHOOK_SECRET" };

/** Reads the components of a router or a container into their realms. */
export function readComponents(worker: Source, realms: ReadonlyMap<string, RealmDraft>): void {
  for (const component of worker.list("components")) {
    const [, kind] = REST.exec(component.text("classname") ?? "") ?? [];
    const realm = realms.get(component.text("realm") ?? "");
    if (kind === undefined) component.check(PROGRAM);
    else if (realm === undefined) component.note("its realm is not in this configuration");
    else if (kind === "RESTCallee") readCallee(component, realm);
    else readForwarder(component, realm);
  }
}

function readCallee(component: Source, realm: RealmDraft): void {
  const extra = component.dict("extra");
  realm.callees.push(extra.pick("procedure", "baseurl"));
  endOf(component, extra);
}

function readForwarder(component: Source, realm: RealmDraft): void {
  const extra = component.dict("extra");
  const role = component.text("role") ?? [...realm.roles.keys()][0];
  if (!component.has("role")) component.check(`subscribes as ${JSON.stringify(role)}; whose role is it?`);
  for (const subscription of extra.list("subscriptions")) {
    const { topic: uri, ...rest } = subscription.pick("topic", "match", "url");
    const name = `forwarder-${realm.webhooksOut.length + 1}`;
    realm.webhooksOut.push({ name, uri, ...rest, secret: SECRET, role });
    subscription.end();
  }
  component.check(`requests are signed: set ${SECRET.env}, and what receives them may check it`);
  if (extra.get("method") !== "POST") extra.note("is POST always", "method");
  extra.check("any 2xx is a success, and anything else tried again", "expectedcode");
  endOf(component, extra);
}

/** What a component of Crossbar.io's needs to come to its realm, and one of ours does not. */
function endOf(component: Source, extra: Source): void {
  for (const key of ["type", "id", "role", "transport", "auth"]) component.get(key);
  extra.dismiss("the log is the platform's", "debug");
  extra.end();
  component.end();
}
