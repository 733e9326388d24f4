/** The matrix of rules and roles; scrolls in both directions, with its head and its URIs in sight. */

import type { Role } from "../../wamp/config/realm.ts";
import { type Child, html } from "../widgets/html.ts";
import { shorten, Uri } from "../widgets/uri.ts";
import { ACTIONS, CONSOLE, type Found, fallbackOf, MARKS, marksOf, NO_RULE, type RuleRow, ruleText } from "./rules.ts";

/** Roles from which on their names stand upright, so that columns are as narrow as their cells. */
const MANY = 8;
/** The letters of a rule that denies everything. */
const NOTHING = "····";
/** Characters of a role's name in the head. */
const MAX_NAME = 24;

interface MatrixProps {
  readonly roles: readonly Role[];
  readonly found: Found;
  /** The role that is shown below; the button of its column is pressed. */
  readonly chosen: string | undefined;
  onChoose(name: string): void;
}

/** A row for each rule, a column for each role. */
export function Matrix({ roles, found: { rows, deciding }, chosen, onChoose }: MatrixProps): Child {
  const head = ({ name }: Role): Child => html`<th scope="col"><button type="button" class="plain" title=${name}
    aria-pressed=${name === chosen} onClick=${() => onChoose(name)}>${shorten(name, MAX_NAME)}</button></th>`;
  return html`<div class="matrix" role="region" tabindex="0" aria-label="Rules of all roles">
    <table class=${roles.length > MANY ? "many" : ""}>
      <caption class="hidden">Rules of all roles</caption>
      <thead><tr><th scope="col">URI, match</th>${roles.map(head)}</tr></thead>
      <tbody>${rows.map((row) => html`<${Row} key=${row.id} row=${row} roles=${roles} deciding=${deciding} />`)}</tbody>
      <tfoot>
        <tr><th scope="row">no rule matches</th>${roles.map((role) => {
          const [word, text] = fallbackOf(role);
          return html`<${Cell} text=${text} isDeciding=${deciding.get(role.name) === NO_RULE}>${word}<//>`;
        })}</tr>
        <tr><th scope="row">console</th>${roles.map((role) => {
          const text = role.console === true ? "may use the console" : "may not use the console";
          return html`<${Cell} text=${text} isDeciding=${deciding.get(role.name) === CONSOLE}>${role.console === true ? "yes" : "no"}<//>`;
        })}</tr>
      </tfoot>
    </table>
  </div>
  <p class="quiet">${ACTIONS.map((action) => html`<b>${letterOf(action)}</b> ${action}, `)} <b>·</b> not allowed; ${MARKS.map((mark, index) => html`${index > 0 && ", "}<b>${mark.charAt(0)}</b> ${mark}`)}.
    An empty cell: the role has no rule for this URI. With a URI as filter, the rule that decides is framed.</p>`;
}

interface RowProps {
  readonly row: RuleRow;
  readonly roles: readonly Role[];
  readonly deciding: Found["deciding"];
}

function Row({ row: { id, uri, match, rules }, roles, deciding }: RowProps): Child {
  return html`<tr>
    <th scope="row">${uri === "" ? "all URIs" : html`<${Uri} uri=${uri} />`} <span class="quiet">${match}</span></th>
    ${roles.map(({ name }) => {
      const rule = rules.get(name);
      if (rule === undefined) return html`<td></td>`;
      const letters = ACTIONS.map((action) => (rule.allow[action] ? letterOf(action) : "·")).join("");
      const marks = marksOf(rule).map(([letter]) => letter);
      return html`<${Cell} text=${ruleText(rule)} isDenial=${letters === NOTHING} isDeciding=${deciding.get(name) === id}>${letters}${marks.length > 0 && html`<sup>${marks}</sup>`}<//>`;
    })}
  </tr>`;
}

interface CellProps {
  /** For screen readers, and as a hint. */
  readonly text: string;
  readonly isDeciding: boolean;
  readonly isDenial?: boolean;
  readonly children?: Child;
}

function Cell({ text, isDeciding, isDenial, children }: CellProps): Child {
  const words = isDeciding ? `${text}; decides` : text;
  return html`<td class=${`${isDeciding ? "decides" : ""} ${isDenial ? "denies" : ""}`} title=${words}><span aria-hidden="true">${children}</span><span class="hidden">${words}</span></td>`;
}

function letterOf(action: string): string {
  return action.charAt(0).toUpperCase();
}
