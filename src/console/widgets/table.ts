/** Tables that become cards on narrow screens. */

import { formatCount } from "./format.ts";
import { type Child, html } from "./html.ts";

/** One column. */
export interface Column<Row> {
  readonly title: string;
  /** The content of a cell. */
  readonly cell: (row: Row) => Child;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
  /** Short texts stay in one line where the table has columns. */
  readonly isShort?: boolean;
}

interface TableProps<Row> {
  /** For screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  /** A class of the row, such as one for faults. */
  readonly classOf?: ((row: Row) => string) | undefined;
}

/** Shows rows; each cell has the title of its column, for the cards of narrow screens. */
export function Table<Row>({ label, columns, rows, keyOf, classOf }: TableProps<Row>): Child {
  return html`<table>
    <caption class="hidden">${label}</caption>
    <thead><tr>${columns.map(({ title, isNumber }) => html`<th scope="col" class=${isNumber ? "number" : ""}>${title}</th>`)}</tr></thead>
    <tbody>${rows.map(
      (row) =>
        html`<tr key=${keyOf(row)} class=${classOf?.(row) ?? ""}>${columns.map(
          ({ title, cell, isNumber, isShort }) =>
            html`<td data-title=${title} class=${isNumber ? "number" : isShort ? "short" : ""}><div>${cell(row)}</div></td>`,
        )}</tr>`,
    )}</tbody>
  </table>`;
}

interface PagerProps {
  readonly offset: number;
  readonly size: number;
  readonly total: number;
  onOffset(offset: number): void;
}

/** Turns the pages of a long list. */
export function Pager({ offset, size, total, onOffset }: PagerProps): Child {
  if (total <= size) return null;
  const last = Math.min(total, offset + size);
  // A button that is disabled would lose the focus.
  const button = (title: string, to: number, isOff: boolean): Child =>
    html`<button type="button" aria-disabled=${isOff} onClick=${() => isOff || onOffset(to)}>${title}</button>`;
  return html`<nav class="row pager" aria-label="Pages of the list">
    ${button("Previous", Math.max(0, offset - size), offset === 0)}
    <span>${[offset + 1, last].map(formatCount).join("–")} of ${formatCount(total)}</span>
    ${button("Next", offset + size, last >= total)}
  </nav>`;
}
