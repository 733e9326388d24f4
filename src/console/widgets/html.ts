/** Templates of the console: htm over Preact. Values become text nodes, never markup. */

import htm from "htm";
import { type ComponentChild, h, type VNode } from "preact";

/** Makes the elements of a template. */
export const html = htm.bind(h) as (strings: TemplateStringsArray, ...values: unknown[]) => VNode;

/** What a component may return or contain. */
export type Child = ComponentChild;
