/** The page without a session: realm, method, credentials. */

import { useEffect, useRef, useState } from "preact/hooks";
import { METHODS, type MethodFields, toLogin } from "./login-methods.ts";
import { type ConnectionState, type Fault, faultOf, type RealmConnection } from "./session/connection.ts";
import { linkTo, readPlace } from "./session/location.ts";
import { type Child, html } from "./widgets/html.ts";
import { FaultNotice, Notice } from "./widgets/notice.ts";

interface Props {
  readonly connection: RealmConnection;
  readonly state: ConnectionState;
}

/** How clients log in to a realm; `fault` says why that is not known. */
interface Offer {
  readonly methods: readonly string[];
  readonly isOriginAllowed: boolean;
  readonly fault?: Fault;
}

/** Milliseconds after the last key stroke. */
const TYPING_MS = 250;

/** Asks for the realm, then for what one of its methods needs. */
export function LoginPage({ connection, state }: Props): Child {
  const [realm, setRealm] = useState(readPlace().params.get("realm") ?? "");
  const offer = useOffer(realm);
  const [chosen, setMethod] = useState("");
  const [fields, setFields] = useState<Readonly<Record<string, string>>>({});
  const [invalid, setInvalid] = useState<Fault>();
  const methods = (offer?.methods ?? []).filter((name) => name in METHODS);
  // Anonymous sessions have the console of a realm seldom.
  const first = methods.find((name) => name !== "anonymous") ?? methods[0] ?? "";
  const method = methods.includes(chosen) ? chosen : first;
  const submit = (event: Event): void => {
    event.preventDefault();
    if (method === "") return;
    history.replaceState(
      null,
      "",
      linkTo(readPlace().page || "overview", { ...Object.fromEntries(readPlace().params), realm }),
    );
    setInvalid(undefined);
    connection.login(realm, toLogin(method, fields)).catch((error) => setInvalid(faultOf(error)));
  };
  if (state.kind === "challenged") return html`<${ChallengeForm} state=${state} connection=${connection} />`;
  const fault = state.kind === "out" ? (invalid ?? state.fault) : undefined;
  const isBusy = state.kind === "joining";
  return html`<main id="main" class="login" tabindex="-1">
    <h1>Log in to a realm</h1>
    ${fault !== undefined && html`<${FaultNotice} fault=${fault} hint=${hintFor(fault.uri)} />`}
    <form class="card" onSubmit=${submit} autocomplete="on">
      <${Field} label="Realm" name="realm" value=${realm} onValue=${setRealm} required />
      ${offer !== undefined && html`<${OfferNotice} offer=${offer} />`}
      ${
        methods.length > 0 &&
        html`<label class="field"><span>Method</span>
          <select name="method" value=${method} onChange=${(event: Event) => setMethod((event.target as HTMLSelectElement).value)}>
            ${methods.map((name) => html`<option value=${name} selected=${name === method}>${METHODS[name]!.title}</option>`)}
          </select></label>`
      }
      ${(METHODS[method]?.fields ?? []).map(
        (field: MethodFields) =>
          html`<${Field} key=${`${method} ${field.name}`} ...${field} value=${fields[field.name] ?? ""}
            onValue=${(value: string) => setFields({ ...fields, [field.name]: value })} required />`,
      )}
      <button class="primary" type="submit" disabled=${isBusy || method === ""}>${isBusy ? "Logging in …" : "Log in"}</button>
    </form>
    <p class="quiet">Credentials stay in the memory of this page: not in its address, not in storage.</p>
  </main>`;
}

/** Asks the router how clients log in to the realm, once typing pauses. */
function useOffer(realm: string): Offer | undefined {
  const [offer, setOffer] = useState<Offer>();
  useEffect(() => {
    setOffer(undefined);
    if (realm === "") return;
    let isCurrent = true;
    const timer = setTimeout(async () => {
      const found = await fetchOffer(realm);
      if (isCurrent) setOffer(found);
    }, TYPING_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [realm]);
  return offer;
}

async function fetchOffer(realm: string): Promise<Offer> {
  try {
    const response = await fetch(`/console/login?realm=${encodeURIComponent(realm)}`);
    const { methods = [], origin_allowed: isOriginAllowed = true, error } = await response.json();
    if (error === undefined) return { methods, isOriginAllowed };
    return { methods, isOriginAllowed, fault: { uri: "", message: `${error}` } };
  } catch (error) {
    const fault = { uri: "", message: `the router does not answer: ${(error as Error).message}` };
    return { methods: [], isOriginAllowed: true, fault };
  }
}

function OfferNotice({ offer: { methods, isOriginAllowed, fault } }: { readonly offer: Offer }): Child {
  if (fault !== undefined) return html`<${Notice} kind="warning">${fault.message}<//>`;
  if (!isOriginAllowed) {
    return html`<${Notice} kind="warning">
      Pages of this address may not connect to the realm. Add <code>${location.origin}</code> to${" "}
      <code>allowed_origins</code> of the realm or of <code>http</code>.<//>`;
  }
  if (methods.some((name) => name in METHODS)) return null;
  return html`<${Notice} kind="warning">The realm has no method of authentication.<//>`;
}

interface FieldProps extends Omit<MethodFields, "required"> {
  readonly value: string;
  readonly required?: boolean;
  onValue(value: string): void;
}

function Field({ label, name, type = "text", autocomplete, value, onValue, required }: FieldProps): Child {
  return html`<label class="field"><span>${label}</span>
    <input name=${name} type=${type} value=${value} required=${required} spellcheck=${false} autocapitalize="none"
      autocomplete=${autocomplete ?? "off"} onInput=${(event: Event) => onValue((event.target as HTMLInputElement).value)} />
  </label>`;
}

/** A further proof, which an authenticator of the realm asks for. */
function ChallengeForm({
  state,
  connection,
}: {
  readonly state: ConnectionState & { kind: "challenged" };
  readonly connection: RealmConnection;
}): Child {
  const [code, setCode] = useState("");
  const form = useRef<HTMLFormElement>(null);
  // The button that had the focus is gone.
  useEffect(() => form.current?.querySelector("input")?.focus(), []);
  const submit = (event: Event): void => {
    event.preventDefault();
    state.answer(code);
  };
  const { message = "The realm asks for a second factor." } = state.extra;
  return html`<main id="main" class="login" tabindex="-1">
    <h1>Second factor</h1>
    <form class="card" ref=${form} onSubmit=${submit}>
      <p>${String(message)}</p>
      <${Field} label="Code" name="code" value=${code} onValue=${setCode} autocomplete="one-time-code" required />
      <div class="row"><button class="primary" type="submit">Continue</button>
      <button type="button" onClick=${() => connection.logout()}>Cancel</button></div>
    </form>
  </main>`;
}

/** What to do about a refused login. */
function hintFor(uri: string): string | undefined {
  switch (uri) {
    case "wamp.error.authentication_failed":
    case "wamp.error.authentication_denied":
      return "Check the name and the credentials. The log line login.refused of the router says more.";
    case "wamp.error.no_such_realm":
      return "Check the name of the realm.";
    case "wamp.error.no_such_role":
    case "wamp.error.no_such_principal":
      return "Check the principals and the roles of the realm's configuration.";
    case "wamp.error.network_failure":
      return "Is the router running, and does it let pages of this address connect (allowed_origins)?";
    case "wamp.close.killed":
      return "Another session has ended this one.";
    default:
      return undefined;
  }
}
