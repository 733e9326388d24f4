/** Keeps what awake realms have reported, so that a scrape wakes none of them. */

import { addSeries, type Figures, type SeriesValues } from "./figures.ts";

/** Milliseconds for which a realm counts as awake after a report; it reports once a minute. */
const AWAKE_MS = 120_000;
/** Milliseconds after which the counters of a silent realm are added to those of its entry in the configuration. */
const SILENT_MS = 300_000;
/** Milliseconds between two looks for silent realms. */
const LOOK_MS = 60_000;

/** One report of one realm. */
export interface RealmReport extends Figures {
  readonly realm: string;
  /** The realm's entry in the configuration: its name, or the pattern that it belongs to. */
  readonly entry: string;
  /** When the realm woke; milliseconds since the epoch. Tells apart counters that began anew. */
  readonly since: number;
  /** Whether no report since then has arrived yet. */
  readonly isFirst: boolean;
}

/** The sums of all realms of one entry of the configuration. */
export interface EntryFigures extends Figures {
  readonly entry: string;
}

/** The last report of a realm. */
interface Row extends Omit<RealmReport, "realm" | "isFirst"> {
  /** When it arrived; milliseconds since the epoch. */
  readonly at: number;
  /** The counters of earlier times awake; with those of the report they never fall. */
  readonly earlier: SeriesValues;
}

const REALM = "realm:";
const ENTRY = "entry:";

/**
 * One row for each realm that has reported within minutes, and one for each entry of the configuration. Sums of
 * counters never fall when a realm sleeps, because Prometheus takes a fall for a restart and counts the rest twice.
 */
export class MetricsRegistry {
  readonly #rows: SyncKvStorage;
  #lookedAt = 0;

  constructor(rows: SyncKvStorage) {
    this.#rows = rows;
  }

  /** Takes a report; one that arrives late or twice changes nothing. `now` is in milliseconds since the epoch. */
  take({ realm, isFirst, ...report }: RealmReport, now: number): void {
    const key = REALM + realm;
    const former = this.#rows.get<Row>(key);
    if (former !== undefined && former.since > report.since) return;
    this.#rows.put<Row>(key, { ...report, at: now, earlier: earlierThan(report, isFirst, former) });
    if (now < this.#lookedAt + LOOK_MS) return;
    this.#lookedAt = now;
    this.#addUpSilent(now);
  }

  /** Returns the sums by entry: gauges of awake realms, counters of all. */
  sums(now: number): EntryFigures[] {
    const sums = new Map<string, EntryFigures>();
    for (const [key, counters] of this.#rows.list<SeriesValues>({ prefix: ENTRY })) {
      const entry = key.slice(ENTRY.length);
      sums.set(entry, { entry, gauges: {}, counters });
    }
    for (const [, row] of this.#rows.list<Row>({ prefix: REALM })) {
      const { entry, at, earlier } = row;
      const sum = sums.get(entry) ?? { entry, gauges: {}, counters: {} };
      const counters = addSeries(addSeries(sum.counters, earlier), row.counters);
      const gauges = now - at > AWAKE_MS ? sum.gauges : withGauges(sum.gauges, row, now);
      sums.set(entry, { entry, gauges, counters });
    }
    return [...sums.values()];
  }

  /** Bounds the rows: a pattern may stand for any number of realms. */
  #addUpSilent(now: number): void {
    for (const [key, { entry, at, earlier, counters }] of [...this.#rows.list<Row>({ prefix: REALM })]) {
      if (now - at <= SILENT_MS) continue;
      const sum = this.#rows.get<SeriesValues>(ENTRY + entry) ?? {};
      this.#rows.put(ENTRY + entry, addSeries(addSeries(sum, earlier), counters));
      this.#rows.delete(key);
    }
  }
}

function earlierThan(report: Omit<Row, "at" | "earlier">, isFirst: boolean, former: Row | undefined): SeriesValues {
  if (former?.since === report.since) return former.earlier;
  if (former !== undefined) return addSeries(former.earlier, former.counters);
  // The row has been added to its entry already, up to about these counters.
  return isFirst ? {} : addSeries({}, report.counters, -1);
}

function withGauges(sums: SeriesValues, { gauges, at }: Row, now: number): SeriesValues {
  const age = Math.max((now - at) / 1000, sums.wamp_edge_report_age_seconds ?? 0);
  return { ...addSeries(sums, { ...gauges, wamp_edge_awake_realms: 1 }), wamp_edge_report_age_seconds: age };
}
