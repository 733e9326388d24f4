/**
 * Formats docs/conformance.md: every checklist item with its sentence, its section in the specification and its tests.
 */

/** An item of the checklist, as a row of the page shows it. */
export interface ConformanceRow {
  readonly id: string;
  /** M (must), S (should) or O (may). */
  readonly level: string;
  readonly section: string;
  readonly sentence: string;
  /** Files below `test` that prove the item. */
  readonly proofs: readonly { readonly file: string }[];
  readonly outOfScope: string | undefined;
}

/** A choice of this router where the specification is silent, ambiguous or contradicts the clients in use. */
export interface Decision {
  readonly id: string;
  readonly sentence: string;
}

/** Heading → prefixes of the ids below it, in the order of the page. */
const CHAPTERS: readonly (readonly [heading: string, prefixes: readonly string[]])[] = [
  ["WebSocket transport", ["WS"]],
  ["Serializers", ["SER"]],
  ["Identifiers", ["ID"]],
  ["URIs", ["URI"]],
  ["Messages", ["MSG"]],
  ["Sessions", ["SES", "WEL"]],
  ["Feature announcement", ["FEAT"]],
  ["Ordering guarantees", ["ORD"]],
  ["Publish and subscribe", ["SUB", "PUB"]],
  ["Pattern-based subscription", ["PAT"]],
  ["Subscriber black- and whitelisting", ["BWL"]],
  ["Publisher exclusion, identification and trust levels", ["EXC", "PID", "PTL"]],
  ["Event history", ["HIS"]],
  ["Event retention", ["RET"]],
  ["Subscription revocation, sharding and acknowledged delivery", ["SREV", "SHS", "ACK"]],
  ["Testaments", ["TST"]],
  ["Remote procedure calls", ["REG", "CALL", "LEAVE"]],
  ["Progressive call results", ["PROG"]],
  ["Progressive call invocations", ["PINV"]],
  ["Call timeout", ["TMO"]],
  ["Call canceling", ["CANCEL"]],
  ["Caller identification and trust levels", ["CID", "CTL"]],
  ["Pattern-based registration", ["PREG"]],
  ["Shared registration", ["SHR"]],
  ["Call rerouting", ["RRT"]],
  ["Registration revocation, forced registration and sharding", ["RREV", "FRR", "SHD"]],
  ["Meta API", ["META"]],
  ["Session meta API", ["MS"]],
  ["Registration meta API", ["MR"]],
  ["Subscription meta API", ["MU"]],
  ["Authentication", ["AUTH", "ANON"]],
  ["Ticket authentication", ["TKT"]],
  ["WAMP-CRA", ["CRA"]],
  ["WAMP-SCRAM", ["SCR"]],
  ["Cryptosign", ["CSG"]],
  ["Dynamic authentication", ["DYN"]],
  ["Authorization", ["AZ"]],
  ["Payload passthru mode", ["PPT"]],
  ["HTTP long-poll transport", ["LP"]],
  ["Other transports", ["MUX", "RS"]],
  ["Router-to-router links, reflection and catalogs", ["R2R", "RFL", "CAT"]],
];

const LEVELS: Readonly<Record<string, string>> = { M: "must", S: "should", O: "may" };

/** Returns the Markdown of the page. Throws for an id whose prefix belongs to no chapter. */
export function formatConformancePage(rows: readonly ConformanceRow[], decisions: readonly Decision[]): string {
  const known = new Set(CHAPTERS.flatMap(([, prefixes]) => prefixes));
  const lost = rows.find(({ id }) => !known.has(prefixOf(id)));
  if (lost !== undefined) throw new Error(`test/conformance-page.ts has no chapter for ${lost.id}`);
  const chapters = CHAPTERS.map(([heading, prefixes]) => ({
    heading,
    rows: rows.filter(({ id }) => prefixes.includes(prefixOf(id))),
  })).filter((chapter) => chapter.rows.length > 0);
  return `${[
    formatIntroduction(rows),
    ...chapters.map((chapter) => `## ${chapter.heading}\n\n${formatRows(chapter.rows)}`),
    `## Decisions\n\n${formatDecisions(decisions)}`,
  ].join("\n\n")}\n`;
}

function prefixOf(id: string): string {
  return id.slice(0, id.indexOf("-"));
}

function formatIntroduction(rows: readonly ConformanceRow[]): string {
  const proven = rows.filter(({ proofs }) => proofs.length > 0).length;
  return `# Conformance

What the WAMP specification asks of a router, item by item, and the tests that prove it: ${proven} of ${rows.length} items are
proven by tests whose titles carry the id; the others are out of scope, with the reason.

- **Level**: must, should or may, for a router that has the feature.
- **Section**: where the specification says so. *Practice of routers* means that the specification is silent and that
  Crossbar.io, nexus, Bondy and the clients in use define the behavior; *test vectors* and *catalog* are parts of the specification's
  repository.
- **Tests**: files below \`test/\`.

\`npm run checklist\` prints the same list with the titles of the tests. This page is generated: \`npm run checklist -- --write\`.`;
}

function formatRows(rows: readonly ConformanceRow[]): string {
  const lines = rows.map(({ id, level, section, sentence, proofs, outOfScope }) => {
    const files = [...new Set(proofs.map(({ file }) => file))];
    const tests = files.length > 0 ? files.map(formatFile).join(", ") : `out of scope: ${outOfScope ?? "OPEN"}`;
    return `| ${id} | ${sentence} | ${LEVELS[level] ?? level} | ${section} | ${tests} |`;
  });
  return ["| Id | Behavior | Level | Section | Tests |", "|---|---|---|---|---|", ...lines].join("\n");
}

function formatFile(file: string): string {
  return `[${file.replace(/(\.test)?\.ts$/, "")}](../test/${file})`;
}

function formatDecisions(decisions: readonly Decision[]): string {
  const lines = decisions.map(({ id, sentence }) => `| ${id} | ${sentence} |`);
  return ["| Id | What this router does where the specification leaves it open |", "|---|---|", ...lines].join("\n");
}
